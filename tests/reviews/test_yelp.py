"""Yelp, asked over real sockets: three excerpts, and replies by partners within its rules."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.models import Source
from cases.ports import PlatformError, PublicReply, SeenReview
from reviews.access import Access
from reviews.yelp import CAN, Yelp, excerpt
from reviews.yelp_partner import refuse
from tests.builders import DAY, HOUR, T0
from tests.platforms.yelp_fake import BUSINESS, KEY, PARTNER, YelpFake
from tests.story import GOOD_REPLY

WORDS = "Waited two hours and nobody said sorry."
ANSWER = "Thank you for taking the time. Please reach Dana Field at care@elm.example."
OPEN: list[Yelp] = []  # closed when a test ends


@pytest.fixture
def fake() -> Iterator[YelpFake]:
    with YelpFake().served() as found:
        yield found
        while OPEN:
            OPEN.pop().close()


def connected(fake: YelpFake, kept: dict[str, str] | None = None, **more: str) -> Yelp:
    kept = {} if kept is None else kept
    values = {"api_key": KEY, "base_url": fake.url, "partner_url": fake.url, **more}
    source = Source(id="yelp", name="yelp", platform="yelp", place=BUSINESS)
    OPEN.append(Yelp(source, Access("yelp", values, lambda: kept, kept.__setitem__)))
    return OPEN[-1]


def partner(fake: YelpFake, kept: dict[str, str] | None = None) -> Yelp:
    return connected(fake, kept, **PARTNER)


def shown(yelp: Yelp) -> list[SeenReview]:
    return [each for page in yelp.pages(T0 - DAY) for each in page.reviews]


def refused(call: Callable[..., object], *given: object) -> PlatformError:
    with pytest.raises(PlatformError) as caught:
        call(*given)
    assert KEY not in str(caught.value)
    return caught.value


def reply(to: str = "r1", text: str = ANSWER) -> PublicReply:
    return PublicReply("reply-1", "yelp", to, text)


def test_an_excerpt_is_a_review_cut_short(fake: YelpFake) -> None:
    fake.review("r1", WORDS)
    (seen,) = shown(connected(fake))
    assert (seen.rating, seen.text, seen.author, seen.cut) == (Decimal(2), WORDS, "Quiet R.", True)
    assert seen.posted_at == datetime(2026, 11, 2, 13, 30, tzinfo=UTC)  # half past five, Pacific
    assert seen.url == f"https://www.yelp.com/biz/{BUSINESS}?hrid=r1"


def test_only_three_are_shown_so_nothing_is_gone_for_not_being_there(fake: YelpFake) -> None:
    for number in range(5):
        fake.review(f"r{number}", WORDS)
    yelp = connected(fake)
    assert len(shown(yelp)) == 3
    assert yelp.can.named() == ("pull",)
    assert not yelp.can.lists_all
    assert refused(yelp.look, "r4").trouble == "unsupported"


def test_its_terms_stand_in_what_it_can_do() -> None:
    assert CAN.keep_text == 24 * HOUR
    assert not CAN.may_analyse
    assert "never invite" in CAN.note


@pytest.mark.parametrize(
    ("status", "code", "end", "permanent"),
    [
        (401, "TOKEN_INVALID", "yelp-token-invalid-auth", True),
        (404, "BUSINESS_NOT_FOUND", "yelp-business-not-found-gone", True),
        (400, "VALIDATION_ERROR", "yelp-validation-error", True),
        (429, "ACCESS_LIMIT_REACHED", "yelp-access-limit-reached-limit", False),
        (429, "TOO_MANY_REQUESTS_PER_SECOND", "yelp-too-many-requests-per-second-limit", False),
        (500, "INTERNAL_ERROR", "yelp-500", False),
        (403, "<b>", "yelp-403", True),
    ],
)
def test_a_refusal_says_what_kind_it_is(
    fake: YelpFake, status: int, code: str, end: str, permanent: bool
) -> None:
    fake.fail("reviews", status, {"code": code, "description": "x"})
    error = refused(shown, connected(fake))
    assert (error.code, error.permanent) == (end, permanent)


def test_a_used_up_day_waits_for_the_next(fake: YelpFake) -> None:
    reset = (datetime.now(UTC) + 3 * HOUR).isoformat()
    fake.fail("reviews", 429, {"code": "ACCESS_LIMIT_REACHED"}, {"RateLimit-ResetTime": reset})
    wait = refused(shown, connected(fake)).retry_after
    assert wait is not None
    assert abs(wait - 3 * HOUR) < timedelta(minutes=1)
    fake.fail("reviews", 429, {"code": "ACCESS_LIMIT_REACHED"}, {"Retry-After": "90"})
    assert refused(shown, connected(fake)).retry_after == timedelta(seconds=90)


def test_a_wrong_key_is_told_as_that(fake: YelpFake) -> None:
    assert refused(shown, connected(fake, api_key="other")).trouble == "auth"


@pytest.mark.parametrize("place", ["..", "", "a/b"])
def test_a_place_cannot_lead_elsewhere(fake: YelpFake, place: str) -> None:
    values = {"api_key": KEY, "base_url": fake.url}
    source = Source(id="y", name="y", platform="yelp", place=place)
    OPEN.append(Yelp(source, Access("y", values)))
    assert refused(shown, OPEN[-1]).code == "yelp-odd-id"
    assert fake.asked == []


def test_who_is_no_partner_answers_by_hand(fake: YelpFake) -> None:
    yelp = connected(fake)
    assert not yelp.can.reply
    assert refused(yelp.publish, reply()).trouble == "unsupported"
    assert fake.asked == []


def test_a_partner_s_reply_is_posted_once(fake: YelpFake) -> None:
    fake.review("r1", WORDS)
    kept: dict[str, str] = {}
    yelp = partner(fake, kept)
    assert yelp.can.reply
    assert yelp.publish(reply()).live
    assert partner(fake, kept).publish(reply()).live
    assert fake.replies == {"r1": ANSWER}
    assert fake.refreshed == 1  # the token was kept


def test_a_token_taken_back_early_is_renewed_and_the_new_one_kept(fake: YelpFake) -> None:
    fake.review("r1", WORDS)
    fake.review("r2", WORDS)
    kept: dict[str, str] = {}
    partner(fake, kept).publish(reply())
    fake.token = "another"
    partner(fake, kept).publish(reply("r2", "We are sorry. Dana Field would like to listen."))
    assert set(fake.replies) == {"r1", "r2"}
    assert json.loads(kept["refresh_token"])["value"] == fake.refresh_token == "refresh-3"


def test_a_sign_in_that_is_over_is_told_as_that(fake: YelpFake) -> None:
    fake.refresh_token = "revoked"
    error = refused(partner(fake).publish, reply())
    assert (error.code, error.sent) == ("yelp-token-auth", False)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a" * 5001, "too-long"),
        ("Thank you \U0001f64f", "emoji"),
        ("Thank you \u2764\ufe0f", "emoji"),
        (" ", "empty"),
        (GOOD_REPLY.replace("Dana Field", "Sam Hill"), "near-duplicate"),
    ],
)
def test_what_yelp_would_refuse_never_leaves(fake: YelpFake, text: str, why: str) -> None:
    fake.review("r1", WORDS)
    fake.review("r2", WORDS)
    yelp = partner(fake)
    yelp.publish(reply(text=GOOD_REPLY))
    before = list(fake.asked)
    error = refused(yelp.publish, reply("r2", text))
    assert (error.code, error.permanent, error.sent) == (f"yelp-{why}", True, False)
    assert fake.asked == before


def test_signs_that_are_no_emoji_may_stand() -> None:
    refuse("Elm Street\u2122 \u00a9 2026 \u2014 \u201cthank you\u201d, 50 % off nothing", [])


def test_no_more_than_twenty_leave_on_a_day(fake: YelpFake) -> None:
    kept: dict[str, str] = {}
    at = datetime.now(UTC).isoformat()
    old = (datetime.now(UTC) - 2 * DAY).isoformat()
    posted = [{"review": f"x{n}", "text": f"word{n}", "at": at, "known": True} for n in range(20)]
    fake.review("r1", WORDS)

    def keep(replies: list[dict[str, object]]) -> None:
        connected(fake, kept)._access.keep("posted", json.dumps({"replies": replies}))

    keep(posted)
    error = refused(partner(fake, kept).publish, reply())
    assert (error.code, error.permanent) == ("yelp-day-limit", False)
    assert error.retry_after is not None
    assert error.retry_after <= 25 * HOUR
    assert fake.asked == []
    keep([*posted[:19], posted[19] | {"at": old}])
    assert partner(fake, kept).publish(reply()).live


@pytest.mark.parametrize(
    ("code", "trouble", "permanent"),
    [
        ("INSUFFICIENT_SCOPE", "unsupported", True),
        ("R2R_PROBLEM_WITH_USER_PHOTO", "unsupported", True),
        ("R2R_BUSINESS_NOT_CLAIMED", "unsupported", True),
        ("R2R_REVIEW_DOES_NOT_EXIST", "gone", True),
        ("R2R_INVALID_RESPONSE_TEXT", "", True),
        ("R2R_COMMENT_QUOTA_EXCEEDED", "limit", False),
        ("R2R_WHATEVER_COMES", "", True),
    ],
)
def test_a_partner_s_refusal_says_what_kind_it_is(
    fake: YelpFake, code: str, trouble: str, permanent: bool
) -> None:
    fake.review("r1", WORDS)
    fake.fail("/reviews/v1", 400, {"id": code, "description": "x", "http_code": 400})
    error = refused(partner(fake).publish, reply())
    assert (error.trouble, error.permanent, error.sent) == (trouble, permanent, False)


def test_a_reply_whose_answer_was_lost_is_in_doubt_and_not_sent_again(fake: YelpFake) -> None:
    fake.review("r1", WORDS)
    fake.fail("/reviews/v1", 502, {}, done=True)
    kept: dict[str, str] = {}
    assert refused(partner(fake, kept).publish, reply()).sent is None
    before = list(fake.asked)
    assert refused(partner(fake, kept).publish, reply()).sent is None
    assert fake.asked == before


def test_a_posted_reply_is_changed_by_hand(fake: YelpFake) -> None:
    fake.review("r1", WORDS)
    yelp = partner(fake)
    yelp.publish(reply())
    other = reply(text="We are sorry. Dana Field would like to listen to you.")
    assert refused(yelp.publish, other).trouble == "unsupported"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda some: st.lists(some, max_size=3) | st.dictionaries(st.text(), some, max_size=3),
    max_leaves=8,
)
NAMES = ("id", "text", "rating", "url", "time_created", "user")
USUAL = {"id": "r1", "rating": 2, "text": WORDS}
ADDRESS = st.text().map(lambda s: f"https://{s}") | st.text().map("https://www.yelp.com/{}".format)


@given(JSON | st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, JSON)), ADDRESS)
def test_any_row_is_read_or_left_out(row: object, url: str) -> None:
    rows = [row, {**USUAL, **(row if isinstance(row, dict) else {}), "url": url}]
    for each in rows:
        seen = excerpt(each)
        if seen is None:
            continue
        assert seen.rating is not None
        assert 1 <= seen.rating <= 5
        assert seen.url == "" or seen.url.split("/")[2].endswith("yelp.com")
        seen.text.encode()


@given(st.text(max_size=300))
def test_any_reply_is_taken_or_refused(text: str) -> None:
    try:
        refuse(text, [ANSWER])
    except PlatformError as error:
        assert error.permanent  # noqa: PT017
    else:
        assert text.strip()

"""Google, over real sockets: what is written comes in whole, what is approved goes out once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from cases.models import Source
from cases.ports import Page, PlatformError, PublicReply, SeenReview, reply_mark
from reviews import connect, guide
from reviews.access import Access
from reviews.google import Google
from tests.builders import DAY, HOUR, MINUTE, T0, a_review
from tests.platforms.google_fake import PLACE, SUBSCRIPTION, GoogleFake, error

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
_OPEN: list[Google] = []
SORRY = "We are sorry. Please call Dana Field at +1 212-555-0100."


@pytest.fixture
def google() -> Iterator[GoogleFake]:
    with GoogleFake() as fake:
        yield fake
        while _OPEN:
            _OPEN.pop().close()


@pytest.fixture
def profile(google: GoogleFake) -> Google:
    return a_profile(google)


def a_profile(fake: GoogleFake, kept: dict[str, str] | None = None, **more: Any) -> Google:
    facts = {"place": more.pop("place", PLACE), "read_until": more.pop("read_until", None)}
    source = Source(id="elm-google", name="elm-google", platform="google", **facts)
    kept = {} if kept is None else kept
    access = Access("elm-google", {**fake.values, **more}, lambda: kept, kept.__setitem__)
    found = connect(source, access)
    assert isinstance(found, Google)
    _OPEN.append(found)
    return found


def a_reply(text: str = SORRY, *may_replace: str, review: str = "g1") -> PublicReply:
    marks = frozenset(map(reply_mark, may_replace))
    return PublicReply("reply-1", "google", review, text, may_replace=marks)


def everything(profile: Google, since: datetime = LONG_AGO, **more: Any) -> list[Page]:
    return list(profile.pages(since, **more))


def ids(pages: list[Page]) -> list[str]:
    return [each.external_id for page in pages for each in page.reviews]


def only(profile: Google) -> SeenReview:
    (page,) = everything(profile)
    (found,) = page.reviews
    return found


def refused(google: GoogleFake, **more: Any) -> PlatformError:
    profile = a_profile(google, **more)
    with pytest.raises(PlatformError) as caught:
        everything(profile)
    return caught.value


def test_a_review_comes_in_as_it_stands_there(google: GoogleFake, profile: Google) -> None:
    google.write("g1", T0, "Waited two hours.", stars="ONE", name=" Quiet River ")
    found = only(profile)
    assert (found.platform, found.external_id, found.author) == ("google", "g1", "Quiet River")
    assert (found.text, found.rating, found.reply) == ("Waited two hours.", Decimal(1), "")
    assert (found.posted_at, found.updated_at) == (T0, T0)
    assert guide("google").deep_link(a_review(url=found.url)).endswith("/reviews/g1")


def test_stars_alone_and_a_hidden_name_are_what_they_are(
    google: GoogleFake, profile: Google
) -> None:
    google.write("g1", T0, None, stars="THREE", anonymous=True, name="A Google user")
    found = only(profile)
    assert (found.text, found.author, found.rating) == ("", "", Decimal(3))


@pytest.mark.parametrize("stars", ["STAR_RATING_UNSPECIFIED", "HALF", "SIX"])
def test_stars_of_a_name_nobody_knows_are_not_invented(
    google: GoogleFake, profile: Google, stars: str
) -> None:
    google.write("g1", T0, "Fine.", stars=stars, more={"mood": {"new": [1]}})
    assert only(profile).rating is None


@pytest.mark.parametrize(
    "comment",
    [
        "(Translated by Google) Long wait.\n\n(Original)\nMucha espera.",
        "Mucha espera.\n\n(Translated by Google)\nLong wait.",
    ],
)
def test_a_translation_stands_below_what_was_written_in_one_order(
    google: GoogleFake, profile: Google, comment: str
) -> None:
    google.write("g1", T0, comment)
    assert only(profile).text == "Mucha espera.\n\n(Translated by Google) Long wait."


@pytest.mark.parametrize("minute", range(4))
def test_times_are_read_with_any_number_of_digits(
    google: GoogleFake, profile: Google, minute: int
) -> None:
    at = T0 + minute * MINUTE
    google.write("g1", at + timedelta(microseconds=250_000))
    found = only(profile).posted_at
    assert found is not None
    assert found.replace(microsecond=0) == at


def test_all_pages_are_read_once_each(google: GoogleFake, profile: Google) -> None:
    google.crowd(173, T0)
    pages = everything(profile)
    assert [len(page.reviews) for page in pages] == [50, 50, 50, 23]
    assert sorted(ids(pages)) == sorted(google.kept)
    assert not any(page.whole for page in pages)


def test_only_the_last_page_of_a_full_list_is_whole(google: GoogleFake, profile: Google) -> None:
    google.crowd(101, T0)
    assert [page.whole for page in everything(profile, T0, full=True)] == [False, False, True]


def test_an_empty_place_is_one_empty_page(profile: Google) -> None:
    assert everything(profile, full=True) == [Page((), whole=True)]


@pytest.mark.parametrize("pages", [1, 2, 3])
def test_a_reading_goes_on_behind_the_last_page_that_was_kept(
    google: GoogleFake, profile: Google, pages: int
) -> None:
    google.crowd(173, T0)
    reading = profile.pages(LONG_AGO)
    kept = [next(reading) for _ in range(pages)]
    rest = everything(a_profile(google), cursor=kept[-1].cursor)
    assert ids(kept) + ids(rest) == ids(everything(profile))


def test_what_is_written_while_pages_are_read_costs_nothing(
    google: GoogleFake, profile: Google
) -> None:
    google.crowd(150, T0)
    google.before_list = lambda number: number and google.write(f"new-{number}", T0 + number * HOUR)
    found = set(ids(everything(profile)))
    assert found >= {f"g{number}" for number in range(150)}
    later = set(ids(everything(profile, T0)))
    assert {"new-1", "new-2", "new-3"} <= found | later


def test_what_is_removed_while_pages_are_read_hides_nothing(
    google: GoogleFake, profile: Google
) -> None:
    google.crowd(173, T0)

    def remove(number: int) -> None:
        if number == 1:
            for each in ("g3", "g7", "g40"):
                google.remove(each)

    google.before_list = remove
    found = ids(everything(profile, full=True))
    assert set(found) >= set(google.kept)


def test_an_edit_moves_to_the_front_and_the_next_reading_finds_it(
    google: GoogleFake, profile: Google
) -> None:
    google.crowd(150, T0)

    def edit(number: int) -> None:
        if number == 1:
            google.edit("g149", T0 + HOUR, comment="It got worse.", stars="ONE")

    google.before_list = edit
    assert "g149" not in ids(everything(profile))
    (page,) = everything(profile, T0)
    worse = next(each for each in page.reviews if each.external_id == "g149")
    assert (worse.text, worse.updated_at) == ("It got worse.", T0 + HOUR)


def test_what_is_new_is_read_in_one_page_of_two_thousand(
    google: GoogleFake, profile: Google
) -> None:
    google.crowd(2_000, T0)
    google.write("new", T0 + HOUR, "Late again.")
    assert "new" in ids(everything(profile, T0 - 2 * HOUR))
    assert google.lists == 1


def test_three_days_of_a_busy_place_are_at_most_three_pages(
    google: GoogleFake, profile: Google
) -> None:
    google.crowd(2_000, T0, apart=45 * MINUTE)  # a hundred in three days
    everything(profile, T0 - 3 * DAY)
    assert google.lists <= 3


def test_a_token_that_ran_out_is_renewed_once_in_the_middle(
    google: GoogleFake, profile: Google
) -> None:
    google.crowd(120, T0)
    google.before_list = lambda number: google.expire_token() if number == 0 else None
    assert len(ids(everything(profile))) == 120
    assert google.calls.count("POST /token") == 2


def test_a_sign_in_that_was_revoked_is_for_a_person(google: GoogleFake) -> None:
    google.revoked = True
    found = refused(google)
    assert (found.code, found.permanent) == ("google-auth", False)  # the place is not lost
    assert google.calls == ["POST /token"]


def test_a_token_that_is_refused_again_is_not_renewed_for_ever(google: GoogleFake) -> None:
    google.fail(401, times=9)
    assert refused(google).code == "google-auth"
    assert google.calls.count("POST /token") == 1


def test_a_project_not_admitted_yet_is_not_a_limit(google: GoogleFake) -> None:
    google.zero_quota = True
    assert refused(google).code == "google-quota-zero"
    assert refused(google, read_until=T0).code == "google-quota-zero"


def test_a_429_without_details_is_a_limit_once_something_was_read(google: GoogleFake) -> None:
    google.fail(429, times=2)
    assert refused(google).code == "google-quota-zero"
    assert refused(google, read_until=T0).code == "google-429-limit"


def test_a_real_limit_says_how_long_to_wait(google: GoogleFake) -> None:
    google.fail(429, retry_after="120")
    found = refused(google)
    assert (found.code, found.retry_after) == ("google-429-limit", 2 * MINUTE)
    google.fail(429, body=error(429, "RESOURCE_EXHAUSTED", "slow", {"retryDelay": "31.5s"}))
    assert refused(google).retry_after == timedelta(seconds=31.5)


@pytest.mark.parametrize(
    ("status", "reason", "code"),
    [
        (403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT", "google-auth"),
        (403, "SERVICE_DISABLED", "google-disabled"),
        (403, "SOMETHING_NEW", "google-403"),
        (503, "", "google-503"),
    ],
)
def test_what_google_refuses_is_told_apart(
    google: GoogleFake, status: int, reason: str, code: str
) -> None:
    google.fail(status, times=2, body=error(status, "NO", "no", {"reason": reason}))
    assert refused(google).code == code


def test_a_cursor_that_is_no_longer_taken_is_given_up(google: GoogleFake, profile: Google) -> None:
    for cursor in ('{"token": "stale", "back": "", "total": 9}', "{}", "[", '{"token": 1}'):
        with pytest.raises(PlatformError) as caught:
            everything(profile, cursor=cursor)
        assert caught.value.permanent
        assert caught.value.trouble == ""


def test_a_place_that_is_none_is_said_to_be_none(google: GoogleFake) -> None:
    assert refused(google, place="Elm Street").code == "google-place"
    assert refused(google, place="accounts/11/locations/33").trouble == "gone"


def test_a_review_is_looked_up_and_a_removed_one_is_gone(
    google: GoogleFake, profile: Google
) -> None:
    google.write("g1", T0, "Fine.")
    found = profile.look("g1")
    assert found is not None
    assert found.text == "Fine."
    google.remove("g1")
    assert profile.look("g1") is None


def test_where_the_place_itself_is_unknown_no_review_is_said_to_be_gone(
    google: GoogleFake, profile: Google
) -> None:
    google.location_known = False
    with pytest.raises(PlatformError, match="404"):
        profile.look("g1")


def test_an_approved_reply_is_pending_and_then_live(google: GoogleFake, profile: Google) -> None:
    google.write("g1", T0, "Long wait.")
    google.judges_after = 2
    assert profile.publish(a_reply()).state == "pending"
    assert profile.state(a_reply()).state == "pending"
    said = profile.state(a_reply())
    assert (said.state, said.external_id) == ("live", f"{PLACE}/reviews/g1/reply")
    assert only(profile).reply == SORRY


def test_a_reply_that_is_rejected_says_why_and_stands_nowhere(
    google: GoogleFake, profile: Google
) -> None:
    google.write("g1", T0, "Long wait.")
    google.verdict, google.reason = "REJECTED", "PERSONAL_INFO"
    profile.publish(a_reply())
    said = profile.state(a_reply())
    assert (said.state, said.reason) == ("rejected", "PERSONAL_INFO")
    assert only(profile).reply == ""
    google.verdict = "APPROVED"
    profile.publish(a_reply("We are sorry. Please call us."))  # a rejected one is no obstacle
    assert profile.state(a_reply("We are sorry. Please call us.")).live


def test_without_a_state_a_reply_is_live_once_it_was_read_back(
    google: GoogleFake, profile: Google
) -> None:
    google.write("g1", T0, "Long wait.")
    google.states_reply = False
    assert profile.publish(a_reply()).state == "pending"
    assert profile.state(a_reply()).state == "live"


def test_a_state_nobody_knows_is_asked_about_again(google: GoogleFake, profile: Google) -> None:
    google.write("g1", T0)
    google.answer_there("g1", SORRY, T0, reviewReplyState="UNDER_APPEAL")
    assert profile.state(a_reply()).state == "pending"


def test_the_state_at_the_review_counts_where_the_reply_has_none(
    google: GoogleFake, profile: Google
) -> None:
    google.write("g1", T0, more={"reviewReplyState": "REJECTED"})
    google.answer_there("g1", SORRY, T0)
    assert profile.state(a_reply()).state == "live"
    del google.kept["g1"].reply["reviewReplyState"]  # type: ignore[union-attr]
    assert profile.state(a_reply()).state == "rejected"


def test_a_reply_somebody_typed_there_is_never_overwritten_unseen(
    google: GoogleFake, profile: Google
) -> None:
    google.write("g1", T0, "Long wait.")
    google.answer_there("g1", "We will call you.", T0)
    with pytest.raises(PlatformError) as caught:
        profile.publish(a_reply())
    assert (caught.value.trouble, caught.value.sent) == ("foreign-reply", False)
    assert only(profile).reply == "We will call you."
    assert not [call for call in google.calls if call.startswith("PUT")]


def test_a_reply_somebody_decided_to_replace_is_replaced_and_only_that_one(
    google: GoogleFake, profile: Google
) -> None:
    google.write("g1", T0, "Long wait.")
    google.answer_there("g1", "We  will call you. ", T0)
    allowed = a_reply(SORRY, "We will call you.")
    google.answer_there("g1", "We called you!", T0)  # changed since somebody decided
    with pytest.raises(PlatformError):
        profile.publish(allowed)
    google.answer_there("g1", "We will call you.", T0)
    assert profile.publish(allowed).state == "pending"
    assert only(profile).reply == SORRY


def test_a_reply_that_stands_there_already_is_not_put_again(
    google: GoogleFake, profile: Google
) -> None:
    google.write("g1", T0, "Long wait.")
    profile.publish(a_reply())
    profile.publish(a_reply())
    assert sum(call.startswith("PUT") for call in google.calls) == 1


def test_a_reply_somebody_replaced_there_is_not_taken_for_ours(
    google: GoogleFake, profile: Google
) -> None:
    google.write("g1", T0, "Long wait.")
    with pytest.raises(PlatformError) as caught:
        profile.state(a_reply())
    assert caught.value.trouble == "gone"
    google.answer_there("g1", "We will call you.", T0)
    with pytest.raises(PlatformError) as caught:
        profile.state(a_reply())
    assert caught.value.trouble == "foreign-reply"


@pytest.mark.parametrize(
    ("text", "fits"), [("é" * 2048, True), ("é" * 2048 + "x", False), ("☂" * 1366, False)]
)
def test_a_reply_may_have_4096_bytes_however_many_letters_that_is(
    google: GoogleFake, profile: Google, text: str, fits: bool
) -> None:
    google.write("g1", T0)
    if fits:
        assert profile.publish(a_reply(text)).state == "pending"
        return
    with pytest.raises(PlatformError) as caught:
        profile.publish(a_reply(text))
    assert (caught.value.code, caught.value.sent) == ("google-too-long", False)
    assert not google.calls


def test_a_line_cut_after_the_deed_leaves_a_doubt(google: GoogleFake, profile: Google) -> None:
    google.write("g1", T0, "Long wait.")
    google.fail(-1)
    with pytest.raises(PlatformError) as caught:
        profile.publish(a_reply())
    assert caught.value.sent is None
    assert profile.state(a_reply()).state == "live"  # and asking tells


def test_a_refusal_before_the_deed_leaves_none(google: GoogleFake, profile: Google) -> None:
    google.write("g1", T0)
    google.fail(429, part="/reply", retry_after="60")
    with pytest.raises(PlatformError) as caught:
        profile.publish(a_reply())
    assert (caught.value.sent, caught.value.trouble) == (False, "limit")


def test_a_token_that_ran_out_before_a_reply_does_not_post_it_twice(
    google: GoogleFake, profile: Google
) -> None:
    google.write("g1", T0)
    everything(profile)
    google.expire_token()
    assert profile.publish(a_reply()).state == "pending"
    assert sum(call.startswith("PUT") for call in google.calls) == 1


def test_our_reply_can_be_taken_back(google: GoogleFake, profile: Google) -> None:
    google.write("g1", T0)
    profile.publish(a_reply())
    profile.delete_reply("g1")
    assert google.kept["g1"].reply is None
    with pytest.raises(PlatformError) as caught:
        profile.delete_reply("g1")
    assert caught.value.trouble == "gone"


def test_nobody_is_hidden_or_blocked_at_google(profile: Google) -> None:
    for ask in (profile.hide, profile.block):
        with pytest.raises(PlatformError) as caught:
            ask("g1")
        assert (caught.value.trouble, caught.value.permanent) == ("unsupported", True)


def test_how_long_texts_may_be_kept_is_a_setting(google: GoogleFake) -> None:
    assert a_profile(google).can.keep_text == 30 * DAY
    assert a_profile(google, keep_days=7).can.keep_text == 7 * DAY


def test_an_id_with_odd_signs_is_asked_for_as_it_is(google: GoogleFake, profile: Google) -> None:
    google.write("a b?c=%2F#", T0, "Fine.")
    assert profile.look("a b?c=%2F#") == only(profile)


def test_what_waits_in_the_subscription_is_taken_in_and_then_acknowledged(
    google: GoogleFake,
) -> None:
    google.crowd(3, T0)
    google.write("held", T0 - 40 * DAY, "Shown late.")  # far behind the overlap
    google.publish("held")
    google.publish("g1", location="33")  # another source's
    google.publish("nothing", data=b"\xff what is this")
    profile = a_profile(google, pubsub_subscription=SUBSCRIPTION)
    reading = profile.pages(T0 - DAY)
    assert ids([next(reading)]) == ["held"]
    assert google.acknowledged == []  # not before the page was kept
    list(reading)
    assert google.acknowledged == ["ack-m1", "ack-m3"]


def test_trouble_at_the_subscription_keeps_no_review_out(google: GoogleFake) -> None:
    google.crowd(3, T0)
    google.fail(403, part="/pubsub/")
    profile = a_profile(google, pubsub_subscription=SUBSCRIPTION)
    assert len(ids(everything(profile))) == 3


def test_no_secret_is_in_what_goes_wrong(google: GoogleFake) -> None:
    google.revoked = True
    for secret in ("refresh-1", "s3cret"):
        assert secret not in repr(refused(google))

"""A Facebook page, asked over real sockets: what it shows, what it lets us do, how it refuses."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from cases.models import Source
from cases.ports import Page, PlatformError, PublicReply, SeenReview, reply_mark
from reviews.access import Access
from reviews.facebook import CAN, Facebook
from tests.builders import DAY, HOUR, MINUTE, T0
from tests.platforms.facebook_fake import PAGE, SECRET, TOKEN, FacebookFake

WORDS = "Waited two hours and nobody said sorry."
ANSWER = "Thank you for taking the time. Please reach Dana Field at care@elm.example."
LONG_AGO = T0 - 365 * DAY
OPEN: list[Facebook] = []  # closed when a test ends


@pytest.fixture
def fake() -> Iterator[FacebookFake]:
    with FacebookFake().served() as found:
        yield found
        while OPEN:
            OPEN.pop().close()


def connected(fake: FacebookFake, kept: dict[str, str] | None = None, **more: object) -> Facebook:
    kept = {} if kept is None else kept
    values = {"page_token": TOKEN, "app_secret": SECRET, "base_url": fake.url, **more}
    access = Access("page", values, lambda: kept, kept.__setitem__)
    source = Source(id="page", name="page", platform="facebook", place=PAGE)
    OPEN.append(Facebook(source, access))
    return OPEN[-1]


@pytest.fixture
def page(fake: FacebookFake) -> Facebook:
    return connected(fake)


def shown(page: Facebook, since: datetime = LONG_AGO, cursor: str = "") -> dict[str, SeenReview]:
    return {r.external_id: r for p in page.pages(since, cursor) for r in p.reviews}


def _all_of(found: object) -> None:
    if isinstance(found, Iterator):
        list(found)


def refused(call: Callable[..., object], *given: object) -> PlatformError:
    with pytest.raises(PlatformError) as caught:
        _all_of(call(*given))
    assert TOKEN not in str(caught.value)
    return caught.value


def reply(to: str = "201", text: str = ANSWER, **more: object) -> PublicReply:
    return PublicReply("reply-1", "facebook", to, text, **more)  # type: ignore[arg-type]


def test_a_recommendation_is_no_number_of_stars(fake: FacebookFake, page: Facebook) -> None:
    fake.recommend("201", WORDS)
    seen = shown(page)["201"]
    assert (seen.recommends, seen.rating, seen.kind) == (False, None, "recommendation")
    assert (seen.text, seen.author, seen.author_id) == (WORDS, "Quiet River", "501")
    assert (seen.posted_at, seen.updated_at) == (T0, T0)
    assert fake.refused == 0


def test_old_stars_stay_stars(fake: FacebookFake, page: Facebook) -> None:
    fake.recommend("201", WORDS, recommendation_type=None, rating=2)
    seen = shown(page)["201"]
    assert (seen.recommends, seen.rating, seen.kind) == (None, Decimal(2), "review")


def test_one_without_a_name_or_a_place_is_still_one(fake: FacebookFake, page: Facebook) -> None:
    fake.recommend("", WORDS, reviewer=None, open_graph_story=None)
    (seen,) = shown(page).values()
    assert seen.external_id.startswith("hash:")
    assert page.look(seen.external_id) == seen
    assert refused(page.publish, reply(seen.external_id)).trouble == "unsupported"
    fake.ratings.clear()
    assert page.look(seen.external_id) is None


def test_a_nameless_one_keeps_its_id_when_its_words_change(
    fake: FacebookFake, page: Facebook
) -> None:
    fake.recommend("", WORDS, open_graph_story=None)
    before = set(shown(page))
    fake.ratings.clear()
    fake.recommend("", "Better now.", open_graph_story=None)
    assert set(shown(page)) == before


def test_a_kind_of_recommendation_nobody_knows_is_neither_good_nor_bad(
    fake: FacebookFake, page: Facebook
) -> None:
    fake.recommend("201", WORDS, recommendation_type="lukewarm")
    assert shown(page)["201"].recommends is None


def test_comments_come_with_our_answer_and_not_our_own_words(
    fake: FacebookFake, page: Facebook
) -> None:
    fake.post(f"{PAGE}_1", "We are open on Saturdays now.")
    fake.comment(f"{PAGE}_1", "1_5", "You lost my chart.")
    fake.comment(f"{PAGE}_1", "1_6", "We are sorry.", PAGE, parent="1_5")
    fake.comment(f"{PAGE}_1", "1_7", "And another thing.")
    seen = shown(page)
    assert set(seen) == {"1_5", "1_7"}
    assert (seen["1_5"].reply, seen["1_7"].reply) == ("We are sorry.", "")
    assert seen["1_5"].kind == "comment"
    assert seen["1_5"].url == f"https://www.facebook.com/{PAGE}/posts/1_5"


def test_a_visitor_s_post_and_a_mention_elsewhere_are_seen(
    fake: FacebookFake, page: Facebook
) -> None:
    fake.post(f"{PAGE}_2", "Nobody answers your phone.", who="504")
    fake.mention("900_1", "Do not go there.")
    assert {k: r.kind for k, r in shown(page).items()} == {
        f"{PAGE}_2": "comment",
        "900_1": "mention",
    }


def test_only_messages_nobody_answered_are_seen(fake: FacebookFake, page: Facebook) -> None:
    fake.write("m_1", "Are you open today?", after=-2 * HOUR)
    fake.write("m_2", "Yes, until five.", PAGE, after=-HOUR)
    fake.write("m_3", "And tomorrow?", after=-10 * MINUTE)
    seen = shown(page)
    assert set(seen) == {"m_3"}
    assert (seen["m_3"].kind, seen["m_3"].author_id) == ("message", "psid:7001")


def test_an_instant_answer_is_a_machine_s_and_answers_nothing(
    fake: FacebookFake, page: Facebook
) -> None:
    fake.write("m_1", "Are you open today?", after=-HOUR)
    fake.write("m_2", "We will be with you.", PAGE, after=timedelta(seconds=2) - HOUR)
    assert set(shown(page)) == {"m_1"}


def test_every_page_of_a_list_is_read_and_a_reading_goes_on_where_it_was(
    fake: FacebookFake, page: Facebook
) -> None:
    fake.size = 3
    for number in range(10):
        fake.recommend(f"2{number}", f"{WORDS} {number}", who=f"5{number}")
    pages = list(page.pages(LONG_AGO))
    assert {r.external_id for p in pages for r in p.reviews} == {f"2{n}" for n in range(10)}
    place = pages[1].cursor  # behind the messages and three recommendations
    assert len(shown(page, cursor=place)) == 7


def test_a_list_that_goes_in_circles_has_an_end(fake: FacebookFake, page: Facebook) -> None:
    fake.recommend("201", WORDS)
    fake._paged = lambda rows, _: {  # type: ignore[method-assign]
        "data": rows,
        "paging": {"next": "https://x.example", "cursors": {"after": "same"}},
    }
    assert set(shown(page)) == {"201"}


def test_reading_what_is_new_does_not_read_what_is_old(fake: FacebookFake, page: Facebook) -> None:
    fake.size = 10
    for number in range(200):
        fake.now = T0 - (200 - number) * DAY
        fake.recommend(f"2{number}", WORDS, who=f"5{number}")
    fake.now = T0
    shown(page, T0 - 3 * DAY)
    assert sum(path.endswith("/ratings") for _, path in fake.asked) <= 5


def test_where_recommendations_are_closed_the_rest_comes_and_a_note_says_so(
    fake: FacebookFake,
) -> None:
    fake.shows_ratings = False
    fake.mention("900_1", "Do not go there.")
    kept: dict[str, str] = {}
    page = connected(fake, kept)
    assert page.can.note == CAN.note
    assert set(shown(page)) == {"900_1"}
    assert "error 12" in page.can.note
    before = len(fake.asked)
    again = connected(fake, kept)
    assert "error 12" in again.can.note
    shown(again)
    assert not any(path.endswith("/ratings") for _, path in fake.asked[before:])


def test_another_version_is_asked_anew(fake: FacebookFake) -> None:
    kept: dict[str, str] = {}
    fake.shows_ratings = False
    shown(connected(fake, kept))
    assert connected(fake, kept, version="v20.0").can == CAN


def test_only_what_is_wanted_is_read(fake: FacebookFake) -> None:
    fake.recommend("201", WORDS)
    fake.mention("900_1", "Do not go there.")
    assert set(shown(connected(fake, read="ratings"))) == {"201"}


def test_a_reply_is_posted_as_a_comment_and_only_once(fake: FacebookFake, page: Facebook) -> None:
    fake.recommend("201", WORDS)
    said = page.publish(reply())
    assert said.live
    assert said.url == f"https://www.facebook.com/{said.external_id}"
    assert page.publish(reply()) == said
    assert [row["message"] for row in fake.comments["201"]] == [ANSWER]
    seen = page.look("201")
    assert seen is not None
    assert seen.reply == ANSWER
    assert page.state(reply(posted_id=said.external_id)).live


def test_our_reply_is_changed_where_it_stands(fake: FacebookFake, page: Facebook) -> None:
    fake.recommend("201", WORDS)
    first = page.publish(reply())
    second = page.publish(reply(text="Thank you.", posted_id=first.external_id))
    assert second.external_id == first.external_id
    assert [row["message"] for row in fake.comments["201"]] == ["Thank you."]


def test_another_s_answer_is_not_written_over_unasked(fake: FacebookFake, page: Facebook) -> None:
    fake.recommend("201", WORDS)
    fake.comment("201", "201_1", "Call us!", PAGE)
    assert refused(page.publish, reply()).trouble == "foreign-reply"
    assert [row["message"] for row in fake.comments["201"]] == ["Call us!"]
    page.publish(reply(may_replace=frozenset({reply_mark("Call us!")})))
    assert [row["message"] for row in fake.comments["201"]] == [ANSWER]


def test_a_reply_whose_answer_was_lost_is_found_there(fake: FacebookFake, page: Facebook) -> None:
    fake.recommend("201", WORDS)
    fake.fail(2, method="POST", status=500, done=True)
    assert page.publish(reply()).live
    assert len(fake.comments["201"]) == 1


def test_a_reply_nobody_knows_of_is_in_doubt(fake: FacebookFake, page: Facebook) -> None:
    fake.recommend("201", WORDS)
    fake.fail(2, method="POST", status=500)
    assert refused(page.publish, reply()).sent is None


def test_a_reply_too_long_never_leaves(fake: FacebookFake, page: Facebook) -> None:
    error = refused(page.publish, reply(text="a" * 8001))
    assert (error.code, error.permanent, fake.asked) == ("facebook-too-long", True, [])


def test_our_reply_is_taken_back(fake: FacebookFake, page: Facebook) -> None:
    fake.recommend("201", WORDS)
    said = page.publish(reply())
    page.delete_reply("201")
    assert fake.comments["201"] == []
    assert refused(page.state, reply(posted_id=said.external_id)).trouble == "gone"
    page.delete_reply("201")  # once more: nothing to do


def test_a_hidden_reply_is_not_live(fake: FacebookFake, page: Facebook) -> None:
    fake.recommend("201", WORDS)
    said = page.publish(reply())
    fake.comments["201"][0]["is_hidden"] = True
    assert page.state(reply(posted_id=said.external_id)).state == "rejected"


def test_a_comment_is_hidden_and_a_recommendation_cannot_be(
    fake: FacebookFake, page: Facebook
) -> None:
    fake.recommend("201", WORDS)
    fake.post(f"{PAGE}_1", "News.")
    fake.comment(f"{PAGE}_1", "1_5", "Buy followers at followers.example!")
    page.hide("1_5")
    assert fake.comments[f"{PAGE}_1"][0]["is_hidden"]
    page.hide("1_5")  # hidden already
    fake.comment(f"{PAGE}_1", "1_6", "Words")
    fake.comments[f"{PAGE}_1"][0]["can_hide"] = False
    for number in ("201", "1_6"):
        error = refused(page.hide, number)
        assert (error.trouble, error.permanent) == ("unsupported", True)


def test_an_author_is_blocked(fake: FacebookFake, page: Facebook) -> None:
    page.block("503")
    page.block("psid:7001")
    assert fake.blocked == [{"user": "503"}, {"psid": "7001"}]


@pytest.mark.parametrize("kind", ["recommendation", "comment", "mention", "post"])
def test_what_is_looked_at_is_what_was_listed(
    fake: FacebookFake, page: Facebook, kind: str
) -> None:
    fake.recommend("201", WORDS)
    fake.post(f"{PAGE}_1", "Hello.", who="504" if kind == "post" else PAGE)
    fake.comment(f"{PAGE}_1", "1_5", "You lost my chart.")
    fake.mention("900_1", "Do not go there.")
    number = {"recommendation": "201", "comment": "1_5", "mention": "900_1"}.get(kind, f"{PAGE}_1")
    listed, looked = shown(page)[number], page.look(number)
    assert looked is not None
    assert (looked.text, looked.recommends, looked.author_id) == (
        listed.text,
        listed.recommends,
        listed.author_id,
    )


def test_what_was_taken_down_is_gone(fake: FacebookFake, page: Facebook) -> None:
    fake.recommend("201", WORDS)
    fake.take_down("201")
    assert page.look("201") is None


def test_what_a_token_may_see_no_more_is_not_gone(fake: FacebookFake, page: Facebook) -> None:
    fake.fail(200, part="feed")
    assert refused(page.look, "201").trouble == "auth"


@pytest.mark.parametrize(
    ("code", "subcode", "end", "permanent"),
    [
        (190, 463, "facebook-190-auth", True),
        (10, None, "facebook-10-auth", True),
        (200, None, "facebook-200-auth", True),
        (299, None, "facebook-299-auth", True),
        (4, None, "facebook-4-limit", False),
        (17, None, "facebook-17-limit", False),
        (32, None, "facebook-32-limit", False),
        (613, None, "facebook-613-limit", False),
        (80001, None, "facebook-80001-limit", False),
        (368, None, "facebook-368-limit", False),
        (100, None, "facebook-100", True),
        (100, 33, "facebook-100-gone", True),
        (1, None, "facebook-1", False),
        (2, None, "facebook-2", False),
        (987654, None, "facebook-987654", True),
    ],
)
def test_a_refusal_says_what_kind_it_is(
    fake: FacebookFake, page: Facebook, code: int, subcode: int | None, end: str, permanent: bool
) -> None:
    fake.fail(code, subcode=subcode)
    error = refused(page.pages, LONG_AGO)
    assert (error.code, error.permanent, error.sent) == (end, permanent, False)


@pytest.mark.parametrize(
    ("code", "end"), [(200, "facebook-200-unsupported"), (368, "facebook-368")]
)
def test_what_may_not_be_posted_is_for_a_person(
    fake: FacebookFake, page: Facebook, code: int, end: str
) -> None:
    fake.recommend("201", WORDS)
    fake.fail(code, method="POST")
    error = refused(page.publish, reply())
    assert (error.code, error.permanent, error.sent) == (end, True, False)


def test_an_expired_token_is_told_as_that(fake: FacebookFake, page: Facebook) -> None:
    fake.expired = True
    assert refused(page.pages, LONG_AGO).code == "facebook-190-auth"


def test_without_the_app_s_proof_nothing_is_shown(fake: FacebookFake) -> None:
    refused(connected(fake, app_secret="another").pages, LONG_AGO)
    assert fake.refused == 1


def test_a_throttled_page_waits_as_long_as_it_is_told(fake: FacebookFake, page: Facebook) -> None:
    use = '{"1001": [{"type": "pages", "call_count": 100, "estimated_time_to_regain_access": 42}]}'
    fake.fail(32, headers={"X-Business-Use-Case-Usage": use})
    error = refused(page.pages, LONG_AGO)
    assert error.retry_after == 42 * MINUTE


def test_a_page_nearly_throttled_stops_by_itself_and_keeps_what_it_read(
    fake: FacebookFake, page: Facebook
) -> None:
    fake.write("m_1", "Are you open today?")
    fake.usage = {"X-App-Usage": '{"call_count": 81, "total_time": 3, "total_cputime": 2}'}
    seen: list[Page] = []
    with pytest.raises(PlatformError) as caught:
        seen.extend(page.pages(LONG_AGO))
    assert (caught.value.code, caught.value.retry_after) == ("facebook-usage-limit", 15 * MINUTE)
    assert [r.external_id for p in seen for r in p.reviews] == ["m_1"]
    fake.usage = {}
    assert shown(connected(fake), cursor=seen[-1].cursor) == {}


def test_a_version_is_no_path(fake: FacebookFake) -> None:
    with pytest.raises(ValueError, match="version"):
        connected(fake, version="v21.0/../x")


def test_an_id_cannot_lead_elsewhere(fake: FacebookFake, page: Facebook) -> None:
    assert refused(page.look, "..").code == "facebook-odd-id"
    assert refused(page.state, reply(posted_id=f"{PAGE}/feed")).code == "facebook-odd-id"
    assert fake.asked == []


def test_the_clock_of_an_answer_is_facebook_s(fake: FacebookFake, page: Facebook) -> None:
    fake.now = datetime(2026, 11, 5, 12, tzinfo=UTC)
    fake.recommend("201", WORDS)
    assert shown(page)["201"].updated_at == fake.now

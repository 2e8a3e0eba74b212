"""Yelp, lived through: judged by stars alone, its words let go of in a day, answered by hand."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cases import following
from cases.answering import replies
from cases.arriving.sources import health, set_active
from cases.judging.reading import STARS_ONLY
from cases.models import ReplyState, Source
from cases.practice import add_source
from cases.store import Store
from cases.talking import conversation
from reviews import ability, capabilities
from tests.builders import HOUR, moment
from tests.platforms.yelp_fake import BUSINESS, KEY, PARTNER, YelpFake
from tests.story import GOOD_REPLY, Story, a_story

GRAVE = "They left a sponge in me and I nearly died. Dana Field laughed."


@pytest.fixture
def fake() -> Iterator[YelpFake]:
    with YelpFake().served() as found:
        yield found


@pytest.fixture
def story(sqlite_store: Store, tmp_path: Path, fake: YelpFake) -> Iterator[Story]:
    with a_story(sqlite_store, tmp_path / "board") as found:
        (folder,) = found.store.sources()
        added = add_source("elm-yelp", "yelp", BUSINESS, moment(found.now))
        found.store.apply([set_active(folder, False, moment(found.now)), added])
        urls = {"base_url": fake.url, "partner_url": fake.url}
        found.settings.sources["elm-yelp"] = {"api_key": KEY, **urls}
        yield found


def source(story: Story) -> Source:
    (found,) = story.store.sources()
    return found


def test_stars_alone_are_judged_and_the_case_says_so(story: Story, fake: YelpFake) -> None:
    fake.review("r1", GRAVE, stars=1)
    story.it_is(2, "09:05")
    file = story.case()
    assert file.case.severity == "routine"  # a person reads the words; no program does
    assert (file.review.negative, file.review.themes) == (True, ["other"])
    assert STARS_ONLY.what in file.review.because
    assert file.case.about == []
    assert file.review.text == GRAVE  # there to be read, for a day


def test_good_stars_open_no_case_whatever_the_words(story: Story, fake: YelpFake) -> None:
    fake.review("r1", GRAVE, stars=5)
    assert story.run("intake")["cases"] == 0


def test_its_words_are_let_go_of_within_a_day_and_the_rest_stays(
    story: Story, fake: YelpFake
) -> None:
    fake.review("r1", GRAVE, stars=1)
    story.it_is(2, "09:05")
    story.it_is(3, "09:00")
    assert story.case().review.text == GRAVE
    story.it_is(3, "09:06")
    review = story.case().review
    assert (review.text, review.rating, review.author) == ("", 1, "Quiet R.")
    assert review.because
    done = story.run("intake")
    assert (done["seen"], done["edited"]) == (1, 0)  # the same words are no edit
    story.it_is(6, "09:06")
    assert story.case().review.text == ""


def test_its_words_are_not_compared_with_others_either(story: Story, fake: YelpFake) -> None:
    for number in (1, 2):
        user = {"id": f"u{number}", "name": f"Reader {number}."}
        fake.review(f"r{number}", GRAVE, stars=1, user=user)
    story.it_is(2, "09:05")
    assert story.run("compare") == {"compared": 2, "duplicates": 0, "alerts": 0, "failed": 0}


def test_a_life_by_hand(story: Story, fake: YelpFake) -> None:
    fake.review("r1", "Two hours late and nobody said sorry.")
    story.it_is(2, "09:05")
    can = capabilities(story.case().review, story.store.sources())
    assert not can.reply
    story.act(replies.draft, GOOD_REPLY)
    file = story.act(replies.approve, can, ())
    assert [each.state for each in file.replies] == [ReplyState.BY_HAND]
    assert fake.replies == {}
    url = "https://www.yelp.com/biz/elm-street-dental?hrid=r1"
    story.now += HOUR
    story.act(replies.posted, url, story.now)
    story.act(conversation.looked_for, False, "no such name")
    story.act(conversation.give_up, "unidentified")
    story.act(following.resolve, "wait_time", "The desk tells people of delays.", False)
    story.it_is(17, "10:00")
    assert story.run("watch")["by_hand"] == 1
    story.act(following.look, "stands")
    file = story.act(following.close, "unknown")
    assert file.case.stage == "closed"
    assert not any(story.run("audit").values())


def test_a_partner_s_approved_reply_goes_out_by_itself(story: Story, fake: YelpFake) -> None:
    story.settings.sources["elm-yelp"] |= PARTNER
    fake.review("r1", "Two hours late and nobody said sorry.")
    story.it_is(2, "09:05")
    can = capabilities(story.case().review, story.store.sources())
    assert can.reply
    story.act(replies.draft, GOOD_REPLY)
    file = story.act(replies.approve, can, ())
    assert [each.state for each in file.replies] == [ReplyState.LIVE]
    assert fake.replies == {"r1": GOOD_REPLY}


def test_a_reply_much_like_the_last_one_is_refused_and_its_owner_told(
    story: Story, fake: YelpFake
) -> None:
    story.settings.sources["elm-yelp"] |= PARTNER
    fake.review("r1", "Two hours late and nobody said sorry.")
    fake.review("r2", "Nobody ever answers the telephone.")
    story.it_is(2, "09:05")
    can = capabilities(story.case().review, story.store.sources())
    for number in (1, 2):
        story.act(replies.draft, GOOD_REPLY, number=number)
        story.act(replies.approve, can, ("robotic",), number=number)  # the warning is overruled
    states = {story.case(number).replies[0].state for number in (1, 2)}
    assert states == {ReplyState.LIVE, ReplyState.REJECTED}
    assert len(fake.replies) == 1


def test_a_wrong_key_is_shown_with_its_remedy(story: Story, fake: YelpFake) -> None:
    story.settings.sources["elm-yelp"]["api_key"] = "other"
    story.run("intake")
    shown = health(source(story), story.now, ability(source(story)))
    assert (shown.state, shown.source.failed_code) == ("failing", "yelp-token-invalid-auth")
    assert "connect it again" in shown.todo


def test_a_used_up_day_is_waited_for(story: Story, fake: YelpFake) -> None:
    fake.fail("reviews", 429, {"code": "ACCESS_LIMIT_REACHED"}, {"Retry-After": "7200"})
    story.run("intake")
    assert source(story).retry_at == story.now + 2 * HOUR

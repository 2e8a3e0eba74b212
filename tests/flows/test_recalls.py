"""What is asked of a platform besides posting: taken down, hidden, blocked, edited."""

from __future__ import annotations

from typing import cast

import pytest

from cases.answering import recalling, replies
from cases.answering.shielding import shield
from cases.changes import Moment
from cases.custody import judge_troll
from cases.models import ReplyState, Source
from cases.ports import Capabilities, PlatformError, PublicReply, Published, ReviewPlatform
from flows.platforms import Platforms, Way
from tests.builders import DIRECTOR
from tests.flows.test_publish import approve
from tests.story import GOOD_REPLY, Story

ALL = Capabilities(reply=True, edit_reply=True, delete_reply=True, hide=True, block=True)
BETTER = f"{GOOD_REPLY} We would rather hear it than not."


class Platform:
    """A platform that keeps what it was asked for and answers what it was told to."""

    def __init__(self, *answers: Exception) -> None:
        self.can, self.name = ALL, "board"
        self.answers, self.asked = list(answers), list[tuple[str, str]]()
        self.posted = list[PublicReply]()

    def publish(self, reply: PublicReply) -> Published:
        self.posted.append(reply)
        return Published(reply.posted_id or "p1")

    def _ask(self, what: str, which: str) -> None:
        self.asked.append((what, which))
        if self.answers:
            raise self.answers.pop(0)

    def delete_reply(self, external_id: str) -> None:
        self._ask("delete", external_id)

    def hide(self, external_id: str) -> None:
        self._ask("hide", external_id)

    def block(self, author_id: str) -> None:
        self._ask("block", author_id)


def on(platform: Platform | None, story: Story) -> None:
    """Let the flow run before that platform."""
    source = Source(id="board", name="board", platform="folder", place="")
    way = Way(cast(ReviewPlatform, platform), source, "r1") if platform else None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Platforms, "way_to", lambda *_: way)
        story.run("publish")


@pytest.fixture
def live(story: Story) -> Story:
    story.review("r1", "Waited two hours and nobody said sorry.", stars=2)
    story.it_is(2, "09:00")
    approve(story, GOOD_REPLY)
    on(Platform(), story)
    assert story.case().replies[0].state == ReplyState.LIVE
    return story


def at(story: Story) -> Moment:
    return Moment(story.now, DIRECTOR, story.ids)


def recall(story: Story) -> None:
    change = recalling.take_down(story.case(), ALL, "it named a street", at(story))
    assert story.store.apply([change]).applied


def test_the_platform_takes_a_recalled_reply_down_once(live: Story) -> None:
    recall(live)
    platform = Platform()
    on(platform, live)
    on(platform, live)
    assert platform.asked == [("delete", "r1")]
    assert live.case().replies[0].state == ReplyState.WITHDRAWN


def test_one_that_is_gone_already_is_taken_down(live: Story) -> None:
    recall(live)
    on(Platform(PlatformError("board-gone", permanent=True)), live)
    assert live.case().replies[0].state == ReplyState.WITHDRAWN


def test_what_it_cannot_take_down_now_is_asked_again_later(live: Story) -> None:
    recall(live)
    platform = Platform(PlatformError("busy"))
    on(platform, live)
    on(platform, live)  # too early
    assert len(platform.asked) == 1
    live.it_is(2, "09:30")
    on(platform, live)
    assert live.case().replies[0].state == ReplyState.WITHDRAWN


def test_where_no_program_reaches_it_a_person_takes_it_down(live: Story) -> None:
    recall(live)
    on(None, live)
    (task,) = [each for each in live.case().tasks if each.kind == "take_down"]
    assert task.done_at is None
    assert live.case().replies[0].state == ReplyState.RECALLED


def test_a_live_reply_is_edited_in_its_place(live: Story) -> None:
    moment = at(live)
    assert live.store.apply([replies.draft(live.case(), BETTER, moment)]).applied
    change = replies.approve(live.case(), ALL, ("robotic",), moment)
    assert live.store.apply([change]).applied
    platform = Platform()
    on(platform, live)
    (sent,) = platform.posted
    assert (sent.text, sent.posted_id) == (BETTER, "p1")
    states = sorted(reply.state for reply in live.case().replies)
    assert states == [ReplyState.EDITED, ReplyState.LIVE]


@pytest.fixture
def troll(story: Story) -> Story:
    story.review("r1", "Clowns, all of them. Clowns!", stars=1)
    story.it_is(2, "09:00")
    change = judge_troll(story.case(), True, "forty copies", at(story))
    assert story.store.apply([change]).applied
    return story


def ask_to_hide(story: Story) -> None:
    assert story.store.apply([shield(story.case(), "hide", ALL, at(story))]).applied


def test_a_confirmed_troll_is_hidden(troll: Story) -> None:
    ask_to_hide(troll)
    platform = Platform()
    on(platform, troll)
    on(platform, troll)
    assert platform.asked == [("hide", "r1")]
    (task,) = [each for each in troll.case().tasks if each.kind == "hide"]
    assert task.done_at == troll.now


def test_a_platform_that_is_busy_is_asked_again(troll: Story) -> None:
    ask_to_hide(troll)
    platform = Platform(PlatformError("busy"))
    on(platform, troll)
    on(platform, troll)
    assert len(platform.asked) == 2
    assert [t.done_at is None for t in troll.case().tasks if t.kind == "hide"] == [False]


def test_what_it_never_does_is_left_to_a_person(troll: Story) -> None:
    ask_to_hide(troll)
    platform = Platform(PlatformError("board-unsupported", permanent=True))
    on(platform, troll)
    on(platform, troll)
    assert len(platform.asked) == 1
    assert "hide_by_hand" in {each.kind for each in troll.case().tasks}


def test_nothing_of_it_is_asked_before_a_person_said_so(live: Story) -> None:
    platform = Platform()
    on(platform, live)
    assert platform.asked == []

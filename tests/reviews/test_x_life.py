"""A practice on X: a mention becomes a case; we answer where we were called, else by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cases.answering import replies
from cases.changes import About, Add, Change, Happened, Moment
from cases.models import Reply, ReplyState, Source
from cases.store import Store
from reviews import ability
from tests.builders import DIRECTOR, HOUR, MINUTE, T0
from tests.platforms.x_fake import US, XFake
from tests.story import Story, a_story

SHORT = (
    "Thank you for writing; we are sorry to hear this. Privacy law keeps us from saying more here. "
    "Please reach Dana Field, our clinical director: +1 212-555-0100, care@elm.example."
)


@pytest.fixture
def fake() -> Iterator[XFake]:
    with XFake(T0) as found:
        yield found


@pytest.fixture
def story(store: Store, tmp_path: Path, fake: XFake) -> Iterator[Story]:
    with a_story(store, tmp_path / "board") as found:
        values = {"id": "x", "name": "elm-x", "platform": "x", "place": US}
        moment = Moment(T0, "setup", found.ids)
        added = Change(
            About(Source, "x", 0), moment, adds=[Add(Source, values)], events=[Happened("added")]
        )
        assert store.apply([added]).applied
        found.settings.sources["elm-x"] = dict(fake.values)
        yield found


def source(story: Story) -> Source:
    return next(each for each in story.store.sources() if each.id == "x")


def approved(story: Story) -> Reply:
    """Approve an answer, let it go out, and return what became of it."""
    moment = Moment(story.now, DIRECTOR, story.ids)
    story.store.apply([replies.draft(story.case(), SHORT, moment)])
    can = ability(source(story))
    assert story.store.apply([replies.approve(story.case(), can, (), moment)]).applied
    story.run("publish", "deliver")
    return story.case().replies[-1]


def test_a_mention_becomes_a_case_and_is_answered(story: Story, fake: XFake) -> None:
    fake.write("@elmstreet two hours late and nobody said sorry. Terrible.", 1)
    story.now += 15 * MINUTE
    assert story.run("intake")["cases"] == 1
    assert approved(story).state == ReplyState.LIVE
    assert [post.text for post in fake.ours] == [SHORT]
    assert story.case().case.acknowledged_how == "live"


def test_who_takes_the_mention_back_is_answered_by_hand(story: Story, fake: XFake) -> None:
    post = fake.write("@elmstreet two hours late and nobody said sorry. Terrible.", 1)
    story.now += 15 * MINUTE
    story.run("intake")
    fake.edit(post, "Elm Street: two hours late. Terrible.")
    post.mentions.clear()
    found = approved(story)
    assert (found.state, found.code) == (ReplyState.BY_HAND, "x-unsummoned-unsupported")
    assert fake.ours == []


def test_rotated_tokens_outlive_every_run_and_are_sealed(story: Story, fake: XFake) -> None:
    for _ in range(3):
        fake.write("@elmstreet thank you!", (story.now - T0) / MINUTE)
        fake.expire_token()
        story.now += HOUR
        assert story.run("intake")["failed_sources"] == 0
    assert json.loads(story.store.tokens("x")["refresh_token"])["value"] == "refresh-3"
    assert "refresh-3" not in str(source(story).tokens)

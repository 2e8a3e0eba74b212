"""A practice to run flows on: real mail, texts and folders, both databases, a clock set by hand."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cases.store import Store
from cases.talking import correspondents
from cases.talking.correspondents import Who
from tests.story import Story, a_story


@pytest.fixture
def story(store: Store, tmp_path: Path) -> Iterator[Story]:
    with a_story(store, tmp_path / "board") as found:
        yield found


@pytest.fixture
def known(story: Story) -> Story:
    """A case whose correspondent is known, with an e-mail address and a number for texts."""
    story.review("r1", "Waited two hours past my time and nobody said sorry.", stars=2)
    story.it_is(2, "09:00")
    who = Who("Pat Doe", "patient", "self", "they gave their name at the front desk")
    points = [story.point("email", "pat@mail.example"), story.point("sms", "+12125550142")]
    story.act(correspondents.match, who, points)
    return story

"""The automatic note that a mail came in: once in a while, to people only, and never an answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cases import custody
from cases.changes import Moment
from cases.models import NoticeState
from cases.talking import conversation
from cases.talking.acknowledging import KIND, acknowledged
from tests.builders import DAY, DIRECTOR, HOUR
from tests.fakes import Letter
from tests.posting import PAT, a_mail, add_mailbox, post, talk_with_pat
from tests.story import Story

EVERY = 7 * DAY


def they_write(story: Story, every: timedelta | None = EVERY, channel: str = "email") -> None:
    """Take in a mail from them, and let go what waits."""
    file, moment = story.case(), Moment(story.now, "inbox", story.ids)
    point = story.way(channel)
    heard = conversation.received(file, channel, "Hello?", story.now, moment, point)
    assert story.store.apply([acknowledged(heard, file, point, every, moment)]).applied
    story.run("deliver")


def notes(story: Story) -> list[Letter]:
    """Return the notes that reached them."""
    to_them = [letter for letter in story.mail.accepted if letter.to == "pat@mail.example"]
    return [each for each in to_them if each.message["Auto-Submitted"] == "auto-replied"]


def test_who_writes_is_told_that_it_came_in_and_the_clock_runs_on(known: Story) -> None:
    they_write(known)
    (note,) = notes(known)
    assert note.message["Subject"] == "Your e-mail has reached us"
    assert note.message["X-Auto-Response-Suppress"] == "All"
    words = note.message.get_body(("plain",)).get_content()
    assert "a person will read it" in words
    assert "+1 212-555-0100" in words
    assert known.clock("answer").ended_at is None


def test_a_second_mail_soon_after_is_not_acknowledged_again(known: Story) -> None:
    they_write(known)
    known.now += HOUR
    they_write(known)
    assert len(notes(known)) == 1
    known.now += EVERY
    they_write(known)
    assert len(notes(known)) == 2


def test_without_the_practices_word_there_is_none(known: Story) -> None:
    they_write(known, every=None)
    assert notes(known) == []


def test_a_text_is_not_acknowledged_by_mail(known: Story) -> None:
    they_write(known, channel="sms")
    assert notes(known) == []


def test_it_comes_in_their_language(known: Story) -> None:
    from cases.changes import Change, Happened, Set, about
    from cases.models import Correspondent

    who = known.case().correspondent
    assert who is not None
    spanish = [Set(Correspondent, who.id, {"language": "es"})]
    moment = Moment(known.now, DIRECTOR, known.ids)
    change = Change(about(who), moment, sets=spanish, events=[Happened("corrected")])
    assert known.store.apply([change]).applied
    they_write(known)
    (note,) = notes(known)
    assert note.message["Subject"] == "Recibimos su correo"


def test_a_hold_silences_it(known: Story) -> None:
    known.act(custody.hold, "counsel")
    they_write(known)
    assert notes(known) == []
    assert [n for n in known.case().notices if n.kind == KIND] == []


def test_one_that_did_not_leave_before_they_wrote_again_is_made_anew(known: Story) -> None:
    for _ in range(2):
        file, moment = known.case(), Moment(known.now, "inbox", known.ids)
        point = known.way("email")
        heard = conversation.received(file, "email", "Hello?", known.now, moment, point)
        known.store.apply([acknowledged(heard, file, point, EVERY, moment)])
    states = [n.state for n in known.case().notices if n.kind == KIND]
    assert states == [NoticeState.SUPPRESSED, NoticeState.PENDING]
    known.run("deliver")
    assert len(notes(known)) == 1


def test_it_is_no_answer_and_a_person_still_ends_the_clock(known: Story) -> None:
    they_write(known)
    known.act(conversation.contact, "phone", "reached", "", known.now)
    assert known.clock("answer").ended_how == "met"


# As mail comes in, where the practice switched it on


def switched_on(story: Story) -> str:
    """Let a mailbox be read and its mail be acknowledged; return the case's address."""
    story.settings = story.settings.model_copy(update={"auto_ack": True})
    add_mailbox(story)
    return talk_with_pat(story)


def test_a_mail_they_surely_wrote_is_acknowledged_as_it_is_taken_in(story: Story) -> None:
    to = switched_on(story)
    post(story, a_mail("Call me after five.", to=to))
    story.run("deliver")
    (note,) = [each for each in story.mail.accepted if each.to == PAT]
    assert note.message["Auto-Submitted"] == "auto-replied"
    assert story.clock("answer").ended_at is None


@pytest.mark.parametrize(
    "how",
    [{"vouched": False}, {"Auto_Submitted": "auto-replied"}, {"Precedence": "bulk"}],
    ids=["unverified", "vacation", "bulk"],
)
def test_a_machine_or_a_stranger_is_not(story: Story, how: dict[str, Any]) -> None:
    to = switched_on(story)
    post(story, a_mail("Away until Monday.", to=to, **how))
    story.run("deliver")
    assert [each for each in story.mail.accepted if each.to == PAT] == []

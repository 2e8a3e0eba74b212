"""Several clocks at once: each starts and stops by what is its own, and only an answer answers."""

from __future__ import annotations

import pytest

from cases import following
from cases.clockwork import pauses
from cases.custody import add_note
from cases.models import Visibility
from cases.needs import IllegalMove
from cases.talking.conversation import contact, no_answer, write
from tests.acceptance.desk import at, clocks_of, known, reached, step, the, told_of, written_to
from tests.builders import DAY, HOUR, MINUTE, T0, Desk


def test_a_shorter_answer_clock_does_not_override_the_first_try(desk: Desk) -> None:
    """(zammad#5177: the update target overrides the first response.)"""
    first = the(desk, "first_try")
    written_to(known(desk))
    desk.do(no_answer, "they only said thank you")
    step(desk, T0 + DAY)
    missed = {clock.kind for clock in desk.file.clocks if clock.missed_at}
    assert "answer" not in missed
    assert next(c for c in desk.file.clocks if c.id == first.id).due_at == first.due_at


def test_answered_in_time_it_does_not_escalate_whenever_the_sweep_comes(desk: Desk) -> None:
    """(zammad#3140: escalates although the agent answered.)"""
    written_to(reached(desk))
    desk.now = T0 + 59 * MINUTE
    desk.do(contact, "phone", "reached", "", desk.now)
    step(desk, T0 + 9 * DAY)
    (clock,) = clocks_of(desk, "answer")
    assert (clock.ended_how, clock.missed_at) == ("met", None)
    assert told_of(desk, "answer") == []


def test_an_answer_and_a_pause_at_the_same_instant_lose_neither(desk: Desk) -> None:
    """(zammad#3551: answer and pending in one step loses the first response.)"""
    written_to(reached(desk))
    desk.do(contact, "phone", "reached", "", desk.now)
    desk.do(pauses.pause, ["listen"], T0 + 5 * DAY, "they send us the bill")
    assert [clock.ended_how for clock in clocks_of(desk, "answer")] == ["met"]
    assert the(desk, "listen").due_at == at(8, 17)  # all of it, from Monday on


def test_each_message_has_a_miss_of_its_own(desk: Desk) -> None:
    reached(desk)
    for minutes in (0, 10, 20):
        desk.now = T0 + minutes * MINUTE
        written_to(desk)
    step(desk, T0 + 75 * MINUTE)
    missed = [clock.missed_at for clock in clocks_of(desk, "answer")]
    assert missed == [T0 + HOUR, T0 + 70 * MINUTE, None]


def test_an_automatic_acknowledgement_does_not_stop_the_answer_clock(desk: Desk) -> None:
    clock = written_to(reached(desk))
    with pytest.raises(IllegalMove, match="no program"):
        desk.do(contact, "email", "sent", "We have received your message.", desk.now, by="deliver")
    assert the(desk, "answer").id == clock.id


def test_an_internal_note_does_not_stop_the_answer_clock(desk: Desk) -> None:
    """(zammad#1322, #1620: a note counted as an answer.)"""
    clock = written_to(reached(desk))
    desk.do(add_note, "I shall call them tomorrow.", Visibility.TEAM)
    assert the(desk, "answer").id == clock.id


@pytest.mark.parametrize("outcome", ["no_answer", "voicemail", "wrong_number", "other_person"])
def test_a_call_that_did_not_reach_them_does_not_stop_the_answer_clock(
    desk: Desk, outcome: str
) -> None:
    clock = written_to(reached(desk))
    desk.do(contact, "phone", outcome, "", desk.now)
    assert the(desk, "answer").id == clock.id


def test_a_call_before_they_wrote_answers_nothing(desk: Desk) -> None:
    reached(desk)
    desk.now = T0 + 30 * MINUTE
    clock = written_to(desk)
    desk.do(contact, "phone", "reached", "", T0 + 10 * MINUTE)
    assert the(desk, "answer").id == clock.id


def test_an_answer_that_is_to_leave_after_it_is_due_does_not_stop_the_clock(desk: Desk) -> None:
    clock = written_to(reached(desk))
    text, subject = "Thank you for telling us. I shall call you.", "Your message"
    (point,) = desk.file.points
    desk.do(write, point, text, subject, not_before=T0 + 2 * HOUR)
    assert the(desk, "answer").id == clock.id
    desk.do(write, point, text, subject, not_before=T0 + 30 * MINUTE)
    assert [each.ended_how for each in clocks_of(desk, "answer")] == ["met"]


def test_a_case_is_not_closed_over_a_message_nobody_answered(desk: Desk) -> None:
    written_to(known(desk))
    with pytest.raises(IllegalMove, match="nobody answered"):
        desk.do(following.close, "satisfied")

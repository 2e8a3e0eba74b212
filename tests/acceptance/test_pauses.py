"""What a pause may be trusted with: nothing ticks while it says so, and nothing is hidden by it."""

from __future__ import annotations

from pathlib import Path

import pytest

from cases import following
from cases.casefile import calendars
from cases.clockwork import extensions, pauses
from cases.clockwork.clocks import ClockError, after_part, start
from cases.custody import set_severity
from cases.models import Clock, Pause
from cases.needs import IllegalMove
from cases.playbooks.promises import Promise, Span
from cases.talking.conversation import hear
from tests.acceptance.desk import at, clocks_of, reached, step, the, told_of, under, written_to
from tests.builders import CHIEF, DAY, HOUR, PLAYBOOK, T0, Desk, a_clinic, moment


def test_paused_from_9_00_to_10_05_with_due_10_00_it_is_due_11_05() -> None:
    hours = calendars(a_clinic(), PLAYBOOK)
    promise = Promise("answer", Span(2 * HOUR), "always")
    clock = Clock(**start("answer", "c", at(0, 8), promise, hours, moment(at(0, 8))).values)
    assert clock.due_at == at(0, 10)
    pause = Pause(id="p", clock_id=clock.id, from_at=at(0, 9), until_at=at(0, 10, 5))
    assert after_part(clock, [pause], hours.named("always")) == at(0, 11, 5)


def test_while_it_says_paused_nothing_ticks_and_nobody_is_told(desk: Desk) -> None:
    """(frappe/helpdesk#1554: shows paused but keeps ticking.)"""
    desk.do(pauses.pause, ["first_try"], T0 + 4 * DAY, "they are away")
    due = the(desk, "first_try").due_at
    for day in range(1, 4):
        step(desk, T0 + day * DAY)
        assert the(desk, "first_try").due_at == due
    assert told_of(desk, "first_try") == []
    step(desk, T0 + 5 * DAY)
    assert told_of(desk, "first_try") != []


def test_a_clock_paused_when_it_was_due_is_not_breached_while_it_waits(desk: Desk) -> None:
    """(GLPI#24481: breached while pending.)"""
    desk.now = at(0, 16, 59)
    desk.do(pauses.pause, ["first_try"], T0 + 10 * DAY, "they are away")
    step(desk, T0 + 9 * DAY)
    assert the(desk, "first_try").missed_at is None


def test_resolved_straight_from_a_pause_of_weeks_it_is_in_time(desk: Desk) -> None:
    """(frappe/helpdesk#3776: paused, then resolved, ignored months of hold.)"""
    reached(desk).do(hear, "They waited.", "", [])
    desk.do(pauses.pause, ["resolve"], T0 + 30 * DAY, "the physician is away")
    desk.now = T0 + 29 * DAY
    desk.do(following.resolve, "wait_time", "Two more chairs.", True)
    (clock,) = clocks_of(desk, "resolve")
    assert (clock.ended_how, clock.missed_at) == ("met", None)


def test_pausing_what_is_overdue_hides_no_miss_and_stops_its_ladder(desk: Desk) -> None:
    desk.now = at(1, 10)  # the first try was due at the closing of the day before
    desk.do(pauses.pause, ["first_try"], at(3, 10), "they are away")
    step(desk)
    assert the(desk, "first_try").missed_at == at(0, 17)
    heard = told_of(desk, "first_try")
    step(desk, at(3, 9, 59))
    assert told_of(desk, "first_try") == heard  # the chief was next, and waits
    for hour in range(10, 17):
        step(desk, at(3, hour))
    assert CHIEF in told_of(desk, "first_try")


def test_cooling_down_pauses_the_answer_and_ends_by_itself(desk: Desk) -> None:
    clock = written_to(reached(desk), "You people are impossible!")
    desk.do(pauses.pause, ["answer"], T0 + 2 * HOUR, "let us cool down first")
    assert the(desk, "answer").due_at == T0 + 3 * HOUR
    step(desk, T0 + 3 * HOUR)
    assert the(desk, "answer").missed_at == T0 + 3 * HOUR
    assert the(desk, "answer").id == clock.id


def test_no_pause_is_longer_than_the_playbook_allows(desk: Desk, tmp_path: Path) -> None:
    text = PLAYBOOK.text.replace('longest_pause = "30 days"', 'longest_pause = "3 days"')
    under(desk, "", tmp_path, text)
    with pytest.raises(ClockError, match="within 3 days"):
        desk.do(pauses.pause, ["first_try"], T0 + 4 * DAY, "they are away")
    desk.do(pauses.pause, ["first_try"], T0 + 3 * DAY, "they are away")


def test_somebodys_safety_cannot_be_paused_or_put_off(desk: Desk) -> None:
    desk.do(set_severity, "grave", "they were hurt")
    with pytest.raises(ClockError, match="cannot wait"):
        desk.do(pauses.pause, ["safety"], T0 + HOUR, "later")
    with pytest.raises(IllegalMove, match="not put off"):
        desk.do(extensions.ask, "safety", T0 + DAY, "later")

"""Rungs before the due time: counted in the clock's own hours, and never after it."""

from datetime import datetime, timedelta

from cases.casefile import calendars
from cases.clockwork import clocks
from cases.custody import add_task
from cases.models import Clock, Pause
from cases.playbooks.playbook import read_playbook, ready_made
from cases.playbooks.promises import Span
from cases.stages import keyed_clock
from tests.builders import DAY, HOUR, MINUTE, PLAYBOOK, T0, a_clinic, a_file, moment, practised

HOURS = calendars(a_clinic(), PLAYBOOK)
FRIDAY_17 = T0 + 4 * DAY + 8 * HOUR
MONDAY_9 = T0 + 7 * DAY


def a_clock(kind: str, since: datetime = T0, until: datetime | None = None) -> Clock:
    return Clock(**keyed_clock(a_file(), kind, "x", moment(since), until=until).values)


def reminders(clock: Clock, *pauses: Pause) -> list[datetime]:
    """Return when the rungs before the due time are sent."""
    ladder = PLAYBOOK.clocks[clock.kind].ladder
    asked = clocks.due(clock, PLAYBOOK.clocks[clock.kind], pauses, (), HOURS, T0 + 365 * DAY)
    return [ripe.at for ripe in asked.ripe if ladder[ripe.rung].before]


def test_a_day_before_a_promise_of_thursday_is_wednesday():
    thursday = T0 + 3 * DAY + 2 * HOUR
    assert reminders(a_clock("promise", until=thursday)) == [thursday - DAY]


def test_a_promise_for_today_has_no_reminder_of_yesterday():
    clock = a_clock("promise", until=T0 + 5 * HOUR)
    assert reminders(clock) == []
    assert clock.due_at == T0 + 5 * HOUR


def test_where_the_office_opens_only_when_it_is_due_the_reminder_comes_before_the_weekend():
    assert reminders(a_clock("promise", until=MONDAY_9)) == [FRIDAY_17 - MINUTE]


def test_minutes_before_count_in_duty_hours():
    evening = FRIDAY_17 - 12 * MINUTE  # twelve of the fifteen minutes are left on Friday
    clock = a_clock("message", evening)
    assert reminders(clock) == [FRIDAY_17 - 2 * MINUTE]
    assert clock.due_at == FRIDAY_17 + 17 * HOUR + 3 * MINUTE  # Saturday 10:03


def test_days_before_are_working_days_of_the_clock():
    wednesday = T0 + 2 * DAY
    appeal = a_clock("appeal", wednesday)
    assert appeal.due_at == T0 + 8 * DAY + 8 * HOUR
    assert reminders(appeal) == [MONDAY_9, T0 + 8 * DAY]


def test_a_pause_moves_a_reminder_as_it_moves_the_due_time():
    clock = a_clock("appeal")
    pause = Pause(id="p", clock_id=clock.id, from_at=T0 + HOUR, until_at=T0 + DAY + HOUR)
    usual, paused = reminders(clock), reminders(clock, pause)
    assert [HOURS.office.between(a, b) for a, b in zip(usual, paused, strict=True)] == [
        8 * HOUR
    ] * 2


def test_a_clock_looks_again_when_its_first_reminder_is_due():
    assert a_clock("appeal").look_at == T0 + 3 * DAY


def test_a_grievance_runs_only_once_a_person_classified_the_case_as_one():
    known = practised(playbook=read_playbook(ready_made()["hospital"], version=1))
    file = a_file(known)
    assert "grievance" not in {clock.kind for clock in file.clocks}
    change = add_task(file, "grievance", "Answer in writing", None, moment())
    (clock,) = [add.values for add in change.adds if add.table is Clock]
    assert (clock["kind"], clock["due_at"]) == ("grievance", T0 + timedelta(days=7))
    assert known.playbook.clocks["grievance"].promise == Span(days=7)

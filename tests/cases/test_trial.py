"""A trial says before the day comes what would be due, and which hours break a promise."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from cases import clocks, trial
from cases.casefile import calendars
from cases.hours import WorktimeError
from cases.playbook import PRACTICE, Playbook, parse_playbook
from tests.builders import DAY, HOUR, PLAYBOOK, T0, a_clinic, a_file

SATURDAY = datetime(2026, 11, 28, 15, 30, tzinfo=UTC)  # 10:30 at Elm Street, which is closed


def promising(span: str) -> Playbook:
    """Return the playbook with another public promise than one day."""
    return parse_playbook(
        PRACTICE.read_text("utf-8").replace('promise = "1 day"', f'promise = "{span}"')
    )


def told(kind: str, at: datetime = T0, playbook: Playbook = PLAYBOOK) -> trial.Course:
    return next(c for c in trial.trial(playbook, a_clinic(), at) if c.kind == kind)


def late(kind: str, playbook: Playbook = PLAYBOOK) -> list[str]:
    return [str(each) for each in trial.shortfalls(playbook, a_clinic()) if each.kind == kind]


def test_a_trial_says_what_a_case_would_really_be_due():
    file = a_file()
    for clock in file.clocks:
        assert told(clock.kind).due_at == clock.due_at


def test_a_trial_names_every_rung_at_the_time_the_engine_would_send_it():
    file = a_file()
    clock = next(c for c in file.clocks if c.kind == "acknowledge")
    promise = PLAYBOOK.clocks["acknowledge"]
    for each in told("acknowledge").told:
        answer = clocks.due(clock, promise, (), (), file.calendars, each.at)
        assert max(ripe.at for ripe in answer.ripe) == each.at
    assert [each.time for each in told("acknowledge").told] == [1, 1, 1, 1, 1, 2, 3]


def test_each_later_step_starts_when_the_one_before_it_is_due():
    steps = ["first_try", "reach", "listen", "resolve", "monitor", "follow_up"]
    for before, after in pairwise(steps):
        assert told(after).starts_at == told(before).due_at


@pytest.mark.parametrize("hours", range(0, 7 * 24, 5))
def test_the_reason_always_ends_with_the_time_it_is_due(hours: int):
    zone = calendars(a_clinic(), PLAYBOOK).office.hours.tz
    for course in trial.trial(PLAYBOOK, a_clinic(), T0 + hours * HOUR):
        if not course.because.endswith("round the clock"):
            assert course.because.endswith(f"{course.due_at.astimezone(zone):%H:%M}")


def test_a_saturday_morning_breaks_the_promise_of_one_day():
    course = told("acknowledge", SATURDAY)
    assert course.due_at == datetime(2026, 11, 30, 14, 30, tzinfo=UTC)
    assert course.late == 23 * HOUR
    assert told("acknowledge").late == timedelta()
    assert told("listen").late is None


def test_the_hours_that_break_a_promise_are_told_as_one_stretch():
    assert late("acknowledge") == [
        "Fri 15:00 - Sun 13:00: later than promised by up to 23 h",
    ]
    assert late("answer") == ["Fri 16:00 - Sun 10:00: later than promised by up to 41 h"]


def test_a_stretch_goes_on_from_sunday_night_into_monday():
    hasty = promising("12 hours")
    assert late("acknowledge", hasty) == [
        "Mon 13:00 - Tue 01:00: later than promised by up to 8 h",
        "Tue 13:00 - Wed 01:00: later than promised by up to 8 h",
        "Wed 13:00 - Thu 01:00: later than promised by up to 8 h",
        "Thu 13:00 - Fri 01:00: later than promised by up to 8 h",
        "Fri 13:00 - Mon 01:00: later than promised by up to 35 h",
    ]


def test_a_promise_no_hour_can_keep_is_said_to_be_broken_at_any_hour():
    never = promising("1 minute")
    assert late("acknowledge", never)[0].startswith("at any hour: later than promised by")


def test_a_promise_that_is_always_kept_has_no_hours_against_it():
    kept = promising("4 days")
    assert trial.shortfalls(kept, a_clinic()) == ()


def test_holidays_do_not_count_in_the_ordinary_week():
    closed = {(T0 + n * DAY).date().isoformat(): list[str]() for n in range(-400, 400)}
    assert trial.shortfalls(PLAYBOOK, a_clinic(region="US", closures=closed)) == (
        trial.shortfalls(PLAYBOOK, a_clinic())
    )


def test_hours_that_cannot_be_right_are_refused():
    with pytest.raises(WorktimeError, match="no time zone"):
        trial.shortfalls(PLAYBOOK, a_clinic(zone="Mars/One"))

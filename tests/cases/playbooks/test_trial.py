"""A trial says before the day comes what would be due, why, and who would be told."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from cases.casefile import calendars
from cases.clockwork import clocks
from cases.playbooks import trial
from cases.playbooks.playbook import PRACTICE, Playbook, parse_playbook
from tests.builders import HOUR, PLAYBOOK, T0, a_clinic, a_file

SATURDAY = datetime(2026, 11, 28, 15, 30, tzinfo=UTC)  # 10:30 at Elm Street, which is closed


def told(kind: str, at: datetime = T0, playbook: Playbook = PLAYBOOK) -> trial.Course:
    return next(c for c in trial.trial(playbook, a_clinic(), at) if c.kind == kind)


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
        assert course.because.endswith(f"{course.due_at.astimezone(zone):%H:%M}")


def test_a_saturday_morning_breaks_the_promise_of_one_day():
    course = told("acknowledge", SATURDAY)
    assert course.due_at == datetime(2026, 11, 30, 14, 30, tzinfo=UTC)
    assert course.late == 23 * HOUR
    assert told("acknowledge").late == timedelta()
    assert told("listen").late is None


def test_a_late_clock_says_what_would_have_kept_the_promise():
    course = told("acknowledge", datetime(2026, 11, 27, 21, 30, tzinfo=UTC))
    assert course.remedy == "2 more duty hours on Saturday (10:00-14:00) would mend it"
    assert told("answer", SATURDAY).remedy == "counting it in duty hours would mend it"
    assert told("acknowledge").remedy == ""


def test_real_days_are_told_as_days_and_by_the_clinics_own_clock():
    assert told("resolve").because.startswith("Mon Nov 9 17:00 + 7 days, round the clock: due")


def test_what_brings_its_own_date_is_left_out():
    own = {kind for kind, clock in PLAYBOOK.clocks.items() if not clock.span}
    assert own >= {"task", "promise"}
    assert {c.kind for c in trial.trial(PLAYBOOK, a_clinic(), T0)} == set(PLAYBOOK.clocks) - own


def test_only_a_grave_case_has_a_safety_clock_and_waits_for_no_digest():
    def kinds(severity: str) -> dict[str, list[bool]]:
        courses = trial.trial(PLAYBOOK, a_clinic(), T0, severity)
        return {each.kind: [t.digest for t in each.told] for each in courses}

    assert "safety" in kinds("grave")
    assert "safety" not in kinds("routine")
    assert any(kinds("routine")["acknowledge"])
    assert not any(kinds("grave")["acknowledge"])


def test_a_trial_goes_by_what_such_a_case_has_otherwise():
    more = """
[[overrides]]
when = {platform = "facebook"}
[overrides.clocks.acknowledge]
span = "1 hour"
"""
    mine = parse_playbook(PRACTICE.read_text("utf-8") + more)
    usual, sooner = (
        next(iter(trial.trial(mine, a_clinic(), T0, "", platform))).due_at
        for platform in ("google", "facebook")
    )
    assert usual - sooner == 3 * HOUR


def test_a_reminder_before_the_due_time_counts_in_the_clocks_own_hours():
    appeal = told("appeal", SATURDAY)  # 5 office days: from Monday 9:00 to Friday 17:00
    before = [t.at for t in appeal.told if t.rung.before]
    assert appeal.due_at == datetime(2026, 12, 4, 22, tzinfo=UTC)
    assert before == [datetime(2026, 12, 3, 14, tzinfo=UTC), datetime(2026, 12, 4, 14, tzinfo=UTC)]

"""The auditor trusts no cache: it works each clock out again from its history."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from cases.casefile import CaseFile
from cases.changes import Change, Happened, Set, about
from cases.clockwork import ladders, pauses
from cases.clockwork.auditing import flaws
from cases.models import Case, Clock
from tests.builders import DAY, DIRECTOR, HOUR, MINUTE, T0, Desk, moment


def codes(file: CaseFile, now: datetime) -> list[str]:
    return [flaw.code for flaw in flaws(file, now)]


def tamper(desk: Desk, which: str, /, **values: Any) -> CaseFile:
    (clock,) = (each for each in desk.file.clocks if each.kind == which)
    change = Change(
        about(desk.file.case),
        moment(desk.now),
        sets=[Set(Clock, clock.id, values)],
        events=[Happened("harm")],
    )
    return desk.write(change)


def sweep(desk: Desk, now: datetime) -> CaseFile:
    return desk.write(ladders.step(desk.file, moment(now, "sweep")))


@pytest.fixture
def desk(sqlite_store: Any) -> Desk:
    return Desk(sqlite_store)


def test_a_case_that_was_swept_and_paused_and_missed_has_no_flaw(desk: Desk) -> None:
    assert codes(desk.file, T0) == []
    sweep(desk, T0 + 2 * HOUR)
    desk.now = T0 + 3 * HOUR
    until = desk.now + DAY
    desk.write(pauses.pause(desk.file, ["first_try"], until, "they asked", moment(desk.now)))
    assert codes(desk.file, T0 + 3 * HOUR + 2 * MINUTE) == []
    sweep(desk, T0 + 5 * HOUR)
    assert codes(desk.file, T0 + 5 * HOUR) == []


def test_a_clock_whose_look_was_lost_is_found_before_anything_is_late(desk: Desk) -> None:
    tamper(desk, "acknowledge", look_at=None)
    assert codes(desk.file, T0 + MINUTE) == ["never_looked_at"]


def test_a_clock_that_would_be_looked_at_next_week_is_found(desk: Desk) -> None:
    tamper(desk, "acknowledge", look_at=T0 + 7 * DAY)
    assert codes(desk.file, T0 + MINUTE) == ["looked_at_too_late"]
    assert codes(desk.file, T0 + 4 * HOUR + 6 * MINUTE) == [
        "miss_not_noted", "rung_not_climbed", "looked_at_too_late", "rung_not_climbed",
    ]  # fmt: skip


def test_a_due_time_that_does_not_follow_from_its_history_is_found(desk: Desk) -> None:
    (flaw,) = flaws(tamper(desk, "acknowledge", due_at=T0 + 40 * HOUR), T0)
    assert (flaw.code, flaw.since) == ("due_at_differs", T0 + 4 * HOUR)


def test_what_just_came_due_is_left_to_the_sweep(desk: Desk) -> None:
    assert codes(desk.file, T0 + 2 * HOUR + 5 * MINUTE) == []
    assert codes(desk.file, T0 + 2 * HOUR + 6 * MINUTE) == ["rung_not_climbed"]


def test_a_clock_of_a_kind_nobody_knows_is_told_unless_its_case_is_parked(desk: Desk) -> None:
    file = tamper(desk, "acknowledge", kind="lost")
    assert codes(file, T0) == ["cannot_be_worked_out"]
    parked = Change(
        about(file.case),
        moment(T0, DIRECTOR),
        sets=[Set(Case, file.case.id, {"parked_until": T0 + HOUR})],
        events=[Happened("parked")],
    )
    assert codes(desk.write(parked), T0 + MINUTE) == []

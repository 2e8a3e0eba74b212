"""What should have happened by now, worked out again from history, beside what the record shows.

The sweep trusts `look_at`: an index of when to look. Whoever audits does not: from a clock's start,
its span, its pauses and its rungs alone it follows what is due, and when somebody must look next.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from cases.casefile import OnTheClock
from cases.clockwork.clocks import Due, due
from cases.models import Clock

PATIENCE = timedelta(minutes=5)  # a sweep may be under way, or just have been missed


@dataclass(frozen=True, slots=True)
class Flaw:
    """A clock that does not stand as its history says: a code, and since when."""

    code: str
    case_id: str
    clock_id: str
    since: datetime


def flaws(file: OnTheClock, now: datetime) -> list[Flaw]:
    """Return what is wrong with a case's running clocks; a parked case waits for its own time."""
    if file.case.parked_until is not None and file.case.parked_until > now:
        return []
    running = (clock for clock in file.clocks if clock.ended_at is None)
    return [flaw for clock in running for flaw in _of(file, clock, now)]


def _of(file: OnTheClock, clock: Clock, now: datetime) -> Iterator[Flaw]:
    try:
        promise = file.playbook.clocks[clock.kind]
        pauses, fired = file.pauses.get(clock.id, ()), file.fired.get(clock.id, ())
        answer = due(clock, promise, pauses, fired, file.calendars, now)
    except Exception:  # its playbook, its hours or its kind is lost, and nobody parked it
        yield Flaw("cannot_be_worked_out", file.case.id, clock.id, now)
        return
    for code, since in _found(clock, answer, now):
        yield Flaw(code, file.case.id, clock.id, since)


def _found(clock: Clock, answer: Due, now: datetime) -> Iterator[tuple[str, datetime]]:
    before = now - PATIENCE
    if clock.due_at != answer.due_at:
        yield "due_at_differs", answer.due_at
    if clock.missed_at is None and answer.due_at < before:
        yield "miss_not_noted", answer.due_at
    if clock.taken_until is not None and clock.taken_until > before:
        return  # somebody has it: its ladder rests, and is not looked at
    if ripe := [each.at for each in answer.ripe if each.at < before]:
        yield "rung_not_climbed", min(ripe)
    if answer.look_at is None:
        return
    if clock.look_at is None:
        yield "never_looked_at", answer.look_at
    elif clock.look_at > max(answer.look_at, now) + PATIENCE:
        yield "looked_at_too_late", answer.look_at

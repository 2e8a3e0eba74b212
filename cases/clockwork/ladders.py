"""Clocks looked at: a miss is noted, the highest ripe rung is climbed, people are told."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from cases.casefile import OnTheClock
from cases.changes import Add, Change, Happened, Moment, Set, about
from cases.clockwork.clocks import CONFIDENTIAL, Due, Ripe, due
from cases.clockwork.telling import Climb, climb, notices
from cases.models import Case, Clock, RungFired, Visibility

_LATE = timedelta(minutes=15)


def step(file: OnTheClock, moment: Moment) -> Change:
    """Let each clock whose time has come take its next step: note a miss, climb its ladder.

    After downtime only the highest ripe rung is climbed; the ones below are noted as passed over.
    While somebody has it no rung is climbed, and none is lost: a promise missed is missed all the
    same. Raises where the case's hours or playbook do not hold: the sweep parks it.
    """
    parts = [_step_one(file, clock, moment) for clock in file.clocks if clock.ended_at is None]
    sets = [each for part in parts for each in part.sets]
    if file.case.parked_until is not None:
        sets.append(Set(Case, file.case.id, {"parked_until": None, "parked_code": ""}))
    return Change(
        about(file.case),
        moment,
        sets=sets,
        adds=[each for part in parts for each in part.adds],
        events=[each for part in parts for each in part.events] or [Happened("looked")],
        notices=[each for part in parts for each in part.notices],
    )


@dataclass(slots=True)
class _Step:
    sets: list[Set] = field(default_factory=list)
    adds: list[Add] = field(default_factory=list)
    events: list[Happened] = field(default_factory=list)
    notices: list[dict[str, Any]] = field(default_factory=list)


def _step_one(file: OnTheClock, clock: Clock, moment: Moment) -> _Step:
    promise = file.playbook.clocks[clock.kind]
    pauses, fired = file.pauses.get(clock.id, ()), file.fired.get(clock.id, ())
    answer = due(clock, promise, pauses, fired, file.calendars, moment.now)
    done = _Step()
    values: dict[str, Any] = {"look_at": answer.look_at, "due_at": answer.due_at}
    if clock.missed_at is None and answer.due_at <= moment.now:
        values["missed_at"] = answer.due_at
        facts = {"clock": clock.kind, "key": clock.key, "due_at": answer.due_at}
        done.events.append(Happened("missed", facts, at=answer.due_at))
    if clock.taken_until is not None and moment.now < clock.taken_until:
        values["look_at"] = _rested(clock.taken_until, clock, answer, moment.now)
    else:
        _let_go(clock, values, done)
        _climb(file, clock, answer, moment, done)
    done.sets.append(Set(Clock, clock.id, values))
    if clock.kind in CONFIDENTIAL:
        done.events = [replace(each, visibility=Visibility.RISK) for each in done.events]
    return done


def _rested(until: datetime, clock: Clock, answer: Due, now: datetime) -> datetime:
    """Return when to look at a ladder that rests: at its due time, and when the rest is over."""
    to_be_missed = clock.missed_at is None and answer.due_at > now
    return min(until, answer.due_at) if to_be_missed else until


def _let_go(clock: Clock, values: dict[str, Any], done: _Step) -> None:
    """Note that whoever had it did nothing in all that time: the ladder goes on, once."""
    if clock.taken_until is None:
        return
    values["taken_until"] = None
    facts = {"clock": clock.kind, "until": clock.taken_until}
    done.events.append(Happened("let_go", facts, at=clock.taken_until))


def _climb(file: OnTheClock, clock: Clock, answer: Due, moment: Moment, done: _Step) -> None:
    # By their time: "80%" and "due - 1 hour" come in one order for this clock, for that in another.
    ladder = sorted(answer.ripe, key=lambda each: each.at)
    for ripe in ladder[:-1]:
        done.adds.append(_fired(clock, ripe, 0, moment))
        facts = {"clock": clock.kind, "rung": ripe.rung, "ripe_at": ripe.at}
        done.events.append(Happened("passed_over", facts))
    for highest in ladder[-1:]:
        climbed = climb(file, clock, highest, answer.due_at, moment.now)
        done.adds.append(_fired(clock, highest, len(climbed.owner + climbed.now), moment))
        done.events.append(_spoke(climbed, moment.now))
        done.notices += notices(climbed, moment)


def _fired(clock: Clock, ripe: Ripe, told_count: int, moment: Moment) -> Add:
    return Add(
        RungFired,
        {
            "id": moment.new_id(),
            "clock_id": clock.id,
            "rung": ripe.rung,
            "occurrence": ripe.occurrence,
            "ripe_at": ripe.at,
            "fired_at": moment.now,
            "told": told_count,
        },
    )


def _spoke(climbed: Climb, now: datetime) -> Happened:
    ripe, clock = climbed.ripe, climbed.clock
    could = max(ripe.at, clock.taken_until or ripe.at)  # a rest is no lateness of ours
    facts: dict[str, Any] = {
        "clock": clock.kind,
        "rung": ripe.rung,
        "ripe_at": ripe.at,
        "told": [person.id for person in climbed.owner + climbed.now],
        "late": now - could > _LATE,
    }
    if climbed.later:
        facts["digest"] = [person.id for person in climbed.later]
    return Happened("reminded" if climbed.rung.means == "remind" else "escalated", facts)

"""Open clocks under other hours or another policy: where each is due then, and what that means.

Due times follow from history, so what was paused and granted is kept without more ado. What was
missed stays missed, also where no sweep had seen it yet.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil
from typing import Any

from cases.casefile import OnTheClock
from cases.changes import Add, Happened, Moment, Set
from cases.clockwork.clocks import DATED, Due, due, end, fresh, passed_over
from cases.models import Clock
from cases.playbooks.promises import Promise


@dataclass(slots=True)
class Anew:
    """What computing clocks anew writes."""

    sets: list[Set] = field(default_factory=list)
    adds: list[Add] = field(default_factory=list)
    events: list[Happened] = field(default_factory=list)


def anew(
    old: OnTheClock,
    new: OnTheClock,
    moment: Moment,
    *,
    whole: bool,
    since: datetime | None = None,
    leave: Collection[str] = (),
) -> Anew:
    """Return each open clock of the case as the new policy has it, but those to `leave`.

    `whole`: spans, calendars and ladders are the new policy's, too; else only the hours changed.
    `since`: when they changed; a sweep may come by only later. None: now.
    """
    found = Anew()
    for clock in old.clocks:
        if clock.ended_at is not None or clock.id in leave:
            continue
        if clock.kind not in new.playbook.clocks:
            _drop(clock, found, moment)
        else:
            _move(old, new, clock, found, moment, whole, since or moment.now)
    return found


def _drop(clock: Clock, found: Anew, moment: Moment) -> None:
    found.sets.append(end(clock, "cancelled", moment))
    facts = {"clock": clock.kind, "key": clock.key, "due_at": clock.due_at}
    found.events.append(Happened("clock_dropped", facts))


def _move(
    old: OnTheClock,
    new: OnTheClock,
    clock: Clock,
    found: Anew,
    moment: Moment,
    whole: bool,
    since: datetime,
) -> None:
    before = old.playbook.clocks.get(clock.kind)
    promise = new.playbook.clocks[clock.kind]
    changed = _policy(clock, promise, new.playbook.version) if whole else {}
    if before is not None and before.ladder != promise.ladder:
        changed["turn"] = clock.turn + 1  # another ladder: it is climbed from its beginning
    changed |= _missed(clock, since)
    pauses, fired = new.pauses.get(clock.id, ()), new.fired.get(clock.id, ())
    answer = due(fresh(clock, changed), promise, pauses, fired, new.calendars, moment.now)
    adds = _behind(clock, answer, moment) if "turn" in changed else []
    in_time = clock.missed_at is None and "missed_at" not in changed
    if in_time and answer.due_at <= since:
        changed["missed_at"] = since  # nobody could have known before
    ripe = answer.ripe and not adds
    late = "missed_at" in changed or (in_time and answer.due_at <= moment.now)
    # Also where it was to be looked at just then for a later rung: what is ripe cannot wait for it.
    look = moment.now if ripe or late else answer.look_at
    moved = answer.due_at != clock.due_at
    if _same(clock, changed) and not moved and look == clock.look_at:
        return
    values = {**changed, "due_at": answer.due_at, "look_at": look}
    found.sets.append(Set(Clock, clock.id, values))
    found.adds += adds
    found.events += _told(clock, values)


def _policy(clock: Clock, promise: Promise, version: int) -> dict[str, Any]:
    """Return the span a policy gives; a clock that brought its own date keeps it."""
    if clock.kind in DATED:
        return {"playbook_version": version}
    return {
        "span": ceil(promise.span.time.total_seconds()), "days": promise.span.days,
        "calendar": promise.calendar, "playbook_version": version,
    }  # fmt: skip


def _missed(clock: Clock, since: datetime) -> dict[str, Any]:
    """Return the miss no sweep has seen yet: a later due time does not undo it.

    What was due only after the change, by what no longer holds, is not missed.
    """
    if clock.missed_at is None and clock.due_at is not None and clock.due_at <= since:
        return {"missed_at": clock.due_at}
    return {}


def _behind(clock: Clock, answer: Due, moment: Moment) -> list[Add]:
    """Return the rungs of the new ladder that lie behind, where the clock is due no earlier.

    Whoever had to know was told by the old one. Where the new policy is stricter, they are ripe.
    """
    if clock.due_at is None or answer.due_at < clock.due_at or _unseen(clock, moment):
        return []
    return [passed_over(clock, each, moment) for each in answer.ripe]


def _unseen(clock: Clock, moment: Moment) -> bool:
    return clock.look_at is not None and clock.look_at <= moment.now


def _same(clock: Clock, changed: dict[str, Any]) -> bool:
    return all(getattr(clock, name) == value for name, value in changed.items())


def _told(clock: Clock, values: dict[str, Any]) -> list[Happened]:
    facts = {"clock": clock.kind, "key": clock.key}
    told = []
    if values.get("missed_at"):
        missed = {**facts, "due_at": values["missed_at"]}
        told.append(Happened("missed", missed, at=values["missed_at"]))
    if values["due_at"] != clock.due_at:
        moved = {**facts, "from": clock.due_at, "to": values["due_at"]}
        told.append(Happened("due_moved", moved))
    return told

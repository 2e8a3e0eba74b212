"""Stretches of time that do not count: each has a reason and ends by itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cases.casefile import OnTheClock
from cases.changes import Add, Change, Happened, Moment, Set, about
from cases.clockwork.clocks import ClockError, due
from cases.models import Clock, Pause

# Somebody's safety waits for nothing: it is taken, or the case is found not to be grave.
_NEVER = ("safety",)


def pause(
    file: OnTheClock, kinds: Sequence[str], until: datetime, reason: str, moment: Moment
) -> Change:
    """Stop these clocks until then: waiting for the correspondent, or cooling down.

    Raises ClockError without a reason, without an end the playbook allows, or a clock that runs.
    """
    _refuse(file, kinds, until, reason, moment)
    running = [c for c in file.clocks if c.kind in kinds and c.ended_at is None]
    if not running:
        raise ClockError(f"none of these clocks runs: {', '.join(kinds)}")
    pauses: dict[str, dict[str, Any]] = {
        clock.id: {
            "id": moment.new_id(), "clock_id": clock.id, "from_at": moment.now,
            "until_at": until, "ended_at": None, "reason": reason, "by": moment.by,
        }
        for clock in running
    }  # fmt: skip
    return Change(
        about(file.case),
        moment,
        sets=[_recomputed(file, c, [Pause(**pauses[c.id])], moment.now) for c in running],
        adds=[Add(Pause, values) for values in pauses.values()],
        events=[
            Happened("paused", {"clocks": [c.kind for c in running], "until": until}, words=reason)
        ],
    )


def _refuse(
    file: OnTheClock, kinds: Sequence[str], until: datetime, reason: str, moment: Moment
) -> None:
    if not reason.strip():
        raise ClockError("a pause needs a reason; say what is waited for")
    longest = file.playbook.longest_pause
    if not moment.now < until <= moment.now + longest:
        raise ClockError(f"a pause ends by itself within {longest.days} days; give its end")
    if never := [kind for kind in kinds if kind in _NEVER]:
        raise ClockError(f"{', '.join(never)} cannot wait; somebody takes it, and it ends")


def resume(file: OnTheClock, moment: Moment) -> Change:
    """End every pause that runs. Raises ClockError where none does."""
    running = [
        (clock, pause)
        for clock in file.clocks
        for pause in file.pauses.get(clock.id, ())
        if clock.ended_at is None and pause.ended_at is None and pause.until_at > moment.now
    ]
    if not running:
        raise ClockError("no pause is running")
    sets = [Set(Pause, pause.id, {"ended_at": moment.now}) for _, pause in running]
    for clock in {clock.id: clock for clock, _ in running}.values():
        kept = [_ended(p, moment.now) for p in file.pauses[clock.id]]
        sets.append(_recomputed(file, clock, kept, moment.now, instead=True))
    kinds = sorted({clock.kind for clock, _ in running})
    return Change(
        about(file.case), moment, sets=sets, events=[Happened("resumed", {"clocks": kinds})]
    )


def _ended(pause: Pause, now: datetime) -> Pause:
    stop = pause.ended_at or min(now, pause.until_at)
    return Pause(
        id=pause.id, clock_id=pause.clock_id, from_at=pause.from_at, until_at=pause.until_at,
        ended_at=stop, reason=pause.reason, by=pause.by,
    )  # fmt: skip


def _recomputed(
    file: OnTheClock,
    clock: Clock,
    pauses: Sequence[Pause],
    now: datetime,
    *,
    instead: bool = False,
) -> Set:
    known = pauses if instead else [*file.pauses.get(clock.id, ()), *pauses]
    fired = file.fired.get(clock.id, ())
    promise = file.playbook.clocks[clock.kind]
    answer = due(clock, promise, known, fired, file.calendars, now)
    # What is ripe or missed by now is seen to at the next sweep, not at some later one.
    missed = clock.missed_at is None and answer.due_at <= now
    look = now if answer.ripe or missed else answer.look_at
    return Set(Clock, clock.id, {"due_at": answer.due_at, "look_at": look})

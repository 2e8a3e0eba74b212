"""One promise with a deadline: when it is due, which rungs are ripe, when to look again.

Due times are computed from history (start, span, pauses), never counted down: a case that was
paused, moved or reopened is always as right as one that was not.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from cases.calendars.worktime import WorkCalendar
from cases.casefile import Calendars
from cases.changes import Add, Moment, Set
from cases.models import Clock, Pause, RungFired
from cases.models.rows import new_row
from cases.playbooks.promises import Promise, Rung, Span

_MINUTE = timedelta(minutes=1)


# A ladder that begins anew counts its occurrences from the next hundred: each is fired once, ever.
TURN = 100
# These bring a date of their own, that of a task: no policy and no hours move it.
DATED = ("task", "promise", "appeal", "grievance", "breach")
CONFIDENTIAL = ("breach",)  # seen, and told of, by those only who see its tasks
Stretch = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Ripe:
    """A rung whose time has come: its place in the ladder, how often before, and since when."""

    rung: int
    occurrence: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Due:
    """What a clock says at a given time. `look_at` None: nothing more will happen by itself."""

    due_at: datetime
    ripe: tuple[Ripe, ...]
    look_at: datetime | None


class ClockError(ValueError):
    """A clock cannot be stopped or moved like that. The message says what would be right."""


def total(clock: Clock, calendar: WorkCalendar) -> timedelta:
    """Return all the open time a clock has, with what was granted since it started.

    Working days are as long as the calendar has them.
    """
    days = timedelta()
    if clock.days:
        end = calendar.add_days(clock.started_at, clock.days)
        days = calendar.between(clock.started_at, end)
    return days + timedelta(seconds=clock.span + clock.extra)


def after_part(
    clock: Clock, pauses: Sequence[Pause], calendar: WorkCalendar, part: float = 1.0
) -> datetime:
    """Return when this part of the clock's open time is over, pauses left out."""
    return _over(clock.started_at, stretches(pauses), calendar, total(clock, calendar) * part)


def _over(
    at: datetime, paused: Sequence[Stretch], calendar: WorkCalendar, left: timedelta
) -> datetime:
    """Return when so much open time is over, pauses left out; none of it is over at once."""
    return calendar.add(at, left, paused) if left else at


def stretches(pauses: Sequence[Pause]) -> tuple[Stretch, ...]:
    """Return the paused stretches in order, those that overlap as one: none is counted twice."""
    return tuple(_stretches(pauses)) if pauses else ()


def _stretches(pauses: Sequence[Pause]) -> Iterator[Stretch]:
    begin = end = None
    for pause in sorted(pauses, key=lambda each: each.from_at):
        stop = min(pause.ended_at or pause.until_at, pause.until_at)
        if stop <= pause.from_at:
            continue  # our clock was put back, and it ended before it began: no time was lost
        if begin is None or end is None:
            begin, end = pause.from_at, stop
        elif pause.from_at <= end:
            end = max(end, stop)
        else:
            yield begin, end
            begin, end = pause.from_at, stop
    if begin is not None and end is not None:
        yield begin, end


def due(
    clock: Clock,
    promise: Promise,
    pauses: Sequence[Pause],
    fired: Sequence[RungFired],
    calendars: Calendars,
    now: datetime,
) -> Due:
    """Say which rungs are ripe and not yet fired, and when to look again."""
    calendar = calendars.named(clock.calendar)
    whole, paused = total(clock, calendar), stretches(pauses)
    due_at = _over(clock.started_at, paused, calendar, whole)
    in_time = clock.missed_at is None and due_at > now
    done = {(each.rung, each.occurrence) for each in fired}
    unfired = _unfired(promise, clock.turn, done, in_time)
    waiting = list(_ladder(clock, unfired, paused, calendars, whole, due_at))
    later = [ripe.at for ripe in waiting if ripe.at > now]
    if in_time:
        later.append(due_at)
    ripe = tuple(each for each in waiting if each.at <= now)
    return Due(due_at, ripe, min(later, default=None))


def _unfired(
    promise: Promise, turn: int, done: Container[tuple[int, int]], in_time: bool
) -> Iterator[tuple[int, int, Rung]]:
    """Yield the rungs to come, with their place and how often before.

    A clock in time is looked at when it is due: what comes then, or after, need not be known yet.
    """
    for number, rung in enumerate(promise.ladder):
        if in_time and not rung.in_time:
            continue
        for occurrence in range(turn * TURN, turn * TURN + rung.times):
            if (number, occurrence) not in done:
                yield number, occurrence, rung


def _ladder(
    clock: Clock,
    rungs: Iterable[tuple[int, int, Rung]],
    paused: Sequence[Stretch],
    calendars: Calendars,
    whole: timedelta,
    due_at: datetime,
) -> Iterator[Ripe]:
    calendar = calendars.named(clock.calendar)
    for number, occurrence, rung in rungs:
        if rung.before:
            gone = _gone_until(clock, calendar, whole, rung.before)
            if not gone:
                continue  # it would come before its clock starts: nothing to remind of yet
            at = _over(clock.started_at, paused, calendar, gone)
        elif rung.part is None:
            at = _after_due(due_at, rung, occurrence % TURN + 1, paused, calendars.office)
        elif rung.part == 1:
            at = due_at
        else:
            at = _over(clock.started_at, paused, calendar, whole * rung.part)
        at = _send_time(at, clock, rung, paused, calendars)
        if rung.before and at >= due_at:  # closed until then: in the last open minute before it
            at = max(clock.started_at, calendars.office.subtract(due_at, _MINUTE))
        yield Ripe(number, occurrence, at)


def _gone_until(clock: Clock, calendar: WorkCalendar, whole: timedelta, before: Span) -> timedelta:
    """Return the open time gone when this much of it is left, in the clock's own calendar."""
    if before.days and before.days <= clock.days:
        days = clock.days - before.days
        begun = calendar.between(clock.started_at, calendar.add_days(clock.started_at, days))
        return begun + timedelta(seconds=clock.span + clock.extra)
    return max(whole - before.real, timedelta())


def _after_due(
    due_at: datetime, rung: Rung, times: int, paused: Sequence[Stretch], office: WorkCalendar
) -> datetime:
    """Return when a rung after the due time comes; a pause holds it back, as it does that time."""
    if rung.after.days:
        plain = office.add_days(due_at, rung.after.days * times)
    else:
        plain = office.add(due_at, rung.after.time * times)
    since = [each for each in paused if each[1] > due_at]
    if not since:
        return plain
    return max(plain, _over(due_at, since, office, office.between(due_at, plain)))


def _send_time(
    at: datetime, clock: Clock, rung: Rung, paused: Sequence[Stretch], calendars: Calendars
) -> datetime:
    """Return when people are really told: nobody is woken but for somebody's safety.

    A reminder of what is answered in duty hours comes in duty hours: by Monday it is too late.
    While the clock waits nobody is told: what falls into a pause comes at its end.
    """
    told = _in_hours(at, clock, rung, calendars)
    while until := next((end for begin, end in paused if begin <= told < end), None):
        told = _in_hours(until, clock, rung, calendars)
    return told


def _in_hours(at: datetime, clock: Clock, rung: Rung, calendars: Calendars) -> datetime:
    if rung.at_once:
        return at
    if rung.means == "remind" and clock.calendar == "duty":
        return calendars.duty.opens(at)
    return calendars.office.opens(at)


def fresh(clock: Clock, changed: Mapping[str, Any]) -> Clock:
    """Return the clock as it will be."""
    values = clock._asdict() if hasattr(clock, "_asdict") else clock.model_dump()
    return new_row(Clock, {**values, **changed})


def passed_over(clock: Clock, ripe: Ripe, moment: Moment) -> Add:
    """Return the row of a rung that had its moment without anybody being told."""
    return Add(
        RungFired,
        {"id": moment.new_id(), "clock_id": clock.id, "rung": ripe.rung,
         "occurrence": ripe.occurrence, "ripe_at": ripe.at, "fired_at": moment.now, "told": 0},
    )  # fmt: skip


def start(
    kind: str,
    case_id: str,
    since: datetime,
    promise: Promise,
    calendars: Calendars,
    moment: Moment,
    *,
    key: str = "",
    round_: int = 1,
    until: datetime | None = None,
    version: int = 0,
) -> Add:
    """Return a new clock. `until` gives a task its own date instead of the playbook's span."""
    span = promise.span.time if until is None else max(until - since, timedelta())
    # A date of its own is that date, whatever hours the playbook counts a span in.
    named = promise.calendar if until is None else "always"
    values: dict[str, Any] = {
        "id": moment.new_id(),
        "case_id": case_id,
        "kind": kind,
        "key": key,
        "round": round_,
        "started_at": since,
        "span": ceil(span.total_seconds()),
        "days": promise.span.days if until is None else 0,
        "calendar": named,
        "playbook_version": version,
        "missed_at": None,
    }
    clock = new_row(Clock, values)
    # Look at it from its very start: the lowest rung may be "at once".
    answer = due(clock, promise, (), (), calendars, since - timedelta(microseconds=1))
    return Add(Clock, {**values, "due_at": answer.due_at, "look_at": answer.look_at})


def end(clock: Clock, how: str, moment: Moment) -> Set:
    """Return the end of a clock, met or cancelled; a miss counts even if no sweep ever saw it.

    The due time itself is late already, here and for the sweep: what is due at ten is done before.
    """
    values: dict[str, Any] = {"ended_at": moment.now, "ended_how": how, "look_at": None}
    if clock.missed_at is None and clock.due_at is not None and clock.due_at <= moment.now:
        values["missed_at"] = clock.due_at
    return Set(Clock, clock.id, values)

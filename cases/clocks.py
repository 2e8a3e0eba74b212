"""One promise with a deadline: when it is due, which rungs are ripe, when to look again.

Due times are computed from history (start, span, pauses), never counted down: a case that was
paused, moved or reopened is always as right as one that was not.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from cases.casefile import LONGEST_PAUSE, Calendars, OnTheClock
from cases.changes import Add, Change, Happened, Moment, Set, about
from cases.models import Case, Clock, Pause, Person, RungFired
from cases.models.rows import new_row
from cases.people import told
from cases.playbook import Promise, Rung
from cases.worktime import WorkCalendar


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
    """Return all the open time a clock has: working days are as long as the calendar has them."""
    days = timedelta()
    if clock.days:
        end = calendar.add_days(clock.started_at, clock.days)
        days = calendar.between(clock.started_at, end)
    return days + timedelta(seconds=clock.span)


def after_part(
    clock: Clock, pauses: Sequence[Pause], calendar: WorkCalendar, part: float = 1.0
) -> datetime:
    """Return when this part of the clock's open time is over, pauses left out."""
    return _over(clock, pauses, calendar, total(clock, calendar) * part)


def _over(
    clock: Clock, pauses: Sequence[Pause], calendar: WorkCalendar, left: timedelta
) -> datetime:
    at = clock.started_at
    for begin, end in _stretches(pauses):
        used = calendar.between(at, begin)
        if used >= left:
            break
        left, at = left - used, max(at, end)
    return calendar.add(at, left) if left else at


def _stretches(pauses: Sequence[Pause]) -> Iterator[tuple[datetime, datetime]]:
    """Yield the paused stretches, those that overlap as one: nothing is counted twice."""
    begin = end = None
    for pause in sorted(pauses, key=lambda each: each.from_at):
        stop = min(pause.ended_at or pause.until_at, pause.until_at)
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
    whole = total(clock, calendar)
    due_at = _over(clock, pauses, calendar, whole)
    in_time = clock.missed_at is None and due_at > now
    unfired = _unfired(promise, {(each.rung, each.occurrence) for each in fired}, in_time)
    waiting = list(_ladder(clock, unfired, pauses, calendars, whole, due_at))
    later = [ripe.at for ripe in waiting if ripe.at > now]
    if in_time:
        later.append(due_at)
    ripe = tuple(each for each in waiting if each.at <= now)
    return Due(due_at, ripe, min(later, default=None))


def _unfired(
    promise: Promise, done: Container[tuple[int, int]], in_time: bool
) -> Iterator[tuple[int, int, Rung]]:
    """Yield the rungs to come, with their place and how often before.

    A clock in time is looked at when it is due: what comes then, or after, need not be known yet.
    """
    for number, rung in enumerate(promise.ladder):
        if in_time and (rung.part is None or rung.part >= 1):
            continue
        for occurrence in range(rung.times):
            if (number, occurrence) not in done:
                yield number, occurrence, rung


def _ladder(
    clock: Clock,
    rungs: Iterable[tuple[int, int, Rung]],
    pauses: Sequence[Pause],
    calendars: Calendars,
    whole: timedelta,
    due_at: datetime,
) -> Iterator[Ripe]:
    calendar = calendars.named(clock.calendar)
    for number, occurrence, rung in rungs:
        if rung.part is None:
            at = _after_due(due_at, rung, occurrence + 1, calendars.office)
        elif rung.part == 1:
            at = due_at
        else:
            at = _over(clock, pauses, calendar, whole * rung.part)
        yield Ripe(number, occurrence, _send_time(at, clock, rung, calendars))


def _after_due(due_at: datetime, rung: Rung, times: int, office: WorkCalendar) -> datetime:
    if rung.after.days:
        return office.add_days(due_at, rung.after.days * times)
    return office.add(due_at, rung.after.time * times)


def _send_time(at: datetime, clock: Clock, rung: Rung, calendars: Calendars) -> datetime:
    """Return when people are really told: nobody is woken but for somebody's safety.

    A reminder of what is answered in duty hours comes in duty hours: by Monday it is too late.
    """
    if rung.at_once:
        return at
    if rung.means == "remind" and clock.calendar == "duty":
        return calendars.duty.opens(at)
    return calendars.office.opens(at)


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


def step(file: OnTheClock, moment: Moment) -> Change:
    """Let each clock whose time has come take its next step: note a miss, climb its ladder.

    After downtime only the highest ripe rung is climbed; the ones below are noted as passed over.
    Raises where the case's hours or playbook do not hold: the sweep parks it.
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


@dataclass(frozen=True, slots=True)
class _Step:
    sets: list[Set]
    adds: list[Add]
    events: list[Happened]
    notices: list[dict[str, Any]]


def _step_one(file: OnTheClock, clock: Clock, moment: Moment) -> _Step:
    promise = file.playbook.clocks[clock.kind]
    pauses, fired = file.pauses.get(clock.id, ()), file.fired.get(clock.id, ())
    answer = due(clock, promise, pauses, fired, file.calendars, moment.now)
    values: dict[str, Any] = {"look_at": answer.look_at, "due_at": answer.due_at}
    events = []
    if clock.missed_at is None and answer.due_at <= moment.now:
        values["missed_at"] = answer.due_at
        facts = {"clock": clock.kind, "key": clock.key, "due_at": answer.due_at}
        events.append(Happened("missed", facts, at=answer.due_at))
    adds = []
    notices: list[dict[str, Any]] = []
    for ripe in answer.ripe:
        rung = promise.ladder[ripe.rung]
        climbed = ripe is answer.ripe[-1]
        people = told(rung.tell, file.case, file.people, moment.now) if climbed else []
        adds.append(_fired(clock, ripe, len(people), moment))
        events.append(_rung_event(clock, rung, ripe, people, moment.now, climbed))
        for each in people:
            notices += _notices(file, clock, answer.due_at, rung, ripe, each)
    return _Step([Set(Clock, clock.id, values)], adds, events, notices)


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


def _rung_event(
    clock: Clock,
    rung: Rung,
    ripe: Ripe,
    people: Sequence[Person],
    now: datetime,
    climbed: bool,
) -> Happened:
    kind = ("reminded" if rung.means == "remind" else "escalated") if climbed else "passed_over"
    facts = {"clock": clock.kind, "rung": ripe.rung, "ripe_at": ripe.at}
    if climbed:
        facts["told"] = [person.id for person in people]
        facts["late"] = now - ripe.at > timedelta(minutes=15)
    return Happened(kind, facts)


def _notices(
    file: OnTheClock,
    clock: Clock,
    due_at: datetime,
    rung: Rung,
    ripe: Ripe,
    person: Person,
) -> list[dict[str, Any]]:
    """Return what tells one person: by mail, and by text too where it cannot wait."""
    next_up = _told_next(file.playbook.clocks[clock.kind], ripe.rung)
    return [
        {
            "key": f"rung:{clock.id}:{ripe.rung}:{ripe.occurrence}:{person.id}:{channel}",
            "case_id": file.case.id,
            "kind": "safety" if clock.kind == "safety" else rung.means,
            "channel": channel,
            "person_id": person.id,
            "detail": {"clock": clock.kind, "due_at": due_at.isoformat(), "next": next_up},
        }
        for channel in (("email", "sms") if rung.at_once and person.phone else ("email",))
    ]


def _told_next(promise: Promise, rung: int) -> list[str]:
    """Return the roles that hear of it next: the owner learns of the boss before the boss does."""
    here = promise.ladder[rung].tell
    return next((list(each.tell) for each in promise.ladder[rung + 1 :] if each.tell != here), [])


def end(clock: Clock, how: str, moment: Moment) -> Set:
    """Return the end of a clock, met or cancelled; a miss counts even if no sweep ever saw it."""
    values: dict[str, Any] = {"ended_at": moment.now, "ended_how": how, "look_at": None}
    if clock.missed_at is None and clock.due_at is not None and clock.due_at < moment.now:
        values["missed_at"] = clock.due_at
    return Set(Clock, clock.id, values)


def pause(
    file: OnTheClock, kinds: Sequence[str], until: datetime, reason: str, moment: Moment
) -> Change:
    """Stop these clocks until then: waiting for the correspondent, or cooling down.

    Raises ClockError without a reason, an end, or a clock that runs.
    """
    if not reason.strip():
        raise ClockError("a pause needs a reason; say what is waited for")
    if not moment.now < until <= moment.now + LONGEST_PAUSE:
        raise ClockError(f"a pause ends by itself within {LONGEST_PAUSE.days} days; give its end")
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
    for clock, _ in running:
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

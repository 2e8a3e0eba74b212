"""A playbook on trial: what would become of a case, and where the promises cannot be kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby

from cases import clocks
from cases.casefile import Calendars, calendars
from cases.changes import Moment
from cases.hours import DAYS
from cases.identifiers import Identifiers
from cases.models import Clinic, Clock
from cases.playbook import CLOCKS, Playbook, Promise, Rung
from cases.wording import duration

# Each later clock starts at the latest when the one before it is due.
_AFTER = {
    "reach": "first_try", "listen": "reach", "resolve": "listen", "monitor": "resolve",
    "follow_up": "monitor",
}  # fmt: skip
_EVERYTHING = datetime.max.replace(tzinfo=UTC)  # by then every rung is ripe
_SAMPLE = datetime(2026, 1, 12)  # noqa: DTZ001 - a Monday by any clinic's wall clock
_WEEK = 7 * 24  # hours
_HOUR, _MINUTE, _MICROSECOND = (
    timedelta(hours=1), timedelta(minutes=1), timedelta(microseconds=1),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """A rung at work: when people are really told, and the how manieth time (from 1)."""

    at: datetime
    rung: Rung
    time: int


@dataclass(frozen=True, slots=True)
class Course:
    """One clock of a case that never was. `late` is beyond what was promised, if anything was."""

    kind: str
    starts_at: datetime
    due_at: datetime
    because: str
    late: timedelta | None
    told: tuple[Told, ...]


def trial(playbook: Playbook, clinic: Clinic, at: datetime) -> tuple[Course, ...]:
    """Return the clocks of a case opened then, each step taking all its time.

    Tasks are left out: each brings its own date. Raises WorktimeError where the clinic's hours do
    not hold or the time is out of a calendar's reach.
    """
    hours = calendars(clinic, playbook)
    courses: dict[str, Course] = {}
    for kind in CLOCKS:
        if kind != "task":
            since = courses[_AFTER[kind]].due_at if kind in _AFTER else at
            courses[kind] = _course(playbook.clocks[kind], hours, since)
    return tuple(courses.values())


def _course(promise: Promise, hours: Calendars, since: datetime) -> Course:
    clock = _clock(promise, hours, since)
    answer = clocks.due(clock, promise, (), (), hours, _EVERYTHING)
    told = [Told(ripe.at, promise.ladder[ripe.rung], ripe.occurrence + 1) for ripe in answer.ripe]
    return Course(
        promise.kind,
        since,
        answer.due_at,
        _because(clock, promise, hours, answer.due_at),
        _late(promise, since, answer.due_at),
        tuple(sorted(told, key=lambda each: each.at)),
    )


def _clock(promise: Promise, hours: Calendars, since: datetime) -> Clock:
    moment = Moment(since, "trial", Identifiers(seed=0))
    return Clock(**clocks.start(promise.kind, "", since, promise, hours, moment).values)


def _late(promise: Promise, since: datetime, due_at: datetime) -> timedelta | None:
    if promise.promise is None:
        return None
    promised = promise.promise.time + timedelta(days=promise.promise.days)
    return max(due_at - since - promised, timedelta())


def _because(clock: Clock, promise: Promise, hours: Calendars, due_at: datetime) -> str:
    calendar = hours.named(promise.calendar)
    if promise.calendar == "always":  # its own words would be in UTC, which no clinic reads
        return f"{promise.span}, round the clock"
    days = promise.span.days
    if days and calendar.add_days(clock.started_at, days) == due_at:
        return calendar.explain_days(clock.started_at, days)
    # A day that begins while it is closed ends at a closing, not at the opening after it.
    return calendar.explain(clock.started_at, clocks.total(clock, calendar))


# Where the promise cannot be kept


@dataclass(frozen=True, slots=True)
class Shortfall:
    """Hours of an ordinary week (`first` counts from Monday 00:00) whose due time comes too late.

    `late` is the most by which a start in them would break the promise.
    """

    kind: str
    first: int
    hours: int
    late: timedelta

    def __str__(self) -> str:
        """Return "Fri 15:00 - Sat 09:00: later than promised by up to 17 h"."""
        span = f"{_hour(self.first)} - {_hour(self.first + self.hours)}"
        when = "at any hour" if self.hours == _WEEK else span
        return f"{when}: later than promised by up to {duration(self.late // _MICROSECOND)}"


def shortfalls(playbook: Playbook, clinic: Clinic) -> tuple[Shortfall, ...]:
    """Return the hours in which a clock's whole span ends after what its `promise` says.

    The week is an ordinary one: holidays and closures come on top. Raises WorktimeError.
    """
    plain = Clinic(slug=clinic.slug, name=clinic.name, zone=clinic.zone, hours=clinic.hours)
    hours = calendars(plain, playbook)
    return tuple(
        found
        for kind in CLOCKS
        if (promise := playbook.clocks[kind]).promise is not None
        for found in _runs(kind, [_worst(promise, hours, hour) for hour in range(_WEEK)])
    )


def _worst(promise: Promise, hours: Calendars, hour: int) -> timedelta:
    """Return how late a start within this hour may come: its first or its last minute is worst."""
    monday = _SAMPLE.replace(tzinfo=hours.office.hours.tz)
    starts = (monday + hour * _HOUR, monday + hour * _HOUR + 59 * _MINUTE)
    return max(_late_of(promise, hours, since.astimezone(UTC)) for since in starts)


def _late_of(promise: Promise, hours: Calendars, since: datetime) -> timedelta:
    due_at = clocks.after_part(_clock(promise, hours, since), (), hours.named(promise.calendar))
    return _late(promise, since, due_at) or timedelta()


def _runs(kind: str, lates: list[timedelta]) -> list[Shortfall]:
    found, at = list[Shortfall](), 0
    for is_late, run in groupby(lates, key=bool):
        worst = list(run)
        if is_late:
            found.append(Shortfall(kind, at, len(worst), max(worst)))
        at += len(worst)
    if len(found) > 1 and found[0].first == 0 and found[-1].first + found[-1].hours == _WEEK:
        first, last = found.pop(0), found.pop()  # Sunday night goes on into Monday
        hours, late = last.hours + first.hours, max(first.late, last.late)
        found.append(Shortfall(kind, last.first, hours, late))
    return found


def _hour(hour: int) -> str:
    return f"{DAYS[hour // 24 % 7].title()} {hour % 24:02}:00"

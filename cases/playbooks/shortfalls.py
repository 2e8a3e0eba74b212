"""Where the promises cannot be kept: hours of the week, and of the weeks with a holiday."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby

from cases.calendars.hours import DAYS, Hours
from cases.calendars.wording import dated, duration
from cases.calendars.worktime import calendar
from cases.casefile import Calendars, calendars
from cases.models import Clinic
from cases.playbooks.mending import lateness, mend
from cases.playbooks.playbook import Playbook
from cases.playbooks.promises import Promise

__all__ = ["Shortfall", "holiday_shortfalls", "shortfalls"]
_SAMPLE = date(2026, 1, 12)  # a Monday, and no clock is changed near it
_WEEK = 7 * 24  # hours
_BEFORE, _AROUND = timedelta(days=4), 5 * 24  # a holiday reaches back over a weekend
_HOUR, _MINUTE, _MICROSECOND = (
    timedelta(hours=1), timedelta(minutes=1), timedelta(microseconds=1),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shortfall:
    """Hours in which a clock starts that cannot be kept, though it is kept to the last minute.

    `first` and `hours` count hours from Monday 00:00, by the clinic's own clock; of a `holiday`
    they count from four days before it. `late` is the most by which a start in them breaks the
    promise; `remedy` what would keep it for all of them; `only` says for which cases (an
    override), "" for all.
    """

    kind: str
    first: int
    hours: int
    late: timedelta
    remedy: str = ""
    only: str = ""
    holiday: str = ""  # its name
    day: date | None = None  # and date

    def __str__(self) -> str:
        """Return "Fri 15:00 - Sat 09:00: later than promised by up to 17 h"."""
        monday = _SAMPLE if self.day is None else self.day - _BEFORE
        span = f"{_hour(monday, self.first)} - {_hour(monday, self.first + self.hours)}"
        when = "at any hour" if self.hours == _WEEK else span
        why = f"{self.holiday} ({dated(self.day.toordinal())}), " if self.day else ""
        return f"{why}{when}: later than promised by up to {duration(self.late // _MICROSECOND)}"


def shortfalls(playbook: Playbook, clinic: Clinic) -> tuple[Shortfall, ...]:
    """Return the hours in which a clock's whole span ends after what its `promise` says.

    The week is an ordinary one: holidays and closures come on top. Overrides that make a promise,
    or keep it otherwise, are tried for themselves. Raises WorktimeError.
    """
    plain = Clinic(slug=clinic.slug, name=clinic.name, zone=clinic.zone, hours=clinic.hours)
    hours = calendars(plain, playbook)
    return tuple(
        found
        for only, promise in _promises(playbook, clinic.slug)
        for found in _in_week(promise, hours, only)
    )


def _promises(playbook: Playbook, clinic: str) -> Iterator[tuple[str, Promise]]:
    """Yield what is promised, for all cases and where an override says otherwise."""
    yield from (("", each) for each in playbook.clocks.values() if each.promise)
    for override in playbook.overrides:
        if clinic in override.when.get("clinic", (clinic,)):
            for promise in playbook.changed_by(override).values():
                if promise.promise:
                    yield str(override), promise


def _in_week(promise: Promise, hours: Calendars, only: str) -> Iterator[Shortfall]:
    lates = _lates(promise, hours, _SAMPLE, _WEEK)
    for first, count, late in _around(_runs(lates)):
        starts = [s for at in range(first, first + count) for s in _starts(hours, _SAMPLE, at)]
        remedy = mend(promise, hours, starts)
        yield Shortfall(promise.kind, first, count, late, remedy, only)


def holiday_shortfalls(playbook: Playbook, clinic: Clinic, year: int) -> tuple[Shortfall, ...]:
    """Return what a public holiday breaks that an ordinary week would keep, holiday by holiday.

    Those of the clinic's region in that year; where it has none, a Monday off stands for them.
    Raises WorktimeError.
    """
    hours = calendars(clinic, playbook)
    plain = calendars(Clinic(slug="", name="", zone=clinic.zone, hours=clinic.hours), playbook)
    found: list[Shortfall] = []
    for day, name in _holidays(hours.office.hours, year):
        closed = hours if clinic.region else _closed_on(hours, day)
        for only, promise in _promises(playbook, clinic.slug):
            found += _near(promise, (plain, closed), day, name, only)
    return tuple(found)


def _holidays(hours: Hours, year: int) -> Iterator[tuple[date, str]]:
    if not hours.region:
        yield _SAMPLE, "a Monday off"
        return
    for ordinal in range(date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal()):
        day = date.fromordinal(ordinal)
        if hours.holiday(day):
            yield day, hours.holiday(day)


def _closed_on(hours: Calendars, day: date) -> Calendars:
    office, duty = (
        replace(each.hours, days=(*each.hours.days, (day, ())))
        for each in (hours.office, hours.duty)
    )
    return Calendars(calendar("office", office), calendar("duty", duty))


def _near(
    promise: Promise, hours: tuple[Calendars, Calendars], day: date, name: str, only: str
) -> Iterator[Shortfall]:
    usual, closed = (_lates(promise, each, day - _BEFORE, _AROUND) for each in hours)
    more = [
        late if late > often else timedelta() for often, late in zip(usual, closed, strict=True)
    ]
    for first, count, late in _runs(more):
        yield Shortfall(promise.kind, first, count, late, "", only, name, day)


# Hours


def _lates(promise: Promise, hours: Calendars, first: date, count: int) -> list[timedelta]:
    """Return how late a start within each hour may come: its first or its last minute is worst."""
    return [
        max(lateness(promise, hours, since) for since in _starts(hours, first, at))
        for at in range(count)
    ]


def _starts(hours: Calendars, first: date, at: int) -> tuple[datetime, datetime]:
    midnight = datetime.combine(first, time(), hours.office.hours.tz)
    since = midnight + at * _HOUR  # by the wall clock
    return since.astimezone(UTC), (since + 59 * _MINUTE).astimezone(UTC)


def _runs(lates: Sequence[timedelta]) -> list[tuple[int, int, timedelta]]:
    """Return the stretches of late hours: the first, how many, and the worst in them."""
    found, at = list[tuple[int, int, timedelta]](), 0
    for is_late, run in groupby(lates, key=bool):
        worst = list(run)
        if is_late:
            found.append((at, len(worst), max(worst)))
        at += len(worst)
    return found


def _around(runs: list[tuple[int, int, timedelta]]) -> list[tuple[int, int, timedelta]]:
    """Return the stretches of a week, one over Sunday night as one."""
    if len(runs) > 1 and runs[0][0] == 0 and sum(runs[-1][:2]) == _WEEK:
        (_, early, some), (first, late, more) = runs.pop(0), runs.pop()
        runs.append((first, late + early, max(some, more)))
    return runs


def _hour(monday: date, hour: int) -> str:
    day = monday + timedelta(days=hour // 24)
    return f"{DAYS[day.weekday()].title()} {hour % 24:02}:00"

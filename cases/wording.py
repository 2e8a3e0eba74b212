"""Puts into words how a calendar gets from a start to a due time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from cases.hours import DAYS, Hours
from cases.instants import length_of, local_time

_MINUTE = 60_000_000  # microseconds
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Story:
    """What becomes of each local date (an ordinal) between a start and its due time."""

    hours: Hours
    used: dict[int, list[tuple[int, int]]]  # the open time that counts, by date
    today: int
    last: int

    def parts(self) -> list[str]:
        """Return one part for each open day, with the closed days that come after it."""
        if self.last - self.today > 14:
            return [self._open(self.today), self._between(), self._open(self.last)]
        told: list[str] = []
        for counts, run in groupby(range(self.today, self.last + 1), self.used.__contains__):
            if counts:
                told += [self._open(day) for day in run]
            else:
                told[-1:] = [", ".join(filter(None, [*told[-1:], self._closed(list(run))]))]
        return told

    def _open(self, day: int) -> str:
        stretches = self.used.get(day, [])
        if day == self.today and stretches:
            return f"{duration(sum(end - begin for begin, end in stretches))} today"
        zone = self.hours.tz
        times = ", ".join(
            f"{clock_time(a, day, zone)}-{clock_time(b, day, zone)}" for a, b in stretches
        )
        return f"{self._label(day)} {times}" if times else ""

    def _closed(self, run: list[int]) -> str:
        days = [day for day in run if not self.hours.on(date.fromordinal(day))]
        over = run[0] == self.today != self.last and self.today not in days
        told = ["nothing left today"] if over else []
        if days:
            told.append("closed " + ", ".join(self._label(day) + self._why(day) for day in days))
        return ", ".join(told)

    def _between(self) -> str:
        days = range(self.today + 1, self.last)
        told = counted(sum(day in self.used for day in days), "open day")
        skipped = [dated(day) + why for day in days if (why := self._why(day))]
        return told + (f", closed {', '.join(skipped)}" if skipped else "")

    def _why(self, day: int) -> str:
        why = self.hours.why_closed(date.fromordinal(day))
        return f" ({why})" if why and not self.hours.on(date.fromordinal(day)) else ""

    def _label(self, day: int) -> str:
        return dated(day) if day - self.today > 6 else dated(day)[:3]


def dated(day: int) -> str:
    """Return a date (an ordinal) as "Mon Jul 6", in English wherever the server stands."""
    when = date.fromordinal(day)
    return f"{DAYS[when.weekday()].title()} {_MONTHS[when.month - 1]} {when.day}"


def clock_time(instant: int, day: int, zone: ZoneInfo) -> str:
    """Return the time of day in the zone, "24:00" for the midnight that ends `day`."""
    local = local_time(instant, zone)
    return f"{local:%H:%M}" if local.toordinal() <= day else "24:00"


def duration(length: int) -> str:
    """Return a length in microseconds as "3 h 30 min", to the minute."""
    hours, minutes = divmod(length // _MINUTE, 60)
    told = [f"{hours} h"] * bool(hours) + [f"{minutes} min"] * bool(minutes)
    return " ".join(told) or "less than a minute"


def counted(n: int, what: str) -> str:
    """Return "1 open day" or "3 open days"."""
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def span_in_words(span: timedelta, name: str) -> str:
    """Return a span of that calendar as "4 office hours" or "30 min of office time"."""
    if span % timedelta(hours=1):
        return f"{duration(length_of(span))} of {name} time"
    return counted(span // timedelta(hours=1), f"{name} hour")

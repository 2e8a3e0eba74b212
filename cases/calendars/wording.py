"""Puts into words how a calendar gets from a start to a due time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from cases.calendars.hours import DAYS, Hours
from cases.calendars.instants import first_shown, length_of, local_time
from cases.calendars.windows import openings

_MINUTE = 60_000_000  # microseconds
_UTC = ZoneInfo("UTC")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
Stretch = tuple[int, int]  # instants: from, until


def explained(
    hours: Hours,
    opened: Iterable[tuple[int, int, int]],
    whole: Stretch,
    what: str,
    last: int,
    pauses: Sequence[Stretch],
) -> str:
    """Return "Fri 16:30 + 4 office hours: 30 min today, closed Sat, Sun; ...; due Mon 12:30".

    `opened`: the open stretches from start to due, each with its local date (an ordinal); `last`:
    the local date the due time belongs to, the day before for a midnight.
    """
    begun, due = whole
    local = local_time(begun, hours.tz)
    used: dict[int, list[Stretch]] = {}
    for day, since, until in opened:
        for stretch in _unpaused((max(begun, since), min(due, until)), pauses):
            used.setdefault(day, []).append(stretch)
    story = Story(hours, used, local.toordinal(), last, pauses)
    told = [
        *filter(None, story.parts()),
        *_paused(whole, pauses, hours.tz),
        f"due {dated(last)} {clock_time(due, last, hours.tz)}",
    ]
    return f"{dated(local.toordinal())[:3]} {local:%H:%M} + {what}: {'; '.join(told)}"


def round_the_clock(
    whole: Stretch, what: str, pauses: Sequence[Stretch], zone: ZoneInfo | None
) -> str:
    """Return "Sat Mar 7 22:00 + 8 h, round the clock: ...; due Sun Mar 8 07:00"; UTC says so."""
    tz, mark = zone or _UTC, "" if zone else " UTC"
    begun, due = (local_time(each, tz) for each in whole)
    shift = clocks_go(*whole, tz)
    told = [
        *([shift] if shift else []),
        *_paused(whole, pauses, tz),
        f"due {dated(due.toordinal())} {due:%H:%M}{mark}",
    ]
    start = f"{dated(begun.toordinal())} {begun:%H:%M}{mark}"
    return f"{start} + {what}, round the clock: {'; '.join(told)}"


@dataclass(frozen=True, slots=True)
class Story:
    """What becomes of each local date (an ordinal) between a start and its due time."""

    hours: Hours
    used: dict[int, list[Stretch]]  # the open time that counts, by date
    today: int
    last: int
    pauses: Sequence[Stretch]

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
        if not stretches:
            return ""
        note = _in_brackets(self._notes(day))
        if day == self.today:
            return f"{duration(sum(map(_shown, stretches)))} today{note}"
        zone = self.hours.tz
        times = ", ".join(
            f"{clock_time(a, day, zone)}-{clock_time(b, day, zone)}" for a, b in stretches
        )
        return f"{self._label(day)} {times}{note}"

    def _closed(self, run: list[int]) -> str:
        days = [day for day in run if not self.hours.on(date.fromordinal(day))]
        over = run[0] == self.today != self.last and self.today not in days and not self.pauses
        told = ["nothing left today"] if over else []
        if days:
            closed = [self._label(day) + _in_brackets(self._reasons(day)) for day in days]
            told.append("closed " + ", ".join(closed))
        return ", ".join([*told, *self._skipped_by_clocks(run, days)])

    def _skipped_by_clocks(self, run: list[int], closed: list[int]) -> Iterator[str]:
        """Yield the days whose few hours fall into the hour that spring skips."""
        for day in run:
            if day in closed or day in (self.today, self.last):
                continue
            if not any(openings(self.hours, date.fromordinal(day))):
                yield f"no open time {self._label(day)} ({self._clocks_on(day)})"

    def _between(self) -> str:
        days = range(self.today + 1, self.last)
        told = counted(sum(day in self.used for day in days), "open day")
        used = [day for day in days if day in self.used]
        odd = [dated(day) + _in_brackets(note) for day in used if (note := self._notes(day))]
        skipped = [dated(day) + _in_brackets(why) for day in days if (why := self._reasons(day))]
        told += f" with {', '.join(odd)}" if odd else ""
        return told + (f", closed {', '.join(skipped)}" if skipped else "")

    def _reasons(self, day: int) -> list[str]:
        return [*filter(None, [self.hours.why_closed(date.fromordinal(day))])]

    def _notes(self, day: int) -> list[str]:
        """Return what is out of the ordinary about a day that counts."""
        stretches = self.used[day]
        notes = [self.hours.why_other(date.fromordinal(day))]
        # An opening that waits for the jump opens at it: the instant before is looked at, too.
        shifts = (clocks_go(begin - 1, end, self.hours.tz) for begin, end in stretches)
        return [*filter(None, [*notes, next(filter(None, shifts), "")])]

    def _clocks_on(self, day: int) -> str:
        midnights = (datetime.combine(date.fromordinal(day + k), time()) for k in (0, 1))
        begin, end = (first_shown(each, self.hours.tz) for each in midnights)
        return clocks_go(begin - 1, end, self.hours.tz)

    def _label(self, day: int) -> str:
        return dated(day) if day - self.today > 6 else dated(day)[:3]


def clocks_go(begin: int, end: int, zone: ZoneInfo) -> str:
    """Return "clocks go forward 1 h", or back, where they do between these instants, else ""."""
    shift = _offset(end, zone) - _offset(begin, zone)
    way = "forward" if shift > timedelta() else "back"
    return f"clocks go {way} {duration(length_of(abs(shift)))}" if shift else ""


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


def _shown(stretch: Stretch) -> int:
    # Between the minutes that are shown, or the parts would not add up to the span in words.
    begin, end = stretch
    return (end // _MINUTE - begin // _MINUTE) * _MINUTE


def _in_brackets(notes: Sequence[str]) -> str:
    return f" ({', '.join(notes)})" if notes else ""


def _offset(instant: int, zone: ZoneInfo) -> timedelta:
    return local_time(instant, zone).utcoffset() or timedelta()


def _unpaused(stretch: Stretch, pauses: Sequence[Stretch]) -> Iterator[Stretch]:
    """Yield what the pauses, which do not overlap, leave of a stretch."""
    begin, end = stretch
    for since, until in pauses:
        if begin < min(since, end):
            yield begin, min(since, end)
        begin = max(begin, until)
    if begin < end:
        yield begin, end


def _paused(whole: Stretch, pauses: Sequence[Stretch], zone: ZoneInfo) -> Iterator[str]:
    begun, due = whole
    for since, until in pauses:
        if since < due and until > begun:
            a, b = (local_time(each, zone) for each in (since, until))
            day = "" if a.date() == b.date() else f"{dated(b.toordinal())} "
            yield f"paused {dated(a.toordinal())} {a:%H:%M} to {day}{b:%H:%M}"

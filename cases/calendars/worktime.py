"""Work-time calendars: when a clinic is open, and when a span of open time will be over.

The laws a caller may lean on, for every calendar `c`, start `s` and span `d` of zero or more:

- `c.between(s, c.add(s, d)) == d` and `c.between(c.subtract(s, d), s) == d`, to the microsecond;
- `c.add` never goes back when `s` or `d` grows, and `c.add(c.add(s, d), e) == c.add(s, d + e)`
  for every positive `e`; `c.subtract` is its mirror;
- a positive span ends inside open time or exactly at a closing (16:00 + 1 h = 17:00, not the next
  morning); an empty span ends at `c.opens(s)`. A closing minute itself is no longer open.
- open time in a paused stretch does not count: the due time moves on by as much.

Clocks that jump: an opening or closing is the first instant at which the clinic's clock shows that
time or later. Time is counted as it passes: a night shift over the spring gap is an hour shorter,
over the autumn one an hour longer.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from cases.calendars.hours import (
    FIRST_YEAR,
    LAST_YEAR,
    Day,
    Hours,
    Interval,
    WorktimeError,
    duty_hours,
    hours_from,
)
from cases.calendars.instants import checked, first_shown, instant_of, length_of, moment_of, utc_of
from cases.calendars.windows import Window, table
from cases.calendars.wording import (
    Stretch,
    counted,
    duration,
    explained,
    round_the_clock,
    span_in_words,
)

__all__ = [
    "ALWAYS",
    "FIRST_YEAR",
    "LAST_YEAR",
    "Day",
    "Hours",
    "Interval",
    "Paused",
    "WorkCalendar",
    "WorktimeError",
    "calendar",
    "duty_hours",
    "hours_from",
]

_NONE = timedelta()
Paused = Iterable[tuple[datetime, datetime]]
"""Stretches whose open time does not count, from and until; in any order, overlapping or not."""


class WorkCalendar:
    """Open time as a clock knows it. Times in are aware, of any zone; times out are in UTC.

    Every method raises WorktimeError (a ValueError) for a naive time, for a negative span, and for
    a time outside the years 1900 to 2200 or those the region's holidays are known for.
    """

    def __init__(self, name: str, hours: Hours) -> None:
        self.name = name
        self.hours = hours
        self._table = table(hours)

    def __repr__(self) -> str:
        return f"<WorkCalendar {self.name} {self.hours.zone}>"

    def add(self, start: datetime, span: timedelta, paused: Paused = ()) -> datetime:
        """Return when `span` of open time, counted from `start` and not while paused, is over."""
        at = start if start.tzinfo is UTC else utc_of(start, "start")
        if not checked(span):
            return self.opens(at)
        pauses = _stretches(paused) if paused else []
        window = self._table.covering(at, max(at, pauses[-1][1]) if pauses else at)
        done = window.open_before(at) + span
        if pauses:
            done = _moved_on(done, at, pauses, window.open_before)
        while (i := bisect_left(window.sums, done)) == len(window.sums):
            window = self._table.later(window)
        return window.closes[i] - (window.sums[i] - done)

    def subtract(self, end: datetime, span: timedelta) -> datetime:
        """Return the latest time from which `span` of open time is over at `end`.

        A positive span begins inside open time or exactly at an opening: 10:00 - 1 h = 09:00, not
        the evening before. An empty one begins at `end`, or at the last closing before it.
        """
        at = utc_of(end, "end")
        window = self._table.covering(at, at)
        if not checked(span):
            return self._last_open(window, at)
        while (left := window.open_before(at) - span) < _NONE:
            window = self._table.earlier(window)
        i = bisect_right(window.sums, left)
        return window.closes[i] - (window.sums[i] - left)

    def add_days(self, start: datetime, n: int) -> datetime:
        """Return the same time of day `n` working days later, or the next opening after that.

        A working day is a date with any open time. A start outside open time counts from the next
        opening: with Mon-Fri 9-17, Fri 16:30 + 1 is Mon 16:30, and Sat 10:00 + 1 is Tue 09:00.
        Never goes back when `start` grows, but for a start in the hour that autumn shows twice.
        """
        if n < 0:
            raise WorktimeError(f"{n} days: a number of days counts forward, from 0 on")
        window, i, at = self._opening(utc_of(start, "start"))
        if not n:
            return at
        wanted = bisect_left(window.days, window.dates[i]) + n
        while wanted >= len(window.days):
            window = self._table.later(window)
        at_time = at.astimezone(self.hours.tz).time().replace(fold=0)
        wall = datetime.combine(date.fromordinal(window.days[wanted]), at_time)
        return self._opening(moment_of(first_shown(wall, self.hours.tz)))[2]

    def between(self, a: datetime, b: datetime) -> timedelta:
        """Return the open time from `a` to `b`; zero where `b` is not after `a`."""
        low = a if a.tzinfo is UTC else utc_of(a, "a")
        high = b if b.tzinfo is UTC else utc_of(b, "b")
        if high <= low:
            return _NONE
        return self._table.covering(low, high).open_between(low, high)

    def opens(self, at: datetime) -> datetime:
        """Return `at` itself where that is open time, else the next opening."""
        return self._opening(utc_of(at, "at"))[2]

    def is_open(self, at: datetime) -> bool:
        """Tell whether `at` is open time; an opening is, a closing is not any more."""
        when = utc_of(at, "at")
        window = self._table.covering(when, when)
        i = bisect_right(window.closes, when)
        return i < len(window.opens) and window.opens[i] <= when

    def explain(self, start: datetime, span: timedelta, paused: Paused = ()) -> str:
        """Say in words how `add` gets to its answer, in the clinic's own time, to the minute."""
        stretches = [*paused]
        due = self.add(start, span, stretches)
        return self._explain(start, span_in_words(span, self.name), due, stretches)

    def explain_days(self, start: datetime, n: int, paused: Paused = ()) -> str:
        """Say in words when `n` working days are over.

        Where `add_days` gives an opening, the last of the days ended at the closing before it.
        """
        stretches = [*paused]
        over = self.add(start, self.between(start, self.add_days(start, n)), stretches)
        return self._explain(start, counted(n, f"{self.name} day"), over, stretches)

    def _opening(self, at: datetime) -> tuple[Window, int, datetime]:
        """Return the window, the interval that is open at `at` or opens next, and since when."""
        window = self._table.covering(at, at)
        while (i := bisect_right(window.closes, at)) == len(window.closes):
            window = self._table.later(window)
        return window, i, max(at, window.opens[i])

    def _last_open(self, window: Window, at: datetime) -> datetime:
        while not (i := bisect_left(window.opens, at)):
            window = self._table.earlier(window)
        return min(at, window.closes[i - 1])

    def _explain(self, start: datetime, what: str, due_at: datetime, paused: Paused) -> str:
        begun = utc_of(start, "start")
        window = self._table.covering(begun, due_at)
        last = window.dates[bisect_left(window.closes, due_at)]
        first, end = bisect_right(window.closes, begun), bisect_left(window.opens, due_at)
        opened = [
            (window.dates[i], instant_of(window.opens[i]), instant_of(window.closes[i]))
            for i in range(first, end)
        ]
        whole = instant_of(begun), instant_of(due_at)
        return explained(self.hours, opened, whole, what, last, _as_instants(paused))


class _RoundTheClock(WorkCalendar):
    """Every instant is open: plain arithmetic on the instant line; a day is 24 hours."""

    def __init__(self) -> None:
        super().__init__("always", Hours(week=((Interval(0, 1440),),) * 7, zone="UTC"))

    def add(self, start: datetime, span: timedelta, paused: Paused = ()) -> datetime:
        at = utc_of(start, "start")
        try:
            over = at + checked(span)
            if span and paused:
                gone = _moved_on(over - at, at, _stretches(paused), lambda when: when - at)
                over = at + gone
        except OverflowError:
            raise WorktimeError("past the year 9999: check the date and the span") from None
        return over

    def subtract(self, end: datetime, span: timedelta) -> datetime:
        try:
            return utc_of(end, "end") - checked(span)
        except OverflowError:
            raise WorktimeError("before the year 1: check the date and the span") from None

    def add_days(self, start: datetime, n: int) -> datetime:
        return self.add(start, timedelta(days=n))

    def between(self, a: datetime, b: datetime) -> timedelta:
        return max(_NONE, utc_of(b, "b") - utc_of(a, "a"))

    def opens(self, at: datetime) -> datetime:
        return utc_of(at, "at")

    def is_open(self, at: datetime) -> bool:
        utc_of(at, "at")  # a naive time is refused here too
        return True

    def explain(
        self, start: datetime, span: timedelta, paused: Paused = (), zone: ZoneInfo | None = None
    ) -> str:
        """Say in words when the span is over: in UTC, or in the zone of whoever reads it."""
        return self._told(duration(length_of(span)), start, span, paused, zone)

    def explain_days(
        self, start: datetime, n: int, paused: Paused = (), zone: ZoneInfo | None = None
    ) -> str:
        return self._told(counted(n, "day"), start, timedelta(days=n), paused, zone)

    def _told(
        self,
        what: str,
        start: datetime,
        span: timedelta,
        paused: Paused,
        zone: ZoneInfo | None,
    ) -> str:
        stretches = [*paused]
        whole = instant_of(utc_of(start, "start")), instant_of(self.add(start, span, stretches))
        return round_the_clock(whole, what, _as_instants(stretches), zone)


@lru_cache(maxsize=1024)
def calendar(name: str, hours: Hours) -> WorkCalendar:
    """Return the calendar of these hours; equal hours share one table, whatever the name."""
    return WorkCalendar(name, hours)


def _stretches(paused: Paused) -> list[tuple[datetime, datetime]]:
    """Return the paused stretches in UTC and in order, each time in one of them only."""
    found: list[tuple[datetime, datetime]] = []
    for begin, end in sorted((utc_of(a, "paused"), utc_of(b, "paused")) for a, b in paused):
        if found and begin <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        elif begin < end:
            found.append((begin, end))
    return found


def _as_instants(paused: Paused) -> list[Stretch]:
    return [(instant_of(begin), instant_of(end)) for begin, end in _stretches(paused)]


def _moved_on(
    done: timedelta,
    at: datetime,
    pauses: Paused,
    open_before: Callable[[datetime], timedelta],
) -> timedelta:
    """Return `done`, the open time that must have been by the end, with the pauses' own added.

    A pause that begins when all is done, or later, moves nothing.
    """
    for begin, end in pauses:
        if end > at:
            before = open_before(max(begin, at))
            if before >= done:
                break
            done += open_before(end) - before
    return done


ALWAYS = _RoundTheClock()  # made last: hours are checked when they are made

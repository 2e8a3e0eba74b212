"""Work-time calendars: when a clinic is open, and when a span of open time will be over.

The laws a caller may lean on, for every calendar `c`, start `s` and span `d` of zero or more:

- `c.between(s, c.add(s, d)) == d`, to the microsecond;
- `c.add` never goes back when `s` or `d` grows, and `c.add(c.add(s, d), e) == c.add(s, d + e)`
  for every positive `e`;
- a positive span ends inside open time or exactly at a closing (16:00 + 1 h = 17:00, not the next
  morning); an empty span ends at `c.opens(s)`. A closing minute itself is no longer open.

Clocks that jump: an opening or closing is the first instant at which the clinic's clock shows that
time or later. Time is counted as it passes: a night shift over the spring gap is an hour shorter,
over the autumn one an hour longer.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import accumulate, groupby

from cases.hours import (
    FIRST_YEAR,
    LAST_YEAR,
    Day,
    Hours,
    Interval,
    WorktimeError,
    check_year,
    hours_from,
)
from cases.instants import (
    first_shown,
    instant_of,
    length_of,
    local_time,
    moment_of,
    year_at,
)
from cases.wording import Story, clock_time, counted, dated, duration, span_in_words

__all__ = [
    "ALWAYS",
    "FIRST_YEAR",
    "LAST_YEAR",
    "Day",
    "Hours",
    "Interval",
    "WorkCalendar",
    "WorktimeError",
    "calendar",
    "hours_from",
]


class WorkCalendar:
    """Open time as a clock knows it. Times in are aware, of any zone; times out are in UTC.

    Every method raises WorktimeError (a ValueError) for a naive time, for a negative span, and for
    a time outside the years 1900 to 2200 or those the region's holidays are known for.
    """

    def __init__(self, name: str, hours: Hours) -> None:
        self.name = name
        self.hours = hours
        self._table = _table(hours)

    def __repr__(self) -> str:
        return f"<WorkCalendar {self.name} {self.hours.zone}>"

    def add(self, start: datetime, span: timedelta) -> datetime:
        """Return when `span` of open time, counted from `start`, is over."""
        at, length = instant_of(start, "start"), length_of(span)
        if not length:
            return self.opens(start)
        window = self._table.covering(at, at)
        done = window.open_before(at) + length
        while (i := bisect_left(window.sums, done)) == len(window.sums):
            window = self._table.later(window)
        return moment_of(window.closes[i] - (window.sums[i] - done))

    def add_days(self, start: datetime, n: int) -> datetime:
        """Return the same time of day `n` working days later, or the next opening after that.

        A working day is a date with any open time. A start outside open time counts from the next
        opening: with Mon-Fri 9-17, Fri 16:30 + 1 is Mon 16:30, and Sat 10:00 + 1 is Tue 09:00.
        Never goes back when `start` grows, but for a start in the hour that autumn shows twice.
        """
        if n < 0:
            raise WorktimeError(f"{n} days: a number of days counts forward, from 0 on")
        window, i, at = self._opening(instant_of(start, "start"))
        if not n:
            return moment_of(at)
        wanted = bisect_left(window.days, window.dates[i]) + n
        while wanted >= len(window.days):
            window = self._table.later(window)
        at_time = local_time(at, self.hours.tz).time().replace(fold=0)
        wall = datetime.combine(date.fromordinal(window.days[wanted]), at_time)
        return moment_of(self._opening(first_shown(wall, self.hours.tz))[2])

    def between(self, a: datetime, b: datetime) -> timedelta:
        """Return the open time from `a` to `b`; zero where `b` is not after `a`."""
        low, high = instant_of(a, "a"), instant_of(b, "b")
        if high <= low:
            return timedelta()
        window = self._table.covering(low, high)
        return timedelta(microseconds=window.open_before(high) - window.open_before(low))

    def opens(self, at: datetime) -> datetime:
        """Return `at` itself where that is open time, else the next opening."""
        return moment_of(self._opening(instant_of(at, "at"))[2])

    def is_open(self, at: datetime) -> bool:
        """Tell whether `at` is open time; an opening is, a closing is not any more."""
        instant = instant_of(at, "at")
        window = self._table.covering(instant, instant)
        i = bisect_right(window.closes, instant)
        return i < len(window.opens) and window.opens[i] <= instant

    def explain(self, start: datetime, span: timedelta) -> str:
        """Say in words how `add` gets to its answer, in the clinic's own time, to the minute."""
        return self._explain(start, span_in_words(span, self.name), self.add(start, span))

    def explain_days(self, start: datetime, n: int) -> str:
        """Say in words when `n` working days are over.

        Where `add_days` gives an opening, the last of the days ended at the closing before it.
        """
        over = self.add(start, self.between(start, self.add_days(start, n)))
        return self._explain(start, counted(n, f"{self.name} day"), over)

    def _opening(self, at: int) -> tuple[_Window, int, int]:
        """Return the window, the interval that is open at `at` or opens next, and since when."""
        window = self._table.covering(at, at)
        while (i := bisect_right(window.closes, at)) == len(window.closes):
            window = self._table.later(window)
        return window, i, max(at, window.opens[i])

    def _explain(self, start: datetime, what: str, due_at: datetime) -> str:
        begun, due = instant_of(start, "start"), instant_of(due_at, "due")
        window, zone = self._table.covering(begun, due), self.hours.tz
        local = local_time(begun, zone)
        last = window.dates[bisect_left(window.closes, due)]
        story = Story(self.hours, _used(window, begun, due), local.toordinal(), last)
        told = [*filter(None, story.parts()), f"due {dated(last)} {clock_time(due, last, zone)}"]
        return f"{dated(local.toordinal())[:3]} {local:%H:%M} + {what}: {'; '.join(told)}"


class _RoundTheClock(WorkCalendar):
    """Every instant is open: plain arithmetic on the instant line; a day is 24 hours."""

    def __init__(self) -> None:
        super().__init__("always", Hours(week=((Interval(0, 1440),),) * 7, zone="UTC"))

    def add(self, start: datetime, span: timedelta) -> datetime:
        return moment_of(instant_of(start, "start") + length_of(span))

    def add_days(self, start: datetime, n: int) -> datetime:
        return self.add(start, timedelta(days=n))

    def between(self, a: datetime, b: datetime) -> timedelta:
        return timedelta(microseconds=max(0, instant_of(b, "b") - instant_of(a, "a")))

    def opens(self, at: datetime) -> datetime:
        return moment_of(instant_of(at, "at"))

    def is_open(self, at: datetime) -> bool:
        instant_of(at, "at")  # a naive time is refused here too
        return True

    def explain(self, start: datetime, span: timedelta) -> str:
        due = self.add(start, span)
        begun = due - span
        told = f"{dated(begun.toordinal())} {begun:%H:%M} UTC + {duration(length_of(span))}"
        return f"{told}, round the clock: due {dated(due.toordinal())} {due:%H:%M} UTC"

    def explain_days(self, start: datetime, n: int) -> str:
        return self.explain(start, timedelta(days=n))


@lru_cache(maxsize=1024)
def calendar(name: str, hours: Hours) -> WorkCalendar:
    """Return the calendar of these hours; equal hours share one table, whatever the name."""
    return WorkCalendar(name, hours)


# The table: openings and closings as instants, so that a question is a bisection.


@dataclass(frozen=True, slots=True)
class _Window:
    """All the open time of some whole local years, from `since` up to `until`.

    `sums[i]` is the open time up to `closes[i]`; `dates[i]` the local date (an ordinal) that
    interval i belongs to; `days` those dates, each once.
    """

    first: int
    last: int
    since: int
    until: int
    opens: list[int]
    closes: list[int]
    sums: list[int]
    dates: list[int]
    days: list[int]

    def open_before(self, at: int) -> int:
        """Return the open time from the window's beginning to `at`."""
        i = bisect_right(self.closes, at)
        if i < len(self.closes):
            return self.sums[i] - (self.closes[i] - max(at, self.opens[i]))
        return self.sums[-1] if self.sums else 0

    def __add__(self, after: _Window) -> _Window:
        """Join the window of the years right after this one; sums here stay as they are."""
        so_far = self.sums[-1] if self.sums else 0
        return _Window(
            first=self.first,
            last=after.last,
            since=self.since,
            until=after.until,
            opens=self.opens + after.opens,
            closes=self.closes + after.closes,
            sums=self.sums + [so_far + each for each in after.sums],
            dates=self.dates + after.dates,
            days=self.days + after.days,
        )


class _Table:
    """The window of one clinic's hours, grown year by year as it is asked.

    A window never changes, growing makes a new one: threads that grow at once only repeat work.
    """

    def __init__(self, hours: Hours) -> None:
        self.hours = hours
        self.window: _Window | None = None

    def covering(self, low: int, high: int) -> _Window:
        """Return a window with both instants in it."""
        window = self.window
        if window is not None and window.since <= low and high < window.until:
            return window
        return self._reach(year_at(low, self.hours.tz), year_at(high, self.hours.tz))

    def later(self, window: _Window) -> _Window:
        """Return that window with one more year at its end, and keep it."""
        self.window = longer = window + _year(self.hours, window.last + 1)
        return longer  # not self.window: another thread's may begin, and so count, elsewhere

    def _reach(self, first: int, last: int) -> _Window:
        window = self.window or _year(self.hours, first)
        while window.first > first:
            window = _year(self.hours, window.first - 1) + window
        while window.last < last:
            window = window + _year(self.hours, window.last + 1)
        self.window = window
        return window


@lru_cache(maxsize=512)
def _table(hours: Hours) -> _Table:
    return _Table(hours)


def _year(hours: Hours, year: int) -> _Window:
    check_year(year, hours.region)
    begin, end = date(year, 1, 1), date(year + 1, 1, 1)
    pieces = [
        (opened, closed, number)
        for number in range(begin.toordinal(), end.toordinal())
        for opened, closed in _open_instants(hours, date.fromordinal(number))
    ]
    return _Window(
        first=year,
        last=year,
        since=first_shown(datetime.combine(begin, time()), hours.tz),
        until=first_shown(datetime.combine(end, time()), hours.tz),
        opens=[opened for opened, _, _ in pieces],
        closes=[closed for _, closed, _ in pieces],
        sums=list(accumulate(closed - opened for opened, closed, _ in pieces)),
        dates=[number for _, _, number in pieces],
        days=[number for number, _ in groupby(number for _, _, number in pieces)],
    )


def _open_instants(hours: Hours, day: date) -> Iterator[tuple[int, int]]:
    midnight = datetime.combine(day, time())
    for interval in hours.on(day):
        opened = first_shown(midnight + timedelta(minutes=interval.start), hours.tz)
        closed = first_shown(midnight + timedelta(minutes=interval.end), hours.tz)
        if opened < closed:  # an interval may fall into the gap in spring
            yield opened, closed


def _used(window: _Window, begun: int, due: int) -> dict[int, list[tuple[int, int]]]:
    used: dict[int, list[tuple[int, int]]] = {}
    for i in range(bisect_right(window.closes, begun), bisect_left(window.opens, due)):
        opened, closed = max(begun, window.opens[i]), min(due, window.closes[i])
        if opened < closed:
            used.setdefault(window.dates[i], []).append((opened, closed))
    return used


ALWAYS: WorkCalendar = _RoundTheClock()  # made last: hours are checked when they are made

"""A clinic's openings and closings in UTC, so that a question is a bisection.

Times of one and the same zone object are compared and subtracted without asking the zone, about
as fast as numbers are, and need no turning into numbers and back.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import accumulate, groupby

from cases.calendars.hours import Hours, check_year
from cases.calendars.instants import first_shown, moment_of, year_at

_NONE = timedelta()


@dataclass(frozen=True, slots=True)
class Window:
    """All the open time of some whole local years, from `since` up to `until`.

    `sums[i]` is the open time up to `closes[i]`; `dates[i]` the local date (an ordinal) that
    interval i belongs to; `days` those dates, each once.
    """

    first: int
    last: int
    since: datetime
    until: datetime
    opens: list[datetime]
    closes: list[datetime]
    sums: list[timedelta]
    dates: list[int]
    days: list[int]

    @property
    def whole(self) -> timedelta:
        """Return all the open time there is."""
        return self.sums[-1] if self.sums else _NONE

    def open_before(self, at: datetime) -> timedelta:
        """Return the open time from the window's beginning to `at`."""
        i = bisect_right(self.closes, at)
        if i == len(self.closes):
            return self.whole
        opened = self.opens[i]
        return self.sums[i] - (self.closes[i] - (at if at > opened else opened))

    def open_between(self, low: datetime, high: datetime) -> timedelta:
        """Return the open time from `low` to `high`, which is not before it."""
        closes, sums = self.closes, self.sums
        i = bisect_right(closes, low)
        if i == len(closes):
            return _NONE
        j = bisect_right(closes, high, i)  # no earlier: half the way is known
        opened = self.opens[i]
        before = sums[i] - (closes[i] - (low if low > opened else opened))
        if j == len(closes):
            return sums[-1] - before
        opened = self.opens[j]
        return sums[j] - (closes[j] - (high if high > opened else opened)) - before

    def __add__(self, after: Window) -> Window:
        """Join the window of the years right after this one; sums here stay as they are."""
        return Window(
            first=self.first,
            last=after.last,
            since=self.since,
            until=after.until,
            opens=self.opens + after.opens,
            closes=self.closes + after.closes,
            sums=self.sums + [self.whole + each for each in after.sums],
            dates=self.dates + after.dates,
            days=self.days + after.days,
        )


class Table:
    """The window of one clinic's hours, grown year by year as it is asked.

    A window never changes, growing makes a new one: threads that grow at once only repeat work.
    """

    def __init__(self, hours: Hours) -> None:
        self.hours = hours
        self.window: Window | None = None

    def covering(self, low: datetime, high: datetime) -> Window:
        """Return a window with both times, in UTC, in it."""
        window = self.window
        if window is not None and window.since <= low and high < window.until:
            return window
        return self._reach(year_at(low, self.hours.tz), year_at(high, self.hours.tz))

    def later(self, window: Window) -> Window:
        """Return that window with one more year at its end, and keep it."""
        self.window = longer = window + _year(self.hours, window.last + 1)
        return longer  # not self.window: another thread's may begin, and so count, elsewhere

    def earlier(self, window: Window) -> Window:
        """Return that window with one more year at its beginning, and keep it."""
        self.window = longer = _year(self.hours, window.first - 1) + window
        return longer

    def _reach(self, first: int, last: int) -> Window:
        window = self.window or _year(self.hours, first)
        while window.first > first:
            window = _year(self.hours, window.first - 1) + window
        while window.last < last:
            window = window + _year(self.hours, window.last + 1)
        self.window = window
        return window


@lru_cache(maxsize=512)
def table(hours: Hours) -> Table:
    """Return the table of these hours; equal hours share one."""
    return Table(hours)


def _year(hours: Hours, year: int) -> Window:
    check_year(year, hours.region)
    begin, end = date(year, 1, 1), date(year + 1, 1, 1)
    pieces = [
        (opened, closed, number)
        for number in range(begin.toordinal(), end.toordinal())
        for opened, closed in openings(hours, date.fromordinal(number))
    ]
    return Window(
        first=year,
        last=year,
        since=moment_of(first_shown(datetime.combine(begin, time()), hours.tz)),
        until=moment_of(first_shown(datetime.combine(end, time()), hours.tz)),
        opens=[opened for opened, _, _ in pieces],
        closes=[closed for _, closed, _ in pieces],
        sums=list(accumulate(closed - opened for opened, closed, _ in pieces)),
        dates=[number for _, _, number in pieces],
        days=[number for number, _ in groupby(number for _, _, number in pieces)],
    )


def openings(hours: Hours, day: date) -> Iterator[tuple[datetime, datetime]]:
    """Yield when that date's intervals open and close."""
    midnight = datetime.combine(day, time())
    for interval in hours.on(day):
        opened = first_shown(midnight + timedelta(minutes=interval.start), hours.tz)
        closed = first_shown(midnight + timedelta(minutes=interval.end), hours.tz)
        if opened < closed:  # an interval may fall into the gap in spring
            yield moment_of(opened), moment_of(closed)

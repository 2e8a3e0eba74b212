"""A clinic's open time, looked up in the minutes that `tests.oracle` walked; seconds of an era.

Nothing here knows `worktime`: what is open was seen minute by minute, and is counted.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate, compress
from typing import Protocol

from tests.oracle import Intervals, Said, Watcher, start_of_walk

_DAY, _MINUTE = 1440, 60
DAYS = 330
# Both nights on which clocks are changed lie in it, and a leap of the year.
ERA = start_of_walk(date(2026, 10, 20))
NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# As the law has them (5 U.S.C. 6103): on a Saturday the Friday before is free besides.
US = frozenset(
    date.fromisoformat(day)
    for day in (
        "2026-11-11", "2026-11-26", "2026-12-25", "2027-01-01", "2027-01-18", "2027-02-15",
        "2027-05-31", "2027-06-18", "2027-06-19", "2027-07-04", "2027-07-05", "2027-09-06",
    )
)  # fmt: skip


def seconds(at: datetime) -> int:
    """Return an instant as seconds of the era; what is compared here has no smaller parts."""
    since = at - ERA
    return since.days * 86_400 + since.seconds + (1 if since.microseconds else 0)


def instant(at: int) -> datetime:
    return ERA + timedelta(seconds=at)


class Minutes(Protocol):
    """How open time goes by: all in seconds of the era."""

    def between(self, a: int, b: int) -> int: ...

    def over(self, at: int, left: int) -> int: ...

    def opens(self, at: int) -> int: ...

    def days(self, at: int, n: int) -> int: ...

    def before(self, at: int) -> int: ...


class Always:
    """Every minute counts."""

    def between(self, a: int, b: int) -> int:
        return max(0, b - a)

    def over(self, at: int, left: int) -> int:
        return at + left

    def opens(self, at: int) -> int:
        return at

    def days(self, at: int, n: int) -> int:
        return at + n * 86_400

    def before(self, at: int) -> int:
        return at - _MINUTE


class Walked:
    """The minutes of one clinic, as they were seen."""

    def __init__(self, said: Said) -> None:
        seen = Watcher(said, ERA, DAYS)
        self.open, self.shown = seen.open, seen.shown
        counts = (self.open.count(1, day * _DAY, (day + 1) * _DAY) for day in range(DAYS))
        self.until = [0, *accumulate(counts)]  # open minutes before each day of the era
        self.dates = sorted({shown // _DAY for shown in compress(self.shown, self.open)})

    def gone(self, at: int) -> int:
        """Return the open seconds from the beginning of the era."""
        minute, rest = divmod(at, _MINUTE)
        day = minute // _DAY
        open_minutes = self.until[day] + self.open.count(1, day * _DAY, minute)
        return open_minutes * _MINUTE + (rest if self.open[minute] else 0)

    def between(self, a: int, b: int) -> int:
        return self.gone(b) - self.gone(a) if b > a else 0

    def over(self, at: int, left: int) -> int:
        """Return when so many open seconds have gone by."""
        if not left:
            return self.opens(at)
        goal = self.gone(at) + left
        minutes = -(-goal // _MINUTE)
        day = bisect_left(self.until, minutes) - 1
        end = day * _DAY
        for _ in range(minutes - self.until[day]):
            end = self.open.index(1, end) + 1
        return end * _MINUTE - (minutes * _MINUTE - goal)

    def opens(self, at: int) -> int:
        minute = at // _MINUTE
        return at if self.open[minute] else self.open.index(1, minute) * _MINUTE

    def days(self, at: int, n: int) -> int:
        """Return the same time of day so many open dates later, or the next opening."""
        begun = self.opens(at)
        day, time = divmod(self.shown[begun // _MINUTE], _DAY)
        later = self.dates[bisect_left(self.dates, day) + n] * _DAY + time
        return self.opens(bisect_left(self.shown, later) * _MINUTE)

    def before(self, at: int) -> int:
        """Return the beginning of the last open minute before then."""
        return self.open.rindex(1, 0, at // _MINUTE) * _MINUTE


@lru_cache(maxsize=64)
def _walked(zone: str, week: tuple[Intervals, ...], free: frozenset[date], one_off: str) -> Walked:
    return Walked(Said(zone, week, free, _read(one_off)))


def _read(one_off: str) -> Mapping[date, Intervals]:
    """Read "2026-11-04" (closed) or "2026-11-04 540 720" (open from the minute, to the minute)."""
    if not one_off:
        return {}
    day, *times = one_off.split()
    begin_end = [int(each) for each in times]
    return {date.fromisoformat(day): ((begin_end[0], begin_end[1]),) if begin_end else ()}


class Clinic:
    """What a clinic says of its hours, in the record's words and in minutes."""

    def __init__(
        self, zone: str, week: tuple[Intervals, ...], region: str = "", one_off: str = ""
    ) -> None:
        self.zone, self.week, self.region, self.one_off = zone, week, region, one_off

    def with_day(self, one_off: str) -> Clinic:
        return Clinic(self.zone, self.week, self.region, one_off)

    @property
    def record(self) -> dict[str, object]:
        """Return the columns of the clinic."""
        hours = {
            NAMES[n]: [f"{_hhmm(a)}-{_hhmm(b)}" for a, b in spans]
            for n, spans in enumerate(self.week)
            if spans
        }
        one_off = {
            day.isoformat(): [f"{_hhmm(a)}-{_hhmm(b)}" for a, b in spans]
            for day, spans in _read(self.one_off).items()
        }
        return {"zone": self.zone, "hours": hours, "region": self.region, "closures": one_off}

    def named(self, calendar: str) -> Minutes:
        if calendar == "always":
            return _ALWAYS
        week = self.week
        if calendar == "duty":  # the practice's playbook adds two hours on either day
            week = (*week[:5], *(_with(day, 600, 720) for day in week[5:]))
        return _walked(self.zone, week, US if self.region == "US" else frozenset(), self.one_off)


def _with(day: Intervals, begin: int, end: int) -> Intervals:
    """Return a day with an interval more: minute by minute, as they are all counted here."""
    open_ = {m for a, b in (*day, (begin, end)) for m in range(a, b)}
    begins = sorted(m for m in open_ if m - 1 not in open_)
    ends = sorted(m + 1 for m in open_ if m + 1 not in open_)
    return tuple(zip(begins, ends, strict=True))


def _hhmm(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


_ALWAYS = Always()
_NINE_TO_FIVE = ((540, 1020),)
CLINICS = (
    Clinic("America/New_York", (_NINE_TO_FIVE,) * 5 + ((), ()), region="US"),
    Clinic("America/New_York", (((480, 720), (780, 1110)),) * 4 + (((480, 720),), (), ())),
    Clinic("Europe/London", (((480, 720), (780, 1110)),) * 6 + ((),)),
    Clinic("America/Phoenix", ((), _NINE_TO_FIVE, (), _NINE_TO_FIVE, (), ((600, 840),), ())),
)
DAYS_OFF = (
    "2026-11-04", "2026-11-18 540 720", "2026-12-02", "2026-12-12 600 900", "2027-01-06", ""
)  # fmt: skip

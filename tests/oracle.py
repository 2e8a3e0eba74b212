"""Work time as somebody would find it who looks at the clock on the wall every minute.

It shares no code with `worktime`: the minutes of some days are walked in UTC, `zoneinfo`
says what the clock shows, and a minute is open or it is not. A clock put back shows times it has
shown before: those count as the latest time so far. Slow is fine: each zone and each clinic is
walked once.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
LENGTH = 17  # days that are walked unless another length is asked for; the first two only lead in
_DAY = 1440
Intervals = Sequence[tuple[int, int]]  # minutes after midnight


@dataclass(frozen=True)
class Said:
    """What a clinic says of its hours, as plain as can be."""

    zone: str
    week: tuple[Intervals, ...]
    free: frozenset[date] = frozenset()
    one_off: Mapping[date, Intervals] = field(default_factory=dict)

    def on(self, day: date) -> Intervals:
        if day in self.one_off:
            return self.one_off[day]
        return () if day in self.free else self.week[day.weekday()]


@lru_cache(maxsize=256)
def _latest_shown(zone: str, since: datetime, days: int) -> array[int]:
    """Return the latest time the clock has shown by each minute.

    In minutes from the midnight before `since`'s date: a clock may be behind UTC.
    """
    tz, latest, walked = ZoneInfo(zone), 0, array("l")
    first, minute = since.toordinal() - 1, since
    for _ in range(days * _DAY):
        shown = minute.astimezone(tz)
        now = (shown.toordinal() - first) * _DAY + shown.hour * 60 + shown.minute
        latest = now if now > latest else latest
        walked.append(latest)
        minute += MINUTE
    return walked


class Watcher:
    """Looks at one clinic for some days; `paused` minutes are marked and do not count."""

    def __init__(self, said: Said, since: datetime, days: int = LENGTH) -> None:
        self.since = since
        plan = bytearray(_DAY * (days + 3))  # a day more at either end: zones are off UTC
        for number in range(days + 3):
            for begin, end in said.on(since.date() + timedelta(days=number - 1)):
                plan[number * _DAY + begin : number * _DAY + end] = b"\1" * (end - begin)
        self.shown = _latest_shown(said.zone, since, days)
        self.open = bytes(map(plan.__getitem__, self.shown))

    def without(self, pauses: Iterable[tuple[int, int]]) -> bytes:
        """Return the open minutes, those between the minutes given as from and until left out."""
        marked = bytearray(self.open)
        for begin, end in pauses:
            marked[begin:end] = bytes(end - begin)
        return bytes(marked)

    def at(self, minute: int) -> datetime:
        return self.since + minute * MINUTE

    def after(self, opened: bytes, start: int, minutes: int) -> int | None:
        """Return the minute by which so many open ones have gone by; None: not within the walk."""
        for _ in range(minutes):
            start = opened.find(1, start) + 1
            if not start:
                return None
        return start

    def before(self, end: int, minutes: int) -> int | None:
        """Return the last minute from which so many open ones go by until `end`."""
        for _ in range(minutes):
            end = self.open.rfind(1, 0, end)
            if end < 0:
                return None
        return end


def start_of_walk(day: date) -> datetime:
    """Return the midnight in UTC two days before this date."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=2)

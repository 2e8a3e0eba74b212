"""Work time a second: additions and differences, beside a bare bisect and those others use.

Everybody is asked the same: Monday to Friday, 9-12 and 13-17, New York, the federal holidays of a
year. Ours is also asked with all that makes hours hard: a state's holidays of which one is kept
open, half days, closures, a Saturday, two pauses in each third addition. The bisect knows its year
and no other, no pauses, and says nothing past the end of its list.
"""

from __future__ import annotations

import argparse
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from random import Random
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo

from benchmarks.figures import Row, in_turn, tell
from benchmarks.rivals import in_rivals
from cases.calendars.worktime import WorkCalendar, calendar, hours_from

ZONE, YEAR = "America/New_York", 2026
WEEK = {"mon-fri": ["09:00-12:00", "13:00-17:00"]}
ASKED, ROUNDS = 20_000, 7
_FOR_OTHERS = 2_000
_GOAL = 0.5  # of the bisect's rate


@dataclass(frozen=True)
class Question:
    """From, until and a span of whole hours, since one of the rivals adds no others."""

    start: datetime
    end: datetime
    span: timedelta
    paused: tuple[tuple[datetime, datetime], ...]


def questions(n: int) -> list[Question]:
    """Return the same questions each time; all answers lie within the year."""
    chance, first = Random(4), datetime(YEAR, 1, 2, tzinfo=UTC)
    asked = []
    for number in range(n):
        start = first + timedelta(minutes=chance.randrange(300 * 1440))
        end = start + timedelta(minutes=chance.randrange(20 * 1440))
        begun = (start + timedelta(hours=chance.randrange(1, 60)) for _ in range(2))
        pauses = tuple((at, at + timedelta(hours=chance.randrange(1, 30))) for at in begun)
        span = timedelta(hours=chance.randrange(1, 41))
        asked.append(Question(start, end, span, pauses if number % 3 == 0 else ()))
    return asked


def plain() -> WorkCalendar:
    """Return the calendar everybody is asked about."""
    return calendar("office", hours_from(WEEK, ZONE, region="US"))


def hard() -> WorkCalendar:
    """Return a calendar with all that makes hours hard."""
    days = {"2026-04-02": ["09:00-12:00"], "2026-12-24": ["09:00-12:00"], "2026-08-14": []}
    week = {**WEEK, "sat": ["10:00-12:00"]}
    hours = hours_from(week, ZONE, region="US-NY", open_on=["Columbus Day"], days=days)
    return calendar("office", hours)


class Bisect:
    """As little as can be: one year's openings and closings, laid out once, as seconds."""

    def __init__(self, works: WorkCalendar) -> None:
        begin, end = datetime(YEAR, 1, 1, tzinfo=UTC), datetime(YEAR, 12, 31, tzinfo=UTC)
        self.opens, self.closes = list[float](), list[float]()
        while (at := works.opens(begin)) < end:
            begin = _closing(works, at)
            self.opens.append(at.timestamp())
            self.closes.append(begin.timestamp())
        lengths = (b - a for a, b in zip(self.opens, self.closes, strict=True))
        self.sums = list(accumulate(lengths))

    def add(self, start: datetime, span: timedelta) -> datetime:
        done = self._before(start.timestamp()) + span.total_seconds()
        i = bisect_left(self.sums, done)
        return datetime.fromtimestamp(self.closes[i] - (self.sums[i] - done), UTC)

    def between(self, a: datetime, b: datetime) -> timedelta:
        low, high = self._before(a.timestamp()), self._before(b.timestamp())
        return timedelta(seconds=high - low)

    def _before(self, at: float) -> float:
        i = bisect_right(self.closes, at)
        return self.sums[i] - (self.closes[i] - max(at, self.opens[i]))


def _closing(works: WorkCalendar, opened: datetime) -> datetime:
    at = opened + timedelta(hours=1)
    while works.is_open(at):
        at += timedelta(hours=1)
    return at


def figures(asked: Sequence[Question], rounds: int) -> list[Row]:
    """Return ours and the bisect's, measured in turn."""
    office, all_on = plain(), hard()
    bare = Bisect(office)
    for q in asked:  # the bisect answers the same, or its rate says nothing
        assert bare.add(q.start, q.span) == office.add(q.start, q.span)
        assert bare.between(q.start, q.end) == office.between(q.start, q.end)
    adds = in_turn(
        rounds,
        bisect=lambda: _took(asked, lambda q: bare.add(q.start, q.span)),
        ours=lambda: _took(asked, lambda q: office.add(q.start, q.span)),
        hard=lambda: _took(asked, lambda q: all_on.add(q.start, q.span, q.paused)),
    )
    gaps = in_turn(
        rounds,
        bisect=lambda: _took(asked, lambda q: bare.between(q.start, q.end)),
        ours=lambda: _took(asked, lambda q: office.between(q.start, q.end)),
        hard=lambda: _took(asked, lambda q: all_on.between(q.start, q.end)),
    )
    names = {"bisect": "a bare bisect", "ours": "ours", "hard": "ours, all that is hard"}
    return [_row(names[name], len(asked), adds, gaps, name) for name in names]


def _took(asked: Sequence[Question], ask: Callable[[Question], object]) -> float:
    begun = perf_counter()
    for question in asked:
        ask(question)
    return perf_counter() - begun


def _row(
    what: str, n: int, adds: dict[str, float], gaps: dict[str, float], name: str
) -> dict[str, Any]:
    return {
        "what": f"work time: {what}",
        "adds /s": n / adds[name],
        "of bisect": adds["bisect"] / adds[name],
        "differences /s": n / gaps[name],
        "of bisect ": gaps["bisect"] / gaps[name],
    }


def beside(all_asked: Sequence[Question]) -> list[Row]:
    """Return what the rivals say to the same questions, with how often they answer otherwise."""
    asked, office, zone = all_asked[:_FOR_OTHERS], plain(), ZoneInfo(ZONE)
    days = (date(YEAR, 1, 1) + timedelta(days=number) for number in range(365))
    answer = in_rivals(
        "worktime",
        {
            "zone": ZONE,
            "holidays": [day.isoformat() for day in days if office.hours.holiday(day)],
            "pairs": [[_wall(q.start, zone), _wall(q.end, zone)] for q in asked],
            "spans": [q.span.total_seconds() for q in asked],
            "due": [_wall(office.add(q.start, q.span), zone) for q in asked],
            "open": [office.between(q.start, q.end).total_seconds() for q in asked],
        },
    )
    return [{"what": f"work time: {name}", **row} for name, row in (answer or {}).items()]


def _wall(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).replace(tzinfo=None).isoformat()


def holds(rows: Sequence[Row]) -> bool:
    """Tell whether ours, all that is hard included, is ahead of the rivals and of the goal."""
    by_name = {row["what"]: row for row in rows}
    ours = by_name["work time: ours, all that is hard"]
    others = [row for row in rows if "ours" not in row["what"] and "bisect" not in row["what"]]
    ahead = all(
        row.get(rate, 0) < ours[rate] for row in others for rate in ("adds /s", "differences /s")
    )
    return ahead and min(ours["of bisect"], ours["of bisect "]) >= _GOAL


def main() -> None:
    """Print the figures; leave with 1 where the goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    asked = questions(ASKED)
    given = parser.parse_args()
    rows = [*figures(asked, ROUNDS), *beside(asked)]
    tell(rows, as_json=given.json)
    sys.exit(not holds(rows))


if __name__ == "__main__":
    main()

"""Work time as others reckon it: Monday to Friday 9-12 and 13-17, the same pairs for everybody.

In: `zone`, `holidays` (dates), `pairs` ([from, to] on the wall clock), `spans` (seconds); also,
to be held against theirs, `due` (wall clock) and `open` (seconds). Out, per rival: additions and
differences a second, and how many of each are not as expected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo

from bounded import Row, one_by_one

_LONG = 1.5  # seconds of asking for each figure
Case = tuple[datetime, datetime, timedelta]
MORNING, NOON, LUNCH_OVER, EVENING = time(9), time(12), time(13), time(17)


def cases(payload: Any) -> list[Case]:
    both = zip(payload["pairs"], payload["spans"], strict=True)
    read = datetime.fromisoformat
    return [(read(one), read(other), timedelta(seconds=span)) for (one, other), span in both]


def holidays(payload: Any) -> list[date]:
    return [date.fromisoformat(day) for day in payload["holidays"]]


def rated(
    payload: Any, given: list[Any], add: Callable[[Any], Any], gap: Callable[[Any], Any]
) -> Row:
    """Ask for each case in turn, as often as time allows; keep the first answers to compare."""
    due, adds = _asked(add, given)
    open_, gaps = _asked(gap, given)
    wall = [answer.replace(tzinfo=None).isoformat() for answer in due]
    return {
        "adds /s": adds,
        "differences /s": gaps,
        "other due": _differ(wall, payload.get("due", [])),
        "other span": _differ([a.total_seconds() for a in open_], payload.get("open", [])),
    }


def _asked(ask: Callable[[Any], Any], given: list[Any]) -> tuple[list[Any], float]:
    begun, done = perf_counter(), 0
    first: list[Any] = []
    while (taken := perf_counter() - begun) < _LONG:
        for some in _chunks(given):
            answers = [ask(case) for case in some]
            done += len(answers)
            if len(first) < len(given):
                first += answers
            if perf_counter() - begun > _LONG:
                break
    return first, done / taken


def _chunks(given: list[Any]) -> Iterator[list[Any]]:
    return (given[start : start + 100] for start in range(0, len(given), 100))


def _differ(theirs: list[Any], ours: list[Any]) -> int:
    return sum(one != other for one, other in zip(theirs, ours, strict=False))


def workclock(payload: Any) -> Row:
    import workclock as w

    zone = ZoneInfo(payload["zone"])
    rules = [w.WorkDay(MORNING, EVENING), w.Break(NOON, LUNCH_OVER), w.Holidays(holidays(payload))]
    office = w.Schedule(rules, time_zone=zone)
    given = [(a.replace(tzinfo=zone), b.replace(tzinfo=zone), d) for a, b, d in cases(payload)]
    return rated(
        payload, given, lambda c: office.add(c[0], c[2]), lambda c: office.between(c[0], c[1])
    )


def timegrid(payload: Any) -> Row:
    from timegrid import TimeGridCalendar

    office = TimeGridCalendar.weekdays(MORNING, EVENING).break_weekdays(NOON, LUNCH_OVER)
    for day in holidays(payload):
        office = office.close(day)
    given = cases(payload)
    first, last = min(c[0] for c in given), max(c[1] for c in given)
    line = office.compile(first, last + timedelta(days=1))  # no zones: the wall clock only
    return rated(
        payload,
        given,
        lambda c: office.add_work_duration(c[0], c[2]),
        lambda c: line.get_working_duration(c[0], c[1]),
    )


def pandas(payload: Any) -> Row:
    """Whole hours are all it adds, and the hours of a range, counted, its only difference."""
    import pandas as pd

    hour = pd.offsets.CustomBusinessHour(
        start=["09:00", "13:00"], end=["12:00", "17:00"], holidays=holidays(payload)
    )
    given = [
        (pd.Timestamp(a), pd.Timestamp(b), d // timedelta(hours=1)) for a, b, d in cases(payload)
    ]
    found = rated(
        payload,
        given,
        lambda c: c[0] + c[2] * hour,
        lambda c: pd.Timedelta(hours=len(pd.date_range(c[0], c[1], freq=hour)) - 1),
    )
    return {**found, "note": "whole hours, no zones"}


def businesstimedelta(payload: Any) -> Row:
    import businesstimedelta as b
    import pytz  # the only zones it knows

    zone = pytz.timezone(payload["zone"])
    free = b.HolidayRule(dict.fromkeys(holidays(payload), "holiday"), tz=zone)
    rules = [
        b.WorkDayRule(MORNING, EVENING, [0, 1, 2, 3, 4], tz=zone),
        b.LunchTimeRule(NOON, LUNCH_OVER, [0, 1, 2, 3, 4], tz=zone),
        free,
    ]
    office = b.Rules(rules)
    given = [(zone.localize(x), zone.localize(y), d) for x, y, d in cases(payload)]
    return rated(
        payload,
        given,
        lambda c: (c[0] + b.BusinessTimeDelta(office, timedelta=c[2])).astimezone(zone),
        lambda c: office.difference(c[0], c[1]).timedelta,
    )


if __name__ == "__main__":
    one_by_one({f.__name__: f for f in (workclock, timegrid, pandas, businesstimedelta)})

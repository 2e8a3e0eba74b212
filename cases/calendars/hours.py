"""A clinic's hours: intervals, zone, public holidays, one-off days, read as people write them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from holidays import HolidayBase, country_holidays

# Zone rules and holidays further off are anybody's guess, and a typing error ("20000000 hours")
# must be refused, not computed for minutes.
FIRST_YEAR, LAST_YEAR = 1900, 2200

_NOON = 720  # minutes after midnight
_ONLY = "only"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# These are real zone names that know no summer time: nearly always a mistake in a clinic's hours.
_NO_SUMMER = {"EST": "America/New_York", "MST": "America/Denver or America/Phoenix"}


class WorktimeError(ValueError):
    """Hours that cannot be right, or a time no calendar can answer for; says what to do."""


@dataclass(frozen=True, order=True)
class Interval:
    """Open from `start` to `end`: minutes after local midnight, 0 to 1440, start before end."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end <= 1440:
            raise WorktimeError(
                f"{self} is no opening time: it must start before it ends and stay between 00:00 "
                "and 24:00; only a night shift, from noon or later to noon at the latest, may end "
                "on the day after (22:00-06:00)"
            )

    def __str__(self) -> str:
        return f"{_hhmm(self.start)}-{_hhmm(self.end)}"


Day = tuple[Interval, ...]


@dataclass(frozen=True)
class Hours:
    """What a clinic says about its hours; refused with WorktimeError when they cannot be right.

    `week`: seven days, Monday first, any number of intervals a day. `zone`: an IANA name.
    `region`: whose public holidays close the clinic ("US", "US-TX"; "" for none), as the
    `holidays` package has them. `open_on`: holidays that do not: dates, or names that hold every
    year ("Columbus Day", its observed day included). `days`: one-off days, an empty tuple for
    closed; they win over everything else. All of them go by the date the clock shows: a closure
    of the 24th ends the night shift that began on the 23rd at midnight.
    """

    week: tuple[Day, ...]
    zone: str
    region: str = ""
    open_on: frozenset[date | str] = frozenset()
    days: tuple[tuple[date, Day], ...] = ()

    def __post_init__(self) -> None:
        week = tuple(_in_order(day) for day in self.week)
        if len(week) != 7:
            raise WorktimeError(f"a week of {len(week)} days: give all seven, Monday first")
        if not any(week):
            raise WorktimeError("hours without any opening time in the week: give at least one")
        days = tuple(sorted((_date(day), _in_order(intervals)) for day, intervals in self.days))
        if len(dict(days)) != len(days):
            raise WorktimeError("a one-off day is given twice: give each date once")
        object.__setattr__(self, "week", week)
        object.__setattr__(self, "days", days)
        object.__setattr__(self, "open_on", frozenset(map(_date_or_name, self.open_on)))
        _ = self.tz
        _check_holidays(self.region, self.open_on)

    @cached_property
    def tz(self) -> ZoneInfo:
        """The zone itself."""
        return _zone(self.zone)

    def on(self, day: date) -> Day:
        """Return the opening times of that date; empty where it is closed all day."""
        if day in self._one_off:
            return self._one_off[day]
        return () if self.holiday(day) else self.week[day.weekday()]

    def holiday(self, day: date) -> str:
        """Return the name of the public holiday that closes that date, or ""."""
        name = _holidays(self.region, day.year).get(day, "") if self.region else ""
        still_open = day in self.open_on or _plain_names(name) <= self.open_on
        return "" if still_open else name

    def why_closed(self, day: date) -> str:
        """Return the reason, where that date is closed for another one than its weekday."""
        if day in self._one_off:
            return "" if self._one_off[day] else "one-off closure"
        return self.holiday(day)

    def why_other(self, day: date) -> str:
        """Return "half day" and the like, where a one-off day has other hours than its weekday."""
        usual, one_off = self.week[day.weekday()], self._one_off.get(day)
        if not one_off or one_off == usual:
            return ""
        share = _minutes(one_off) / _minutes(usual) if usual else 1
        if share < 1:
            return "half day" if share <= 0.6 else "short day"
        return "one-off hours"

    @cached_property
    def _one_off(self) -> dict[date, Day]:
        return dict(self.days)


def hours_from(
    spec: Mapping[str, Iterable[str]],
    zone: str,
    *,
    region: str = "",
    open_on: Iterable[date | str] = (),
    days: Mapping[date, Iterable[str]] | Mapping[str, Iterable[str]] | None = None,
) -> Hours:
    """Read hours as people write them: {"mon-thu": ["09:00-12:00", "13:00-17:00"], "fri": []}.

    A key is a day, a range ("tue-fri") or a list of them ("mon,wed-fri"); days left out are closed.
    A night shift ("22:00-06:00") ends on the day after. `open_on` takes dates, ISO dates and
    holiday names; the keys of `days` are dates or ISO dates. Raises WorktimeError.
    """
    week = _week(spec)
    return Hours(
        week=tuple(week.get(number, ()) for number in range(7)),
        zone=zone,
        region=region,
        open_on=frozenset(open_on),
        days=tuple((_date(day), _one_date(each, day)) for day, each in (days or {}).items()),
    )


def duty_hours(office: Hours, duty: Mapping[str, Iterable[str]]) -> Hours:
    """Return the hours in which somebody minds online answers: the office's and those of `duty`.

    {"sat": ["10:00-12:00"]} comes besides what the office has on that day; a list that begins with
    "only" stands instead of it: {"mon-fri": ["only", "12:00-13:00"], "sun": ["only"]}. Holidays and
    one-off days are the office's. Raises WorktimeError.
    """
    lists = {key: texts if isinstance(texts, str) else [*texts] for key, texts in duty.items()}
    alone = {key for key, texts in lists.items() if texts[:1] == [_ONLY]}
    instead = {number for key in alone for number in _weekdays(key)}
    extra = _week({key: texts[1:] if key in alone else texts for key, texts in lists.items()})
    week = (
        extra.get(number, ()) if number in instead else _joined(day + extra.get(number, ()))
        for number, day in enumerate(office.week)
    )
    return replace(office, week=tuple(week))


# Reading what people write


def _zone(name: str) -> ZoneInfo:
    try:
        zone = ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # OSError: "America" is a folder
        remedy = "give an IANA name such as America/Chicago"
        raise WorktimeError(f"{name!r} is no time zone: {remedy}") from None
    if name in _NO_SUMMER:
        raise WorktimeError(f"{name!r} has no summer time: give a place, {_NO_SUMMER[name]}")
    return zone


def _weekdays(key: str) -> Iterator[int]:
    for part in key.lower().split(","):
        first, dash, last = (each.strip() for each in part.partition("-"))
        if first not in DAYS or (dash and last not in DAYS):
            raise WorktimeError(
                f'{key!r} names no day: write "mon", "tue-fri" or "mon,wed", of {", ".join(DAYS)}'
            )
        begin, end = DAYS.index(first), DAYS.index(last if dash else first)
        yield from (number % 7 for number in range(begin, end + (8 if end < begin else 1)))


def _week(spec: Mapping[str, Iterable[str]]) -> dict[int, Day]:
    """Return the intervals of each weekday; a night shift is split at midnight."""
    given: dict[int, Day] = {}
    mornings: dict[int, Day] = {}
    for key, texts in spec.items():
        mine, after = _intervals(texts, key)
        for number in _weekdays(key):
            if number in given:
                raise WorktimeError(f"{DAYS[number]!r} is given twice (again in {key!r})")
            given[number] = mine
            mornings[(number + 1) % 7] = after
    return {
        number: mornings.get(number, ()) + given.get(number, ()) for number in {*given, *mornings}
    }


def _one_date(texts: Iterable[str], day: object) -> Day:
    mine, after = _intervals(texts, day)
    if after:
        raise WorktimeError(
            f"a one-off day ends at midnight: end {day} at 24:00 and give the hours of the day "
            "after to the day after"
        )
    return mine


def _intervals(texts: Iterable[str], where: object) -> tuple[Day, Day]:
    """Return the intervals of a day, and what they take of the morning after."""
    if isinstance(texts, str):
        raise WorktimeError(f'{texts!r} for {where}: give a list, such as ["09:00-17:00"]')
    both = [_interval(text) for text in texts]
    return tuple(mine for mine, _ in both), tuple(after for _, after in both if after)


def _interval(text: str) -> tuple[Interval, Interval | None]:
    found = re.fullmatch(r"\s*(\d\d?):([0-5]\d)\s*-\s*(\d\d?):([0-5]\d)\s*", text, re.ASCII)
    if not found:
        raise WorktimeError(f'{text!r} is no opening time: write "09:00-17:00"')
    hour, minute, end_hour, end_minute = map(int, found.groups())
    start, end = hour * 60 + minute, end_hour * 60 + end_minute
    try:
        # "09:00-05:00" is no night shift but a clock of twelve hours: refused, not guessed at.
        if end <= _NOON <= start and end < start:
            return Interval(start, 1440), Interval(0, end) if end else None
        return Interval(start, end), None
    except WorktimeError as error:
        raise WorktimeError(f"{text!r}: {error}") from None


def _joined(day: Day) -> Day:
    """Return intervals in order, those that overlap or touch as one."""
    joined: list[Interval] = []
    for each in sorted(day):
        if joined and each.start <= joined[-1].end:
            last = joined.pop()
            each = Interval(last.start, max(last.end, each.end))
        joined.append(each)
    return tuple(joined)


def _minutes(day: Day) -> int:
    return sum(each.end - each.start for each in day)


def _in_order(day: Day) -> Day:
    ordered = tuple(sorted(day))
    for before, after in pairwise(ordered):
        if after.start < before.end:
            raise WorktimeError(f"{before} and {after} overlap: make them one or part them")
    return ordered


def _date(value: date | str) -> date:
    try:
        # A datetime is a date to Python, but would never equal one.
        return date.fromisoformat(str(value))
    except ValueError:
        raise WorktimeError(f'{value!r} is no date: write "2026-12-24"') from None


def _date_or_name(value: date | str) -> date | str:
    iso_date = not isinstance(value, str) or re.match(r"\d{4}-", value)
    return _date(value) if iso_date else value


def _hhmm(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


# Holidays


def check_year(year: int, region: str) -> None:
    """Raise WorktimeError for a year no zone, or no holiday of that region, is known for."""
    known = _entity(region) if region else None  # a dict, and empty: never ask for its truth
    first = max(FIRST_YEAR, known.start_year) if known is not None else FIRST_YEAR
    last = min(LAST_YEAR, known.end_year) if known is not None else LAST_YEAR
    if not first <= year <= last:
        whose = f"with the public holidays of {region}" if region else "without holidays"
        raise WorktimeError(
            f"the year {year} is out of reach: a calendar {whose} knows {first} to {last}; "
            "check the date and the span"
        )


@lru_cache(maxsize=64)
def _entity(region: str) -> HolidayBase:
    return _country_holidays(region)


@lru_cache(maxsize=1024)
def _holidays(region: str, year: int) -> dict[date, str]:
    check_year(year, region)  # the package answers "no holidays" where it knows none
    return dict(_country_holidays(region, year))


def _country_holidays(region: str, *years: int) -> HolidayBase:
    country, _, part = region.partition("-")
    try:
        # The language is fixed, or the names would change with the server's locale.
        return country_holidays(
            country, subdiv=part or None, years=years, expand=False, language="en_US"
        )
    except NotImplementedError as error:
        raise WorktimeError(
            f"no public holidays are known for the region {region!r} ({error}): "
            'give a country or a country and its part, such as "US" or "US-TX", or ""'
        ) from None


def _plain_names(name: str) -> set[str]:
    """Split "A (observed); B" into {"A", "B"}."""
    return {re.sub(r" \((observed|estimated|, )+\)$", "", each) for each in name.split("; ")}


@lru_cache(maxsize=64)
def _known_names(region: str) -> frozenset[str]:
    known = _entity(region)
    years = range(max(2015, known.start_year), min(2035, known.end_year) + 1)
    names = (name for year in years for name in _holidays(region, year).values())
    return frozenset(each for name in names for each in _plain_names(name))


def _check_holidays(region: str, open_on: frozenset[date | str]) -> None:
    known = _known_names(region) if region else frozenset()
    for name in sorted(each for each in open_on if isinstance(each, str)):
        if name not in known:
            raise WorktimeError(
                f"open on {name!r}, which is no public holiday of the region {region!r}: "
                f"give a date or one of {', '.join(sorted(known)) or 'none: no region is set'}"
            )

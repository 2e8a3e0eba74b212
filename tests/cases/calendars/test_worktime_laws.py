"""The laws of work time, each held against somebody who looks at the clock every minute.

Two kinds of clinics: some hundred with everything that makes hours hard, asked many thousand times
about the days on which calendars go wrong; and clinics drawn anew for each question.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from cases.calendars.worktime import Hours, Interval, WorkCalendar, calendar, hours_from
from tests.oracle import LENGTH, MINUTE, Intervals, Said, Watcher, start_of_walk

DAY = 1440
MICROSECOND = timedelta(microseconds=1)
ZONES = (
    "America/New_York",
    "America/Denver",
    "America/Phoenix",
    "America/Shiprock",  # the Navajo Nation: summer time inside Arizona
    "Pacific/Honolulu",
    "America/Puerto_Rico",
    "America/St_Johns",
    "Australia/Lord_Howe",  # jumps by half an hour
)
HARD_DAYS = (
    date(2026, 3, 8),  # spring in the United States
    date(2026, 4, 5),  # autumn on Lord Howe Island
    date(2026, 7, 3),  # Independence Day, observed
    date(2026, 10, 4),  # spring on Lord Howe Island
    date(2026, 10, 12),  # Columbus Day, which many keep open
    date(2026, 11, 1),  # autumn in the United States
    date(2026, 11, 26),  # Thanksgiving
    date(2026, 12, 31),
    date(2027, 12, 31),  # New Year's Day, observed in the old year
    date(2028, 2, 29),
)
# Written down by hand from the Office of Personnel Management's lists, near the days above.
FREE = frozenset(
    map(
        date.fromisoformat,
        (
            "2026-06-19", "2026-07-03", "2026-07-04", "2026-10-12", "2026-11-11", "2026-11-26",
            "2026-12-25", "2027-01-01", "2027-12-24", "2027-12-25", "2027-12-31", "2028-01-01",
            "2028-02-21",
        ),
    )
)  # fmt: skip
COLUMBUS = date(2026, 10, 12)

# As people write them, and as minutes by hand: the reading of hours is tried, too.
NINE_TO_FIVE = {"mon-fri": ["09:00-17:00"]}
LUNCH = {"mon-thu": ["09:00-12:00", "13:00-17:00"], "fri": ["08:00-11:30"]}
NIGHTS = {"mon-sun": ["22:00-06:00"]}
LATE = {"thu-sat": ["20:00-03:00"], "mon": ["09:00-10:00"]}
ALL_DAY = {"mon-sun": ["00:00-24:00"]}
TO_MIDNIGHT = {"mon-wed": ["07:00-09:30", "12:00-14:00", "20:00-00:00"], "sun": ["01:30-12:00"]}
EIGHT, NIGHT = [(540, 1020)], [(0, 360), (1320, 1440)]
WRITTEN: tuple[tuple[dict[str, list[str]], list[Intervals]], ...] = (
    (NINE_TO_FIVE, [EIGHT] * 5 + [[], []]),
    (LUNCH, [[(540, 720), (780, 1020)]] * 4 + [[(480, 690)], [], []]),
    (NIGHTS, [NIGHT] * 7),
    (
        LATE,
        [[(540, 600)], [], [], [(1200, 1440)], [(0, 180), (1200, 1440)], [(0, 180), (1200, 1440)],
         [(0, 180)]],
    ),
    (ALL_DAY, [[(0, 1440)]] * 7),
    (TO_MIDNIGHT, [[(420, 570), (720, 840), (1200, 1440)]] * 3 + [[], [], [], [(90, 720)]]),
    ({"sun": ["02:10-02:50"], "wed": ["01:15-01:45"]}, [[], [], [(75, 105)], [], [], [],
                                                        [(130, 170)]]),
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """A clinic's calendar and what it says, for the oracle; equal numbers are equal clinics."""

    works: WorkCalendar
    said: Said


@lru_cache(maxsize=1024)
def clinic(number: int) -> Asked:
    """Return one of the clinics: zone, hours, holidays, closures and half days by its number."""
    chance = Random(number)
    zone = ZONES[number % len(ZONES)]
    one_off = {
        day + timedelta(days=chance.randint(-1, 2)): chance.choice(([], [], some_marks(chance)))
        for day in HARD_DAYS
        if chance.random() < 0.5
    }
    region, open_on = chance.choice((("", []), ("US", []), ("US", ["Columbus Day"])))
    days = tuple((day, minutes_to(marks)) for day, marks in one_off.items())
    if number % 3:
        spec, week = WRITTEN[number % len(WRITTEN)]
        written = {day: [str(each) for each in intervals] for day, intervals in days}
        hours = hours_from(spec, zone, region=region, open_on=open_on, days=written)
    else:
        week = [some_marks(chance) for _ in range(6)] + [[(660, 760)]]
        marked = tuple(minutes_to(day) for day in week)
        hours = Hours(marked, zone, region, frozenset(open_on), days)
    free = FREE - {COLUMBUS} if open_on else FREE if region else frozenset[date]()
    return Asked(calendar("office", hours), Said(zone, tuple(week), free, one_off))


def some_marks(chance: Random) -> list[tuple[int, int]]:
    marks = sorted(chance.sample(range(DAY + 1), 2 * chance.randint(0, 3)))
    return list(zip(marks[::2], marks[1::2], strict=True))


def minutes_to(marks: Intervals) -> tuple[Interval, ...]:
    return tuple(Interval(begin, end) for begin, end in marks)


@lru_cache(maxsize=4096)
def watching(number: int, day: date) -> Watcher:
    return Watcher(clinic(number).said, start_of_walk(day))


clinics = st.integers(0, 95)
hard_days = st.sampled_from(HARD_DAYS)
first_days = st.integers(DAY, 6 * DAY)  # minutes of the walk
last_days = st.integers(4 * DAY, (LENGTH - 1) * DAY)
spans = st.integers(1, 3000) | st.integers(1, 120)  # minutes
pauses = st.lists(st.tuples(st.integers(0, 9 * DAY), st.integers(0, 2 * DAY)), max_size=3)


@settings(max_examples=7_000, deadline=None)
@given(clinics, hard_days, first_days, spans)
def test_a_span_is_over_when_somebody_who_watches_the_clock_says(
    number: int, day: date, start: int, span: int
) -> None:
    watcher = watching(number, day)
    due = clinic(number).works.add(watcher.at(start), span * MINUTE)
    seen = watcher.after(watcher.open, start, span)
    if seen is None:
        assert due > watcher.at(len(watcher.open))
    else:
        assert due == watcher.at(seen)


@settings(max_examples=6_000, deadline=None)
@given(clinics, hard_days, first_days, last_days)
def test_the_open_time_between_two_times_is_what_the_watcher_counts(
    number: int, day: date, start: int, end: int
) -> None:
    watcher = watching(number, day)
    counted = sum(watcher.open[start:end])
    found = clinic(number).works.between(watcher.at(start), watcher.at(end))
    assert found == counted * MINUTE


@settings(max_examples=4_000, deadline=None)
@given(clinics, hard_days, last_days, spans)
def test_a_span_taken_off_begins_when_the_watcher_says(
    number: int, day: date, end: int, span: int
) -> None:
    watcher = watching(number, day)
    begin = clinic(number).works.subtract(watcher.at(end), span * MINUTE)
    seen = watcher.before(end, span)
    if seen is None:
        assert begin < watcher.since
    else:
        assert begin == watcher.at(seen)


@settings(max_examples=3_000, deadline=None)
@given(clinics, hard_days, first_days, spans, pauses)
def test_paused_time_moves_the_end_on_by_the_open_time_in_it_counted_once(
    number: int, day: date, start: int, span: int, lengths: list[tuple[int, int]]
) -> None:
    watcher = watching(number, day)
    stretches = [(begin, begin + length) for begin, length in lengths]
    paused = [(watcher.at(begin), watcher.at(end)) for begin, end in stretches]
    due = clinic(number).works.add(watcher.at(start), span * MINUTE, paused)
    seen = watcher.after(watcher.without(stretches), start, span)
    if seen is None:
        assert due > watcher.at(len(watcher.open))
    else:
        assert due == watcher.at(seen)


@settings(max_examples=2_000, deadline=None)
@given(clinics, hard_days, first_days)
def test_open_is_what_the_watcher_sees_open(number: int, day: date, minute: int) -> None:
    watcher, works = watching(number, day), clinic(number).works
    assert works.is_open(watcher.at(minute)) == bool(watcher.open[minute])
    seen = watcher.open.find(1, minute)
    if seen >= 0:
        assert works.opens(watcher.at(minute)) == watcher.at(seen)
        assert works.add(watcher.at(minute), timedelta()) == watcher.at(seen)
    else:
        assert works.opens(watcher.at(minute)) >= watcher.at(len(watcher.open))


@settings(max_examples=3_000, deadline=None)
@given(clinics, hard_days, st.timedeltas(timedelta(), timedelta(days=5)), *[
    st.timedeltas(timedelta(), timedelta(hours=30))] * 2)  # fmt: skip
def test_spans_add_up_and_can_be_measured_and_taken_off_again(
    number: int, day: date, offset: timedelta, one: timedelta, other: timedelta
) -> None:
    holds(clinic(number).works, start_of_walk(day) + offset, one, other)


def holds(works: WorkCalendar, start: datetime, one: timedelta, other: timedelta) -> None:
    due = works.add(start, one)
    assert works.between(start, due) == one
    assert due <= works.add(start, one + other)
    assert due <= works.add(start + other, one)
    begin = works.subtract(start, one)
    assert works.between(begin, start) == one
    assert works.subtract(start, one + other) <= begin <= works.subtract(start + other, one)
    if other:
        assert works.add(due, other) == works.add(start, one + other)
        assert works.subtract(begin, other) == works.subtract(start, one + other)
    if one:
        assert works.is_open(due - MICROSECOND)
        assert works.is_open(begin)
        assert works.add(begin, one) <= start
        assert works.subtract(due, one) >= start


# Clinics drawn anew for each question

bounds = st.lists(st.integers(0, DAY), max_size=6, unique=True).map(sorted)
a_day = bounds.map(lambda marks: tuple(zip(marks[::2], marks[1::2], strict=False)))
some_said = st.builds(
    Said,
    zone=st.sampled_from(ZONES),
    week=st.tuples(*[a_day] * 7).filter(any),
    free=st.sampled_from([frozenset(), FREE]),
    one_off=st.dictionaries(st.dates(date(2026, 1, 1), date(2028, 3, 8)), a_day, max_size=2),
)
some_offset = st.timedeltas(timedelta(days=1), timedelta(days=5))
# Two of them stay in reach even of a clinic that opens one minute a week.
some_span = st.timedeltas(timedelta(), timedelta(days=1))


def calendar_of(said: Said) -> WorkCalendar:
    week = tuple(minutes_to(day) for day in said.week)
    days = tuple((day, minutes_to(marks)) for day, marks in said.one_off.items())
    region = "US" if said.free else ""
    return calendar("office", Hours(week=week, zone=said.zone, region=region, days=days))


@settings(max_examples=200, deadline=None)
@given(some_said, hard_days, some_offset, st.integers(0, 10**6))
def test_any_clinic_agrees_with_the_watcher_to_the_microsecond(
    said: Said, day: date, offset: timedelta, part: int
) -> None:
    works, watcher = calendar_of(said), Watcher(said, start_of_walk(day))
    start, first = watcher.since + offset, offset // MINUTE
    stretches = [
        (max(start, watcher.at(minute)), watcher.at(minute + 1))
        for minute in range(first, len(watcher.open))
        if watcher.open[minute]
    ]
    total = sum((end - begin for begin, end in stretches), timedelta())
    assert works.between(start, watcher.at(len(watcher.open))) == total
    assert works.is_open(start) == bool(watcher.open[first])
    span = left = total * part // 10**6
    for begin, end in stretches if span else []:
        if left <= end - begin:
            assert works.add(start, span) == begin + left
            break
        left -= end - begin


@settings(max_examples=200, deadline=None)
@given(some_said, hard_days, some_offset, some_span, some_span)
def test_any_clinics_spans_add_up(
    said: Said, day: date, offset: timedelta, one: timedelta, other: timedelta
) -> None:
    holds(calendar_of(said), start_of_walk(day) + offset, one, other)


@settings(max_examples=200, deadline=None)
@given(some_said, hard_days, some_offset, st.integers(0, 12), st.integers(0, 12))
def test_office_days_end_in_open_time_and_never_before_fewer_of_them(
    said: Said, day: date, offset: timedelta, n: int, more: int
) -> None:
    works, start = calendar_of(said), start_of_walk(day) + offset
    due = works.add_days(start, n)
    assert works.is_open(due)
    assert start <= due <= works.add_days(start, n + more)
    assert n <= len(working_days(works, works.opens(start), due)) - 1 <= n + 1
    assert f"+ {n} office day" in works.explain_days(start, n)


def working_days(works: WorkCalendar, first: datetime, last: datetime) -> list[date]:
    zone = works.hours.tz
    begin, end = first.astimezone(zone).date(), last.astimezone(zone).date()
    days = [begin + timedelta(days=k) for k in range((end - begin).days + 1)]
    midnights = [datetime(day.year, day.month, day.day, tzinfo=zone) for day in days]
    return [
        day
        for day, midnight in zip(days, midnights, strict=True)
        if works.between(midnight, midnight + timedelta(days=1))
    ]

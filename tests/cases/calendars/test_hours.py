"""A clinic's hours as people write them: what is read, what is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cases.calendars.worktime import (
    Hours,
    Interval,
    WorktimeError,
    calendar,
    duty_hours,
    hours_from,
)

NINE_TO_FIVE = {"mon-fri": ["09:00-17:00"]}
NIGHTS = {"mon-sun": ["22:00-06:00"]}
NEW_YORK = "America/New_York"


def test_days_may_be_named_alone_in_ranges_and_in_lists() -> None:
    read = hours_from({"Mon,wed-thu": ["09:00 - 10:00"], "sat-sun": ["00:00-24:00"]}, NEW_YORK)
    short, long = (Interval(540, 600),), (Interval(0, 1440),)
    assert read.week == (short, (), short, short, (), long, long)


def test_a_range_of_days_may_run_over_sunday() -> None:
    read = hours_from({"sat-mon": ["09:00-10:00"]}, NEW_YORK)
    assert [bool(day) for day in read.week] == [True, False, False, False, False, True, True]


def test_equal_hours_have_one_calendar_however_they_were_written() -> None:
    one = hours_from({"mon-tue": ["13:00-17:00", "09:00-12:00"]}, NEW_YORK)
    other = hours_from(
        {"mon": ["09:00-12:00", "13:00-17:00"], "tue": ["9:00-12:00", "13:00-17:00"]}, NEW_YORK
    )
    assert calendar("office", one) is calendar("office", other)
    assert hash(one) == hash(other)


@pytest.mark.parametrize(
    ("spec", "value"),
    [
        ({"mon": ["9:00-8:00"]}, "9:00-8:00"),
        ({"mon": ["09:00-09:00"]}, "09:00-09:00"),
        ({"mon": ["09:00-25:00"]}, "09:00-25:00"),
        ({"mon": ["24:00-25:00"]}, "24:00-25:00"),
        ({"mon": ["09:00-24:01"]}, "09:00-24:01"),
        ({"mon": ["09:60-10:00"]}, "09:60-10:00"),
        ({"mon": ["9-5"]}, "9-5"),
        ({"mon": ["09:00-12:00", "11:59-13:00"]}, "overlap"),
        ({"mon": "09:00-17:00"}, "give a list"),
        ({"monday": ["09:00-17:00"]}, "monday"),
        ({"mon-": ["09:00-17:00"]}, "mon-"),
        ({"": ["09:00-17:00"]}, "names no day"),
        ({"mon-wed": ["09:00-17:00"], "tue": []}, "twice"),
        ({}, "any opening time"),
        ({"mon-sun": []}, "any opening time"),
    ],
)
def test_hours_that_cannot_be_right_are_refused(spec: dict[str, list[str]], value: str) -> None:
    with pytest.raises(WorktimeError, match=value):
        hours_from(spec, NEW_YORK)


@pytest.mark.parametrize(
    "zone", ["America/Nowhere", "America", "", "New York", "../UTC", "EST", "MST"]
)
def test_a_zone_nobody_knows_or_that_forgets_summer_is_refused(zone: str) -> None:
    with pytest.raises(WorktimeError, match=f"{zone!r} .*America/"):
        hours_from(NINE_TO_FIVE, zone)


@pytest.mark.parametrize("region", ["XX", "US-ZZ", "us", "Texas"])
def test_a_region_without_known_holidays_is_refused(region: str) -> None:
    with pytest.raises(WorktimeError, match=f"region '{region}'.*US-TX"):
        hours_from(NINE_TO_FIVE, NEW_YORK, region=region)


@pytest.mark.parametrize(
    ("more", "value"),
    [
        ({"region": "US", "open_on": ["Colombus Day"]}, "'Colombus Day'.*Columbus Day"),
        ({"open_on": ["Columbus Day"]}, "no region is set"),
        ({"region": "US", "open_on": ["2026-13-01"]}, "2026-13-01"),
        ({"days": {"Christmas": []}}, "Christmas"),
        ({"days": {datetime(2026, 12, 24, tzinfo=UTC): []}}, "no date"),
        ({"days": {"2026-12-24": ["9-12"]}}, "9-12"),
        ({"days": {"2026-12-24": [], date(2026, 12, 24): []}}, "twice"),
    ],
)
def test_exceptions_that_cannot_be_right_are_refused(more: dict[str, Any], value: str) -> None:
    with pytest.raises(WorktimeError, match=value):
        hours_from(NINE_TO_FIVE, NEW_YORK, **more)


def test_a_week_has_seven_days() -> None:
    with pytest.raises(WorktimeError, match="5 days"):
        Hours(week=((Interval(540, 600),),) * 5, zone=NEW_YORK)


# Night shifts


def test_a_night_shift_ends_on_the_day_after() -> None:
    late, early = Interval(1320, 1440), Interval(0, 360)
    assert hours_from({"fri": ["22:00-06:00"]}, NEW_YORK).week == (
        *[()] * 4, (late,), (early,), (),
    )  # fmt: skip
    assert hours_from({"sun": ["22:00-06:00"], "mon": ["08:00-12:00"]}, NEW_YORK).week[0] == (
        early,
        Interval(480, 720),
    )
    assert hours_from({"mon-sun": ["22:00-06:00"]}, NEW_YORK).week == ((early, late),) * 7


@pytest.mark.parametrize("text", ["22:00-00:00", "22:00-24:00"])
def test_a_day_that_ends_at_midnight_takes_nothing_of_the_next(text: str) -> None:
    assert hours_from({"fri": [text]}, NEW_YORK).week[4:6] == ((Interval(1320, 1440),), ())


@pytest.mark.parametrize("text", ["09:00-05:00", "12:00-12:00", "08:00-08:00", "13:00-12:30"])
def test_what_looks_like_a_slip_is_not_taken_for_a_night_shift(text: str) -> None:
    with pytest.raises(WorktimeError, match=f"'{text}'.*only a night shift, from noon or later"):
        hours_from({"mon": [text]}, NEW_YORK)


def test_a_night_shift_that_meets_the_morning_after_is_refused() -> None:
    with pytest.raises(WorktimeError, match="00:00-06:00 and 05:00-12:00 overlap"):
        hours_from({"mon": ["22:00-06:00"], "tue": ["05:00-12:00"]}, NEW_YORK)


def test_a_one_off_day_ends_at_midnight() -> None:
    with pytest.raises(WorktimeError, match="end 2026-12-24 at 24:00 and give the hours of the"):
        hours_from(NINE_TO_FIVE, NEW_YORK, days={"2026-12-24": ["22:00-06:00"]})


def test_a_closure_goes_by_the_date_on_the_clock() -> None:
    nights = calendar("office", hours_from(NIGHTS, NEW_YORK, days={"2026-12-24": []}))
    noon = datetime(2026, 12, 23, 12, tzinfo=ZoneInfo(NEW_YORK))
    assert nights.between(noon, noon + timedelta(days=1)) == timedelta(hours=2)
    assert nights.between(noon, noon + timedelta(days=2)) == timedelta(hours=2 + 6)


# Duty: when somebody minds online answers

OFFICE = hours_from({"mon-fri": ["09:00-17:00"], "sat": ["09:00-10:30"]}, NEW_YORK, region="US")


def test_duty_hours_come_besides_the_offices() -> None:
    duty = duty_hours(OFFICE, {"sat-sun": ["10:00-12:00"], "mon": ["18:00-20:00"]})
    assert duty.week[0] == (Interval(540, 1020), Interval(1080, 1200))
    assert duty.week[1:5] == OFFICE.week[1:5]
    assert duty.week[5:] == ((Interval(540, 720),), (Interval(600, 720),))
    assert (duty.zone, duty.region, duty.days) == (OFFICE.zone, OFFICE.region, OFFICE.days)


def test_duty_hours_that_touch_the_offices_are_one_with_them() -> None:
    duty = duty_hours(OFFICE, {"mon": ["08:00-09:00", "17:00-18:00"]})
    assert duty.week[0] == (Interval(480, 1080),)


def test_duty_hours_may_be_given_instead_of_the_offices_for_any_weekday() -> None:
    duty = duty_hours(
        OFFICE, {"mon-thu": ["only", "08:00-09:00", "16:00-17:00"], "fri": [], "sat": ["only"]}
    )
    assert duty.week[0] == duty.week[3] == (Interval(480, 540), Interval(960, 1020))
    assert duty.week[4:] == (OFFICE.week[4], (), ())


def test_without_duty_hours_the_offices_are_kept() -> None:
    assert duty_hours(OFFICE, {}) == OFFICE


@pytest.mark.parametrize(
    ("duty", "value"),
    [
        ({"caturday": ["10:00-12:00"]}, "names no day"),
        ({"sat": ["10-12"]}, "no opening time"),
        ({"sat": "only"}, "give a list"),
        ({"sat": ["10:00-12:00", "only"]}, "'only' is no opening time"),
        ({"mon-sun": ["only"]}, "any opening time"),
    ],
)
def test_duty_hours_that_cannot_be_right_are_refused(duty: dict[str, Any], value: str) -> None:
    with pytest.raises(WorktimeError, match=value):
        duty_hours(OFFICE, duty)


# What is out of the ordinary about a date


@pytest.mark.parametrize(
    ("day", "closed", "other"),
    [
        ("2026-11-25", "", ""),
        ("2026-11-26", "Thanksgiving Day", ""),
        ("2026-11-27", "one-off closure", ""),
        ("2026-12-24", "", "half day"),
        ("2026-12-23", "", "short day"),
        ("2026-12-26", "", "one-off hours"),
        ("2026-12-25", "", ""),
    ],
)
def test_a_date_says_why_it_is_not_like_its_weekday(day: str, closed: str, other: str) -> None:
    days: dict[str, list[str]] = {
        "2026-11-27": [],
        "2026-12-23": ["09:00-15:00"],
        "2026-12-24": ["09:00-12:00"],
        "2026-12-25": ["09:00-17:00"],
        "2026-12-26": ["09:00-12:00"],
    }
    said = hours_from(NINE_TO_FIVE, NEW_YORK, region="US", days=days)
    when = date.fromisoformat(day)
    assert (said.why_closed(when), said.why_other(when)) == (closed, other)


@pytest.mark.parametrize(
    ("region", "day", "name"),
    [
        ("US-AZ", "2026-07-03", "Independence Day (observed)"),
        ("US-HI", "2026-06-11", "Kamehameha Day"),
        ("US-PR", "2026-07-25", "Constitution Day"),
        ("US-TX", "2026-11-27", "Friday After Thanksgiving"),
        ("US", "2026-11-27", ""),
    ],
)
def test_a_region_names_its_own_holidays(region: str, day: str, name: str) -> None:
    said = hours_from(NINE_TO_FIVE, NEW_YORK, region=region)
    assert name in said.holiday(date.fromisoformat(day))
    assert bool(said.holiday(date.fromisoformat(day))) == bool(name)

"""When a clinic is open, and when a span of open time will be over."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.worktime import (
    ALWAYS,
    Hours,
    Interval,
    WorkCalendar,
    WorktimeError,
    calendar,
    hours_from,
)

NINE_TO_FIVE = {"mon-fri": ["09:00-17:00"]}
WITH_LUNCH = {"mon-fri": ["09:00-12:00", "13:00-17:00"]}
NIGHTS = {"mon-sun": ["00:00-06:00", "22:00-24:00"]}
ROUND_THE_CLOCK = {"mon-sun": ["00:00-24:00"]}
NEW_YORK = "America/New_York"


def office(spec: dict[str, list[str]], zone: str = NEW_YORK, **more: Any) -> WorkCalendar:
    return calendar("office", hours_from(spec, zone, **more))


def at(text: str, zone: str = NEW_YORK) -> datetime:
    """Read a local time; a trailing "*" means the second time the clock shows it."""
    return datetime.fromisoformat(text.rstrip("*")).replace(
        tzinfo=ZoneInfo(zone), fold=int(text.endswith("*"))
    )


def hours(n: float) -> timedelta:
    return timedelta(hours=n)


# In November 2026 the 23rd and the 30th are Mondays, Thanksgiving is the 26th.
@pytest.mark.parametrize(
    ("spec", "start", "span", "due"),
    [
        pytest.param(NINE_TO_FIVE, "2026-11-20T16:30", 1, "2026-11-23T09:30", id="over a weekend"),
        pytest.param(NINE_TO_FIVE, "2026-11-20T16:00", 1, "2026-11-20T17:00", id="to the closing"),
        pytest.param(NINE_TO_FIVE, "2026-11-20T17:00", 1, "2026-11-23T10:00", id="from a closing"),
        pytest.param(NINE_TO_FIVE, "2026-11-23T09:00", 8, "2026-11-23T17:00", id="one whole day"),
        pytest.param(NINE_TO_FIVE, "2026-11-23T03:00", 1, "2026-11-23T10:00", id="before opening"),
        pytest.param(NINE_TO_FIVE, "2026-11-22T12:00", 9, "2026-11-24T10:00", id="from a Sunday"),
        pytest.param(WITH_LUNCH, "2026-11-23T11:30", 1, "2026-11-23T13:30", id="across lunch"),
        pytest.param(WITH_LUNCH, "2026-11-23T11:30", 0.5, "2026-11-23T12:00", id="until lunch"),
        pytest.param(WITH_LUNCH, "2026-11-23T12:10", 1, "2026-11-23T14:00", id="in the lunch"),
        pytest.param(NINE_TO_FIVE, "2028-02-28T16:00", 2, "2028-02-29T10:00", id="leap day"),
        pytest.param(NINE_TO_FIVE, "2027-02-26T16:00", 2, "2027-03-01T10:00", id="no leap day"),
        pytest.param(NINE_TO_FIVE, "2026-12-31T16:00", 2, "2027-01-01T10:00", id="year end"),
        pytest.param(ROUND_THE_CLOCK, "2026-12-31T23:00", 2, "2027-01-01T01:00", id="new year"),
        pytest.param(NIGHTS, "2026-11-23T05:00", 2, "2026-11-23T23:00", id="night shift by day"),
        pytest.param(NIGHTS, "2026-11-23T23:00", 2, "2026-11-24T01:00", id="across midnight"),
    ],
)
def test_a_span_of_open_time_is_over_when_the_table_says(
    spec: dict[str, list[str]], start: str, span: float, due: str
) -> None:
    assert office(spec).add(at(start), hours(span)) == at(due)
    assert office(spec).between(at(start), at(due)) == hours(span)


@pytest.mark.parametrize(
    ("start", "span", "due"),
    [
        pytest.param("2026-03-07T22:00", 8, "2026-03-08T23:00", id="spring: 22-24, 0-6 is 7 h"),
        pytest.param("2026-03-08T01:30", 1, "2026-03-08T03:30", id="spring: the hour is skipped"),
        pytest.param("2026-10-31T22:00", 9, "2026-11-01T06:00", id="autumn: 22-24, 0-6 is 9 h"),
        pytest.param("2026-11-01T01:30", 1, "2026-11-01T01:30*", id="autumn: the hour comes twice"),
    ],
)
def test_a_night_shift_counts_the_hours_that_pass_not_those_the_clock_shows(
    start: str, span: float, due: str
) -> None:
    # In UTC, since Python holds no time of a repeated hour equal to one of another zone.
    assert office(NIGHTS).add(at(start), hours(span)) == at(due).astimezone(UTC)


def test_an_opening_the_clock_skips_in_spring_is_the_moment_of_the_jump() -> None:
    early = office({"sun": ["02:30-05:00"]})
    assert early.opens(at("2026-03-08T00:00")) == at("2026-03-08T03:00")
    assert early.between(at("2026-03-08T00:00"), at("2026-03-08T12:00")) == hours(2)


def test_a_closing_the_clock_skips_in_spring_is_the_moment_of_the_jump() -> None:
    late = office({"sun": ["01:00-02:30"]})
    assert late.between(at("2026-03-08T00:00"), at("2026-03-08T12:00")) == hours(1)
    assert not late.is_open(at("2026-03-08T03:00"))


def test_opening_hours_lost_whole_in_the_spring_gap_are_no_open_time() -> None:
    assert office({"sun": ["02:10-02:50"]}).opens(at("2026-03-08T00:00")) == at("2026-03-15T02:10")


def test_hours_within_the_repeated_hour_are_open_once() -> None:
    short = office({"sun": ["01:15-01:45"]})
    assert short.between(at("2026-11-01T00:00"), at("2026-11-01T12:00")) == timedelta(minutes=30)
    assert not short.is_open(at("2026-11-01T01:30*"))


@pytest.mark.parametrize(
    ("zone", "opening"),
    [
        ("America/New_York", "2026-07-06T13:00"),
        ("America/Denver", "2026-07-06T15:00"),
        ("America/Shiprock", "2026-07-06T15:00"),
        ("America/Phoenix", "2026-07-06T16:00"),
        ("Pacific/Honolulu", "2026-07-06T19:00"),
        ("America/Puerto_Rico", "2026-07-06T13:00"),
    ],
)
def test_nine_in_the_morning_is_nine_where_the_clinic_is(zone: str, opening: str) -> None:
    assert office(NINE_TO_FIVE, zone).opens(at("2026-07-04T12:00", zone)) == at(opening, "UTC")


def test_a_year_without_summer_time_has_nights_of_one_length() -> None:
    nights = office(NIGHTS, "America/Phoenix")
    for day in ("2026-03-08", "2026-11-01", "2026-06-01"):
        noon = at(f"{day}T12:00", "America/Phoenix")
        assert nights.between(noon - hours(24), noon) == hours(8)


def test_a_calendar_takes_times_of_any_zone_and_answers_in_utc() -> None:
    start = at("2026-11-20T16:30").astimezone(ZoneInfo("Asia/Tokyo"))
    due = office(NINE_TO_FIVE).add(start, hours(1))
    assert due == at("2026-11-23T09:30")
    assert due.tzinfo is UTC


def test_microseconds_are_kept() -> None:
    start = at("2026-11-20T16:30:00.000001")
    due = office(NINE_TO_FIVE).add(start, hours(1) + timedelta(microseconds=5))
    assert due == at("2026-11-23T09:30:00.000006")


# Holidays and one-off days


def test_a_public_holiday_is_skipped_where_the_clinic_has_a_region() -> None:
    start = at("2026-11-25T16:30")
    assert office(NINE_TO_FIVE).add(start, hours(1)) == at("2026-11-26T09:30")
    assert office(NINE_TO_FIVE, region="US").add(start, hours(1)) == at("2026-11-27T09:30")


def test_a_state_has_its_own_holidays() -> None:
    start = at("2026-11-25T16:30")
    assert office(NINE_TO_FIVE, region="US-TX").add(start, hours(1)) == at("2026-11-30T09:30")


def test_an_observed_holiday_in_the_old_year_is_closed_too() -> None:
    # New Year's Day 2028 is a Saturday, observed on the Friday before.
    due = office(NINE_TO_FIVE, region="US").add(at("2027-12-30T16:30"), hours(1))
    assert due == at("2028-01-03T09:30")


@pytest.mark.parametrize("switched_off", [date(2026, 10, 12), "2026-10-12", "Columbus Day"])
def test_a_holiday_can_be_switched_off(switched_off: date | str) -> None:
    start = at("2026-10-12T10:00")
    assert not office(NINE_TO_FIVE, region="US").is_open(start)
    assert office(NINE_TO_FIVE, region="US", open_on=[switched_off]).is_open(start)


def test_a_holiday_switched_off_by_name_is_so_every_year_and_when_observed() -> None:
    works = office(NINE_TO_FIVE, region="US", open_on=["Independence Day"])
    for day in ("2025-07-04", "2026-07-03", "2027-07-05"):
        assert works.is_open(at(f"{day}T10:00"))
    assert not works.is_open(at("2026-11-26T10:00"))


def test_a_day_of_two_holidays_stays_closed_for_the_one_still_kept() -> None:
    # In Texas the 19th of January 2026 is Martin Luther King's and Confederate Memorial Day.
    one, both = ["Confederate Memorial Day"], ["Martin Luther King Jr. Day"]
    start = at("2026-01-19T10:00")
    assert not office(NINE_TO_FIVE, region="US-TX", open_on=one).is_open(start)
    assert office(NINE_TO_FIVE, region="US-TX", open_on=one + both).is_open(start)


def test_holiday_names_do_not_change_with_the_language_of_the_server(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LANGUAGE", "th")
    assert hours_from(NINE_TO_FIVE, NEW_YORK, region="US-GU").holiday(date(2031, 11, 27)) == (
        "Thanksgiving Day"
    )


def test_a_half_day_ends_early() -> None:
    half = office(NINE_TO_FIVE, days={"2026-12-24": ["09:00-12:00"]})
    assert half.add(at("2026-12-24T11:30"), hours(1)) == at("2026-12-25T09:30")


def test_a_one_off_closure_is_closed() -> None:
    shut = office(NINE_TO_FIVE, days={date(2026, 11, 24): []})
    assert shut.add(at("2026-11-23T16:30"), hours(1)) == at("2026-11-25T09:30")


def test_one_off_hours_win_over_a_holiday_and_over_a_free_weekday() -> None:
    extra = {"2026-11-26": ["10:00-11:00"], "2026-11-28": ["10:00-11:00"]}
    works = office(NINE_TO_FIVE, region="US", days=extra)
    assert works.opens(at("2026-11-25T18:00")) == at("2026-11-26T10:00")
    assert works.opens(at("2026-11-27T18:00")) == at("2026-11-28T10:00")


# Opening and being open


def test_an_opening_minute_is_open_and_a_closing_minute_is_not() -> None:
    works = office(WITH_LUNCH)
    moments = ["09:00", "11:59:59.999999", "12:00", "13:00", "17:00"]
    opened = [works.is_open(at(f"2026-11-23T{moment}")) for moment in moments]
    assert opened == [True, True, False, True, False]


def test_round_the_clock_hours_have_no_seam_at_the_year_end() -> None:
    ghana = "Africa/Accra"  # asked about by no other test, so that its table ends with 2026
    around = office(ROUND_THE_CLOCK, ghana)
    assert around.is_open(at("2026-12-31T23:59", ghana))
    assert around.is_open(at("2027-01-01T00:00", ghana))


def test_an_empty_span_ends_at_the_next_opening() -> None:
    works = office(WITH_LUNCH)
    assert works.add(at("2026-11-23T10:00"), hours(0)) == at("2026-11-23T10:00")
    assert works.add(at("2026-11-23T12:00"), hours(0)) == at("2026-11-23T13:00")


def test_no_open_time_passes_backwards() -> None:
    assert office(WITH_LUNCH).between(at("2026-11-24T10:00"), at("2026-11-23T10:00")) == hours(0)


def test_a_past_year_asked_after_a_later_one_gives_the_same_answers() -> None:
    works = WorkCalendar("office", hours_from({"mon-fri": ["09:01-17:00"]}, NEW_YORK))
    later = works.add(at("2026-11-20T16:30"), hours(1))
    assert works.add(at("2019-11-22T16:30"), hours(1)) == at("2019-11-25T09:31")
    assert works.add(at("2026-11-20T16:30"), hours(1)) == later
    day = timedelta(hours=7, minutes=59)
    assert works.between(at("2019-01-01T00:00"), at("2020-01-01T00:00")) == day * 261


def test_a_long_span_crosses_many_years() -> None:
    assert office(NINE_TO_FIVE).add(at("2018-01-01T09:00"), hours(8) * 261) == (
        at("2018-12-31T17:00")
    )
    assert office(NINE_TO_FIVE).add_days(at("2018-01-01T09:00"), 261 * 2) == at("2020-01-01T09:00")


# Office days


@pytest.mark.parametrize(
    ("start", "n", "due"),
    [
        pytest.param("2026-11-20T16:30", 1, "2026-11-23T16:30", id="over a weekend"),
        pytest.param("2026-11-21T10:00", 1, "2026-11-24T09:00", id="from a Saturday"),
        pytest.param("2026-11-21T10:00", 0, "2026-11-23T09:00", id="none from a Saturday"),
        pytest.param("2026-11-23T10:00", 0, "2026-11-23T10:00", id="none from open time"),
        pytest.param("2026-11-23T17:00", 1, "2026-11-25T09:00", id="from a closing"),
        pytest.param("2026-11-23T10:00:00.000007", 3, "2026-11-27T10:00:00.000007", id="holiday"),
        pytest.param("2026-12-31T10:00", 1, "2027-01-04T10:00", id="over the new year"),
        pytest.param("2026-12-23T16:30", 1, "2026-12-28T09:00", id="into a half day's afternoon"),
    ],
)
def test_an_office_day_is_the_same_time_on_the_next_working_day(
    start: str, n: int, due: str
) -> None:
    works = office(NINE_TO_FIVE, region="US", days={"2026-12-24": ["09:00-12:00"]})
    assert works.add_days(at(start), n) == at(due)


def test_an_office_day_that_ends_in_a_lunch_ends_when_the_lunch_does() -> None:
    works = office({"mon": ["09:00-17:00"], "tue-fri": ["09:00-12:00", "13:00-17:00"]})
    assert works.add_days(at("2026-11-23T12:30"), 1) == at("2026-11-24T13:00")


def test_an_office_day_over_the_change_of_clocks_keeps_its_time_of_day() -> None:
    works = office({"mon-sun": ["09:00-17:00"]})
    assert works.add_days(at("2026-03-07T10:00"), 1) == at("2026-03-08T10:00")
    assert works.add_days(at("2026-10-31T10:00"), 1) == at("2026-11-01T10:00")


def test_an_office_day_into_the_repeated_hour_ends_when_it_is_first_shown() -> None:
    due = office(ROUND_THE_CLOCK).add_days(at("2026-11-01T01:30*"), 371)
    assert due == at("2027-11-07T01:30").astimezone(UTC)


# Round the clock


def test_always_is_plain_arithmetic_on_the_instant_line() -> None:
    start = at("2026-03-07T22:00")
    assert ALWAYS.add(start, hours(8)) == start.astimezone(UTC) + hours(8)
    assert ALWAYS.add_days(start, 2) == start.astimezone(UTC) + hours(48)
    assert ALWAYS.between(start, ALWAYS.add(start, hours(8))) == hours(8)
    assert ALWAYS.between(ALWAYS.add(start, hours(8)), start) == hours(0)
    assert ALWAYS.opens(start) == start
    assert ALWAYS.is_open(start)
    assert (ALWAYS.name, ALWAYS.add(start, hours(0)).tzinfo) == ("always", UTC)


def test_always_says_so() -> None:
    told = ALWAYS.explain(at("2026-11-27T16:30"), hours(1))
    assert told == "Fri Nov 27 21:30 UTC + 1 h, round the clock: due Fri Nov 27 22:30 UTC"
    assert "24 h" in ALWAYS.explain_days(at("2026-11-27T16:30"), 1)


# In words


@pytest.mark.parametrize(
    ("start", "span", "words"),
    [
        (
            "2026-11-27T16:30",
            4,
            "Fri 16:30 + 4 office hours: 30 min today, closed Sat, Sun; Mon 09:00-12:30; "
            "due Mon Nov 30 12:30",
        ),
        (
            "2026-11-25T16:30",
            1,
            "Wed 16:30 + 1 office hour: 30 min today, closed Thu (Thanksgiving Day); "
            "Fri 09:00-09:30; due Fri Nov 27 09:30",
        ),
        (
            "2026-11-27T18:00",
            1.5,
            "Fri 18:00 + 1 h 30 min of office time: nothing left today, closed Sat, Sun; "
            "Mon 09:00-10:30; due Mon Nov 30 10:30",
        ),
        (
            "2026-11-28T10:00",
            0,
            "Sat 10:00 + 0 office hours: closed Sat, Sun; due Mon Nov 30 09:00",
        ),
        ("2026-11-27T10:00", 0, "Fri 10:00 + 0 office hours: due Fri Nov 27 10:00"),
        (
            "2026-12-01T16:00",
            2,
            "Tue 16:00 + 2 office hours: 1 h today, closed Wed (one-off closure); "
            "Thu 09:00-10:00; due Thu Dec 3 10:00",
        ),
        (
            "2026-12-18T16:00",
            80,
            "Fri 16:00 + 80 office hours: 1 h today; 9 open days, closed Fri Dec 25 "
            "(Christmas Day), Fri Jan 1 (New Year's Day); Tue Jan 5 09:00-16:00; "
            "due Tue Jan 5 16:00",
        ),
        (
            "2026-11-30T16:00",
            42,
            "Mon 16:00 + 42 office hours: 1 h today; Tue 09:00-17:00, closed Wed (one-off "
            "closure); Thu 09:00-17:00; Fri 09:00-17:00, closed Sat, Sun; Mon Dec 7 "
            "09:00-17:00; Tue Dec 8 09:00-17:00; Wed Dec 9 09:00-10:00; due Wed Dec 9 10:00",
        ),
    ],
)
def test_a_due_time_is_explained_day_by_day(start: str, span: float, words: str) -> None:
    works = office(NINE_TO_FIVE, region="US", days={"2026-12-02": []})
    assert works.explain(at(start), hours(span)) == words


def test_a_lunch_and_a_midnight_are_explained() -> None:
    told = office(WITH_LUNCH).explain(at("2026-11-20T17:30"), hours(5))
    assert "Mon 09:00-12:00, 13:00-15:00; due Mon Nov 23 15:00" in told
    told = office(NIGHTS).explain(at("2026-11-23T12:00"), hours(2))
    assert told == "Mon 12:00 + 2 office hours: 2 h today; due Mon Nov 23 24:00"


def test_office_days_are_explained() -> None:
    told = office(NINE_TO_FIVE).explain_days(at("2026-11-20T16:30"), 1)
    assert told == (
        "Fri 16:30 + 1 office day: 30 min today, closed Sat, Sun; Mon 09:00-16:30; "
        "due Mon Nov 23 16:30"
    )


def test_a_calendar_is_explained_under_its_own_name() -> None:
    duty = calendar("duty", hours_from(NINE_TO_FIVE, NEW_YORK))
    assert duty.explain(at("2026-11-20T10:00"), hours(2)).startswith(
        "Fri 10:00 + 2 duty hours: 2 h"
    )


# Reading hours


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
        office(NINE_TO_FIVE, **more)


def test_a_week_has_seven_days() -> None:
    with pytest.raises(WorktimeError, match="5 days"):
        Hours(week=((Interval(540, 600),),) * 5, zone=NEW_YORK)


# What no calendar answers


@pytest.mark.parametrize("works", [office(NINE_TO_FIVE), ALWAYS])
def test_a_naive_time_is_refused_by_its_name(works: WorkCalendar) -> None:
    naive, aware = datetime(2026, 11, 20), at("2026-11-20T10:00")  # noqa: DTZ001
    with pytest.raises(ValueError, match="start must be a time with a zone"):
        works.add(naive, hours(1))
    with pytest.raises(ValueError, match="start must"):
        works.add_days(naive, 1)
    with pytest.raises(ValueError, match="a must"):
        works.between(naive, aware)
    with pytest.raises(ValueError, match="b must"):
        works.between(aware, naive)
    with pytest.raises(ValueError, match="at must"):
        works.opens(naive)
    with pytest.raises(ValueError, match="at must"):
        works.is_open(naive)
    with pytest.raises(ValueError, match="start must"):
        works.explain(naive, hours(1))


@pytest.mark.parametrize("works", [office(NINE_TO_FIVE), ALWAYS])
def test_a_negative_span_is_refused(works: WorkCalendar) -> None:
    with pytest.raises(WorktimeError, match="negative"):
        works.add(at("2026-11-20T10:00"), timedelta(microseconds=-1))
    with pytest.raises(WorktimeError, match="forward"):
        works.add_days(at("2026-11-20T10:00"), -1)


def test_years_whose_holidays_nobody_knows_are_refused_not_taken_for_workdays() -> None:
    works = office({"mon": ["09:00-17:00"]}, region="US")
    with pytest.raises(WorktimeError, match=r"2101 is out of reach.*1900 to 2100"):
        works.add(at("2100-12-20T10:00"), hours(80))
    with pytest.raises(WorktimeError, match="2101"):
        works.hours.on(date(2101, 7, 4))


@pytest.mark.parametrize("end", ["0001-01-01T00:00", "9999-12-31T23:59:59.999999"])
@pytest.mark.parametrize("zone", ["Pacific/Honolulu", "Pacific/Auckland", "UTC"])
def test_the_ends_of_time_are_refused(end: str, zone: str) -> None:
    with pytest.raises(WorktimeError, match="check the date"):
        office(NINE_TO_FIVE).opens(at(end, zone))


def test_a_span_typed_with_a_few_zeros_too_many_is_refused() -> None:
    with pytest.raises(WorktimeError, match="check the date and the span"):
        office(NINE_TO_FIVE).add(at("2190-11-20T10:00"), timedelta.max)
    with pytest.raises(WorktimeError, match="check the date and the span"):
        ALWAYS.add(at("2026-11-20T10:00"), timedelta.max)


# Laws, held against an oracle that looks at the clock on the wall every minute

FEDERAL = {
    date.fromisoformat(day)
    for day in [
        "2026-01-01",
        "2026-01-19",
        "2026-02-16",
        "2026-05-25",
        "2026-06-19",
        "2026-07-03",
        "2026-07-04",
        "2026-09-07",
        "2026-10-12",
        "2026-11-11",
        "2026-11-26",
        "2026-12-25",
        "2027-01-01",
        "2027-01-18",
    ]
}
ZONES = [
    "America/New_York",
    "America/Denver",
    "America/Phoenix",
    "Pacific/Honolulu",
    "America/Puerto_Rico",
    "America/St_Johns",
    "Australia/Lord_Howe",  # jumps by half an hour
]
MINUTE = timedelta(minutes=1)
SPAN_OF_ORACLE = timedelta(days=6)

bounds = st.lists(st.integers(0, 1440), max_size=6, unique=True).map(sorted)
a_day = bounds.map(
    lambda marks: tuple(Interval(a, b) for a, b in zip(marks[::2], marks[1::2], strict=False))
)
one_off_days = st.dictionaries(st.dates(date(2026, 1, 1), date(2027, 1, 8)), a_day, max_size=2)
some_hours = st.builds(
    Hours,
    week=st.tuples(*[a_day] * 7).filter(any),
    zone=st.sampled_from(ZONES),
    region=st.sampled_from(["", "US"]),
    days=one_off_days.map(lambda days: tuple(days.items())),
)
near_a_hard_day = st.builds(
    lambda day, offset: datetime.fromisoformat(day).replace(tzinfo=UTC) + offset,
    st.sampled_from(["2026-03-07", "2026-10-31", "2026-11-25", "2026-12-30", "2026-04-04"]),
    st.timedeltas(timedelta(0), timedelta(days=2)),
)
some_start = near_a_hard_day | st.datetimes(
    datetime(2026, 1, 2),  # noqa: DTZ001
    datetime(2026, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)
# Two of them stay in reach even of a clinic that opens one minute a week.
some_span = st.timedeltas(timedelta(0), timedelta(days=1))


def open_minutes(given_hours: Hours, start: datetime) -> list[datetime]:
    """Return each open minute of the six days from `start` on, by looking at the clock.

    A clock put back shows times it has shown before: those count as the latest time so far.
    """
    zone = ZoneInfo(given_hours.zone)
    minute = start.replace(second=0, microsecond=0) - timedelta(hours=3)
    latest, marked, found = minute.astimezone(zone).replace(tzinfo=None), None, []
    while minute < start + SPAN_OF_ORACLE:
        shown = minute.astimezone(zone).replace(tzinfo=None)
        if marked is None or shown.day != latest.day:
            intervals = said_of(given_hours, max(latest, shown).date())
            marked = {number for each in intervals for number in range(each.start, each.end)}
        latest = max(latest, shown)
        if latest.hour * 60 + latest.minute in marked and minute + MINUTE > start:
            found.append(minute)
        minute += MINUTE
    return found


def said_of(given_hours: Hours, day: date) -> tuple[Interval, ...]:
    one_off = dict(given_hours.days)
    if day in one_off:
        return one_off[day]
    closed = given_hours.region == "US" and day in FEDERAL
    return () if closed else given_hours.week[day.weekday()]


@settings(max_examples=300, deadline=None)
@given(some_hours, some_start, st.integers(0, 10**6))
def test_a_calendar_agrees_with_somebody_who_watches_the_clock(
    given_hours: Hours, start: datetime, part: int
) -> None:
    works = calendar("office", given_hours)
    minutes = open_minutes(given_hours, start)
    stretches = [(max(start, minute), minute + MINUTE) for minute in minutes]
    total = sum((end - begin for begin, end in stretches), timedelta())
    span = left = total * part // 10**6
    if minutes:
        assert works.opens(start) == stretches[0][0]
    assert works.is_open(start) == (bool(minutes) and stretches[0][0] == start)
    for begin, end in stretches if span else []:
        if left <= end - begin:
            assert works.add(start, span) == begin + left
            break
        left -= end - begin
    end = start.replace(second=0, microsecond=0) + SPAN_OF_ORACLE
    seen = sum((min(stop, end) - begin for begin, stop in stretches if begin < end), timedelta())
    assert works.between(start, end) == seen


@settings(max_examples=300, deadline=None)
@given(some_hours, some_start, some_span, some_span)
def test_spans_add_up_and_what_was_added_can_be_measured(
    given_hours: Hours, start: datetime, one: timedelta, other: timedelta
) -> None:
    works = calendar("office", given_hours)
    due = works.add(start, one)
    assert works.between(start, due) == one
    assert due <= works.add(start, one + other)
    assert due <= works.add(start + other, one)
    if other:
        assert works.add(due, other) == works.add(start, one + other)
    if one:
        assert works.is_open(due - timedelta(microseconds=1))


@settings(max_examples=300, deadline=None)
@given(some_hours, some_start, st.integers(0, 12), st.integers(0, 12))
def test_office_days_end_in_open_time_and_never_before_fewer_of_them(
    given_hours: Hours, start: datetime, n: int, more: int
) -> None:
    works = calendar("office", given_hours)
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

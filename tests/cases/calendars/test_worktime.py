"""When a clinic is open, and when a span of open time will be over."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cases.calendars.worktime import (
    ALWAYS,
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


@pytest.mark.parametrize(
    ("end", "span", "begin"),
    [
        pytest.param("2026-11-23T09:30", 1, "2026-11-20T16:30", id="over a weekend"),
        pytest.param("2026-11-23T10:00", 1, "2026-11-23T09:00", id="from the opening"),
        pytest.param("2026-11-23T09:00", 1, "2026-11-20T16:00", id="at an opening"),
        pytest.param("2026-11-21T12:00", 8, "2026-11-20T09:00", id="from a Saturday"),
        pytest.param("2026-11-27T09:30", 1, "2026-11-25T16:30", id="over Thanksgiving"),
        pytest.param("2026-01-02T10:00", 2, "2025-12-31T16:00", id="over the year's end"),
        pytest.param("2028-03-01T09:30", 1, "2028-02-29T16:30", id="to a leap day"),
        pytest.param("2026-11-23T10:00", 0, "2026-11-23T10:00", id="nothing, in open time"),
        pytest.param("2026-11-23T09:00", 0, "2026-11-20T17:00", id="nothing, at an opening"),
        pytest.param("2026-11-22T09:00", 0, "2026-11-20T17:00", id="nothing, on a Sunday"),
    ],
)
def test_a_span_is_taken_off_in_open_time(end: str, span: float, begin: str) -> None:
    works = office(NINE_TO_FIVE, region="US")
    assert works.subtract(at(end), hours(span)) == at(begin)
    assert works.between(at(begin), at(end)) == hours(span)


def test_what_lies_before_all_years_known_is_refused() -> None:
    # Asked by no other test, so that its table begins here and has to grow.
    works = office({"mon": ["08:00-08:10"]}, "America/Boise")
    with pytest.raises(WorktimeError, match=r"1899 is out of reach.*1900 to 2200"):
        works.subtract(at("1900-03-01T10:00"), hours(10))
    with pytest.raises(WorktimeError, match=r"1899 is out of reach"):
        works.subtract(at("1900-01-01T02:00"), hours(0))


# Pauses


@pytest.mark.parametrize(
    ("paused", "due"),
    [
        pytest.param([], "2026-11-23T13:00", id="none"),
        pytest.param([("10:00", "11:30")], "2026-11-23T14:30", id="one"),
        pytest.param([("10:00", "11:00"), ("12:00", "12:30")], "2026-11-23T14:30", id="two"),
        pytest.param([("12:00", "12:30"), ("10:00", "11:00")], "2026-11-23T14:30", id="any order"),
        pytest.param(
            [("10:00", "11:00"), ("10:30", "11:30")], "2026-11-23T14:30", id="overlapping"
        ),
        pytest.param([("10:00", "12:00"), ("10:30", "11:00")], "2026-11-23T15:00", id="nested"),
        pytest.param([("08:00", "09:30")], "2026-11-23T13:30", id="from before the start"),
        pytest.param([("07:00", "09:00")], "2026-11-23T13:00", id="before the start"),
        pytest.param([("13:00", "16:00")], "2026-11-23T13:00", id="when all is over"),
        pytest.param([("12:59", "16:00")], "2026-11-23T16:01", id="a minute before the end"),
        pytest.param([("09:00", "17:00")], "2026-11-24T13:00", id="the whole day"),
        pytest.param([("11:00", "11:00")], "2026-11-23T13:00", id="of no length"),
        pytest.param([("12:00", "11:00")], "2026-11-23T13:00", id="that ends before it begins"),
    ],
)
def test_a_pause_moves_the_end_on_by_the_open_time_in_it(
    paused: list[tuple[str, str]], due: str
) -> None:
    stretches = [(at(f"2026-11-23T{a}"), at(f"2026-11-23T{b}")) for a, b in paused]
    start = at("2026-11-23T09:00")
    assert office(NINE_TO_FIVE).add(start, hours(4), stretches) == at(due)


def test_a_pause_over_a_closed_night_costs_only_the_open_time() -> None:
    pause = at("2026-11-20T16:00"), at("2026-11-23T10:00")
    due = office(NINE_TO_FIVE).add(at("2026-11-20T15:00"), hours(2), [pause])
    assert due == at("2026-11-23T11:00")


def test_round_the_clock_every_paused_minute_counts() -> None:
    pauses = [(at("2026-11-20T23:00"), at("2026-11-21T05:00")), (at("2026-11-21T04:00"),) * 2]
    assert ALWAYS.add(at("2026-11-20T22:00"), hours(2), pauses) == at("2026-11-21T06:00")
    assert ALWAYS.subtract(at("2026-11-20T22:00"), hours(30)) == at("2026-11-19T16:00")


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
    assert "+ 1 day, round the clock" in ALWAYS.explain_days(at("2026-11-27T16:30"), 1)


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
    with pytest.raises(ValueError, match="end must"):
        works.subtract(naive, hours(1))
    with pytest.raises(ValueError, match="paused must"):
        works.add(aware, hours(1), [(naive, aware)])
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
    with pytest.raises(WorktimeError, match="negative"):
        works.subtract(at("2026-11-20T10:00"), timedelta(microseconds=-1))
    with pytest.raises(WorktimeError, match="forward"):
        works.add_days(at("2026-11-20T10:00"), -1)


def test_years_whose_holidays_nobody_knows_are_refused_not_taken_for_workdays() -> None:
    works = office({"mon": ["09:00-17:00"]}, region="US")
    with pytest.raises(WorktimeError, match=r"2101 is out of reach.*1900 to 2100"):
        works.add(at("2100-12-20T10:00"), hours(80))
    with pytest.raises(WorktimeError, match="2101"):
        works.hours.on(date(2101, 7, 4))


def test_a_calendar_that_reaches_past_what_was_laid_out_grows_and_keeps_the_holidays() -> None:
    works = office({"mon-fri": ["09:00-16:59"]}, region="US")
    assert works.opens(at("2026-11-26T10:00")) == at("2026-11-27T09:00")
    for year in (2027, 2040, 2100, 2019):
        works.add(at(f"{year}-01-10T10:00"), hours(1))
        christmas = datetime(year, 12, 25, 10, tzinfo=ZoneInfo(NEW_YORK))
        assert not works.is_open(christmas)


def test_the_navajo_nation_keeps_summer_time_inside_an_arizona_that_does_not() -> None:
    winter, summer = at("2026-01-12T12:00", "UTC"), at("2026-07-13T12:00", "UTC")
    arizona, navajo = (office(NINE_TO_FIVE, z) for z in ("America/Phoenix", "America/Shiprock"))
    assert arizona.opens(winter) == navajo.opens(winter)
    assert arizona.opens(summer) - navajo.opens(summer) == hours(1)


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
    with pytest.raises(WorktimeError, match="check the date and the span"):
        ALWAYS.add(at("9999-12-30T10:00"), hours(48))
    with pytest.raises(WorktimeError, match="check the date and the span"):
        ALWAYS.subtract(at("0001-01-02T10:00"), hours(48))

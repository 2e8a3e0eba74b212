"""How a due time came about, in words and to the minute."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cases.calendars.worktime import ALWAYS, WorkCalendar, calendar, hours_from

NINE_TO_FIVE = {"mon-fri": ["09:00-17:00"]}
WITH_LUNCH = {"mon-fri": ["09:00-12:00", "13:00-17:00"]}
NIGHTS = {"mon-sun": ["22:00-06:00"]}
NEW_YORK = "America/New_York"


def office(spec: dict[str, list[str]], zone: str = NEW_YORK, **more: Any) -> WorkCalendar:
    return calendar("office", hours_from(spec, zone, **more))


def at(text: str, zone: str = NEW_YORK) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def hours(n: float) -> timedelta:
    return timedelta(hours=n)


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


@pytest.mark.parametrize(
    ("start", "span", "words"),
    [
        pytest.param(
            "2026-12-23T16:00",
            8,
            "Wed 16:00 + 8 office hours: 1 h today; Thu 09:00-12:00 (half day), closed Fri "
            "(Christmas Day), Sat, Sun; Mon 09:00-13:00; due Mon Dec 28 13:00",
            id="a half day and a holiday",
        ),
        pytest.param(
            "2026-12-24T10:00",
            3,
            "Thu 10:00 + 3 office hours: 2 h today (half day), closed Fri (Christmas Day), Sat, "
            "Sun; Mon 09:00-10:00; due Mon Dec 28 10:00",
            id="a half day today",
        ),
        pytest.param(
            "2026-11-27T16:30",
            4,
            "Fri 16:30 + 4 office hours: 30 min today; Sat 10:00-11:00 (one-off hours), closed "
            "Sun; Mon 09:00-11:30; due Mon Nov 30 11:30",
            id="hours on a free day",
        ),
        pytest.param(
            "2026-11-23T16:00",
            80,
            "Mon 16:00 + 80 office hours: 1 h today; 10 open days with Tue Nov 24 (short day), "
            "Sat Nov 28 (one-off hours), closed Thu Nov 26 (Thanksgiving Day); "
            "Tue Dec 8 09:00-16:00; due Tue Dec 8 16:00",
            id="two weeks and more",
        ),
    ],
)
def test_days_with_hours_of_their_own_are_named(start: str, span: float, words: str) -> None:
    days = {
        "2026-11-24": ["09:00-16:00"],
        "2026-11-28": ["10:00-11:00"],
        "2026-12-24": ["09:00-12:00"],
    }
    works = office(NINE_TO_FIVE, region="US", days=days)
    assert works.explain(at(start), hours(span)) == words


def test_a_holiday_that_is_kept_open_is_no_closure_in_the_words_either() -> None:
    start = at("2026-10-09T16:00")
    told = office(NINE_TO_FIVE, region="US").explain(start, hours(2))
    assert "closed Sat, Sun, Mon (Columbus Day); Tue 09:00-10:00" in told
    told = office(NINE_TO_FIVE, region="US", open_on=["Columbus Day"]).explain(start, hours(2))
    assert "closed Sat, Sun; Mon 09:00-10:00" in told


@pytest.mark.parametrize(
    ("start", "span", "zone", "words"),
    [
        pytest.param(
            "2026-03-07T23:00",
            6,
            NEW_YORK,
            "Sat 23:00 + 6 office hours: 1 h today; Sun 00:00-06:00 (clocks go forward 1 h); "
            "due Sun Mar 8 06:00",
            id="spring",
        ),
        pytest.param(
            "2026-10-31T21:00",
            9,
            NEW_YORK,
            "Sat 21:00 + 9 office hours: 2 h today; Sun 00:00-06:00 (clocks go back 1 h); "
            "due Sun Nov 1 06:00",
            id="autumn",
        ),
        pytest.param(
            "2026-03-08T01:00",
            4,
            NEW_YORK,
            "Sun 01:00 + 4 office hours: 4 h today (clocks go forward 1 h); due Sun Mar 8 06:00",
            id="the same night",
        ),
        pytest.param(
            "2026-10-03T23:00",
            6,
            "Australia/Lord_Howe",
            "Sat 23:00 + 6 office hours: 1 h today; Sun 00:00-05:30 (clocks go forward 30 min); "
            "due Sun Oct 4 05:30",
            id="half an hour",
        ),
        pytest.param(
            "2026-03-07T23:00",
            6,
            "America/Phoenix",
            "Sat 23:00 + 6 office hours: 1 h today; Sun 00:00-05:00; due Sun Mar 8 05:00",
            id="Arizona",
        ),
    ],
)
def test_a_night_in_which_the_clocks_change_is_named(
    start: str, span: float, zone: str, words: str
) -> None:
    assert office(NIGHTS, zone).explain(at(start, zone), hours(span)) == words


def test_by_day_nobody_is_told_of_clocks_that_changed_at_night() -> None:
    told = office({"mon-sun": ["09:00-17:00"]}).explain(at("2026-03-07T16:00"), hours(2))
    assert told == "Sat 16:00 + 2 office hours: 1 h today; Sun 09:00-10:00; due Sun Mar 8 10:00"


def test_hours_that_the_clocks_skip_are_said_to_be_lost() -> None:
    works = office({"sun": ["02:10-02:50"], "mon": ["09:00-10:00"]})
    assert works.explain(at("2026-03-07T23:00"), hours(1)) == (
        "Sat 23:00 + 1 office hour: closed Sat, no open time Sun (clocks go forward 1 h); "
        "Mon 09:00-10:00; due Mon Mar 9 10:00"
    )


def test_the_parts_add_up_in_whole_minutes_whatever_the_seconds() -> None:
    told = office(NINE_TO_FIVE).explain(at("2026-11-27T16:30:40"), hours(4))
    assert "30 min today, closed Sat, Sun; Mon 09:00-12:30; due Mon Nov 30 12:30" in told


@pytest.mark.parametrize(
    ("paused", "words"),
    [
        pytest.param(
            ("2026-11-23T16:30", "2026-11-25T12:00"),
            "30 min today; Wed 12:00-17:00, closed Thu (Thanksgiving Day); Fri 09:00-11:30; "
            "paused Mon Nov 23 16:30 to Wed Nov 25 12:00; due Fri Nov 27 11:30",
            id="over two nights",
        ),
        pytest.param(
            ("2026-11-23T15:00", "2026-11-24T12:00"),
            "Tue 12:00-17:00; Wed 09:00-12:00; "
            "paused Mon Nov 23 15:00 to Tue Nov 24 12:00; due Wed Nov 25 12:00",
            id="from before the start",
        ),
        pytest.param(
            ("2026-11-24T10:00", "2026-11-24T10:30"),
            "1 h today; Tue 09:00-10:00, 10:30-16:30; "
            "paused Tue Nov 24 10:00 to 10:30; due Tue Nov 24 16:30",
            id="within a day",
        ),
        pytest.param(
            ("2026-11-25T10:00", "2026-11-27T10:30"),
            "1 h today; Tue 09:00-16:00; due Tue Nov 24 16:00",
            id="after all was over",
        ),
    ],
)
def test_a_pause_is_told_with_what_it_leaves(paused: tuple[str, str], words: str) -> None:
    works, stretch = office(NINE_TO_FIVE, region="US"), (at(paused[0]), at(paused[1]))
    told = works.explain(at("2026-11-23T16:00"), hours(8), [stretch])
    assert told == f"Mon 16:00 + 8 office hours: {words}"


def test_office_days_are_explained_with_their_pauses() -> None:
    stretch = at("2026-11-20T16:45"), at("2026-11-23T09:15")
    told = office(NINE_TO_FIVE).explain_days(at("2026-11-20T16:30"), 1, [stretch])
    assert told == (
        "Fri 16:30 + 1 office day: 15 min today, closed Sat, Sun; Mon 09:15-17:00; "
        "paused Fri Nov 20 16:45 to Mon Nov 23 09:15; due Mon Nov 23 17:00"
    )


def test_round_the_clock_is_explained_where_the_reader_is() -> None:
    zone, start = ZoneInfo(NEW_YORK), at("2026-03-07T22:00")
    assert ALWAYS.explain(start, hours(8), zone=zone) == (
        "Sat Mar 7 22:00 + 8 h, round the clock: clocks go forward 1 h; due Sun Mar 8 07:00"
    )
    assert ALWAYS.explain_days(start, 7, zone=zone) == (
        "Sat Mar 7 22:00 + 7 days, round the clock: clocks go forward 1 h; due Sat Mar 14 23:00"
    )
    paused = [(at("2026-11-20T22:30"), at("2026-11-21T00:10"))]
    assert ALWAYS.explain(at("2026-11-20T22:00"), hours(1), paused, zone) == (
        "Fri Nov 20 22:00 + 1 h, round the clock: "
        "paused Fri Nov 20 22:30 to Sat Nov 21 00:10; due Sat Nov 21 00:40"
    )


def test_a_calendar_is_explained_under_its_own_name() -> None:
    duty = calendar("duty", hours_from(NINE_TO_FIVE, NEW_YORK))
    assert duty.explain(at("2026-11-20T10:00"), hours(2)).startswith(
        "Fri 10:00 + 2 duty hours: 2 h"
    )

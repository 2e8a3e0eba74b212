"""Which hours break a promise, by how much, and what would mend it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from cases.calendars.hours import WorktimeError
from cases.casefile import calendars
from cases.playbooks.mending import lateness, mend
from cases.playbooks.playbook import PRACTICE, Playbook, parse_playbook, read_playbook, ready_made
from cases.playbooks.shortfalls import holiday_shortfalls, shortfalls
from tests.builders import DAY, PLAYBOOK, T0, a_clinic

TEXT = PRACTICE.read_text("utf-8")
FRIDAY = datetime(2026, 11, 27, 21, 30, tzinfo=UTC)  # 16:30 at Elm Street
TWELVE_HOURS = """
[[overrides]]
when = {platform = "facebook"}
[overrides.clocks.acknowledge]
promise = "2 days"

[[overrides]]
when = {clinic = "harbor"}
[overrides.clocks.acknowledge]
promise = "1 minute"

[[overrides]]
when = {severity = "grave"}
[overrides.clocks.acknowledge]
promise = "23 hours"
"""


def promising(span: str) -> Playbook:
    """Return the playbook with another public promise than one day."""
    return parse_playbook(
        PRACTICE.read_text("utf-8").replace('promise = "1 day"', f'promise = "{span}"')
    )


def late(kind: str, playbook: Playbook = PLAYBOOK) -> list[str]:
    return [str(each) for each in shortfalls(playbook, a_clinic()) if each.kind == kind]


def test_the_hours_that_break_a_promise_are_told_as_one_stretch():
    assert late("acknowledge") == [
        "Fri 15:00 - Sun 13:00: later than promised by up to 23 h",
    ]
    assert late("answer") == ["Fri 16:00 - Sun 10:00: later than promised by up to 41 h"]


def test_a_stretch_goes_on_from_sunday_night_into_monday():
    hasty = promising("12 hours")
    assert late("acknowledge", hasty) == [
        "Mon 13:00 - Tue 01:00: later than promised by up to 8 h",
        "Tue 13:00 - Wed 01:00: later than promised by up to 8 h",
        "Wed 13:00 - Thu 01:00: later than promised by up to 8 h",
        "Thu 13:00 - Fri 01:00: later than promised by up to 8 h",
        "Fri 13:00 - Mon 01:00: later than promised by up to 35 h",
    ]


def test_a_promise_no_hour_can_keep_is_said_to_be_broken_at_any_hour():
    never = promising("1 minute")
    assert late("acknowledge", never)[0].startswith("at any hour: later than promised by")


def test_a_promise_that_is_always_kept_has_no_hours_against_it():
    kept = promising("4 days")
    assert shortfalls(kept, a_clinic()) == ()


def test_holidays_do_not_count_in_the_ordinary_week():
    closed = {(T0 + n * DAY).date().isoformat(): list[str]() for n in range(-400, 400)}
    assert shortfalls(PLAYBOOK, a_clinic(region="US", closures=closed)) == (
        shortfalls(PLAYBOOK, a_clinic())
    )


def test_hours_that_cannot_be_right_are_refused():
    with pytest.raises(WorktimeError, match="no time zone"):
        shortfalls(PLAYBOOK, a_clinic(zone="Mars/One"))


def test_an_override_is_checked_for_itself_and_not_for_another_clinic():
    mine = parse_playbook(TEXT + TWELVE_HOURS)
    found = {each.only for each in shortfalls(mine, a_clinic()) if each.kind == "acknowledge"}
    assert found == {"", "severity grave"}


# What would mend it


def mended(kind: str, at: datetime, playbook: Playbook = PLAYBOOK, **clinic: object) -> str:
    hours = calendars(a_clinic(**clinic), playbook)
    assert lateness(playbook.clocks[kind], hours, at) > timedelta()
    return mend(playbook.clocks[kind], hours, [at])


def test_an_hour_more_on_saturday_mends_what_comes_in_on_friday_evening():
    text = TEXT.replace('span = "4 hours"', 'span = "3 hours"', 1)
    assert mended("acknowledge", FRIDAY, parse_playbook(text)) == (
        "1 more duty hour on Saturday (10:00-13:00) would mend it"
    )


def test_without_any_duty_hours_one_on_saturday_is_told_as_one():
    text = TEXT.replace('sat = ["10:00-12:00"]', "sat = []").replace('sun = ["10:00-12:00"]', "")
    short = parse_playbook(text.replace('span = "4 hours"', 'span = "1 hour"', 1))
    assert mended("acknowledge", FRIDAY, short) == (
        "a duty hour on Saturday (10:00-11:00) would mend it"
    )


def test_the_remedy_told_is_one_that_works_when_it_is_followed():
    longer = parse_playbook(TEXT.replace('sat = ["10:00-12:00"]', 'sat = ["10:00-14:00"]'))
    told = "2 more duty hours on Saturday (10:00-14:00) would mend it"
    assert mended("acknowledge", FRIDAY) == told
    hours = calendars(a_clinic(), longer)
    assert lateness(longer.clocks["acknowledge"], hours, FRIDAY) == timedelta()


def test_a_remedy_for_many_hours_holds_for_all_of_them():
    week = next(e for e in shortfalls(PLAYBOOK, a_clinic()) if e.kind == "acknowledge")
    assert week.remedy == (
        "2 more duty hours on Saturday (10:00-14:00) and Sunday (10:00-14:00) would mend it"
    )
    text = TEXT.replace('["10:00-12:00"]', '["10:00-14:00"]')
    assert late("acknowledge", parse_playbook(text)) == []


def test_what_comes_in_on_a_holiday_is_mended_by_opening_on_it():
    thanksgiving = datetime(2026, 11, 26, 15, 0, tzinfo=UTC)
    assert mended("acknowledge", thanksgiving, region="US") == (
        "opening on Thu Nov 26 10:00-13:00, Thanksgiving Day, would mend it"
    )
    opened = {"2026-11-26": ["10:00-13:00"]}
    hours = calendars(a_clinic(region="US", closures=opened), PLAYBOOK)
    assert lateness(PLAYBOOK.clocks["acknowledge"], hours, thanksgiving) == timedelta()


def test_a_clock_round_the_clock_is_mended_by_a_shorter_span():
    hasty = parse_playbook(
        TEXT.replace('ladder = "safety"', 'ladder = "safety"\npromise = "30 minutes"', 1)
    )
    assert mended("safety", T0, hasty) == "a span of 30 minutes would mend it"


def test_where_no_hours_help_a_weaker_promise_is_told():
    never = promising("1 minute")
    assert mended("acknowledge", FRIDAY, never).startswith("a promise of ")


# Weeks with a holiday


def test_a_holiday_breaks_what_an_ordinary_week_keeps():
    found = holiday_shortfalls(PLAYBOOK, a_clinic(region="US"), 2026)
    mine = [each for each in found if each.day == date(2026, 11, 26)]
    assert [str(each) for each in mine if each.kind == "answer"] == [
        "Thanksgiving Day (Thu Nov 26), Wed 16:00 - Thu 10:00: later than promised by up to 17 h"
    ]
    assert all(each.holiday for each in found)


def test_without_a_region_a_monday_off_stands_for_the_holidays():
    found = holiday_shortfalls(PLAYBOOK, a_clinic(), 2026)
    assert {each.holiday for each in found} == {"a Monday off"}


def test_a_holiday_the_clinic_stays_open_on_breaks_nothing():
    usual = holiday_shortfalls(PLAYBOOK, a_clinic(region="US"), 2026)
    open_on = a_clinic(region="US", open_on=["Thanksgiving Day"])
    kept = [each for each in usual if each.holiday != "Thanksgiving Day"]
    assert list(holiday_shortfalls(PLAYBOOK, open_on, 2026)) == kept != list(usual)


# The playbooks that come along


@pytest.mark.parametrize("name", sorted(set(ready_made()) - {"practice"}))
def test_a_ready_made_playbook_keeps_all_it_promises_in_an_ordinary_week(name: str):
    mine = read_playbook(ready_made()[name])
    assert shortfalls(mine, a_clinic()) == ()
    assert sum(each.promise is not None for each in mine.clocks.values()) >= 2


def test_the_practices_own_says_in_its_comments_which_hours_it_does_not_keep():
    comments = " ".join(line.lstrip("# ") for line in TEXT.splitlines() if line.startswith("#"))
    words = {"Fri": "Friday", "Sun": "Sunday"}
    for each in shortfalls(PLAYBOOK, a_clinic()):
        first, last = str(each).split(": later")[0].split(" - ")
        for short, long in words.items():
            first, last = first.replace(short, long), last.replace(short, long)
        assert f"from {first} to {last}" in comments

"""The policy people read says what the engine does, and a trial says it before the day comes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from cases import clocks, policy
from cases.casefile import calendars
from cases.hours import WorktimeError
from cases.playbook import CLOCKS, PRACTICE, Playbook, parse_playbook
from cases.stages import COURSES
from tests.builders import DAY, HOUR, PLAYBOOK, T0, a_clinic, a_file

WORDS = policy.markdown(policy.policy(PLAYBOOK))
SATURDAY = datetime(2026, 11, 28, 15, 30, tzinfo=UTC)  # 10:30 at Elm Street, which is closed


def changed(old: str, new: str) -> Playbook:
    text = PRACTICE.read_text("utf-8")
    assert old in text
    return parse_playbook(text.replace(old, new))


def told(kind: str, at: datetime = T0, playbook: Playbook = PLAYBOOK) -> policy.Course:
    return next(c for c in policy.trial(playbook, a_clinic(), at) if c.kind == kind)


def late(kind: str, playbook: Playbook = PLAYBOOK) -> list[str]:
    return [str(each) for each in policy.shortfalls(playbook, a_clinic()) if each.kind == kind]


def test_every_clock_is_in_the_policy_with_its_start_and_what_keeps_it():
    assert set(policy.STARTS) == set(policy.KEPT) == set(CLOCKS) >= set(COURSES)
    for kind in CLOCKS:
        name = kind.replace("_", " ")
        assert f"| {name} | {policy.STARTS[kind]} |" in WORDS


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('span = "4 hours"', 'span = "90 minutes"', "90 minutes of duty time"),
        ('span = "7 days"', 'span = "9 days"', "| 9 days |"),
        ("contact_tries = 3", "contact_tries = 1", "1 try, and every channel"),
        ('"phone", "email"]', '"phone"]', "By phone: 3 tries"),
        ("negative_at = 2 ", "negative_at = 3.5 ", "A review of 3.5 stars or fewer"),
        ('reopen_within = "30 days"', 'reopen_within = "36 hours"', "within 36 hours of"),
        ('sat = ["10:00-12:00"]', '"fri-sat" = ["08:00-09:30"]', "Fri-Sat 08:00-09:30"),
        ('at = "80%"', 'at = "75%"', "When 75 % of the time is gone: the owner is reminded"),
        ('tell = ["manager"]', 'tell = ["privacy_officer"]', "due: the privacy officer is told"),
        ("times = 3", "times = 5", "every 1 office day again, 5 times in all"),
    ],
)
def test_a_figure_changed_in_the_playbook_changes_in_the_policy(old: str, new: str, said: str):
    assert said in policy.markdown(policy.policy(changed(old, new)))
    assert said not in WORDS


def test_rungs_that_wake_people_are_marked_and_no_others():
    waking = [line for line in WORDS.splitlines() if "at any hour." in line and line[:2] == "- "]
    rungs = [line for line in waking if "(escalated)" in line]
    assert len(rungs) == len(PLAYBOOK.clocks["safety"].ladder)


def test_a_playbook_without_duty_hours_says_so():
    assert "duty (somebody minds online answers): the office hours, and no others." in (
        policy.markdown(policy.policy(replace(PLAYBOOK, duty={})))
    )


def test_what_the_checker_blocks_stands_under_what_is_never_done():
    never = WORDS.split("## What is never done")[1]
    assert "Names a treatment, a diagnosis, a symptom or a medicine" in never
    assert "Asks, however politely, that a review be taken down or changed" in never
    assert "Does not thank" not in never
    assert "Does not thank" in WORDS


def test_a_name_with_marks_in_it_stays_a_name():
    odd = policy.policy(replace(PLAYBOOK, name="a|b *c*\n# <script>"))
    assert "a\\|b \\*c\\* # \\<script\\>" in policy.markdown(odd)
    assert "<script>" not in policy.html(odd)


def test_the_page_closes_every_tag_it_opens():
    open_tags: list[str] = []

    class Tags(HTMLParser):
        def handle_starttag(self, tag: str, attrs: object) -> None:
            if tag != "meta":
                open_tags.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert open_tags.pop() == tag

    page = policy.html(policy.policy(PLAYBOOK))
    Tags().feed(page)
    assert open_tags == []
    assert page.count("<tr>") == len(CLOCKS) + 1


def test_a_trial_says_what_a_case_would_really_be_due():
    file = a_file()
    for clock in file.clocks:
        assert told(clock.kind).due_at == clock.due_at


def test_a_trial_names_every_rung_at_the_time_the_engine_would_send_it():
    file = a_file()
    clock = next(c for c in file.clocks if c.kind == "acknowledge")
    promise = PLAYBOOK.clocks["acknowledge"]
    for each in told("acknowledge").told:
        answer = clocks.due(clock, promise, (), (), file.calendars, each.at)
        assert max(ripe.at for ripe in answer.ripe) == each.at
    assert [each.time for each in told("acknowledge").told] == [1, 1, 1, 1, 1, 2, 3]


def test_each_later_step_starts_when_the_one_before_it_is_due():
    steps = ["first_try", "reach", "listen", "resolve", "monitor", "follow_up"]
    for before, after in pairwise(steps):
        assert told(after).starts_at == told(before).due_at


@pytest.mark.parametrize("hours", range(0, 7 * 24, 5))
def test_the_reason_always_ends_with_the_time_it_is_due(hours: int):
    zone = calendars(a_clinic(), PLAYBOOK).office.hours.tz
    for course in policy.trial(PLAYBOOK, a_clinic(), T0 + hours * HOUR):
        if not course.because.endswith("round the clock"):
            assert course.because.endswith(f"{course.due_at.astimezone(zone):%H:%M}")


def test_a_saturday_morning_breaks_the_promise_of_one_day():
    course = told("acknowledge", SATURDAY)
    assert course.due_at == datetime(2026, 11, 30, 14, 30, tzinfo=UTC)
    assert course.late == 23 * HOUR
    assert told("acknowledge").late == timedelta()
    assert told("listen").late is None


def test_the_hours_that_break_a_promise_are_told_as_one_stretch():
    assert late("acknowledge") == [
        "Fri 15:00 - Sun 13:00: later than promised by up to 23 h",
    ]
    assert late("answer") == ["Fri 16:00 - Sun 10:00: later than promised by up to 41 h"]


def test_a_stretch_goes_on_from_sunday_night_into_monday():
    hasty = changed('promise = "1 day"', 'promise = "12 hours"')
    assert late("acknowledge", hasty) == [
        "Mon 13:00 - Tue 01:00: later than promised by up to 8 h",
        "Tue 13:00 - Wed 01:00: later than promised by up to 8 h",
        "Wed 13:00 - Thu 01:00: later than promised by up to 8 h",
        "Thu 13:00 - Fri 01:00: later than promised by up to 8 h",
        "Fri 13:00 - Mon 01:00: later than promised by up to 35 h",
    ]


def test_a_promise_no_hour_can_keep_is_said_to_be_broken_at_any_hour():
    never = changed('promise = "1 day"', 'promise = "1 minute"')
    assert late("acknowledge", never)[0].startswith("at any hour: later than promised by")


def test_a_promise_that_is_always_kept_has_no_hours_against_it():
    kept = changed('promise = "1 day"', 'promise = "4 days"')
    assert policy.shortfalls(kept, a_clinic()) == ()


def test_holidays_do_not_count_in_the_ordinary_week():
    closed = {(T0 + n * DAY).date().isoformat(): list[str]() for n in range(-400, 400)}
    assert policy.shortfalls(PLAYBOOK, a_clinic(region="US", closures=closed)) == (
        policy.shortfalls(PLAYBOOK, a_clinic())
    )


def test_hours_that_cannot_be_right_are_refused():
    with pytest.raises(WorktimeError, match="no time zone"):
        policy.shortfalls(PLAYBOOK, a_clinic(zone="Mars/One"))

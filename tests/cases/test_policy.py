"""The policy people read says what the engine does."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from cases import policy
from cases.playbook import CLOCKS, PRACTICE, Playbook, parse_playbook
from cases.stages import COURSES
from tests.builders import PLAYBOOK

WORDS = policy.markdown(policy.policy(PLAYBOOK))


def changed(old: str, new: str) -> Playbook:
    text = PRACTICE.read_text("utf-8")
    assert old in text
    return parse_playbook(text.replace(old, new))


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

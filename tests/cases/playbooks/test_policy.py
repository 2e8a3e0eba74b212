"""The policy people read says what the engine does."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from cases.answering.samples import Sample, sample_replies
from cases.playbooks import policy, sections
from cases.playbooks.playbook import PRACTICE, Playbook, parse_playbook
from cases.playbooks.promises import CLOCKS
from cases.stages import COURSES
from tests.builders import PLAYBOOK

WORDS = sections.markdown(policy.policy(PLAYBOOK))


def changed(old: str, new: str) -> Playbook:
    text = PRACTICE.read_text("utf-8")
    assert old in text
    return parse_playbook(text.replace(old, new))


def test_every_clock_is_in_the_policy_with_its_start_and_what_keeps_it():
    assert set(policy.STARTS) == set(policy.KEPT) == set(CLOCKS) >= set(COURSES)
    for kind in PLAYBOOK.clocks:
        name = kind.replace("_", " ")
        assert f"| {name} | {policy.STARTS[kind]} |" in WORDS


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('span = "4 hours"', 'span = "90 minutes"', "90 minutes of duty time"),
        ('span = "7 days"', 'span = "9 days"', "| 9 days |"),
        ('longest_pause = "30 days"', 'longest_pause = "20 days"', "for 20 days at most"),
        ('taken_for = "2 hours"', 'taken_for = "3 hours"', "for 3 office hours; then it climbs"),
        ('digest_at = "7:30"', 'digest_at = "6:15"', "digest at 06:15"),
        ('["manager", "chief"]', '["chief"]', "More time is given by the chief, with"),
        (
            'assignment = "clinic_director"',
            'assignment = "round_robin"',
            "to the next in turn, among the directors.",
        ),
        ('at = "due - 1 day"', 'at = "due - 36 hours"', "36 hours before it is due: the owner"),
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
    assert said in sections.markdown(policy.policy(changed(old, new)))
    assert said not in WORDS


def test_rungs_that_wake_people_are_marked_and_no_others():
    waking = [line for line in WORDS.splitlines() if "at any hour." in line and line[:2] == "- "]
    rungs = [line for line in waking if "(escalated)" in line]
    waking_ones = {
        each for clock in PLAYBOOK.clocks.values() for each in clock.ladder if each.at_once
    }
    assert len(rungs) == len(waking_ones) >= len(PLAYBOOK.clocks["safety"].ladder)


def test_a_playbook_without_duty_hours_says_so():
    assert "duty (somebody minds online answers): the office hours, and no others." in (
        sections.markdown(policy.policy(replace(PLAYBOOK, duty={})))
    )


def test_what_the_checker_blocks_stands_under_what_is_never_done():
    never = WORDS.split("## What is never done")[1]
    assert "Names a treatment, a diagnosis, a symptom or a medicine" in never
    assert "Asks, however politely, that a review be taken down or changed" in never
    assert "Does not thank" not in never
    assert "Does not thank" in WORDS


def test_a_name_with_marks_in_it_stays_a_name():
    odd = policy.policy(replace(PLAYBOOK, name="a|b *c*\n# <script>"))
    assert "a\\|b \\*c\\* # \\<script\\>" in sections.markdown(odd)
    assert "<script>" not in sections.html(odd)


def test_a_clock_the_policy_lacks_is_said_to_be_lacking():
    assert "This policy runs no clock for: grievance." in WORDS
    assert "grievance" not in WORDS.split("| Step |")[1].split("That no public reply")[0]


def test_what_some_cases_have_otherwise_stands_in_the_policy():
    more = """
[[overrides]]
when = {severity = "grave", platform = ["facebook", "x"]}
open_cases_at_most = 5
[overrides.clocks.acknowledge]
span = "2 hours"
promise = "12 hours"
ladder = "safety"
[overrides.clocks.grievance]
span = "7 days"
calendar = "always"
"""
    text = PRACTICE.read_text("utf-8") + more
    said = sections.markdown(policy.policy(parse_playbook(text)))
    ours = said.split("### Severity grave, platform facebook or x")[1].split("\n## ")[0]
    assert "- acknowledge: it runs 2 duty hours, instead of 4 duty hours." in ours
    assert "- acknowledge: 12 hours is promised." in ours
    assert "- acknowledge: At once: the owner and the chief are told (escalated), at any" in ours
    assert "- grievance: it runs 7 days." in ours
    assert "Nobody owns more than 5 open cases." in ours
    assert "otherwise" not in WORDS


def test_a_sample_reply_stands_for_every_theme_and_may_be_another_library():
    assert "| wait time | Thank you for" in WORDS
    own = policy.policy(PLAYBOOK, [Sample("parking", "Thank you. We are sorry.")])
    assert "| parking | Thank you. We are sorry. |" in sections.markdown(own)
    assert "| wait time |" not in sections.markdown(own)


def test_the_page_closes_every_tag_it_opens():
    open_tags: list[str] = []
    seen: list[str] = []

    class Tags(HTMLParser):
        def handle_starttag(self, tag: str, attrs: object) -> None:
            if tag != "meta":
                open_tags.append(tag)
            seen.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert open_tags.pop() == tag

    page = sections.html(policy.policy(PLAYBOOK))
    Tags().feed(page)
    assert open_tags == []
    assert seen.count("h1") == seen.count("main") == seen.count("title") == 1
    assert seen.count("tr") == len(PLAYBOOK.clocks) + 1 + len(sample_replies()) + 1


def test_the_page_needs_nothing_else_and_every_cell_is_named_by_its_heads():
    page = sections.html(policy.policy(PLAYBOOK))
    assert "src=" not in page
    assert "http" not in page
    assert '<html lang="en">' in page
    assert page.count('<th scope="row">') == len(PLAYBOOK.clocks) + len(sample_replies())
    assert page.count("<caption>") == page.count("<table>") == 2
    for target in re.findall(r'href="#(\w+)"', page):
        assert f'id="{target}"' in page


def test_the_policy_reads_as_plain_text_no_wider_than_a_terminal():
    told = sections.text(policy.policy(PLAYBOOK))
    assert told.startswith("Our policy for negative reviews: practice\n=====")
    assert max(map(len, told.splitlines())) <= 100
    assert "  acknowledge\n      its clock starts when: the case opens\n" in told

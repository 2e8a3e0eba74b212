"""Each ripe rung once, however many sweep; one case that cannot be worked on stops no other."""

import threading
from collections import Counter

import pytest

from cases.changes import Change, Happened, Moment, Set, about
from cases.models import Case
from flows import sweep
from flows.house import House
from tests.builders import HOUR, MINUTE
from tests.story import Story

WORDS = "Waited two hours and nobody said sorry."


def house_of(story: Story) -> House:
    return House(story.settings, story.store, "sweep", story.now)


def kinds(story: Story, cases: int) -> Counter[str]:
    return Counter(kind for number in range(1, cases + 1) for kind in story.events(number))


def open_cases(story: Story, count: int) -> None:
    for number in range(count):
        story.review(f"r{number}", f"{WORDS} {number}", stars=2)
    story.it_is(2, "09:00")


def break_case(story: Story, number: int) -> None:
    """Let a case name a playbook that is not in the record."""
    case = story.case(number).case
    lost = [Set(Case, case.id, {"playbook_version": 77})]
    moment = Moment(story.now, "x", story.ids)
    story.store.apply([Change(about(case), moment, sets=lost, events=[Happened("noted")])])


def test_sweeps_at_once_climb_each_rung_once(story: Story) -> None:
    open_cases(story, 10)
    story.now += 4 * HOUR
    start, done = threading.Barrier(3), list[dict[str, int]]()

    def work() -> None:
        start.wait()
        done.append(sweep.run(house_of(story)))

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    story.run("sweep")
    assert sum(each["parked"] for each in done) == 0
    found = kinds(story, 10)
    assert (found["escalated"], found["missed"]) == (10, 10)
    story.run("deliver")
    assert len(story.mail_to("morgan")) == 10
    assert story.store.broken_chains() == []


def test_a_sweep_repeated_finds_nothing_to_do(story: Story) -> None:
    open_cases(story, 1)
    story.now += 2 * HOUR
    assert story.run("sweep")["stepped"] == 1
    assert story.run("sweep") == {"stepped": 0, "parked": 0, "stale": 0, "adopted": 0}


def test_after_downtime_the_highest_rung_speaks_and_the_others_are_noted(story: Story) -> None:
    open_cases(story, 1)
    story.now += 4 * HOUR
    story.run("sweep", "deliver")
    found = kinds(story, 1)
    # Half of the day for the first try is gone as well: that is the one reminder. And the owner
    # hears of the public reply before the manager does.
    assert (found["passed_over"], found["reminded"], found["escalated"]) == (2, 1, 1)
    assert (len(story.mail_to("dana")), len(story.mail_to("morgan"))) == (3, 1)


def test_more_cases_than_one_batch_are_all_stepped(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_cases(story, 7)
    monkeypatch.setattr(sweep, "_BATCH", 3)
    story.now += 2 * HOUR
    story.run("sweep")
    assert kinds(story, 7)["reminded"] == 7


def test_a_case_without_its_playbook_is_parked_and_the_others_are_reminded(story: Story) -> None:
    open_cases(story, 3)
    break_case(story, 2)
    story.now += 2 * HOUR
    assert story.run("sweep", "sweep")["parked"] == 0  # once an hour, not at every sweep
    story.run("deliver")
    assert len(story.mail_to("dana")) == 3 + 2
    assert len(story.mail_to("alex")) == 1
    story.now += HOUR - MINUTE
    assert story.run("sweep")["parked"] == 0
    story.now += MINUTE
    assert story.run("sweep")["parked"] == 1


def test_a_parked_case_goes_on_once_it_is_mended(story: Story) -> None:
    open_cases(story, 1)
    version = story.case().case.playbook_version
    break_case(story, 1)
    story.now += 4 * HOUR
    story.run("sweep")
    case = next(c.case for c in story.store.due(story.now + HOUR))
    assert case.parked_code == "LookupError"
    mended = [Set(Case, case.id, {"playbook_version": version})]
    moment = Moment(story.now, "alex", story.ids)
    story.store.apply([Change(about(case), moment, sets=mended, events=[Happened("noted")])])
    story.now += HOUR
    story.run("sweep", "deliver")
    assert story.case().case.parked_until is None
    assert len(story.mail_to("morgan")) == 1

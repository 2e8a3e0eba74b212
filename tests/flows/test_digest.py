"""One mail a day for those who want it: once, in their morning, and nothing of a patient."""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from typing import Any

import pytest
from sqlalchemy import select

from cases import following
from cases.changes import Moment
from cases.clockwork import pauses
from cases.models import Notice, NoticeState
from cases.practice import deactivate, prefer
from cases.store.database import reading
from cases.store.rows import read, table
from flows import digest
from flows.house import House
from tests.builders import DAY, DIRECTOR, HOUR, MANAGER, MINUTE
from tests.story import Story

WORDS = "Waited two hours and nobody said sorry."


def wants(story: Story, name: str = DIRECTOR, **how: Any) -> None:
    person = story.store.people()[name]
    change = prefer(person, Moment(story.now, "setup", story.ids), **{"reminders": "digest", **how})
    assert story.store.apply([change]).applied


def open_cases(story: Story, count: int, first: int = 0) -> None:
    for number in range(first, first + count):
        story.review(f"r{number}", f"{WORDS} {number}", stars=2)
    story.run("intake", "deliver")


def kept(story: Story, state: str = NoticeState.FOR_DIGEST) -> list[Notice]:
    with reading(story.store._engine) as connection:
        n = table(Notice)
        return read(connection, Notice, select(n).where(n.c.state == state).order_by(n.c.id))


def digests(story: Story, name: str = DIRECTOR) -> list[str]:
    return [subject for subject in story.mail_to(name) if subject.startswith("Amends: ")]


def letter(story: Story) -> str:
    last = story.mail.accepted[-1].message
    return str(last.get_body(("plain",)).get_content())


def test_thirty_reminders_become_one_mail(story: Story) -> None:
    wants(story)
    open_cases(story, 30)
    story.run("digest", "deliver")
    story.it_is(2, "14:00")
    before = len(digests(story))
    assert len(kept(story)) == 30
    story.it_is(3, "07:29")
    assert story.run("digest")["digests"] == 0
    story.it_is(3, "07:30")
    assert story.run("digest") == {"digests": 1, "bundled": 30, "nothing": 0, "failed": 0}
    story.run("deliver")
    assert len(digests(story)) == before + 1
    assert kept(story) == []


def test_it_comes_at_the_playbooks_hour_by_the_persons_clock_and_once_a_day(story: Story) -> None:
    wants(story, zone="America/Chicago")
    open_cases(story, 1)
    counts = []
    for day, time in ((2, "09:05"), (3, "08:29"), (3, "08:30"), (3, "08:45"), (3, "18:00")):
        story.it_is(day, time)
        counts.append(story.run("digest")["digests"])
    assert counts == [1, 0, 1, 0, 0]


def test_none_comes_on_a_day_the_office_is_closed(story: Story) -> None:
    wants(story)
    open_cases(story, 1)
    counts = []
    for day in (6, 7, 8, 9):  # Friday to Monday
        story.it_is(day, "08:00")
        counts.append(story.run("digest")["digests"])
    assert counts == [1, 0, 0, 1]


def test_it_tells_what_is_overdue_due_today_new_and_waiting(story: Story) -> None:
    wants(story)
    open_cases(story, 2)
    story.act(pauses.pause, ["first_try"], story.now + 5 * DAY, "records are fetched", number=2)
    story.it_is(2, "15:00")
    open_cases(story, 1, first=2)
    story.it_is(3, "07:45")
    story.run("digest", "deliver")
    (subject,) = digests(story)
    assert subject == "Amends: 3 overdue, 2 due today, 3 new"
    said = letter(story)
    titles = ("Overdue", "Due today", "New", "Waiting", "All of yours")
    places = [said.index(title) for title in titles]
    assert places == sorted(places)
    overdue, today, new, waiting = (said[a:b] for a, b in itertools.pairwise(places))
    assert "- Case 1, Elm Street: the public reply, due Mon Nov 2, 13:00" in overdue
    assert "/cases/1" in overdue
    assert "- Case 3, Elm Street: the public reply, due Tue Nov 3, 11:00" in today
    assert [f"Case {n}," in new for n in (1, 2, 3)] == [True] * 3
    assert "- Case 2, Elm Street: a first try to reach the author" in waiting


def test_it_says_nothing_of_a_patient(story: Story) -> None:
    wants(story)
    open_cases(story, 1)
    story.it_is(3, "07:45")
    story.run("digest", "deliver")
    said = story.mail.accepted[-1].message.as_string()
    assert "quiet_river" not in said
    assert "Waited" not in said


def test_where_there_is_nothing_to_tell_no_mail_comes(story: Story) -> None:
    wants(story)
    story.it_is(3, "08:00")
    assert story.run("digest") == {"digests": 0, "bundled": 0, "nothing": 1, "failed": 0}
    story.run("deliver")
    assert story.mail_to(DIRECTOR) == []


def test_what_ended_meanwhile_is_not_told(story: Story) -> None:
    wants(story)
    open_cases(story, 1)
    story.it_is(2, "14:00")
    assert len(kept(story)) == 1
    story.run("digest")
    story.act(following.dismiss, "not_ours", "")
    story.it_is(3, "07:45")
    story.run("digest", "deliver")
    assert kept(story) == []
    assert all("soon" not in subject for subject in digests(story))


def test_two_digests_at_once_tell_it_once(story: Story) -> None:
    wants(story)
    open_cases(story, 5)
    story.it_is(3, "07:45")
    start, done = threading.Barrier(3), list[dict[str, int]]()

    def work() -> None:
        house = House(story.settings, story.store, "digest", story.now)
        start.wait()
        done.append(digest.run(house))

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert sum(each["digests"] for each in done) == 1
    assert sum(each["failed"] for each in done) == 0
    story.run("deliver")
    assert len(digests(story)) == 1
    assert story.store.broken_chains() == []


def test_a_digest_killed_before_it_is_written_comes_whole_the_next_time(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    wants(story)
    open_cases(story, 3)
    story.it_is(2, "14:00")
    story.it_is(3, "07:45")
    waiting = len(kept(story))

    def killed(*changes: Any) -> None:
        raise KeyboardInterrupt

    house = House(story.settings, story.store, "digest", story.now)
    monkeypatch.setattr(house, "apply", killed)
    with pytest.raises(KeyboardInterrupt):
        digest.run(house)
    assert len(kept(story)) == waiting
    story.now += 15 * MINUTE
    assert story.run("digest")["bundled"] == waiting
    bundled = Counter(notice.id for notice in kept(story, NoticeState.IN_DIGEST))
    assert (len(bundled), set(bundled.values())) == (waiting, {1})


def test_an_engine_that_stood_still_in_the_morning_sends_it_later_that_day(story: Story) -> None:
    wants(story)
    open_cases(story, 1)
    story.now += 25 * HOUR
    assert story.run("digest")["digests"] == 1


def test_who_left_gets_no_digest_and_nothing_is_kept_for_them(story: Story) -> None:
    wants(story)
    open_cases(story, 1)
    story.it_is(2, "14:00")
    gone = story.store.people()[DIRECTOR]
    assert story.store.apply([deactivate(gone, Moment(story.now, "setup", story.ids))]).applied
    story.it_is(3, "08:00")
    story.run("digest", "deliver")
    assert kept(story) == []
    assert digests(story) == []


def test_who_wants_all_at_once_gets_none(story: Story) -> None:
    open_cases(story, 1)
    story.it_is(3, "08:00")
    assert story.run("digest")["digests"] == 0
    assert digests(story, MANAGER) == []

"""A STOP that is written is obeyed by whatever is handed over later, also of what was claimed."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from datetime import timedelta

import pytest
from sqlalchemy import event

from cases.changes import About, Add, Change, Happened, Moment, about
from cases.models import ContactPoint, Correspondent, NoticeState
from cases.ports import Accepted, Message
from cases.talking import approving, consent
from flows import deliver
from flows.house import House
from tests.builders import DIRECTOR
from tests.story import Story

RACES = 500  # on each database
TEXT = "Elm Street here: please call Dana Field, +1 212-555-0100. Reply STOP to opt out."


class Line:
    """A telephone company that notes when each text was handed to it."""

    name = "sms"

    def __init__(self) -> None:
        self.handed: dict[str, float] = {}
        self.begun = threading.Event()

    async def send(self, message: Message) -> Accepted:
        self.begun.set()
        await asyncio.sleep(0.001)  # as long as it takes to get there
        self.handed[message.to] = time.monotonic()
        return Accepted(f"SM-{message.to}")


def number(n: int) -> str:
    return f"+1212555{n:04}"


def people_to_text(story: Story, count: int) -> list[ContactPoint]:
    """Record so many people, each with a number and an approved text that waits."""
    moment, file = Moment(story.now, DIRECTOR, story.ids), story.case()
    points, recorded, notices = [], [], []
    for n in range(count):
        who = {
            "id": f"who-{n}",
            "clinic_id": "elm",
            "relation": "patient",
            "recorded_at": story.now,
        }
        index = story.store.index("sms", number(n))
        point = {"id": f"point-{n}", "correspondent_id": f"who-{n}", "channel": "sms",
                 "value": number(n), "index": index}  # fmt: skip
        points.append(ContactPoint(**point))
        added = [Add(Correspondent, who), Add(ContactPoint, point)]
        about_them = About(Correspondent, f"who-{n}", 0)
        recorded.append(Change(about_them, moment, adds=added, events=[Happened("recorded")]))
        notices.append(approving.message_notice(file, points[-1], TEXT, "", "message", moment))
    approved = Change(about(file.case), moment, events=[Happened("approved")], notices=notices)
    assert len(story.store.apply([*recorded, approved]).applied) == count + 1
    return points


def stop(story: Story, point: ContactPoint) -> None:
    """Write a STOP, however often somebody else is quicker."""
    for _ in range(50):
        known, waiting = story.store.behind([point])
        practice = story.store.practice_as_subject()
        moment = Moment(story.now, "texts", story.ids)
        change = consent.stop(point.index, "sms", "STOP", moment, known, waiting, practice)
        if story.store.apply([change]).applied:
            return
    raise AssertionError("a STOP could not be written")


@pytest.mark.parametrize("seed", [1])
def test_nothing_is_handed_over_after_a_stop_is_written(known: Story, seed: int) -> None:
    points = people_to_text(known, RACES)
    line, stopped_at, writing = Line(), dict[str, float](), threading.local()

    def committing(_: object) -> None:  # just before the database is told to keep it
        if value := getattr(writing, "number", ""):
            stopped_at[value] = time.monotonic()

    event.listen(known.store._engine, "commit", committing)

    def stop_them(mine: list[ContactPoint]) -> None:
        line.begun.wait(30)
        for point in mine:
            writing.number = point.value
            stop(known, point)
            writing.number = ""

    house = House(known.settings, known.store, "deliver", known.now, known.ids)
    house.channels["sms"] = line
    random.Random(seed).shuffle(points)
    halves = [points[::2], points[1::2]]
    threads = [threading.Thread(target=stop_them, args=(half,)) for half in halves]
    for thread in threads:
        thread.start()
    deliver.run(house)
    for thread in threads:
        thread.join(60)
    event.remove(known.store._engine, "commit", committing)
    deliver.run(house)

    assert len(stopped_at) == RACES
    late = [to for to, at in line.handed.items() if at > stopped_at[to]]
    assert late == []
    states = [n.state for n in known.case().notices]
    assert states.count(NoticeState.ACCEPTED) == len(line.handed)
    assert states.count(NoticeState.SUPPRESSED) == RACES - len(line.handed)
    assert 0 < len(line.handed) < RACES  # it was a race


def test_a_stop_does_not_wait_for_ever_for_a_call_that_hangs(
    known: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cases.store.hands.LONGEST_WAIT", 0.05)
    (point,) = people_to_text(known, 1)
    with known.store.hands() as hands:
        assert hands.take(point.index)
        stop(known, point)
    assert not any(c.given for c in known.store.consents_of(point.index))


def test_two_hands_keep_each_other_out_and_a_lost_one_lets_go(known: Story) -> None:
    with known.store.hands() as one, known.store.hands() as other:
        assert one.take("a")
        assert one.take("a")  # its own it may take again
        assert not other.take("a")
        assert other.take("somebody else")
        one.let_go("a")
        assert not other.take("a")
        one.let_go("a")
        assert other.take("a")
    with known.store.hands() as third:
        assert third.take("a")
        assert third.take("somebody else")


def test_a_lease_is_longer_than_the_longest_call(known: Story) -> None:
    settings = known.settings
    longest = max(settings.smtp_timeout, settings.twilio_timeout)
    assert timedelta(minutes=settings.lease_minutes) > timedelta(seconds=longest)

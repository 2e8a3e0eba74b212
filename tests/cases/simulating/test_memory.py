"""A Change laid over a case file gives what the record would give."""

from collections.abc import Callable
from typing import Any

import pytest

from cases import custody, following
from cases.answering import replies
from cases.casefile import CaseFile
from cases.changes import Change, Moment
from cases.clockwork import pauses
from cases.ports import Capabilities
from cases.simulating.memory import laid_over
from cases.store import Store
from cases.talking import conversation, correspondents
from cases.talking.correspondents import Point, Who
from cases.viewers import ENGINE
from tests.builders import DAY, DIRECTOR, HOUR, T0, Desk, moment

REPLY = (
    "Thank you for telling us. We are sorry to read this. Please call Dana Field, our clinical "
    "director, at +1 212-555-0100 or write to care@elm.example: we want to listen."
)
WHO = Who("Somebody", "patient", "self", "the appointment book")
POINTS = [Point("phone", "+12125550147", "phone"), Point("email", "a@b.example", "email")]
Rule = Callable[[CaseFile, Moment], Change]
MOVES: list[Rule] = [
    lambda f, m: replies.draft(f, REPLY, m),
    lambda f, m: replies.approve(f, Capabilities(), ["robotic"], m),
    lambda f, m: replies.posted(f, "https://reviews.example/1", m.now, m),
    lambda f, m: correspondents.match(f, WHO, POINTS, m),
    lambda f, m: pauses.pause(f, ["reach", "first_try"], m.now + DAY, "they are away", m),
    pauses.resume,
    lambda f, m: conversation.contact(f, "phone", "reached", "", m.now, m, f.points[0]),
    lambda f, m: correspondents.identify(f, ["name", "date_of_birth"], "", m),
    lambda f, m: conversation.hear(f, "It hurt", "a call", [("call back", m.now + DAY)], m),
    lambda f, m: custody.task_done(f, f.tasks[-1], "called", m),
    lambda f, m: following.resolve(f, "wait_time", "A second desk.", True, m),
]
HELD = ("clocks", "replies", "contacts", "tasks", "accounts", "points", "notices")


def shown(row: Any) -> dict[str, Any]:
    values = dict(row._asdict())
    for name in ("version", "head_seq", "head_mac", "number"):
        values.pop(name, None)
    return values


@pytest.mark.parametrize("count", range(1, len(MOVES) + 1))
def test_laid_over_it_stands_as_in_the_record(sqlite_store: Store, count: int) -> None:
    desk = Desk(sqlite_store)
    for number, rule in enumerate(MOVES[:count]):
        before = desk.read()
        change = rule(before, moment(T0 + (number + 1) * HOUR, DIRECTOR))
        guessed = laid_over(before, change)
        desk.write(change)
    found = sqlite_store.case_file(desk.file.case.id, ENGINE)

    assert guessed.case.version == found.case.version
    assert shown(guessed.case) == shown(found.case)
    assert {k: len(v) for k, v in guessed.pauses.items() if v} == {
        k: len(v) for k, v in found.pauses.items() if v
    }
    for name in HELD:
        mine = sorted((shown(row) for row in getattr(guessed, name)), key=lambda r: r["id"])
        theirs = sorted((shown(row) for row in getattr(found, name)), key=lambda r: r["id"])
        assert mine == theirs, name

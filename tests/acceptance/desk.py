"""A case on a desk: what is done with it, and what its clocks and ladders then say."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from cases.clockwork import ladders
from cases.models import Clock
from cases.practice import adopt
from cases.settings import Settings
from cases.talking.conversation import contact, received
from cases.talking.correspondents import Point, Who, identify, match
from cases.viewers import ENGINE
from flows import recompute
from flows.house import House
from tests.builders import PLAYBOOK, T0, Desk, moment


def known(desk: Desk) -> Desk:
    value = "jo@mail.example"
    point = Point("email", value, desk.store.index("email", value))
    desk.do(match, Who("Jo Field", "patient", "self", "called the office", "certain"), [point])
    desk.do(identify, ["name", "address"], "")
    return desk


def reached(desk: Desk) -> Desk:
    known(desk).do(contact, "phone", "reached", "", desk.now)
    return desk


def written_to(desk: Desk, text: str = "Please call me.", channel: str = "email") -> Clock:
    desk.do(received, channel, text, desk.now)
    return max(clocks_of(desk, "answer", "message"), key=lambda clock: clock.id)


def clocks_of(desk: Desk, *kinds: str) -> list[Clock]:
    return [clock for clock in desk.file.clocks if clock.kind in kinds]


def the(desk: Desk, kind: str) -> Clock:
    """Return the one clock of a kind that runs."""
    (found,) = [clock for clock in clocks_of(desk, kind) if clock.ended_at is None]
    return found


def step(desk: Desk, now: datetime | None = None) -> None:
    desk.now = now or desk.now
    desk.write(ladders.step(desk.file, moment(desk.now, "sweep")))


def at(days: int, hour: int, minute: int = 0) -> datetime:
    """Return a time of New York so many days after Monday, 2 November."""
    return T0 + timedelta(days=days, hours=hour - 9, minutes=minute)


def house(desk: Desk, data: Path) -> House:
    return House(Settings(data=data), desk.store, "sweep", desk.now)


def under(desk: Desk, more: str, data: Path, text: str = PLAYBOOK.text) -> Desk:
    """Adopt a playbook with these lines more, for running cases, too."""
    change = adopt(text + more, "stricter", desk.store.practice(), moment(desk.now), running=True)
    assert desk.store.apply([change]).applied
    recompute.run(house(desk, data))
    desk.read()
    return desk


def told_of(desk: Desk, kind: str) -> list[str]:
    """Return whom the ladders of a kind of clock have told so far, in order."""
    return [
        person
        for line in desk.store.timeline(desk.file, ENGINE)
        if line.event.kind in ("reminded", "escalated") and line.event.detail["clock"] == kind
        for person in line.event.detail["told"]
    ]


def facts(desk: Desk, kind: str) -> list[dict[str, Any]]:
    lines = desk.store.timeline(desk.file, ENGINE)
    return [dict(line.event.detail) for line in lines if line.event.kind == kind]

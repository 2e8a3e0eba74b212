"""What needs somebody now: the few cases to open first, worst first, each with its one next step.

Pure: told the cases and the time, it asks nobody.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from cases.store.views import Short
from console.web.words import CLOCKS, promise, time_left

AT_MOST = 5
_SOON = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Card:
    """One case that wants something: how it stands, why it is here, and where its button leads."""

    short: Short
    why: str
    left: str
    tone: str  # danger, warning, info: how bad it is, told by words and only then by colour
    button: str
    href: str


def needed(own: Iterable[Short], drafted: Iterable[Short], now: datetime) -> list[Card]:
    """Return a card for each case that cannot wait, the worst first; never one case twice.

    `own` are cases they own; `drafted` those with a reply they may approve.
    """
    waiting = {short.case.id: short for short in drafted}
    pressing = {short.case.id: short for short in own if _presses(short, now)}
    ranked = sorted({**pressing, **waiting}.values(), key=lambda short: _rank(short, now))
    return [_card(short, short.case.id in waiting, now) for short in ranked]


def _presses(short: Short, now: datetime) -> bool:
    clock = short.clock
    if clock is None or clock.due_at is None:
        return False
    return clock.kind == "safety" or clock.due_at <= now + _SOON


def _rank(short: Short, now: datetime) -> tuple[bool, bool, bool, datetime, int]:
    clock = short.clock
    due_at = clock.due_at if clock and clock.due_at else now + timedelta(days=365)
    unsafe = clock is not None and clock.kind == "safety"
    return not unsafe, short.case.severity != "grave", due_at > now, due_at, short.case.number


def _card(short: Short, approve: bool, now: datetime) -> Card:
    clock = short.clock
    overdue = clock is not None and clock.due_at is not None and clock.due_at <= now
    grave = short.case.severity == "grave"
    unsafe = clock is not None and clock.kind == "safety"
    approving = approve and not unsafe  # somebody's safety comes before what is said in public
    return Card(
        short,
        why="A reply waits for your approval" if approving else promise(clock),
        left=time_left(clock.due_at if clock else None, now),
        tone="danger" if grave or overdue else "warning",
        button="Read and approve" if approving else (CLOCKS[clock.kind][1] if clock else "Open it"),
        href=f"/cases/{short.case.number}#{'reply' if approving else 'next'}",
    )

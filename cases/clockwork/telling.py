"""Whom a rung tells when it fires, how, and from when on; the owner always before the boss."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from cases.casefile import OnTheClock, calendars
from cases.changes import Moment
from cases.clockwork import clocks
from cases.clockwork.attention import home, hours_of, tell_at
from cases.clockwork.clocks import Ripe
from cases.judging.triage import Severity
from cases.models import Clock, NoticeState, Person, RungFired
from cases.notices import to_person
from cases.people import told
from cases.playbooks.promises import Rung

_EVER = datetime.max.replace(tzinfo=UTC)  # by then every rung is ripe


@dataclass(frozen=True, slots=True)
class Climb:
    """A rung climbed: who is told at once, who by their digest, who wants no reminders."""

    file: OnTheClock
    clock: Clock
    rung: Rung
    ripe: Ripe
    due_at: datetime
    owner: tuple[Person, ...]  # told first, since the rung tells others and they knew nothing
    now: tuple[Person, ...]
    later: tuple[Person, ...]


def climb(file: OnTheClock, clock: Clock, ripe: Ripe, due_at: datetime, now: datetime) -> Climb:
    """Find who is told as a rung fires."""
    rung = file.playbook.clocks[clock.kind].ladder[ripe.rung]
    people = told(rung.tell, file.case, file.people, now)
    first = _owner_first(file, clock, rung, people, now)
    may_wait = rung.low and file.case.severity != Severity.GRAVE
    at_once = [p for p in people if not may_wait or p.reminders not in ("digest", "off")]
    later = [p for p in people if may_wait and p.reminders == "digest"]
    return Climb(file, clock, rung, ripe, due_at, tuple(first), tuple(at_once), tuple(later))


def _owner_first(
    file: OnTheClock, clock: Clock, rung: Rung, people: Sequence[Person], now: datetime
) -> list[Person]:
    """Return the owner, where others are about to be told and no rung below told the owner."""
    if rung.means != "escalate" or "owner" in rung.tell or clock.kind in clocks.CONFIDENTIAL:
        return []
    if _owner_was_told(file.playbook.clocks[clock.kind].ladder, file.fired.get(clock.id, ())):
        return []
    return [p for p in told(("owner",), file.case, file.people, now) if p not in people]


def _owner_was_told(ladder: Sequence[Rung], fired: Sequence[RungFired]) -> bool:
    """Tell whether somebody was told by a rung: an escalation never leaves the owner out."""
    spoke = [ladder[each.rung] for each in fired if each.told and each.rung < len(ladder)]
    return any("owner" in rung.tell or rung.means == "escalate" for rung in spoke)


def notices(climbed: Climb, moment: Moment) -> list[dict[str, Any]]:
    """Return what tells them all, the owner's first: it is sent first.

    Nobody outside the office hours of their own clinic, unless it is about somebody's safety, and
    no boss sooner than the owner.
    """
    first = [
        _notice(climbed, person, channel, moment, kind="gone_up", word="gone_up")
        for person in climbed.owner
        for channel in _channels(climbed, person)
    ]
    heard = max((each.get("not_before", moment.now) for each in first), default=moment.now)
    mails = [
        _notice(climbed, person, channel, moment, not_before=heard)
        for person in climbed.now
        for channel in _channels(climbed, person)
    ]
    held = [
        {**_notice(climbed, person, "email", moment), "state": NoticeState.FOR_DIGEST}
        for person in climbed.later
    ]
    return first + mails + held


def _channels(climbed: Climb, person: Person) -> tuple[str, ...]:
    """Return the ways to tell somebody: by text too where it cannot wait."""
    return ("email", "sms") if climbed.rung.at_once and person.phone else ("email",)


def _notice(
    climbed: Climb,
    person: Person,
    channel: str,
    moment: Moment,
    *,
    kind: str = "",
    word: str = "rung",
    not_before: datetime | None = None,
) -> dict[str, Any]:
    clock, ripe, rung = climbed.clock, climbed.ripe, climbed.rung
    usual = "safety" if clock.kind == "safety" else rung.means
    when = _when(climbed, person, moment.now)
    return to_person(
        kind or usual,
        f"{word}:{clock.id}:{ripe.rung}:{ripe.occurrence}:{person.id}:{channel}",
        person.id,
        _detail(climbed, goes_to=rung.tell if kind else ()),
        case_id=climbed.file.case.id,
        channel=channel,
        not_before=max(when, not_before or when),
    )


def _when(climbed: Climb, person: Person, now: datetime) -> datetime:
    rung, clock, file = climbed.rung, climbed.clock, climbed.file
    if rung.at_once:
        return now
    clinic = home(person, file.clinics, file.clinic)
    duty = rung.means == "remind" and clock.calendar == "duty"
    return tell_at(person, clinic, hours_of(calendars(clinic, file.playbook), duty), now)


def _detail(climbed: Climb, goes_to: Sequence[str]) -> dict[str, Any]:
    """Return what the words need: the clock, and who hears of it next, and when."""
    detail: dict[str, Any] = {
        "clock": climbed.clock.kind,
        "clock_id": climbed.clock.id,
        "due_at": climbed.due_at.isoformat(),
    }
    if goes_to:
        return {**detail, "next": list(goes_to)}
    number = _next(climbed)
    if number is None:
        return {**detail, "next": []}
    tell = climbed.file.playbook.clocks[climbed.clock.kind].ladder[number].tell
    return {**detail, "next": list(tell), "next_at": _time_of(climbed, number).isoformat()}


def _next(climbed: Climb) -> int | None:
    """Return the next rung that tells others than this one."""
    ladder = climbed.file.playbook.clocks[climbed.clock.kind].ladder
    later = range(climbed.ripe.rung + 1, len(ladder))
    return next((each for each in later if ladder[each].tell != climbed.rung.tell), None)


def _time_of(climbed: Climb, number: int) -> datetime:
    """Return when a rung of the ladder comes, if nothing changes."""
    file, clock = climbed.file, climbed.clock
    promise = file.playbook.clocks[clock.kind]
    alone = replace(promise, ladder=(replace(promise.ladder[number], times=1),))
    pauses = file.pauses.get(clock.id, ())
    return clocks.due(clock, alone, pauses, (), file.calendars, _EVER).ripe[0].at

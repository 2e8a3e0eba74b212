"""More time for a clock: one person asks and says why, another who may grants it, or refuses.

Both dates stay on record. Granted time is open time in the clock's own calendar, so that pauses and
new hours move the later date as they would have moved the earlier one. What was missed stays so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cases.casefile import CaseFile
from cases.changes import Add, Change, Happened, Moment, Set, about
from cases.clockwork.clocks import due, fresh, passed_over
from cases.models import Clock, Extension, Person
from cases.needs import IllegalMove, legal
from cases.notices import to_person
from cases.people import present

# Somebody's safety is nothing to be put off.
_NEVER = ("safety",)


@dataclass(frozen=True, slots=True)
class Asked:
    """An extension that waits for its answer, and the clock it is about."""

    clock: Clock
    extension: Extension


def waiting(file: CaseFile) -> list[Asked]:
    """Return what was asked and not answered, for clocks that still run; the oldest first."""
    found = [
        Asked(clock, each)
        for clock in file.clocks
        if clock.ended_at is None
        for each in file.extensions.get(clock.id, ())
        if each.answered_at is None
    ]
    return sorted(found, key=lambda each: (each.extension.asked_at, each.extension.id))


def approvers(file: CaseFile, asked_by: str) -> list[Person]:
    """Return who may answer: the playbook's roles, at this clinic, never who asks or is meant."""
    return [
        person
        for person in file.people.values()
        if person.active
        and person.role in file.playbook.extension_approvers
        and person.id not in (asked_by, *file.case.about)
        and (not person.clinics or file.clinic.id in person.clinics)
    ]


def ask(file: CaseFile, kind: str, to: datetime, reason: str, moment: Moment) -> Change:
    """Ask for more time. Nothing moves until somebody else grants it.

    A clock of which several run (a message, a promise) is the one due first. Raises IllegalMove.
    """
    legal("extend", file)
    clock = _running(file, kind)
    _refuse_asking(file, clock, to, reason, moment)
    values: dict[str, Any] = {
        "id": moment.new_id(), "clock_id": clock.id, "asked_at": moment.now, "asked_by": moment.by,
        "reason": reason, "from_at": clock.due_at, "to_at": to,
    }  # fmt: skip
    facts = {"clock": kind, "key": clock.key, "due_at": clock.due_at, "to": to}
    return Change(
        about(file.case),
        moment,
        adds=[Add(Extension, values)],
        events=[Happened("extension_asked", facts, words=reason)],
        notices=list(_tell_approvers(file, values["id"], moment)),
    )


def _running(file: CaseFile, kind: str) -> Clock:
    running = [c for c in file.clocks if c.kind == kind and c.ended_at is None and c.due_at]
    if not running:
        known = ", ".join(sorted({c.kind for c in file.clocks if c.ended_at is None})) or "none"
        raise IllegalMove("extend", [f"no clock {kind!r} runs; those that do: {known}"])
    return min(running, key=lambda clock: (clock.due_at, clock.id))


def _refuse_asking(file: CaseFile, clock: Clock, to: datetime, reason: str, moment: Moment) -> None:
    missing = []
    if clock.kind in _NEVER:
        missing.append("somebody's safety is not put off: take")
    if not reason.strip():
        missing.append("say why more time is needed: --why")
    if to <= moment.now or not _extra(file, clock, to):
        missing.append(f"{to:%Y-%m-%d %H:%M} UTC gives it no more open time; ask for a later date")
    if any(each.clock.id == clock.id for each in waiting(file)):
        missing.append("it was asked already, and waits for its answer: grant, or refuse")
    if not approvers(file, moment.by):
        roles = ", ".join(file.playbook.extension_approvers)
        missing.append(f"nobody else could grant it; it takes one of: {roles}")
    if missing:
        raise IllegalMove("extend", missing)


def _extra(file: CaseFile, clock: Clock, to: datetime) -> timedelta:
    """Return the open time between the due time and that date."""
    if clock.due_at is None or to <= clock.due_at:
        return timedelta()
    return file.calendars.named(clock.calendar).between(clock.due_at, to)


def _tell_approvers(file: CaseFile, asked: str, moment: Moment) -> Iterator[dict[str, Any]]:
    """Yield what tells those who may answer, but nobody who is away."""
    named = approvers(file, moment.by)
    here = [person for person in named if present(person, moment.now)] or named
    for person in here:
        key = f"extension:{asked}:{person.id}"
        yield to_person("extension_asked", key, person.id, case_id=file.case.id)


def grant(file: CaseFile, moment: Moment) -> Change:
    """Give the time that was asked for longest ago: the clock is due later from now on.

    Its ladder is climbed anew, towards the new date. A miss stays one. Raises IllegalMove.
    """
    legal("grant", file)
    asked = waiting(file)[0]
    _refuse_answering("grant", file, asked, moment)
    clock, extension = asked.clock, asked.extension
    extra = _extra(file, clock, extension.to_at)
    if not extra:
        raise IllegalMove("grant", ["it is due later already; refuse, and ask for another date"])
    late = clock.missed_at is None and clock.due_at is not None and clock.due_at <= moment.now
    changed: dict[str, Any] = {"extra": clock.extra + int(extra.total_seconds())}
    if late:  # no sweep saw it yet: it is missed all the same
        changed["missed_at"] = clock.due_at
    more, passed = _begun_anew(file, clock, changed, moment)
    answer = {"answered_at": moment.now, "answered_by": moment.by, "granted": True,
              "extra": int(extra.total_seconds())}  # fmt: skip
    facts = {"clock": clock.kind, "key": clock.key, "from": clock.due_at, "to": more["due_at"],
             "asked_by": extension.asked_by}  # fmt: skip
    missed = [_missed(clock)] if late else []
    return Change(
        about(file.case),
        moment,
        sets=[Set(Extension, extension.id, answer), Set(Clock, clock.id, {**changed, **more})],
        adds=passed,
        events=[*missed, Happened("extended", facts)],
        notices=_tell_asker(file, extension, "extension_granted"),
    )


def _missed(clock: Clock) -> Happened:
    facts = {"clock": clock.kind, "key": clock.key, "due_at": clock.due_at}
    return Happened("missed", facts, at=clock.due_at)


def _begun_anew(
    file: CaseFile, clock: Clock, changed: dict[str, Any], moment: Moment
) -> tuple[dict[str, Any], Sequence[Add]]:
    """Return the clock's new turn, due and look, and the rungs that lie behind it already."""
    changed["turn"] = clock.turn + 1
    now = fresh(clock, changed)
    pauses = file.pauses.get(clock.id, ())
    promise = file.playbook.clocks[clock.kind]
    answer = due(now, promise, pauses, (), file.calendars, moment.now)
    return {"due_at": answer.due_at, "look_at": answer.look_at}, [
        passed_over(clock, each, moment) for each in answer.ripe
    ]


def refuse(file: CaseFile, why: str, moment: Moment) -> Change:
    """Turn down what was asked for longest ago: the date stays as it is. Raises IllegalMove."""
    legal("refuse", file)
    asked = waiting(file)[0]
    _refuse_answering("refuse", file, asked, moment)
    if not why.strip():
        raise IllegalMove("refuse", ["say why there is no more time: --why"])
    answer = {"answered_at": moment.now, "answered_by": moment.by, "granted": False, "why": why}
    facts = {
        "clock": asked.clock.kind,
        "key": asked.clock.key,
        "asked_by": asked.extension.asked_by,
    }
    return Change(
        about(file.case),
        moment,
        sets=[Set(Extension, asked.extension.id, answer)],
        events=[Happened("extension_refused", facts, words=why)],
        notices=_tell_asker(file, asked.extension, "extension_refused"),
    )


def _tell_asker(file: CaseFile, extension: Extension, kind: str) -> list[dict[str, Any]]:
    key = f"{kind}:{extension.id}:{extension.asked_by}"
    return [to_person(kind, key, extension.asked_by, case_id=file.case.id)]


def _refuse_answering(move: str, file: CaseFile, asked: Asked, moment: Moment) -> None:
    who = file.people.get(moment.by)
    if who is not None and who.id == asked.extension.asked_by:
        raise IllegalMove(move, ["you asked for it yourself: somebody else answers"])
    if who is None or who not in approvers(file, asked.extension.asked_by):
        roles = ", ".join(file.playbook.extension_approvers)
        raise IllegalMove(move, [f"it takes one of these, not meant by the case: {roles}"])

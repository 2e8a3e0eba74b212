"""What waits too long for somebody to say its case, and who is told so again, once a day."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from cases.arriving.sources import whose
from cases.casefile import calendars
from cases.changes import Change, Moment
from cases.clockwork.watchdog import beat
from cases.models import Arrival, Beat, Clinic, Person, Role, Source
from cases.notices import to_person
from cases.playbooks.playbook import Playbook

NAME = "unplaced"  # of the beat that keeps on which day each person was told
_PROMISE = "answer"  # it may be a patient's, who waits for one


@dataclass(frozen=True, slots=True)
class Known:
    """What decides who looks after it and in whose hours: all by id, and the policy in force."""

    sources: Mapping[str, Source]
    clinics: Mapping[str, Clinic]
    people: Mapping[str, Person]
    playbook: Playbook


def remind(
    waiting: Sequence[Arrival], known: Known, told: Beat | None, moment: Moment
) -> Change | None:
    """Tell whoever looks after what has waited longer than an answer may take; None: nobody today.

    In the office hours of the clinic it came to. Raises WorktimeError.
    """
    before: dict[str, str] = json.loads(told.note) if told is not None and told.note else {}
    late: dict[str, list[Arrival]] = defaultdict(list)
    today: dict[str, str] = {}
    for each in waiting:
        clinic, person = _clinic(each, known), _reader(each, known)
        if clinic is None or person is None or not _is_late(each, clinic, known, moment.now):
            continue
        day = moment.now.astimezone(ZoneInfo(clinic.zone)).date().isoformat()
        if before.get(person.id) != day:
            late[person.id].append(each)
            today.setdefault(person.id, day)
    if not late:
        return None
    change = beat(told, NAME, moment, json.dumps({**before, **today}))
    return replace(change, notices=[_notice(who, late[who], today[who]) for who in late])


def _is_late(arrival: Arrival, clinic: Clinic, known: Known, now: datetime) -> bool:
    """Tell whether it has waited too long, at an hour when somebody can look."""
    hours, promise = calendars(clinic, known.playbook), known.playbook.clocks[_PROMISE]
    kept = hours.named(promise.calendar)
    begun = arrival.received_at
    if promise.span.days:
        begun = kept.add_days(begun, promise.span.days)
    return hours.office.is_open(now) and kept.add(begun, promise.span.time) <= now


def _clinic(arrival: Arrival, known: Known) -> Clinic | None:
    """Return whose hours count: the clinic of its source, or the practice's first."""
    source = known.sources.get(arrival.source_id or "")
    here = known.clinics.get(source.clinic_id or "") if source is not None else None
    return here or next((known.clinics[each] for each in sorted(known.clinics)), None)


def _reader(arrival: Arrival, known: Known) -> Person | None:
    """Return who is told again: whoever looks after its source, else an administrator."""
    people = known.people.values()
    source = known.sources.get(arrival.source_id or "")
    if source is not None:
        return whose(source, people)
    admins = [each for each in people if each.active and each.role == Role.ADMINISTRATOR]
    return min(admins, key=lambda each: each.id, default=None)


def _notice(person_id: str, late: Sequence[Arrival], day: str) -> dict[str, Any]:
    since = min(each.received_at for each in late)
    detail = {"count": len(late), "since": f"{since:%Y-%m-%d %H:%M} UTC"}
    return to_person("still_unplaced", f"still_unplaced:{person_id}:{day}", person_id, detail)

"""Who is told: a rung names a role, and this finds the person when it fires."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from cases.models import Case, Clinic, Person, Role


def told(
    roles: Iterable[str], case: Case, people: Mapping[str, Person], now: datetime
) -> list[Person]:
    """Return one person a role, each once; never somebody the case is about.

    Who is away is replaced by the substitute, and theirs; a role nobody holds falls to the
    administrator, even one who is away: no rung speaks into the void.
    """
    found: dict[str, Person] = {}
    for role in roles:
        person = (
            holder(role, case, people, now)
            or holder(Role.ADMINISTRATOR, case, people, now)
            or _last_resort(case, people)
        )
        if person is not None:
            found[person.id] = person
    return list(found.values())


def _last_resort(case: Case, people: Mapping[str, Person]) -> Person | None:
    """Return an administrator of any clinic, here or away: a late reader is better than none."""
    named = (p for p in people.values() if p.active and p.role == Role.ADMINISTRATOR)
    return next((person for person in named if person.id not in case.about), None)


def holder(role: str, case: Case, people: Mapping[str, Person], now: datetime) -> Person | None:
    """Return who answers for a role in this case, or None."""
    if role == "owner":
        named = [p for p in [people.get(case.owner_id or "")] if p is not None]
    else:
        named = _with_role(role, case.clinic_id, people)
    for person in named:
        present = stand_in(person, people, now)
        if present is not None and present.id not in case.about:
            return present
    return None


def stand_in(person: Person, people: Mapping[str, Person], now: datetime) -> Person | None:
    """Return the person, or who stands in while they are away; None where the chain ends."""
    seen: set[str] = set()
    here: Person | None = person
    while here is not None and (not here.active or _away(here, now)):
        seen.add(here.id)
        here = people.get(here.substitute_id or "")
        if here is not None and here.id in seen:  # A for B, B for A, and both are away
            return None
    return here


def owner_for(
    clinic: Clinic, people: Mapping[str, Person], about: Sequence[str], now: datetime
) -> Person | None:
    """Return who owns a new case: the clinic's director, else another, else who runs things."""
    named = [p for p in [people.get(clinic.director_id or "")] if p is not None]
    for role in (Role.DIRECTOR, Role.MANAGER, Role.CHIEF, Role.ADMINISTRATOR):
        named += _with_role(role, clinic.id, people)
    for person in named:
        present = stand_in(person, people, now)
        if present is not None and present.id not in about:
            return present
    return None


def _with_role(role: str, clinic_id: str, people: Mapping[str, Person]) -> list[Person]:
    """Return the active holders of a role, those of this very clinic before those of all."""
    held = [
        person
        for person in people.values()
        if person.active
        and person.role == role
        and (not person.clinics or clinic_id in person.clinics)
    ]
    return sorted(held, key=lambda person: (not person.clinics, person.id))


def _away(person: Person, now: datetime) -> bool:
    if person.away_from is None or now < person.away_from:
        return False
    return person.away_until is None or now < person.away_until

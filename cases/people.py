"""Who is told: a rung names a role, and this finds the person when it fires."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from cases.models import Case, Person, Role


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
        named = with_role(role, case.clinic_id, people)
    for person in named:
        here = stand_in(person, people, now)
        if here is not None and here.id not in case.about:
            return here
    return None


def stand_in(person: Person, people: Mapping[str, Person], now: datetime) -> Person | None:
    """Return the person, or who stands in while they are away; None where the chain ends."""
    seen: set[str] = set()
    here: Person | None = person
    while here is not None and not present(here, now):
        seen.add(here.id)
        here = people.get(here.substitute_id or "")
        if here is not None and here.id in seen:  # A for B, B for A, and both are away
            return None
    return here


def instead_of(
    person: Person, about: Sequence[str], people: Mapping[str, Person], now: datetime
) -> Person | None:
    """Return who hears what this person cannot: the next in their chain, or an administrator.

    Whoever it is about is passed over, and so is the person: None where that leaves nobody.
    """
    seen = {person.id, *about}
    here = people.get(person.substitute_id or "")
    while here is not None and here.id not in seen:
        seen.add(here.id)
        if present(here, now):
            return here
        here = people.get(here.substitute_id or "")
    named = [p for p in people.values() if p.active and p.role == Role.ADMINISTRATOR]
    others = [p for p in named if p.id != person.id and p.id not in about]
    return next((p for p in others if present(p, now)), next(iter(others), None))


def present(person: Person, now: datetime) -> bool:
    """Tell whether somebody works here, and is not away."""
    return person.active and not _away(person, now)


def with_role(role: str, clinic_id: str, people: Mapping[str, Person]) -> list[Person]:
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

"""Who gets a case: the clinic's director, whoever's turn it is, or who has least to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cases.changes import Change
from cases.models import Clinic, Person, Role
from cases.people import present, stand_in, with_role
from cases.playbooks.playbook import Playbook

_MATTER = {"assignment", "open_cases_at_most"}
_OTHERWISE = (Role.MANAGER, Role.CHIEF, Role.ADMINISTRATOR)


@dataclass(frozen=True, slots=True)
class Load:
    """What somebody has: how many open cases, and the number of the last one they were given."""

    open: int = 0
    last: int = 0


@dataclass(frozen=True, slots=True)
class Assigned:
    """Who gets the case, None: nobody can; `over`: they have as many as they should already."""

    person: Person | None
    over: bool = False


NOTHING = Load()
Loads = Mapping[str, Load]


def with_one_more(loads: Loads, owner_id: str) -> dict[str, Load]:
    """Return the loads after this person was given one case more."""
    latest = max((each.last for each in loads.values()), default=0)
    mine = loads.get(owner_id, NOTHING)
    return {**loads, owner_id: Load(mine.open + 1, latest + 1)}


def counted(loads: Loads, change: Change) -> Loads:
    """Return the loads after a Change, which may open a case and give it to somebody."""
    for part in change.whole():
        for event in part.events:
            if event.kind == "opened" and event.detail.get("owner"):
                loads = with_one_more(loads, event.detail["owner"])
    return loads


def counts(playbook: Playbook, people: Mapping[str, Person]) -> bool:
    """Tell whether it matters who has how many: else the loads need not be read."""
    whole = playbook.whole or playbook
    by_turns = whole.assignment != "clinic_director" or whole.open_cases_at_most is not None
    sometimes = any(_MATTER & each.settings.keys() for each in whole.overrides)
    limited = any(person.open_cases_at_most is not None for person in people.values())
    return by_turns or sometimes or limited


def assign(
    clinic: Clinic,
    people: Mapping[str, Person],
    about: Sequence[str],
    now: datetime,
    playbook: Playbook,
    loads: Loads,
) -> Assigned:
    """Return who owns a case of this clinic; never somebody it is about.

    The directors come first, in the order of the playbook's mode; who is full is passed over. All
    full: the one with the fewest. No director there: who manages or runs the practice.
    """
    by_turns = playbook.assignment != "clinic_director"
    chosen = _chosen(clinic, people, about, now, playbook.assign_to, by_turns)
    if not chosen:
        return Assigned(_whoever_is_there(clinic, people, about, now))
    ordered = _in_order(chosen, playbook.assignment, loads)
    for person in ordered:
        if not _full(person, playbook, loads):
            return Assigned(person)
    return Assigned(min(ordered, key=lambda each: loads.get(each.id, NOTHING).open), over=True)


def owner_for(
    clinic: Clinic, people: Mapping[str, Person], about: Sequence[str], now: datetime
) -> Person | None:
    """Return who owns a case by office alone: the clinic's director, else who runs things."""
    found = _chosen(clinic, people, about, now, (Role.DIRECTOR,), by_turns=False)
    return next(iter(found), None) or _whoever_is_there(clinic, people, about, now)


def _chosen(
    clinic: Clinic,
    people: Mapping[str, Person],
    about: Sequence[str],
    now: datetime,
    roles: Iterable[str],
    by_turns: bool,
) -> list[Person]:
    """Return those who may own it, the clinic's director first; who is away is stood in for.

    Where they take turns, who stands in for one of them gets no turn by that unless all are away.
    """
    named = [p for p in [people.get(clinic.director_id or "")] if p is not None]
    named += [p for role in roles for p in with_role(role, clinic.id, people)]
    here = [person for person in named if by_turns and present(person, now)]
    found = _free(here, about) or _free((stand_in(p, people, now) for p in named), about)
    return list({person.id: person for person in found}.values())


def _free(people: Iterable[Person | None], about: Sequence[str]) -> list[Person]:
    return [person for person in people if person is not None and person.id not in about]


def _whoever_is_there(
    clinic: Clinic, people: Mapping[str, Person], about: Sequence[str], now: datetime
) -> Person | None:
    """Return who manages or runs the practice; at the very last an administrator who is away."""
    named = [p for role in _OTHERWISE for p in with_role(role, clinic.id, people)]
    everywhere = [p for p in people.values() if p.active and p.role == Role.ADMINISTRATOR]
    found = _free((stand_in(p, people, now) for p in (*named, *everywhere)), about)
    return next(iter(found or _free(everywhere, about)), None)


def _in_order(people: Sequence[Person], mode: str, loads: Loads) -> list[Person]:
    if mode == "round_robin":
        return sorted(people, key=lambda p: (loads.get(p.id, NOTHING).last, p.id))
    if mode == "least_loaded":
        return sorted(people, key=lambda p: (_of(p, loads).open, _of(p, loads).last, p.id))
    return list(people)


def _of(person: Person, loads: Loads) -> Load:
    return loads.get(person.id, NOTHING)


def _full(person: Person, playbook: Playbook, loads: Loads) -> bool:
    own = person.open_cases_at_most
    most = own if own is not None else playbook.open_cases_at_most
    return most is not None and _of(person, loads).open >= most

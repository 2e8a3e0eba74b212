"""Cases given on, many at once: because somebody asks for it, or because their owner left."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cases.assignment import Load, assign, with_one_more
from cases.casefile import CaseFile
from cases.changes import Change, Happened, Moment, about
from cases.custody import given_to, unfit
from cases.models import Person
from cases.needs import lacking
from cases.notices import to_person


@dataclass(slots=True)
class Handed:
    """What is to be written, and which cases stay where they are (by number), with the reasons."""

    changes: list[Change] = field(default_factory=list)
    moved: list[int] = field(default_factory=list)
    unmoved: dict[int, str] = field(default_factory=dict)


def hand_all(files: Sequence[CaseFile], to: Person, why: str, moment: Moment) -> Handed:
    """Give all these cases to somebody, who is told once, however many they are."""
    done = Handed()
    for file in files:
        missing = [*lacking("hand-over", file), *unfit(file, to)]
        if file.case.owner_id == to.id:
            missing.append(f"it is {to.name}'s already")
        if missing:
            done.unmoved[file.case.number] = "; ".join(missing)
        else:
            done.changes.append(given_to(file, to, why, moment, silently=True))
            done.moved.append(file.case.number)
    if done.moved:
        done.changes.append(_told(to, done.moved, moment))
    return done


def pass_on(files: Sequence[CaseFile], loads: Mapping[str, Load], moment: Moment) -> Handed:
    """Give each case whose owner is gone to the next of its clinic, as a new one would be.

    Each new owner is told once. Where nobody can own a case it stays, to be tried again.
    """
    done, given = Handed(), defaultdict[str, list[int]](list)
    people: dict[str, Person] = {}
    for file in files:
        case = file.case
        found = assign(file.clinic, file.people, case.about, moment.now, file.playbook, loads)
        if found.person is None or found.person.id == case.owner_id:
            done.unmoved[case.number] = "nobody else could own it; add a person first"
            continue
        loads = with_one_more(loads, found.person.id)
        people[found.person.id] = found.person
        given[found.person.id].append(case.number)
        done.changes.append(given_to(file, found.person, "", moment, silently=True))
        done.moved.append(case.number)
    done.changes += [_told(people[key], numbers, moment) for key, numbers in given.items()]
    return done


def _told(to: Person, numbers: Sequence[int], moment: Moment) -> Change:
    key, detail = f"handed_all:{to.id}:{moment.new_id()}", {"cases": list(numbers)}
    notice = to_person("handed_all", key, to.id, detail)
    event = Happened("handed_cases", {"cases": list(numbers)})
    return Change(about(to), moment, events=[event], notices=[notice])

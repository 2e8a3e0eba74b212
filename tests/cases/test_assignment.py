"""Who gets a new case: by office, by turns, or by who has least; and when everybody is full."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from cases.arriving.opening import open_case
from cases.assignment import Load, assign, counts, with_one_more
from cases.models import Case, NoticeState, Person, Role
from cases.playbooks.overrides import Override
from cases.playbooks.playbook import Playbook
from tests.builders import (
    ADMIN,
    DAY,
    DIRECTOR,
    MANAGER,
    PLAYBOOK,
    T0,
    a_clinic,
    a_person,
    a_review,
    moment,
    practised,
    the_people,
)

OTHERS = tuple(a_person(name, Role.DIRECTOR) for name in ("kim", "lee"))
TURNS = replace(PLAYBOOK, assignment="round_robin")
LEAST = replace(PLAYBOOK, assignment="least_loaded")


def everybody(*people: Person) -> dict[str, Person]:
    return the_people(**{person.id: person for person in (*OTHERS, *people)})


def chosen(
    playbook: Playbook,
    loads: Mapping[str, Load] | None = None,
    *people: Person,
    about: Sequence[str] = (),
) -> tuple[str, bool]:
    found = assign(a_clinic(), everybody(*people), about, T0, playbook, loads or {})
    return (found.person.id if found.person else "", found.over)


def share(playbook: Playbook, count: int, *people: Person, **more: Any) -> list[str]:
    """Return who is given each of so many cases, one after the other."""
    loads: Mapping[str, Load] = {}
    found = []
    for _ in range(count):
        name, _over = chosen(playbook, loads, *people, **more)
        loads = with_one_more(loads, name)
        found.append(name)
    return found


def test_the_clinics_director_gets_each_case_by_default() -> None:
    assert set(share(PLAYBOOK, 5)) == {DIRECTOR}


def test_by_turns_each_director_gets_as_many() -> None:
    assert share(TURNS, 6) == [DIRECTOR, "kim", "lee"] * 2


def test_it_is_the_turn_of_whoever_was_given_one_longest_ago() -> None:
    loads = {DIRECTOR: Load(1, 7), "kim": Load(9, 3), "lee": Load(0, 5)}
    assert chosen(TURNS, loads) == ("kim", False)


def test_by_load_whoever_has_least_gets_it() -> None:
    loads = {DIRECTOR: Load(2, 1), "kim": Load(1, 9), "lee": Load(3, 2)}
    assert chosen(LEAST, loads) == ("kim", False)
    assert Counter(share(LEAST, 9)) == {DIRECTOR: 3, "kim": 3, "lee": 3}


def test_who_is_away_or_left_has_no_turn() -> None:
    away = a_person("kim", Role.DIRECTOR, away_from=T0 - DAY, substitute_id="lee")
    left = a_person(DIRECTOR, Role.DIRECTOR, active=False)
    assert share(TURNS, 3, away, left) == ["lee"] * 3


def test_when_all_who_take_turns_are_away_their_substitute_gets_it() -> None:
    away = [
        a_person(name, Role.DIRECTOR, away_from=T0 - DAY, substitute_id=MANAGER)
        for name in (DIRECTOR, "kim", "lee")
    ]
    assert chosen(TURNS, {}, *away) == (MANAGER, False)


def test_whom_the_case_is_about_has_no_turn() -> None:
    assert set(share(TURNS, 4, about=[DIRECTOR])) == {"kim", "lee"}


def test_who_works_elsewhere_has_no_turn() -> None:
    elsewhere = a_person("kim", Role.DIRECTOR, clinics=["oak"])
    assert set(share(TURNS, 4, elsewhere)) == {DIRECTOR, "lee"}


def test_managers_take_turns_where_the_playbook_says_so() -> None:
    both = replace(TURNS, assign_to=("director", "manager"))
    assert set(share(both, 4)) == {DIRECTOR, "kim", "lee", MANAGER}


def test_who_is_full_is_passed_over() -> None:
    limited = replace(PLAYBOOK, open_cases_at_most=2)
    assert chosen(limited, {DIRECTOR: Load(2)}) == ("kim", False)
    assert share(limited, 6) == [DIRECTOR] * 2 + ["kim"] * 2 + ["lee"] * 2


def test_somebodys_own_limit_counts_before_the_playbooks() -> None:
    limited = replace(PLAYBOOK, open_cases_at_most=2)
    few = a_person(DIRECTOR, Role.DIRECTOR, open_cases_at_most=1)
    many = a_person(DIRECTOR, Role.DIRECTOR, open_cases_at_most=9)
    assert chosen(limited, {DIRECTOR: Load(1)}, few) == ("kim", False)
    assert chosen(limited, {DIRECTOR: Load(5)}, many) == (DIRECTOR, False)


def test_when_all_are_full_the_one_with_the_fewest_gets_it_and_it_is_said() -> None:
    limited = replace(PLAYBOOK, open_cases_at_most=2)
    loads = {DIRECTOR: Load(4), "kim": Load(3), "lee": Load(5)}
    assert chosen(limited, loads) == ("kim", True)
    known = replace(practised(people=everybody(), playbook=limited), loads=loads)
    change = open_case(a_review(), known, moment())
    assert next(add.values for add in change.adds if add.table is Case)["owner_id"] == "kim"
    assert [e.detail for e in change.events if e.kind == "over_limit"] == [
        {"owner": "kim", "open": 3}
    ]
    (said,) = [n for n in change.notices if n["kind"] == "over_limit"]
    assert (said["person_id"], said["state"]) == (ADMIN, NoticeState.FOR_DIGEST)


def test_where_no_director_is_left_whoever_runs_the_practice_gets_it() -> None:
    gone = [a_person(name, Role.DIRECTOR, active=False) for name in (DIRECTOR, "kim", "lee")]
    assert chosen(TURNS, {}, *gone) == (MANAGER, False)


def test_at_the_very_last_an_administrator_who_is_away_gets_it() -> None:
    gone = [a_person(person.id, Role(person.role), active=False) for person in everybody().values()]
    alex = a_person(ADMIN, Role.ADMINISTRATOR, away_from=T0 - DAY)
    assert chosen(PLAYBOOK, {}, *gone, alex) == (ADMIN, False)


def test_loads_are_counted_only_where_they_matter() -> None:
    people = everybody()
    assert not counts(PLAYBOOK, people)
    assert counts(TURNS, people)
    assert counts(replace(PLAYBOOK, open_cases_at_most=5), people)
    assert counts(PLAYBOOK, everybody(a_person("kim", Role.DIRECTOR, open_cases_at_most=3)))
    there = Override({"clinic": ("oak",)}, settings={"assignment": "least_loaded"})
    assert counts(replace(PLAYBOOK, overrides=(there,)), people)

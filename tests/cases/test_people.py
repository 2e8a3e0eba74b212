"""Who is told: the person behind a role, who stands in, and never who the case is about."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import pytest

from cases.assignment import owner_for
from cases.models import Case, Person, Role
from cases.people import holder, instead_of, stand_in, told
from tests.builders import (
    ADMIN,
    CHIEF,
    DAY,
    DIRECTOR,
    HOUR,
    MANAGER,
    T0,
    a_clinic,
    a_file,
    a_person,
    the_people,
)


def a_case(**facts: Any) -> Case:
    return a_file(**facts).case


def away(name: str, role: Role, substitute: str = "", **more: Any) -> Person:
    return a_person(name, role, away_from=T0 - DAY, substitute_id=substitute or None, **more)


def told_ids(*roles: str, case: Case | None = None, people: Sequence[Person] = ()) -> list[str]:
    everybody = the_people(**{person.id: person for person in people})
    found = told(roles, case or a_case(), everybody, T0)
    return [person.id for person in found]


def test_each_role_is_one_person() -> None:
    assert told_ids("owner", "manager", "chief") == [DIRECTOR, MANAGER, CHIEF]


def test_who_holds_two_roles_is_told_once() -> None:
    assert told_ids("owner", "director", "chief") == [DIRECTOR, CHIEF]


def test_who_works_at_this_clinic_comes_before_who_works_at_all() -> None:
    here = a_person("zoe", Role.MANAGER, clinics=["elm"])
    assert told_ids("manager", people=[here]) == ["zoe"]


def test_who_works_at_another_clinic_is_not_asked() -> None:
    elsewhere = a_person(MANAGER, Role.MANAGER, clinics=["oak"])
    assert told_ids("manager", people=[elsewhere]) == [ADMIN]


def test_a_role_nobody_holds_falls_to_the_administrator() -> None:
    gone = a_person(CHIEF, Role.CHIEF, active=False)
    assert told_ids("chief", people=[gone]) == [ADMIN]


def test_a_case_without_an_owner_falls_to_the_administrator() -> None:
    assert told_ids("owner", case=a_case(owner_id=None)) == [ADMIN]


def test_an_owner_who_left_for_good_falls_to_the_administrator() -> None:
    left = a_person(DIRECTOR, Role.DIRECTOR, active=False)
    assert told_ids("owner", people=[left]) == [ADMIN]


def test_whom_the_case_is_about_is_never_told() -> None:
    assert told_ids("owner", case=a_case(about=[DIRECTOR])) == [ADMIN]
    other = a_person("max", Role.MANAGER)
    assert told_ids("manager", case=a_case(about=[MANAGER]), people=[other]) == ["max"]


def test_whom_the_case_is_about_does_not_stand_in_either() -> None:
    absent = away(DIRECTOR, Role.DIRECTOR, MANAGER)
    assert told_ids("owner", case=a_case(about=[MANAGER]), people=[absent]) == [ADMIN]


def test_an_administrator_the_case_is_about_is_not_the_last_resort() -> None:
    assert told_ids("owner", case=a_case(about=[DIRECTOR, ADMIN])) == []


def test_who_is_away_is_replaced_by_the_substitute_and_theirs() -> None:
    absent = away(DIRECTOR, Role.DIRECTOR, MANAGER)
    assert told_ids("owner", people=[absent]) == [MANAGER]
    too = away(MANAGER, Role.MANAGER, CHIEF)
    assert told_ids("owner", people=[absent, too]) == [CHIEF]


def test_a_substitute_who_left_is_passed_on_to_theirs() -> None:
    absent = away(DIRECTOR, Role.DIRECTOR, MANAGER)
    left = a_person(MANAGER, Role.MANAGER, active=False, substitute_id=CHIEF)
    assert told_ids("owner", people=[absent, left]) == [CHIEF]


def test_who_is_away_without_a_substitute_leaves_it_to_the_next_of_that_role() -> None:
    absent = away(MANAGER, Role.MANAGER)
    other = a_person("max", Role.MANAGER)
    assert told_ids("manager", people=[absent, other]) == ["max"]


@pytest.mark.parametrize("chain", [["a", "a"], ["a", "b", "a"], ["a", "b", "c", "b"], ["a", "x"]])
def test_substitutes_that_lead_nowhere_end(chain: list[str]) -> None:
    people = {
        name: away(name, Role.MANAGER, following) for name, following in itertools.pairwise(chain)
    }
    assert stand_in(people["a"], people, T0) is None


@pytest.mark.parametrize(
    ("begins", "ends", "there"),
    [
        (None, None, True),
        (T0 + HOUR, None, True),
        (T0, None, False),
        (T0 - DAY, T0, True),
        (T0 - DAY, T0 + HOUR, False),
    ],
)
def test_away_counts_from_its_first_to_before_its_last_moment(
    begins: Any, ends: Any, there: bool
) -> None:
    person = a_person("a", Role.MANAGER, away_from=begins, away_until=ends)
    assert (stand_in(person, {}, T0) is person) is there


def test_a_rung_finds_the_person_of_the_day_it_fires() -> None:
    people = the_people(**{DIRECTOR: away(DIRECTOR, Role.DIRECTOR, MANAGER, away_until=T0)})
    before, after = (holder("owner", a_case(), people, t) for t in (T0 - HOUR, T0))
    assert (before and before.id, after and after.id) == (MANAGER, DIRECTOR)


# Who owns a new case


def owner_id(
    *about: str, director: str | None = DIRECTOR, people: Sequence[Person] = ()
) -> str | None:
    everybody = the_people(**{person.id: person for person in people})
    owner = owner_for(a_clinic(director_id=director), everybody, about, T0)
    return owner.id if owner else None


def test_the_clinics_director_owns_a_new_case() -> None:
    named = a_person("zoe", Role.DIRECTOR)
    assert owner_id(people=[named]) == DIRECTOR
    assert owner_id(director="zoe", people=[named]) == "zoe"


def test_without_a_named_director_another_one_owns_it() -> None:
    assert owner_id(director=None) == DIRECTOR


def test_a_director_who_is_away_is_replaced() -> None:
    assert owner_id(people=[away(DIRECTOR, Role.DIRECTOR, CHIEF)]) == CHIEF


def test_whom_a_case_is_about_never_owns_it() -> None:
    assert owner_id(DIRECTOR) == MANAGER
    assert owner_id(DIRECTOR, MANAGER) == CHIEF
    assert owner_id(DIRECTOR, MANAGER, CHIEF) == ADMIN
    assert owner_id(DIRECTOR, MANAGER, CHIEF, ADMIN) is None


# Who hears what somebody cannot


def instead(name: str, *people: Person, about: Sequence[str] = ()) -> str | None:
    everybody = the_people(**{person.id: person for person in people})
    found = instead_of(everybody[name], about, everybody, T0)
    return found.id if found else None


def test_what_somebody_cannot_hear_goes_to_their_substitute_and_on() -> None:
    here = a_person(DIRECTOR, Role.DIRECTOR, substitute_id=MANAGER)
    assert instead(DIRECTOR, here) == MANAGER
    too = away(MANAGER, Role.MANAGER, CHIEF)
    assert instead(DIRECTOR, here, too) == CHIEF
    assert instead(DIRECTOR, here, about=[MANAGER]) == ADMIN


def test_without_a_substitute_it_goes_to_an_administrator_even_one_who_is_away() -> None:
    assert instead(DIRECTOR) == ADMIN
    assert instead(DIRECTOR, away(ADMIN, Role.ADMINISTRATOR)) == ADMIN


def test_substitutes_in_a_circle_end_at_the_administrator() -> None:
    circle = [away(DIRECTOR, Role.DIRECTOR, MANAGER), away(MANAGER, Role.MANAGER, DIRECTOR)]
    assert instead(DIRECTOR, *circle) == ADMIN


def test_what_the_only_administrator_cannot_hear_nobody_hears() -> None:
    assert instead(ADMIN) is None

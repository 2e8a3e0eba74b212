"""Cases given on, many at once: one Change a case, one word to whoever gets them."""

from __future__ import annotations

from typing import Any

from cases import handing
from cases.casefile import CaseFile
from cases.custody import set_about
from cases.following import dismiss
from cases.models import Person, Role
from cases.practice import deactivate
from cases.store import Store
from cases.viewers import ENGINE
from tests.builders import (
    ADMIN,
    DIRECTOR,
    MANAGER,
    STAFF,
    a_person,
    a_seen_review,
    found_practice,
    moment,
    take,
)


def open_cases(store: Store, count: int, **people: Person) -> None:
    found_practice(store, **people)
    for number in range(count):
        take(store, a_seen_review(external_id=f"r{number}"))


def files(store: Store, owner: str = DIRECTOR) -> list[CaseFile]:
    return [store.case_file(each, ENGINE) for each in store.owned_by(owner)]


def write(store: Store, *changes: Any) -> None:
    applied = store.apply(changes)
    assert len(applied.applied) == len(changes), applied


def kinds_to(store: Store, person: str) -> list[str]:
    waiting = store.waiting(moment().now, ["email"])
    return [each.notice.kind for each in waiting if each.notice.person_id == person]


def test_all_cases_of_somebody_are_handed_over_and_one_notice_says_so(store: Store) -> None:
    open_cases(store, 30)
    to = store.people()[MANAGER]
    handed = handing.hand_all(files(store), to, "on leave", moment())
    write(store, *handed.changes)
    assert (len(handed.moved), handed.unmoved) == (30, {})
    assert (store.owned_by(DIRECTOR), len(store.owned_by(MANAGER))) == ([], 30)
    assert kinds_to(store, MANAGER) == ["handed_all"]
    for file in files(store, MANAGER):
        lines = [line.event.kind for line in store.timeline(file, ENGINE)]
        assert lines.count("handed_over") == 1
    assert store.broken_chains() == []


def test_only_those_of_one_clinic_or_in_one_stage_are_asked_for(store: Store) -> None:
    open_cases(store, 2)
    assert len(store.owned_by(DIRECTOR, "elm", "acknowledge")) == 2
    assert store.owned_by(DIRECTOR, "oak") == []
    assert store.owned_by(DIRECTOR, "", "resolve") == []


def test_what_cannot_be_handed_over_stays_and_it_is_said_why(store: Store) -> None:
    open_cases(store, 2)
    first = files(store)[0]
    write(store, set_about(first, [store.people()[MANAGER]], moment()))
    handed = handing.hand_all(files(store), store.people()[MANAGER], "", moment())
    assert handed.moved == [2]
    assert handed.unmoved == {1: "the case is about Morgan Field"}


def test_a_case_that_is_theirs_already_or_closed_stays(store: Store) -> None:
    open_cases(store, 2)
    first, second = files(store)
    write(store, dismiss(first, "duplicate", "", moment()))
    again = [store.case_file(first.case.id, ENGINE), second]
    handed = handing.hand_all(again, store.people()[DIRECTOR], "", moment())
    assert handed.changes == []
    assert "closed" in handed.unmoved[1]
    assert handed.unmoved[2] == "it is Dana Field's already"


def test_the_cases_of_who_left_fall_to_the_next_of_the_clinic(store: Store) -> None:
    open_cases(store, 3, kim=a_person("kim", Role.DIRECTOR))
    write(store, deactivate(store.people()[DIRECTOR], moment()))
    assert len(store.ownerless()) == 3
    handed = handing.pass_on(files(store), store.open_cases_by_owner(), moment())
    write(store, *handed.changes)
    assert (store.ownerless(), len(store.owned_by("kim"))) == ([], 3)
    assert kinds_to(store, "kim") == ["handed_all"]


def test_a_case_nobody_can_own_stays_until_somebody_can(store: Store) -> None:
    open_cases(store, 1)
    (file,) = files(store)
    write(store, set_about(file, [p for n, p in store.people().items() if n != ADMIN], moment()))
    for name in STAFF:
        write(store, deactivate(store.people()[name], moment()))
    lonely = [store.case_file(each, ENGINE) for each in store.ownerless()]
    handed = handing.pass_on(lonely, {}, moment())
    assert handed.changes == []
    assert list(handed.unmoved) == [1]


def test_a_case_without_any_owner_is_found(store: Store) -> None:
    gone = {name: a_person(name, role, active=False) for name, role in STAFF.items()}
    open_cases(store, 1, **gone)
    (lonely,) = [store.case_file(each, ENGINE) for each in store.ownerless()]
    assert lonely.case.owner_id is None

"""A case that cannot be worked on is set aside, loudly, and comes back by itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from cases.changes import About, Change
from cases.clockwork.parking import note_refusal, park
from cases.models import Case, Clinic, Clock, Practice, Role
from tests.builders import ADMIN, DAY, HOUR, T0, a_file, a_person, moment

ADMINS = [a_person(ADMIN, Role.ADMINISTRATOR), a_person("avery", Role.ADMINISTRATOR)]


def a_clock(**changes: Any) -> Clock:
    usual: dict[str, Any] = {
        "id": "c1", "case_id": "case-1", "kind": "answer", "started_at": T0, "span": 3600,
        "calendar": "office", "playbook_version": 1, "look_at": T0,
    }  # fmt: skip
    return Clock(**{**usual, **changes})


def parked(*clocks: Clock, admins: Sequence[Any] = ADMINS, **facts: Any) -> Change:
    return park(a_file(**facts).case, clocks, "WorktimeError", moment(by="sweep"), admins)


def set_on(change: Change, table: type) -> dict[str, dict[str, Any]]:
    return {each.id: dict(each.values) for each in change.sets if each.table is table}


def test_a_parked_case_says_until_when_and_why() -> None:
    change = parked()
    (values,) = set_on(change, Case).values()
    assert values == {
        "parked_until": T0 + HOUR,
        "parked_code": "WorktimeError",
        "parked_told_at": T0,
    }
    assert [(e.kind, e.detail) for e in change.events] == [
        ("parked", {"code": "WorktimeError", "until": T0 + HOUR})
    ]


def test_its_clocks_are_looked_at_again_in_an_hour() -> None:
    change = parked(a_clock(), a_clock(id="c2", look_at=T0 - DAY))
    assert set_on(change, Clock) == {
        "c1": {"look_at": T0 + HOUR},
        "c2": {"look_at": T0 + HOUR},
    }


@pytest.mark.parametrize(
    "clock",
    [
        pytest.param(a_clock(look_at=T0 + 2 * HOUR), id="to be looked at later anyway"),
        pytest.param(a_clock(look_at=None), id="nothing more will happen"),
        pytest.param(a_clock(ended_at=T0, ended_how="met"), id="ended"),
    ],
)
def test_a_clock_that_wants_no_look_by_then_is_left_alone(clock: Clock) -> None:
    assert set_on(parked(clock), Clock) == {}


def test_parking_forgets_nothing_about_a_clock_but_its_next_look() -> None:
    change = parked(a_clock())
    assert {each.table for each in change.sets} == {Case, Clock}
    assert all(set(values) == {"look_at"} for values in set_on(change, Clock).values())


def test_every_administrator_is_told_of_a_new_trouble() -> None:
    first, again = parked(version=3), parked(version=4)
    assert [n["person_id"] for n in first.notices] == [ADMIN, "avery"]
    keys = [n["key"] for n in (*first.notices, *again.notices)]
    assert len(set(keys)) == 4
    assert {n["detail"]["code"] for n in first.notices} == {"WorktimeError"}


def test_one_trouble_is_told_once_and_then_once_a_day() -> None:
    def told(hours: int, code: str = "WorktimeError") -> int:
        change = parked(parked_told_at=T0 - hours * HOUR, parked_code=code)
        assert ("parked_told_at" in next(iter(set_on(change, Case).values()))) == bool(
            change.notices
        )
        return len(change.notices)

    assert [told(hours) for hours in (1, 23, 24, 30)] == [0, 0, 2, 2]
    assert told(1, code="") == 0  # it went on in between, and fell back the same day
    assert told(1, code="LookupError") == 2  # another trouble is news


def test_a_practice_without_an_administrator_still_parks() -> None:
    change = parked(a_clock(), admins=[])
    assert (list(change.notices), len(change.sets)) == ([], 2)


def test_a_refused_change_about_something_else_is_noted_on_the_practice() -> None:
    practice = About(Practice, "practice", 7)
    change = note_refusal(
        practice, About(Clinic, "elm", 3), "IntegrityError", moment(by="store"), ADMINS
    )
    assert change.subject == practice
    assert change.sets == ()
    assert [(e.kind, e.detail) for e in change.events] == [
        ("change_refused", {"about": "clinic", "id": "elm", "code": "IntegrityError"})
    ]
    assert [n["person_id"] for n in change.notices] == [ADMIN, "avery"]
    assert len({n["key"] for n in change.notices}) == 2

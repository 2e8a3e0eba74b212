"""New hours and new policies reach every open clock, in batches, whoever is stopped on the way."""

from pathlib import Path

import pytest

from cases import clinics
from cases.changes import Change, Happened, Set, about
from cases.models import Case
from cases.practice import adopt
from cases.settings import Settings
from cases.store import Applied, Store
from flows import recompute
from flows.house import House
from tests.builders import DAY, HOUR, PLAYBOOK, T0, a_clinic, a_seen_review, found_practice, moment
from tests.builders import take as take_in

TWO_HOURS = PLAYBOOK.text.replace('span = "4 hours"', 'span = "2 hours"', 1)


@pytest.fixture
def house(store: Store, tmp_path: Path) -> House:
    """Seven cases of one clinic."""
    found_practice(store)
    for number in range(7):
        take_in(store, a_seen_review(external_id=f"r{number}"))
    return House(Settings(data=tmp_path), store, "sweep", T0 + HOUR)


def due(house: House, kind: str) -> set[object]:
    files = house.store.running()
    return {c.due_at for file in files for c in file.clocks if c.kind == kind}


def closes_early(house: House) -> None:
    (clinic,) = house.store.clinics().values()
    change = clinics.one_off(clinic, "2026-11-02", ["09:00-12:00"], PLAYBOOK, house.moment())
    assert house.apply(change).applied


def test_a_closure_reaches_all_cases_over_several_batches(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recompute, "_BATCH", 2)
    closes_early(house)
    assert recompute.run(house) == {"recomputed": 7, "failed": 0}
    assert due(house, "acknowledge") == {T0 + DAY + HOUR}  # three hours today, one tomorrow
    assert recompute.run(house) == {"recomputed": 0, "failed": 0}
    assert house.store.broken_chains() == []


def test_what_died_half_way_is_taken_up_by_the_next_sweep(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recompute, "_BATCH", 2)
    closes_early(house)

    class Killed(BaseException):
        pass

    def dies_at_the_third(*changes: Change) -> Applied:
        if len(applied) == 2:
            raise Killed
        applied.append(changes)
        return really(*changes)

    applied: list[object] = []
    really = house.apply
    monkeypatch.setattr(house, "apply", dies_at_the_third)
    with pytest.raises(Killed):
        recompute.run(house)
    monkeypatch.setattr(house, "apply", really)
    assert len(due(house, "acknowledge")) == 2  # some follow, some do not yet
    assert recompute.run(house)["recomputed"] == 3
    assert due(house, "acknowledge") == {T0 + DAY + HOUR}


def test_a_case_that_cannot_be_computed_keeps_no_other_from_it(house: House) -> None:
    lost = house.store.running()[3].case
    change = Change(
        about(lost),
        moment(),
        sets=[Set(Case, lost.id, {"playbook_version": 99})],
        events=[Happened("lost_its_playbook")],
    )
    assert house.apply(change).applied
    closes_early(house)
    assert recompute.run(house) == {"recomputed": 6, "failed": 1}


def test_another_clinics_hours_touch_nobody_else(house: House) -> None:
    other = a_clinic(id="oak", slug="oak-street")
    found = clinics.edit(other, PLAYBOOK, moment(), hours={"mon-fri": ["09:00-12:00"]})
    assert found.sets[0].id == "oak"
    before = due(house, "acknowledge")
    assert recompute.run(house)["recomputed"] == 0
    assert due(house, "acknowledge") == before


def test_running_cases_are_moved_to_a_playbook_only_where_that_was_chosen(house: House) -> None:
    def adopts(running: bool) -> int:
        change = adopt(
            TWO_HOURS, "shorter", house.store.practice(), house.moment(), running=running
        )
        assert house.apply(change).applied
        return recompute.run(house)["recomputed"]

    assert adopts(running=False) == 0
    assert {file.case.playbook_version for file in house.store.running()} == {1}
    assert adopts(running=True) == 7
    assert {file.case.playbook_version for file in house.store.running()} == {3}
    assert due(house, "acknowledge") == {T0 + 2 * HOUR}
    assert house.store.practice().moving_since is None

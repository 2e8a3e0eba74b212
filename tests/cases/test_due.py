"""What is due, read by two sweeps at once, with poisoned cases among the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import event, select

from cases.arriving.opening import Practised, take_in
from cases.calendars.worktime import WorktimeError
from cases.casefile import OnTheClock
from cases.changes import About, Add, Change, Happened, Moment, Set, about
from cases.clockwork import clocks, ladders
from cases.clockwork.parking import park
from cases.identifiers import Identifiers
from cases.judging.triage import triage
from cases.models import Case, Clinic, Clock, Event, Notice, PlaybookVersion, RungFired
from cases.store import Store
from cases.store.database import reading
from cases.store.rows import read, table
from tests.builders import (
    ADMIN,
    DAY,
    DIRECTOR,
    HOUR,
    MANAGER,
    T0,
    a_clinic,
    a_seen_review,
    found_practice,
    moment,
    take,
)

MANY = 200


def rows(store: Store, model: type[Any]) -> list[Any]:
    with reading(store._engine) as connection:
        return read(connection, model, select(table(model)))


def open_cases(store: Store, count: int, clinic: Clinic | None = None) -> None:
    """Open so many cases in one transaction."""
    clinic = clinic or next(iter(store.clinics().values()))
    known = Practised(clinic, store.people(), store.playbook())
    reviews = [
        a_seen_review(external_id=f"{clinic.slug}-{n}", clinic=clinic.slug) for n in range(count)
    ]
    judged = [triage(each.text, each.rating, each.recommends) for each in reviews]
    now = moment(T0, "intake")
    changes = [take_in(r, j, known, None, now) for r, j in zip(reviews, judged, strict=True)]
    assert len(store.apply(changes).applied) == count


def change_row(store: Store, row: Any, values: Mapping[str, Any]) -> None:
    """Write what no rule would: how a record looks after somebody's mistake."""
    model = row.of_table
    change = Change(
        about(row), moment(by="test"), sets=[Set(model, row.id, values)], events=[Happened("harm")]
    )
    assert store.apply([change]).applied


def answer(file: OnTheClock, at: Moment, store: Store) -> Change:
    """Ask the rule, as a sweep does; a case it cannot answer for is parked."""
    try:
        return ladders.step(file, at)
    except Exception as error:
        return park(file.case, file.clocks, type(error).__name__, at, store.administrators())


def sweep(store: Store, now: datetime, seed: int = 1, limit: int = 500) -> int:
    """Look until nothing is due; return how many Changes were written."""
    at, written = Moment(now, "sweep", Identifiers(seed)), 0
    for _ in range(50):
        files = store.due(now, limit)
        if not files:
            return written
        written += len(store.apply([answer(file, at, store) for file in files]).applied)
    raise AssertionError("the sweep never ends")


def two_sweeps(store: Store, now: datetime, limit: int) -> int:
    start = Barrier(2)

    def run(seed: int) -> int:
        start.wait(10)
        return sweep(store, now, seed, limit)

    with ThreadPoolExecutor(2) as pool:
        return sum(pool.map(run, (1, 2)))


# Two at once


@pytest.mark.parametrize("limit", [500, 70])
def test_two_sweeps_at_once_do_everything_once(store: Store, limit: int) -> None:
    found_practice(store)
    open_cases(store, MANY)
    opened = {notice.id for notice in rows(store, Notice)}

    # Five hours after opening: 50 %, 80 % and due of `acknowledge`, 50 % of `first_try`.
    two_sweeps(store, T0 + 5 * HOUR, limit)
    # A week later both ladders have been climbed to their ends.
    two_sweeps(store, T0 + 7 * DAY, limit)
    assert two_sweeps(store, T0 + 7 * DAY, limit) == 0

    fired = Counter((each.clock_id, each.rung, each.occurrence) for each in rows(store, RungFired))
    assert set(fired.values()) == {1}
    assert len(fired) == MANY * 2 * (4 + 3)
    told = [notice for notice in rows(store, Notice) if notice.id not in opened]
    assert len({notice.key for notice in told}) == len(told)
    # The first time the manager (acknowledge is due), before that the owner, and the owner (first
    # try, 50 %); the second time chief and administrator, for each of the two.
    assert Counter(notice.person_id for notice in told) == {
        MANAGER: MANY, DIRECTOR: 2 * MANY, "chris": 2 * MANY, ADMIN: 2 * MANY,
    }  # fmt: skip
    happened = Counter(each.kind for each in rows(store, Event))
    assert happened["missed"] == 2 * MANY
    assert happened["passed_over"] == MANY * (2 + 0 + 3 + 5)
    assert (happened["reminded"], happened["escalated"]) == (MANY, 3 * MANY)
    assert happened["parked"] == 0
    assert store.broken_chains() == []
    assert store.next_look() is None


def test_what_another_sweep_wrote_between_two_reads_is_never_half_seen(store: Store) -> None:
    found_practice(store)
    take(store, a_seen_review())
    engine, now = store._engine, T0 + 5 * HOUR
    met: list[str] = []

    # As soon as one sweep has read the clocks, another does all of its work.
    def between(_c: Any, _k: Any, statement: str, *_rest: Any) -> None:
        if "FROM clocks" in statement and not met:
            met.append(statement)
            assert sweep(store, now, seed=2) == 1

    event.listen(engine, "after_cursor_execute", between)
    late = store.due(now)
    event.remove(engine, "after_cursor_execute", between)

    assert met
    changes = [ladders.step(file, moment(now)) for file in late]
    assert len(changes) == 1
    assert store.apply(changes).stale == changes
    assert [each.kind for each in rows(store, Event)].count("missed") == 1


# What is due


def test_only_clocks_whose_look_has_come_are_read(store: Store) -> None:
    found_practice(store)
    file = take(store, a_seen_review())
    looks = sorted(clock.look_at for clock in file.clocks if clock.look_at)
    assert store.next_look() == looks[0]
    assert store.due(looks[0] - HOUR) == []
    (first,) = store.due(looks[0])
    assert [clock.kind for clock in first.clocks] == ["acknowledge"]
    assert len(store.due(looks[-1])[0].clocks) == len(file.clocks)


def test_the_longest_waiting_come_first_where_there_are_too_many(store: Store) -> None:
    found_practice(store)
    first = take(store, a_seen_review(external_id="r1"), T0)
    take(store, a_seen_review(external_id="r2"), T0 + HOUR)
    (file,) = store.due(T0 + 2 * DAY, limit=1)
    assert file.case.id == first.case.id


def test_an_ended_clock_is_due_no_more(store: Store) -> None:
    found_practice(store)
    file = take(store, a_seen_review())
    ends = [clocks.end(clock, "met", moment(T0 + HOUR)) for clock in file.clocks]
    change = Change(about(file.case), moment(T0 + HOUR), sets=ends, events=[Happened("ended")])
    assert store.apply([change]).applied
    assert store.due(T0 + 30 * DAY) == []
    assert store.next_look() is None


def test_a_look_that_was_missed_is_overlooked_until_somebody_looks(store: Store) -> None:
    found_practice(store)
    file = take(store, a_seen_review())
    late = T0 + 30 * DAY
    assert {clock.id for clock in store.overlooked(late)} == {clock.id for clock in file.clocks}
    sweep(store, late)
    assert store.overlooked(late) == []


# One poisoned case among the others


def poison_playbook(store: Store, case: Case) -> str:
    change_row(store, case, {"playbook_version": 99})
    return "LookupError"


def poison_text(store: Store, case: Case) -> str:
    broken = {
        "id": "p2", "number": 2, "name": "broken", "text": "clocks = 3",
        "adopted_at": T0, "adopted_by": "test",
    }  # fmt: skip
    practice = store.practice()
    change = Change(
        about(practice),
        moment(by="test"),
        adds=[Add(PlaybookVersion, broken)],
        events=[Happened("harm")],
    )
    assert store.apply([change]).applied
    change_row(store, case, {"playbook_version": 2})
    return "PlaybookError"


def poison_clock(store: Store, case: Case) -> str:
    ours = [clock for clock in rows(store, Clock) if clock.case_id == case.id]
    sets = [Set(Clock, clock.id, {"kind": f"lost_{clock.kind}"}) for clock in ours]
    change = Change(about(case), moment(by="test"), sets=sets, events=[Happened("harm")])
    assert store.apply([change]).applied
    return "KeyError"


def poison_clinic(store: Store, case: Case) -> str:
    change_row(store, store.clinics()[case.clinic_id], {"zone": "Mars/Olympus"})
    return "WorktimeError"


@pytest.mark.parametrize("poison", [poison_playbook, poison_text, poison_clock, poison_clinic])
def test_a_case_whose_rule_raises_is_parked_and_stops_no_other(store: Store, poison: Any) -> None:
    found_practice(store)
    oak = _a_second_clinic(store)
    open_cases(store, 1, oak)
    open_cases(store, 5, store.clinics()["elm"])
    (bad,) = (case for case in rows(store, Case) if case.clinic_id == "oak")
    code = poison(store, bad)
    now = T0 + 5 * HOUR

    sweep(store, now)

    cases = {case.id: case for case in rows(store, Case)}
    assert {case.id for case in cases.values() if case.parked_until} == {bad.id}
    assert (cases[bad.id].parked_until, cases[bad.id].parked_code) == (now + HOUR, code)
    assert len({each.clock_id for each in rows(store, RungFired)}) == 5 * 2
    told = [notice for notice in rows(store, Notice) if notice.kind == "parked"]
    assert [(notice.person_id, notice.case_id) for notice in told] == [(ADMIN, bad.id)]


def _a_second_clinic(store: Store) -> Clinic:
    values = a_clinic(id="oak", slug="oak-lane").model_dump(
        exclude={"version", "head_seq", "head_mac"}
    )
    change = Change(
        About(Clinic, "oak", 0),
        moment(by="setup"),
        adds=[Add(Clinic, values)],
        events=[Happened("added")],
    )
    assert store.apply([change]).applied
    return store.clinics()["oak"]


def test_a_parked_case_catches_up_once_its_clinic_is_put_right(store: Store) -> None:
    found_practice(store)
    file = take(store, a_seen_review())
    poison_clinic(store, file.case)
    sweep(store, T0 + 5 * HOUR)
    assert store.due(T0 + 5 * HOUR + HOUR / 2) == []
    assert rows(store, RungFired) == []

    change_row(store, store.clinics()["elm"], {"zone": "America/New_York"})
    sweep(store, T0 + 6 * HOUR)

    (case,) = rows(store, Case)
    assert (case.parked_until, case.parked_code) == (None, "")
    missed = next(clock for clock in rows(store, Clock) if clock.kind == "acknowledge").missed_at
    assert missed == T0 + 4 * HOUR
    assert [each.kind for each in rows(store, Event)].count("escalated") == 1


def test_a_lost_playbook_is_told_by_number_when_a_rule_asks(store: Store) -> None:
    found_practice(store)
    file = take(store, a_seen_review())
    poison_playbook(store, file.case)
    (read_,) = store.due(T0 + 5 * HOUR)
    with pytest.raises(LookupError, match="playbook version 99 is not in the record"):
        ladders.step(read_, moment(T0 + 5 * HOUR))
    with pytest.raises(LookupError, match="playbook version 99"):
        _ = read_.calendars


def test_wrong_hours_are_told_when_a_rule_asks(store: Store) -> None:
    found_practice(store)
    poison_clinic(store, take(store, a_seen_review()).case)
    (file,) = store.due(T0 + 5 * HOUR)
    with pytest.raises(WorktimeError, match="Mars/Olympus"):
        ladders.step(file, moment(T0 + 5 * HOUR))

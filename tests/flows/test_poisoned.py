"""A hundred cases nobody can work on, among a thousand: the other nine hundred are on time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import select

from cases.arriving.opening import Practised, take_in
from cases.changes import Change, Happened, Set, about
from cases.identifiers import Identifiers
from cases.judging.triage import triage
from cases.models import Case, Clock, Event, Notice
from cases.settings import Settings
from cases.store import Store
from cases.store.database import reading
from cases.store.rows import read, table
from flows import sweep
from flows.house import House
from tests.builders import HOUR, MANAGER, MINUTE, T0, a_seen_review, found_practice, moment

CASES, POISONED = 1_000, 100


def open_cases(store: Store) -> list[Case]:
    known = Practised(next(iter(store.clinics().values())), store.people(), store.playbook())
    seen = [a_seen_review(external_id=f"r{number}") for number in range(CASES)]
    judged = triage(seen[0].text, seen[0].rating)
    store.apply([take_in(each, judged, known, None, moment(T0, "intake")) for each in seen])
    with reading(store._engine) as connection:
        return read(connection, Case, select(table(Case)).order_by(table(Case).c.number))


def poison(store: Store, cases: Sequence[Case]) -> None:
    """Half of them lose their playbook, half have clocks of a kind nobody knows."""
    with reading(store._engine) as connection:
        clocks = read(connection, Clock, select(table(Clock)))
    half = len(cases) // 2
    lost = [[Set(Case, case.id, {"playbook_version": 99})] for case in cases[:half]]
    odd = [
        [Set(Clock, c.id, {"kind": f"odd_{c.kind}"}) for c in clocks if c.case_id == case.id]
        for case in cases[half:]
    ]
    changes = [
        Change(about(case), moment(by="test"), sets=sets, events=[Happened("harm")])
        for case, sets in zip(cases, [*lost, *odd], strict=True)
    ]
    assert len(store.apply(changes).applied) == POISONED


def test_a_hundred_poisoned_cases_among_a_thousand_leave_nine_hundred_on_time(
    store: Store, tmp_path: Path
) -> None:
    found_practice(store)
    cases = open_cases(store)
    bad = {case.id for case in cases[::10]}
    poison(store, [case for case in cases if case.id in bad])
    now = T0 + 4 * HOUR + MINUTE
    house = House(Settings(data=tmp_path), store, "sweep", now, Identifiers(seed=9))

    assert sweep.run(house)["stale"] == 0

    with reading(store._engine) as connection:
        events, notices = table(Event), table(Notice)
        missed = select(events.c.case_id).where(events.c.kind == "missed")
        on_time = Counter(connection.execute(missed).scalars())
        told = select(notices.c.case_id).where(notices.c.person_id == MANAGER)
        escalated = Counter(connection.execute(told).scalars())
        parked = select(table(Case).c.id).where(table(Case).c.parked_until.is_not(None))
        assert set(connection.execute(parked).scalars()) == bad
    healthy = {case.id for case in cases} - bad
    assert on_time == dict.fromkeys(healthy, 1)
    assert escalated == dict.fromkeys(healthy, 1)

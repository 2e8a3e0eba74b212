"""Every quarter of an hour: one mail for each whose morning has come, instead of thirty."""

from __future__ import annotations

from datetime import datetime

from prefect import flow

from cases.changes import Change
from cases.clockwork import digests
from cases.models import Person
from flows.house import Counts, House, alone, at_work


@flow(name="digest")
def digest(now: datetime | None = None) -> Counts:
    """Bundle what waits for a daily digest. Safe to run twice, late, or side by side."""
    with at_work("digest", now) as house:
        return run(house)


def run(house: House) -> Counts:
    """Write each digest that is owed by now; `deliver` sends it."""
    done = {"digests": 0, "bundled": 0, "nothing": 0, "failed": 0}
    waited_for = house.store.digest_waits_for()
    for person in house.store.people().values():
        if person.reminders == "digest" or person.id in waited_for:
            with alone(f"the digest of {person.id}", done, "failed"):
                _write(house, person, done)
    return done


def _write(house: House, person: Person, done: Counts) -> None:
    change = _answer(house, person)
    if change is None or not house.apply(change).applied:
        return
    done["digests" if change.notices else "nothing"] += 1
    done["bundled"] += len(change.parts)


def _answer(house: House, person: Person) -> Change | None:
    store = house.store
    if not person.active:
        desk = store.desk(person)
        return digests.dropped(desk, house.moment()) if desk.kept else None
    clinics, playbook = store.clinics(), store.playbook()
    day = digests.day_of(person, clinics, playbook, house.now)
    if day is None:
        return None
    return digests.digest(store.desk(person), clinics, playbook, day, house.moment())

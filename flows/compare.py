"""Every quarter of an hour: compare new reviews with the others. What it sees, it only suggests."""

from __future__ import annotations

from datetime import datetime

from prefect import flow

from cases.clockwork.watchdog import beat
from cases.judging import clusters, twins
from cases.models import Case, Review
from cases.viewers import ENGINE
from flows.house import Counts, House, alone, at_work

_CURSOR = "compare_cursor"  # the last case that was compared


@flow(name="compare")
def compare(now: datetime | None = None) -> Counts:
    """Suggest duplicates and raise alerts. Safe to repeat: each is told once."""
    with at_work("compare", now) as house:
        return run(house)


def run(house: House) -> Counts:
    """Look for the same author twice, and for three complaints about one thing."""
    done = {"compared": 0, "duplicates": 0, "alerts": 0, "failed": 0}
    known = house.store.beats().get(_CURSOR)
    after = known.note if known else ""
    for case, review in house.store.opened_after(after):
        with alone(f"case {case.id}", done, "failed"):
            _suggest(house, case, review, done)
        after = case.id
    house.apply(beat(known, _CURSOR, house.moment(), after))
    _raise(house, done)
    return done


def _suggest(house: House, case: Case, review: Review, done: Counts) -> None:
    others = house.store.neighbours(case.clinic_id, review.seen_at - twins.WITHIN)
    done["compared"] += 1
    found = twins.twins(review, others)
    if not found:
        return
    file = house.store.case_file(case.id, ENGINE)
    change = twins.suggest(file, found, house.moment())
    if change is not None:
        done["duplicates"] += len(house.apply(change).applied)


def _raise(house: House, done: Counts) -> None:
    since = house.now - clusters.WITHIN
    found = clusters.clusters(house.store.complaints(since), house.store.alerts(since), house.now)
    people = house.store.people()
    for each in found:
        clinic = house.store.clinics()[each.clinic_id]  # anew: each alert moves its version
        change = clusters.raise_alert(clinic, each, people.values(), house.moment())
        done["alerts"] += len(house.apply(change).applied)

"""Every minute: let each clock whose time has come take its next step."""

from __future__ import annotations

from datetime import datetime

from prefect import flow

from cases import handing
from cases.casefile import OnTheClock
from cases.changes import Change
from cases.clockwork import ladders
from cases.clockwork.parking import park
from cases.models import Person
from cases.viewers import ENGINE
from flows import recompute
from flows.house import Counts, House, alone, at_work, code_of

_BATCH, _ADOPTED = 500, 200


@flow(name="sweep")
def sweep(now: datetime | None = None) -> Counts:
    """Remind and escalate all that is ripe. Safe to run twice, late, or side by side."""
    with at_work("sweep", now) as house:
        return run(house)


def run(house: House) -> Counts:
    """Step every case whose clocks want it; a case whose rule raises is parked."""
    done = {"stepped": 0, "parked": 0, "stale": 0, "adopted": 0}
    with alone("new hours", done, "parked"):
        recompute.run(house)  # first: what is due follows from the hours as they are now
    with alone("cases that nobody has", done, "parked"):
        adopt(house, done)
    administrators = house.store.administrators()
    while batch := house.store.due(house.now, _BATCH):
        answers = [_step(house, file, administrators, done) for file in batch]
        applied = house.apply(*answers)
        done["stepped"] += len(applied.applied)
        done["parked"] += len(applied.refused)
        done["stale"] += len(applied.stale)
        if not applied.applied and not applied.refused:
            break  # others are at it; what is left is theirs, or the next sweep's
    return done


def adopt(house: House, done: Counts) -> None:
    """Give cases that nobody has, or somebody who left, to the next of their clinic."""
    ids = house.store.ownerless(_ADOPTED)
    if not ids:
        return
    files = []
    for case_id in ids:
        with alone(f"case {case_id}", done, "parked"):
            files.append(house.store.case_file(case_id, ENGINE))
    handed = handing.pass_on(files, house.store.open_cases_by_owner(), house.moment())
    house.apply(*handed.changes)
    done["adopted"] += len(handed.moved)


def _step(house: House, file: OnTheClock, administrators: list[Person], done: Counts) -> Change:
    moment = house.moment()
    try:
        return ladders.step(file, moment)
    except Exception as error:  # one bad case must not stop the others
        done["parked"] += 1
        return park(file.case, file.clocks, code_of(error), moment, administrators)

"""Where a clinic's hours or the policy of running cases changed: every open clock follows.

Part of the sweep, and of the command that made the change. A run that dies half-way is taken up by
the next: the clinic, or the practice, says that it is owed until all is done.
"""

from __future__ import annotations

from cases import clinics
from cases.casefile import OnTheClock
from cases.changes import Change
from cases.clockwork.recomputing import recompute
from cases.playbooks.playbook import Playbook
from flows.house import Counts, House, alone

_BATCH = 500
_PASSES = 3  # others may be at work on a case just now


def run(house: House) -> Counts:
    """Compute anew what is owed. Returns counts: cases with new clocks, those that failed."""
    done = {"recomputed": 0, "failed": 0}
    practice = house.store.practice()
    if practice.moving_since is not None:
        before = done["recomputed"]
        if _passes(house, "", practice.playbook_version, done):
            house.apply(clinics.moved(practice, done["recomputed"] - before, house.moment()))
    for clinic in house.store.clinics().values():
        before = done["recomputed"]
        if clinic.retime_since is not None and _passes(house, clinic.id, None, done):
            count = done["recomputed"] - before
            house.apply(clinics.retimed(clinic, count, house.moment()))
    return done


def _passes(house: House, clinic_id: str, version: int | None, done: Counts) -> bool:
    """Go over the cases until none was changed by others meanwhile; tell whether that came."""
    return any(_pass(house, clinic_id, version, done) for _ in range(_PASSES))


def _pass(house: House, clinic_id: str, version: int | None, done: Counts) -> bool:
    after, stale = "", 0
    while batch := house.store.running(clinic_id, after, _BATCH):
        after = batch[-1].case.id
        policies = house.store.policies(batch, version) if version is not None else {}
        applied = house.apply(*_answers(house, batch, policies, done))
        done["recomputed"] += len(applied.applied)
        done["failed"] += len(applied.refused)
        stale += len(applied.stale)
    return not stale


def _answers(
    house: House, batch: list[OnTheClock], policies: dict[str, Playbook], done: Counts
) -> list[Change]:
    found = []
    why = "playbook" if policies else "hours"
    for file in batch:
        with alone("a case", done, "failed"):
            change = recompute(file, why, house.moment(), policies.get(file.case.id))
            if change is not None:
                found.append(change)
    return found

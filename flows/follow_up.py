"""Every hour in office time: let planned follow-ups go whose window has ended."""

from __future__ import annotations

from datetime import datetime

from prefect import flow

from cases.following import release_follow_up
from cases.models import Notice
from cases.needs import IllegalMove
from cases.viewers import ENGINE
from flows.house import Counts, House, alone, at_work


@flow(name="follow-up")
def follow_up(now: datetime | None = None) -> Counts:
    """Release what a person approved when the case was resolved. Safe to repeat."""
    with at_work("follow_up", now) as house:
        return run(house)


def run(house: House) -> Counts:
    """Release each planned follow-up whose review still stands; `deliver` sends it."""
    done = {"released": 0, "not_yet": 0}
    for case_id, notice in house.store.planned_follow_ups():
        with alone(f"case {case_id}", done, "not_yet"):
            done["released" if _release(house, case_id, notice) else "not_yet"] += 1
    return done


def _release(house: House, case_id: str, notice: Notice) -> bool:
    file = house.store.case_file(case_id, ENGINE)
    try:
        change = release_follow_up(file, notice, house.moment())
    except IllegalMove:
        return False
    return bool(house.apply(change).applied)

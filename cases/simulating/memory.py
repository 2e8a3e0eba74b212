"""A case file with a Change laid over it, without a record: for what is only tried out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlmodel import SQLModel

from cases.casefile import CaseFile
from cases.changes import Add, Change, Set
from cases.models import (
    Account,
    Case,
    Clock,
    Consent,
    Contact,
    ContactPoint,
    Correspondent,
    Note,
    Notice,
    Pause,
    Reply,
    Review,
    ReviewVersion,
    RungFired,
    Task,
)
from cases.models.rows import new_row

_ONE: Mapping[type[SQLModel], str] = {
    Case: "case", Review: "review", Correspondent: "correspondent",
}  # fmt: skip
_MANY: Mapping[type[SQLModel], str] = {
    Clock: "clocks", Reply: "replies", Contact: "contacts", Task: "tasks", Account: "accounts",
    Note: "notes", Notice: "notices", ContactPoint: "points", Consent: "consents",
    ReviewVersion: "versions",
}  # fmt: skip
_BY_CLOCK: Mapping[type[SQLModel], str] = {Pause: "pauses", RungFired: "fired"}


def laid_over(file: CaseFile, change: Change) -> CaseFile:
    """Return the case as it stands once the Change is written; what it does elsewhere is left out.

    Versions move as the store would move them. Raises KeyError where the Change sets a row the
    file does not hold.
    """
    now: dict[str, Any] = {}
    for part in change.whole():
        for add in part.adds:
            _add(file, now, add)
        for each in part.sets:
            _set(file, now, each)
        for notice in part.notices:
            if notice.get("point_id"):
                _add(file, now, Add(Notice, _told(part, notice)))
        if part.subject.table is Case and part.subject.id == file.case.id:
            case = now.get("case", file.case)
            now["case"] = case._replace(version=case.version + 1)
    return replace(file, **now)


def _told(part: Change, notice: Mapping[str, Any]) -> dict[str, Any]:
    usual = {
        "id": part.moment.new_id(),
        "not_before": part.moment.now,
        "created_at": part.moment.now,
    }
    return {**usual, **notice}


def _add(file: CaseFile, now: dict[str, Any], add: Add) -> None:
    row = new_row(add.table, add.values)
    if name := _ONE.get(add.table):
        now[name] = row
    elif name := _MANY.get(add.table):
        now[name] = (*now.get(name, getattr(file, name)), row)
    elif name := _BY_CLOCK.get(add.table):
        held = dict(now.get(name, getattr(file, name)))
        clock = add.values["clock_id"]
        held[clock] = (*held.get(clock, ()), row)
        now[name] = held


def _set(file: CaseFile, now: dict[str, Any], each: Set) -> None:
    if name := _ONE.get(each.table):
        row = now.get(name, getattr(file, name))
        if row is not None and row.id == each.id:
            now[name] = row._replace(**each.values)
    elif name := _MANY.get(each.table):
        now[name] = _replaced(now.get(name, getattr(file, name)), each)
    elif name := _BY_CLOCK.get(each.table):
        held = now.get(name, getattr(file, name))
        now[name] = {clock: _replaced(rows, each) for clock, rows in held.items()}


def _replaced(rows: Sequence[Any], each: Set) -> tuple[Any, ...]:
    return tuple(row._replace(**each.values) if row.id == each.id else row for row in rows)

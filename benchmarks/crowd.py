"""A record with very many open clocks, made in bulk from two cases that the rules opened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Table, insert, select

from benchmarks.floor import EVENTS, TABLES, Values
from benchmarks.ground import CLINIC, SEALER, Shelf, some_reviews
from cases.arriving.opening import Practised, take_in
from cases.changes import Moment
from cases.identifiers import Identifiers
from cases.judging.triage import Severity, triage
from cases.models import NoticeState
from cases.store import Store
from cases.store.chain import line
from cases.store.database import writing
from tests.builders import T0

DUE_AT = T0 + timedelta(hours=2)  # half of the four hours to answer in public
_LATER = timedelta(minutes=90)  # how much younger the cases are that nobody needs to look at yet
_AT_ONCE = 2_000  # cases written in one go
Rows = Mapping[str, Sequence[Values]]


def crowded(ground: Shelf, clocks: int, due: int) -> str:
    """Make a database with that many open clocks, `due` of which want a look at DUE_AT."""
    name = ground.copy("founded", f"crowd_{clocks}")
    store = ground.open(name)
    first, second = _opened(ground, T0), _opened(ground, T0 + _LATER)
    each = len(first["clocks"])
    counts = ((first, due), (second, clocks // each - due))
    new = Identifiers(seed=3)
    number = 0
    with writing(store._engine) as connection:
        for model, count in counts:
            for start in range(0, count, _AT_ONCE):
                some = range(number + 1, number + 1 + min(_AT_ONCE, count - start))
                _insert(connection, [_again(model, n, new) for n in some])
                number = some[-1]
    _settle(store)
    store.close()
    return name


def _opened(ground: Shelf, now: datetime) -> Rows:
    """Return the rows of one routine case as the rules open it, read back from a scratch copy."""
    store = ground.open(ground.copy("founded", "scratch"))
    clinic = next(iter(store.clinics().values()))
    seen = replace(some_reviews(1)[0], clinic=CLINIC, external_id="r")
    judged = replace(triage(seen.text, seen.rating), severity=Severity.ROUTINE)
    known = Practised(clinic, store.people(), store.playbook())
    moment = Moment(now, "intake", Identifiers(seed=5))
    before = _everything(store)
    store.apply([take_in(seen, judged, known, None, moment)])
    after = _everything(store)
    store.close()
    ground.drop("scratch")
    held = {name: [r for r in rows if r not in before[name]] for name, rows in after.items()}
    return {name: rows for name, rows in held.items() if rows and name != "practices"}


def _everything(store: Store) -> dict[str, list[Values]]:
    with store._engine.connect() as connection:
        return {
            t.name: [dict(row._mapping) for row in connection.execute(select(t).order_by(t.c.id))]
            for t in TABLES
        }


def _again(model: Rows, number: int, new: Identifiers) -> Rows:
    """Return the same case once more, under identifiers, a number and signatures of its own."""
    at: datetime = model["cases"][0]["opened_at"]
    named = {row["id"]: new.new(at) for rows in model.values() for row in rows}
    case = model["cases"][0]["id"]
    copied = {
        name: [{k: _renamed(v, named) for k, v in row.items()} for row in rows]
        for name, rows in model.items()
    }
    copied["cases"][0]["number"] = number
    copied["reviews"][0]["external_id"] = f"r-{number}"
    for notice in copied["notices"]:
        notice.update(key=notice["key"].replace(case, named[case]), state=NoticeState.ACCEPTED)
    _sign(copied)
    return copied


def _renamed(value: Any, named: Mapping[str, str]) -> Any:
    return named.get(value, value) if isinstance(value, str) else value


def _sign(rows: Rows) -> None:
    heads = {row["id"]: row for name in ("cases", "reviews") for row in rows[name]}
    for event in rows[EVENTS.name]:  # one a subject: the first of its history
        event["mac"] = heads[event["subject_id"]]["head_mac"] = SEALER.sign(line(event))


def _insert(connection: Connection, some: Sequence[Rows]) -> None:
    for t in TABLES:
        if rows := list(_of(t, some)):
            connection.execute(insert(t), rows)


def _of(t: Table, some: Sequence[Rows]) -> Iterator[Values]:
    return (row for rows in some for row in rows.get(t.name, ()))


def _settle(store: Store) -> None:
    """Let the database put its pages in order, so that no side pays for it later."""
    with store._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql("VACUUM ANALYZE")
            connection.exec_driver_sql("CHECKPOINT")
    if store._engine.dialect.name == "sqlite":
        raw = store._engine.raw_connection()
        raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        raw.close()

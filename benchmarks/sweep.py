"""Stepping a thousand due clocks among ten thousand and a hundred thousand open ones."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import datetime
from time import perf_counter

from sqlalchemy import Connection, Engine, select

from benchmarks.crowd import DUE_AT, crowded
from benchmarks.figures import Row, in_turn, tell
from benchmarks.floor import Heads, Recording, Wave, bare, by_hand, ids, replayed, same_record
from benchmarks.ground import DOMAIN, KINDS, SEALER, Kind, Shelf, shelf
from cases.identifiers import Identifiers
from cases.models import Case, Clinic, Clock, Pause, Person, RungFired
from cases.settings import Settings
from cases.store import Store
from cases.store.database import open_engine, reading
from cases.store.rows import table
from flows import sweep
from flows.house import Counts, House

_BATCH = 500
OPEN = (10_000, 100_000)


def figures(kind: Kind, sizes: Sequence[int], due: int, rounds: int) -> list[Row]:
    """Return the figures for one database: ours beside the floors, at each size."""
    rows: list[Row] = []
    with shelf(kind) as ground:
        ground.found()
        for size in sizes:
            taken = _measured(ground, size, due, rounds)
            first = rows[0]["ours s"] if rows else taken["ours"]
            rows.append(_row(kind, size, due, taken, first))
    return rows


def _measured(ground: Shelf, size: int, due: int, rounds: int) -> dict[str, float]:
    crowd = crowded(ground, size, due)
    waves = _prepare(ground, crowd, due)
    taken = in_turn(
        rounds,
        ours=lambda: _ours(ground, crowd, due),
        by_hand=lambda: _by_hand(ground, crowd, waves),
        bare=lambda: _bare(ground, crowd, waves),
    )
    ground.drop(crowd)
    return taken


def _row(kind: Kind, size: int, due: int, taken: dict[str, float], first: float) -> Row:
    return {
        "what": "sweep",
        "database": kind,
        "size": f"{due} due of {size} open",
        "ours s": taken["ours"],
        "ours /s": due / taken["ours"],
        "by hand /s": due / taken["by_hand"],
        "bare /s": due / taken["bare"],
        "ours : by hand": taken["by_hand"] / taken["ours"],
        "ours : bare": taken["bare"] / taken["ours"],
        "cost : first size": taken["ours"] / first,
    }


def _run(store: Store, ground: Shelf, now: datetime = DUE_AT) -> Counts:
    house = House(Settings(data=ground.folder), store, "sweep", now, Identifiers(seed=9))
    return sweep.run(house)


def _prepare(ground: Shelf, crowd: str, due: int) -> list[Wave]:
    """Let ours sweep once, keep what it wrote, and check that by hand gives the same record."""
    store = Recording(open_engine(ground.url(ground.copy(crowd, "kept"))), SEALER, DOMAIN)
    before = ids(store._engine)
    done = _run(store, ground)
    if (done["stepped"], done["parked"], done["stale"]) != (due, 0, 0):
        raise RuntimeError(f"the sweep was to step {due} clocks: {done}")
    waves = replayed(store, before)
    store.close()
    ground.copy(crowd, "again")
    _write_by_hand(ground.url("again"), waves)
    same_record(ground.url("kept"), ground.url("again"))
    ground.drop("kept")
    ground.drop("again")
    return waves


def _ours(ground: Shelf, crowd: str, due: int) -> float:
    store = ground.open(ground.copy(crowd, "ours"))
    store.due(DUE_AT, 10)  # the connection stands and the playbook is read
    begun = perf_counter()
    done = _run(store, ground)
    taken = perf_counter() - begun
    if done["stepped"] != due:
        raise RuntimeError(f"the sweep was to step {due} clocks: {done}")
    store.close()
    ground.drop("ours")
    return taken


def _by_hand(ground: Shelf, crowd: str, waves: Sequence[Wave]) -> float:
    taken = _write_by_hand(ground.url(ground.copy(crowd, "floor")), waves)
    ground.drop("floor")
    return taken


def _bare(ground: Shelf, crowd: str, waves: Sequence[Wave]) -> float:
    engine = open_engine(ground.url(ground.copy(crowd, "floor")))
    with reading(engine) as connection:
        _due(connection, 10)
    taken = bare(engine, waves)
    engine.dispose()
    ground.drop("floor")
    return taken


def _write_by_hand(url: str, waves: Sequence[Wave]) -> float:
    engine = open_engine(url)
    with reading(engine) as connection:
        _due(connection, 10)
    begun = perf_counter()
    for wave in waves:
        by_hand(engine, wave, _read(engine), SEALER)
    _read(engine)  # nothing is left
    taken = perf_counter() - begun
    engine.dispose()
    return taken


def _read(engine: Engine) -> Heads:
    with reading(engine) as connection:
        return _due(connection, _BATCH)


def _due(connection: Connection, limit: int) -> Heads:
    """Ask what a sweep must know: who, where, which clocks are due, and all about them."""
    for model in (Clinic, Person):
        connection.execute(select(table(model))).all()
    c, k = table(Case), table(Clock)
    ripe = select(k).where(k.c.ended_at.is_(None), k.c.look_at <= DUE_AT)
    clocks = connection.execute(ripe.order_by(k.c.look_at).limit(limit)).all()
    if not clocks:
        return {}
    mine = [clock.id for clock in clocks]
    for t in (table(Pause), table(RungFired)):
        connection.execute(select(t).where(t.c.clock_id.in_(mine)).order_by(t.c.id)).all()
    wanted = select(c).where(c.c.id.in_({clock.case_id for clock in clocks}))
    return {row.id: (row.version, row.head_seq, row.head_mac) for row in connection.execute(wanted)}


def main() -> None:
    """Take the figures the command line asks for and print them."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--open", type=int, nargs="+", default=OPEN, help="open clocks")
    asked.add_argument("--due", type=int, default=1_000)
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("--db", choices=KINDS)
    asked.add_argument("--json", action="store_true")
    given = asked.parse_args()
    kinds = [given.db] if given.db else KINDS
    rows = [row for k in kinds for row in figures(k, given.open, given.due, given.rounds)]
    tell(rows, as_json=given.json)


if __name__ == "__main__":
    main()

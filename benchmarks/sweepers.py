"""Many sweepers at once on ten thousand due clocks: each rung once, nothing missed or doubled."""

from __future__ import annotations

import argparse
import multiprocessing as mp
import sys
from collections import Counter
from collections.abc import Sequence
from time import perf_counter

from sqlalchemy import func, select

from benchmarks.crowd import DUE_AT, crowded
from benchmarks.figures import Row, tell
from benchmarks.ground import KINDS, Kind, Shelf, shelf
from cases.identifiers import Identifiers
from cases.models import Clock, Event, Notice, RungFired
from cases.settings import Settings
from cases.store.database import open_engine, reading
from cases.store.rows import table
from flows import sweep
from flows.house import House

_SWEEPERS = (2, 8, 16)
# The children share the parent's keys, as the sweepers of one practice do.
_fork = mp.get_context("fork")


def figures(kind: Kind, sweepers: Sequence[int], due: int) -> list[Row]:
    """Return the figures for one database, a row for each number of sweepers."""
    with shelf(kind) as ground:
        ground.found()
        crowd = crowded(ground, due * 2, due)
        return [_row(ground, crowd, count, due) for count in sweepers]


def _row(ground: Shelf, crowd: str, count: int, due: int) -> Row:
    ground.copy(crowd, "shared")
    gate = _fork.Barrier(count + 1)
    several = [_fork.Process(target=_sweep, args=(ground, gate, n)) for n in range(count)]
    for each in several:
        each.start()
    gate.wait()
    begun = perf_counter()
    for each in several:
        each.join()
    taken = perf_counter() - begun
    found = _found(ground.url("shared"), due)
    ground.drop("shared")
    return {
        "what": "sweepers",
        "database": ground.kind,
        "sweepers": count,
        "due": due,
        "failed": sum(each.exitcode != 0 for each in several),
        **found,
        "due clocks/s": due / taken,
    }


def _sweep(ground: Shelf, gate: object, number: int) -> None:
    store = ground.open("shared")
    house = House(Settings(data=ground.folder), store, "sweep", DUE_AT, Identifiers(seed=number))
    gate.wait()  # type: ignore[attr-defined]
    while store.due(DUE_AT, 1):  # whoever came too late looks again, as the next sweep would
        sweep.run(house)
    store.close()


def _found(url: str, due: int) -> dict[str, int]:
    """Count what each due clock left: one rung, one line of history, one notice."""
    engine = open_engine(url)
    r, e, n, c = (table(model) for model in (RungFired, Event, Notice, Clock))
    with reading(engine) as connection:
        rungs = Counter(connection.execute(select(r.c.clock_id)).scalars())
        lines = Counter(
            connection.execute(select(e.c.case_id).where(e.c.kind == "reminded")).scalars()
        )
        told = connection.execute(
            select(func.count()).select_from(n).where(n.c.kind == "remind")
        ).scalar_one()
        left = connection.execute(
            select(func.count()).select_from(c).where(c.c.ended_at.is_(None), c.c.look_at <= DUE_AT)
        ).scalar_one()
    engine.dispose()
    doubled = sum(count - 1 for each in (rungs, lines) for count in each.values())
    return {
        "missed": due - min(len(rungs), len(lines), told) + left,
        "doubled": doubled + max(0, told - due),
    }


def main() -> None:
    """Print the figures; leave with 1 where a clock was missed or spoke twice."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--sweepers", type=int, nargs="+", default=_SWEEPERS)
    asked.add_argument("--due", type=int, default=10_000)
    asked.add_argument("--db", choices=KINDS)
    asked.add_argument("--json", action="store_true")
    given = asked.parse_args()
    kinds = [given.db] if given.db else KINDS
    rows = [row for kind in kinds for row in figures(kind, given.sweepers, given.due)]
    tell(rows, as_json=given.json)
    sys.exit(any(row[name] for row in rows for name in ("missed", "doubled", "failed")))


if __name__ == "__main__":
    main()

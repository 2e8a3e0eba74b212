"""After a week's downtime everything is due at once: how fast it is seen to, in how much memory."""

from __future__ import annotations

import argparse
import multiprocessing as mp
import resource
import sys
from collections.abc import Sequence
from multiprocessing.connection import Connection
from time import perf_counter

from benchmarks.crowd import DUE_AT, crowded
from benchmarks.figures import Row, tell
from benchmarks.ground import KINDS, Kind, Shelf, shelf
from cases.identifiers import Identifiers
from cases.settings import Settings
from flows import sweep
from flows.house import House

_DUE = (1_000, 10_000, 100_000)
_LIMIT = 200  # MiB
# A process of its own for each, so that none is charged for what another held.
_fork = mp.get_context("fork")


def figures(kind: Kind, due: Sequence[int]) -> list[Row]:
    """Return the figures for one database, a row for each number of due clocks."""
    with shelf(kind) as ground:
        ground.found()
        return [_row(ground, each) for each in due]


def _row(ground: Shelf, due: int) -> Row:
    making = _fork.Process(target=crowded, args=(ground, due * 2, due))
    making.start()
    making.join()
    here, there = _fork.Pipe()
    sweeping = _fork.Process(target=_sweep, args=(ground, f"crowd_{due * 2}", there))
    sweeping.start()
    stepped, taken, before, peak = here.recv()
    sweeping.join()
    ground.drop(f"crowd_{due * 2}")
    return {
        "what": "flood",
        "database": ground.kind,
        "due": due,
        "stepped": stepped,
        "due clocks/s": due / taken,
        "MiB at its start": before,
        "MiB at its peak": peak,
    }


def _sweep(ground: Shelf, name: str, there: Connection) -> None:
    store = ground.open(name)
    house = House(Settings(data=ground.folder), store, "sweep", DUE_AT, Identifiers(seed=9))
    before = _mebibytes()
    begun = perf_counter()
    done = sweep.run(house)
    there.send((done["stepped"], perf_counter() - begun, before, _mebibytes()))
    store.close()


def _mebibytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Print the figures; leave with 1 where a clock was left or memory grew past its limit."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--due", type=int, nargs="+", default=_DUE)
    asked.add_argument("--db", choices=KINDS)
    asked.add_argument("--json", action="store_true")
    given = asked.parse_args()
    rows = [row for k in ([given.db] if given.db else KINDS) for row in figures(k, given.due)]
    tell(rows, as_json=given.json)
    sys.exit(any(r["stepped"] != r["due"] or r["MiB at its peak"] > _LIMIT for r in rows))


if __name__ == "__main__":
    main()

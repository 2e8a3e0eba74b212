"""Taking reviews in and opening their cases, beside the same rows written by hand and bare.

`import`: judging included, as it runs. `write`: judged before, like the floors, whose values are
at hand: what the Changes and the one writer cost.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter
from unittest.mock import patch

from sqlalchemy import Connection, select, tuple_

from benchmarks.figures import Row, in_turn, tell
from benchmarks.floor import Recording, Wave, bare, by_hand, ids, replayed, same_record
from benchmarks.ground import CLINIC, DOMAIN, KINDS, SEALER, Kind, Shelf, shelf, some_reviews
from cases.arriving.opening import digest
from cases.identifiers import Identifiers
from cases.judging.triage import triage
from cases.models import Clinic, Person, Practice, Review
from cases.ports import SeenReview
from cases.settings import Settings
from cases.store import Store
from cases.store.database import open_engine, reading
from cases.store.rows import chunks, table
from flows import intake
from flows.house import Counts, House
from tests.builders import T0

_BATCH = 500


def figures(kind: Kind, seen: Sequence[SeenReview], rounds: int) -> list[Row]:
    """Return the figures for one database: ours with and without judging, beside the floors."""
    with shelf(kind) as ground:
        ground.found()
        waves, done = _prepare(ground, seen)
        judged = {each.external_id: triage(each.text, each.rating) for each in seen}
        known = {(e.text, e.rating): judged[e.external_id] for e in seen}

        def told(text: str, rating: object, *_: object) -> object:
            return known[text, rating]  # type: ignore[index]

        def write() -> float:
            with patch.object(intake, "triage", told):
                return _ours(ground, seen)

        taken = in_turn(
            rounds,
            ours=lambda: _ours(ground, seen),
            write=write,
            by_hand=lambda: _by_hand(ground, seen, waves),
            bare=lambda: _on_copy(ground, lambda url: bare(open_engine(url), waves)),
        )
    names = {"import": "ours", "write": "write"}
    return [_row(kind, name, taken[side], taken, seen, done) for name, side in names.items()]


def _row(
    kind: Kind,
    name: str,
    seconds: float,
    taken: dict[str, float],
    seen: Sequence[SeenReview],
    done: Counts,
) -> Row:
    return {
        "what": name,
        "database": kind,
        "size": f"{len(seen)} reviews, {done['cases']} cases",
        "ours /s": len(seen) / seconds,
        "by hand /s": len(seen) / taken["by_hand"],
        "bare /s": len(seen) / taken["bare"],
        "ours : by hand": taken["by_hand"] / seconds,
        "ours : bare": taken["bare"] / seconds,
    }


def take(store: Store, folder: Path, seen: Sequence[SeenReview]) -> Counts:
    """Take the reviews in through the flow's own plain function."""
    house = House(Settings(data=folder), store, "intake", T0, Identifiers(seed=7))
    return intake.take(house, seen, since=None, clinic=CLINIC)


def _prepare(ground: Shelf, seen: Sequence[SeenReview]) -> tuple[list[Wave], Counts]:
    """Let ours write once, keep what it wrote, and check that by hand gives the same record."""
    store = Recording(open_engine(ground.url(ground.copy("founded", "kept"))), SEALER, DOMAIN)
    before = ids(store._engine)
    done = take(store, ground.folder, seen)
    waves = replayed(store, before)
    store.close()
    ground.copy("founded", "again")
    _write_by_hand(ground.url("again"), seen, waves)
    same_record(ground.url("kept"), ground.url("again"))
    ground.drop("kept")
    ground.drop("again")
    return waves, done


def _ours(ground: Shelf, seen: Sequence[SeenReview]) -> float:
    store = ground.open(ground.copy("founded", "ours"))
    store.people()  # the connection stands
    begun = perf_counter()
    take(store, ground.folder, seen)
    taken = perf_counter() - begun
    store.close()
    ground.drop("ours")
    return taken


def _by_hand(ground: Shelf, seen: Sequence[SeenReview], waves: Sequence[Wave]) -> float:
    return _on_copy(ground, lambda url: _write_by_hand(url, seen, waves))


def _on_copy(ground: Shelf, write: Callable[[str], float]) -> float:
    taken = write(ground.url(ground.copy("founded", "floor")))
    ground.drop("floor")
    return taken


def _write_by_hand(url: str, seen: Sequence[SeenReview], waves: Sequence[Wave]) -> float:
    engine = open_engine(url)
    with reading(engine) as connection:
        _known(connection, ())
    begun = perf_counter()
    for start, wave in zip(range(0, len(seen), _BATCH), waves, strict=True):
        with reading(engine) as connection:
            _known(connection, batch := seen[start : start + _BATCH])
        digests = {each.external_id: digest(each) for each in batch}
        for row in wave.inserts["reviews"]:
            row["digest"] = digests[row["external_id"]]
        by_hand(engine, wave, {}, SEALER)
    taken = perf_counter() - begun
    engine.dispose()
    return taken


def _known(connection: Connection, batch: Sequence[SeenReview]) -> set[tuple[str, str]]:
    """Ask what an import must know: the practice, its people, which reviews are recorded."""
    for model in (Practice, Clinic, Person):
        connection.execute(select(table(model))).all()
    t = table(Review)
    found: set[tuple[str, str]] = set()
    for some in chunks(sorted({(each.platform, each.external_id) for each in batch}), 400):
        query = select(t).where(tuple_(t.c.platform, t.c.external_id).in_(some))
        found.update((row.platform, row.external_id) for row in connection.execute(query))
    return found


def main() -> None:
    """Take the figures the command line asks for and print them."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--reviews", type=Path, help="a file of reviews instead of the samples")
    asked.add_argument("--count", type=int, default=3_000)
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("--db", choices=KINDS)
    asked.add_argument("--json", action="store_true")
    given = asked.parse_args()
    seen = some_reviews(given.count, given.reviews)
    kinds = [given.db] if given.db else KINDS
    tell([row for k in kinds for row in figures(k, seen, given.rounds)], as_json=given.json)


if __name__ == "__main__":
    main()

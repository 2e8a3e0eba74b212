"""A fresh record for each walk, on either database: copied from one that was founded once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from sqlalchemy import Engine

from benchmarks.ground import DOMAIN, SEALER, Shelf
from cases.store import Store
from cases.store.database import open_engine
from tests.builders import T0, moment
from tests.walks.walk import POLICIES, Step, shrunk, steps_of, walk
from tests.walks.world import Diverged, found

_FIRST: dict[str, Engine] = {}  # what a statement compiles to is known to the next walk


class Records:
    """Where walks are taken."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        if shelf.kind == "postgres":
            shelf._ask("CREATE DATABASE blank")
        store = shelf.open("blank")
        store.upgrade(moment(T0, "setup"), "Sample Practice")
        found(store, POLICIES[0])
        store.close()

    def fresh(self) -> Callable[[], Store]:
        """Return what opens a new record, again and again."""
        self.shelf.drop("walk")
        self.shelf.copy("blank", "walk")
        return self._open

    def _open(self) -> Store:
        engine = open_engine(self.shelf.url("walk"))
        first = _FIRST.setdefault(engine.dialect.name, engine)
        engine.dialect, engine._compiled_cache = first.dialect, first._compiled_cache
        return Store(engine, SEALER, DOMAIN)

    def walk(self, seed: int, count: int) -> Counter[str]:
        """Take a walk; where record and model part, raise Diverged with the fewest steps to it."""
        steps = steps_of(seed, count)
        try:
            return walk(self.fresh(), seed, steps)
        except Diverged as error:
            few = shrunk(lambda fewer: self._parts(seed, fewer), steps)
            raise Diverged(f"{error}\n{self.shelf.kind}, fewest steps: {few}") from None

    def _parts(self, seed: int, steps: Sequence[Step]) -> bool:
        try:
            walk(self.fresh(), seed, steps)
        except Diverged:
            return True
        return False

"""A hand on a number or address: while something is handed over to it, nobody writes a STOP for it.

So a STOP that is written is obeyed by whatever is handed over later, in any process. The lock is
PostgreSQL's own, or one on a file beside SQLite's; either is let go of when its holder dies.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, Engine, TextClause, text

try:
    import fcntl
except ImportError:  # not on Windows, where one process is all there is
    fcntl = None  # type: ignore[assignment]

_FILES = 64  # who share one wait for each other a little longer
_POLL = 0.005
# A STOP does not wait longer than this for a call that hangs: what is in the air is in the air.
LONGEST_WAIT = 12.0
_KEYS = "FROM unnest(CAST(:keys AS bigint[])) AS k"
_TAKE = text(f"SELECT k, pg_try_advisory_lock(k) {_KEYS}")
_LET_GO = text(f"SELECT k, pg_advisory_unlock(k) {_KEYS}")


class Hands:
    """The locks one run or one writer holds; a context that lets go of all of them.

    Within one of these the same address may be taken twice; between two of them never.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None
        self._held: Counter[int] = Counter()
        self._files: dict[int, int] = {}

    def take(self, index: str) -> bool:
        """Take the address, if nobody else has it."""
        return index in self.take_some([index])

    def take_some(self, indexes: Collection[str]) -> set[str]:
        """Take what nobody else has of these addresses, in one question; return which."""
        keys = {index: self._key(index) for index in indexes}
        mine = self._lock({key for key in keys.values() if not self._held[key]})
        taken = {index for index, key in keys.items() if self._held[key] or key in mine}
        self._held.update(keys[index] for index in taken)
        return taken

    def let_go(self, *indexes: str) -> None:
        """Let go of each once; nobody else may have one before it was let go of as often."""
        keys = [self._key(index) for index in indexes]
        self._held.subtract(keys)
        free = {key for key in keys if not self._held[key]}
        for key in free:
            del self._held[key]
        self._unlock(free)

    @contextmanager
    def hold(self, indexes: Iterable[str]) -> Iterator[None]:
        """Hold them all, each after waiting as long as it makes sense."""
        until, held = time.monotonic() + LONGEST_WAIT, []
        try:
            for index in sorted(set(indexes), key=self._key):
                while not (mine := self.take(index)) and time.monotonic() < until:
                    time.sleep(_POLL)
                held += [index] * mine
            yield
        finally:
            for index in held:
                self.let_go(index)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        for file in self._files.values():
            os.close(file)
        if self._connection is not None:
            if +self._held:  # the pool would keep the session, and with it what it locked
                self._connection.invalidate()
            self._connection.close()

    def _key(self, index: str) -> int:
        whole = int.from_bytes(sha256(index.encode()).digest()[:8], "big", signed=True)
        return whole if self._engine.dialect.name == "postgresql" else whole % _FILES

    def _lock(self, keys: set[int]) -> set[int]:
        if self._engine.dialect.name == "postgresql":
            return self._ask(_TAKE, keys)
        return {key for key in keys if self._lock_file(key)}

    def _lock_file(self, key: int) -> bool:
        file = self._file(key)
        if file is None:
            return True
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(self, keys: set[int]) -> None:
        if self._engine.dialect.name == "postgresql":
            self._ask(_LET_GO, keys)
            return
        for key in keys:
            if (file := self._file(key)) is not None:
                fcntl.flock(file, fcntl.LOCK_UN)

    def _ask(self, question: TextClause, keys: set[int]) -> set[int]:
        """Return for which of the keys the database says yes; one question for all of them."""
        if not keys:
            return set()
        if self._connection is None:
            self._connection = self._engine.connect().execution_options(
                isolation_level="AUTOCOMMIT"
            )
        asked = self._connection.execute(question, {"keys": sorted(keys)})
        return {key for key, yes in asked if yes}

    def _file(self, key: int) -> int | None:
        """Return the file that stands for a share of the addresses; a lock needs no content."""
        database = self._engine.url.database
        if fcntl is None or not database or database == ":memory:":
            return None
        if key not in self._files:
            folder = Path(database).with_name(f".{Path(database).name}-hands")
            folder.mkdir(mode=0o700, exist_ok=True)
            path = folder / f"{key:02}"
            self._files[key] = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        return self._files[key]

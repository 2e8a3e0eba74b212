"""How long others take to fire what is due among what they keep, and what two at once do.

In: `due`, `stored` (sizes), `postgres` (address of a server's first database). Out, per rival and
size: seconds until all that was due was fired (or until it stands still) and until each was
recorded as done, how many fired, and what two overlapping runs doubled. A job that fires does the
least there is: a line in a file. The seconds count from the start of a process that has imported
what it needs.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections import Counter
from collections.abc import Callable
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from apscheduled import apscheduler, apscheduler_patient
from bounded import Row, bounded, one_by_one
from escalated import helpdesk
from queued import dbos, procrastinate

RIVALS: dict[str, Any] = {  # rival(ground, size) stores that many jobs and returns a run
    "APScheduler": apscheduler,
    "APScheduler, a day's grace, one worker": apscheduler_patient,
    "procrastinate": procrastinate,
    "DBOS": dbos,
    "django-helpdesk": helpdesk,
}
_FOLDER = Path(tempfile.mkdtemp(prefix="amends-rivals-"))
_STILL = 8.0  # seconds without another one fired: it will not come
_FORK = get_context("fork")


class Ground:
    """A database and a journal of what was fired, new for each measurement."""

    def __init__(self, payload: Any, name: str) -> None:
        self.due: int = payload["due"]
        self.journal = str(_FOLDER / f"{name}.fired")
        self.sqlite = f"sqlite:///{_FOLDER / name}.db"
        self._server = payload["postgres"].replace("postgresql+psycopg", "postgresql")
        self._name = name
        self.recorded: Callable[[], int] | None = None  # where it says itself what is done
        os.environ["FIRED"] = self.journal
        open(self.journal, "w").close()

    def postgres(self) -> str:
        import psycopg

        with psycopg.connect(self._server, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{self._name}" WITH (FORCE)')
            connection.execute(f'CREATE DATABASE "{self._name}"')
        return urlunsplit(urlsplit(self._server)._replace(path=f"/{self._name}"))

    def fork(self, work: Callable[[], object]) -> Any:
        child = _FORK.Process(target=work)
        child.start()
        return child

    def prepare(self, work: Callable[[], object]) -> None:
        """Do it in a process of its own, so that what is measured starts afresh."""
        child = self.fork(work)
        child.join()
        if child.exitcode:
            raise RuntimeError("it could not be prepared")

    def fired(self) -> list[str]:
        with open(self.journal) as lines:
            return lines.read().split()

    def wait(self, wanted: int, done: Callable[[], int]) -> float:
        """Return when that many were done, or when the last one was."""
        count, at = 0, monotonic()
        while count < wanted and monotonic() - at < _STILL:
            sleep(0.02)
            if (now := done()) > count:
                count, at = now, monotonic()
        return at


def measured(rival: Callable[[Ground, int], Callable[[], None]], name: str, payload: Any) -> Row:
    """Fire once per size; then, at the first size, with two runs that overlap."""
    name = re.sub(r"\W+", "_", name).lower()
    row: Row = {}
    for size in payload["stored"]:
        row[str(size)] = bounded(partial(_once, rival, f"{name}_{size}", size, 1), payload)
    both = bounded(partial(_once, rival, f"{name}_two", payload["stored"][0], 2), payload)
    return {**row, "two at once": both}


def _once(rival: Any, name: str, size: int, runs: int, payload: Any) -> Row:
    ground = Ground(payload, name)
    run = rival(ground, size)
    begun = monotonic()
    running = [ground.fork(run) for _ in range(runs)]
    fired_at = ground.wait(ground.due * runs, lambda: len(ground.fired()))
    done_at = ground.wait(ground.due, ground.recorded) if ground.recorded else fired_at
    for process in running:
        process.kill()
    times = Counter(ground.fired())
    doubled = sum(count > 1 for count in times.values())
    told = {"fired": len(times), "of": ground.due, "doubled": doubled}
    if runs > 1:
        return told
    return {"s": round(fired_at - begun, 2), "recorded s": round(done_at - begun, 2), **told}


if __name__ == "__main__":
    one_by_one({name: partial(measured, rival, name) for name, rival in RIVALS.items()}, 240)

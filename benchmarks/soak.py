"""A day of `amends up` at sixty times its speed, while its parts are killed one after the other.

One clock a minute of that day comes due; every so often the next part is ended by SIGKILL: what
runs the flows, the console, Prefect's server. In the end every clock has told its people, each of
them once, and the history holds.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path

from sqlalchemy import select

from benchmarks.figures import Row, tell
from benchmarks.steady import AFTER, HEAD, letters, parts, prepare, ready, running
from cases.models import Notice, NoticeState
from cases.settings import Settings
from cases.store import open_store
from cases.store.database import open_engine, reading
from cases.store.rows import table
from tests.running import a_practice

_PARTS = ("engine", "console", "prefect")
_LEASE = 17 * 60.0  # seconds; the default lease is a quarter of an hour


def figures(minutes: float, clocks: int, every: float) -> list[Row]:
    """Live the day, kill a part every so many seconds, and count what was lost or doubled."""
    folder = Path(tempfile.mkdtemp(prefix="amends-soak-"))
    try:
        settings = a_practice(folder / "data")
        prepare(settings, clocks, datetime.now(UTC) + HEAD, timedelta(minutes=minutes))
        with running(settings, folder / "up.log") as process:
            list(ready(process, folder / "up.log"))
            killed = _kill(settings, time.monotonic() + minutes * 60, every)
            _wait(settings, clocks)
        return [_counted(settings, clocks, killed)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _kill(settings: Settings, until: float, every: float) -> Counter[str]:
    killed: Counter[str] = Counter()
    for name in cycle(_PARTS):
        time.sleep(max(0.0, min(every, until - time.monotonic())))
        if time.monotonic() >= until:
            return killed
        for pid in [number for number, part in parts(settings).items() if part == name]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                killed[name] += 1
    raise AssertionError("a cycle does not end")


def _wait(settings: Settings, clocks: int) -> None:
    """Give the last ones their time; one whose sender was killed waits for its lease to run out."""
    begun = time.monotonic()
    while len(_escalations(settings)) < clocks:
        in_the_air = _escalations(settings, NoticeState.SENDING)
        if time.monotonic() - begun > (_LEASE if in_the_air else AFTER * 2):
            return
        time.sleep(1)
    time.sleep(5)  # what would be doubled has its chance


def _escalations(settings: Settings, state: str = NoticeState.ACCEPTED) -> list[str]:
    """Return the notices of the clocks that came due, by identifier, that are in this state."""
    engine = open_engine(settings.url)
    n = table(Notice)
    with reading(engine) as connection:
        query = select(n.c.id, n.c.detail, n.c.state).where(n.c.kind == "escalate")
        rows = connection.execute(query).all()
    engine.dispose()
    due = [row for row in rows if row.detail["clock"] == "acknowledge"]
    return [row.id for row in due if row.state == state]


def _counted(settings: Settings, clocks: int, killed: Counter[str]) -> Row:
    taken = _escalations(settings)
    written = Counter(path.name[:36] for path in letters(settings))
    store = open_store(settings)
    broken = len(store.broken_chains())
    store.close()
    return {
        "what": f"{clocks} clocks, " + ", ".join(f"{n} {p} killed" for p, n in killed.items()),
        "told": len(taken),
        "lost": sum(not written[each] for each in taken) + clocks - len(taken),
        "doubled": sum(count - 1 for count in written.values()) + max(0, len(taken) - clocks),
        "broken": broken,
    }


def main() -> None:
    """Print the figures; exit with 1 where anything was lost, doubled or broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=24)
    parser.add_argument("--clocks", type=int, default=1_440)
    parser.add_argument("--every", type=float, default=45, help="seconds between two kills")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    rows = figures(asked.minutes, asked.clocks, asked.every)
    tell(rows, as_json=asked.json)
    sys.exit(any(row[name] for row in rows for name in ("lost", "doubled", "broken")))


if __name__ == "__main__":
    main()

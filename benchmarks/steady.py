"""What `amends up` takes while it stands there, and how soon an escalation leaves once it is due.

The whole installation as a person starts it, mail going to files; the clocks come due one after
the other over the minutes measured. With `--clocks 0` nothing is due: what standing there costs.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles

import psutil
from sqlalchemy import select

from benchmarks.figures import Row, tell
from cases.models import Notice
from cases.settings import Settings
from cases.store import open_store
from cases.store.database import open_engine, reading
from cases.store.rows import table
from console.up.folder import read_json
from flows import deliver, sweep
from flows.house import House
from tests.running import AMENDS, MAIL, a_practice, add_case, clean_environment

_SPAN = timedelta(hours=4)  # from the opening to the escalation
HEAD = timedelta(seconds=90)  # from the preparation to the first clock due
AFTER = 90.0  # seconds given to the last ones
_READY = 180.0


def figures(minutes: float, clocks: int) -> list[Row]:
    """Start an installation, let the clocks come due, and return what was seen."""
    folder = Path(tempfile.mkdtemp(prefix="amends-steady-"))
    try:
        settings = a_practice(folder / "data")
        prepare(settings, clocks, datetime.now(UTC) + HEAD, timedelta(minutes=minutes))
        with running(settings, folder / "up.log") as process:
            rows = list(ready(process, folder / "up.log"))
            rows += _weighed(process.pid, settings, minutes * 60)
            rows += _escalated(settings, clocks) if clocks else []
        return rows
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def prepare(settings: Settings, clocks: int, first: datetime, over: timedelta) -> None:
    """Open one case a clock; their answers come due one after the other from `first` on."""
    store = open_store(settings)
    for number in range(clocks):
        add_case(store, number, first + over * number / clocks - _SPAN)
    for flow in (sweep, deliver):  # the reminders before it are over when the watch begins
        flow.run(House(settings, store, flow.__name__, datetime.now(UTC)))
    store.close()


@contextmanager
def running(settings: Settings, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run `amends up` on a folder, mail going to files."""
    command = [*AMENDS, "up", "--data", str(settings.data), "--port", "0", "--prefect-port", "0"]
    with log.open("ab") as out:
        process = subprocess.Popen(
            command, env=clean_environment(**MAIL), stdout=out, stderr=out, start_new_session=True
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def ready(process: subprocess.Popen[bytes], log: Path) -> Iterator[Row]:
    """Yield how long each step took, as soon as Prefect runs the flows."""
    begun = time.monotonic()
    steps = {"The console is at": "console", "Prefect is at": "Prefect", "Prefect runs": "flows"}
    while steps:
        if process.poll() is not None or time.monotonic() - begun > _READY:
            raise SystemExit(f"it did not start: {log.read_text()}")
        for words in [each for each in steps if each in log.read_text()]:
            yield {"what": f"{steps.pop(words)} ready", "s": time.monotonic() - begun}
        time.sleep(0.1)


def _weighed(pid: int, settings: Settings, seconds: float) -> list[Row]:
    """Return processor time and memory of every part over these seconds, and of all together."""
    named = {pid: "supervisor", **parts(settings)}
    before = {each.pid: _cpu(each) for each in _family(pid)}
    time.sleep(seconds)
    rows: list[Row] = [
        _row(named.get(each.pid, each.name()), _cpu(each) - before.get(each.pid, 0), seconds, each)
        for each in _family(pid)
    ]
    return [*rows, {"what": "all", **{k: sum(r[k] for r in rows) for k in _UNITS}}]


_UNITS = ("% of a core", "PSS MB", "RSS MB")


def _row(name: str, cpu: float, seconds: float, process: psutil.Process) -> Row:
    memory = process.memory_full_info()
    held = (memory.pss / 2**20, memory.rss / 2**20)
    return {"what": name, **dict(zip(_UNITS, (cpu / seconds * 100, *held), strict=True))}


def parts(settings: Settings) -> dict[int, str]:
    """Return the parts that run, by process."""
    known = read_json(settings.data / "up.json").get("parts", {})
    return {number: name for name, number in known.items()}


def _family(pid: int) -> list[psutil.Process]:
    parent = psutil.Process(pid)
    return [parent, *parent.children(recursive=True)]


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _escalated(settings: Settings, clocks: int) -> list[Row]:
    """Return how long after each clock was due its escalation's mail lay written."""
    until = time.monotonic() + AFTER
    while len(taken := _delays(settings)) < clocks and time.monotonic() < until:
        time.sleep(1)
    cut = quantiles(taken, n=100, method="inclusive")
    named = {"p50 s": cut[49], "p99 s": cut[98], "longest s": max(taken)}
    return [{"what": f"escalations, {len(taken)} of {clocks}", **named}]


def _delays(settings: Settings) -> list[float]:
    engine = open_engine(settings.url)
    n = table(Notice)
    with reading(engine) as connection:
        query = select(n.c.id, n.c.detail).where(n.c.kind == "escalate")
        due = {row.id: row.detail for row in connection.execute(query)}
    engine.dispose()
    written = {path.name[:36]: path.stat().st_mtime for path in letters(settings)}
    return [
        written[key] - datetime.fromisoformat(detail["due_at"]).timestamp()
        for key, detail in due.items()
        if key in written and detail["clock"] == "acknowledge"
    ]


def letters(settings: Settings) -> Sequence[Path]:
    """Return the mails that were written."""
    return list((settings.data / "outbox").glob("*.eml"))


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--clocks", type=int, default=1_000)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    tell(figures(asked.minutes, asked.clocks), as_json=asked.json)


if __name__ == "__main__":
    main()

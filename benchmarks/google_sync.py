"""A first reading of many reviews at Google, killed midway and gone on with; then what is new.

    python -m benchmarks.google_sync --count 100000

The fake Google runs in a process of its own, as does each reading, so that one can be killed
(SIGKILL) and its memory is its own. Each reading is the intake flow's own function on a record.
"""

from __future__ import annotations

import argparse
import json
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

from benchmarks.figures import Row, tell
from cases.changes import About, Add, Change, Happened, Moment
from cases.identifiers import Identifiers
from cases.models import Source
from cases.settings import load
from cases.store import open_store
from flows import intake
from flows.house import House
from tests.platforms.google_fake import PLACE, GoogleFake
from tests.running import a_practice

_APART = timedelta(minutes=45)  # between two reviews: a busy place
_PAGE, _MOST_PAGES = 50, 3


def serve(count: int) -> None:
    """Be Google until our input ends; each line of it is answered with how much was read."""
    fake = GoogleFake()
    fake.crowd(count, datetime.now(UTC), _APART)
    fake.said = [("", None)] * 10_000  # it need not remember what it said
    with fake:
        print(json.dumps(fake.values), flush=True)
        for line in sys.stdin:
            if line.strip():
                fake.write(line.strip(), datetime.now(UTC), "Late again.", stars="ONE")
            fake.calls.clear()
            print(json.dumps({"lists": fake.lists}), flush=True)


def read(data: Path) -> None:
    """Read the source once, and tell what was taken in and what it needed."""
    settings = load(data)
    store, early = open_store(settings), list[int]()
    stop = threading.Event()
    watcher = threading.Thread(target=_watch, args=(early, stop), daemon=True)
    watcher.start()
    begun = time.perf_counter()
    house = House(settings, store, "intake", datetime.now(UTC), Identifiers())
    done = intake.run(house)
    seconds, worked = time.perf_counter() - begun, time.process_time()
    stop.set()
    store.close()
    quarter = early[len(early) // 4] if early else _memory()
    print(
        json.dumps({**done, "seconds": seconds, "cpu": worked, "rss": _memory(), "early": quarter})
    )


def _watch(seen: list[int], stop: threading.Event) -> None:
    while not stop.wait(0.2):
        seen.append(_memory())


def _memory() -> int:
    """Return the most this process ever held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


class Google:
    """The fake in its own process."""

    def __init__(self, count: int) -> None:
        self.process = subprocess.Popen(
            _command("serve", str(count)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.values: dict[str, str] = self._line()

    def lists(self, new: str = "") -> int:
        """Return how many pages were asked for so far; `new`: a review is written first."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{new}\n")
        self.process.stdin.flush()
        return int(self._line()["lists"])

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(30)

    def _line(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        return dict(json.loads(self.process.stdout.readline()))


def _command(*words: str) -> list[str]:
    return [sys.executable, "-m", "benchmarks.google_sync", *words]


@contextmanager
def _practice(google: Google) -> Iterator[Path]:
    """Found a practice whose only source is the fake."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        settings = a_practice(data)
        moment = Moment(datetime.now(UTC), "setup", Identifiers())
        values = {"id": "g", "name": "elm-google", "platform": "google", "place": PLACE}
        added = [Happened("added")]
        store = open_store(settings)
        store.apply(
            [Change(About(Source, "g", 0), moment, adds=[Add(Source, values)], events=added)]
        )
        store.close()
        lines = [f"{name} = {json.dumps(value)}" for name, value in google.values.items()]
        (data / "amends.toml").write_text("\n".join(["[sources.elm-google]", *lines]))
        yield data


def _killed(data: Path, google: Google, after: int) -> int:
    """Begin to read, and kill the reading once so many pages were asked for; return how many."""
    reading = subprocess.Popen(_command("read", str(data)), stdout=subprocess.DEVNULL)
    while (asked := google.lists()) < after:
        assert reading.poll() is None, "it ended before it was killed"
        time.sleep(0.05)
    reading.send_signal(signal.SIGKILL)
    reading.wait()
    return asked


def _whole(data: Path) -> dict[str, Any]:
    done = subprocess.run(_command("read", str(data)), stdout=subprocess.PIPE, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def _recorded(data: Path) -> tuple[int, int]:
    """Return how many reviews are in the record, and under how many ids."""
    engine = create_engine(load(data).url)
    with engine.connect() as connection:
        query = "SELECT count(*), count(DISTINCT external_id) FROM reviews"
        rows, ids = connection.execute(text(query)).one()
    engine.dispose()
    return rows, ids


def figures(count: int) -> list[Row]:
    """Return the figures; fails where a review is lost or doubled, or too much is read again."""
    google = Google(count)
    try:
        with _practice(google) as data:
            killed_at = _killed(data, google, count // _PAGE // 2)
            kept, _ = _recorded(data)
            first = _whole(data)
            assert _recorded(data) == (count, count), "lost or doubled"
            before = google.lists("new-1")
            again = _whole(data)
            pages = google.lists() - before
            assert again["new"] == 1, again
            assert pages <= _MOST_PAGES, pages
    finally:
        google.close()
    rest = count - kept
    rows: list[Row] = [
        {"what": "killed", "pages": killed_at, "reviews": kept},
        {"what": "gone on", "pages": before - killed_at, "reviews": rest,
         "seconds": first["seconds"], "of them CPU": first["cpu"],
         "reviews /s": rest / first["seconds"], "MB at a quarter": first["early"],
         "MB at most": first["rss"]},
        {"what": "what is new", "pages": pages, "reviews": again["new"],
         "seconds": again["seconds"], "of them CPU": again["cpu"], "MB at most": again["rss"]},
    ]  # fmt: skip
    return rows


def main() -> None:
    """Take the figures, or be one of the processes they need."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--count", type=int, default=100_000)
    asked.add_argument("--json", action="store_true")
    roles = asked.add_subparsers(dest="role")
    roles.add_parser("serve").add_argument("number", type=int)
    roles.add_parser("read").add_argument("data", type=Path)
    given = asked.parse_args()
    if given.role == "serve":
        serve(given.number)
    elif given.role == "read":
        read(given.data)
    else:
        tell(figures(given.count), as_json=given.json)


if __name__ == "__main__":
    main()

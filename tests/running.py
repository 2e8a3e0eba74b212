"""An installation with something overdue in it, and programs started as a person would."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import psutil

from cases.changes import Moment
from cases.identifiers import Identifiers
from cases.settings import Settings, load
from cases.store import Store, open_store
from cases.viewers import ENGINE
from tests.builders import a_clinic, a_seen_review, found_practice, take

T = TypeVar("T")
ALL_HOURS = {"mon-sun": ["00:00-24:00"]}  # so that a test at night sees what one at noon sees
AMENDS = (sys.executable, "-c", "from console.cli import main; main()")
PREFECT = (sys.executable, "-m", "prefect")
HOME = Path(__file__).parent.parent
MAIL = {"AMENDS_MAIL": "local", "AMENDS_TEXTS": "local"}


def a_practice(data: Path, *overdue: timedelta) -> Settings:
    """Found a practice in a folder, with one case for each answer that long overdue."""
    settings = load(data, mail="local", texts="local")
    now = datetime.now(UTC)
    store = open_store(settings, Moment(now, "setup", Identifiers()), "Sample Practice")
    found_practice(store, a_clinic(hours=ALL_HOURS))
    for number, late in enumerate(overdue):
        add_case(store, number, now - late - timedelta(hours=4))
    store.close()
    return settings


def add_case(store: Store, number: int, opened_at: datetime) -> None:
    """Open one more case; its answer in public is due four hours later."""
    seen = a_seen_review(external_id=f"r{number}", posted_at=opened_at - timedelta(hours=1))
    take(store, seen, opened_at)


def happened(settings: Settings, number: int = 1) -> list[str]:
    """Return what happened in a case, as its history says."""
    store = open_store(settings)
    try:
        file = store.case_file(number, ENGINE)
        return [line.event.kind for line in store.timeline(file, ENGINE)]
    finally:
        store.close()


def letters(settings: Settings) -> list[Path]:
    return sorted((settings.data / "outbox").glob("*.eml"))


def a_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        found: int = probe.getsockname()[1]
        return found


def clean_environment(**more: str) -> dict[str, str]:
    """Return our environment without anything said to Prefect or Amends, and with these."""
    mine = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "AMENDS_"))}
    return {**mine, **more}


def wait_for(what: Callable[[], T], seconds: float, told: Callable[[], object] = str) -> T:
    """Return the first true answer. Fails, with what `told` says, when none comes in time."""
    until = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < until, f"not within {seconds} s; {told()}"
        time.sleep(0.2)
    return found


@contextmanager
def program(
    command: Sequence[str], env: Mapping[str, str], log: Path, cwd: Path = HOME
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program in a group of its own, and end that group, and only that, afterwards."""
    with log.open("ab") as out:
        running = subprocess.Popen(
            command, env=env, cwd=cwd, stdout=out, stderr=out, start_new_session=True
        )
    try:
        yield running
    finally:
        if running.poll() is None:
            running.terminate()
            with suppress(subprocess.TimeoutExpired):
                running.wait(20)
        with suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
        running.wait()


def family(pid: int) -> list[psutil.Process]:
    """Return a process and all that come from it, as they are now."""
    try:
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def alive(processes: Sequence[psutil.Process]) -> list[psutil.Process]:
    """Return those of them that still run."""
    return [each for each in processes if _runs(each)]


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False

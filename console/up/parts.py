"""One part of the running whole: a program, its log, and how it is started and ended."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

GRACE = 15.0  # seconds; Prefect's server needs more than three
_LONG = 60.0  # seconds; who ran that long did not fail at once
_FULL = 5_000_000  # bytes of a log


@dataclass
class Part:
    """A program that should run. Started again when it ends, ever more slowly if it keeps ending.

    `tether`: the reading end of a pipe only the supervisor can write to.
    """

    name: str
    command: Sequence[str]  # a module and its arguments
    environment: Mapping[str, str]
    log: Path
    tether: int
    cwd: Path | None = None
    process: subprocess.Popen[bytes] | None = None
    since: float = 0.0
    ends: int = 0  # in a row
    again_at: float = field(default=0.0)

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process else None

    def start(self) -> None:
        """Start it, in a group of its own: a terminal's Ctrl-C must not reach it before us."""
        _turn(self.log)
        handle = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - our own parts
                [sys.executable, "-m", "console.up.tether", *self.command],
                env=self.environment,
                cwd=self.cwd,
                stdin=self.tether,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.since = time.monotonic()

    def ended(self) -> int | None:
        """Return its exit code once, when it has ended; what it left behind is ended, too."""
        if self.process is None or (code := self.process.poll()) is None:
            return None
        _signal(self.process.pid, signal.SIGKILL)
        lived = time.monotonic() - self.since
        self.ends = 1 if lived > _LONG else self.ends + 1
        self.again_at = time.monotonic() + min(2.0 ** (self.ends - 1), 60.0)
        self.process = None
        return code

    def stop(self, grace: float = GRACE) -> bool:
        """Ask it to end, wait, then end its whole group. Tell whether it went by itself."""
        if (process := self.process) is None:
            return True
        _signal(process.pid, signal.SIGTERM, group=False)
        try:
            process.wait(grace)
        except subprocess.TimeoutExpired:
            went = False
        else:
            went = True
        _signal(process.pid, signal.SIGKILL)
        process.wait()
        self.process = None
        return went


def _signal(pid: int, number: int, *, group: bool = True) -> None:
    with suppress(ProcessLookupError, PermissionError):
        (os.killpg if group else os.kill)(pid, number)


def _turn(log: Path) -> None:
    if log.exists() and log.stat().st_size > _FULL:
        log.replace(log.with_suffix(".old.log"))

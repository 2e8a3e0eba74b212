"""Looks, beside the engine and not in it, whether the engine does its work; says so if not.

It lives in the console's process, or alone as `amends watchdog`. It imports no flow: what it finds
it writes like all else, and only then has the waiting messages delivered by a process of its own.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx

from cases.changes import Moment
from cases.clockwork.watchdog import LATE, NAME, Trouble, report, troubles
from cases.identifiers import Identifiers
from cases.settings import Settings
from cases.store import Store, StoreError

log = logging.getLogger("amends")
EVERY = 60.0  # seconds: five minutes are allowed, of which four may pass before it is trouble
_PATIENCE = 5.0  # seconds for the heartbeat's answer
_DELIVERING = 300.0


def look(store: Store, now: datetime) -> tuple[tuple[Trouble, ...], bool]:
    """Look once. Returns what stands still, and whether there is news to be delivered.

    Raises StoreError where the record itself cannot be reached.
    """
    watched = store.watched(now - LATE)
    found = troubles(watched, now)
    change = report(
        found,
        watched.beats.get(NAME),
        store.practice_as_subject(),
        store.administrators(),
        Moment(now, NAME, Identifiers()),
    )
    applied = store.apply([change]).applied
    return found, bool(applied and change.notices)


def ping(url: str) -> bool:
    """Tell whoever waits at the address that all is well. Returns whether they heard it."""
    try:
        return httpx.get(url, timeout=_PATIENCE, follow_redirects=False).is_success
    except httpx.HTTPError as error:
        log.warning("the heartbeat was not heard: %s", type(error).__name__)
        return False


def deliver() -> None:
    """Deliver what waits in a process of its own: the engine, whose work it is, may be gone."""
    command = [sys.executable, "-c", "from console.cli import main; main()", "run", "deliver"]
    subprocess.run(command, check=False, timeout=_DELIVERING, stdout=subprocess.DEVNULL)  # noqa: S603


@dataclass
class Watchdog:
    """Looks once a minute until `stop` is set."""

    settings: Settings
    store: Store
    stop: threading.Event = field(default_factory=threading.Event)
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    carry: Callable[[], None] = deliver

    def run(self) -> None:
        while not self.stop.wait(EVERY):
            self.turn()

    def turn(self) -> tuple[Trouble, ...]:
        """Look once; whatever happens, there is a next time."""
        try:
            found, news = look(self.store, self.clock())
        except StoreError as error:
            log.error("watchdog: %s", error)
            return (Trouble("record_unreachable", self.clock(), str(error)),)
        for each in found:
            log.error("watchdog: %s since %s: %s", each.code, each.since, each.words)
        if news:
            self._carry()
        if not found and self.settings.heartbeat_url:
            ping(self.settings.heartbeat_url)
        return found

    def _carry(self) -> None:
        try:
            self.carry()
        except (OSError, subprocess.SubprocessError) as error:
            log.error("watchdog: nothing could be delivered: %s", type(error).__name__)

    def begin(self) -> threading.Thread:
        """Look beside whatever else this process does; ends with it."""
        thread = threading.Thread(target=self.run, name=NAME, daemon=True)
        thread.start()
        return thread

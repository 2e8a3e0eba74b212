"""The engine's heartbeat: what it last did and how Prefect is, for the console and the supervisor.

A file, not a table: it must be written and read while the database is what is in trouble.
"""

from __future__ import annotations

import json
import os
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from console.up.folder import read_json, write_whole

# starting: not yet seen; up: it runs the sweeps; late: it answers and runs none; down: no answer
Prefect = Literal["starting", "up", "late", "down"]
STALE = timedelta(seconds=30)


@dataclass
class Beat:
    """Kept by the engine, from several threads, and written to `engine.json`.

    There: {"at", "pid", "prefect", "prefect_since", "flows": {name: {"at", "by", "code",
    "done_at"}}}; `by` is "prefect" or "engine", `code` empty when the run did its work, `done_at`
    the last time one did. All times are ISO 8601 in UTC.
    """

    path: Path
    prefect: Prefect = "starting"
    since: datetime | None = None
    flows: dict[str, dict[str, str]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def found(self, prefect: Prefect, now: datetime) -> bool:
        """Note how Prefect is; tell whether that is news."""
        news = prefect != self.prefect
        if news or self.since is None:
            self.prefect, self.since = prefect, now
        return news

    def ran(self, flow: str, by: str, code: str, now: datetime) -> None:
        """Note how a run ended."""
        with self._lock:
            before = self.flows.get(flow, {}).get("done_at", "")
            at = now.isoformat()
            done_at = before if code else at
            self.flows[flow] = {"at": at, "by": by, "code": code, "done_at": done_at}

    def done_at(self, flow: str, by: str = "") -> datetime | None:
        """Return when a flow last did its work, at all or run by this one."""
        last = self.flows.get(flow, {})
        if not last.get("done_at") or (by and last["by"] != by):
            return None
        return datetime.fromisoformat(last["done_at"])

    def write(self, now: datetime) -> None:
        """Write it down, whole or not at all."""
        with self._lock:
            said = {
                "at": now.isoformat(),
                "pid": os.getpid(),
                "prefect": self.prefect,
                "prefect_since": self.since.isoformat() if self.since else "",
                "flows": self.flows,
            }
            write_whole(self.path, json.dumps(said, indent=1) + "\n")


def last_runs(data: Path) -> dict[str, datetime]:
    """Return when each flow last ran on a data folder, whoever ran it."""
    flows = read_json(data / "engine.json").get("flows", {})
    return {name: datetime.fromisoformat(run["at"]) for name, run in flows.items()}


def trouble(data: Path, now: datetime) -> str:
    """Say what is wrong with the engine or with Prefect; nothing where all is well."""
    beat = read_beat(data, now)
    if not beat.get("at"):
        return ""  # no engine ever ran here: the console was started by itself
    if not beat["alive"]:
        return f"The engine has been silent since {beat['at'][:16].replace('T', ' ')} UTC."
    if beat.get("prefect") in ("down", "late"):
        since = str(beat.get("prefect_since", ""))[11:16]
        how = "does not answer" if beat["prefect"] == "down" else "runs nothing"
        return f"Prefect {how} since {since} UTC; Amends keeps the deadlines by itself."
    return ""


def read_beat(data: Path, now: datetime) -> dict[str, Any]:
    """Return the last heartbeat of the engine on a data folder, with "alive" added.

    Empty but for "alive": no engine ever ran there.
    """
    said = read_json(data / "engine.json")
    at = said.get("at")
    alive = bool(at) and now - datetime.fromisoformat(str(at)) < STALE
    return {**said, "alive": alive}

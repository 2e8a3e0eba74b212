"""The data folder of a running installation: whose it is, what lies where, how files get there."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class InUse(Exception):
    """Another `amends up` runs on this data folder. The message says which process."""


@dataclass(frozen=True)
class Folder:
    """What lies where in the data folder, beside the record itself."""

    path: Path

    @property
    def prefect(self) -> Path:
        return self.path / "prefect"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def engine(self) -> Path:
        """Return the engine's heartbeat."""
        return self.path / "engine.json"

    @property
    def up(self) -> Path:
        """Return what the supervisor says of its parts."""
        return self.path / "up.json"

    @property
    def deployed(self) -> Path:
        """Return the mark of what was deployed; beside Prefect's database, since it is about it."""
        return self.prefect / "deployed"

    def make(self) -> None:
        """Make the folders, for their owner only."""
        for folder in (self.path, self.prefect, self.logs):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.prefect.chmod(0o700)
        self.logs.chmod(0o700)

    def password(self) -> str:
        """Return the password of Prefect's API, made up when first asked for."""
        path = self.prefect / "password"
        if not path.exists():
            write_whole(path, secrets.token_urlsafe(24))
        return path.read_text().strip()


def claim(folder: Folder) -> int:
    """Take the folder for this process; return the lock's file. Raises InUse with the other's pid.

    The lock ends with the process, however it ends, and is kept when the process replaces itself.
    """
    handle = os.open(folder.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        other = os.read(handle, 20).decode().strip() or "unknown"
        os.close(handle)
        raise InUse(
            f"{folder.path} is in use: `amends up` runs there as process {other}; stop that one "
            f"(kill {other}), or give another folder: --data"
        ) from None
    os.ftruncate(handle, 0)
    os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
    return handle


def write_whole(path: Path, text: str) -> None:
    """Write beside it and rename, for the owner only: nobody ever reads half of it."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)
    part.replace(path)


def read_json(path: Path) -> dict[str, Any]:
    """Return what was written there last; nothing where nothing was."""
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}

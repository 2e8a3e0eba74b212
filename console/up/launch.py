"""From a command to the supervisor: claim the folder, bring the record up to date, step aside."""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NoReturn

from cases.changes import Moment
from cases.identifiers import Identifiers
from cases.settings import Settings
from cases.store import StoreError, open_store
from console.up.folder import Folder, InUse, claim
from console.up.plan import APP

Tell = Callable[[str], None]


class PortTaken(Exception):
    """Something else listens there already. The message says what to do."""


def launch(
    settings: Settings, port: int, prefect_port: int, tell: Tell, app: str = APP
) -> NoReturn:
    """Become the supervisor of everything; a port of 0 is any free one.

    Raises InUse, PortTaken, StoreError, KeyringError before anything was started. The process is
    replaced by a smaller one: what prepares the record is not needed to watch over its parts.
    """
    os.umask(0o077)
    folder = Folder(settings.data)
    lock = _claimed(folder)
    port, prefect_port = _free(port, "--port"), _free(prefect_port, "--prefect-port")
    store = open_store(settings, Moment(datetime.now(UTC), "setup", Identifiers()))
    tell(f"The record is up to date: {store.describe()}")
    store.close()
    os.set_inheritable(lock, True)
    if "public_url" not in settings.model_fields_set:
        os.environ["AMENDS_PUBLIC_URL"] = f"http://localhost:{port}"
    plan = {"data": str(folder.path), "port": port, "prefect_port": prefect_port, "app": app}
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "console.up", json.dumps(plan)])  # noqa: S606 - ourselves


def _claimed(folder: Folder) -> int:
    try:
        folder.make()
        return claim(folder)
    except OSError as error:
        raise StoreError(
            f"the data folder {folder.path} cannot be used ({error.strerror}); choose another "
            "with --data"
        ) from None


def _free(port: int, option: str) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise PortTaken(f"port {port}: {error.strerror}; choose another: {option}") from None
        found: int = probe.getsockname()[1]
        return found


__all__ = ["InUse", "PortTaken", "launch"]

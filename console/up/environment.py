"""What Prefect is told: private, quiet, on this machine only, and tidied by itself."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from console.up.folder import Folder

HOME = Path(__file__).parent.parent.parent  # where prefect.yaml and the packages lie

# Whoever calls the server. Texts of exceptions and of logs carry data: neither goes to it.
_CLIENT = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_LOGGING_TO_API_ENABLED": "false",
    "PREFECT_LOGGING_LEVEL": "WARNING",
    "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
    "PREFECT_SERVER_EPHEMERAL_ENABLED": "false",  # without our server, fail; never start another
    "PREFECT_API_REQUEST_TIMEOUT": "10",
    "PREFECT_CLI_COLORS": "false",
    "MALLOC_ARENA_MAX": "2",  # a fifth less memory
}
# Its own loops look every few seconds for work that does not exist here (pauses, slots, task
# runs). Events and triggers stay as quick as they are.
_SERVER = {
    "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
    "PREFECT_SERVER_CSRF_PROTECTION_ENABLED": "true",
    "PREFECT_SERVER_EVENTS_RETENTION_PERIOD": "P7D",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(14 * 86_400),
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_LATE_RUNS_LOOP_SECONDS": "60",
    "PREFECT_SERVER_SERVICES_PAUSE_EXPIRATIONS_LOOP_SECONDS": "60",
    "PREFECT_SERVER_SERVICES_CLEANUP_RECONCILER_LOOP_SECONDS": "60",
    "PREFECT_SERVER_SERVICES_REPOSSESSOR_LOOP_SECONDS": "60",
    "PREFECT_SERVER_SERVICES_CANCELLATION_CLEANUP_LOOP_SECONDS": "60",
    "PREFECT_SERVER_SERVICES_FOREMAN_LOOP_SECONDS": "60",
}
# Busy for a moment, the server says 503: its clients ask once more, and then mind the clocks. The
# server itself, which is its own client when a trigger fires, keeps Prefect's five.
_RETRIES = {"PREFECT_CLIENT_MAX_RETRIES": "1"}
_OURS, _THEIRS = "AMENDS_", "PREFECT_"


def for_clients(folder: Folder, port: int) -> dict[str, str]:
    """Return the environment of a part that works on the record and calls Prefect's server."""
    mine = {**_RETRIES, "AMENDS_DATA": str(folder.path)}
    return {**_without(_THEIRS), **_shared(folder, port), **mine}


def for_server(folder: Folder, port: int) -> dict[str, str]:
    """Return the environment of Prefect's server: it is told none of our own secrets."""
    return {
        **_without(_THEIRS, _OURS),
        **_shared(folder, port),
        **_SERVER,
        "PREFECT_SERVER_API_AUTH_STRING": f"amends:{folder.password()}",
        "PREFECT_UI_API_URL": f"http://127.0.0.1:{port}/api",
    }


def for_console(folder: Folder) -> dict[str, str]:
    """Return the environment of the console: it never speaks with Prefect."""
    return {**_without(_THEIRS), "AMENDS_DATA": str(folder.path), "MALLOC_ARENA_MAX": "2"}


def for_deploying(folder: Folder, port: int) -> dict[str, str]:
    """Return the environment in which prefect.yaml is read."""
    mine = {"AMENDS_HOME": str(HOME), "AMENDS_DATA": str(folder.path)}
    return {**_without(_THEIRS, _OURS), **_shared(folder, port), **mine}


def _shared(folder: Folder, port: int) -> dict[str, str]:
    return {
        **_CLIENT,
        "PREFECT_HOME": str(folder.prefect),
        "PREFECT_LOCAL_STORAGE_PATH": str(folder.prefect / "storage"),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_API_AUTH_STRING": f"amends:{folder.password()}",
    }


def _without(*beginnings: str) -> Mapping[str, str]:
    # A PREFECT_API_KEY of somebody's shell would beat our password, and a URL lead elsewhere.
    return {name: value for name, value in os.environ.items() if not name.startswith(beginnings)}


def mark(home: Path = HOME) -> str:
    """Return what tells one deployment from another: the file, the programs, where they lie."""
    file = (home / "prefect.yaml").read_bytes()
    also = f"{version('amends')} {version('prefect')} {home}".encode()
    return hashlib.sha256(file + b"\0" + also).hexdigest()

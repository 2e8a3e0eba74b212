"""`amends up`, as somebody runs it: it comes up, survives what is done to it, and leaves nothing.

The tests tell one story in order, on one installation: starting one takes a while.
"""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.states import Running as RunningState

from cases.settings import Settings
from cases.store import open_store
from console.up.beat import read_beat
from console.up.folder import read_json
from tests.running import (
    AMENDS,
    MAIL,
    a_practice,
    add_case,
    alive,
    clean_environment,
    family,
    happened,
    letters,
    program,
    wait_for,
)

pytestmark = pytest.mark.prefect


@dataclass
class Up:
    """A running installation, seen from outside."""

    settings: Settings
    log: Path
    pid: int

    @property
    def data(self) -> Path:
        return self.settings.data

    def said(self) -> str:
        logs = [self.log, *sorted((self.data / "logs").glob("*.log"))]
        return "\n".join(f"{path.name}: {path.read_text()[-1500:]}" for path in logs)

    def heard(self, words: str) -> bool:
        return words in self.log.read_text()

    def state(self) -> dict[str, Any]:
        return read_json(self.data / "up.json")

    def part(self, name: str) -> int:
        found: int = wait_for(lambda: self.state().get("parts", {}).get(name), 20, self.said)
        return found

    def beat(self) -> dict[str, Any]:
        return read_beat(self.data, datetime.now(UTC))

    def wait_for_prefect(self) -> None:
        engine = self.part("engine")
        wait_for(lambda: self.beat().get("pid") == engine, 20, self.said)
        wait_for(lambda: self.beat().get("prefect") == "up", 90, self.said)

    def overdue(self, number: int) -> None:
        """Let another case be overdue."""
        store = open_store(self.settings)
        add_case(store, number, datetime.now(UTC) - timedelta(hours=5))
        store.close()

    def kill(self, name: str) -> int:
        """End a part without a word; return the process that takes its place."""
        before = self.part(name)
        os.kill(before, signal.SIGKILL)
        wait_for(lambda: self.part(name) not in (before, None), 30, self.said)
        return self.part(name)

    def prefect(self) -> SyncPrefectClient:
        password = (self.data / "prefect" / "password").read_text()
        return SyncPrefectClient(f"{self.state()['prefect']}/api", auth_string=f"amends:{password}")


def status(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=5) as said:
            return int(said.status)
    except HTTPError as error:
        error.close()
        return error.code
    except OSError:
        return 0


def command(data: Path) -> list[str]:
    return [*AMENDS, "up", "--data", str(data), "--port", "0", "--prefect-port", "0"]


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    folder = tmp_path_factory.mktemp("up")
    settings = a_practice(folder / "data", timedelta(minutes=10))
    log = folder / "up.log"
    with program(command(settings.data), clean_environment(**MAIL), log, cwd=folder) as running:
        yield Up(settings, log, running.pid)


def test_a_deadline_does_not_wait_for_prefect_to_start(up: Up) -> None:
    wait_for(lambda: letters(up.settings), 40, up.said)

    assert "escalated" in happened(up.settings)
    wait_for(lambda: "deliver" in up.beat().get("flows", {}), 10, up.said)
    assert up.beat()["flows"]["sweep"]["by"] == "engine"
    assert up.beat()["prefect"] == "starting"


def test_it_says_where_the_console_and_prefect_are(up: Up) -> None:
    wait_for(lambda: up.heard("Prefect runs the flows"), 120, up.said)

    assert up.heard(f"The console is at {up.state()['console']}")
    assert up.heard(f"Prefect is at {up.state()['prefect']}")
    assert up.heard("The flows are deployed")
    assert status(f"{up.state()['console']}/") > 0


def test_prefect_asks_for_the_password(up: Up) -> None:
    assert status(f"{up.state()['prefect']}/api/flows/count") in (401, 405)
    assert status(f"{up.state()['prefect']}/api/admin/version") == 401

    with up.prefect() as client:
        assert len(client.read_deployments()) == 7


def test_what_it_writes_is_for_its_owner_only(up: Up) -> None:
    for path in [up.data, *up.data.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_a_second_one_on_the_same_folder_is_refused_and_says_who_has_it(up: Up) -> None:
    second = subprocess.run(
        command(up.data), env=clean_environment(), capture_output=True, text=True, timeout=60
    )

    assert second.returncode == 1
    assert f"process {up.pid}" in second.stderr
    assert "Traceback" not in second.stderr


def test_a_killed_console_comes_back(up: Up) -> None:
    up.kill("console")

    wait_for(lambda: status(f"{up.state()['console']}/") > 0, 30, up.said)


def test_a_killed_engine_comes_back_and_gives_up_the_runs_it_left(up: Up) -> None:
    with up.prefect() as client:
        sweep = client.read_deployment_by_name("sweep/sweep")
        left = client.create_flow_run_from_deployment(sweep.id, state=RunningState())
        up.overdue(2)

        up.kill("engine")

        this = FlowRunFilter(id=FlowRunFilterId(any_=[left.id]))
        state = wait_for(lambda: _final(client, this), 60, up.said)
    assert state == "CRASHED"
    wait_for(lambda: "escalated" in happened(up.settings, 2), 60, up.said)


def _final(client: SyncPrefectClient, this: FlowRunFilter) -> str:
    [run] = client.read_flow_runs(flow_run_filter=this)
    return run.state_type.value if run.state and run.state.is_final() and run.state_type else ""


def test_while_prefect_hangs_the_engine_sweeps_and_delivers_by_itself(up: Up) -> None:
    up.wait_for_prefect()
    server = up.part("prefect")
    os.kill(server, signal.SIGSTOP)
    try:
        wait_for(lambda: up.beat()["prefect"] == "down", 60, up.said)
        before = len(letters(up.settings))
        up.overdue(3)

        wait_for(lambda: "escalated" in happened(up.settings, 3), 60, up.said)
        wait_for(lambda: len(letters(up.settings)) > before, 20, up.said)

        assert up.beat()["flows"]["sweep"]["by"] == "engine"
        wait_for(lambda: up.heard("the engine sweeps by itself"), 10, up.said)
    finally:
        os.kill(server, signal.SIGCONT)


def test_a_killed_prefect_comes_back_and_runs_the_flows_again(up: Up) -> None:
    up.kill("prefect")

    up.wait_for_prefect()
    began = datetime.now(UTC)
    wait_for(lambda: _swept_since(up, began), 90, up.said)


def _swept_since(up: Up, began: datetime) -> bool:
    last = up.beat()["flows"]["sweep"]
    return last["by"] == "prefect" and datetime.fromisoformat(last["done_at"]) > began


def test_asked_to_stop_it_leaves_nothing_running(up: Up) -> None:
    everybody = family(up.pid)
    assert len(everybody) >= 4

    os.kill(up.pid, signal.SIGTERM)

    wait_for(lambda: not alive(everybody), 50, up.said)
    assert up.heard("Everything is stopped")
    assert not (up.data / "up.json").exists()


def test_started_again_it_deploys_nothing_and_when_killed_its_parts_end(up: Up) -> None:
    log = up.log.with_name("again.log")
    with program(command(up.data), clean_environment(**MAIL), log) as again:
        now = Up(up.settings, log, again.pid)
        now.wait_for_prefect()
        everybody = family(again.pid)
        assert len(everybody) >= 4

        os.kill(again.pid, signal.SIGKILL)

        wait_for(lambda: not alive(everybody), 10, now.said)
    assert not now.heard("The flows are deployed")

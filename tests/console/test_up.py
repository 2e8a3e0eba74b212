"""`amends up`, as somebody runs it: it comes up, survives what is done to it, and leaves nothing.

The tests tell one story in order, on one installation: starting one takes a while.
"""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
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
    T,
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
    running: subprocess.Popen[bytes]

    @property
    def pid(self) -> int:
        return self.running.pid

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

    def wait(self, what: Callable[[], T], seconds: float) -> T:
        """Wait for it, but not for an installation that has ended."""

        def looked() -> T:
            assert self.running.poll() is None, self.said()
            return what()

        return wait_for(looked, seconds, self.said)

    def part(self, name: str) -> int:
        found: int = self.wait(lambda: self.state().get("parts", {}).get(name), 60)
        return found

    def beat(self) -> dict[str, Any]:
        return read_beat(self.data, datetime.now(UTC))

    def wait_for_prefect(self) -> None:
        engine = self.part("engine")
        self.wait(lambda: self.beat().get("pid") == engine, 60)
        self.wait(lambda: self.beat().get("prefect") == "up", 150)

    def overdue(self, number: int) -> None:
        """Let another case be overdue."""
        store = open_store(self.settings)
        add_case(store, number, datetime.now(UTC) - timedelta(hours=5))
        store.close()

    def kill(self, name: str) -> int:
        """End a part without a word; return the process that takes its place."""
        before = self.part(name)
        os.kill(before, signal.SIGKILL)
        self.wait(lambda: self.part(name) not in (before, None), 60)
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
        yield Up(settings, log, running)


def test_a_deadline_does_not_wait_for_prefect_to_start(up: Up) -> None:
    up.wait(lambda: letters(up.settings), 90)

    assert "escalated" in happened(up.settings)
    up.wait(lambda: "deliver" in up.beat().get("flows", {}), 30)
    assert up.beat()["flows"]["sweep"]["by"] == "engine"
    assert up.beat()["prefect"] == "starting"


def test_it_says_where_the_console_and_prefect_are(up: Up) -> None:
    up.wait(lambda: up.heard("Prefect runs the flows"), 180)

    assert up.heard(f"The console is at {up.state()['console']}")
    assert up.heard(f"Prefect is at {up.state()['prefect']}")
    assert up.heard("The flows are deployed")
    assert status(f"{up.state()['console']}/") > 0


def test_prefect_asks_for_the_password(up: Up) -> None:
    assert status(f"{up.state()['prefect']}/api/flows/count") in (401, 405)
    assert status(f"{up.state()['prefect']}/api/admin/version") == 401

    with up.prefect() as client:
        assert len(client.read_deployments()) == 10


def test_what_it_writes_is_for_its_owner_only(up: Up) -> None:
    for path in [up.data, *up.data.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_a_second_one_on_the_same_folder_is_refused_and_says_who_has_it(up: Up) -> None:
    second = subprocess.run(
        command(up.data), env=clean_environment(), capture_output=True, text=True, timeout=120
    )

    assert second.returncode == 1
    assert f"process {up.pid}" in second.stderr
    assert "Traceback" not in second.stderr


def test_while_prefect_hangs_the_engine_sweeps_and_delivers_by_itself(up: Up) -> None:
    up.wait_for_prefect()
    before = len(letters(up.settings))
    server = up.part("prefect")
    os.kill(server, signal.SIGSTOP)
    try:
        up.overdue(2)

        up.wait(lambda: "escalated" in happened(up.settings, 2), 120)
        up.wait(lambda: len(letters(up.settings)) > before, 60)

        up.wait(lambda: up.beat()["prefect"] == "down", 90)
        up.wait(lambda: up.heard("the engine sweeps by itself"), 30)
        up.wait(lambda: up.beat()["flows"]["sweep"]["by"] == "engine", 60)
    finally:
        os.kill(server, signal.SIGCONT)


def test_a_killed_console_comes_back(up: Up) -> None:
    up.kill("console")

    up.wait(lambda: status(f"{up.state()['console']}/") > 0, 60)


def test_a_killed_engine_comes_back_and_gives_up_the_runs_it_left(up: Up) -> None:
    with up.prefect() as client:
        sweep = client.read_deployment_by_name("sweep/sweep")
        left = client.create_flow_run_from_deployment(sweep.id, state=RunningState())
        up.overdue(3)

        up.kill("engine")

        this = FlowRunFilter(id=FlowRunFilterId(any_=[left.id]))
        state = up.wait(lambda: _final(client, this), 90)
    assert state == "CRASHED"
    up.wait(lambda: "escalated" in happened(up.settings, 3), 90)


def _final(client: SyncPrefectClient, this: FlowRunFilter) -> str:
    [run] = client.read_flow_runs(flow_run_filter=this)
    return run.state_type.value if run.state and run.state.is_final() and run.state_type else ""


def test_a_killed_prefect_comes_back_and_runs_the_flows_again(up: Up) -> None:
    up.kill("prefect")

    up.wait_for_prefect()
    began = datetime.now(UTC)
    up.wait(lambda: _swept_since(up, began), 150)


def _swept_since(up: Up, began: datetime) -> bool:
    last = up.beat()["flows"]["sweep"]
    return last["by"] == "prefect" and datetime.fromisoformat(last["done_at"]) > began


def test_asked_to_stop_it_leaves_nothing_running(up: Up) -> None:
    everybody = family(up.pid)
    assert len(everybody) >= 4

    os.kill(up.pid, signal.SIGTERM)

    wait_for(lambda: not alive(everybody), 90, up.said)
    assert up.heard("Everything is stopped")
    assert not (up.data / "up.json").exists()


def test_started_again_it_deploys_nothing_and_when_killed_its_parts_end(up: Up) -> None:
    log = up.log.with_name("again.log")
    with program(command(up.data), clean_environment(**MAIL), log) as again:
        now = Up(up.settings, log, again)
        now.wait_for_prefect()
        everybody = family(again.pid)
        assert len(everybody) >= 4

        os.kill(again.pid, signal.SIGKILL)

        wait_for(lambda: not alive(everybody), 30, now.said)
    assert not now.heard("The flows are deployed")

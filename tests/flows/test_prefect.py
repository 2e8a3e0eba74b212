"""Prefect as a practice would run it: server, deployment, an ordinary worker, and the clock.

A scheduler that makes no runs looks healthy in every other respect, so this waits for a run to
appear by itself, and for what it should have done.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from cases.settings import Settings
from tests.running import (
    HOME,
    MAIL,
    PREFECT,
    a_port,
    a_practice,
    clean_environment,
    happened,
    letters,
    program,
    wait_for,
)

PASSWORD = "amends:only-for-this-test"
# As little waiting as Prefect allows; what is waited for stays the same.
HASTE = {
    "PREFECT_WORKER_QUERY_SECONDS": "1",
    "PREFECT_SERVER_SERVICES_SCHEDULER_RECENT_DEPLOYMENTS_LOOP_SECONDS": "1",
}
DEPLOYMENTS: list[dict[str, Any]] = yaml.safe_load((HOME / "prefect.yaml").read_text())[
    "deployments"
]


@dataclass
class Running:
    """A server, its worker, and a practice with a case that is overdue."""

    url: str
    settings: Settings
    logs: Path

    def runs(self, deployment: str, state: str) -> list[dict[str, Any]]:
        """Return a deployment's runs in a state, as the API tells them."""
        asked = {
            "deployments": {"name": {"any_": [deployment]}},
            "flow_runs": {"state": {"type": {"any_": [state]}}},
        }
        user, _, password = PASSWORD.partition(":")
        said = httpx.post(f"{self.url}/flow_runs/filter", json=asked, auth=(user, password))
        found: list[dict[str, Any]] = said.raise_for_status().json()
        return found

    def told(self) -> str:
        return "\n".join(path.read_text()[-2000:] for path in sorted(self.logs.glob("*.log")))


def healthy(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health").status_code == 200
    except httpx.HTTPError:
        return False


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder, port = tmp_path_factory.mktemp("prefect"), a_port()
    settings = a_practice(folder / "data", timedelta(minutes=10))
    url = f"http://127.0.0.1:{port}/api"
    env = clean_environment(
        **MAIL,
        **HASTE,
        AMENDS_HOME=str(HOME),
        AMENDS_DATA=str(settings.data),
        PREFECT_HOME=str(folder / "home"),
        PREFECT_API_URL=url,
        PREFECT_API_AUTH_STRING=PASSWORD,
        PREFECT_SERVER_API_AUTH_STRING=PASSWORD,
        PREFECT_SERVER_ANALYTICS_ENABLED="false",
        DO_NOT_TRACK="1",
    )
    serve = [*PREFECT, "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    work = [*PREFECT, "worker", "start", "--pool", "amends"]
    now = Running(url, settings, folder)
    with program(serve, env, folder / "server.log"):
        wait_for(lambda: healthy(url), 120, now.told)
        for words in (["work-pool", "create", "amends", "--type", "process"], ["deploy", "--all"]):
            done = subprocess.run(
                [*PREFECT, "--no-prompt", *words], env=env, cwd=HOME, capture_output=True, text=True
            )
            assert done.returncode == 0, done.stdout + done.stderr
        with program(work, env, folder / "worker.log"):  # inside: the worker must end first
            yield now


@pytest.mark.prefect
def test_a_scheduled_sweep_appears_by_itself_and_escalates(running: Running) -> None:
    assert "escalated" not in happened(running.settings)

    swept = wait_for(lambda: running.runs("sweep", "COMPLETED"), 150, running.told)

    assert swept[0]["created_by"]["type"] == "SCHEDULE"
    assert "escalated" in happened(running.settings)


@pytest.mark.prefect
def test_what_the_sweep_left_to_tell_is_delivered_at_once(running: Running) -> None:
    def triggered() -> bool:
        return any(
            (run["created_by"] or {}).get("type") == "AUTOMATION"
            for run in running.runs("deliver", "COMPLETED")
        )

    wait_for(triggered, 120, running.told)

    assert letters(running.settings)


@pytest.mark.prefect
def test_no_run_failed_and_none_was_told_anything(running: Running) -> None:
    assert running.runs("sweep", "FAILED") + running.runs("sweep", "CRASHED") == []
    assert {str(run["parameters"]) for run in running.runs("sweep", "COMPLETED")} <= {
        "{}",
        "{'now': None}",
    }


def test_every_flow_is_deployed_and_every_schedule_has_a_slug() -> None:
    files = (HOME / "flows").glob("*.py")
    flows = {path.stem for path in files if "\n@flow(" in path.read_text()}
    entries = {each["entrypoint"] for each in DEPLOYMENTS}

    assert entries == {f"flows/{name}.py:{name}" for name in flows}
    for each in DEPLOYMENTS:
        assert each["description"]
        assert "amends" in each["tags"]
        assert not each.get("parameters")
        assert all(schedule["slug"] for schedule in each["schedules"])


def test_no_schedule_moves_when_it_is_deployed_again() -> None:
    schedules = [schedule for each in DEPLOYMENTS for schedule in each["schedules"]]

    assert all("cron" in each or "anchor_date" in each for each in schedules)

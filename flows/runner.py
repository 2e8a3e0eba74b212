"""Runs deployments inside this process, as an ordinary `prefect worker` does in a new one.

A new interpreter for each run costs two seconds of processor time, a run in here a tenth of that.
Prefect 3.8 offers no such executor, so what is not public of it is used here and nowhere else:
`propose_state_sync` and `run_flow`. Without this module, `prefect worker start --pool amends`
runs the same deployments.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterTags,
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import State, StateType
from prefect.client.schemas.responses import FlowRunResponse
from prefect.exceptions import Abort
from prefect.flow_engine import run_flow
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from prefect.states import Cancelled, Crashed, Pending
from prefect.utilities.engine import propose_state_sync

from flows.house import code_of, log

TAG = "amends"
TAKEN = "taken"  # by an ordinary worker, or taken back
_THREADS = 12  # one for each deployment: a slow source must not keep a sweep waiting
_LIVING = [StateType.RUNNING, StateType.PENDING, StateType.CANCELLING]
Told = Callable[[str, str], None]  # (deployment, code); an empty code: it did its work


@dataclass
class Runner:
    """The deployments tagged `amends`, and the threads that run them, one run of each at a time.

    `told` hears how each run ended. Every method that asks the server raises what its client
    raises: httpx.HTTPError, for one, where nobody answers.
    """

    client: SyncPrefectClient
    told: Told
    names: dict[UUID, str] = field(default_factory=dict)
    _flows: dict[UUID, Any] = field(default_factory=dict)
    _coming: dict[UUID, FlowRunResponse] = field(default_factory=dict)
    _busy: dict[UUID, Future[None]] = field(default_factory=dict)
    _pool: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(_THREADS, thread_name_prefix="run")
    )

    def learn(self) -> int:
        """Read which deployments there are; return how many we can run."""
        tagged = DeploymentFilter(tags=DeploymentFilterTags(all_=[TAG]))
        found = self.client.read_deployments(deployment_filter=tagged, limit=200)
        self.names = {each.id: each.name for each in found}
        self._flows = {each.id: _flow(each.entrypoint or "") for each in found}
        return len(found)

    def reap(self) -> int:
        """Give up the runs an earlier process left behind: nobody else ever would."""
        left = FlowRunFilter(
            deployment_id=FlowRunFilterDeploymentId(any_=list(self.names)),
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=_LIVING)),
        )
        runs = self.client.read_flow_runs(flow_run_filter=left, limit=200) if self.names else []
        for run in runs:
            crashed: State[None] = Crashed(message="The program ended during this run.")
            self.client.set_flow_run_state(run.id, crashed, force=True)
        return len(runs)

    def look(self, now: datetime, ahead: timedelta) -> None:
        """Ask what is scheduled until then. Of several missed ticks only the last one is kept."""
        if not self.names:
            return
        found = self.client.get_scheduled_flow_runs_for_deployments(
            list(self.names), scheduled_before=now + ahead
        )
        self._coming = {run.id: run for run in found}
        for run in overtaken(found, now):
            del self._coming[run.id]
            self.client.set_flow_run_state(run.id, Cancelled(message="A later run does its work."))

    def begin(self, now: datetime) -> None:
        """Start the runs whose time has come and whose deployment is not running already."""
        self._busy = {key: run for key, run in self._busy.items() if not run.done()}
        for run in sorted(self._coming.values(), key=_when):
            key = run.deployment_id
            if key is None or key in self._busy or _when(run) > now:
                continue
            del self._coming[run.id]
            self._busy[key] = self._pool.submit(self._run, run, self.names[key], self._flows[key])

    def next_at(self) -> datetime | None:
        """Return when the next known run should start."""
        return min(map(_when, self._coming.values()), default=None)

    def end(self) -> None:
        """Start nothing more and wait for what runs."""
        self._coming.clear()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _run(self, run: FlowRunResponse, name: str, flow: Any) -> None:
        try:
            code = self._really_run(run, flow)
        except Exception as error:  # the server went away: whether the work was done is unknown
            code = code_of(error)
        if code == TAKEN:
            return
        if code:
            log.error("a run of %s ended with %s", name, code)
        self.told(name, code)

    def _really_run(self, run: FlowRunResponse, flow: Any) -> str:
        # No value of the environment turns the heartbeat off, and it costs each run a second.
        with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
            try:
                state = propose_state_sync(self.client, Pending(), flow_run_id=run.id)
            except Abort:
                return TAKEN
            if not state.is_pending():
                return TAKEN
            mine = self.client.read_flow_run(run.id)
            final: Any = run_flow(flow, flow_run=mine, return_type="state")
        return "" if final.is_completed() else str(final.name).lower()


def overtaken(runs: Iterable[FlowRunResponse], now: datetime) -> Iterator[FlowRunResponse]:
    """Yield all runs that are due, but for the last of each deployment."""
    due: dict[UUID | None, list[FlowRunResponse]] = defaultdict(list)
    for run in runs:
        if _when(run) <= now:
            due[run.deployment_id].append(run)
    for several in due.values():
        yield from sorted(several, key=_when)[:-1]


def _when(run: FlowRunResponse) -> datetime:
    return run.next_scheduled_start_time or run.expected_start_time or datetime.now(UTC)


def _flow(entrypoint: str) -> Any:
    """Return the flow behind "flows/sweep.py:sweep"; it is imported once and kept."""
    path, _, name = entrypoint.partition(":")
    module = ".".join(Path(path).with_suffix("").parts)
    return getattr(sys.modules.get(module) or import_module(module), name)

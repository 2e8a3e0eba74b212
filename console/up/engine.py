"""Runs the flows: as Prefect schedules them, and by itself when Prefect does not.

A deadline does not wait for a scheduler. Whenever no sweep has ended lately, be Prefect down,
starting, or up and silent, the engine sweeps and delivers on its own, and its heartbeat says so.
"""

from __future__ import annotations

import logging
import signal
import threading
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from prefect.client.orchestration import SyncPrefectClient, get_client

from cases.settings import load
from console.up.beat import Beat
from flows import deliver, sweep
from flows.house import FlowError, at_work, code_of, log
from flows.runner import Runner

LOOK = timedelta(seconds=5)  # how often the server is asked
_LEARN = timedelta(minutes=1)
_ALONE = timedelta(seconds=30)  # how often we sweep without Prefect
_PATIENCE = timedelta(seconds=45)  # how long Prefect may be silent; it should sweep every 30 s
_START = timedelta(minutes=2)  # until its first sweep, or its first answer
_NEVER = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass
class Engine:
    """Asks Prefect what to run on one thread, and minds the deadlines on another.

    So a server that neither answers nor refuses keeps no clock from being looked at.
    """

    beat: Beat
    stop: threading.Event = field(default_factory=threading.Event)
    runner: Runner | None = None
    _open: ExitStack = field(default_factory=ExitStack)
    _alone: threading.Thread | None = None
    _begun: datetime = field(default_factory=lambda: datetime.now(UTC))
    _looked: datetime = _NEVER
    _learnt: datetime = _NEVER
    _met: datetime | None = None

    def run(self) -> None:
        """Work until `stop` is set; then let what runs come to its end."""
        minder = threading.Thread(target=self._watch, name="minder")
        minder.start()
        while not self.stop.is_set():
            now = datetime.now(UTC)
            if now - self._looked >= LOOK:
                self._looked = now
                self._ask(now)
            if self.runner:
                self.runner.begin(datetime.now(UTC))
            self.stop.wait(self._pause())
        minder.join()
        self._leave()

    def _watch(self) -> None:
        while True:
            now = datetime.now(UTC)
            self._mind(now)
            self._note(now)
            if self.stop.wait(LOOK.total_seconds()):
                return

    def _pause(self) -> float:
        """Return how long nothing will happen, in seconds."""
        ends = [self._looked + LOOK]
        if self.runner and (coming := self.runner.next_at()):
            ends.append(coming)
        return min(max((min(ends) - datetime.now(UTC)).total_seconds(), 0.05), 1.0)

    def _ask(self, now: datetime) -> None:
        try:
            runner = self.runner or self._meet()
            if now - self._learnt >= _LEARN or not runner.names:
                runner.learn()
                self._learnt = now
            if self._met is None and runner.names:
                self._greet(runner, now)
            runner.look(now, LOOK * 2)
        except Exception as error:  # whatever it is: the clocks are ours to mind
            self._part(error, now)
        else:
            self._judge(now)

    def _meet(self) -> Runner:
        client: SyncPrefectClient = self._open.enter_context(get_client(sync_client=True))
        self.runner = Runner(client, lambda name, code: self._told(name, "prefect", code))
        self._met = None
        return self.runner

    def _greet(self, runner: Runner, now: datetime) -> None:
        self._met = now
        if left := runner.reap():
            log.warning("%s runs were left behind and are given up", left)

    def _judge(self, now: datetime) -> None:
        last = self.beat.done_at("sweep", by="prefect")
        if last and now - last < _PATIENCE:
            self.beat.found("up", now)
        elif self._met and now - self._met > _START:
            self.beat.found("late", now)

    def _part(self, error: Exception, now: datetime) -> None:
        begins = self.beat.prefect == "starting" and now - self._begun < _START
        if not begins and self.beat.found("down", now):
            log.error("Prefect does not answer (%s); the engine sweeps by itself", code_of(error))
        self._close()

    def _mind(self, now: datetime) -> None:
        """Sweep and deliver ourselves where nobody did, beside the loop."""
        last = self.beat.done_at("sweep")
        patience = _PATIENCE if self.beat.prefect == "up" else _ALONE
        busy = self._alone is not None and self._alone.is_alive()
        if not busy and (last is None or now - last >= patience):
            self._alone = threading.Thread(target=self._sweep, name="alone")
            self._alone.start()

    def _sweep(self) -> None:
        for name, flow in (("sweep", sweep), ("deliver", deliver)):
            code = ""
            try:
                with at_work(name, None) as house:
                    flow.run(house)
            except FlowError as error:
                code = error.code
            self._told(name, "engine", code)

    def _told(self, name: str, by: str, code: str) -> None:
        now = datetime.now(UTC)
        self.beat.ran(name, by, code, now)
        self._note(now)

    def _note(self, now: datetime) -> None:
        try:
            self.beat.write(now)
        except OSError as error:  # a full disk must not end the engine
            log.error("the heartbeat cannot be written: %s", error.strerror)

    def _close(self) -> None:
        if self.runner:
            threading.Thread(target=self.runner.end, daemon=True).start()
        self.runner = None
        with suppress(Exception):
            self._open.close()
        self._open = ExitStack()

    def _leave(self) -> None:
        if self.runner:
            self.runner.end()
        if self._alone:
            self._alone.join()
        self._close()


def main() -> None:
    """Run the engine on AMENDS_DATA until SIGTERM."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.WARNING)
    data: Path = load().data
    engine = Engine(Beat(data / "engine.json"))
    signal.signal(signal.SIGTERM, lambda *_: engine.stop.set())
    engine.run()


if __name__ == "__main__":
    main()

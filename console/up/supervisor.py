"""Starts the parts, starts again what ends, and ends all of them in the right order."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.error import URLError
from urllib.request import urlopen

from console.up import environment
from console.up.folder import read_json, write_whole
from console.up.parts import Part
from console.up.plan import Plan

_WORDS = {
    "up": "Prefect runs the flows",
    "late": "Prefect answers but runs nothing: the engine sweeps by itself",
    "down": "Prefect does not answer: the engine sweeps by itself",
}
# How long Prefect's server may live without its work being done, in seconds, before it is ended
# and started anew: the engine covers for it meanwhile.
_ENOUGH = {"down": 180.0, "late": 600.0}
Tell = Callable[[str], None]


@dataclass
class Supervisor:
    """The parts of one installation. Imports nothing large: it stays small and does not fail."""

    plan: Plan
    tell: Tell
    stop: threading.Event = field(default_factory=threading.Event)
    parts: list[Part] = field(default_factory=list)  # in the order in which they are ended
    _begun: float = field(default_factory=time.monotonic)
    _answers: set[str] = field(default_factory=set)
    _deploying: Part | None = None
    _said: str = ""
    _said_at: float = 0.0
    _written: str = ""

    def run(self) -> None:
        """Keep everything running until `stop` is set; leave nothing running behind."""
        reading, writing = os.pipe()  # the parts end when nobody holds its other end
        try:
            self._prepare(reading)
            for part in self.parts:
                part.start()
            while not self.stop.is_set():
                self._turn()
                self.stop.wait(0.25 if len(self._answers) < len(self.parts) - 1 else 1.0)
        finally:
            self._end()
            os.close(writing)
            os.close(reading)

    def _prepare(self, tether: int) -> None:
        plan, folder = self.plan, self.plan.folder
        clients = environment.for_clients(folder, plan.prefect_port)
        server = environment.for_server(folder, plan.prefect_port)
        deploys = environment.for_deploying(folder, plan.prefect_port)
        serve = f"prefect server start --host 127.0.0.1 --port {plan.prefect_port}".split()
        serve_page = ["console.up.page", str(plan.port), plan.app]
        self.parts = [
            Part("engine", ["console.up.engine"], clients, folder.logs / "engine.log", tether),
            Part(
                "console",
                serve_page,
                environment.for_console(folder),
                folder.logs / "console.log",
                tether,
            ),
            Part("prefect", serve, server, folder.logs / "prefect.log", tether),
        ]
        self._deploying = Part(
            "deploy", ["console.up.deploying"], deploys, folder.logs / "deploy.log", tether
        )

    def _turn(self) -> None:
        for part in self.parts:
            self._keep(part)
        self._greet("console", f"{self.plan.console}/", f"The console is at {self.plan.console}")
        known = f"Prefect is at {self.plan.prefect} (its password: {self._password_file()})"
        self._greet("prefect", f"{self.plan.prefect}/api/health", known)
        self._deploy()
        self._listen()
        self._write()

    def _password_file(self) -> str:
        return str(self.plan.folder.prefect / "password")

    def _keep(self, part: Part) -> None:
        """Start a part again that ended; the longer it keeps ending, the later."""
        if (code := part.ended()) is not None:
            self._answers.discard(part.name)
            wait = max(part.again_at - time.monotonic(), 0)
            self.tell(f"{part.name} ended ({code}); again in {wait:.0f} s. Its log: {part.log}")
        if part.process is None and time.monotonic() >= part.again_at:
            part.start()

    def _greet(self, name: str, url: str, words: str) -> None:
        if name in self._answers or not answers(url):
            return
        self._answers.add(name)
        self.tell(f"{words} [{time.monotonic() - self._begun:.1f} s]")

    def _deploy(self) -> None:
        """Deploy once Prefect answers, if what would be deployed is not what was."""
        job = self._deploying
        if job is None or "prefect" not in self._answers:
            return
        if job.process is None and time.monotonic() >= job.again_at:
            if self._deployed():
                self._deploying = None
            else:
                job.start()
        elif (code := job.ended()) == 0:
            write_whole(self.plan.folder.deployed, environment.mark())
            self.tell("The flows are deployed as prefect.yaml says")
        elif code is not None:
            self.tell(f"prefect.yaml could not be deployed; again soon. Its log: {job.log}")

    def _deployed(self) -> bool:
        path = self.plan.folder.deployed
        return path.exists() and path.read_text() == environment.mark()

    def _listen(self) -> None:
        """Say when the engine finds that Prefect went, or came back."""
        beat = read_json(self.plan.folder.engine)
        alive = beat.get("pid") == next(p.pid for p in self.parts if p.name == "engine")
        said = str(beat.get("prefect", "")) if alive else ""
        if said in _WORDS and said != self._said:
            self._said, self._said_at = said, time.monotonic()
            self.tell(f"{_WORDS[said]} [{time.monotonic() - self._begun:.1f} s]")
        self._renew(said)

    def _renew(self, said: str) -> None:
        """End a server that runs and does not work; the next turn starts it again."""
        server = self.parts[-1]
        now, enough = time.monotonic(), _ENOUGH.get(said)
        if enough is None or server.process is None:
            return
        if min(now - self._said_at, now - server.since) > enough:
            self.tell("Prefect's server does not do its work: it is started anew")
            self._answers.discard(server.name)
            server.stop()

    def _write(self) -> None:
        pids = {part.name: part.pid for part in self.parts}
        said = {
            "pid": os.getpid(),
            "parts": pids,
            "console": self.plan.console,
            "prefect": self.plan.prefect,
        }
        if (text := json.dumps(said, indent=1) + "\n") != self._written:
            write_whole(self.plan.folder.up, text)
            self._written = text

    def _end(self) -> None:
        """Stop who does the work first and Prefect's server last: the engine tells it the end."""
        job = [self._deploying] if self._deploying else []
        for part in (*job, *self.parts):
            if not part.stop():
                self.tell(f"{part.name} did not end when asked, and was ended")
        self.plan.folder.up.unlink(missing_ok=True)
        self.tell("Everything is stopped")


def answers(url: str) -> bool:
    """Tell whether somebody answers there, whatever they say."""
    try:
        with urlopen(url, timeout=2):  # noqa: S310 - our own address
            return True
    except URLError as error:
        return hasattr(error, "code")
    except OSError:
        return False

"""A mail server and a telephone company in a process of their own, with a journal on disk.

A line is written for each message they take, before they answer: what is in the journal arrived.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing as mp
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.fakes import Mailbox, Phone, _Call, _letter

_ANSWERS_AFTER = 0.004  # seconds: there is a while in which a message is taken and not answered
_fork = mp.get_context("fork")


@dataclass
class Providers:
    """Where they are; `clock` is the time they believe it is, in seconds since 1970."""

    smtp_port: int
    twilio_url: str
    account: str
    token: str
    clock: Any
    journal: Path

    def at(self, now: datetime) -> None:
        self.clock.value = now.timestamp()


class _Journal:
    """Lines that are on disk before anybody is answered."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY)

    def note(self, **what: str) -> None:
        os.write(self._file, json.dumps(what).encode() + b"\n")


class _Mail(Mailbox):
    journal: _Journal

    async def handle_DATA(self, line: SMTP, session: Session, envelope: Envelope) -> str:
        for to in envelope.rcpt_tos:
            letter = _letter(envelope, to)
            self.journal.note(channel="email", id=str(letter.message["Message-ID"]), to=to)
        await asyncio.sleep(_ANSWERS_AFTER)
        return "250 2.0.0 taken"


class _Texts(Phone):
    journal: _Journal

    def _take(self, form: dict[str, str]) -> dict[str, Any]:
        taken = super()._take(form)
        self.journal.note(channel="sms", id=taken["sid"], to=form["To"])
        return taken

    def _after(self, refusal: Any, taken: dict[str, Any]) -> tuple[int, Any]:
        time.sleep(_ANSWERS_AFTER)
        return super()._after(refusal, taken)


class _Whole(_Call):
    """Takes no request whose sender went away in the middle of it, as no web server does."""

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        if len(body) == length:
            self.rfile = BytesIO(body)
            super().do_POST()


def _serve(journal: Path, clock: Any, end: Connection) -> None:
    kept = _Journal(journal)
    _Mail.journal = _Texts.journal = kept
    with _Mail() as mail, _Texts() as texts:
        texts._server.RequestHandlerClass = _Whole
        texts.clock = lambda: datetime.fromtimestamp(clock.value, UTC)
        end.send((mail.port, texts.base_url, texts.account_sid, texts.auth_token))
        end.recv()  # until the other end is closed, or says so


@contextmanager
def providers(folder: Path) -> Iterator[Providers]:
    """Start both in a process that outlives every worker; end it afterwards."""
    clock, journal = _fork.Value("d", 0.0), folder / "accepted.jsonl"
    ours, theirs = _fork.Pipe()
    process = _fork.Process(target=_serve, args=(journal, clock, theirs), daemon=True)
    process.start()
    try:
        port, url, account, token = ours.recv()
        yield Providers(port, url, account, token, clock, journal)
    finally:
        ours.send("end")
        process.join(10)

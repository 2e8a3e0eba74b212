"""A mail server and a telephone company in a process of their own, counting what arrives."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks.ground import DOMAIN
from cases.settings import Settings
from tests.fakes import Mailbox, Phone


@dataclass
class Post:
    """What arrived so far: mails by Message-ID, texts by the token of the attempt."""

    address: tuple[int, str, str, str]  # SMTP port; the telephone company's URL, account, token
    line: Connection
    letters: Counter[str] = field(default_factory=Counter)
    texts: Counter[str] = field(default_factory=Counter)

    def collect(self) -> None:
        """Take over what arrived since the last time, so that nobody's memory fills up."""
        self.line.send("collect")
        letters, texts = self.line.recv()
        self.letters.update(letters)
        self.texts.update(texts)

    def settings(self, data: Path) -> Settings:
        """Return settings that send here: in the clear, which only this machine may be sent."""
        port, url, account, token = self.address
        return Settings.model_validate(
            {
                "data": data,
                "public_url": "https://amends.example",
                "mail": "smtp",
                "mail_from": f"Sample Practice <care@{DOMAIN}>",
                "smtp_host": "127.0.0.1",
                "smtp_port": port,
                "smtp_security": "none",
                "texts": "twilio",
                "twilio_account": account,
                "twilio_token": token,
                "twilio_from": "+12125550199",
                "twilio_url": url,
            }
        )


@contextmanager
def post_office() -> Iterator[Post]:
    """Yield the servers, up and listening; they end with the block."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs,))
    process.start()
    try:
        yield Post(ours.recv(), ours)
    finally:
        ours.send("end")
        process.join(10)
        if process.is_alive():
            process.terminate()


def _serve(line: Connection) -> None:
    with Mailbox() as box, Phone() as phone:
        line.send((box.port, phone.base_url, phone.account_sid, phone.auth_token))
        while line.recv() == "collect":
            letters, box.accepted, box.raw = box.accepted, [], []
            forms, phone.sent = phone.sent, []
            line.send(
                (
                    Counter(str(letter.message["Message-ID"]) for letter in letters),
                    Counter(form["StatusCallback"].rpartition("/")[2] for form in forms),
                )
            )

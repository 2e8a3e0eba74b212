"""A receiver of mail for those who run a mail server: it hands over by LMTP (RFC 2033) or SMTP.

Taken is what is written to the record, and nothing else: until then the answer is "later" (4xx),
and the server that hands over keeps the mail and comes again.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from aiosmtpd.controller import Controller
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from cases.talking.mails import LARGEST

log = logging.getLogger("amends")
_LINE = 64 * 1024  # bytes: HTML mails have longer lines than RFC 5321 allows
_MOST_RECIPIENTS = 50


class _Smtp(SMTP):
    line_length_limit = _LINE


class _Lmtp(LMTP):
    line_length_limit = _LINE


@dataclass(frozen=True)
class _Taking:
    """What the server asks. `keep` writes one mail to the record, and raises where it cannot."""

    keep: Callable[[bytes], None]
    ours: frozenset[str]  # the addresses we take mail for, without what follows a plus
    each_answered: bool  # LMTP wants an answer for every recipient

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: object
    ) -> str:
        if len(envelope.rcpt_tos) >= _MOST_RECIPIENTS:
            return "452 too many recipients"
        if bare(address) not in self.ours:
            return "550 5.1.1 not here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        answer = await self._answer(envelope)
        if not self.each_answered:
            return answer
        return "\r\n".join([answer] * len(envelope.rcpt_tos))

    async def _answer(self, envelope: Envelope) -> str:
        try:
            await asyncio.to_thread(self.keep, with_envelope(envelope))
        except Exception as error:  # whatever it is, the mail must stay where it is
            log.error("a mail could not be kept: %s", type(error).__name__)
            return "451 4.3.0 the record cannot be written now; come again"
        return "250 2.0.0 kept"


def with_envelope(envelope: Envelope) -> bytes:
    """Return the mail with what only its envelope tells, as a mail server notes it on delivery."""
    content = envelope.original_content or b""
    lines = [f"Return-Path: <{envelope.mail_from or ''}>"]
    lines += [f"X-Original-To: {each}" for each in envelope.rcpt_tos]
    return "".join(f"{line}\r\n" for line in lines).encode("utf-8", "replace") + content


def bare(address: str) -> str:
    """Return an address without what follows a plus, in lower case."""
    name, _, domain = address.lower().rpartition("@")
    return f"{name.partition('+')[0]}@{domain}"


def receiver(
    keep: Callable[[bytes], None],
    ours: frozenset[str],
    *,
    host: str = "127.0.0.1",
    port: int = 2424,
    protocol: Literal["lmtp", "smtp"] = "lmtp",
) -> Controller:
    """Return a receiver; `start` and `stop` it. `ours`: bare addresses mail is taken for.

    Raises ValueError for an address that is not of this machine: it asks nobody for a password, so
    a mail server has to stand before it.
    """
    if not (host == "localhost" or ipaddress.ip_address(host).is_loopback):
        raise ValueError("the receiver listens on this machine only: listen = '127.0.0.1'")
    kind = _Lmtp if protocol == "lmtp" else _Smtp
    taking = _Taking(keep, frozenset(map(bare, ours)), protocol == "lmtp")
    return _Receiver(taking, kind, host, port)


class _Receiver(Controller):
    def __init__(self, taking: _Taking, kind: type[SMTP], host: str, port: int) -> None:
        self._kind, self._taking = kind, taking
        super().__init__(taking, hostname=host, port=port)

    def factory(self) -> SMTP:
        return self._kind(
            self._taking, data_size_limit=LARGEST, ident="Amends", enable_SMTPUTF8=True
        )

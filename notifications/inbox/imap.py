"""A mailbox read by IMAP: what is new in one folder, byte by byte, nothing marked or moved.

Where we stand is "UIDVALIDITY:UID" (RFC 9051, 2.3.1.1): a new UIDVALIDITY means that all numbers
are new, and the last days are read again; what is known by then is not taken in twice.
"""

from __future__ import annotations

import imaplib
import ssl
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

import imap_tools
from imap_tools import (
    BaseMailBox,
    MailBox,
    MailboxFolderSelectError,
    MailboxLoginError,
    MailBoxStartTls,
    MailBoxUnencrypted,
)

from cases.ports import PlatformError
from cases.talking.mails import LARGEST
from notifications.faults import what_broke

HISTORY = timedelta(days=14)  # of a mailbox read for the first time
_MOST = 200  # mails of one poll; the next one goes on behind them
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class Fetched(NamedTuple):
    """One mail, and the place behind it."""

    place: str
    raw: bytes


@dataclass(frozen=True, kw_only=True)
class Imap:
    """One folder of one mailbox. Raises ValueError where the line would be in the clear."""

    host: str
    username: str
    password: str = field(repr=False)
    port: int = 0  # 0: as usual for `security`
    folder: str = "INBOX"
    security: Literal["tls", "starttls", "none"] = "tls"
    ca: str | None = None  # a PEM file; without it the machine's own authorities count
    timeout: float = 30.0  # seconds, for each answer

    def __post_init__(self) -> None:
        if self.security not in ("tls", "starttls", "none"):
            raise ValueError("security must be 'tls', 'starttls' or 'none'")
        if self.security == "none" and self.host not in _LOOPBACK:
            raise ValueError("mail would be read in clear text: set security to 'tls'")

    def fetch(self, place: str, now: datetime) -> Iterator[Fetched]:
        """Yield what came behind a place, oldest first. Raises PlatformError."""
        try:
            box = self._open()
        except Exception as error:
            raise _fault(error) from None
        try:
            yield from _behind(box, self.folder, place, now)
        except (imap_tools.ImapToolsError, imaplib.IMAP4.error, OSError, EOFError) as error:
            raise _fault(error) from None
        finally:
            with suppress(Exception):  # we are leaving anyway
                box.logout()

    def _open(self) -> BaseMailBox:
        box = self._line()
        try:
            return box.login(self.username, self.password, self.folder)
        except BaseException:
            with suppress(Exception):
                box.client.shutdown()
            raise

    def _line(self) -> BaseMailBox:
        if self.security == "none":
            return MailBoxUnencrypted(self.host, self.port or 143, timeout=self.timeout)
        context = ssl.create_default_context(cafile=self.ca)
        kind, usual = (MailBox, 993) if self.security == "tls" else (MailBoxStartTls, 143)
        port = self.port or usual
        return kind(self.host, port, timeout=self.timeout, ssl_context=context)


def _behind(box: BaseMailBox, folder: str, place: str, now: datetime) -> Iterator[Fetched]:
    validity = box.folder.status(folder, ["UIDVALIDITY"]).get("UIDVALIDITY", 0)
    known, _, last = place.partition(":")
    if known == str(validity) and last.isdecimal():
        after = int(last)
        wanted = f"UID {after + 1}:*"  # a "*" is also answered with the last one there is
    else:
        after, wanted = 0, f"SINCE {now - HISTORY:%d-%b-%Y}"
    found = sorted(uid for uid in map(int, box.uids(wanted)) if uid > after)
    for uid in found[:_MOST]:
        raw = _raw(box, uid)
        if raw is not None:  # somebody has moved it since
            yield Fetched(f"{validity}:{uid}", raw)


def _raw(box: BaseMailBox, uid: int) -> bytes | None:
    """Return one mail as it lies there, at most its first 25 MB; it stays unread there."""
    answer: tuple[str, list[Any]] = box.client.uid("FETCH", str(uid), f"(BODY.PEEK[]<0.{LARGEST}>)")
    if answer[0] != "OK":
        raise imaplib.IMAP4.error("fetch")
    return next((part[1] for part in answer[1] if isinstance(part, tuple)), None)


def _fault(error: BaseException) -> PlatformError:
    """Say what went wrong by a code; the server's words may name the mailbox."""
    if isinstance(error, PlatformError):
        return error
    if isinstance(error, MailboxLoginError):
        return PlatformError("imap-auth", "the mailbox refuses the sign-in", permanent=True)
    if isinstance(error, MailboxFolderSelectError):
        return PlatformError("imap-folder-gone", "there is no such folder", permanent=True)
    return PlatformError(f"imap-{what_broke(error) or 'failed'}", "the mailbox cannot be read")

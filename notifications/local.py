"""Channels that stay on this machine: mail as .eml files, texts as lines of one file.

For trying Amends out, and for a practice that sends by hand what stands in the folder. Both write
with 0600 into a folder of 0700, since what they hold is about patients.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
import tempfile
import threading
from datetime import UTC, datetime
from pathlib import Path

from cases.ports import Accepted, ChannelError, Message
from notifications.mime import compose, one_sender

_UNSAFE = re.compile(r"[^A-Za-z0-9.@_+-]")
_LONGEST = 120  # characters of a file name; the usual limit is 255 bytes


class LocalMail:
    """Writes each mail as one .eml file that any mail program opens, whole or not at all.

    The same Message-ID again changes nothing and is accepted again.
    """

    name = "email"

    def __init__(self, folder: Path | str, sender: str = "Amends <amends@amends.example>") -> None:
        self._folder, self._sender = Path(folder), one_sender(sender)

    async def send(self, message: Message) -> Accepted:
        """Write the mail. Raises ChannelError: "disk" where the folder cannot be written."""
        try:
            mime = compose(message, self._sender).as_bytes()
            await asyncio.to_thread(self._keep, message.message_id, mime)
        except Exception as error:
            fault = _fault(error)
        else:
            return Accepted(provider_id=message.message_id, code="local")
        raise fault

    def _keep(self, message_id: str, mime: bytes) -> None:
        _private(self._folder)
        path = self._folder / _file_name(message_id)
        if not path.exists():
            _write_whole(path, mime)


class LocalTexts:
    """Appends each text to texts.jsonl as {"at", "to", "text", "token"}, on disk before it returns.

    The same token again changes nothing and is accepted again; texts without one are all written.
    """

    name = "sms"

    def __init__(self, folder: Path | str) -> None:
        self._folder = Path(folder)
        self._tokens: set[str] = set()
        self._read = 0  # bytes of the file whose tokens we know
        self._lock = threading.Lock()

    async def send(self, message: Message) -> Accepted:
        """Write the text. Raises ChannelError: "disk" where the folder cannot be written."""
        try:
            await asyncio.to_thread(self._keep, message)
        except Exception as error:
            fault = _fault(error)
        else:
            return Accepted(provider_id=message.token, code="local")
        raise fault

    def _keep(self, message: Message) -> None:
        with self._lock:
            _private(self._folder)
            flags = os.O_RDWR | os.O_CREAT | os.O_APPEND
            with os.fdopen(os.open(self._folder / "texts.jsonl", flags, 0o600), "r+b") as file:
                file.seek(self._read)
                torn = self._learn(file.read())
                if message.token not in self._tokens:
                    file.write(b"\n" * torn + _line(message))
                    file.flush()
                    os.fsync(file.fileno())

    def _learn(self, news: bytes) -> bool:
        """Take in the tokens written since; True where a crash left the last line unfinished."""
        whole, _, rest = news.rpartition(b"\n")
        self._tokens |= {token for line in whole.splitlines() if (token := _token(line))}
        self._read += len(news) - len(rest)
        return bool(rest)


def _line(message: Message) -> bytes:
    text = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "to": message.to,
        "text": message.text,
        "token": message.token,
    }
    return json.dumps(text, ensure_ascii=False).encode() + b"\n"


def _token(line: bytes) -> str:
    try:
        return str(json.loads(line)["token"])
    except (ValueError, LookupError, TypeError):
        return ""  # the torn end of a crash: that text was never accepted


def _file_name(message_id: str) -> str:
    """Name the file after the Message-ID; a digest keeps two apart that only look alike here."""
    plain = message_id.strip("<>")
    safe = _UNSAFE.sub("_", plain)[:_LONGEST]
    if safe != plain:
        safe += "-" + hashlib.sha256(plain.encode()).hexdigest()[:12]
    return safe + ".eml"


def _private(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_mode & 0o077:
        folder.chmod(0o700)


def _write_whole(path: Path, content: bytes) -> None:
    """Write beside it and rename: nobody ever sees half a file. mkstemp gives it 0600."""
    handle, part = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except OSError:
        Path(part).unlink(missing_ok=True)
        raise


def _fault(error: Exception) -> ChannelError:
    if isinstance(error, ChannelError):
        return error
    if isinstance(error, OSError):
        return ChannelError("disk", "the folder for local messages cannot be written")
    return ChannelError("bad-message", permanent=True)

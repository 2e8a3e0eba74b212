"""A delivery run in a process of its own, which ends itself by SIGKILL where it is told to.

The points are hooked from here, in the child that is about to die; nothing in the program knows.
"""

from __future__ import annotations

import os
import re
import signal
import threading
import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import urllib3.connection
from sqlalchemy import event

from cases.changes import Change, Moment
from cases.models import Receipt
from cases.settings import Settings
from cases.store import Applied, Store
from cases.talking import delivery
from cases.talking.waiting import Waiting
from flows import deliver
from flows.house import House
from notifications import email, sms

POINTS = (
    "before the claim", "claimed", "connected", "in the body", "taken, answer unread",
    "answered, unsettled", "settling", "settled",
)  # fmt: skip
_MESSAGE_ID = re.compile(rb"(?im)^message-id:\s*(\S+)")
_PATIENCE = 5.0  # seconds


@dataclass
class Aim:
    """At which point to die, and the how manieth time it is passed."""

    point: str
    nth: int
    journal: Path

    def __post_init__(self) -> None:
        self._lock = threading.Lock()

    def hit(self, point: str) -> bool:
        """Tell whether this is the point, at the time meant."""
        with self._lock:
            self.nth -= point == self.point
            return point == self.point and self.nth == 0

    def passes(self, point: str) -> None:
        if self.hit(point):
            die()

    def taken(self, mark: str) -> None:
        """Wait until the provider has this message, and die before its answer is read."""
        end = time.monotonic() + _PATIENCE
        while mark not in self.journal.read_text():
            if time.monotonic() > end:
                raise TimeoutError(mark)
            time.sleep(0.0005)
        die()


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def run(settings: Settings, store: Store, now: datetime) -> None:
    """Deliver once, as the minutely flow does."""
    deliver.run(House(settings, store, "deliver", now))


def child(settings: Settings, store: Store, now: datetime, aim: Aim | None) -> None:
    """Be the worker: hook the points, deliver, leave without a word. Never returns."""
    code = 1
    try:
        if aim is not None:
            _hook_record(store, aim)
            _hook_mail(aim)
            _hook_texts(aim)
        run(settings, store, now)
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def forget_doubts() -> None:
    """Send again whatever hung, also to patients: the mistake that must be found."""
    really = delivery.hung

    def again(waiting: Waiting, moment: Moment) -> Change:
        return really(replace(waiting, point=None), moment)

    _put(delivery, hung=again)


def _put(owner: Any, **instead: Any) -> None:
    for name, value in instead.items():
        setattr(owner, name, value)


def _hook_record(store: Store, aim: Aim) -> None:
    really = store.apply

    def apply(changes: Sequence[Change]) -> Applied:
        claims = any(map(delivery.is_claim, changes))
        settles = any(add.table is Receipt for change in changes for add in change.adds)
        if claims:
            aim.passes("before the claim")
        if settles and aim.hit("settling"):
            event.listen(store._engine, "commit", lambda _: die())
        applied = really(changes)
        if claims:
            aim.passes("claimed")
        if settles:
            aim.passes("settled")
        return applied

    _put(store, apply=apply)


def _hook_mail(aim: Aim) -> None:
    connect, send, write = email._Line.connect, email.Email.send, email._write

    async def connected(line: Any, *given: Any, **named: Any) -> Any:
        answer = await connect(line, *given, **named)
        aim.passes("connected")
        return answer

    async def sent(channel: Any, message: Any) -> Any:
        accepted = await send(channel, message)
        aim.passes("answered, unsettled")
        return accepted

    def written(line: Any, data: bytes) -> Any:
        if aim.hit("in the body"):
            write(line, data[: len(data) // 2])
            die()
        protocol = write(line, data)
        found = _MESSAGE_ID.search(data)
        if found and aim.hit("taken, answer unread"):
            aim.taken(found.group(1).decode())
        return protocol

    _put(email._Line, connect=connected)
    _put(email.Email, send=sent)
    _put(email, _write=written)


def _hook_texts(aim: Aim) -> None:
    line, send, post = urllib3.connection.HTTPConnection, sms.Sms.send, sms.Sms._post
    connect, answer, read = line.connect, line.getresponse, sms._Form.read
    mine = threading.local()

    def connected(self: Any) -> None:
        connect(self)
        aim.passes("connected")

    def answered(self: Any) -> Any:
        if getattr(mine, "to", "") and aim.hit("taken, answer unread"):
            aim.taken(mine.to)
        return answer(self)

    def half(self: Any, size: int | None = -1, /) -> bytes:
        if self.tell():
            die()  # the first half is out
        return read(self, len(self.getvalue()) // 2)

    def begun(self: Any, size: int | None = -1, /) -> bytes:
        if not self.tell() and aim.hit("in the body"):
            self.read = half.__get__(self)
            return half(self)
        return read(self, size)

    def posted(channel: Any, message: Any) -> Any:
        mine.to = message.to
        return post(channel, message)

    async def sent(channel: Any, message: Any) -> Any:
        accepted = await send(channel, message)
        aim.passes("answered, unsettled")
        return accepted

    _put(line, connect=connected, getresponse=answered)
    _put(sms._Form, read=begun)
    _put(sms.Sms, _post=posted, send=sent)

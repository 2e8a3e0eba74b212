"""Runs each rival in a process of its own, for a minute at most: JSON in, JSON out."""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import signal
import sys
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

LIMIT = 60.0  # seconds
Row = dict[str, Any]
_FORK = multiprocessing.get_context("fork")


def one_by_one(rivals: Mapping[str, Callable[[Any], Row]], seconds: float = LIMIT) -> None:
    """Read a payload from standard input, ask each rival, write {rival: what came of it}.

    A rival that takes too long is stopped and says `"took": "> 60 s"`; one that fails says
    `"failed"` and why. What rivals print goes to standard error.
    """
    payload = json.load(sys.stdin)
    answer = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    json.dump({name: bounded(ask, payload, seconds) for name, ask in rivals.items()}, answer)


def bounded(ask: Callable[[Any], Row], payload: Any, seconds: float = LIMIT) -> Row:
    """Return what one rival answers, in a process group that is ended afterwards."""
    mine, theirs = _FORK.Pipe(duplex=False)
    process = _FORK.Process(target=_asked, args=(ask, payload, theirs))
    process.start()
    theirs.close()
    try:
        found: Row = mine.recv() if mine.poll(seconds) else {"took": f"> {seconds:.0f} s"}
    except EOFError:
        found = {"failed": "it ended without an answer"}
    with suppress(ProcessLookupError):
        os.killpg(process.pid or 0, signal.SIGKILL)
    process.join()
    return found


def _asked(ask: Callable[[Any], Row], payload: Any, answer: Connection) -> None:
    os.setpgid(0, 0)  # what it starts ends with it; so must what is bounded within
    logging.disable(logging.CRITICAL)  # a thousand missed jobs are a thousand lines
    try:
        answer.send(ask(payload))
    except Exception as error:
        traceback.print_exc()
        answer.send({"failed": f"{type(error).__name__}: {error}"[:200]})

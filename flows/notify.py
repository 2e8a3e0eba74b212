"""What Prefect is told of the cases: that something waits. Once a run, ids and counts only."""

from __future__ import annotations

import threading
from contextlib import suppress

from prefect.context import FlowRunContext
from prefect.events import emit_event
from prefect.events.worker import EventsWorker

WAITING = "amends.notices.waiting"
RESOURCE = "amends.notices"
_PATIENCE = 5.0  # seconds


def waiting(flow: str, count: int) -> None:
    """Say that a run of a flow left notices to deliver; a trigger in prefect.yaml runs `deliver`.

    Only a hint: an event is lost when the server is down, and `deliver` comes by itself anyway.
    Outside a run that Prefect knows of, nothing is said.
    """
    if FlowRunContext.get() is None:
        return
    payload = {"flow": flow, "count": count}
    with suppress(Exception):  # a hint not given must not spoil a run that did its work
        emit_event(WAITING, resource={"prefect.resource.id": RESOURCE}, payload=payload)
        # A worker's process ends with its run, and the event leaves on another thread: wait for
        # it. The in-process runner runs flows on threads of its own, lives on, and need not wait.
        if threading.current_thread() is threading.main_thread():
            EventsWorker.drain_all(timeout=_PATIENCE)

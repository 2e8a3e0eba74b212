"""What comes by itself is kept before anybody reads it; a second delivery is the same arrival."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from cases.changes import About, Add, Change, Happened, Moment, Set, about
from cases.models import Arrival, ArrivalState

LARGEST = 1024 * 1024  # bytes of one push
KEPT = ("content-type",)  # headers a reader may need; a signature or a token is never kept
_TRIES = 5
_LONGEST_KEPT = timedelta(days=30)  # a mail as it came, after it was read
AUTOMATIC = ("vacation", "list", "loop", "robot")  # what no person wrote


def fingerprint(source_id: str, body: bytes) -> str:
    """Return what makes a second delivery the same arrival: the source and every byte."""
    return sha256(source_id.encode() + b"\0" + body).hexdigest()


def arrive(
    kind: str,
    source_id: str | None,
    body: bytes,
    headers: Mapping[str, str],
    moment: Moment,
    digest: str = "",
) -> Change:
    """Keep something that came by itself, sealed, to be read within the minute.

    `kind`: push, mail, sms or call. `digest`: its identity where that is not every byte of it
    (a Message-ID). Two at once: the unique digest lets one in, the other is stale.
    """
    arrival_id = moment.new_id()
    values: dict[str, Any] = {
        "id": arrival_id,
        "kind": kind,
        "source_id": source_id,
        "digest": digest or fingerprint(source_id or kind, body),
        "headers": {name: headers[name] for name in KEPT if name in headers},
        "body": base64.b64encode(body).decode(),
        "received_at": moment.now,
    }
    return Change(
        About(Arrival, arrival_id, 0),
        moment,
        adds=[Add(Arrival, values)],
        events=[Happened("arrived", {"kind": kind, "source": source_id or ""})],
    )


def body_of(arrival: Arrival) -> bytes:
    """Return what came, byte by byte; the arrival was read opened."""
    return base64.b64decode(arrival.body or "")


def was_read(arrival: Arrival, moment: Moment, case_id: str | None = None) -> Change:
    """Note that an arrival was taken in; its body is let go of."""
    values = {"state": ArrivalState.READ, "read_at": moment.now, "body": None, "code": ""}
    return _noted(arrival, {**values, "case_id": case_id}, Happened("arrival_read"), moment)


def was_not_read(arrival: Arrival, code: str, permanent: bool, moment: Moment) -> Change:
    """Note that an arrival could not be read: later again, after five times a person looks."""
    tries = arrival.tries + 1
    given_up = permanent or tries >= _TRIES
    state = ArrivalState.UNREAD if given_up else ArrivalState.WAITING
    values = {"state": state, "tries": tries, "code": code}
    event = Happened("arrival_unread", {"code": code, "tries": tries})
    return _noted(arrival, values, event, moment)


def put_aside(arrival: Arrival, moment: Moment) -> Change:
    """Note that a person looked at what could not be read; its body is let go of."""
    values = {"state": ArrivalState.REFUSED, "read_at": moment.now, "body": None}
    return _noted(arrival, values, Happened("arrival_refused"), moment)


def is_stale(arrival: Arrival, moment: Moment) -> bool:
    """Tell whether what was read need not be kept as it came any longer; its words are taken in.

    What no person wrote goes at once. What waits for somebody to look at it stays.
    """
    if arrival.state != ArrivalState.READ or arrival.body is None:
        return False
    return arrival.code in AUTOMATIC or arrival.received_at <= kept_since(moment.now)


def kept_since(now: datetime) -> datetime:
    """Return from when on mails are kept as they came."""
    return now - _LONGEST_KEPT


def let_go(arrival: Arrival, moment: Moment) -> Change:
    """Let go of what came, as it came; what it was, and of which case, stays on record."""
    return _noted(arrival, {"body": None}, Happened("arrival_let_go"), moment)


def _noted(arrival: Arrival, values: Mapping[str, Any], event: Happened, moment: Moment) -> Change:
    sets = [Set(Arrival, arrival.id, values)]
    return Change(about(arrival), moment, sets=sets, events=[event])

"""The chain of events: each line signs the one before it, with a key the database does not hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.exc import DataError

from cases.models import SUBJECTS, Event
from cases.sealing import Sealer
from cases.store.database import canonical
from cases.store.rows import shape, table

# A time or a JSON text that is none: no program writes one, somebody with the file in hand can.
_UNREADABLE = (ValueError, DataError)


@dataclass(slots=True)
class Head:
    """Where a subject stands while its Changes are written: its version and its last line."""

    version: int
    seq: int
    mac: str


@dataclass(frozen=True, slots=True)
class Broken:
    """A subject whose history does not hold: which line, and what is wrong with it."""

    subject_kind: str
    subject_id: str
    seq: int
    what: str


def line(values: dict[str, Any]) -> str:
    """Return the one spelling of an event that is signed."""
    at: datetime = values["at"]
    return canonical(
        [
            values["id"],  # sealed words hang on it
            values["prev"],
            values["subject_kind"],
            values["subject_id"],
            values["seq"],
            values["case_id"],
            at.astimezone(UTC).isoformat(timespec="microseconds"),
            values["by"],
            values["kind"],
            values["detail"],
            values["visibility"],
            values["digest"],
        ]
    )


def verify(connection: Connection, sealer: Sealer) -> Iterator[Broken]:
    """Yield every subject whose events were changed, cut, moved or forged.

    A history whose newest lines were cut together with the subject's head cannot be told from a
    shorter one here: compare with a copy of the heads kept outside the database.
    """
    heads = dict(_heads(connection))
    for subject_id, history in _histories(connection):
        known = heads.pop(subject_id, None)
        if history is None:
            yield Broken(known[0] if known else "", subject_id, 0, "a line cannot be read")
        else:
            yield from _check(subject_id, history, known, sealer)
    for subject_id, (kind, head) in heads.items():
        if head.seq:
            yield Broken(kind, subject_id, 0, "all its events are gone")


def _histories(connection: Connection) -> Iterator[tuple[str, list[Any] | None]]:
    """Yield each subject's lines in one pass; None for those somebody left unreadable."""
    ids, last = table(Event).c.subject_id, ""
    try:
        for subject_id, history in groupby(_lines(connection), key=lambda line: line.subject_id):
            whole = list(history)
            last = subject_id
            yield subject_id, whole
    except _UNREADABLE:
        for subject_id in connection.scalars(
            select(ids).where(ids > last).distinct().order_by(ids)
        ).all():
            yield subject_id, _readable(connection, subject_id)


def _lines(connection: Connection, *where: Any) -> Iterator[Any]:
    e = table(Event)
    query = select(e).where(*where).order_by(e.c.subject_id, e.c.seq)
    return map(
        shape(Event)._make, connection.execute(query, execution_options={"yield_per": 2_000})
    )


def _readable(connection: Connection, subject_id: str) -> list[Any] | None:
    try:
        return list(_lines(connection, table(Event).c.subject_id == subject_id))
    except _UNREADABLE:
        return None


def _heads(connection: Connection) -> Iterator[tuple[str, tuple[str, Head]]]:
    for model in SUBJECTS:
        t = table(model)
        for row in connection.execute(select(t.c.id, t.c.version, t.c.head_seq, t.c.head_mac)):
            yield row.id, (t.name, Head(row.version, row.head_seq, row.head_mac))


def _check(
    subject_id: str, history: list[Any], known: tuple[str, Head] | None, sealer: Sealer
) -> Iterator[Broken]:
    prev = ""
    for number, event in enumerate(history, start=1):
        if event.seq != number:
            yield Broken(event.subject_kind, subject_id, number, "a line is missing")
            return
        if event.prev != prev or sealer.sign(line(event._asdict())) != event.mac:
            yield Broken(event.subject_kind, subject_id, number, "a line was changed")
            return
        prev = event.mac
    kind = history[-1].subject_kind
    if known is None:
        yield Broken(kind, subject_id, len(history), "the subject itself is gone")
    elif (known[1].seq, known[1].mac) != (len(history), prev):
        yield Broken(kind, subject_id, len(history), "the newest lines are missing")

"""The one writer: Changes in, rows out, in one transaction; whoever came too late is told."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Connection, Engine, select, update
from sqlalchemy.exc import IntegrityError, StatementError

from cases.changes import About, Change, Happened
from cases.clockwork.parking import note_refusal, park
from cases.models import Case, Clock, Consent, Notice, Person, Practice, Role, Subject
from cases.sealing import Sealer
from cases.store.batch import Batch, UnknownColumn
from cases.store.chain import Head
from cases.store.database import writing
from cases.store.hands import Hands
from cases.store.rows import chunks, first, read, table

Key = tuple[type[Subject], str]
# What one Change can be refused for; the last two come before the database is asked: half a
# character that no encoding holds, a value that is no JSON.
_CULPRITS = (StatementError, UnknownColumn, ValueError, TypeError)


@dataclass(slots=True)
class Applied:
    """What became of each Change: written, too late, or refused by the database and set aside."""

    applied: list[Change] = field(default_factory=list)
    stale: list[Change] = field(default_factory=list)
    refused: list[Change] = field(default_factory=list)


class Writer:
    """Applies Changes. Nothing else in the program writes."""

    def __init__(self, engine: Engine, sealer: Sealer, mail_domain: str) -> None:
        self._engine = engine
        self._sealer = sealer
        self._domain = mail_domain

    def apply(self, changes: Iterable[Change]) -> Applied:
        """Write the Changes whose subjects still stand at the version they saw; drop the others.

        All in one transaction. Where the database refuses it, each is tried by itself and the
        culprit is parked, so that one bad case cannot stop the others. Raises StoreError where
        the database as a whole cannot be used: then nothing was written.
        """
        wanted = list(changes)
        if not wanted:
            return Applied()
        try:
            return self._write(wanted)
        except _CULPRITS:
            return self._one_by_one(wanted)

    def _one_by_one(self, changes: Sequence[Change]) -> Applied:
        total = Applied()
        for change in changes:
            try:
                one = self._write([change])
            except _CULPRITS as error:
                if self._is_late(change, error):
                    total.stale.append(change)
                    continue
                self._set_aside(change, type(error).__name__)
                total.refused.append(change)
            else:
                total.applied += one.applied
                total.stale += one.stale
        return total

    def _is_late(self, change: Change, error: Exception) -> bool:
        # Two may find the same new thing at once; the unique key of its table lets one of them in.
        # Any other clash is a defect, and parked like one.
        said = str(getattr(error, "orig", "")).lower()
        news = [table(p.subject.table).name for p in change.whole() if p.subject.version == 0]
        clash = isinstance(error, IntegrityError) and "unique" in said
        return clash and any(re.search(rf"\b{name}[._]", said) for name in news)

    def _write(self, changes: Sequence[Change]) -> Applied:
        done = Applied()
        with _hands_on(self._engine, changes), writing(self._engine) as connection:
            heads = _lock(connection, changes)
            batch = Batch(self._sealer, self._domain)
            for change in changes:
                if _stands(change, heads):
                    for part in change.whole():
                        _take(part, heads, batch)
                    done.applied.append(change)
                else:
                    done.stale.append(change)
            batch.flush(connection, lambda n: _reserve_numbers(connection, n))
        return done

    def _set_aside(self, change: Change, code: str) -> None:
        with writing(self._engine) as connection:
            note = _not_yet_told(connection, self._parking(connection, change, code))
            heads = _lock(connection, [note])
            batch = Batch(self._sealer, self._domain)
            _take(note, heads, batch)
            batch.flush(connection, lambda n: _reserve_numbers(connection, n))

    def _parking(self, connection: Connection, change: Change, code: str) -> Change:
        people = table(Person)
        told = read(
            connection,
            Person,
            select(people).where(people.c.role == Role.ADMINISTRATOR, people.c.active),
        )
        case = first(connection, Case, table(Case).c.id == change.subject.id)
        if case is not None:
            clocks = select(table(Clock)).where(table(Clock).c.case_id == case.id)
            return park(case, read(connection, Clock, clocks), code, change.moment, told)
        practice = first(connection, Practice)
        if practice is None:
            raise LookupError("the practice is missing; run: amends db upgrade")
        subject = About(Practice, practice.id, practice.version)
        return note_refusal(subject, change.subject, code, change.moment, told)


@contextmanager
def _hands_on(engine: Engine, changes: Sequence[Change]) -> Iterator[None]:
    """Keep anybody from handing a message over to whom a STOP is just being written for."""
    parts = (part for change in changes for part in change.whole())
    rows = (add.values for part in parts for add in part.adds if add.table is Consent)
    stopped = [str(row["index"]) for row in rows if not row["given"]]
    if not stopped:
        yield
        return
    with Hands(engine) as hands, hands.hold(stopped):
        yield


def _not_yet_told(connection: Connection, note: Change) -> Change:
    """Return the Change without the notices there are already: one trouble is told once a day."""
    n = table(Notice).c
    keys = [str(each["key"]) for each in note.notices]
    known = set(connection.execute(select(n.key).where(n.key.in_(keys))).scalars())
    return replace(note, notices=[each for each in note.notices if each["key"] not in known])


def _lock(connection: Connection, changes: Sequence[Change]) -> dict[Key, Head]:
    """Read the heads of all the Changes touch or lean on, and keep others from moving them."""
    wanted: dict[type[Subject], set[str]] = defaultdict(set)
    for change in changes:
        for part in change.whole():
            for subject in (part.subject, *part.requires):
                wanted[subject.table].add(subject.id)
    heads: dict[Key, Head] = {}
    # Always in the same order: two writers can then never wait for each other.
    for model in sorted(wanted, key=lambda each: table(each).name):
        t = table(model)
        for ids in chunks(sorted(wanted[model])):
            query = select(t.c.id, t.c.version, t.c.head_seq, t.c.head_mac)
            # Not against rows that only point here: the writers of two children would deadlock.
            locked = query.where(t.c.id.in_(ids)).order_by(t.c.id).with_for_update(key_share=True)
            for row in connection.execute(locked):
                heads[model, row.id] = Head(row.version, row.head_seq, row.head_mac)
    return heads


def _stands(change: Change, heads: dict[Key, Head]) -> bool:
    """Tell whether all this Change is about still is as its rule saw it."""
    return all(
        _version(heads, subject) == subject.version
        for part in change.whole()
        for subject in (part.subject, *part.requires)
    )


def _version(heads: dict[Key, Head], subject: About) -> int:
    head = heads.get((subject.table, subject.id))
    return head.version if head else 0


def _take(change: Change, heads: dict[Key, Head], batch: Batch) -> None:
    subject, moment = change.subject, change.moment
    key = (subject.table, subject.id)
    head = heads.setdefault(key, Head(0, 0, ""))
    head.version += 1
    case_id = _case_of(change)
    for happened in change.events:
        batch.add_event(_event(change, happened, case_id), happened.words, head)
    own: dict[str, Any] = {}
    for add in change.adds:
        if (add.table, add.values["id"]) == key:
            own.update(add.values)
        else:
            batch.add(add.table, add.values)
    for row_set in change.sets:
        if (row_set.table, row_set.id) == key:
            own.update(row_set.values)
        else:
            batch.set(row_set.table, row_set.id, row_set.values)
    batch.set_subject(subject.table, subject.id, head, own, new=subject.version == 0)
    for notice in change.notices:
        usual = {"id": moment.new_id(), "not_before": moment.now, "created_at": moment.now}
        batch.add_notice({**usual, **notice})


def _case_of(change: Change) -> str | None:
    if change.subject.table is Case:
        return change.subject.id
    return change.case_id or None


def _event(change: Change, happened: Happened, case_id: str | None) -> dict[str, Any]:
    return {
        "id": change.moment.new_id(),
        "subject_kind": table(change.subject.table).name,
        "subject_id": change.subject.id,
        "case_id": case_id,
        "at": happened.at or change.moment.now,
        "by": change.moment.by,
        "kind": happened.kind,
        "detail": happened.detail,
        "visibility": happened.visibility,
        "digest": "",
    }


def _reserve_numbers(connection: Connection, count: int) -> int:
    # The counter's row is locked by this update: two openers never take the same number.
    t = table(Practice)
    connection.execute(update(t).values(last_number=t.c.last_number + count))
    last: int = connection.execute(select(t.c.last_number)).scalar_one()
    return last - count + 1

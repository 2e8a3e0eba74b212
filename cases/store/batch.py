"""Changes that passed, made into as few statements as a database can be asked for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, insert, update
from sqlmodel import SQLModel

from cases.models import Case, Event, EventDetail, Notice, Subject
from cases.models.rows import with_defaults
from cases.sealing import Sealer
from cases.store.chain import Head, line
from cases.store.rows import sealed_columns, table

Values = Mapping[str, Any]


class UnknownColumn(ValueError):
    """A rule named a column the table does not have: a defect of the rule."""


class Batch:
    """Collects what the Changes of one transaction write; `flush` writes it in bulk."""

    def __init__(self, sealer: Sealer, mail_domain: str) -> None:
        self._sealer = sealer
        self._domain = mail_domain
        self._inserts: dict[type[SQLModel], list[dict[str, Any]]] = defaultdict(list)
        self._updates: dict[tuple[type[SQLModel], str], dict[str, Any]] = defaultdict(dict)
        self._heads: dict[tuple[type[SQLModel], str], Head] = {}
        self._unnumbered: list[dict[str, Any]] = []

    def add(self, model: type[SQLModel], values: Values) -> dict[str, Any]:
        """Take a row to insert; what it leaves out gets the model's default."""
        row = with_defaults(model, self._seal(model, values["id"], values))
        self._inserts[model].append(row)
        if model is Case and not row["number"]:
            self._unnumbered.append(row)
        return row

    def set(self, model: type[SQLModel], row_id: str, values: Values) -> None:
        """Take columns of a row to overwrite; what is set later wins."""
        self._updates[model, row_id].update(self._seal(model, row_id, values))

    def set_subject(
        self, model: type[Subject], row_id: str, head: Head, values: Values, new: bool
    ) -> None:
        """Take a subject's own columns; its version and head are written once, at their last."""
        if new:
            self.add(model, values).update(_head_columns(head))
            return
        self.set(model, row_id, values)
        self._heads[model, row_id] = head

    def add_event(self, values: dict[str, Any], words: str | None, head: Head) -> None:
        """Take a line of history and chain it to the one before."""
        if words is not None:
            values["digest"] = self._sealer.digest(values["id"], words)
            self.add(EventDetail, {"id": values["id"], "words": words})
        head.seq += 1
        values.update(seq=head.seq, prev=head.mac)
        head.mac = values["mac"] = self._sealer.sign(line(values))
        self._inserts[Event].append(values)

    def add_notice(self, values: Values) -> None:
        """Take something someone must be told; its Message-ID is fixed now, before any attempt."""
        named = {"message_id": f"<{values['id']}@{self._domain}>", **values}
        self.add(Notice, {"version": 1, **named})

    def flush(self, connection: Connection, number: Callable[[int], int]) -> None:
        """Write everything. `number(n)` reserves n case numbers and returns the first."""
        if self._unnumbered:
            first = number(len(self._unnumbered))
            for offset, row in enumerate(self._unnumbered):
                row["number"] = first + offset
        for model in sorted(self._inserts, key=_insert_order):
            connection.execute(insert(table(model)), self._inserts[model])
        for (model, names), rows in self._grouped().items():
            connection.execute(_update(model, names), rows)

    def _grouped(self) -> dict[tuple[type[SQLModel], tuple[str, ...]], list[dict[str, Any]]]:
        """Return the rows to overwrite, those with the same columns together."""
        grouped = defaultdict(list)
        for (model, row_id), columns in self._updates.items():
            head = self._heads.get((model, row_id))
            values = {**columns, **_head_columns(head)} if head else columns
            if values:
                grouped[model, tuple(sorted(values))].append({"_id": row_id, **values})
        return grouped

    def _seal(self, model: type[SQLModel], row_id: str, values: Values) -> dict[str, Any]:
        if not values.keys() <= _names(model):
            extra = sorted(values.keys() - _names(model))
            raise UnknownColumn(f"{table(model).name} has no column {', '.join(extra)}")
        row = dict(values)
        for name in sealed_columns(model):
            plain = row.get(name)
            if plain is not None:
                row[name] = self._sealer.seal(table(model).name, name, row_id, plain)
        return row


def _head_columns(head: Head) -> dict[str, Any]:
    return {"version": head.version, "head_seq": head.seq, "head_mac": head.mac}


@cache
def _names(model: type[SQLModel]) -> frozenset[str]:
    return frozenset(column.name for column in table(model).columns)


@cache
def _insert_order(model: type[SQLModel]) -> int:
    # Parents before children, as the foreign keys want it.
    return [t.name for t in SQLModel.metadata.sorted_tables].index(table(model).name)


@cache
def _update(model: type[SQLModel], names: tuple[str, ...]) -> Any:
    t = table(model)
    return update(t).where(t.c.id == bindparam("_id")).values({n: bindparam(n) for n in names})

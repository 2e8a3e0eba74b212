"""Rows read: the questions every read asks, and sealed fields opened."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, Select, select
from sqlmodel import SQLModel

from cases.columns import SealedText
from cases.models.rows import shape, table
from cases.sealing import Sealer

Model = TypeVar("Model", bound=SQLModel)
__all__ = [
    "chunks",
    "first",
    "grouped",
    "opened",
    "read",
    "sealed_columns",
    "shape",
    "table",
    "those",
]

_MANY = 5_000  # identifiers in one question: below the limits of both databases


@cache
def sealed_columns(model: type[SQLModel]) -> tuple[str, ...]:
    """Return the names of the columns that are sealed at rest."""
    return tuple(c.name for c in table(model).columns if isinstance(c.type, SealedText))


def read(connection: Connection, model: type[Model], query: Select[Any]) -> list[Model]:
    """Return the rows a query over this model's own columns finds."""
    return [cast(Model, row) for row in map(shape(model)._make, connection.execute(query))]


def first(connection: Connection, model: type[Model], *where: Any) -> Model | None:
    """Return the one row that answers, or None."""
    found = read(connection, model, select(table(model)).where(*where).limit(1))
    return found[0] if found else None


def those(
    connection: Connection, model: type[Model], column: str, wanted: Iterable[Any], *where: Any
) -> list[Model]:
    """Return every row whose column is one of those wanted, however many they are."""
    found: list[Model] = []
    for some in chunks(sorted(set(wanted))):
        query = select(table(model)).where(table(model).c[column].in_(some), *where)
        found += read(connection, model, query.order_by(table(model).c.id))
    return found


def grouped(rows: Iterable[Model], column: str) -> dict[Any, list[Model]]:
    """Return the rows by the value of a column; a value without any has an empty list."""
    found: dict[Any, list[Model]] = defaultdict(list)
    for row in rows:
        found[getattr(row, column)].append(row)
    return found


def chunks(items: Sequence[Any], size: int = _MANY) -> Iterator[Sequence[Any]]:
    """Yield the items in pieces a database takes in one statement."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def opened(row: Model, sealer: Sealer) -> Model:
    """Return the row with its sealed fields in plain text. Raises SealError."""
    model = cast(Any, row).of_table
    plain = {
        name: sealer.open(table(model).name, name, cast(Any, row).id, getattr(row, name))
        for name in sealed_columns(model)
        if getattr(row, name) is not None
    }
    return cast(Model, cast(Any, row)._replace(**plain)) if plain else row

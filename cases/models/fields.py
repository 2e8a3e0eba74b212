"""How the fields of every table are declared: keys, instants, sealed text, JSON."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, text
from sqlmodel import Field

from cases.columns import SealedText, UtcDateTime


def key() -> Any:
    """Return the field of a row's own identifier, a UUIDv7 in text."""
    return Field(primary_key=True, max_length=36)


def to(table: str, *, index: bool = False, null: bool = False) -> Any:
    """Return a field that names a row of another table."""
    target = f"{table}.id"
    if null:
        return Field(default=None, foreign_key=target, max_length=36, index=index, nullable=True)
    return Field(foreign_key=target, max_length=36, index=index)


def at(*, index: bool = False) -> Any:
    """Return the field of an instant that is always known."""
    return Field(sa_type=UtcDateTime, index=index)


def maybe_at(*, index: bool = False) -> Any:
    """Return the field of an instant that may not have come yet."""
    return Field(default=None, sa_type=UtcDateTime, index=index, nullable=True)


def sealed() -> Any:
    """Return the field of text about a patient: sealed at rest."""
    return Field(default=None, sa_type=SealedText, nullable=True)


def data(default: Any) -> Any:
    """Return a field of plain JSON: codes and ids, never words of a patient."""
    return Field(default_factory=default, sa_type=JSON)


def late_list() -> Any:
    """Return a field of plain JSON, a list, for a table that may have rows already."""
    return Field(default_factory=list, sa_type=JSON, sa_column_kwargs={"server_default": "[]"})


def late(default: str | int | bool) -> Any:
    """Return a plain field for a table that may have rows already: they get the default too."""
    given = text(str(default).lower()) if isinstance(default, bool) else str(default)
    return Field(default=default, sa_column_kwargs={"server_default": given})


def late_data() -> Any:
    """Return a field of plain JSON, an object, for a table that may have rows already."""
    return Field(default_factory=dict, sa_type=JSON, sa_column_kwargs={"server_default": "{}"})

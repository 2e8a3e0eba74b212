"""How the fields of every table are declared: keys, instants, sealed text, JSON."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON
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

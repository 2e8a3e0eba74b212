"""Column types the whole record shares: instants that know their zone, text that is sealed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, Text
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: aware in, UTC-aware out, on SQLite and PostgreSQL alike.

    SQLite keeps no zone and would hand back a naive datetime. A naive one going in is refused with
    ValueError: nobody can know which hour it means.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone; give an aware datetime")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if dialect.name == "sqlite":
            return value.replace(tzinfo=UTC)  # type: ignore[no-any-return]
        return value.astimezone(UTC)  # type: ignore[no-any-return]


class SealedText(TypeDecorator[str]):
    """Text about a patient. The store seals it on the way in and opens it on the way out.

    The type only marks the column: sealing needs the row's id, which a type never sees.
    """

    impl = Text
    cache_ok = True

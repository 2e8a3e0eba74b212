"""Promises with a deadline: their pauses, their extensions, the rungs that had their moment."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import SQLModel

from cases.models.fields import at, key, late, maybe_at, sealed, to


class Clock(SQLModel, table=True):
    """One promise with a deadline. `due_at` and `look_at` are caches computed from history."""

    __tablename__: ClassVar[Any] = "clocks"
    __table_args__ = (
        UniqueConstraint("case_id", "kind", "key", "round"),
        Index(
            "ix_clocks_look_at",
            "look_at",
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )
    id: str = key()
    case_id: str = to("cases", index=True)
    kind: str
    key: str = ""
    round: int = 1
    started_at: datetime = at()
    span: int  # seconds of open time
    days: int = 0  # and whole working days
    extra: int = late(0)  # seconds of open time granted since; the extensions say by whom
    turn: int = late(0)  # how often its ladder began anew
    calendar: str
    playbook_version: int
    due_at: datetime | None = maybe_at()
    look_at: datetime | None = maybe_at()
    missed_at: datetime | None = maybe_at()  # once set, stays
    taken_until: datetime | None = maybe_at()  # somebody has it: its ladder rests until then
    ended_at: datetime | None = maybe_at()
    ended_how: str = ""  # met, cancelled


class Pause(SQLModel, table=True):
    """A stretch of time that does not count; it has a reason and an end of its own."""

    __tablename__: ClassVar[Any] = "pauses"
    id: str = key()
    clock_id: str = to("clocks", index=True)
    from_at: datetime = at()
    until_at: datetime = at()
    ended_at: datetime | None = maybe_at()
    reason: str = ""
    by: str = ""


class Extension(SQLModel, table=True):
    """More time, asked for by one person and answered by another: both dates are kept."""

    __tablename__: ClassVar[Any] = "extensions"
    id: str = key()
    clock_id: str = to("clocks", index=True)
    asked_at: datetime = at()
    asked_by: str
    reason: str | None = sealed()
    from_at: datetime = at()  # when it was due
    to_at: datetime = at()  # when it is to be due instead
    answered_at: datetime | None = maybe_at()
    answered_by: str = ""
    granted: bool = False
    why: str | None = sealed()  # of the answer
    extra: int = 0  # seconds of open time it gave


class RungFired(SQLModel, table=True):
    """A rung of a clock's ladder that had its moment: people were told, or it was passed over."""

    __tablename__: ClassVar[Any] = "rungs_fired"
    __table_args__ = (UniqueConstraint("clock_id", "rung", "occurrence"),)
    id: str = key()
    clock_id: str = to("clocks")
    rung: int
    occurrence: int = 0  # a hundred more for each turn of the ladder
    ripe_at: datetime = at()
    fired_at: datetime = at()
    told: int = 0  # people, at once; 0 = passed over for a higher one, or left to a digest

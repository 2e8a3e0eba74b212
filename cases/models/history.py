"""What happened: one chain of events for each subject."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from cases.models.fields import at, data, key, sealed
from cases.models.kinds import Visibility


class Event(SQLModel, table=True):
    """One line of a subject's history; each carries a keyed digest of the one before it."""

    __tablename__: ClassVar[Any] = "events"
    __table_args__ = (
        UniqueConstraint("subject_id", "seq"),
        Index("ix_events_case", "case_id"),
    )
    id: str = key()
    subject_kind: str
    subject_id: str = Field(max_length=36)
    seq: int
    case_id: str | None = Field(default=None, max_length=36)
    at: datetime = at()
    by: str
    kind: str
    detail: dict[str, Any] = data(dict)
    visibility: str = Visibility.TEAM
    digest: str = ""  # of the sealed detail, which may be erased without breaking the chain
    prev: str
    mac: str


class EventDetail(SQLModel, table=True):
    """The words behind an event, sealed; kept apart so that they can be erased."""

    __tablename__: ClassVar[Any] = "event_details"
    id: str = key()  # the event's
    words: str | None = sealed()

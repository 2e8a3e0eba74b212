"""Our public answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Index
from sqlmodel import SQLModel

from cases.models.fields import at, data, key, maybe_at, sealed, to
from cases.models.kinds import ReplyState


class Reply(SQLModel, table=True):
    """Our public answer."""

    __tablename__: ClassVar[Any] = "replies"
    __table_args__ = (Index("ix_replies_state", "state"),)
    id: str = key()
    case_id: str = to("cases", index=True)
    review_id: str = to("reviews")
    text: str | None = sealed()
    digest: str = ""  # of the text that was approved
    state: str = ReplyState.DRAFT
    warned: list[str] = data(list)  # codes of warnings somebody acknowledged
    drafted_by: str = ""
    drafted_at: datetime = at()
    approved_by: str = ""
    approved_at: datetime | None = maybe_at()
    submitted_at: datetime | None = maybe_at()
    live_at: datetime | None = maybe_at()
    external_id: str = ""
    url: str = ""
    attested_by: str = ""
    code: str = ""  # why it was rejected

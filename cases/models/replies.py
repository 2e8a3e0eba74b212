"""Our public answer."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Index
from sqlmodel import SQLModel

from cases.models.fields import at, data, key, late, late_data, maybe_at, sealed, to
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
    code: str = ""  # why it was rejected, or is not there yet
    reason: str = late("")  # the platform's own word for it
    tries: int = late(0)
    look_at: datetime | None = maybe_at()  # when to hand it over again, or to ask how it stands
    edits: str = late("")  # the live reply whose place it takes
    cool_until: datetime | None = maybe_at()  # until then nobody may approve it
    # One finding a privacy officer overruled: {"code", "start", "end", "by", "at"}.
    overruled: dict[str, Any] = late_data()
    overruled_why: str | None = sealed()
    overwrites: str = late("")  # the mark of another's reply that may be replaced

"""Who must be told what, and what became of telling them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from cases.models.fields import at, data, key, maybe_at, sealed, to
from cases.models.kinds import NoticeState
from cases.models.subject import Subject


class Notice(Subject, table=True):
    """Someone must be told something. The unique key makes telling them twice impossible."""

    __tablename__: ClassVar[Any] = "notices"
    __table_args__ = (
        Index(
            "ix_notices_waiting",
            "not_before",
            sqlite_where=text("state IN ('pending', 'sending')"),
            postgresql_where=text("state IN ('pending', 'sending')"),
        ),
    )
    key: str = Field(unique=True)
    case_id: str | None = to("cases", index=True, null=True)
    kind: str
    channel: str
    person_id: str | None = to("people", null=True)
    point_id: str | None = to("contact_points", index=True, null=True)  # set: to a correspondent
    detail: dict[str, Any] = data(dict)
    subject_line: str | None = sealed()
    body: str | None = sealed()
    digest: str = ""  # of the exact words that were approved
    approved_by: str = ""
    state: str = NoticeState.PENDING
    not_before: datetime = at()
    attempts: int = 0
    attempt_token: str = ""
    lease_until: datetime | None = maybe_at()
    message_id: str = ""
    provider_id: str = Field(default="", index=True)
    code: str = ""
    created_at: datetime = at()
    settled_at: datetime | None = maybe_at()


class Receipt(SQLModel, table=True):
    """What became of one attempt to hand a notice over."""

    __tablename__: ClassVar[Any] = "receipts"
    id: str = key()
    notice_id: str = to("notices", index=True)
    attempt: int
    state: str
    code: str = ""
    provider_id: str = ""
    at: datetime = at()

"""Who must be told what, and what became of telling them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from cases.models.fields import at, data, key, late, maybe_at, sealed, to
from cases.models.kinds import NoticeState
from cases.models.subject import Subject

# Those to a correspondent of which nobody knows, or all know, that they did not arrive.
_UNCONFIRMED = "point_id IS NOT NULL AND state IN ('unknown', 'refused', 'undelivered')"


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
        Index(
            "ix_notices_for_digest",
            "person_id",
            sqlite_where=text("state = 'for_digest'"),
            postgresql_where=text("state = 'for_digest'"),
        ),
        Index(
            "ix_notices_unconfirmed",
            "settled_at",
            sqlite_where=text(_UNCONFIRMED),
            postgresql_where=text(_UNCONFIRMED),
        ),
        Index("ix_notices_claimed", "channel", "claimed_at"),
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
    attempt_token: str = Field(default="", index=True)
    claimed_at: datetime | None = maybe_at()
    lease_until: datetime | None = maybe_at()
    message_id: str = ""
    provider_id: str = Field(default="", index=True)
    provider_state: str = late("")  # the provider's own word for it, the highest it reported
    code: str = ""
    created_at: datetime = at()
    settled_at: datetime | None = maybe_at()
    task_id: str = late("")  # of the task to telephone instead, once there is one


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


class Circuit(Subject, table=True):
    """How a channel's provider is: after several failures in a row it is left alone for a while.

    Its id is the channel's name.
    """

    __tablename__: ClassVar[Any] = "circuits"
    failures: int = 0  # rests in a row, without anything accepted between them
    until: datetime | None = maybe_at()
    code: str = ""


class Number(Subject, table=True):
    """A number that is texted, whoever it belongs to: each claim bumps it, so two are no race.

    Its id is the first half of the number's blind index.
    """

    __tablename__: ClassVar[Any] = "numbers"
    texted_at: datetime | None = maybe_at()

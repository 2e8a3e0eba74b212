"""What came by itself, as it came: kept first, read a little later."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Index
from sqlmodel import Field

from cases.models.fields import at, data, maybe_at, sealed, to
from cases.models.kinds import ArrivalState
from cases.models.subject import Subject


class Arrival(Subject, table=True):
    """A push of a platform, a mail, a text or a call: one row however often it is delivered."""

    __tablename__: ClassVar[Any] = "arrivals"
    __table_args__ = (Index("ix_arrivals_state", "state", "received_at"),)
    kind: str  # push, mail, sms, call
    source_id: str | None = Field(default=None, max_length=36)
    digest: str = Field(unique=True, max_length=64)  # a second delivery is the same arrival
    headers: dict[str, str] = data(dict)  # those its reader needs, never a signature or a token
    body: str | None = sealed()  # base64; None once it is read
    received_at: datetime = at()
    read_at: datetime | None = maybe_at()
    state: str = ArrivalState.WAITING
    tries: int = 0
    code: str = ""  # why it could not be read
    case_id: str | None = to("cases", null=True)

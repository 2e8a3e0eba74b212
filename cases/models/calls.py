"""A call made from the console: who is rung, who after them, and what the provider says of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlmodel import Field

from cases.models.fields import at, maybe_at, to
from cases.models.subject import Subject


class Call(Subject, table=True):
    """One call: our own person first, then the correspondent. Nothing of it is recorded."""

    __tablename__: ClassVar[Any] = "calls"
    case_id: str = to("cases", index=True)
    point_id: str = to("contact_points")
    person_id: str = to("people")
    asked_at: datetime = at()
    state: str = ""  # asked, ringing, answered, connecting, connected, not_connected, failed, ...
    provider_id: str = Field(default="", index=True)
    code: str = ""
    seconds: int = 0
    ended_at: datetime | None = maybe_at()

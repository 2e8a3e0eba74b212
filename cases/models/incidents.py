"""A public reply that turned out to reveal something: what is done about it, item by item."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlmodel import Field, SQLModel

from cases.models.fields import at, data, key, maybe_at, sealed, to
from cases.models.kinds import Visibility


class Incident(SQLModel, table=True):
    """A disclosure in public that may be a breach (45 CFR 164.402), until all about it is done."""

    __tablename__: ClassVar[Any] = "incidents"
    id: str = key()
    case_id: str = to("cases", index=True)
    reply_id: str = Field(max_length=36)
    revealed: str | None = sealed()  # what it gave away
    discovered_at: datetime = at()  # the first day somebody knew (45 CFR 164.404(a)(2))
    opened_at: datetime = at()
    opened_by: str
    items: dict[str, str] = data(dict)  # the checklist: an item's code -> its task
    assessment: str | None = sealed()  # of the four factors of 45 CFR 164.402(2)
    decision: str = ""  # notify, low_probability
    decided_at: datetime | None = maybe_at()
    decided_by: str = ""
    closed_at: datetime | None = maybe_at()
    closed_by: str = ""
    visibility: str = Visibility.RISK

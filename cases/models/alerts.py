"""Several reviews about one thing, seen together."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlmodel import Field, SQLModel

from cases.models.fields import at, data, key, maybe_at, to


class Alert(SQLModel, table=True):
    """Reviews that name one person, place or theme within days of each other."""

    __tablename__: ClassVar[Any] = "alerts"
    id: str = key()
    clinic_id: str = to("clinics", index=True)
    kind: str  # person, theme, place
    what: str = ""  # the person's id or the theme; a place is the clinic
    reviews: list[str] = data(list)  # ids
    first_at: datetime = at()
    raised_at: datetime = at(index=True)
    seen_at: datetime | None = maybe_at()
    seen_by: str = Field(default="", max_length=36)

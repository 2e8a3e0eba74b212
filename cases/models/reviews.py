"""What was written in public, as it stands and as it stood."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import Numeric, UniqueConstraint
from sqlmodel import Field, SQLModel

from cases.models.fields import at, data, key, maybe_at, sealed, to
from cases.models.subject import Subject


class Review(Subject, table=True):
    """What somebody wrote in public, or in a mail; as it stands now."""

    __tablename__: ClassVar[Any] = "reviews"
    __table_args__ = (UniqueConstraint("platform", "external_id"),)
    platform: str
    external_id: str
    clinic_id: str = to("clinics", index=True)
    case_id: str | None = to("cases", index=True, null=True)
    url: str = ""
    author: str = ""  # the public handle
    rating: Decimal | None = Field(default=None, sa_type=Numeric(4, 2))
    recommends: bool | None = None
    text: str = ""  # as published; empty once sealed or purged
    sealed_text: str | None = sealed()
    digest: str = ""
    revision: int = 1
    posted_at: datetime | None = maybe_at()
    seen_at: datetime = at(index=True)
    gone_at: datetime | None = maybe_at()
    purged_at: datetime | None = maybe_at()
    negative: bool = False
    doubtful: bool = False
    severity: str = "routine"
    themes: list[str] = data(list)
    troll: bool = False
    writes_for: str = "unknown"
    language: str = "en"
    because: list[str] = data(list)


class ReviewVersion(SQLModel, table=True):
    """A review as it stood before its author changed it."""

    __tablename__: ClassVar[Any] = "review_versions"
    __table_args__ = (UniqueConstraint("review_id", "revision"),)
    id: str = key()
    review_id: str = to("reviews")
    revision: int
    rating: Decimal | None = Field(default=None, sa_type=Numeric(4, 2))
    recommends: bool | None = None
    text: str = ""
    sealed_text: str | None = sealed()
    until: datetime = at()

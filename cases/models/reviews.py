"""What was written in public, as it stands and as it stood."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from sqlalchemy import Index, Numeric, UniqueConstraint
from sqlmodel import Field, SQLModel

from cases.models.fields import at, data, key, late, maybe_at, sealed, to
from cases.models.subject import Subject


class Review(Subject, table=True):
    """What somebody wrote in public, or in a mail; as it stands now."""

    __tablename__: ClassVar[Any] = "reviews"
    __table_args__ = (
        UniqueConstraint("platform", "external_id"),
        Index("ix_reviews_author_key", "author_key", "platform", "clinic_id"),
        Index("ix_reviews_author_id", "author_id", "platform"),
        Index("ix_reviews_listed", "source_id", "listed_at"),
    )
    platform: str
    external_id: str
    clinic_id: str = to("clinics", index=True)
    case_id: str | None = to("cases", index=True, null=True)
    url: str = ""
    source_id: str | None = Field(default=None, max_length=36)  # None: somebody handed it in
    kind: str = late("review")
    author: str = ""  # the public handle
    author_id: str = late("")  # the platform's own id of it
    author_key: str = late("")  # the handle as two routes are compared by
    rating: Decimal | None = Field(default=None, sa_type=Numeric(4, 2))
    recommends: bool | None = None
    text: str = ""  # as published; empty once sealed or purged
    sealed_text: str | None = sealed()
    digest: str = ""
    revision: int = 1
    cut: bool = late(False)  # only its beginning is known
    posted_at: datetime | None = maybe_at()
    updated_at: datetime | None = maybe_at()  # as the platform says
    seen_at: datetime = at(index=True)
    listed_at: datetime | None = maybe_at()  # when the last full list began that showed it
    missing_at: datetime | None = maybe_at()  # first not found, not yet confirmed
    gone_at: datetime | None = maybe_at()
    keep_until: datetime | None = maybe_at(index=True)  # the platform's terms end for its text
    purged_at: datetime | None = maybe_at()
    reply_mark: str | None = None  # of the owner's reply there; "": none, None: unknown
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


class ReviewAlias(SQLModel, table=True):
    """Another id of a review that reached us by a second route."""

    __tablename__: ClassVar[Any] = "review_aliases"
    __table_args__ = (UniqueConstraint("platform", "external_id"),)
    id: str = key()
    review_id: str = to("reviews", index=True)
    source_id: str | None = Field(default=None, max_length=36)
    platform: str
    external_id: str
    linked_at: datetime = at()

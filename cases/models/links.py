"""A private page of a patient's: who may open it, a draft that was not sent yet, their files."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlmodel import Field, SQLModel

from cases.models.fields import at, key, maybe_at, sealed, to
from cases.models.subject import Subject


class Link(Subject, table=True):
    """The address of one private page. Only the digest of its token is here."""

    __tablename__: ClassVar[Any] = "links"
    case_id: str = to("cases", index=True)
    correspondent_id: str = to("correspondents")
    point_id: str = to("contact_points")  # where its address was sent
    digest: str = Field(unique=True, max_length=64)
    made_by: str = ""
    made_at: datetime = at()
    expires_at: datetime = at()
    codes: int = 0  # how many codes were asked for; the last one counts
    code_at: datetime | None = maybe_at()  # None: no code is open
    code_to: str = ""  # the channel it went by
    tries: int = 0
    locked_at: datetime | None = maybe_at()
    opened: str = Field(default="", max_length=64)  # digest of the cookie that may go on
    opened_until: datetime | None = maybe_at()
    draft: str | None = sealed()


class Upload(SQLModel, table=True):
    """A photo or document a patient handed in."""

    __tablename__: ClassVar[Any] = "uploads"
    id: str = key()
    case_id: str = to("cases", index=True)
    link_id: str = to("links", index=True)
    contact_id: str = to("contacts")
    kind: str  # jpeg, png, pdf: by what it begins with, whatever it is called
    size: int
    name: str | None = sealed()
    at: datetime = at()


class UploadContent(SQLModel, table=True):
    """What is in it, apart: a list of files opens none. Base64, sealed like every patient field."""

    __tablename__: ClassVar[Any] = "upload_contents"
    id: str = Field(primary_key=True, foreign_key="uploads.id", max_length=36)
    content: str | None = sealed()

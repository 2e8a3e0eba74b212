"""Whom the practice invites to write a review: one list, one text, the same for everybody on it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlmodel import Field

from cases.models.fields import at, data, maybe_at, sealed, to
from cases.models.subject import Subject


class InvitationList(Subject, table=True):
    """A list and its text, as they were prepared; `digest` is what a person approves.

    `people` (JSON, sealed) is let go of once they are invited, or the list is put aside.
    """

    __tablename__: ClassVar[Any] = "invitation_lists"
    clinic_id: str = to("clinics")
    subject_line: str = ""
    body: str = ""  # as a mail; "": nobody on it has an address
    text: str = ""  # as a text message; "": nobody on it has a number
    consent: str = ""  # how they agreed to be invited
    people: str | None = sealed()
    digest: str = ""
    counts: dict[str, Any] = data(dict)
    prepared_by: str = Field(default="", max_length=36)
    prepared_at: datetime = at()
    approved_by: str = Field(default="", max_length=36)
    approved_at: datetime | None = maybe_at()
    cancelled_at: datetime | None = maybe_at()

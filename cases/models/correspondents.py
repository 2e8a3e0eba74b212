"""Whom we talk with, how they are reached, what they allowed, each attempt."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from cases.models.fields import at, data, key, late, maybe_at, sealed, to
from cases.models.subject import Subject


class Correspondent(Subject, table=True):
    """The individual we talk with, recorded by a named person; never made by matching names."""

    __tablename__: ClassVar[Any] = "correspondents"
    clinic_id: str = to("clinics")
    name: str | None = sealed()
    relation: str  # patient, parent, relative, representative
    care_of: str = "unknown"  # the subject: self, minor, adult, deceased, unknown
    basis: str | None = sealed()
    sureness: str = ""
    language: str = "en"
    zone: str = late("")  # where they live, if they said so; "": their number tells
    identifiers: list[str] = data(list)  # the kinds that were checked, never their values
    authority: str | None = sealed()
    wishes: str | None = sealed()  # when and how they want to be called, in words
    no_voicemail: bool = late(False)
    interpreter: bool = late(False)
    call_after_at: datetime | None = maybe_at()  # nobody calls before
    recorded_by: str = ""
    recorded_at: datetime = at()
    undone_at: datetime | None = maybe_at()


class ContactPoint(SQLModel, table=True):
    """A number or address of a correspondent. `index` finds it without opening anything."""

    __tablename__: ClassVar[Any] = "contact_points"
    id: str = key()
    correspondent_id: str = to("correspondents", index=True)
    channel: str  # phone, sms, email
    value: str | None = sealed()
    index: str = Field(default="", index=True, max_length=64)
    allowed: bool = True  # they said we may use it
    closed_at: datetime | None = maybe_at()
    closed_why: str = ""


class Consent(SQLModel, table=True):
    """Given or taken back, for one number or address, one channel and one purpose; never changed.

    The last row counts. It hangs on the blind index, so that a STOP from a number nobody knows yet
    still wins later.
    """

    __tablename__: ClassVar[Any] = "consents"
    __table_args__ = (Index("ix_consents_index", "index", "channel", "at"),)
    id: str = key()
    index: str = Field(max_length=64)
    channel: str
    purpose: str = late("")  # case, follow_up, invitation; "": all of them
    given: bool
    at: datetime = at()
    how: str = ""
    by: str = ""
    wording: str = late("")  # what they were shown or read when they agreed
    words: str | None = sealed()  # what they said or wrote


class Contact(SQLModel, table=True):
    """One attempt to reach the correspondent, or one message from them."""

    __tablename__: ClassVar[Any] = "contacts"
    id: str = key()
    case_id: str = to("cases", index=True)
    round: int = 1
    channel: str  # phone, email, sms, letter, in_person, private_page, ...
    inbound: bool = False
    outcome: str = ""  # reached, voicemail, no_answer, wrong_number, other_person, declined, sent
    point_id: str | None = to("contact_points", null=True)
    note: str | None = sealed()
    by: str = ""
    at: datetime = at()
    doubt: str = late("")  # unverified: nobody vouches for who sent it; other_address; ...
    arrival_id: str | None = Field(default=None, max_length=36)  # the mail as it came

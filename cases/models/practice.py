"""The practice itself: its clinics, people, sources and the playbooks it adopted."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlmodel import Field, SQLModel

from cases.models.fields import (
    at,
    data,
    key,
    late,
    late_data,
    late_list,
    maybe_at,
    sealed,
    to,
)
from cases.models.subject import Subject


class Practice(Subject, table=True):
    """The installation: one practice, one row."""

    __tablename__: ClassVar[Any] = "practices"
    name: str = ""
    last_number: int = 0  # of a case; people see short numbers
    playbook_version: int = 0
    moving_since: datetime | None = maybe_at()  # running cases are moved to that version
    key_check: str = ""  # a known word, sealed: a lost keyring is found out before any harm


class PlaybookVersion(SQLModel, table=True):
    """A playbook as it was adopted. A case keeps the version it began with."""

    __tablename__: ClassVar[Any] = "playbook_versions"
    id: str = key()
    number: int = Field(unique=True)
    name: str
    text: str
    adopted_at: datetime = at()
    adopted_by: str = ""


class Clinic(Subject, table=True):
    """A location: its hours, zone, telephone, e-mail and point person are what a reply names."""

    __tablename__: ClassVar[Any] = "clinics"
    slug: str = Field(unique=True)
    name: str
    zone: str
    hours: dict[str, list[str]] = data(dict)
    region: str = ""
    open_on: list[str] = late_list()  # holidays it stays open on: names, or ISO dates
    closures: dict[str, list[str]] = data(dict)  # ISO date -> intervals; [] = closed
    phone: str = ""
    email: str = ""
    point_person: str = ""
    point_role: str = ""
    sender_name: str = late("")  # what patients' mails call it, where its name would say too much
    director_id: str | None = Field(default=None, max_length=36)
    active: bool = True
    retime_since: datetime | None = maybe_at()  # its hours changed: due times follow


class Person(Subject, table=True):
    """Somebody of the practice."""

    __tablename__: ClassVar[Any] = "people"
    name: str
    email: str = Field(unique=True)
    phone: str = ""
    role: str
    clinics: list[str] = data(list)  # ids; none = every clinic
    active: bool = True
    away_from: datetime | None = maybe_at()
    away_until: datetime | None = maybe_at()
    substitute_id: str | None = Field(default=None, max_length=36)
    reminders: str = late("at_once")  # low rungs: at_once, digest, off; grave: always at once
    quiet: dict[str, list[str]] = late_data()  # hours not to be told in, like a clinic's hours
    zone: str = late("")  # theirs; none: that of the first clinic they work for
    open_cases_at_most: int | None = None  # None: as many as the playbook says
    digest_on: str = late("")  # the day of their last digest, an ISO date in their zone


class Source(Subject, table=True):
    """Where reviews come from, how far we have read, and what is wrong with it."""

    __tablename__: ClassVar[Any] = "sources"
    name: str = Field(unique=True)
    platform: str
    place: str  # a folder, an address: what the platform's file understands
    clinic_id: str | None = to("clinics", null=True)
    owner_id: str | None = Field(default=None, max_length=36)  # whose trouble it is
    active: bool = True
    can: dict[str, Any] = late_data()  # its capabilities as last probed; none: as its file says
    tokens: str | None = sealed()  # JSON: what its sign-in handed out, and rotates
    cursor: str = late("")  # behind the last page taken in of the reading under way
    began_at: datetime | None = maybe_at()  # of the reading under way, None: none is
    full: bool = late(False)  # the reading under way is a full list
    read_until: datetime | None = maybe_at()
    full_read_at: datetime | None = maybe_at()
    last_seen_at: datetime | None = maybe_at()  # when a new review came, or the first reading ended
    silent_after: int | None = None  # hours; None: as usual for the platform, 0: never
    failed_at: datetime | None = maybe_at()  # the last time
    failed_since: datetime | None = maybe_at()
    failed_code: str = ""
    failed_count: int = late(0)
    retry_at: datetime | None = maybe_at()  # it is left alone until then
    told: str = late("")  # the key of the last notice about it: one trouble, one notice

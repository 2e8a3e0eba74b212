"""The practice itself: its clinics, people, sources and the playbooks it adopted."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlmodel import Field, SQLModel

from cases.models.fields import at, data, key, maybe_at, to
from cases.models.subject import Subject


class Practice(Subject, table=True):
    """The installation: one practice, one row."""

    __tablename__: ClassVar[Any] = "practices"
    name: str = ""
    last_number: int = 0  # of a case; people see short numbers
    playbook_version: int = 0
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
    closures: dict[str, list[str]] = data(dict)  # ISO date -> intervals; [] = closed
    phone: str = ""
    email: str = ""
    point_person: str = ""
    point_role: str = ""
    director_id: str | None = Field(default=None, max_length=36)
    active: bool = True


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


class Source(Subject, table=True):
    """Where reviews are fetched from, and how far we have read."""

    __tablename__: ClassVar[Any] = "sources"
    name: str = Field(unique=True)
    platform: str
    place: str  # a folder, an address: what the platform's file understands
    clinic_id: str | None = to("clinics", null=True)
    active: bool = True
    read_until: datetime | None = maybe_at()
    failed_at: datetime | None = maybe_at()
    failed_code: str = ""

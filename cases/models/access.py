"""Who may come in: a person's log-in, the sessions and tokens it opened, and tries at the door."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlmodel import Field, SQLModel

from cases.models.fields import at, key, maybe_at, sealed, to
from cases.models.subject import Subject


class Login(SQLModel, table=True):
    """A person's password, hashed; sealed besides, so that a stolen database gives no hashes."""

    __tablename__: ClassVar[Any] = "logins"
    id: str = key()
    person_id: str = Field(foreign_key="people.id", max_length=36, unique=True)
    hash: str | None = sealed()
    set_at: datetime = at()


class Session(Subject, table=True):
    """Somebody signed in. Only the digest of the token is here: the cookie alone opens it."""

    __tablename__: ClassVar[Any] = "sessions"
    person_id: str = to("people", index=True)
    digest: str = Field(unique=True, max_length=64)
    started_at: datetime = at()
    seen_at: datetime = at()
    ended_at: datetime | None = maybe_at()
    ended_how: str = ""  # signed_out, idle, too_old, deactivated, rotated, password_changed


class ApiToken(Subject, table=True):
    """A key for a program that acts for a person, within that person's role and clinics."""

    __tablename__: ClassVar[Any] = "api_tokens"
    person_id: str = to("people", index=True)
    name: str
    digest: str = Field(unique=True, max_length=64)
    issued_at: datetime = at()
    revoked_at: datetime | None = maybe_at()


class Knock(Subject, table=True):
    """Tries at the door that did not open it, for one address, or one account from one address.

    Its id is the blind index of the two: neither can be read back from it.
    """

    __tablename__: ClassVar[Any] = "knocks"
    tries: int = 0
    last_at: datetime = at()
    until_at: datetime | None = maybe_at()  # closed until then

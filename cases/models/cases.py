"""Our work on a review: the case and what people wrote down or owe on it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from cases.models.fields import at, data, key, late, late_list, maybe_at, sealed, to
from cases.models.kinds import Stage, Visibility
from cases.models.subject import Subject


class Case(Subject, table=True):
    """Our work on one review (only people merge).

    The stage follows from the facts below it: each is the instant something was shown, with how.
    """

    __tablename__: ClassVar[Any] = "cases"
    __table_args__ = (Index("ix_cases_stage_owner", "stage", "owner_id"),)
    number: int = Field(default=0, unique=True)
    clinic_id: str = to("clinics", index=True)
    review_id: str = Field(max_length=36)
    owner_id: str | None = Field(default=None, max_length=36)
    correspondent_id: str | None = to("correspondents", index=True, null=True)
    playbook_version: int
    severity: str
    stage: str = Stage.ACKNOWLEDGE
    round: int = 1
    about: list[str] = data(list)  # staff the review is about: never on this case's ladder
    about_by: str = late("")  # who said so; "" while only the program thinks so
    twins: list[str] = late_list()  # cases that may be the same person's: a person decides
    troll: str = ""  # suspected, confirmed, denied
    opened_at: datetime = at()
    began_at: datetime = at()  # of this round
    acknowledged_at: datetime | None = maybe_at()
    acknowledged_how: str = ""
    first_try_at: datetime | None = maybe_at()
    contact_ended_at: datetime | None = maybe_at()
    contact_how: str = ""  # reached, unreachable, unidentified, declined
    heard_at: datetime | None = maybe_at()
    heard_how: str = ""  # heard, or why it was skipped
    resolved_at: datetime | None = maybe_at()
    cause: str = ""
    done: str | None = sealed()
    monitor_ended_at: datetime | None = maybe_at()
    monitor_how: str = ""  # stands, raised, lowered, edited, removed
    followed_up_at: datetime | None = maybe_at()
    followed_up_how: str = ""
    safe_at: datetime | None = maybe_at()  # somebody took the safety of it
    held_at: datetime | None = maybe_at()
    held_why: str = ""
    closed_at: datetime | None = maybe_at()
    outcome: str = ""
    previous_id: str | None = Field(default=None, max_length=36)
    merged_into_id: str | None = Field(default=None, max_length=36)
    parked_until: datetime | None = maybe_at()
    parked_code: str = ""
    parked_told_at: datetime | None = maybe_at()  # when the administrators last heard of it


class Task(SQLModel, table=True):
    """Something owed by a person on a date; may outlive the case."""

    __tablename__: ClassVar[Any] = "tasks"
    id: str = key()
    case_id: str = to("cases", index=True)
    kind: str  # promise, report_to_platform, publish_by_hand, look, corrective_action, ...
    what: str | None = sealed()
    owner_id: str | None = Field(default=None, max_length=36)
    created_at: datetime = at()
    due_at: datetime = at(index=True)
    done_at: datetime | None = maybe_at()
    evidence: str | None = sealed()
    visibility: str = Visibility.TEAM


class Account(SQLModel, table=True):
    """What the correspondent told us, in their own words: no rebuttal."""

    __tablename__: ClassVar[Any] = "accounts"
    id: str = key()
    case_id: str = to("cases", index=True)
    round: int = 1
    happened: str | None = sealed()
    wants: str | None = sealed()
    promised: str | None = sealed()
    heard_at: datetime = at()
    heard_by: str


class Note(SQLModel, table=True):
    """A remark for colleagues."""

    __tablename__: ClassVar[Any] = "notes"
    id: str = key()
    case_id: str = to("cases", index=True)
    text: str | None = sealed()
    by: str
    at: datetime = at()
    visibility: str = Visibility.TEAM

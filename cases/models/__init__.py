"""The record: one shape for each noun. Rules read these rows; only the store writes them.

Every subject (a row with a history of its own) carries `version`, bumped by each Change, and the
head of its chain of events. Fields about a patient are `sealed()`; times are aware and in UTC.
"""

from __future__ import annotations

from cases.models.access import ApiToken, Knock, Login, Session
from cases.models.cases import Account, Case, Note, Task
from cases.models.clocks import Clock, Pause, RungFired
from cases.models.correspondents import Consent, Contact, ContactPoint, Correspondent
from cases.models.fields import at, data, key, maybe_at, sealed, to
from cases.models.history import Event, EventDetail
from cases.models.kinds import NoticeState, ReplyState, Role, Stage, Visibility
from cases.models.notices import Notice, Receipt
from cases.models.practice import Clinic, Person, PlaybookVersion, Practice, Source
from cases.models.replies import Reply
from cases.models.reviews import Review, ReviewVersion
from cases.models.subject import Subject

__all__ = [
    "SUBJECTS",
    "Account",
    "ApiToken",
    "Case",
    "Clinic",
    "Clock",
    "Consent",
    "Contact",
    "ContactPoint",
    "Correspondent",
    "Event",
    "EventDetail",
    "Knock",
    "Login",
    "Note",
    "Notice",
    "NoticeState",
    "Pause",
    "Person",
    "PlaybookVersion",
    "Practice",
    "Receipt",
    "Reply",
    "ReplyState",
    "Review",
    "ReviewVersion",
    "Role",
    "RungFired",
    "Session",
    "Source",
    "Stage",
    "Subject",
    "Task",
    "Visibility",
    "at",
    "data",
    "key",
    "maybe_at",
    "sealed",
    "to",
]

SUBJECTS: tuple[type[Subject], ...] = (
    Practice, Clinic, Person, Source, Correspondent, Case, Review, Notice,
    Session, ApiToken, Knock,
)  # fmt: skip

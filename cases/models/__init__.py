"""The record: one shape for each noun. Rules read these rows; only the store writes them.

Every subject (a row with a history of its own) carries `version`, bumped by each Change, and the
head of its chain of events. Fields about a patient are `sealed()`; times are aware and in UTC.
"""

from __future__ import annotations

from cases.models.access import ApiToken, Knock, Login, Session
from cases.models.alerts import Alert
from cases.models.arrivals import Arrival
from cases.models.beats import Beat
from cases.models.calls import Call
from cases.models.cases import Account, Case, Note, Task
from cases.models.clocks import Clock, Extension, Pause, RungFired
from cases.models.correspondents import Consent, Contact, ContactPoint, Correspondent
from cases.models.fields import at, data, key, maybe_at, sealed, to
from cases.models.history import Event, EventDetail
from cases.models.incidents import Incident
from cases.models.invitations import InvitationList
from cases.models.kinds import ArrivalState, NoticeState, ReplyState, Role, Stage, Visibility
from cases.models.links import Link, Upload, UploadContent
from cases.models.notices import Circuit, Notice, Number, Receipt
from cases.models.practice import Clinic, Person, PlaybookVersion, Practice, Source
from cases.models.replies import Reply
from cases.models.reviews import Review, ReviewAlias, ReviewVersion
from cases.models.subject import Subject
from cases.models.templates import TemplateVersion

__all__ = [
    "SUBJECTS",
    "Account",
    "Alert",
    "ApiToken",
    "Arrival",
    "ArrivalState",
    "Beat",
    "Call",
    "Case",
    "Circuit",
    "Clinic",
    "Clock",
    "Consent",
    "Contact",
    "ContactPoint",
    "Correspondent",
    "Event",
    "EventDetail",
    "Extension",
    "Incident",
    "InvitationList",
    "Knock",
    "Link",
    "Login",
    "Note",
    "Notice",
    "NoticeState",
    "Number",
    "Pause",
    "Person",
    "PlaybookVersion",
    "Practice",
    "Receipt",
    "Reply",
    "ReplyState",
    "Review",
    "ReviewAlias",
    "ReviewVersion",
    "Role",
    "RungFired",
    "Session",
    "Source",
    "Stage",
    "Subject",
    "Task",
    "TemplateVersion",
    "Upload",
    "UploadContent",
    "Visibility",
    "at",
    "data",
    "key",
    "maybe_at",
    "sealed",
    "to",
]

SUBJECTS: tuple[type[Subject], ...] = (
    Practice, Clinic, Person, Source, Correspondent, Case, Review, Notice, Arrival,
    Session, ApiToken, Knock, Beat, Circuit, Number, Link, Call, InvitationList,
)  # fmt: skip

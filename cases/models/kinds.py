"""The words a row may use for a stage, a role, a visibility, a state."""

from __future__ import annotations

from enum import StrEnum


class Stage(StrEnum):
    """Where a case stands: the first stage whose result has not been shown yet."""

    ACKNOWLEDGE = "acknowledge"
    CONTACT = "contact"
    LISTEN = "listen"
    RESOLVE = "resolve"
    MONITOR = "monitor"
    FOLLOW_UP = "follow_up"
    CLOSED = "closed"


class Role(StrEnum):
    """What a person of the practice may be asked for."""

    RESPONDER = "responder"
    DIRECTOR = "director"
    MANAGER = "manager"
    CHIEF = "chief"
    PRIVACY_OFFICER = "privacy_officer"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


class Visibility(StrEnum):
    """Who may read a note, a task or an event's detail."""

    TEAM = "team"
    RISK = "risk"
    PEER_REVIEW = "peer_review"


class NoticeState(StrEnum):
    """What became of a notice. `unknown` is never sent again by itself to a correspondent."""

    PLANNED = "planned"  # approved; waits for the review's window to end
    PENDING = "pending"
    SENDING = "sending"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    SUPPRESSED = "suppressed"  # STOP, a hold, a closed case, a void approval: never sent


class ReplyState(StrEnum):
    """A public reply on its way from a draft to the public's eyes."""

    DRAFT = "draft"
    APPROVED = "approved"
    BY_HAND = "by_hand"  # approved; a person posts it, since the platform has no way in
    SUBMITTED = "submitted"
    LIVE = "live"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    WITHDRAWN = "withdrawn"

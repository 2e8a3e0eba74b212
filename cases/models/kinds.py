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
    DELIVERED = "delivered"  # the provider says that it arrived
    UNDELIVERED = "undelivered"  # the provider took it and says that it did not
    REFUSED = "refused"
    UNKNOWN = "unknown"
    FOR_DIGEST = "for_digest"  # waits for the person's daily digest
    IN_DIGEST = "in_digest"  # it was in one: settled
    SUPPRESSED = "suppressed"  # STOP, a hold, a closed case, a void approval: never sent


class ReplyState(StrEnum):
    """A public reply on its way from a draft to the public's eyes."""

    DRAFT = "draft"
    APPROVED = "approved"
    BY_HAND = "by_hand"  # approved; a person posts it, since the platform has no way in
    SUBMITTED = "submitted"
    PENDING = "pending"  # the platform has it and looks at it before the public may
    LIVE = "live"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    WITHDRAWN = "withdrawn"
    EDITED = "edited"  # it was live; a later text of ours stands in its place
    RECALLED = "recalled"  # it is live and is to be taken down


class ArrivalState(StrEnum):
    """What became of something that came by itself."""

    WAITING = "waiting"
    READ = "read"
    UNREAD = "unread"  # nobody could make sense of it: a person looks
    QUEUED = "queued"  # read, but about which case a person says
    REFUSED = "refused"

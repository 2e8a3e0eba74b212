"""The automatic note that a patient's e-mail has come in: the same words for all, approved before.

It is no answer: the clock that asks a person for one runs on.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from cases.casefile import CaseFile
from cases.changes import Change, Moment
from cases.models import ContactPoint, NoticeState
from cases.talking.approving import message_notice
from cases.talking.templates import LANGUAGES, fill, shipped, slots_of

KIND = "auto_ack"
_LEFT = (NoticeState.SENDING, NoticeState.ACCEPTED, NoticeState.UNKNOWN)
_BY = "approved in advance"  # who said so is whoever switched it on


def acknowledged(
    heard: Change,
    file: CaseFile,
    point: ContactPoint | None,
    every: timedelta | None,
    moment: Moment,
) -> Change:
    """Return what `conversation.received` said of a mail, with the note that it has come in."""
    return replace(heard, notices=[*heard.notices, *acknowledgement(file, point, every, moment)])


def acknowledgement(
    file: CaseFile, point: ContactPoint | None, every: timedelta | None, moment: Moment
) -> list[dict[str, Any]]:
    """Return the notice that tells them it has come in, none where none may go.

    `every`: at most one in that time for a case; None: the practice wants none. Ask only for mail
    that a person surely sent: an answer to a machine's would go round in circles (RFC 3834, 2).
    """
    if every is None or point is None or not _may_hear(file, point) or _told(file, every, moment):
        return []
    words = fill(shipped("automatic", "email", _language(file)), slots_of(file.clinic))
    by_the_practice = Moment(moment.now, _BY, moment.ids)
    return [message_notice(file, point, words.body, words.subject, KIND, by_the_practice)]


def _may_hear(file: CaseFile, point: ContactPoint) -> bool:
    case, who = file.case, file.correspondent
    if point.channel != "email" or not file.usable(point) or not file.clinic.phone:
        return False
    goes_on = case.closed_at is None and case.held_at is None  # a hold stops machines first
    return goes_on and who is not None and who.care_of != "deceased"


def _told(file: CaseFile, every: timedelta, moment: Moment) -> bool:
    """Tell whether one left, or may have; one that waits is stopped as they write once more."""
    return any(
        notice.kind == KIND and notice.state in _LEFT and moment.now - notice.created_at < every
        for notice in file.notices
    )


def _language(file: CaseFile) -> str:
    spoken = file.correspondent.language if file.correspondent else ""
    return spoken if spoken in LANGUAGES else LANGUAGES[0]

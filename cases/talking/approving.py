"""A message to the correspondent, as a named person approved it: this exact text, to them alone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cases.answering.replies import fingerprint
from cases.casefile import CaseFile
from cases.changes import Moment
from cases.checking import compliance
from cases.checking.compliance import Level
from cases.models import ContactPoint
from cases.needs import IllegalMove
from cases.talking.callers import refuse_speaker
from cases.talking.consent import may_use, purpose_of
from cases.talking.texting import too_long

# In a public reply somebody acknowledges these warnings; in a message nobody is asked to.
_UNSENDABLE = ("too_long_platform", "placeholder")


def approved_message(
    move: str,
    kind: str,
    file: CaseFile,
    point: ContactPoint,
    text: str,
    subject: str,
    moment: Moment,
    not_before: datetime | None = None,
) -> dict[str, Any]:
    """Return the notice that carries this exact text to the correspondent.

    Raises IllegalMove where who speaks, what is said or the way to them forbids it.
    """
    refuse_speaker(move, file, moment)
    _refuse_message(move, file, point, text, subject, purpose_of(kind))
    return message_notice(file, point, text, subject, kind, moment, not_before)


def message_notice(
    file: CaseFile,
    point: ContactPoint,
    text: str,
    subject: str,
    kind: str,
    moment: Moment,
    not_before: datetime | None = None,
) -> dict[str, Any]:
    """Return the notice that carries an approved text to the correspondent."""
    notice_id = moment.new_id()
    return {
        "id": notice_id,
        "key": f"{kind}:{file.case.id}:{notice_id}",
        "case_id": file.case.id,
        "kind": kind,
        "channel": point.channel,
        "point_id": point.id,
        "subject_line": subject or None,
        "body": text,
        "digest": approval(point.channel, point.index, subject, text),
        "approved_by": moment.by,
        "not_before": not_before or moment.now,
    }


def approval(channel: str, index: str, subject: str, text: str) -> str:
    """Return the digest that ties an approval to one text, one channel and one recipient."""
    return fingerprint(f"{channel}|{index}|{subject}|{text}")


def _refuse_message(
    move: str, file: CaseFile, point: ContactPoint, text: str, subject: str, purpose: str
) -> None:
    """Raise IllegalMove where this text may not be said, or not this way."""
    missing = []
    if point.channel not in ("email", "sms"):
        missing.append("only e-mail and text are sent; a call is made and logged: contact")
    if not may_use(point, file.consents, purpose):
        missing.append("this number or address may not be used: stopped, closed or not allowed")
    if not text.strip():
        missing.append("the message has no text")
    if point.channel == "email" and not subject.strip():
        missing.append("an e-mail has a subject: --subject")
    if (
        file.correspondent is not None
        and file.correspondent.care_of == "deceased"
        and move != "write"
    ):
        missing.append("the patient has died: nothing goes out by itself; a senior person calls")
    limit = 160 if point.channel == "sms" else None
    if limit and len(text) <= limit and (why := too_long(text)):
        missing.append(why)
    found = compliance.check_private(f"{subject}\n{text}" if subject else text, limit=limit)
    missing += [
        f'"{each.words}" {each.why} ({each.code}); {each.instead}'
        for each in found
        if each.level is Level.BLOCK or each.code in _UNSENDABLE
    ]
    if missing:
        raise IllegalMove(move, missing)

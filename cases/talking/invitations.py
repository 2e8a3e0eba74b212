"""Inviting reviews: everybody on a list alike, in one neutral text that a person approved.

Nobody is chosen by how content they are, nothing is offered, and Yelp is never named: platforms
and the law forbid it (16 CFR 465.4; Google's and Yelp's policies on asking for reviews). An
invitation wants a yes, keeps to its caps and ends with one STOP, as any message does.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any

from cases.changes import About, Add, Change, Happened, Moment, Set, about
from cases.models import (
    Clinic,
    Consent,
    ContactPoint,
    Correspondent,
    InvitationList,
    Notice,
    Person,
    Role,
)
from cases.talking.approving import approval
from cases.talking.consent import said, state_at, suppressed
from cases.talking.invitees import InvitationError, Invited
from cases.talking.neutral import unfair
from cases.talking.texting import too_long

KIND = "invitation"
EVERY = timedelta(days=180)  # at most one invitation a person in this time
MAY_APPROVE = (Role.DIRECTOR, Role.MANAGER, Role.CHIEF, Role.PRIVACY_OFFICER)


@dataclass(frozen=True, slots=True)
class Words:
    """What everybody on a list is told: as a mail, as a text, or both."""

    subject: str = ""
    body: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What the record holds about the addresses of a list, by blind index.

    `invited`: those who were invited within EVERY.
    """

    points: Mapping[str, ContactPoint]
    consents: Mapping[str, Sequence[Consent]]
    invited: frozenset[str] = frozenset()


def faults(words: Words, channels: Iterable[str]) -> list[str]:
    """Return what forbids a text as an invitation; nothing where it may be approved."""
    wanted = set(channels)
    found = []
    if "email" in wanted and not (words.subject.strip() and words.body.strip()):
        found.append("somebody on the list is invited by e-mail: give a subject and a text for it")
    if "sms" in wanted and not words.text.strip():
        found.append("somebody on the list is invited by text message: give a text for it")
    if words.text and "STOP" not in words.text:
        found.append("a text message says how to end them: Reply STOP to opt out")
    if long := too_long(words.text):
        found.append(long)
    for part in filter(None, (f"{words.subject}\n{words.body}".strip(), words.text)):
        found += unfair(part)
    return list(dict.fromkeys(found))


def digest(words: Words, consent: str, people: Sequence[Invited]) -> str:
    """Return what stands for exactly this text to exactly this list."""
    listed = sorted((each.channel, each.value) for each in people)
    told = json.dumps([words.subject, words.body, words.text, consent, listed])
    return sha256(told.encode()).hexdigest()


def prepare(
    clinic: Clinic,
    words: Words,
    people: Sequence[Invited],
    passed: Mapping[str, int],
    consent: str,
    moment: Moment,
) -> Change:
    """Keep a list and its text until a person approves them. Raises InvitationError.

    `consent`: how everybody on it agreed to be invited (47 CFR 64.1200(f)(9) for texts).
    """
    found = faults(words, {each.channel for each in people})
    if len(consent.strip()) < 10:
        found.append("say how they agreed to be invited, in words: the intake form of 2026, box 4")
    if found:
        raise InvitationError(found)
    list_id = moment.new_id()
    values: dict[str, Any] = {
        **{"id": list_id, "clinic_id": clinic.id, "consent": consent.strip()},
        **{"subject_line": words.subject, "body": words.body, "text": words.text},
        "people": json.dumps([(each.channel, each.value, each.name) for each in people]),
        "digest": digest(words, consent.strip(), people),
        "counts": {"listed": len(people), **passed},
        **{"prepared_by": moment.by, "prepared_at": moment.now},
    }
    return Change(
        About(InvitationList, list_id, 0),
        moment,
        adds=[Add(InvitationList, values)],
        events=[Happened("invitations_prepared", {"people": len(people)})],
    )


def people_of(row: InvitationList) -> list[Invited]:
    """Return who is on a list; it was read opened."""
    return [Invited(*each) for each in json.loads(row.people or "[]")]


def approve(
    row: InvitationList,
    mark: str,
    by: Person,
    known: Known,
    indexes: Mapping[tuple[str, str], str],
    practice: About,
    moment: Moment,
) -> Change:
    """Invite everybody on the list who may be, once somebody approved this text and this list.

    `mark`: the digest's beginning (8 letters or more), as it was shown. `indexes`: the blind index
    of each (channel, value). Raises InvitationError. Two lists at once: one of them is stale.
    """
    people = people_of(row)
    words = Words(row.subject_line, row.body, row.text)
    _refuse_approval(row, mark, by, words, people)
    ways = [(each, indexes[each.channel, each.value]) for each in people]
    passed = [(each, index, _passed_over(index, each, known)) for each, index in ways]
    counts = Counter(why or "invited" for _, _, why in passed)
    invited = [(each, index) for each, index, why in passed if not why]
    values = {
        **{"approved_by": by.id, "approved_at": moment.now, "people": None},
        "counts": {**row.counts, **counts},
    }
    event = Happened("invitations_approved", {"digest": row.digest[:16], **counts})
    change = Change(practice, moment, events=[event])
    there = [(each, index) for each, index in invited if index in known.points]
    own = Change(
        about(row),
        moment,
        sets=[Set(InvitationList, row.id, values)],
        adds=[_agreed(row, each, index, moment) for each, index in there],
        events=[event],
        notices=[
            _notice(row, each.channel, index, known.points[index].id, moment)
            for each, index in there
        ],
    )
    new = [way for way in invited if way[1] not in known.points]
    return change.with_parts(own, *(_newcomer(row, *way, moment) for way in new))


def _refuse_approval(
    row: InvitationList, mark: str, by: Person, words: Words, people: Sequence[Invited]
) -> None:
    found = []
    if row.approved_at is not None or row.cancelled_at is not None:
        raise InvitationError(["this list was approved or put aside before"])
    if by.role not in MAY_APPROVE or not by.active:
        found.append(f"a {by.role} does not approve invitations; {', '.join(MAY_APPROVE)} do")
    same = row.digest == digest(words, row.consent, people)
    if len(mark) < 8 or not row.digest.startswith(mark) or not same:
        found.append("that is not the mark of this text and this list: look at it again")
    found += faults(words, {each.channel for each in people})
    if found:
        raise InvitationError(found)


def _passed_over(index: str, each: Invited, known: Known) -> str:
    """Say why somebody is not invited: never how content they are."""
    point = known.points.get(index)
    if point is not None and (point.closed_at is not None or not point.allowed):
        return "closed"
    if state_at(known.consents.get(index, ()), each.channel, KIND).given is False:
        return "stop"
    return "lately" if index in known.invited else ""


def _agreed(row: InvitationList, each: Invited, index: str, moment: Moment) -> Add:
    how = "attested with the list"
    return said(index, each.channel, True, how, moment, purpose=KIND, wording=row.consent)


def _newcomer(row: InvitationList, each: Invited, index: str, moment: Moment) -> Change:
    """Return the invitation of somebody the record does not know yet, and who they are."""
    who, point = moment.new_id(), moment.new_id()
    person = {
        **{"id": who, "clinic_id": row.clinic_id, "name": each.name, "relation": "patient"},
        **{"basis": "on a list of patients", "recorded_by": moment.by, "recorded_at": moment.now},
    }
    way = {"id": point, "correspondent_id": who, "channel": each.channel}
    return Change(
        About(Correspondent, who, 0),
        moment,
        adds=[
            Add(Correspondent, person),
            Add(ContactPoint, {**way, "value": each.value, "index": index}),
            _agreed(row, each, index, moment),
        ],
        events=[Happened("invited", {"list": row.id})],
        notices=[_notice(row, each.channel, index, point, moment)],
    )


def _notice(
    row: InvitationList, channel: str, index: str, point_id: str, moment: Moment
) -> dict[str, Any]:
    mail = channel == "email"
    subject, body = (row.subject_line, row.body) if mail else ("", row.text)
    return {
        "id": moment.new_id(),
        "key": f"{KIND}:{row.id}:{index}",
        "kind": KIND,
        "channel": channel,
        "point_id": point_id,
        "detail": {"list": row.id},
        "subject_line": subject or None,
        "body": body,
        "digest": approval(channel, index, subject, body),
        "approved_by": moment.by,
        "not_before": moment.now,
        "created_at": moment.now,
    }


def cancel(row: InvitationList, waiting: Sequence[Notice], moment: Moment) -> Change:
    """Put a list aside, or stop what of it has not left yet. Raises InvitationError."""
    if row.cancelled_at is not None:
        raise InvitationError(["it is put aside already"])
    values = {"cancelled_at": moment.now, "people": None}
    event = Happened("invitations_cancelled", {"waiting": len(waiting)})
    change = Change(about(row), moment, sets=[Set(InvitationList, row.id, values)], events=[event])
    return change.with_parts(*suppressed(waiting, "cancelled", moment))

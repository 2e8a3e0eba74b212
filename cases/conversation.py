"""What is said between the practice and the correspondent, off the public page.

Nobody is matched by a program: a named person records who it is, on what basis and how sure. What
goes to them was written or approved by a named person, as that exact text; an approval is void
once they write first; a STOP wins over everything, at once (47 CFR 64.1200(a)(10)).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from cases import compliance
from cases.casefile import CaseFile
from cases.changes import About, Add, Change, Happened, Moment, Set, about
from cases.clocks import end
from cases.compliance import Level
from cases.models import (
    Account,
    Consent,
    Contact,
    ContactPoint,
    Correspondent,
    Notice,
    NoticeState,
    Review,
    ReviewVersion,
    Task,
)
from cases.replies import fingerprint
from cases.stages import IllegalMove, keyed_clock, legal, record, running

RELATIONS = ("patient", "parent", "relative", "representative")
CARE_OF = ("self", "minor", "adult", "deceased", "unknown")
OUTCOMES = (
    "reached", "voicemail", "no_answer", "wrong_number", "other_person", "declined", "sent",
)  # fmt: skip
IDENTIFIERS = (
    "name",
    "date_of_birth",
    "address",
    "phone_on_file",
    "email_on_file",
    "record_number",
)
CHANNELS = ("phone", "email", "sms", "letter", "in_person")
# In a public reply somebody acknowledges these warnings; in a message nobody is asked to.
_UNSENDABLE = ("too_long_platform", "placeholder")


@dataclass(frozen=True, slots=True)
class Point:
    """A number or address as it is recorded: normalised, with its blind index."""

    channel: str
    value: str
    index: str
    allowed: bool = True
    no_voicemail: bool = False


@dataclass(frozen=True, slots=True)
class Who:
    """The individual a named person says this is, on what basis, and how sure."""

    name: str
    relation: str
    care_of: str
    basis: str
    sureness: str = "likely"
    language: str = "en"


def match(file: CaseFile, who: Who, points: Sequence[Point], moment: Moment) -> Change:
    """Record the correspondent. From now on the review's text is sealed: it is about somebody."""
    legal("match", file)
    _one_of("match", "relation", who.relation, RELATIONS)
    _one_of("match", "care-of", who.care_of, CARE_OF)
    if not who.name.strip() or not who.basis.strip():
        raise IllegalMove("match", ["say who it is (--name) and on what basis (--basis)"])
    known_as = moment.new_id()
    values = {
        "id": known_as,
        "clinic_id": file.clinic.id,
        "name": who.name,
        "relation": who.relation,
        "care_of": who.care_of,
        "basis": who.basis,
        "sureness": who.sureness,
        "language": who.language,
        "recorded_by": moment.by,
        "recorded_at": moment.now,
    }
    person = Change(
        About(Correspondent, known_as, 0),
        moment,
        adds=[Add(Correspondent, values), *(_point(known_as, each, moment) for each in points)],
        events=[Happened("recorded", {"relation": who.relation, "care_of": who.care_of})],
    )
    change = record(
        file,
        moment,
        Happened("matched", {"correspondent": known_as, "sureness": who.sureness}),
        facts={"correspondent_id": known_as},
    )
    return change.with_parts(person, *(_seal_text(review, file, moment) for review in _plain(file)))


def _plain(file: CaseFile) -> list[Review]:
    return [review for review in file.reviews or [file.review] if review.text]


def _seal_text(review: Review, file: CaseFile, moment: Moment) -> Change:
    return Change(
        about(review),
        moment,
        sets=[
            Set(Review, review.id, {"text": "", "sealed_text": review.text}),
            *(
                Set(ReviewVersion, old.id, {"text": "", "sealed_text": old.text})
                for old in file.versions
                if old.review_id == review.id and old.text
            ),
        ],
        events=[Happened("sealed", {"why": "matched"})],
    )


def _point(correspondent_id: str, point: Point, moment: Moment) -> Add:
    return Add(
        ContactPoint,
        {
            "id": moment.new_id(),
            "correspondent_id": correspondent_id,
            "channel": point.channel,
            "value": point.value,
            "index": point.index,
            "allowed": point.allowed,
            "no_voicemail": point.no_voicemail,
        },
    )


def unmatch(file: CaseFile, why: str, moment: Moment) -> Change:
    """Take a mistaken match back: nothing more goes to them, and what waited is stopped."""
    legal("unmatch", file)
    who = _known(file)
    if not why.strip():
        raise IllegalMove("unmatch", ["say what was mistaken: --why"])
    person = Change(
        about(who),
        moment,
        sets=[Set(Correspondent, who.id, {"undone_at": moment.now})],
        events=[Happened("undone", words=why)],
    )
    change = record(
        file,
        moment,
        Happened("unmatched", {"correspondent": who.id}),
        facts={"correspondent_id": None, **_spoken_to_nobody(file)},
    )
    return change.with_parts(person, *suppressed(file.notices, "unmatched", moment))


def _spoken_to_nobody(file: CaseFile) -> dict[str, Any]:
    """Take back what was shown by speaking with the wrong person, while it is not too late."""
    if file.case.resolved_at is not None or file.case.contact_how == "":
        return {}
    return {"contact_ended_at": None, "contact_how": "", "heard_at": None, "heard_how": ""}


def suppressed(notices: Sequence[Notice], code: str, moment: Moment) -> list[Change]:
    """Return what stops every notice that still waits: it is never sent."""
    return [
        Change(
            about(notice),
            moment,
            sets=[
                Set(
                    Notice,
                    notice.id,
                    {
                        "state": NoticeState.SUPPRESSED,
                        "code": code,
                        "settled_at": moment.now,
                    },
                )
            ],
        )
        for notice in notices
        if notice.state in (NoticeState.PENDING, NoticeState.PLANNED) and notice.point_id
    ]


def add_point(file: CaseFile, point: Point, moment: Moment) -> Change:
    """Record another number or address of the correspondent."""
    legal("point", file)
    who = _known(file)
    person = Change(
        about(who),
        moment,
        adds=[_point(who.id, point, moment)],
        events=[Happened("point_added", {"channel": point.channel})],
    )
    return record(file, moment, Happened("point_added", {"channel": point.channel})).with_parts(
        person
    )


def identify(file: CaseFile, identifiers: Sequence[str], authority: str, moment: Moment) -> Change:
    """Record that two identifiers were checked and, for anyone but the patient, their authority.

    Only the kinds of identifiers are kept. 45 CFR 164.514(h) wants identity and authority verified
    before anything is disclosed; 164.510(b) and 164.502(g) say to whom.
    """
    legal("identify", file)
    who = _known(file)
    for kind in identifiers:
        _one_of("identify", "identifier", kind, IDENTIFIERS)
    if len(set(identifiers)) < 2:
        raise IllegalMove("identify", [f"two of these are checked: {', '.join(IDENTIFIERS)}"])
    if who.care_of != "self" and not authority.strip():
        raise IllegalMove(
            "identify", ["it is about somebody else's care: say why they may hear it (--authority)"]
        )
    kinds = sorted(set(identifiers))
    person = Change(
        about(who),
        moment,
        sets=[Set(Correspondent, who.id, {"identifiers": kinds, "authority": authority or None})],
        events=[Happened("identified", {"identifiers": kinds}, words=authority or None)],
    )
    return record(file, moment, Happened("identified", {"identifiers": kinds})).with_parts(person)


def looked_for(file: CaseFile, found: bool, note: str, moment: Moment) -> Change:
    """Note that somebody looked for the author in the practice's records: a first try."""
    legal("looked-for", file)
    return record(
        file,
        moment,
        Happened("looked_for_author", {"found": found}, words=note or None),
        facts=_first_try(file, moment.now),
    )


def contact(
    file: CaseFile,
    channel: str,
    outcome: str,
    note: str,
    at: datetime,
    moment: Moment,
    point: ContactPoint | None = None,
) -> Change:
    """Log one attempt to reach them, with what came of it.

    A voicemail is a try, not contact. A wrong number closes itself; "declined" ends the contact.
    """
    legal("contact", file)
    refuse_sender("contact", file, moment)
    _one_of("contact", "channel", channel, CHANNELS)
    _one_of("contact", "outcome", outcome, OUTCOMES)
    if at > moment.now:
        raise IllegalMove("contact", ["a contact that lies ahead cannot be logged"])
    facts = _first_try(file, at)
    if outcome in ("reached", "declined"):
        facts |= _contact_ended(file, outcome, at)
    sets = []
    if outcome == "wrong_number" and point is not None:
        sets.append(
            Set(ContactPoint, point.id, {"closed_at": moment.now, "closed_why": "wrong_number"})
        )
    answered = running(file, "answer") if outcome in ("reached", "declined") else []
    change = record(
        file,
        moment,
        Happened("contacted", {"channel": channel, "outcome": outcome, "at": at}),
        facts=facts,
        sets=sets,
        adds=[_contact(file, channel, outcome, note, at, moment, point)],
        ends=[end(clock, "met", moment) for clock in answered],
    )
    # Who wants no more gets no more, also of what was approved before.
    waiting = file.notices if outcome == "declined" else ()
    return change.with_parts(*suppressed(waiting, "declined", moment))


def _contact(
    file: CaseFile,
    channel: str,
    outcome: str,
    note: str,
    at: datetime,
    moment: Moment,
    point: ContactPoint | None,
    *,
    inbound: bool = False,
) -> Add:
    return Add(
        Contact,
        {
            "id": moment.new_id(),
            "case_id": file.case.id,
            "round": file.case.round,
            "channel": channel,
            "inbound": inbound,
            "outcome": outcome,
            "point_id": point.id if point else None,
            "note": note or None,
            "by": moment.by,
            "at": at,
        },
    )


def _first_try(file: CaseFile, at: datetime) -> dict[str, Any]:
    return {} if file.case.first_try_at is not None else {"first_try_at": at}


def _contact_ended(file: CaseFile, how: str, at: datetime) -> dict[str, Any]:
    """Return the facts that end contact; without them, listening is skipped with that reason.

    Who was given up and then answers the telephone is reached after all: listening is on again.
    """
    if file.case.contact_how == "reached" and how != "declined":
        return {}
    facts: dict[str, Any] = {"contact_ended_at": at, "contact_how": how}
    if how == "reached":
        skipped = file.case.heard_how not in ("", "heard")
        if skipped and file.case.resolved_at is None:
            facts |= {"heard_at": None, "heard_how": ""}
    elif file.case.heard_at is None:
        facts |= {"heard_at": at, "heard_how": f"skipped: {how}"}
    return facts


def write(
    file: CaseFile,
    point: ContactPoint,
    text: str,
    subject: str,
    moment: Moment,
    *,
    not_before: datetime | None = None,
    kind: str = "message",
) -> Change:
    """Approve this exact text to this number or address. It leaves with the next delivery.

    Raises IllegalMove where the text may not be said, or the way is closed.
    """
    legal("write", file)
    refuse_sender("write", file, moment)
    refuse_message("write", file, point, text, subject)
    notice = message_notice(file, point, text, subject, kind, moment, not_before)
    return record(
        file,
        moment,
        Happened("message_approved", {"channel": point.channel, "notice": notice["id"]}),
        facts=_first_try(file, moment.now),
        adds=[_contact(file, point.channel, "sent", "", moment.now, moment, point)],
        notices=[notice],
        ends=[end(clock, "met", moment) for clock in running(file, "answer")],
    )


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
        "digest": fingerprint(f"{point.channel}|{point.index}|{subject}|{text}"),
        "approved_by": moment.by,
        "not_before": not_before or moment.now,
    }


def refuse_sender(move: str, file: CaseFile, moment: Moment) -> None:
    """Raise IllegalMove unless a named person speaks, and none whom the case is about."""
    if moment.by not in file.people:
        raise IllegalMove(move, ["a named person of the practice speaks with them, no program"])
    if moment.by in file.case.about:
        raise IllegalMove(move, ["nobody speaks with them about themselves: somebody else does"])


def refuse_message(move: str, file: CaseFile, point: ContactPoint, text: str, subject: str) -> None:
    """Raise IllegalMove where this text may not be said, or not this way."""
    missing = []
    if point.channel not in ("email", "sms"):
        missing.append("only e-mail and text are sent; a call is made and logged: contact")
    if not file.usable(point):
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
    found = compliance.check_private(f"{subject}\n{text}" if subject else text, limit=limit)
    missing += [
        f'"{each.words}" {each.why} ({each.code}); {each.instead}'
        for each in found
        if each.level is Level.BLOCK or each.code in _UNSENDABLE
    ]
    if missing:
        raise IllegalMove(move, missing)


def received(
    file: CaseFile,
    channel: str,
    text: str,
    at: datetime,
    moment: Moment,
    point: ContactPoint | None = None,
) -> Change:
    """Take in a message from the correspondent: the answer clock starts, the owner is told.

    What was approved before they wrote is void: it may no longer be right.
    """
    legal("received", file)
    _one_of("received", "channel", channel, CHANNELS)
    added = _contact(file, channel, "reached", text, at, moment, point, inbound=True)
    key = added.values["id"]
    adds = [added]
    if file.case.closed_at is None:
        adds.append(keyed_clock(file, "answer", key, moment))
    facts = {} if file.case.closed_at else _contact_ended(file, "reached", at)
    change = record(
        file,
        moment,
        Happened("received", {"channel": channel, "contact": key}),
        facts={**facts, **(_first_try(file, at) if facts else {})},
        adds=adds,
        notices=_they_wrote(file, channel, key),
    )
    return change.with_parts(*suppressed(file.notices, "they_wrote_first", moment))


def _they_wrote(file: CaseFile, channel: str, contact_id: str) -> list[dict[str, Any]]:
    """Return what tells the owner, where there is one; the answer clock's ladder tells others."""
    if not file.case.owner_id:
        return []
    return [
        {
            "key": f"received:{contact_id}:{file.case.owner_id}",
            "case_id": file.case.id,
            "kind": "received",
            "channel": "email",
            "person_id": file.case.owner_id,
            "detail": {"channel": channel},
        }
    ]


def hear(
    file: CaseFile,
    happened: str,
    wants: str,
    promises: Sequence[tuple[str, datetime]],
    moment: Moment,
) -> Change:
    """Write down their own account. Each promise made becomes a Task with a clock of its own."""
    legal("hear", file)
    if not happened.strip():
        raise IllegalMove("hear", ["write down what happened, in their words: --happened"])
    account = {
        "id": moment.new_id(),
        "case_id": file.case.id,
        "round": file.case.round,
        "happened": happened,
        "wants": wants or None,
        "promised": "\n".join(what for what, _ in promises) or None,
        "heard_at": moment.now,
        "heard_by": moment.by,
    }
    owed = [task_adds(file, "promise", what, due_at, moment) for what, due_at in promises]
    return record(
        file,
        moment,
        Happened("heard", {"promises": len(promises)}),
        facts={"heard_at": moment.now, "heard_how": "heard"},
        adds=[Add(Account, account), *(each for pair in owed for each in pair)],
    )


def task_adds(
    file: CaseFile,
    kind: str,
    what: str,
    due_at: datetime,
    moment: Moment,
    *,
    owner_id: str | None = None,
    visibility: str = "team",
) -> list[Add]:
    """Return a task and its clock. Raises IllegalMove where its date has passed."""
    if due_at <= moment.now:
        raise IllegalMove("task", [f"{due_at:%Y-%m-%d %H:%M} has passed; give a date ahead"])
    task: dict[str, Any] = {
        "id": moment.new_id(),
        "case_id": file.case.id,
        "kind": kind,
        "what": what,
        "owner_id": owner_id or file.case.owner_id,
        "created_at": moment.now,
        "due_at": due_at,
        "visibility": visibility,
    }
    return [Add(Task, task), keyed_clock(file, "task", task["id"], moment, until=due_at)]


def give_up(file: CaseFile, how: str, moment: Moment) -> Change:
    """End contact without them: unreachable, unidentified or declined. Listening is skipped.

    "Unreachable" wants the playbook's tries, over its channels; "unidentified" wants the public
    invitation to stand, since that is then the only way they can come to us.
    """
    legal(how, file)
    if how == "unreachable":
        _refuse_giving_up(file)
    declined = how == "declined"
    change = record(
        file,
        moment,
        Happened("contact_ended", {"how": how}),
        facts={**_first_try(file, moment.now), **_contact_ended(file, how, moment.now)},
        # Who wrote that they want to be left alone is owed no answer.
        ends=[end(c, "cancelled", moment) for c in running(file, "answer") if declined],
    )
    waiting = file.notices if declined else ()
    return change.with_parts(*suppressed(waiting, "declined", moment))


def _refuse_giving_up(file: CaseFile) -> None:
    tries = [c for c in file.round_contacts if not c.inbound]
    wanted = set(file.playbook.contact_channels)
    if file.correspondent is not None:
        wanted &= {
            "phone" if p.channel == "sms" else p.channel for p in file.points if file.usable(p)
        }
    untried = sorted(wanted - {"phone" if c.channel == "sms" else c.channel for c in tries})
    missing = []
    if untried:
        missing.append(f"not tried yet: {', '.join(untried)}")
    if len(tries) < file.playbook.contact_tries and wanted:
        missing.append(
            f"{len(tries)} of {file.playbook.contact_tries} tries are logged; first: contact"
        )
    days = {c.at.astimezone(ZoneInfo(file.clinic.zone)).date() for c in tries}
    if len(days) < file.playbook.contact_days and wanted:
        missing.append(
            f"tried on {len(days)} of {file.playbook.contact_days} days; try again on another day"
        )
    if missing:
        raise IllegalMove("unreachable", missing)


def stop(
    index: str,
    channel: str,
    how: str,
    moment: Moment,
    known: Sequence[Correspondent],
    waiting: Sequence[Notice],
    practice: About,
) -> Change:
    """Take consent back for a number or address, at once and for good, whoever it belongs to.

    All that waits for it is stopped in the same transaction. 47 CFR 64.1200(a)(10).
    """
    consent = {
        "id": moment.new_id(),
        "index": index,
        "channel": channel,
        "given": False,
        "at": moment.now,
        "how": how,
        "by": moment.by,
    }
    events = [Happened("stopped", {"channel": channel, "how": how})]
    people = [Change(about(each), moment, events=events) for each in known]
    return Change(practice, moment, adds=[Add(Consent, consent)], events=events).with_parts(
        *people, *suppressed(waiting, "stop", moment)
    )


def _known(file: CaseFile) -> Correspondent:
    if file.correspondent is None:
        raise IllegalMove("match", ["nobody is recorded as the correspondent; first: match"])
    return file.correspondent


def _one_of(move: str, what: str, value: str, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise IllegalMove(move, [f"{value!r} is no {what}; it is one of: {', '.join(allowed)}"])

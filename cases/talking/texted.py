"""What follows when somebody texts us: STOP wins at once, all else is for a person to read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

from cases.arriving.arrivals import arrive
from cases.casefile import CaseFile
from cases.changes import About, Add, Change, Happened, Moment, Set, about
from cases.models import (
    ArrivalState,
    Consent,
    Contact,
    ContactPoint,
    Correspondent,
    Notice,
    Person,
)
from cases.notices import to_owner, to_person
from cases.talking import consent
from cases.talking.bars import CONFIRMATION
from cases.talking.consent import may_use, said, state_at, suppressed
from cases.talking.conversation import received
from cases.talking.opt_out import Asked


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever has the number: what is recorded of it, and the case it is about, if that is clear.

    `points`: all contact points with this number, of both channels.
    """

    index: str
    points: Sequence[ContactPoint]
    people: Sequence[Correspondent]
    waiting: Sequence[Notice]
    consents: Sequence[Consent]
    file: CaseFile | None = None

    @property
    def mobile(self) -> ContactPoint | None:
        """Return the point texts go to."""
        mine = [p for p in self.points if p.channel == "sms"]
        here = [p for p in mine if self.file is not None and p in self.file.points]
        return next(iter([*here, *mine]), None)


def digest_of(sid: str) -> str:
    """Return what makes a second delivery of a text the same arrival."""
    return sha256(f"text:{sid}".encode()).hexdigest()


def stopped(
    caller: Caller,
    asked: Asked,
    text: str,
    sid: str,
    confirm: bool,
    practice: About,
    moment: Moment,
) -> Change:
    """Take a STOP in: nothing goes there any more, what waits is stopped, staff hear of it.

    `confirm`: the one text that may follow, within five minutes; not where the provider has said
    it already, nor to who had stopped before.
    """
    how = "they texted it" if asked.plain else "they texted it in their own words"
    first, *others = asked.channels
    change = consent.stop(
        caller.index, first, how, moment, caller.people, caller.waiting, practice, words=text
    )
    more = [said(caller.index, each, False, how, moment, words=text) for each in others]
    notices = _tell(caller, "stopped_texts" if "sms" in asked.channels else "stopped_calls", sid)
    if confirm and "sms" in asked.channels and not _was_stopped(caller):
        notices += _confirmation(caller, sid, moment)
    adds = [*change.adds, *more]
    noted = [] if asked.plain else _noted(caller, "declined", text, moment)
    return replace(change, adds=adds, notices=notices).with_parts(
        *noted, _arrived(sid, text, "stop", caller, moment)
    )


def _was_stopped(caller: Caller) -> bool:
    return state_at(caller.consents, "sms", "case").given is False


def _confirmation(caller: Caller, sid: str, moment: Moment) -> list[dict[str, Any]]:
    """Return the notice that confirms a STOP; its words stand in the templates, approved before."""
    point = caller.mobile
    if point is None or point.closed_at is not None:
        return []
    values = {
        "id": moment.new_id(),
        "key": f"{CONFIRMATION}:{digest_of(sid)[:32]}",
        "kind": CONFIRMATION,
        "channel": "sms",
        "point_id": point.id,
        "approved_by": "in advance",
    }
    return [values | ({"case_id": caller.file.case.id} if caller.file else {})]


def started(caller: Caller, text: str, sid: str, practice: About, moment: Moment) -> Change:
    """Take a START in: by their own word texts may go there again."""
    change = consent.start(
        caller.index, "sms", f"they texted {text.strip()[:20].upper()}", moment, caller.people,
        caller.points, practice,
    )  # fmt: skip
    notices = _tell(caller, "started_texts", sid)
    return replace(change, notices=notices).with_parts(_arrived(sid, text, "start", caller, moment))


def may_start(caller: Caller) -> bool:
    """Tell whether a START changes anything: there is a STOP to take back."""
    point = caller.mobile
    return point is not None and not may_use(point, caller.consents)


def asked_for_help(caller: Caller, text: str, sid: str, moment: Moment) -> Change:
    """Note that they asked who we are; the answer is fixed and given at once."""
    return _arrived(sid, text, "help", caller, moment)


def wrong_number(caller: Caller, text: str, sid: str, moment: Moment) -> Change:
    """Close a number that is somebody else's, for calls and texts, and tell staff."""
    shut = {"closed_at": moment.now, "closed_why": "wrong_number"}
    sets = [Set(ContactPoint, p.id, shut) for p in caller.points if p.closed_at is None]
    event = [Happened("wrong_number", {"channel": "sms"})]
    people = [Change(about(who), moment, events=event) for who in caller.people]
    arrived = _arrived(sid, text, "wrong_number", caller, moment)
    return replace(arrived, sets=sets, notices=_tell(caller, "wrong_number", sid)).with_parts(
        *people,
        *suppressed(caller.waiting, "wrong_number", moment),
        *_noted(caller, "wrong_number", text, moment),
    )


def words(file: CaseFile, caller: Caller, text: str, sid: str, moment: Moment) -> Change:
    """Take a message in: the answer clock starts, what was approved before is void."""
    arrived = _arrived(sid, text, "reply", caller, moment)
    heard = received(
        file, "sms", text, moment.now, moment, caller.mobile, arrival_id=arrived.subject.id
    )
    # The arrival first: the message points to it.
    return arrived.with_parts(heard)


def which_case(
    text: str, sid: str, number: str, people: Sequence[Person], moment: Moment
) -> Change:
    """Let a text wait for somebody who says which case it is about: nobody is known by it."""
    body = f"From: {number}\r\n\r\n{text}"
    change = arrive("sms", None, body.encode(), {}, moment, digest_of(sid))
    (added,) = change.adds
    values = {**added.values, "state": ArrivalState.QUEUED, "code": "which_case"}
    key = f"which_case:{change.subject.id}"
    notices = [
        to_person("which_case", f"{key}:{person.id}", person.id, {"why": "which_case"})
        for person in people
    ]
    return replace(change, adds=[Add(added.table, values)], notices=notices)


def _arrived(sid: str, text: str, code: str, caller: Caller, moment: Moment) -> Change:
    """Return the arrival that makes a second delivery of the same text too late."""
    change = arrive("sms", None, text.encode(), {}, moment, digest_of(sid))
    (added,) = change.adds
    case_id = caller.file.case.id if caller.file is not None else None
    values = {
        **added.values,
        "state": ArrivalState.READ,
        "read_at": moment.now,
        "code": code,
        "case_id": case_id,
    }
    return replace(change, adds=[Add(added.table, values)], case_id=case_id or "")


def _noted(caller: Caller, outcome: str, text: str, moment: Moment) -> list[Change]:
    """Write what they said into the case; it asks for no answer, so no clock runs."""
    if caller.file is None:
        return []
    row = {
        "id": moment.new_id(),
        "case_id": caller.file.case.id,
        "round": caller.file.case.round,
        "channel": "sms",
        "inbound": True,
        "outcome": outcome,
        "point_id": caller.mobile.id if caller.mobile else None,
        "note": text,
        "by": moment.by,
        "at": moment.now,
    }
    event = Happened("they_texted", {"channel": "sms", "outcome": outcome})
    return [Change(about(caller.file.case), moment, adds=[Add(Contact, row)], events=[event])]


def _tell(caller: Caller, kind: str, sid: str) -> list[dict[str, Any]]:
    """Tell the owner of the case it is about."""
    if caller.file is None:
        return []
    return to_owner(caller.file, kind, f"{kind}:{digest_of(sid)[:32]}", {"channel": "sms"})

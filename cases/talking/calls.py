"""Calling them: whether a number may be rung, how a call goes, what came of it.

Our own person is rung first and presses 1; only then they are. It is never recorded. A call that
the provider says was "completed" may have reached a voicemail: a person says what came of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from cases.casefile import CaseFile
from cases.changes import About, Add, Change, Happened, Moment, Set, about
from cases.models import Call, ContactPoint, Correspondent
from cases.needs import IllegalMove, legal
from cases.talking import conversation
from cases.talking.callers import refuse_caller, refuse_speaker
from cases.talking.links import words

OUTCOMES = ("reached", "voicemail", "no_answer", "wrong_number", "other_person", "declined")
FLAGS = ("no_voicemail", "interpreter")
# How far a call has come; a later word never takes it back, whatever order they come in.
_RANK: Mapping[str, int] = {
    "asked": 0, "initiated": 1, "ringing": 2, "answered": 3, "connecting": 4, "connected": 5,
}  # fmt: skip
# What the provider says of a leg that has ended (Twilio's CallStatus and DialCallStatus).
_OVER = ("completed", "busy", "no-answer", "failed", "canceled")


# Ringing


def dial(file: CaseFile, point: ContactPoint | None, moment: Moment) -> Change:
    """Write down that a number is about to be rung, before it is. Raises IllegalMove."""
    refuse_ring(file, point, moment)
    assert point is not None  # noqa: S101  refused above
    call_id = moment.new_id()
    values = {
        "id": call_id,
        "case_id": file.case.id,
        "point_id": point.id,
        "person_id": moment.by,
        "asked_at": moment.now,
        "state": "asked",
    }
    return Change(
        About(Call, call_id, 0),
        moment,
        adds=[Add(Call, values)],
        events=[Happened("rang", {"call": call_id})],
        # A STOP or a hold that is written meanwhile makes this stale: nobody is rung.
        requires=[about(row) for row in (file.case, file.correspondent) if row is not None],
        case_id=file.case.id,
    )


def refuse_ring(file: CaseFile, point: ContactPoint | None, moment: Moment) -> None:
    """Raise IllegalMove, with all that is missing, where this person may not call it now."""
    legal("contact", file)
    refuse_speaker("call", file, moment)
    refuse_caller("call", file, moment)
    if missing := barred(file, point, moment.now):
        raise IllegalMove("call", missing)


def barred(file: CaseFile, point: ContactPoint | None, now: datetime) -> list[str]:
    """Return why a number may not be rung now, whoever asks."""
    missing = []
    if file.case.held_at is not None:
        missing.append("a hold stops all that goes out; first: release")
    if point is None or point.channel != "phone":
        missing.append("no telephone number is recorded; first: point")
    elif not file.usable(point):
        missing.append("this number may not be used: stopped, closed or not allowed")
    who = file.correspondent
    if who is not None and who.call_after_at is not None and now < who.call_after_at:
        missing.append("they asked not to be called before a time that has not come yet")
    return missing


def rung(call: Call, provider_id: str, moment: Moment) -> Change:
    """Note that the provider took the call: our own person's telephone rings."""
    return _told(call, {"provider_id": provider_id, **_further(call, "initiated")}, moment)


def not_rung(call: Call, code: str, sent: bool | None, moment: Moment) -> Change:
    """Note that the provider refused it, or that nobody can know (then the telephone may ring)."""
    state = "unknown" if sent is None else "refused"
    values = {"state": state, "code": code, "ended_at": moment.now}
    return _told(call, values, moment, Happened("not_rung", {"code": code, "call": call.id}))


def answered(call: Call, moment: Moment) -> Change | None:
    """Note that our own person pressed 1: they are rung now; None where that is known already."""
    values = _further(call, "connecting")
    return _told(call, values, moment) if values else None


def stopped(call: Call, moment: Moment) -> Change:
    """Note that the number may not be rung any more: a STOP or a hold came meanwhile."""
    values = {"state": "stopped", "ended_at": moment.now}
    return _told(call, values, moment, Happened("not_rung", {"code": "stopped", "call": call.id}))


def leg_over(call: Call, status: str, seconds: int, moment: Moment) -> Change | None:
    """Note how their part of the call ended, as the provider says; None where it is known."""
    if call.ended_at is not None and call.state not in ("unknown",):
        return None
    state = "connected" if status == "completed" else "not_connected"
    values = {"state": state, "code": status, "seconds": seconds, "ended_at": moment.now}
    facts = {"code": status, "seconds": seconds, "call": call.id}
    return _told(call, values, moment, Happened("call_ended", facts))


def heard_of(call: Call, status: str, moment: Moment) -> Change | None:
    """Note what the provider says of our own person's leg; None where it is nothing new.

    In any order, and as often as it likes: how far the call has come never goes back.
    """
    if status in _OVER and call.state in ("asked", "initiated", "ringing", "answered", "unknown"):
        values = {"state": "not_taken", "code": status, "ended_at": moment.now}
        return _told(call, values, moment)
    values = _further(call, "answered" if status == "in-progress" else status)
    return _told(call, values, moment) if values else None


def _further(call: Call, state: str) -> dict[str, Any]:
    before, after = _RANK.get(call.state, -1), _RANK.get(state, -1)
    unsure = call.state == "unknown" and after > 0  # the provider's word is the evidence we lacked
    if not (unsure or (call.ended_at is None and after > before)):
        return {}
    return {"state": state, "ended_at": None}


def _told(call: Call, values: Mapping[str, Any], moment: Moment, *events: Happened) -> Change:
    sets = [Set(Call, call.id, values)] if values else []
    return Change(about(call), moment, sets=sets, events=events, case_id=call.case_id)


# What came of it


def log(
    file: CaseFile,
    channel: str,
    outcome: str,
    note: str,
    at: datetime,
    moment: Moment,
    point: ContactPoint | None = None,
    *,
    flags: Sequence[str] | None = None,
    after: datetime | None = None,
) -> Change:
    """Log one try, and what they want of the next: no voicemail, an interpreter, not before a time.

    `flags` None leaves them as they are. Raises IllegalMove.
    """
    change = conversation.contact(file, channel, outcome, note, at, moment, point)
    if flags is None and after is None:
        return change
    who = file.correspondent
    if who is None:
        raise IllegalMove("contact", ["nobody is recorded whose wishes these are; first: match"])
    if unknown := set(flags or ()) - set(FLAGS):
        raise IllegalMove("contact", [f"{', '.join(sorted(unknown))}: say {' or '.join(FLAGS)}"])
    if after is not None and after <= moment.now:
        raise IllegalMove("contact", ["the time before which nobody calls lies ahead"])
    return change.with_parts(_wished(who, flags, after, moment))


def _wished(
    who: Correspondent, flags: Sequence[str] | None, after: datetime | None, moment: Moment
) -> Change:
    values: dict[str, Any] = {"call_after_at": after}
    if flags is not None:
        values |= {each: each in flags for each in FLAGS}
    facts = {"flags": sorted(flags or ()), "after": after}
    return Change(
        about(who),
        moment,
        sets=[Set(Correspondent, who.id, values)],
        events=[Happened("wished", facts)],
    )


def voicemail(file: CaseFile, person_name: str) -> str:
    """Return what to say to a voicemail, in their language; "" where they want none.

    Nothing about them, not even their name: others may hear it (45 CFR 164.530(c)).
    """
    who, clinic = file.correspondent, file.clinic
    if who is not None and who.no_voicemail:
        return ""
    known = {"caller": person_name, "clinic": clinic.sender_name or clinic.name}
    language = who.language if who else "en"
    return words(language, "voicemail", phone=clinic.phone, **known)

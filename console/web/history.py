"""A case's history as sentences: who did what, when, with the words a viewer may read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cases.casefile import CaseFile
from cases.models import Event
from cases.store.views import Line
from console.web.saying import CLOCKS, in_words, task_words
from console.web.words import STAGES, local

SENTENCES: Mapping[str, str] = {
    "opened": "opened the case, {severity}",
    "moved": "moved the case from “{from}” to “{to}”",
    "reply_drafted": "drafted a public reply",
    "reply_approved": "approved the public reply, as that exact text",
    "reply_submitted": "handed the reply to the platform",
    "reply_pending": "heard that the platform looks at the reply first",
    "reply_asked_about": "asked the platform how the reply stands",
    "reply_rejected": "heard that the platform refused the reply ({reason})",
    "reply_tampered": "found the approved text changed, and did not send it",
    "reply_may_replace": "decided that the reply may replace the one that stands there",
    "reply_foreign": "saw a reply on the platform that is not ours",
    "reply_changed": "saw that our reply reads otherwise on the platform",
    "reply_removed": "saw that our reply is gone from the platform",
    "reply_seen": "saw our reply on the platform",
    "also_seen": "recognised the same review by a second route",
    "reported": "reported the review to its platform: {reason}",
    "report_answered": "noted what the platform made of the report: {result}",
    "reply_live": "saw the reply go live",
    "reply_failed": "could not publish the reply ({code})",
    "reply_attested": "attested that the reply stands on the platform",
    "reply_cools": "let the draft cool until {until}",
    "finding_overruled": "overruled a finding of the checker ({code})",
    "reply_withdrawn": "took the reply back before the public saw it",
    "reply_recalled": "asked that our reply be taken down",
    "reply_taken_down": "noted that our reply stands no more",
    "reply_not_taken_down": "could not have our reply taken down ({code})",
    "incident_opened": "opened an incident: a reply of ours revealed something",
    "incident_decided": "assessed the risk of it: {decision}",
    "incident_closed": "closed the incident",
    "shield_asked": "asked the platform to {way} a confirmed troll",
    "shielded": "had the platform {way} a confirmed troll",
    "not_shielded": "could not have the platform do it ({code}): {way} by hand",
    "no_reply": "decided that no public reply is owed: {why}",
    "matched": "recorded who wrote it ({sureness})",
    "unmatched": "took back who was recorded",
    "point_added": "recorded another way to reach them: {channel}",
    "identified": "checked who they are: {identifiers}",
    "looked_for_author": "looked for the author in the records: {found}",
    "contacted": "tried to reach them, {channel}: {outcome}",
    "contact_ended": "ended contact: {how}",
    "message_approved": "approved a message to them, {channel}",
    "message_sent": "sent the message ({channel})",
    "message_bounced": "got a mail to them back: {code}",
    "contestable": "learned until when the review can be contested: {until}",
    "message_refused": "could not send the message ({channel})",
    "message_delivered": "saw that the message arrived ({channel})",
    "message_undelivered": "saw that a message did not arrive ({channel})",
    "delivery_unknown": "cannot know whether a message arrived ({channel})",
    "not_sent": "did not send a message: {why}",
    "received": "took in what they wrote, {channel}",
    "page_made": "sent them the address of a private page ({channel})",
    "code_asked": "asked for a code to the private page ({channel})",
    "code_wrong": "gave a wrong code to the private page",
    "page_opened": "opened the private page",
    "page_locked": "locked the private page: the code was wrong {tries} times",
    "told_privately": "told their story on the private page",
    "files_handed_in": "handed in files: {files}",
    "said_afterwards": "said how it is now: resolved {resolved}, feels {feels}",
    "content": "answered how it is now: resolved {resolved}, feels {feels}",
    "wished": "noted how they want to be reached",
    "care_of": "corrected whose care it is about: from {from} to {to}",
    "rang": "rang them from here",
    "not_rung": "could not ring them ({code})",
    "call_ended": "heard that the call ended ({code}, {seconds} s)",
    "file_opened": "opened a file of theirs",
    "started": "noted that they may be written to again: {channel}",
    "consented": "noted what they agreed to: {channel}, {purpose}",
    "consent_taken_back": "noted that they took it back: {channel}, {purpose}",
    "wrong_number": "closed a number that is somebody else's",
    "they_texted": "took in a text that wants no answer: {outcome}",
    "follow_up_lost": "saw that the follow-up never reached them",
    "stopped": "noted that they want no more: {channel}",
    "heard": "wrote down their account; promises made: {promises}",
    "resolved": "noted the cause, {cause}, and what was done",
    "looked_at_review": "looked at the review: {standing}",
    "review_edited": "saw that the author changed the review: {standing}",
    "review_gone": "saw that the review is gone",
    "follow_up_planned": "planned the follow-up",
    "followed_up": "asked once more whether anything else can be done, {channel}",
    "closed": "closed the case: {outcome}",
    "dismissed": "closed the case without work: {why}",
    "reopened": "took the case up again, round {round}",
    "safety_taken": "took the safety of it",
    "has_it": "said: I have it. Nobody else is told of {clocks} until {until}",
    "let_go": "had {clock} until {until}, and it is still open: others are told again",
    "over_limit": "gave it to {owner} though everybody is full",
    "not_told": "could not tell {person} ({why}): {told} hears of it instead",
    "handed_over": "gave the case to {to}",
    "held": "put the case on hold: {why}",
    "released": "released the hold",
    "severity": "corrected how grave it is: from {from} to {to}",
    "about": "said whom it is about: {people}",
    "troll_confirmed": "confirmed that it is a troll",
    "troll_denied": "said that it is no troll",
    "noted": "left a note",
    "task_set": "set a task, due {due_at}",
    "task_done": "did a task",
    "paused": "paused {clocks} until {until}",
    "resumed": "let {clocks} run again",
    "extension_asked": "asked for more time for {clock}: until {to} instead of {due_at}",
    "extended": "granted more time for {clock}: from {from} to {to}",
    "extension_refused": "granted no more time for {clock}",
    "recomputed": "computed the open deadlines anew: {why}",
    "due_moved": "moved the deadline of {clock}: from {from} to {to}",
    "clock_dropped": "dropped {clock}: the policy lacks it",
    "no_answer": "decided that what they wrote wants no answer",
    "linked": "opened a new case that follows this one",
    "missed": "saw that {clock} was late: it was due {due_at}",
    "reminded": "reminded {told} of {clock}",
    "escalated": "told {told} about {clock}",
    "passed_over": "passed over a reminder of {clock}: a later one was due, too",
    "merged": "merged this case into another",
    "took_in": "took another case in",
    "gave_back": "gave a case back",
    "parked": "set the case aside until {until}: {code}",
    "purged": "erased what need not be kept",
}
_OUTSIDE = ("correspondent", "patient")  # on their private page; by the link in a mail
_NOISE = frozenset({"looked", "viewed"})  # the engine glancing; each look at a page


@dataclass(frozen=True, slots=True)
class Told:
    """One line for the page: the clinic's own time, who, what, and the words behind it."""

    at: str
    who: str
    what: str
    words: str
    by_engine: bool


def told(file: CaseFile, lines: Iterable[Line]) -> list[Told]:
    """Return the history, the newest first."""
    shown = [line for line in lines if line.event.kind not in _NOISE]
    return [_told(file, line) for line in reversed(shown)]


def _who(by: str) -> str:
    return "They" if by in _OUTSIDE else "Amends"


def _told(file: CaseFile, line: Line) -> Told:
    event = line.event
    person = file.people.get(event.by)
    return Told(
        at=local(event.at, file.clinic.zone),
        who=person.name if person else _who(event.by),
        what=sentence(file, event),
        words=line.words or _kept(file, event) or "",
        by_engine=person is None,
    )


def sentence(file: CaseFile, event: Event) -> str:
    """Return what an event says; a kind nobody wrote a sentence for is said as it is named."""
    pattern = SENTENCES.get(event.kind, event.kind.replace("_", " "))
    return pattern.format_map(_Facts(file, event.detail))


class _Facts(dict[str, str]):
    """An event's detail in words: names for ids, local times, no underscores."""

    def __init__(self, file: CaseFile, detail: Mapping[str, Any]) -> None:
        super().__init__({key: _value(file, key, value) for key, value in detail.items()})

    def __missing__(self, key: str) -> str:
        return "nobody" if key == "told" else "unknown"


def _value(file: CaseFile, key: str, value: Any) -> str:
    if isinstance(value, list):
        return " and ".join(_value(file, key, each) for each in value) or "nobody"
    if isinstance(value, bool):
        return "found" if value else "not found"
    if key in ("clock", "clocks"):
        return CLOCKS.get(str(value), str(value))
    if key.endswith("_at") or key in ("until", "at"):
        return _when(str(value), file.clinic.zone)
    if key in ("from", "to") and str(value)[:1].isdigit() and "T" in str(value):
        return _when(str(value), file.clinic.zone)
    person = file.people.get(str(value))
    if person is not None:
        return person.name
    return STAGES.get(str(value), in_words(str(value)))


def _when(written: str, zone: str) -> str:
    try:
        return local(datetime.fromisoformat(written), zone)
    except ValueError:
        return written


_DOUBTS = {
    "unverified": "[Unverified: anybody may have sent this.]",
    "other_address": "[From an address we do not have of theirs.]",
    "placed_by_hand": "[A colleague said that it is about this case.]",
}


def _kept(file: CaseFile, event: Event) -> str | None:
    """Return the words that are kept with a row of their own: a note, a call, their account."""
    detail = event.detail
    if event.kind == "noted":
        return next((n.text for n in file.notes if n.id == detail.get("note")), None)
    if event.kind == "received":
        found = next((c.note for c in file.contacts if c.id == detail.get("contact")), None)
        return " ".join(filter(None, (_DOUBTS.get(str(detail.get("doubt", "")), ""), found)))
    if event.kind == "contacted":
        return next((c.note for c in file.contacts if _is(c, event)), None)
    if event.kind == "message_approved" or event.kind == "follow_up_planned":
        return next((n.body for n in file.notices if n.id == detail.get("notice")), None)
    if event.kind == "heard":
        return next((a.happened for a in file.accounts if a.heard_at == event.at), None)
    if event.kind in ("task_set", "task_done"):
        mine = (t for t in file.tasks if t.id == detail.get("task"))
        return next((task_words(t.kind, t.what) for t in mine), None)
    return None


def _is(contact: Any, event: Event) -> bool:
    said = (contact.channel, contact.outcome, contact.by)
    meant = (event.detail.get("channel"), event.detail.get("outcome"), event.by)
    return said == meant and _same(contact.at, str(event.detail.get("at", "")))


def _same(at: datetime, written: str) -> bool:
    try:
        return at == datetime.fromisoformat(written)
    except ValueError:
        return False

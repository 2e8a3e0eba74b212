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
    "reply_pending": "heard from the platform that the reply will appear",
    "reply_live": "saw the reply go live",
    "reply_failed": "could not publish the reply ({code})",
    "reply_attested": "attested that the reply stands on the platform",
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
    "message_refused": "could not send the message ({channel})",
    "delivery_unknown": "cannot know whether a message arrived ({channel})",
    "not_sent": "did not send a message: {why}",
    "received": "took in what they wrote, {channel}",
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


def _told(file: CaseFile, line: Line) -> Told:
    event = line.event
    person = file.people.get(event.by)
    return Told(
        at=local(event.at, file.clinic.zone),
        who=person.name if person else "Amends",
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
    person = file.people.get(str(value))
    if person is not None:
        return person.name
    return STAGES.get(str(value), in_words(str(value)))


def _when(written: str, zone: str) -> str:
    try:
        return local(datetime.fromisoformat(written), zone)
    except ValueError:
        return written


def _kept(file: CaseFile, event: Event) -> str | None:
    """Return the words that are kept with a row of their own: a note, a call, their account."""
    detail = event.detail
    if event.kind == "noted":
        return next((n.text for n in file.notes if n.id == detail.get("note")), None)
    if event.kind == "received":
        return next((c.note for c in file.contacts if c.id == detail.get("contact")), None)
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

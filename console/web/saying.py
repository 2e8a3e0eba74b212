"""What the case page calls things: codes of the record and moves of the rules, in plain words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

# The rules name a move where something is missing; a page names what its button says.
LABELS: Mapping[str, str] = {
    "draft": "write a reply",
    "approve": "approve a reply",
    "take-down": "have it taken down",
    "incident": "open an incident",
    "incident-decide": "note the risk assessment",
    "no-reply": "decide on no reply,",
    "replace-reply": "replace the reply that stands there",
    "report": "note the report",
    "report-answered": "note what became of the report",
    "match": "record who it is",
    "unmatch": "take the match back",
    "identify": "check who they are",
    "contact": "log a try",
    "call": "log a call",
    "link": "invite them to a private page",
    "care-of": "correct whose care it is",
    "hear": "write down their account",
    "resolve": "resolve it",
    "look": "look at the review",
    "follow-up": "follow up",
    "troll": "confirm the troll",
    "not-troll": "say that it is no troll",
    "take": "take the safety of it",
    "release": "release the hold",
    "reopen": "reopen the case",
    "unmerge": "undo the merge",
}
_CODES: Mapping[str, str] = {
    "live": "the reply is live",
    "attested": "the reply was posted by hand",
    "self": "their own",
    "minor": "a child's",
    "adult": "another adult's",
    "deceased": "of somebody who has died",
    "unknown": "not known",
    "satisfied": "they are content",
    "partly_satisfied": "partly content",
    "unsatisfied": "not content",
    "not_ours": "not about us",
    "peer_review": "peer review",
    "stands": "it stands as it was",
    "raised": "better stars",
    "lowered": "worse stars",
    "edited": "changed words",
    "removed": "gone",
    "follow_up": "follow up",
    "recalled": "to be taken down",
    "low_probability": "a low probability that anything was compromised is shown",
    "by_hand": "approved, to be posted by hand",
    "sms": "text",
    "email": "e-mail",
    "phone": "call",
    "private_page": "private page",
    "phone_on_file": "telephone on file",
    "email_on_file": "e-mail on file",
    "pending": "waits to leave",
    "planned": "planned",
    "sending": "is leaving",
    "accepted": "sent",
    "delivered": "sent, and it arrived",
    "undelivered": "sent, and did not arrive",
    "refused": "refused by the provider",
    "for_digest": "waits for the daily digest",
    "in_digest": "was in the daily digest",
    "suppressed": "stopped, never sent",
    "es": "Spanish",
    "en": "English",
    "team": "the team",
    "risk": "managers, chief, privacy officer",
}
CLOCKS: Mapping[str, str] = {
    "acknowledge": "the public reply",
    "first_try": "the first try to reach them",
    "reach": "reaching them",
    "listen": "writing down their account",
    "resolve": "cause and remedy",
    "monitor": "watching the review",
    "follow_up": "the follow-up",
    "answer": "an answer to them",
    "safety": "the safety of it",
    "task": "a task",
    "promise": "a promise to them",
    "appeal": "an appeal to the platform",
    "message": "an answer to a page message",
    "in_touch": "keeping in touch with them",
    "grievance": "the written answer to a grievance",
    "breach": "what a reply that revealed too much asks for",
}
_OPTION = re.compile(r"\s*\(--[\w-]+\)|:?\s*--[\w-]+")
_EMPTY = re.compile(r"^''(?: is no (\w+)[;:]|:) .*")  # nothing was chosen: the choices stand there
_CODE = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b")
_FIRST = re.compile(r"\bfirst: ([a-z]+(?:-[a-z]+)*)")


def in_words(code: str) -> str:
    """Return a code of the record as people say it: "no_answer" is "no answer"."""
    head, sign, tail = code.partition(": ")
    if sign:
        return f"{in_words(head)}: {in_words(tail)}"
    return _CODES.get(code, code.replace("_", " "))


def task_words(kind: str, what: str | None) -> str:
    """Return what a task is about; the one the rules set themselves speaks of no command."""
    if kind == "publish_by_hand":
        return "Post the approved reply on the platform, then say where it stands"
    return what or "(erased)"


def plain(missing: Iterable[str]) -> list[str]:
    """Return what a rule says is missing without the options of the command line."""
    return [_plain(each) for each in missing]


def _plain(said: str) -> str:
    said = said.replace("or: no-reply with its reason", "or decide that none is owed")
    said = said.replace("then say --told", "then tick that they were told")
    said = said.replace("warnings to acknowledge:", "tick each warning you have read:")
    said = _EMPTY.sub(lambda found: f"choose the {found[1] or 'reason'}", said)
    said = _CODE.sub(lambda found: in_words(found[0]), said)
    return _FIRST.sub(
        lambda found: f"first: {LABELS.get(found[1], found[1])}", _OPTION.sub("", said)
    )

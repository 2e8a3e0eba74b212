"""One case in words, and as JSON: the review, its clocks, who wrote, what was said, its history."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from cases.casefile import CaseFile
from cases.models import Clock, ContactPoint, Extension
from cases.needs import MOVES, lacking
from cases.playbooks.promises import CLOCKS
from cases.store.views import Line
from console.commands.shared import local

_LONG = ("digest", "ripe_at")  # of an event's detail: for programs only


def whole(file: CaseFile, lines: list[Line]) -> dict[str, Any]:
    """Return all a viewer may know of a case, ready for JSON."""
    case = file.case
    return {
        "number": case.number,
        "clinic": file.clinic.slug,
        "stage": case.stage,
        "severity": case.severity,
        "outcome": case.outcome,
        "owner": case.owner_id,
        "round": case.round,
        "held": case.held_why or None,
        "about": list(case.about),
        "review": _review(file),
        "correspondent": _correspondent(file),
        "clocks": [
            _only(c, "kind", "round", "due_at", "missed_at", "ended_at", "ended_how")
            for c in file.clocks
        ],
        "extensions": [
            {"clock": clock.kind}
            | _only(each, "from_at", "to_at", "reason", "asked_by", "answered_by", "granted")
            for clock in file.clocks
            for each in file.extensions.get(clock.id, ())
        ],
        "replies": [_only(each, "state", "text", "url") for each in file.replies],
        "contacts": [
            _only(each, "at", "by", "channel", "inbound", "outcome", "note")
            for each in file.contacts
        ],
        "accounts": [
            _only(each, "heard_at", "happened", "wants", "promised") for each in file.accounts
        ],
        "notes": [_only(each, "at", "by", "text", "visibility") for each in file.notes],
        "tasks": [_only(each, "id", "kind", "what", "due_at", "done_at") for each in file.tasks],
        "events": [
            _only(line.event, "at", "by", "kind", "detail") | {"words": line.words}
            for line in lines
        ],
    }


def _only(row: Any, *names: str) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _review(file: CaseFile) -> dict[str, Any]:
    review = file.review
    rating = None if review.rating is None else float(review.rating)
    return {
        "platform": review.platform,
        "id": review.external_id,
        "url": review.url,
        "rating": rating,
        "text": review.text or review.sealed_text,
        **_only(review, "posted_at", "because", "themes"),
    }


def _correspondent(file: CaseFile) -> dict[str, Any] | None:
    who = file.correspondent
    if who is None:
        return None
    points = [
        {"channel": p.channel, "value": p.value, "usable": file.usable(p)} for p in file.points
    ]
    return _only(who, "name", "relation", "care_of", "sureness", "language") | {"points": points}


def told(file: CaseFile, lines: list[Line], now: datetime) -> Iterator[str]:
    """Yield a case in words for people."""
    yield from _head(file)
    yield "\nClocks"
    for clock in sorted(file.clocks, key=lambda each: CLOCKS.index(each.kind)):
        yield f"  {_clock(clock, now, file.clinic.zone)}"
        for each in file.extensions.get(clock.id, ()):
            yield _extension(file, clock, each)
    yield from _who(file)
    yield from _said(file)
    yield from _owed(file)
    for reply in file.replies:
        yield f"\nReply, {reply.state}:\n{reply.text or '(purged)'}"
    yield "\nHistory"
    for line in lines:
        yield f"  {_event(file, line)}"
    legal = [move for move in MOVES if not lacking(move, file)]
    yield f"\nMay be done now: {', '.join(legal)}"
    yield f"What the others lack: amends moves --case {file.case.number}"
    if lack := lacking("close", file):
        yield "To close it:\n  " + "\n  ".join(lack)


def _head(file: CaseFile) -> Iterator[str]:
    case, review, zone = file.case, file.review, file.clinic.zone
    owner = _name(file, case.owner_id) or "nobody"
    yield f"Case {case.number}, {file.clinic.name}: {case.stage}, {case.severity}, owner {owner}"
    if case.held_at:
        yield f"HELD since {local(case.held_at, zone)} ({case.held_why}): nothing goes out"
    if case.about:
        yield "It is about " + ", ".join(_name(file, each) or each for each in case.about)
    stars = "" if review.rating is None else f"{review.rating:.1f} stars"
    parts = (review.platform, stars, review.author, local(review.posted_at, zone), review.url)
    yield "\n" + ", ".join(part for part in parts if part)
    yield review.text or review.sealed_text or "(the text was purged)"
    if review.because:
        yield "because: " + "; ".join(review.because)


def _who(file: CaseFile) -> Iterator[str]:
    who = file.correspondent
    if who is None:
        return
    checked = ", ".join(who.identifiers) or "nothing yet"
    yield f"\nCorrespondent: {who.name}, {who.relation}, {who.sureness}; checked: {checked}"
    for point in file.points:
        yield f"  {point.channel} {point.value}{_closed(file, point)}"


def _closed(file: CaseFile, point: ContactPoint) -> str:
    if file.usable(point):
        return ""
    return f" (not to be used: {point.closed_why or 'stopped, or not allowed'})"


def _said(file: CaseFile) -> Iterator[str]:
    if not (file.contacts or file.accounts or file.notes):
        return
    zone = file.clinic.zone
    yield "\nWhat was said"
    for each in sorted(file.contacts, key=lambda contact: contact.at):
        way = f"{each.channel} from them" if each.inbound else f"{each.channel}, {each.outcome}"
        yield _line(file, each.at, each.by, way, each.note)
    for account in file.accounts:
        wants = f"; wants: {account.wants}" if account.wants else ""
        what = f"{account.happened or '(purged)'}{wants}"
        yield _line(file, account.heard_at, account.heard_by, "their account", what)
    for note in file.notes:
        yield f"  {local(note.at, zone)}  {_name(file, note.by)}  note: {note.text or '(purged)'}"


def _line(file: CaseFile, at: datetime, by: str, what: str, words: str | None) -> str:
    who = _name(file, by) or by
    return f"  {local(at, file.clinic.zone)}  {who}  {what}" + (f": {words}" if words else "")


def _owed(file: CaseFile) -> Iterator[str]:
    owed = [task for task in file.tasks if task.done_at is None]
    if owed:
        yield "\nTasks"
    for task in owed:
        who = _name(file, task.owner_id) or "nobody"
        yield f"  {task.id}  {who}, by {local(task.due_at, file.clinic.zone)}: {task.what}"


def _event(file: CaseFile, line: Line) -> str:
    event = line.event
    by = _name(file, event.by) or event.by
    known = [f"{key} {_value(file, key, value)}" for key, value in event.detail.items()
             if key not in _LONG and value not in ("", [])]  # fmt: skip
    words = f": {line.words}" if line.words else ""
    at = local(event.at, file.clinic.zone)
    return f"{at}  {event.kind}  {by}  {', '.join(known)}{words}".rstrip()


def _value(file: CaseFile, key: str, value: Any) -> str:
    if isinstance(value, list):
        return " and ".join(_value(file, key, each) for each in value)
    if key == "at" or key.endswith("_at") or (key in ("from", "to") and _is_instant(value)):
        return local(datetime.fromisoformat(str(value)), file.clinic.zone)
    return _name(file, str(value)) or str(value)


def _is_instant(value: Any) -> bool:
    try:
        return datetime.fromisoformat(str(value)).tzinfo is not None
    except ValueError:
        return False


def _name(file: CaseFile, person_id: str | None) -> str:
    person = file.people.get(person_id or "")
    return person.name if person else ""


def _clock(clock: Clock, now: datetime, zone: str) -> str:
    due = local(clock.due_at, zone)
    if clock.ended_at is not None:
        late = " (late)" if clock.missed_at else ""
        return f"{clock.kind}: {clock.ended_how} {local(clock.ended_at, zone)}{late}, due {due}"
    if clock.due_at and clock.due_at <= now:
        return f"{clock.kind}: OVERDUE since {due}"
    late = f" (missed {local(clock.missed_at, zone)} already)" if clock.missed_at else ""
    return f"{clock.kind}: due {due}{late}"


def _extension(file: CaseFile, clock: Clock, each: Extension) -> str:
    """Return one request for more time: both dates, who asked, who answered."""
    zone = file.clinic.zone
    dates = f"{local(each.from_at, zone)} -> {local(each.to_at, zone)}"
    said = "granted" if each.granted else "refused" if each.answered_at else "waits for an answer"
    by = f" by {_name(file, each.answered_by)}" if each.answered_at else ""
    asked = f"asked by {_name(file, each.asked_by)}: {each.reason or ''}"
    return f"  {clock.kind}: more time {dates}, {said}{by}; {asked}"

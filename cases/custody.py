"""Who has a case, what it is held for, what is known about it: everything that is no stage."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from cases.casefile import CaseFile
from cases.changes import Add, Change, Happened, Moment, Set
from cases.clocks import end
from cases.consent import suppressed
from cases.models import Note, Person, Task, Visibility
from cases.people import owner_for
from cases.replies import withdrawn
from cases.stages import IllegalMove, legal, record, running
from cases.tasks import task_adds
from cases.triage import Severity

HOLDS = ("counsel", "board", "media", "privacy")
SEVERITIES = tuple(Severity)
_REPORT_WITHIN = timedelta(days=2)


def take(file: CaseFile, moment: Moment) -> Change:
    """Somebody takes the safety of a grave case: two were told, one answers for it now."""
    legal("take", file)
    return record(file, moment, Happened("safety_taken"), facts={"safe_at": moment.now})


def hand_over(file: CaseFile, to: Person, why: str, moment: Moment) -> Change:
    """Give the case to somebody else, who is told."""
    legal("hand-over", file)
    missing = []
    if not to.active:
        missing.append(f"{to.name} is not active any more")
    if to.id in file.case.about:
        missing.append(f"the case is about {to.name}")
    if to.clinics and file.clinic.id not in to.clinics:
        missing.append(f"{to.name} does not work for {file.clinic.name}")
    if missing:
        raise IllegalMove("hand-over", missing)
    return _to(file, to, why, moment)


def _to(file: CaseFile, to: Person, why: str, moment: Moment, **facts: Any) -> Change:
    return record(
        file,
        moment,
        Happened("handed_over", {"from": file.case.owner_id or "", "to": to.id}, words=why or None),
        facts={"owner_id": to.id, **facts},
        notices=[
            {
                "key": f"handed:{file.case.id}:{file.case.version}:{to.id}",
                "case_id": file.case.id,
                "kind": "handed_over",
                "channel": "email",
                "person_id": to.id,
                "detail": {},
            }
        ],
    )


def hold(file: CaseFile, why: str, moment: Moment) -> Change:
    """Stop all that goes out, for counsel, the board or the media. It never ends by itself."""
    legal("hold", file)
    if why not in HOLDS:
        raise IllegalMove("hold", [f"{why!r}: say one of {', '.join(HOLDS)}"])
    return record(
        file, moment, Happened("held", {"why": why}), facts={"held_at": moment.now, "held_why": why}
    )


def release(file: CaseFile, moment: Moment) -> Change:
    """End the hold. What waited is not sent by itself: it was approved for another day."""
    legal("release", file)
    change = record(file, moment, Happened("released"), facts={"held_at": None, "held_why": ""})
    return change.with_parts(*suppressed(file.notices, "held", moment))


def set_severity(file: CaseFile, severity: str, why: str, moment: Moment) -> Change:
    """Correct how grave it is; a case that becomes grave starts its safety clock."""
    legal("severity", file)
    if severity not in SEVERITIES or not why.strip():
        raise IllegalMove("severity", [f"say one of {', '.join(SEVERITIES)}, and why (--why)"])
    facts = {"from": file.case.severity, "to": severity}
    return record(
        file, moment, Happened("severity", facts, words=why), facts={"severity": severity}
    )


def set_about(file: CaseFile, people: Sequence[Person], moment: Moment) -> Change:
    """Say which staff it is about: none of them owns, approves, calls or hears of it by ladder."""
    legal("about", file)
    ids = [person.id for person in people]
    event = Happened("about", {"people": ids})
    if file.case.owner_id not in ids:
        return record(file, moment, event, facts={"about": ids})
    new = owner_for(file.clinic, file.people, ids, moment.now)
    if new is None:
        raise IllegalMove("about", ["nobody else could own the case; add a person first"])
    change = _to(file, new, "the case is about its owner", moment, about=ids)
    return Change(
        change.subject, moment, change.sets, change.adds, (event, *change.events), change.notices
    )


def judge_troll(file: CaseFile, is_troll: bool, evidence: str, moment: Moment) -> Change:
    """Say, as a person, whether this is a troll. A confirmed one is reported to the platform.

    It gets no reply; the evidence is kept. Whether it is one is never for software to decide.
    """
    legal("troll", file)
    if not is_troll:
        return record(
            file,
            moment,
            Happened("troll_denied", words=evidence or None),
            facts={"troll": "denied", **_reply_owed(file)},
        )
    if not evidence.strip():
        raise IllegalMove("troll", ["say what shows it: --evidence"])
    facts: dict[str, Any] = {"troll": "confirmed"}
    if file.case.acknowledged_at is None:
        facts |= {"acknowledged_at": moment.now, "acknowledged_how": "none: troll"}
    report = task_adds(
        file,
        "report_to_platform",
        "Report the review by the platform's own route; note the answer",
        moment.now + _REPORT_WITHIN,
        moment,
    )
    return record(
        file,
        moment,
        Happened("troll_confirmed", words=evidence),
        facts=facts,
        adds=report,
        sets=withdrawn(file, moment),
    )


def _reply_owed(file: CaseFile) -> dict[str, Any]:
    """Return what makes the public reply owed again, where only the troll excused it."""
    if file.case.acknowledged_how != "none: troll":
        return {}
    return {"acknowledged_at": None, "acknowledged_how": ""}


def add_note(file: CaseFile, text: str, visibility: Visibility, moment: Moment) -> Change:
    """Leave a remark for colleagues, for as many eyes as it needs and no more."""
    legal("note", file)
    if not text.strip():
        raise IllegalMove("note", ["the note has no text"])
    values = {
        "id": moment.new_id(), "case_id": file.case.id, "text": text,
        "by": moment.by, "at": moment.now, "visibility": visibility,
    }  # fmt: skip
    event = Happened("noted", {"note": values["id"]}, visibility=visibility)
    return record(file, moment, event, adds=[Add(Note, values)])


def add_task(
    file: CaseFile, kind: str, what: str, due_at: datetime, moment: Moment, owner_id: str = ""
) -> Change:
    """Owe something on a date: a promise, an account of the physician, a corrective action."""
    legal("task", file)
    adds = task_adds(file, kind, what, due_at, moment, owner_id)
    event = Happened("task_set", {"task": adds[0].values["id"], "kind": kind, "due_at": due_at})
    return record(file, moment, event, adds=adds)


def task_done(file: CaseFile, task: Task, evidence: str, moment: Moment) -> Change:
    """Note that a task is done, with what shows it."""
    legal("task-done", file)
    if task.done_at is not None or not evidence.strip():
        raise IllegalMove("task-done", ["it is done already, or nothing shows it: --evidence"])
    return record(
        file,
        moment,
        Happened("task_done", {"task": task.id}),
        sets=[Set(Task, task.id, {"done_at": moment.now, "evidence": evidence})],
        ends=[end(clock, "met", moment) for clock in running(file, "task", task.id)],
    )

"""Who has a case, what it is held for, what is known about it: everything that is no stage."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from cases.answering.replies import withdrawn
from cases.assignment import owner_for
from cases.casefile import CaseFile
from cases.changes import Add, Change, Happened, Moment, Set
from cases.judging.triage import Severity
from cases.models import Clock, Note, Person, Task, Visibility
from cases.needs import IllegalMove, legal
from cases.notices import to_person
from cases.stages import record
from cases.talking.consent import suppressed
from cases.tasks import task_adds, task_clocks

HOLDS = ("counsel", "board", "media", "privacy")
SEVERITIES = tuple(Severity)
_REPORT_WITHIN = timedelta(days=2)
_ANY_ROUTE = "open it where it stands and use the link beside it."


def take(file: CaseFile, moment: Moment) -> Change:
    """Somebody takes the safety of a grave case: two were told, one answers for it now."""
    legal("take", file)
    return record(file, moment, Happened("safety_taken"), facts={"safe_at": moment.now})


def have_it(file: CaseFile, moment: Moment) -> Change:
    """Somebody says "I have it": nobody else is told for a while, then the ladder goes on.

    How long is the playbook's to say, in office time. No deadline moves and a miss stays a miss;
    the safety of a grave case is taken by its own move, and a clock begun later is not meant.
    """
    legal("have-it", file)
    resting = [c for c in file.clocks if c.ended_at is None and c.kind != "safety"]
    if not resting:
        raise IllegalMove("have-it", ["nothing is owed in this case just now"])
    until = {clock.id: _rests_until(file, clock, moment.now) for clock in resting}
    facts = {"clocks": [c.kind for c in resting], "until": max(until.values())}
    sets = [Set(Clock, clock.id, _resting(clock, until[clock.id], moment.now)) for clock in resting]
    return record(file, moment, Happened("has_it", facts), sets=sets)


def _rests_until(file: CaseFile, clock: Clock, now: datetime) -> datetime:
    span, office = file.playbook.held_for(clock.kind), file.calendars.office
    return office.add_days(now, span.days) if span.days else office.add(now, span.time)


def _resting(clock: Clock, until: datetime, now: datetime) -> dict[str, Any]:
    """Return what lets a ladder rest; its clock is looked at when it is due all the same."""
    look = until
    if clock.missed_at is None and clock.due_at is not None:
        look = min(until, max(clock.due_at, now))
    return {"taken_until": until, "look_at": clock.look_at and look}


def hand_over(file: CaseFile, to: Person, why: str, moment: Moment) -> Change:
    """Give the case to somebody else, who is told."""
    legal("hand-over", file)
    if missing := unfit(file, to):
        raise IllegalMove("hand-over", missing)
    return given_to(file, to, why, moment)


def unfit(file: CaseFile, to: Person) -> list[str]:
    """Return why somebody cannot own this case, one reason a line."""
    missing = []
    if not to.active:
        missing.append(f"{to.name} is not active any more")
    if to.id in file.case.about:
        missing.append(f"the case is about {to.name}")
    if to.clinics and file.clinic.id not in to.clinics:
        missing.append(f"{to.name} does not work for {file.clinic.name}")
    return missing


def given_to(
    file: CaseFile, to: Person, why: str, moment: Moment, *, silently: bool = False, **facts: Any
) -> Change:
    """Return the Change that makes somebody the owner; `silently`: they are told by other means.

    Whoever said "I have it" has it no longer: the new owner hears of what is owed.
    """
    key = f"handed:{file.case.id}:{file.case.version}:{to.id}"
    notice = to_person("handed_over", key, to.id, case_id=file.case.id)
    return record(
        file,
        moment,
        Happened("handed_over", {"from": file.case.owner_id or "", "to": to.id}, words=why or None),
        facts={"owner_id": to.id, **facts},
        sets=[
            Set(Clock, clock.id, {"taken_until": None, "look_at": moment.now})
            for clock in file.clocks
            if clock.ended_at is None and clock.taken_until is not None
        ],
        notices=[] if silently else [notice],
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
    """Say which staff it is about: none of them owns, approves, calls or hears of it by ladder.

    The program only suggests; a person says it, or that it is about nobody.
    """
    legal("about", file)
    ids = [person.id for person in people]
    event = Happened("about", {"people": ids})
    if file.case.owner_id not in ids:
        return record(file, moment, event, facts={"about": ids, "about_by": moment.by})
    new = owner_for(file.clinic, file.people, ids, moment.now)
    if new is None:
        raise IllegalMove("about", ["nobody else could own the case; add a person first"])
    change = given_to(
        file, new, "the case is about its owner", moment, about=ids, about_by=moment.by
    )
    return Change(
        change.subject, moment, change.sets, change.adds, (event, *change.events), change.notices
    )


def judge_troll(
    file: CaseFile, is_troll: bool, evidence: str, moment: Moment, route: str = ""
) -> Change:
    """Say, as a person, whether this is a troll. A confirmed one is reported to the platform.

    It gets no reply; the evidence is kept. Whether it is one is never for software to decide.
    `route`: the platform's own way to report a review, in words; the task names it.
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
        f"Report the review to {file.review.platform}: {route or _ANY_ROUTE} Then note the answer.",
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
    file: CaseFile,
    kind: str,
    what: str,
    due_at: datetime | None,
    moment: Moment,
    owner_id: str = "",
) -> Change:
    """Owe something on a date: a promise, an appeal, the physician's account, a remedy.

    A promise and an appeal run clocks of their own; an appeal without a date has the playbook's.
    """
    legal("task", file)
    adds = task_adds(file, kind, what, due_at, moment, owner_id)
    event = Happened(
        "task_set", {"task": adds[0].values["id"], "kind": kind, "due_at": adds[0].values["due_at"]}
    )
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
        ends=task_clocks(file, task, "met", moment),
    )

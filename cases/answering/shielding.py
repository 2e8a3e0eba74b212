"""What a confirmed troll wrote, hidden at our own place, and its author blocked there.

A person confirms the troll, a person asks for this; the program only hands it to the platform.
"""

from __future__ import annotations

from datetime import timedelta

from cases.answering.replies import APPROVERS
from cases.casefile import CaseFile
from cases.changes import Change, Happened, Moment, Set
from cases.models import Task
from cases.needs import IllegalMove, legal, one_of
from cases.ports import Capabilities, PlatformError
from cases.stages import record
from cases.tasks import task_adds, task_clocks

WAYS = ("hide", "block")
_WITHIN = timedelta(days=1)
_WHAT = {
    "hide": "Hide what they wrote at our own place",
    "block": "Block its author at our own place",
}


def shield(file: CaseFile, way: str, can: Capabilities, moment: Moment) -> Change:
    """Have a confirmed troll's words hidden, or its author blocked, where the platform can do that.

    Never for a review one dislikes: it takes the confirmation with its evidence, and one who may
    approve replies. Raises IllegalMove.
    """
    legal("shield", file)
    one_of("shield", "way", way, WAYS)
    person = file.people.get(moment.by)
    missing = []
    if person is None or person.role not in APPROVERS or person.id in file.case.about:
        missing.append(f"it takes one of: {', '.join(APPROVERS)}, and nobody it is about")
    if not getattr(can, way):
        missing.append(f"{file.review.platform} offers no way to {way}; report it instead")
    elif way == "block" and not file.review.author_id:
        missing.append("the platform did not say who wrote it; hide it, or report it")
    if any(task.kind == way and task.done_at is None for task in file.tasks):
        missing.append("it is asked for already")
    if missing:
        raise IllegalMove("shield", missing)
    adds = task_adds(file, way, _WHAT[way], moment.now + _WITHIN, moment)
    return record(file, moment, Happened("shield_asked", {"way": way}), adds=adds)


def shielded(file: CaseFile, task: Task, moment: Moment) -> Change:
    """Note that the platform did it."""
    values = {"done_at": moment.now, "evidence": f"{file.review.platform}: done"}
    return record(
        file,
        moment,
        Happened("shielded", {"way": task.kind}),
        sets=[Set(Task, task.id, values)],
        ends=task_clocks(file, task, "met", moment),
    )


def not_shielded(file: CaseFile, task: Task, error: PlatformError, moment: Moment) -> Change:
    """Note that the platform never will: the task stays, for a person to do by hand."""
    event = Happened("not_shielded", {"way": task.kind, "code": error.code})
    sets = [Set(Task, task.id, {"kind": f"{task.kind}_by_hand"})]
    return record(file, moment, event, sets=sets)

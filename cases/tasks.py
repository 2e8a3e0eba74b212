"""What a person owes on a date, with the clock that reminds them of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cases.casefile import CaseFile
from cases.changes import Add, Moment
from cases.models import Task
from cases.stages import IllegalMove, keyed_clock


def task_adds(
    file: CaseFile,
    kind: str,
    what: str,
    due_at: datetime,
    moment: Moment,
    owner_id: str = "",
) -> list[Add]:
    """Return a task, the owner's of the case unless another is named, and its clock.

    Raises IllegalMove where its date has passed.
    """
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
    }
    return [Add(Task, task), keyed_clock(file, "task", task["id"], moment, until=due_at)]

"""What a person owes on a date, with the clock that reminds them of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from cases.casefile import CaseFile
from cases.changes import Add, Moment, Set
from cases.clockwork import clocks
from cases.models import Clock, Task
from cases.needs import IllegalMove
from cases.stages import keyed_clock


def task_adds(
    file: CaseFile,
    kind: str,
    what: str,
    due_at: datetime | None,
    moment: Moment,
    owner_id: str = "",
) -> list[Add]:
    """Return a task, the owner's of the case unless another is named, and its clock.

    Without a date it is due when the playbook says, if it has a span for that kind (an appeal).
    Raises IllegalMove where its date has passed, or there is none.
    """
    by = due_at or _usual(file, kind, moment)
    if by <= moment.now:
        raise IllegalMove("task", [f"{by:%Y-%m-%d %H:%M} has passed; give a date ahead"])
    task: dict[str, Any] = {
        "id": moment.new_id(),
        "case_id": file.case.id,
        "kind": kind,
        "what": what,
        "owner_id": owner_id or file.case.owner_id,
        "created_at": moment.now,
        "due_at": by,
    }
    return [Add(Task, task), keyed_clock(file, clock_of(file, kind), task["id"], moment, until=by)]


def clock_of(file: CaseFile, kind: str) -> str:
    """Return which clock a task runs: its own kind, where the playbook has one, or `task`."""
    return kind if kind in clocks.DATED and kind in file.playbook.clocks else "task"


def _usual(file: CaseFile, kind: str, moment: Moment) -> datetime:
    promise = file.playbook.clocks[clock_of(file, kind)]
    if not promise.span:
        raise IllegalMove("task", ["a task has a date by which it is owed; give one"])
    hours = file.calendars.named(promise.calendar)
    clock = clocks.start(promise.kind, "", moment.now, promise, file.calendars, moment).values
    return clocks.after_part(Clock(**clock), (), hours)


def task_clocks(file: CaseFile, task: Task, how: str, moment: Moment) -> list[Set]:
    """Return the end of the clock that ran for a task."""
    return [
        clocks.end(clock, how, moment)
        for clock in file.clocks
        if clock.kind in clocks.DATED and clock.key == task.id and clock.ended_at is None
    ]

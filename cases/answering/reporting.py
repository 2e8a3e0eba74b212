"""A review reported to its platform: which way, with what result, and the one appeal there is.

Reporting is for what breaks a platform's own rules, never for a review one dislikes: a report is
made once, and nobody is threatened with it (16 CFR 465.7).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from cases.casefile import CaseFile
from cases.changes import Change, Happened, Moment, Set
from cases.clockwork.clocks import end
from cases.models import Task
from cases.needs import IllegalMove, legal, one_of
from cases.stages import record, running
from cases.tasks import task_adds, task_clocks

# Why a platform can be asked to look at a review.
REASONS = (
    "spam", "fake", "off_topic", "conflict_of_interest", "profanity", "harassment", "hate",
    "personal_data", "threat", "wrong_place", "contest",
)  # fmt: skip
RESULTS = ("accepted", "refused", "none")
_ANSWER_AFTER = timedelta(days=7)  # platforms take several days to look
_APPEAL_WITHIN = timedelta(days=7)


def report(
    file: CaseFile,
    reason: str,
    route: str,
    evidence: str,
    moment: Moment,
    contest_until: datetime | None = None,
) -> Change:
    """Note that a person reported the review: why, by which address, on what evidence.

    A task asks in a week what became of it. `contest_until`: the end of the platform's window in
    which it can be contested at all; a task of its own ends with it. Raises IllegalMove.
    """
    legal("report", file)
    one_of("report", "reason", reason, REASONS)
    if not route.startswith("https://"):
        raise IllegalMove("report", ["say by which address it was reported: --url https://..."])
    if not evidence.strip():
        raise IllegalMove("report", ["say what in the review breaks which rule: --evidence"])
    if open_report(file) is not None:
        raise IllegalMove("report", ["it is reported already; first: report-answered"])
    what = f"Look what became of the report ({reason})"
    adds = task_adds(file, "report", what, moment.now + _ANSWER_AFTER, moment)
    if contest_until is not None:
        adds += task_adds(file, "appeal", "Contest the review in its window", contest_until, moment)
    owed = [t for t in file.tasks if t.kind == "report_to_platform" and t.done_at is None]
    sets = [Set(Task, t.id, {"done_at": moment.now, "evidence": route}) for t in owed]
    ends = [each for t in owed for each in task_clocks(file, t, "met", moment)]
    event = Happened("reported", {"reason": reason, "route": route}, words=evidence)
    return record(file, moment, event, adds=adds, sets=sets, ends=ends)


def answered(
    file: CaseFile, result: str, note: str, moment: Moment, appeal_until: datetime | None = None
) -> Change:
    """Note what the platform made of a report. One that was refused may be appealed, once."""
    legal("report-answered", file)
    one_of("report-answered", "result", result, RESULTS)
    task = open_report(file)
    if task is None:
        raise IllegalMove("report-answered", ["nothing was reported; first: report"])
    sets = [Set(Task, task.id, {"done_at": moment.now, "evidence": result})]
    ends = [end(clock, "met", moment) for clock in running(file, "task", task.id)]
    adds = []
    if result == "refused" and not any(each.kind == "appeal" for each in file.tasks):
        has_span = "appeal" in file.playbook.clocks
        until = appeal_until or (None if has_span else moment.now + _APPEAL_WITHIN)
        adds = task_adds(file, "appeal", "Decide whether to appeal, once", until, moment)
    event = Happened("report_answered", {"result": result}, words=note or None)
    return record(file, moment, event, sets=sets, adds=adds, ends=ends)


def contestable(file: CaseFile, until: datetime, moment: Moment) -> Change | None:
    """Note that a platform lets this review be contested until then: a task and clock of its own.

    None where that is known, where the case is closed, or the window has ended.
    """
    known = any(task.kind == "appeal" for task in file.tasks)
    if known or file.case.closed_at is not None or until <= moment.now:
        return None
    what = "Decide whether to contest the review before its window ends; then: report"
    adds = task_adds(file, "appeal", what, until, moment)
    return record(file, moment, Happened("contestable", {"until": until}), adds=adds)


def open_report(file: CaseFile) -> Task | None:
    """Return the report whose result nobody has noted yet."""
    return next((t for t in file.tasks if t.kind == "report" and t.done_at is None), None)

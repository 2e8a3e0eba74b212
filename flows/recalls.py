"""What is asked of a platform besides posting: to take our reply down, to hide, to block."""

from __future__ import annotations

from collections.abc import Callable

from cases.answering.recalling import not_taken_down, taken_down
from cases.answering.shielding import not_shielded, shielded
from cases.casefile import CaseFile
from cases.changes import Change
from cases.models import Reply, ReplyState, Task
from cases.needs import IllegalMove
from cases.ports import PlatformError, unsupported
from cases.viewers import ENGINE
from flows.house import Counts, House, alone, code_of, log
from flows.platforms import Platforms, Way

_TRIES = 5


def run(house: House, platforms: Platforms, done: Counts) -> None:
    """Take recalled replies down and shield from confirmed trolls. Each call is safe to repeat."""
    for case_id, reply_id in house.store.replies_to_take_down(house.now):
        with alone(f"reply {reply_id}", done, "failed"):
            _take_down(house, platforms, case_id, reply_id)
    for case_id, task_id in house.store.shields_asked(house.now):
        with alone(f"task {task_id}", done, "failed"):
            _shield(house, platforms, case_id, task_id)


def _take_down(house: House, platforms: Platforms, case_id: str, reply_id: str) -> None:
    file = house.store.case_file(case_id, ENGINE)
    error = _asked(platforms, file, lambda way: way.platform.delete_reply(way.external_id))
    if error is None or error.trouble == "gone":
        shows = f"{file.review.platform} took it down"
        _note(house, case_id, lambda f: taken_down(f, shows, house.moment()))
        return
    _note(house, case_id, lambda f: _still(f, reply_id, error, house))


def _still(file: CaseFile, reply_id: str, error: PlatformError, house: House) -> Change:
    reply: Reply = next(each for each in file.replies if each.id == reply_id)
    if reply.state != ReplyState.RECALLED:
        raise IllegalMove("take-down", ["a person saw to it meanwhile"])
    return not_taken_down(file, reply, error, house.moment())


def _shield(house: House, platforms: Platforms, case_id: str, task_id: str) -> None:
    file = house.store.case_file(case_id, ENGINE)
    kind = _task(file, task_id).kind
    error = _asked(platforms, file, lambda way: _hand_over(way, kind, file))
    if error is None:
        _note(house, case_id, lambda f: shielded(f, _task(f, task_id), house.moment()))
    elif error.permanent:
        known = error
        _note(house, case_id, lambda f: not_shielded(f, _task(f, task_id), known, house.moment()))
    else:  # asked again at the next run; late, its clock tells somebody
        log.warning("task %s: %s", task_id, error.code)


def _hand_over(way: Way, kind: str, file: CaseFile) -> None:
    if kind == "hide":
        way.platform.hide(way.external_id)
    else:
        way.platform.block(file.review.author_id)


def _task(file: CaseFile, task_id: str) -> Task:
    return next(task for task in file.tasks if task.id == task_id)


def _asked(
    platforms: Platforms, file: CaseFile, ask: Callable[[Way], None]
) -> PlatformError | None:
    """Ask a platform for something; return why it did not happen, or None where it did."""
    try:
        way = platforms.way_to(file.review)
        if way is None:
            raise unsupported(file.review.platform)
        ask(way)
    except PlatformError as error:
        return error
    except Exception as error:  # a defect of ours: a person does it
        return PlatformError(code_of(error), "unexpected", permanent=True)
    return None


def _note(house: House, case_id: str, rule: Callable[[CaseFile], Change]) -> None:
    """Write what became of it, however often somebody else works on the case meanwhile."""
    for _ in range(_TRIES):
        try:
            change = rule(house.store.case_file(case_id, ENGINE))
        except IllegalMove:
            return  # a person saw to it meanwhile
        if house.apply(change).applied:
            return
    log.error("what a platform did in case %s could not be written; it is asked again", case_id)

"""Every five minutes: post approved replies where the platform takes them from a program."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from prefect import flow

from cases.casefile import CaseFile
from cases.changes import Change
from cases.models import Reply, ReplyState
from cases.ports import PlatformError, PublicReply, Published
from cases.replies import did_not_go_live, submit, went_live
from cases.stages import IllegalMove
from cases.viewers import ENGINE
from flows.house import Counts, House, alone, at_work, code_of, log
from reviews import platform_of

Rule = Callable[[CaseFile, Reply], Change]
_TRIES = 5
_STUCK = timedelta(minutes=15)


@flow(name="publish", retries=0)
def publish(now: datetime | None = None) -> Counts:
    """Publish what was approved. Safe to repeat: a reply is claimed before it is handed over."""
    with at_work("publish", now) as house:
        return run(house)


def run(house: House) -> Counts:
    """Settle replies whose end nobody knows, then claim and post the approved ones."""
    done = {"live": 0, "pending": 0, "failed": 0}
    for case_id, reply_id in house.store.stuck_replies(house.now - _STUCK):
        with alone(f"reply {reply_id}", done, "failed"):
            done["failed"] += _settle_lost(house, case_id, reply_id)
    for case_id, reply_id in house.store.replies_to_publish():
        with alone(f"reply {reply_id}", done, "failed"):
            if outcome := _publish(house, case_id, reply_id):
                done[outcome] += 1
    return done


def _settle_lost(house: House, case_id: str, reply_id: str) -> bool:
    """Note that nobody knows the end of a reply, unless somebody has said it just now."""
    file = house.store.case_file(case_id, ENGINE)
    reply = _reply(file, reply_id)
    if reply.state != ReplyState.SUBMITTED:
        return False
    lost = PlatformError("lost", "the program ended in between", sent=None)
    return bool(house.apply(did_not_go_live(file, reply, lost, house.moment())).applied)


def _publish(house: House, case_id: str, reply_id: str) -> str:
    file = house.store.case_file(case_id, ENGINE)
    reply = _reply(file, reply_id)
    try:
        claimed = house.apply(submit(file, reply, house.moment()))
    except IllegalMove as reason:
        log.error("reply %s is not published: %s", reply_id, "; ".join(reason.missing))
        return ""
    if not claimed.applied:
        return ""  # somebody changed the case meanwhile; the next run looks again
    try:
        said = _post(house, file, reply)
    except PlatformError as error:
        _note(house, case_id, reply_id, _failure(house, error))
        return "failed"
    _note(house, case_id, reply_id, lambda f, r: went_live(f, r, said, house.moment()))
    return "live" if said.live else "pending"


def _post(house: House, file: CaseFile, reply: Reply) -> Published:
    platform = platform_of(file.review.platform, house.store.sources())
    if platform is None:
        raise PlatformError("no-source", "the source is gone", permanent=True)
    out = PublicReply(reply.id, file.review.platform, file.review.external_id, reply.text or "")
    try:
        return platform.publish(out)
    except PlatformError:
        raise
    except Exception as error:  # a defect of ours: nobody can know what was posted
        raise PlatformError(code_of(error), "unexpected", sent=None) from None


def _failure(house: House, error: PlatformError) -> Rule:
    return lambda file, reply: did_not_go_live(file, reply, error, house.moment())


def _note(house: House, case_id: str, reply_id: str, rule: Rule) -> None:
    """Write what became of a reply, however often somebody else works on the case meanwhile."""
    for _ in range(_TRIES):
        file = house.store.case_file(case_id, ENGINE)
        if house.apply(rule(file, _reply(file, reply_id))).applied:
            return
    log.error("the end of reply %s could not be written; it is settled as unknown", reply_id)


def _reply(file: CaseFile, reply_id: str) -> Reply:
    return next(reply for reply in file.replies if reply.id == reply_id)

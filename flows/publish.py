"""Every five minutes: post approved replies where the platform takes them from a program."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from prefect import flow

from cases.answering.publishing import (
    did_not_go_live,
    is_as_approved,
    not_told,
    ours,
    posted_id,
    submit,
    tampered,
    went_live,
)
from cases.arriving.seeing import about_reply
from cases.arriving.sources import failed
from cases.casefile import CaseFile
from cases.changes import Change
from cases.models import Reply, ReplyState
from cases.needs import IllegalMove
from cases.ports import PlatformError, PublicReply, Published, unsupported
from cases.viewers import ENGINE
from flows import recalls
from flows.house import Counts, House, alone, at_work, code_of, log
from flows.platforms import Platforms, Way

Rule = Callable[[CaseFile, Reply], Change]
_TRIES = 5
_STUCK = timedelta(minutes=15)


@flow(name="publish", retries=0)
def publish(now: datetime | None = None) -> Counts:
    """Publish what was approved. Safe to repeat: a reply is claimed before it is handed over."""
    with at_work("publish", now) as house:
        return run(house)


def run(house: House) -> Counts:
    """Settle replies whose end nobody knows, ask about pending ones, then post the approved."""
    done = {"live": 0, "pending": 0, "failed": 0}
    for case_id, reply_id in house.store.stuck_replies(house.now - _STUCK):
        with alone(f"reply {reply_id}", done, "failed"):
            done["failed"] += _settle_lost(house, case_id, reply_id)
    with Platforms(house) as platforms:
        for case_id, reply_id in house.store.replies_to_ask_about(house.now):
            with alone(f"reply {reply_id}", done, "failed"):
                done[_ask(house, platforms, case_id, reply_id)] += 1
        for case_id, reply_id in house.store.replies_to_publish(house.now):
            with alone(f"reply {reply_id}", done, "failed"):
                if outcome := _publish(house, platforms, case_id, reply_id):
                    done[outcome] += 1
        recalls.run(house, platforms, done)
    return done


def _settle_lost(house: House, case_id: str, reply_id: str) -> bool:
    """Note that nobody knows the end of a reply, unless somebody has said it just now."""
    file = house.store.case_file(case_id, ENGINE)
    reply = _reply(file, reply_id)
    if reply.state != ReplyState.SUBMITTED:
        return False
    lost = PlatformError("lost", "the program ended in between", sent=None)
    return bool(house.apply(did_not_go_live(file, reply, lost, house.moment())).applied)


def _ask(house: House, platforms: Platforms, case_id: str, reply_id: str) -> str:
    """Ask a platform how a reply it has stands now."""
    file = house.store.case_file(case_id, ENGINE)
    reply = _reply(file, reply_id)
    try:
        way = _way(platforms, file)
        said = way.platform.state(_out(way, file, reply))
    except PlatformError as error:
        known = error
        _note(house, case_id, reply_id, lambda f, r: not_told(f, r, known, house.moment()))
        return "failed"
    return _said(house, case_id, reply_id, said)


def _publish(house: House, platforms: Platforms, case_id: str, reply_id: str) -> str:
    file = house.store.case_file(case_id, ENGINE)
    reply = _reply(file, reply_id)
    if not is_as_approved(reply):
        log.error("reply %s is not published: the text is not the one that was approved", reply_id)
        house.apply(tampered(file, reply, house.moment()))
        return "failed"
    try:
        claimed = house.apply(submit(file, reply, house.moment()))
    except IllegalMove as reason:
        log.error("reply %s is not published: %s", reply_id, "; ".join(reason.missing))
        return ""
    if not claimed.applied:
        return ""  # somebody changed the case meanwhile; the next run looks again
    try:
        said = _post(platforms, file, reply)
    except PlatformError as error:
        _failed(house, platforms, case_id, reply_id, error)
        return "failed"
    return _said(house, case_id, reply_id, said)


def _said(house: House, case_id: str, reply_id: str, said: Published) -> str:
    _note(house, case_id, reply_id, lambda f, r: went_live(f, r, said, house.moment()))
    return said.state if said.state in ("live", "pending") else "failed"


def _way(platforms: Platforms, file: CaseFile) -> Way:
    way = platforms.way_to(file.review)
    if way is None:
        raise PlatformError("no-source", "the source is gone", permanent=True)
    if not way.platform.can.reply:
        raise unsupported(way.platform.name)
    return way


def _out(way: Way, file: CaseFile, reply: Reply) -> PublicReply:
    return PublicReply(
        reply.id,
        file.review.platform,
        way.external_id,
        reply.text or "",
        posted_id=posted_id(file, reply),
        may_replace=ours(file, reply),
    )


def _post(platforms: Platforms, file: CaseFile, reply: Reply) -> Published:
    try:
        way = _way(platforms, file)
    except PlatformError:
        raise
    except Exception as error:  # nothing has left the house yet
        raise PlatformError(code_of(error), "not connected") from None
    try:
        return way.platform.publish(_out(way, file, reply))
    except PlatformError:
        raise
    except Exception as error:  # a defect of ours: nobody can know what was posted
        raise PlatformError(code_of(error), "unexpected", sent=None) from None


def _failed(
    house: House, platforms: Platforms, case_id: str, reply_id: str, error: PlatformError
) -> None:
    """Note why a reply is not there; a sign-in that expired is the source's trouble as well."""
    _note(house, case_id, reply_id, lambda f, r: did_not_go_live(f, r, error, house.moment()))
    way = platforms.way_to(house.store.case_file(case_id, ENGINE).review)
    if way is None:
        return
    if error.trouble in ("auth", "quota-zero"):
        people = house.store.people().values()
        source = house.store.source(way.source.id) or way.source
        house.apply(failed(source, error, people, house.moment()))
    if error.trouble == "foreign-reply" and way.platform.can.look:
        _see_reply(house, case_id, way)


def _see_reply(house: House, case_id: str, way: Way) -> None:
    """Look whose reply stands there, so that a person can decide about that very one."""
    with suppress(PlatformError):
        seen = way.platform.look(way.external_id)
        file = house.store.case_file(case_id, ENGINE)
        change = about_reply(seen, file.review, file, house.moment()) if seen else None
        if change is not None:
            house.apply(change)


def _note(house: House, case_id: str, reply_id: str, rule: Rule) -> None:
    """Write what became of a reply, however often somebody else works on the case meanwhile."""
    for _ in range(_TRIES):
        file = house.store.case_file(case_id, ENGINE)
        if house.apply(rule(file, _reply(file, reply_id))).applied:
            return
    log.error("the end of reply %s could not be written; it is settled as unknown", reply_id)


def _reply(file: CaseFile, reply_id: str) -> Reply:
    return next(reply for reply in file.replies if reply.id == reply_id)

"""An approved reply on its way to the public: handed over, looked at, live, refused, in doubt."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from cases.answering.replies import (
    APPROVERS,
    acknowledged,
    ask_for_hand,
    edited,
    fingerprint,
    newest,
)
from cases.casefile import CaseFile
from cases.changes import Change, Happened, Moment, Set
from cases.models import Reply, ReplyState, Role
from cases.needs import IllegalMove, legal
from cases.notices import to_person
from cases.ports import PlatformError, Published, reply_mark, trouble_of
from cases.stages import record

_POST_AFTER, _POST_AT_MOST, _POSTED = timedelta(minutes=5), timedelta(hours=4), 8
_ASK_AFTER, _ASK_AT_MOST, _ASKED = timedelta(minutes=10), timedelta(hours=12), 32
_SIGN_IN_AFTER = timedelta(hours=1)


def submit(file: CaseFile, reply: Reply, moment: Moment) -> Change:
    """Claim an approved reply before it is handed to the platform: nobody else posts it now."""
    if file.case.held_at is not None:
        raise IllegalMove("publish", ["a hold stops all that goes out; first: release"])
    if reply.state != ReplyState.APPROVED:
        raise IllegalMove("publish", [f"the reply is {reply.state}, not approved and waiting"])
    if reply.text is None or fingerprint(reply.text) != reply.digest:
        raise IllegalMove("publish", ["the text is not the one that was approved; approve again"])
    return record(
        file,
        moment,
        Happened("reply_submitted", {"reply": reply.id}),
        sets=[Set(Reply, reply.id, {"state": ReplyState.SUBMITTED, "submitted_at": moment.now})],
    )


def is_as_approved(reply: Reply) -> bool:
    """Tell whether a reply's text still is the very one somebody approved."""
    return reply.text is not None and fingerprint(reply.text) == reply.digest


def tampered(file: CaseFile, reply: Reply, moment: Moment) -> Change:
    """Refuse a reply whose text was changed behind our back; the privacy officers are told."""
    told = [p for p in file.people.values() if p.active and p.role == Role.PRIVACY_OFFICER]
    told = told or [p for p in file.people.values() if p.active and p.role == Role.ADMINISTRATOR]
    return record(
        file,
        moment,
        Happened("reply_tampered", {"reply": reply.id}),
        sets=[Set(Reply, reply.id, {"state": ReplyState.REJECTED, "code": "text-changed"})],
        notices=[_told(file, reply, "reply_tampered", person.id, moment) for person in told],
    )


def ours(file: CaseFile, reply: Reply) -> frozenset[str]:
    """Return the marks of replies this one may replace: our own, and one somebody decided on."""
    mine = {reply_mark(r.text) for r in file.replies if r.text and r.state in _OUT_THERE}
    return frozenset(mine | {reply_mark(reply.text or "")} | ({reply.overwrites} - {""}))


_OUT_THERE = (
    ReplyState.LIVE, ReplyState.PENDING, ReplyState.SUBMITTED, ReplyState.UNKNOWN,
    ReplyState.EDITED, ReplyState.RECALLED,
)  # fmt: skip


def posted_id(file: CaseFile, reply: Reply) -> str:
    """Return the id this reply has at the platform, or that of the live one it replaces."""
    edited_one = next((each.external_id for each in file.replies if each.id == reply.edits), "")
    return reply.external_id or edited_one


def went_live(file: CaseFile, reply: Reply, said: Published, moment: Moment) -> Change:
    """Note what the platform said of a reply: the public sees it, it is looked at, or refused.

    The review is acknowledged once the public sees it. A pending one is asked about again, ever
    more seldom; after some two weeks a person looks.
    """
    values: dict[str, Any] = {"external_id": said.external_id, "url": said.url}
    if said.state == "rejected":
        return _refused(file, reply, values, said.reason, moment)
    if said.state == "pending":
        return _pending(file, reply, values, moment)
    values |= {"state": ReplyState.LIVE, "live_at": moment.now, "look_at": None, "code": ""}
    return record(
        file,
        moment,
        Happened("reply_live", {"reply": reply.id}),
        facts=acknowledged(file, moment.now, "live"),
        sets=[Set(Reply, reply.id, values), *edited(file, reply)],
    )


def _refused(
    file: CaseFile, reply: Reply, values: dict[str, Any], reason: str, moment: Moment
) -> Change:
    values |= {"state": ReplyState.REJECTED, "reason": reason, "code": "rejected", "look_at": None}
    return record(
        file,
        moment,
        Happened("reply_rejected", {"reply": reply.id, "reason": reason}),
        sets=[Set(Reply, reply.id, values)],
        notices=_owner(file, reply, "reply_rejected", moment, code=reason or "rejected"),
    )


def _pending(file: CaseFile, reply: Reply, values: dict[str, Any], moment: Moment) -> Change:
    first = reply.state != ReplyState.PENDING
    tries = 0 if first else reply.tries + 1
    if tries >= _ASKED:
        return _doubtful(file, reply, "pending-too-long", moment)
    values |= {"state": ReplyState.PENDING, "tries": tries, "code": ""}
    values["look_at"] = moment.now + _grown(_ASK_AFTER, tries, _ASK_AT_MOST)
    kind = "reply_pending" if first else "reply_asked_about"
    sets = [Set(Reply, reply.id, values)]
    return record(file, moment, Happened(kind, {"reply": reply.id}), sets=sets)


def not_told(file: CaseFile, reply: Reply, error: PlatformError, moment: Moment) -> Change:
    """Note that a platform did not say how a reply stands; in the end a person looks."""
    tries = reply.tries + 1
    if error.permanent or tries >= _ASKED:
        return _doubtful(file, reply, error.code, moment)
    wait = _grown(_ASK_AFTER, tries, _ASK_AT_MOST)
    wait = max(wait, error.retry_after) if error.retry_after is not None else wait
    values = {"tries": tries, "code": error.code, "look_at": moment.now + wait}
    event = Happened("reply_asked_about", {"reply": reply.id, "code": error.code})
    return record(file, moment, event, sets=[Set(Reply, reply.id, values)])


def _doubtful(file: CaseFile, reply: Reply, code: str, moment: Moment) -> Change:
    values = {"state": ReplyState.UNKNOWN, "code": code, "look_at": None}
    facts = {"reply": reply.id, "code": code, "state": str(ReplyState.UNKNOWN)}
    return record(
        file,
        moment,
        Happened("reply_failed", facts),
        sets=[Set(Reply, reply.id, values)],
        notices=_owner(file, reply, "reply_unknown", moment, code=code),
    )


def did_not_go_live(file: CaseFile, reply: Reply, error: PlatformError, moment: Moment) -> Change:
    """Note that the platform refused the reply, or that nobody can know; the owner is told.

    What surely was not posted, for a passing reason, is tried again, ever more seldom, and in the
    end becomes a person's; so does what the platform offers programs no more, or our cap on cost
    forbids. A sign-in that expired costs no try. Doubt is for a person.
    """
    if error.sent is None:
        return _doubtful(file, reply, error.code, moment)
    if error.trouble in ("unsupported", "budget"):
        return _by_hand(file, reply, error.code, moment)
    if error.trouble in ("auth", "quota-zero"):
        return _again(file, reply, error, reply.tries, _SIGN_IN_AFTER, moment)
    if error.permanent or error.trouble == "foreign-reply":
        return _not_taken(file, reply, error, moment)
    tries = reply.tries + 1
    if tries >= _POSTED:
        return _by_hand(file, reply, error.code, moment)
    wait = _grown(_POST_AFTER, tries - 1, _POST_AT_MOST)
    return _again(file, reply, error, tries, wait, moment)


def _again(
    file: CaseFile,
    reply: Reply,
    error: PlatformError,
    tries: int,
    wait: timedelta,
    moment: Moment,
) -> Change:
    wait = max(wait, error.retry_after) if error.retry_after is not None else wait
    values = {"state": ReplyState.APPROVED, "code": error.code, "tries": tries}
    facts = {"reply": reply.id, "code": error.code, "state": str(ReplyState.APPROVED)}
    sets = [Set(Reply, reply.id, {**values, "look_at": moment.now + wait})]
    return record(file, moment, Happened("reply_failed", facts), sets=sets)


def _not_taken(file: CaseFile, reply: Reply, error: PlatformError, moment: Moment) -> Change:
    kind = "reply_foreign" if error.trouble == "foreign-reply" else "reply_rejected"
    values = {"state": ReplyState.REJECTED, "code": error.code, "look_at": None}
    facts = {"reply": reply.id, "code": error.code, "state": str(ReplyState.REJECTED)}
    return record(
        file,
        moment,
        Happened("reply_failed", facts),
        sets=[Set(Reply, reply.id, values)],
        notices=_owner(file, reply, kind, moment, code=error.code),
    )


def _by_hand(file: CaseFile, reply: Reply, code: str, moment: Moment) -> Change:
    """Give an approved reply to a person: no program can post it, or not any more."""
    adds, notices = ask_for_hand(file, reply, moment)
    values = {"state": ReplyState.BY_HAND, "code": code, "look_at": None}
    facts = {"reply": reply.id, "code": code, "state": str(ReplyState.BY_HAND)}
    sets = [Set(Reply, reply.id, values)]
    event = Happened("reply_failed", facts)
    return record(file, moment, event, sets=sets, adds=adds, notices=notices)


def _grown(first: timedelta, tries: int, most: timedelta) -> timedelta:
    doubled: int = 2 ** min(max(tries, 0), 12)
    return min(first * doubled, most)


def _owner(
    file: CaseFile, reply: Reply, kind: str, moment: Moment, **detail: str
) -> list[dict[str, Any]]:
    owner = file.case.owner_id
    return [_told(file, reply, kind, owner, moment, **detail)] if owner else []


def _told(
    file: CaseFile, reply: Reply, kind: str, person_id: str, moment: Moment, **detail: str
) -> dict[str, Any]:
    key = f"{kind}:{reply.id}:{person_id}:{moment.now.isoformat()}"
    return to_person(kind, key, person_id, detail, case_id=file.case.id)


def replace_foreign(file: CaseFile, moment: Moment) -> Change:
    """Let an approved reply take the place of one somebody wrote at the platform directly.

    Of that very one only: whoever changes it meanwhile is not overwritten. Raises IllegalMove.
    """
    legal("replace-reply", file)
    person = file.people.get(moment.by)
    reply = newest(file, ReplyState.REJECTED)
    if reply is None or trouble_of(reply.code) != "foreign-reply":
        raise IllegalMove("replace-reply", ["no reply of ours met another one there"])
    if person is None or person.role not in APPROVERS:
        raise IllegalMove("replace-reply", [f"it takes one of: {', '.join(APPROVERS)}"])
    if not file.review.reply_mark:
        raise IllegalMove("replace-reply", ["nobody has seen what stands there now"])
    values = {"state": ReplyState.APPROVED, "overwrites": file.review.reply_mark, "code": ""}
    return record(
        file,
        moment,
        Happened("reply_may_replace", {"reply": reply.id, "mark": file.review.reply_mark[:16]}),
        sets=[Set(Reply, reply.id, {**values, "tries": 0, "look_at": None})],
    )

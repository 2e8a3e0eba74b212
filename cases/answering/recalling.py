"""A reply taken back: before the public saw it, or afterwards, from where it stands."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from cases.answering.replies import newest, withdrawn
from cases.casefile import CaseFile
from cases.changes import Change, Happened, Moment, Set
from cases.models import Reply, ReplyState, Task
from cases.needs import NEEDS, RETURNABLE, STANDING, IllegalMove, legal
from cases.ports import Capabilities, PlatformError
from cases.stages import record
from cases.tasks import task_adds, task_clocks

_BY_HAND = timedelta(hours=4)
_WAIT = timedelta(minutes=5)
_WHAT = "Take our reply down where it stands, then say what shows it"


def withdraw(file: CaseFile, why: str, moment: Moment) -> Change:
    """Take back what was drafted or approved and no platform has; the posting owed for it ends."""
    legal("withdraw", file)
    rejected = (r for r in file.replies if r.state == ReplyState.REJECTED)
    sets = withdrawn(file, moment)
    sets += [Set(Reply, r.id, {"state": ReplyState.WITHDRAWN, "look_at": None}) for r in rejected]
    which = newest(file, *RETURNABLE)
    event = Happened("reply_withdrawn", {"reply": which.id if which else ""}, words=why or None)
    return record(file, moment, event, sets=sets)


def take_down(file: CaseFile, can: Capabilities, why: str, moment: Moment) -> Change:
    """Have the reply that stands taken down, by the program where the platform lets it.

    That the review was answered stays true: what is owed instead is for a person to say.
    """
    legal("take-down", file)
    reply = newest(file, *STANDING)
    if reply is None:
        raise IllegalMove("take-down", [NEEDS["standing_reply"].remedy])
    values: dict[str, Any] = {"state": ReplyState.RECALLED, "tries": 0, "look_at": moment.now}
    adds = []
    if not can.delete_reply:
        values["look_at"] = None
        adds = task_adds(file, "take_down", _WHAT, moment.now + _BY_HAND, moment)
    event = Happened("reply_recalled", {"reply": reply.id}, words=why or None)
    return record(file, moment, event, sets=[Set(Reply, reply.id, values)], adds=adds)


def taken_down(file: CaseFile, evidence: str, moment: Moment) -> Change:
    """Note that a recalled reply stands no more: the platform said so, or a person looked."""
    legal("taken-down", file)
    reply = newest(file, ReplyState.RECALLED)
    if reply is None or not evidence.strip():
        raise IllegalMove("taken-down", ["say what shows that it is gone: --evidence"])
    owed = [t for t in file.tasks if t.kind == "take_down" and t.done_at is None]
    return record(
        file,
        moment,
        Happened("reply_taken_down", {"reply": reply.id}, words=evidence),
        sets=[
            Set(Reply, reply.id, {"state": ReplyState.WITHDRAWN, "look_at": None}),
            *(Set(Task, t.id, {"done_at": moment.now, "evidence": evidence}) for t in owed),
        ],
        ends=[each for t in owed for each in task_clocks(file, t, "met", moment)],
    )


def not_taken_down(file: CaseFile, reply: Reply, error: PlatformError, moment: Moment) -> Change:
    """Note that a platform did not take a reply down: tried again in a while, then a person's."""
    tries = reply.tries + 1
    again = not error.permanent and tries < 3
    wait = error.retry_after or _WAIT * 2**tries
    values = {"tries": tries, "code": error.code, "look_at": moment.now + wait if again else None}
    adds = [] if again else task_adds(file, "take_down", _WHAT, moment.now + _BY_HAND, moment)
    event = Happened("reply_not_taken_down", {"reply": reply.id, "code": error.code})
    return record(file, moment, event, sets=[Set(Reply, reply.id, values)], adds=adds)

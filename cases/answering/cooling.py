"""A heated draft put aside for an hour, and read again before it goes out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from cases.answering.replies import newest
from cases.casefile import CaseFile
from cases.changes import Change, Happened, Moment, Set
from cases.checking.compliance import Finding
from cases.models import Reply, ReplyState
from cases.needs import NEEDS, IllegalMove, legal
from cases.stages import record

LENGTH = timedelta(hours=1)
HEATED = frozenset({"defensive", "shouting", "argues_facts", "retaliation"})


def heated(findings: Iterable[Finding]) -> bool:
    """Tell whether a text sounds as if somebody should sleep on it, or wait an hour at least."""
    return any(each.code in HEATED for each in findings)


def cool(file: CaseFile, moment: Moment) -> Change:
    """Let the newest draft cool for an hour: nobody may approve it before.

    The public reply stays owed and its clock runs on: somebody else may write a calmer one.
    """
    legal("cool", file)
    reply = newest(file, ReplyState.DRAFT)
    if reply is None:
        raise IllegalMove("cool", [NEEDS["drafted"].remedy])
    if reply.cool_until is not None and reply.cool_until > moment.now:
        raise IllegalMove("cool", ["the draft is cooling already"])
    until = moment.now + LENGTH
    event = Happened("reply_cools", {"reply": reply.id, "until": until, "why": "heated"})
    return record(file, moment, event, sets=[Set(Reply, reply.id, {"cool_until": until})])

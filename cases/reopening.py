"""A closed case is taken up again: in its next round, or, after too long, as a new, linked one."""

from __future__ import annotations

from typing import Any

from cases.arriving.opening import Practised, open_case
from cases.casefile import CaseFile
from cases.changes import Change, Happened, Moment, Set, about
from cases.models import Review
from cases.needs import IllegalMove, legal
from cases.notices import to_owner
from cases.playbooks.playbook import Playbook
from cases.stages import record
from cases.talking.consent import suppressed


def reopen(file: CaseFile, why: str, moment: Moment) -> Change:
    """Take a closed case up again: same case, next round, from contact on, with new clocks."""
    legal("reopen", file)
    if not may_reopen(file, moment):
        days = file.playbook.reopen_within.days
        raise IllegalMove(
            "reopen",
            [
                f"closed over {days} days ago: it stays closed; "
                "what they write now opens a new, linked case"
            ],
        )
    return begin_again(file, why, moment)


def take_up(file: CaseFile, playbook: Playbook, why: str, moment: Moment) -> Change:
    """Take a closed case up again, or, where it was closed too long ago, open one linked to it.

    The new case is under `playbook`, the one in force. It knows the correspondent and leaves the
    public reply as it stands: it is about what they say now.
    """
    legal("reopen", file)
    if may_reopen(file, moment):
        return reopen(file, why, moment)
    case = file.case
    known = Practised(file.clinic, file.people, playbook)
    more: dict[str, Any] = {"correspondent_id": case.correspondent_id, "about": case.about}
    if case.acknowledged_at is not None:
        more |= {"acknowledged_at": moment.now, "acknowledged_how": f"in case {case.number}"}
    opened = open_case(file.review, known, moment, case, **more)
    link = Happened("linked", {"case": opened.subject.id}, words=why or None)
    given = Change(
        about(file.review),
        moment,
        sets=[Set(Review, file.review.id, {"case_id": opened.subject.id})],
        events=[Happened("given", {"case": opened.subject.id})],
    )
    return opened.with_parts(record(file, moment, link), given)


def may_reopen(file: CaseFile, moment: Moment) -> bool:
    """Tell whether the case is still young enough to be the same one."""
    closed = file.case.closed_at
    return closed is None or moment.now - closed <= file.playbook.reopen_within


def begin_again(
    file: CaseFile, why: str, moment: Moment, severity: str = "", **facts: Any
) -> Change:
    """Begin the next round of a case: all but the public acknowledgement is shown anew.

    `facts` are columns of the case that change besides.
    """
    fresh: dict[str, Any] = dict.fromkeys(
        ("first_try_at", "contact_ended_at", "heard_at", "resolved_at", "monitor_ended_at",
         "followed_up_at", "closed_at", "safe_at", "done")
    )  # fmt: skip
    fresh |= dict.fromkeys(
        ("contact_how", "heard_how", "cause", "monitor_how", "followed_up_how", "outcome"), ""
    )
    now_is = severity or file.review.severity
    fresh |= {"round": file.case.round + 1, "began_at": moment.now, "severity": now_is, **facts}
    key = f"opened:{file.case.id}:{file.case.round + 1}"
    change = record(
        file,
        moment,
        Happened("reopened", {"round": file.case.round + 1}, words=why),
        facts=fresh,
        notices=to_owner(file, "reopened", key, {"severity": now_is}),
    )
    return change.with_parts(*suppressed(file.notices, "reopened", moment))

"""What must reach somebody of the staff: who is told first, and who instead of whom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cases.changes import Happened
from cases.notices import to_person
from cases.talking.waiting import Waiting

# What asks for work on a case, void once it is closed; and all that must not be lost on its way.
ABOUT_WORK = ("remind", "escalate", "safety", "gone_up", "opened", "publish_by_hand")
MUST_REACH = (*ABOUT_WORK, "reopened", "handed_over", "received")
OF_A_LADDER = ("remind", "escalate", "gone_up")  # these rest while somebody has it


def in_order(waiting: Sequence[Waiting]) -> Sequence[Sequence[Waiting]]:
    """Return what is sent first and what after: nobody hears of a case before its owner does."""
    warned = {each.notice.case_id for each in waiting if _warns(each)}
    after = [
        each
        for each in waiting
        if each.notice.kind in OF_A_LADDER and not _warns(each) and each.notice.case_id in warned
    ]
    late = {each.notice.id for each in after}
    return [[each for each in waiting if each.notice.id not in late], after]


def _warns(waiting: Waiting) -> bool:
    """Tell whether a notice tells the owner, or whoever stands in, how the case stands."""
    notice, owner = waiting.notice, waiting.owner
    mine = owner is not None and notice.person_id == owner.id
    return notice.kind == "gone_up" or (notice.kind in OF_A_LADDER and mine)


def passed_on(waiting: Waiting, code: str) -> list[dict[str, Any]]:
    """Owe what somebody cannot be told to the next in their chain, or to an administrator.

    The key names all who were tried: each once, and none of them a second time.
    """
    notice, instead = waiting.notice, waiting.instead
    if instead is None or notice.kind not in MUST_REACH or notice.point_id is not None:
        return []
    if instead.id in notice.key.split(":") or instead.id in notice.key.split(">"):
        return []
    key = f"{notice.key}>{instead.id}"
    detail = {**notice.detail, "for": notice.person_id or "", "why": code}
    return [to_person(notice.kind, key, instead.id, detail, case_id=notice.case_id)]


def not_told(waiting: Waiting, code: str) -> list[Happened]:
    """Note in the case that somebody could not be told, and who hears of it instead."""
    passed = [each["person_id"] for each in passed_on(waiting, code)]
    if waiting.notice.kind not in MUST_REACH or waiting.notice.person_id is None:
        return []
    facts = {"person": waiting.notice.person_id, "why": code, "told": passed}
    return [Happened("not_told", facts)]

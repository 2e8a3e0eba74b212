"""Several reviews by one person are one case, if a person says so; and two again, if they erred."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cases.answering.replies import withdrawn
from cases.casefile import CaseFile
from cases.changes import Add, Change, Happened, Moment, Set, about
from cases.clockwork.clocks import start
from cases.models import Clock, Contact, Review
from cases.needs import IllegalMove, answers_owed, legal
from cases.reopening import begin_again
from cases.stages import record
from cases.talking.consent import suppressed


def merge(file: CaseFile, into: CaseFile, why: str, moment: Moment) -> Change:
    """Give this case's reviews to another and close it there: both change, or neither."""
    legal("merge", file)
    legal("merge", into)
    if file.case.id == into.case.id:
        raise IllegalMove("merge", ["a case cannot be merged into itself"])
    if not why.strip():
        raise IllegalMove("merge", ["say why they are one: --why"])
    if len(file.reviews) > 1:
        raise IllegalMove("merge", ["it took in another case itself; merge the other into this"])
    if file.case.correspondent_id not in (None, into.case.correspondent_id):
        raise IllegalMove(
            "merge", ["the two have different correspondents; first: unmatch the mistaken one"]
        )
    change = record(
        file,
        moment,
        Happened("merged", {"into": into.case.id}, words=why),
        facts={
            "closed_at": moment.now,
            "outcome": "merged",
            "merged_into_id": into.case.id,
            "acknowledged_at": file.case.acknowledged_at or moment.now,
            "acknowledged_how": file.case.acknowledged_how or "none: duplicate",
        },
        sets=withdrawn(file, moment),
    )
    carried = _carried(file, into, moment)
    facts = {"case": file.case.id} | ({"unanswered": len(carried.adds)} if carried.adds else {})
    taken = record(
        into, moment, Happened("took_in", facts, words=why), sets=carried.sets, adds=carried.adds
    )
    reviews = [_give(review, into, moment) for review in file.reviews]
    return change.with_parts(taken, *reviews, *suppressed(file.notices, "merged", moment))


@dataclass(frozen=True, slots=True)
class _Carried:
    """What they wrote and nobody has answered, with the promise to answer it."""

    sets: Sequence[Set] = ()
    adds: Sequence[Add] = ()


def _carried(file: CaseFile, into: CaseFile, moment: Moment) -> _Carried:
    """Return what is owed an answer, as of the case that goes on: it runs since it came.

    It stays there, whatever is unmerged later: whoever reads it there answers it.
    """
    wrote = {each.id for each in file.contacts if each.inbound}
    home = {"case_id": into.case.id, "round": into.case.round}
    owed = answers_owed(file)
    return _Carried(
        [Set(Contact, clock.key, home) for clock in owed if clock.key in wrote],
        [_again(clock, into, moment) for clock in owed],
    )


def _again(clock: Clock, into: CaseFile, moment: Moment) -> Add:
    """Return the same promise, begun when it was begun, by the policy and hours of that case."""
    kind = clock.kind if clock.kind in into.playbook.clocks else "answer"
    return start(
        kind,
        into.case.id,
        clock.started_at,
        into.playbook.clocks[kind],
        into.calendars,
        moment,
        key=clock.key,
        round_=into.case.round,
        version=into.playbook.version,
    )


def unmerge(file: CaseFile, into: CaseFile, moment: Moment) -> Change:
    """Undo a merge: the review goes back, and this case begins its next round.

    Where only the merge excused the public reply, it is owed again.
    """
    legal("unmerge", file)
    if file.case.merged_into_id != into.case.id:
        raise IllegalMove("unmerge", ["this case was merged into another one than that"])
    facts: dict[str, Any] = {"merged_into_id": None}
    if file.case.acknowledged_how == "none: duplicate":
        facts |= {"acknowledged_at": None, "acknowledged_how": ""}
    change = begin_again(file, "unmerged", moment, **facts)
    given = record(into, moment, Happened("gave_back", {"case": file.case.id}))
    mine = [review for review in into.reviews if review.id == file.case.review_id]
    return change.with_parts(given, *(_give(review, file, moment) for review in mine))


def _give(review: Review, to: CaseFile, moment: Moment) -> Change:
    values: dict[str, Any] = {"case_id": to.case.id}
    if to.correspondent is not None and review.text:
        values |= {"text": "", "sealed_text": review.text}  # from now on it is about somebody
    return Change(
        about(review),
        moment,
        sets=[Set(Review, review.id, values)],
        events=[Happened("given", {"case": to.case.id})],
    )

"""Several reviews by one person are one case, if a person says so; and two again, if they erred."""

from __future__ import annotations

from cases.casefile import CaseFile
from cases.changes import Change, Happened, Moment, Set, about
from cases.conversation import suppressed
from cases.following import begin_again
from cases.models import Case, Review
from cases.stages import IllegalMove, legal, record


def merge(file: CaseFile, into: CaseFile, why: str, moment: Moment) -> Change:
    """Give this case's reviews to another and close it there: both change, or neither."""
    legal("merge", file)
    legal("merge", into)
    if file.case.id == into.case.id:
        raise IllegalMove("merge", ["a case cannot be merged into itself"])
    if not why.strip():
        raise IllegalMove("merge", ["say why they are one: --why"])
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
    )
    taken = record(into, moment, Happened("took_in", {"case": file.case.id}, words=why))
    reviews = [_give(review, into.case.id, moment) for review in file.reviews]
    return change.with_parts(taken, *reviews, *suppressed(file.notices, "merged", moment))


def unmerge(file: CaseFile, into: CaseFile, moment: Moment) -> Change:
    """Undo a merge: the reviews go back, and this case begins its next round."""
    if file.case.merged_into_id != into.case.id:
        raise IllegalMove("unmerge", ["this case was not merged into another"])
    back = begin_again(file, "unmerged", moment)
    free = Set(Case, file.case.id, {"merged_into_id": None})
    change = Change(back.subject, moment, (*back.sets, free), back.adds, back.events, back.notices)
    given = record(into, moment, Happened("gave_back", {"case": file.case.id}))
    mine = [review for review in into.reviews if review.id == file.case.review_id]
    return change.with_parts(given, *(_give(review, file.case.id, moment) for review in mine))


def _give(review: Review, case_id: str, moment: Moment) -> Change:
    return Change(
        about(review),
        moment,
        sets=[Set(Review, review.id, {"case_id": case_id})],
        events=[Happened("given", {"case": case_id})],
    )

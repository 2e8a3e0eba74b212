"""A review its author changed, or that is gone: the old state is kept, and whether it is worse."""

from __future__ import annotations

from typing import Any

from cases.arriving.opening import Route, route_values, seen_values
from cases.changes import Add, Change, Happened, Moment, Set, about
from cases.judging.triage import Severity, Triage
from cases.models import Review, ReviewVersion
from cases.ports import SeenReview


def take_edit(
    review: Review, seen: SeenReview, judged: Triage, moment: Moment, route: Route | None = None
) -> Change:
    """Record that the author changed a review: the old state is kept as a version."""
    old = {
        "id": moment.new_id(),
        "review_id": review.id,
        "revision": review.revision,
        "rating": review.rating,
        "recommends": review.recommends,
        "until": moment.now,
    }
    text = {"text": review.text, "sealed_text": review.sealed_text}
    sealed = review.sealed_text is not None  # a correspondent is known: the new text is sealed too
    now_text = {"text": "", "sealed_text": seen.text} if sealed else {"text": seen.text}
    values = {**seen_values(seen, judged), **now_text, "revision": review.revision + 1}
    del values["platform"], values["external_id"]
    if route is not None:  # a text seen anew may be kept anew; whose reply stands is told apart
        fresh = route_values(seen, route, moment)
        values |= {"purged_at": None, "keep_until": fresh["keep_until"]}
        values["source_id"] = review.source_id or route.source_id
    facts = {
        "from": _stars(review.rating),
        "to": _stars(seen.rating),
        "worse": is_worse(review, seen, judged),
    }
    return Change(
        about(review),
        moment,
        sets=[Set(Review, review.id, {**values, "gone_at": None, "missing_at": None})],
        adds=[Add(ReviewVersion, {**old, **text})],
        events=[Happened("edited", facts)],
    )


def is_worse(review: Review, seen: SeenReview, judged: Triage) -> bool:
    """Tell whether the author is less content than before: fewer stars, or now a grave matter."""
    if judged.severity is Severity.GRAVE and review.severity != Severity.GRAVE:
        return True  # whatever the stars say: somebody's safety comes first
    if review.rating is not None and seen.rating is not None and seen.rating != review.rating:
        return seen.rating < review.rating
    if seen.recommends is not None and seen.recommends != review.recommends:
        return not seen.recommends
    return False


def take_loss(review: Review, moment: Moment) -> Change:
    """Record that a review is gone from its platform. Nobody asked for it; we only saw it."""
    return Change(
        about(review),
        moment,
        sets=[Set(Review, review.id, {"gone_at": moment.now})],
        events=[Happened("gone")],
    )


def _stars(rating: Any) -> str:
    return "" if rating is None else f"{rating:.1f}"

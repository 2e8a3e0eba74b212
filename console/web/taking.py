"""Reviews handed in by people and programs, taken in by the same rules as fetched ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cases.arriving.opening import Practised
from cases.arriving.seeing import answer, is_news, judge
from cases.changes import Change, Moment
from cases.models import Clinic, Review
from cases.ports import SeenReview
from cases.store import Store
from cases.viewers import ENGINE, Viewer

_TRIES = 5


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one review.

    `how`: opened (a case is open on it), recorded (no case), changed, known (as it was),
    no_clinic (none of that name, or not for this viewer), busy (hand it in again).
    `case_number` is 0 where it has no case.
    """

    seen: SeenReview
    how: str
    case_number: int = 0


def take(store: Store, seen: Sequence[SeenReview], viewer: Viewer, moment: Moment) -> list[Taken]:
    """Take reviews in, each by itself: one that cannot be taken keeps no other out."""
    return [_one(store, each, viewer, moment) for each in seen]


def _one(store: Store, seen: SeenReview, viewer: Viewer, moment: Moment) -> Taken:
    key = (seen.platform, seen.external_id)
    for _ in range(_TRIES):
        known = store.known_reviews([key]).get(key)
        place = _place(store, seen, known, viewer)
        if place is None:
            return Taken(seen, "no_clinic")
        change = _answer(store, seen, known, place, moment)
        if change is None:
            return _told(store, seen, known, "known")
        applied = store.apply([change])
        if applied.applied:
            after = store.known_reviews([key]).get(key)
            return _told(store, seen, after, _how(change, known))
        if applied.refused:
            return Taken(seen, "refused")
    return Taken(seen, "busy")


def _place(store: Store, seen: SeenReview, known: Review | None, viewer: Viewer) -> Clinic | None:
    """Return the clinic it belongs to, if the viewer may hand in for it.

    A known review stays where it is: naming its id must not let anybody change another clinic's.
    """
    clinics = store.clinics()
    if known is not None:
        found = clinics.get(known.clinic_id)
    else:
        found = next((c for c in clinics.values() if c.slug == seen.clinic and c.active), None)
    return found if found is not None and viewer.may_see_clinic(found.id) else None


def _answer(
    store: Store, seen: SeenReview, known: Review | None, place: Clinic, moment: Moment
) -> Change | None:
    if not is_news(seen, known):
        return None  # handed in again: nothing is read or judged for it
    practised = Practised(place, store.people(), store.playbook(), loads=store.loads())
    judged = judge(seen, practised.playbook)
    file = store.case_file(known.case_id, ENGINE) if known and known.case_id else None
    return answer(seen, judged, known, file, practised, None, moment)


def _how(change: Change, known: Review | None) -> str:
    if any(event.kind == "opened" for part in change.whole() for event in part.events):
        return "opened"
    return "changed" if known is not None else "recorded"


def _told(store: Store, seen: SeenReview, review: Review | None, how: str) -> Taken:
    if review is None or review.case_id is None:
        return Taken(seen, how)
    return Taken(seen, how, store.case_file(review.case_id, ENGINE).case.number)

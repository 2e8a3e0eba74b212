"""Two reviews that may be one person's: suggested to people, never merged by the program."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from cases.casefile import CaseFile
from cases.changes import Change, Happened, Moment
from cases.checking.likeness import alike
from cases.judging.reading import STARS_ONLY
from cases.models import Review
from cases.stages import record

WITHIN = timedelta(days=90)  # further apart, the same handle says little
_ANYBODY = frozenset(
    ("", "anonymous", "anonymoususer", "agoogleuser", "googleuser", "facebookuser", "guest",
     "patient", "user", "unknown", "verifiedpatient", "localguide", "apatient")
)  # fmt: skip
_SHORTEST = 40  # characters: "Terrible service" is everybody's


@dataclass(frozen=True, slots=True)
class Twin:
    """Another case that may be the same person's, and what suggests it."""

    case_id: str
    why: str  # author, words


def twins(review: Review, others: Iterable[Review]) -> tuple[Twin, ...]:
    """Return the cases of other reviews that may be by the same author, each once.

    The same handle, unless it is anybody's, on any platform; or nearly the same words.
    """
    found: dict[str, str] = {}
    for other in others:
        if other.id == review.id or other.case_id in (None, "", review.case_id):
            continue
        if why := _why(review, other):
            found.setdefault(str(other.case_id), why)
    return tuple(Twin(case_id, why) for case_id, why in found.items())


def _why(review: Review, other: Review) -> str:
    if abs(review.seen_at - other.seen_at) > WITHIN:
        return ""
    named = review.author_key not in _ANYBODY
    if named and review.author_key == other.author_key:
        return "author"
    mine, theirs = _words(review), _words(other)
    if min(len(mine), len(theirs)) >= _SHORTEST and alike(mine, [theirs]):
        return "words"
    return ""


def _words(review: Review) -> str:
    if STARS_ONLY.what in review.because:
        return ""
    return review.text or review.sealed_text or ""


def suggest(file: CaseFile, found: Iterable[Twin], moment: Moment) -> Change | None:
    """Note which cases may be the same person's; None where that is known already."""
    new = [each for each in found if each.case_id not in file.case.twins]
    if not new:
        return None
    facts: dict[str, Any] = {"twins": [*file.case.twins, *(each.case_id for each in new)]}
    events = [Happened("maybe_duplicate", {"case": t.case_id, "why": t.why}) for t in new]
    return record(file, moment, *events, facts=facts)

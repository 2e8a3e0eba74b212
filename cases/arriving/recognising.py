"""One review that reached us by two routes: recognised, and kept as one with two ids."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from cases.arriving.editing import take_edit
from cases.arriving.opening import Route, digest
from cases.changes import Add, Change, Happened, Moment, Set, about
from cases.judging.triage import Triage
from cases.models import Review, ReviewAlias
from cases.ports import SeenReview

_TELLING = 20  # characters a text must have before its likeness says anything


def recognise(seen: SeenReview, others: Iterable[Review]) -> Review | None:
    """Return the one review that reached us by another route and is this one; None in doubt.

    The caller hands in reviews of the same platform and clinic under the same handle. The same
    text is the same review; so is the beginning of it where one route cuts it short, or the same
    stars in the same minute.
    """
    found = [each for each in others if _alike(seen, each)]
    return found[0] if len(found) == 1 else None


def _alike(seen: SeenReview, known: Review) -> bool:
    if None not in (seen.rating, known.rating) and seen.rating != known.rating:
        return False
    if digest(seen) == known.digest and seen.text.strip():
        return True
    mine, theirs = _plain(seen.text), _plain(known.text or known.sealed_text or "")
    if mine and mine == theirs:
        return True
    if not (seen.cut or known.cut or known.purged_at):
        return False
    short, long = sorted((mine, theirs), key=len)
    return _same_minute(seen, known) or (len(short) >= _TELLING and long.startswith(short))


def _plain(text: str) -> str:
    return " ".join(text.split()).rstrip(" .\u2026").casefold()


def _same_minute(seen: SeenReview, known: Review) -> bool:
    if seen.posted_at is None or known.posted_at is None:
        return False
    return abs(seen.posted_at - known.posted_at) < timedelta(minutes=1)


def link(
    seen: SeenReview,
    known: Review,
    known_leads: bool,
    route: Route,
    judged: Triage,
    moment: Moment,
) -> Change:
    """Return what notes that a review reached us by a second route: one review, two ids.

    The better of the two routes tells from now on how it stands: the one that shows all of the
    text, or the one through which the platform can be asked.
    """
    fuller = known.cut and not seen.cut
    takes_over = fuller or (route.leads and not known_leads and not (seen.cut and not known.cut))
    other = (seen.external_id, route.source_id)
    values: dict[str, Any] = {}
    if takes_over:
        other = (known.external_id, known.source_id)
        values = {"external_id": seen.external_id, "source_id": route.source_id}
        values |= {"author_id": seen.author_id, "url": seen.url or known.url}
    alias = {
        **{"id": moment.new_id(), "review_id": known.id, "platform": known.platform},
        **{"external_id": other[0], "source_id": other[1], "linked_at": moment.now},
    }
    edit = _completed(seen, known, judged, route, moment) if fuller else {}
    return Change(
        about(known),
        moment,
        sets=[Set(Review, known.id, {**values, **edit})] if values or edit else [],
        adds=[Add(ReviewAlias, alias)],
        events=[Happened("also_seen", {"source": route.source_id or "", "leads": takes_over})],
        case_id=known.case_id or "",
    )


def _completed(
    seen: SeenReview, known: Review, judged: Triage, route: Route, moment: Moment
) -> dict[str, Any]:
    """Return the columns that a text known in part until now fills; it is no edit."""
    (whole,) = take_edit(known, seen, judged, moment, route).sets
    kept = ("revision", "gone_at", "missing_at", "source_id")
    return {name: value for name, value in whole.values.items() if name not in kept}

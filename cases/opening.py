"""How a review becomes a record and, where it must, a case with an owner and running clocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from cases.casefile import CaseFile
from cases.changes import About, Add, Change, Happened, Moment, Set, about
from cases.models import Case, Clinic, Person, Review, ReviewVersion, Stage
from cases.models.rows import new_row, with_defaults
from cases.people import owner_for
from cases.playbook import Playbook
from cases.ports import SeenReview
from cases.stages import record
from cases.triage import Severity, Triage

_FUTURE = timedelta(days=1)  # a platform's clock may be a little ahead of ours


@dataclass(frozen=True, slots=True)
class Practised:
    """What opening a case leans on: the clinic, its people, the playbook in force."""

    clinic: Clinic
    people: Mapping[str, Person]
    playbook: Playbook


def digest(seen: SeenReview) -> str:
    """Return what tells one state of a review from another."""
    said = f"{seen.rating}|{seen.recommends}|{seen.text.strip()}"
    return sha256(said.encode()).hexdigest()


def take_in(
    seen: SeenReview, judged: Triage, known: Practised, since: datetime | None, moment: Moment
) -> Change:
    """Record a review nobody has seen before, and open its case if it needs one.

    Reviews posted before `since` are history (a backfill): recorded, but no clock starts for
    something the practice has lived with for years. Clocks of the others start now; when it was
    posted is kept beside.
    """
    review_id = moment.new_id()
    values = {**_seen_values(seen, judged), "id": review_id, "clinic_id": known.clinic.id}
    opens = judged.opens_case and not _is_history(seen, since, moment)
    change = Change(
        About(Review, review_id, 0),
        moment,
        adds=[Add(Review, {**values, "seen_at": moment.now, "posted_at": _posted(seen, moment)})],
        events=[
            Happened(
                "seen",
                {"platform": seen.platform, "negative": judged.negative, "opens": opens},
            )
        ],
    )
    if not opens:
        return change
    review = new_row(Review, {**values, "seen_at": moment.now})
    case = open_case(review, known, moment)
    link = Set(Review, review_id, {"case_id": case.subject.id})
    # The case comes first: the review's row names it.
    return case.with_parts(_also(change, link))


def _also(change: Change, link: Set) -> Change:
    return Change(
        change.subject,
        change.moment,
        adds=change.adds,
        sets=(*change.sets, link),
        events=change.events,
    )


def _is_history(seen: SeenReview, since: datetime | None, moment: Moment) -> bool:
    return since is not None and (seen.posted_at or moment.now) < since


def _posted(seen: SeenReview, moment: Moment) -> datetime | None:
    if seen.posted_at is not None and seen.posted_at > moment.now + _FUTURE:
        return moment.now
    return seen.posted_at


def _seen_values(seen: SeenReview, judged: Triage) -> dict[str, Any]:
    return {
        "platform": seen.platform,
        "external_id": seen.external_id,
        "url": seen.url,
        "author": seen.author,
        "rating": seen.rating,
        "recommends": seen.recommends,
        "text": seen.text,
        "digest": digest(seen),
        **_judgement(judged),
    }


def _judgement(judged: Triage) -> dict[str, Any]:
    told = judged.as_dict()
    return {
        "negative": judged.negative,
        "doubtful": judged.doubtful,
        "severity": str(judged.severity),
        "themes": list(judged.themes),
        "troll": judged.troll,
        "writes_for": judged.writes_for,
        "language": judged.language,
        # What was found, never the author's words: those can be purged and sealed.
        "because": [each.what for each in judged.because] if told else [],
    }


def open_case(
    review: Review, known: Practised, moment: Moment, previous: Case | None = None
) -> Change:
    """Open a case on a review: an owner, the clocks of its severity, and the owner is told."""
    owner = owner_for(known.clinic, known.people, (), moment.now)
    facts = {
        "id": moment.new_id(),
        "clinic_id": known.clinic.id,
        "review_id": review.id,
        "owner_id": owner.id if owner else None,
        "playbook_version": known.playbook.version,
        "severity": review.severity,
        "stage": Stage.ACKNOWLEDGE,
        "troll": "suspected" if review.troll else "",
        "opened_at": moment.now,
        "began_at": moment.now,
        "previous_id": previous.id if previous else None,
    }
    values = with_defaults(Case, {**facts, "version": 0})
    case = new_row(Case, values)
    file = CaseFile(
        case=case, clinic=known.clinic, people=known.people, playbook=known.playbook, review=review
    )
    change = record(
        file,
        moment,
        Happened("opened", {"severity": case.severity, "owner": case.owner_id or ""}),
        adds=[Add(Case, values)],
        notices=_tell_owner(file, owner, moment),
    )
    return change


def _tell_owner(file: CaseFile, owner: Person | None, moment: Moment) -> list[dict[str, Any]]:
    if owner is None:
        return []
    return [
        {
            "key": f"opened:{file.case.id}:{file.case.round}:{owner.id}",
            "case_id": file.case.id,
            "kind": "opened",
            "channel": "email",
            "person_id": owner.id,
            "detail": {"severity": file.case.severity},
            # A safety complaint wakes people by its own clock; this one can wait for the morning.
            "not_before": file.calendars.duty.opens(moment.now),
        }
    ]


def take_edit(review: Review, seen: SeenReview, judged: Triage, moment: Moment) -> Change:
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
    values = {**_seen_values(seen, judged), **now_text, "revision": review.revision + 1}
    del values["platform"], values["external_id"]
    facts = {
        "from": _stars(review.rating),
        "to": _stars(seen.rating),
        "worse": is_worse(review, seen, judged),
    }
    return Change(
        about(review),
        moment,
        sets=[Set(Review, review.id, {**values, "gone_at": None})],
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

"""How a review becomes a record and, where it must, a case with an owner and running clocks."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from cases.assignment import Assigned, Load, assign
from cases.casefile import CaseFile
from cases.changes import About, Add, Change, Happened, Moment, Set
from cases.clockwork.attention import tell_at
from cases.judging.meant import meant
from cases.judging.triage import Triage
from cases.models import Case, Clinic, NoticeState, Person, Review, Role, Stage
from cases.models.rows import new_row, with_defaults
from cases.notices import to_person
from cases.playbooks.playbook import Playbook
from cases.ports import Capabilities, SeenReview, reply_mark
from cases.stages import keyed_clock, record
from cases.tasks import task_adds

PRIVATE = "email"  # the platform of a complaint by mail
_FUTURE = timedelta(days=1)  # a platform's clock may be a little ahead of ours
_LOOK_WITHIN = timedelta(hours=2)  # of duty time
_LOOK = "the mail about this review could not be read. Open its link, and note what it says"


@dataclass(frozen=True, slots=True)
class Route:
    """The way a review reached us: its source, None where it was handed in, and what that can."""

    source_id: str | None = None
    can: Capabilities = field(default_factory=Capabilities)

    @property
    def leads(self) -> bool:
        """Tell whether a review is better looked after by this way than by a mail or a file."""
        return self.can.look or self.can.reply


@dataclass(frozen=True, slots=True)
class Practised:
    """What opening a case leans on: the clinic, its people, the playbook in force."""

    clinic: Clinic
    people: Mapping[str, Person]
    playbook: Playbook
    loads: Mapping[str, Load] = field(default_factory=dict)  # where it matters who has how many
    route: Route = field(default_factory=Route)


def digest(seen: SeenReview) -> str:
    """Return what tells one state of a review from another."""
    said = f"{seen.rating}|{seen.recommends}|{seen.text.strip()}"
    return sha256(said.encode()).hexdigest()


def author_key(handle: str) -> str:
    """Return a handle as two routes are compared by: no case, spaces or signs."""
    folded = unicodedata.normalize("NFKC", handle).casefold()
    return "".join(each for each in folded if each.isalnum())


def take_in(
    seen: SeenReview, judged: Triage, known: Practised, since: datetime | None, moment: Moment
) -> Change:
    """Record a review nobody has seen before, and open its case if it needs one.

    Reviews posted before `since` are history (a backfill): recorded, but no clock starts for
    something the practice has lived with for years. Clocks of the others start now; when it was
    posted is kept beside.
    """
    # Who asks in private is answered; what nobody could read, somebody looks at.
    wanted = judged.opens_case or seen.kind == "message" or is_blank(seen)
    opens = wanted and not _is_history(seen, since, moment)
    change = recorded(seen, judged, known, moment, opens)
    if not opens:
        return change
    review = new_row(Review, dict(change.adds[0].values))
    case = open_case(review, known, moment)
    link = Set(Review, review.id, {"case_id": case.subject.id})
    # The case comes first: the review's row names it.
    return case.with_parts(_also(change, link))


def recorded(
    seen: SeenReview, judged: Triage, known: Practised, moment: Moment, opens: bool, **more: Any
) -> Change:
    """Record a review, and nothing else; `opens`: a case is opened on it. `more` are columns."""
    review_id = moment.new_id()
    values = {
        **seen_values(seen, judged),
        **route_values(seen, known.route, moment),
        **{"id": review_id, "clinic_id": known.clinic.id},
        **{"seen_at": moment.now, "posted_at": _posted(seen, moment), **more},
    }
    if seen.platform == PRIVATE or seen.kind == "message":  # nothing of it was ever public
        values |= {"text": "", "sealed_text": seen.text}
    facts = {"platform": seen.platform, "negative": judged.negative, "opens": opens}
    return Change(
        About(Review, review_id, 0),
        moment,
        adds=[Add(Review, values)],
        events=[Happened("seen", facts)],
    )


def _also(change: Change, link: Set) -> Change:
    return Change(
        change.subject,
        change.moment,
        adds=change.adds,
        sets=(*change.sets, link),
        events=change.events,
    )


def is_blank(seen: SeenReview | Review) -> bool:
    """Tell whether only that there is a review is known: a mail announced it, unreadably."""
    said = seen.text or getattr(seen, "sealed_text", None) or seen.rating is not None
    return seen.cut and not said and seen.recommends is None


def _is_history(seen: SeenReview, since: datetime | None, moment: Moment) -> bool:
    return since is not None and (seen.posted_at or moment.now) < since


def _posted(seen: SeenReview, moment: Moment) -> datetime | None:
    if seen.posted_at is not None and seen.posted_at > moment.now + _FUTURE:
        return moment.now
    return seen.posted_at


def seen_values(seen: SeenReview, judged: Triage) -> dict[str, Any]:
    """Return the columns of a review that follow from what was seen and judged."""
    return {
        "platform": seen.platform,
        "external_id": seen.external_id,
        "url": seen.url,
        "kind": seen.kind,
        "author": seen.author,
        "author_id": seen.author_id,
        "author_key": author_key(seen.author),
        "rating": seen.rating,
        "recommends": seen.recommends,
        "text": seen.text,
        "cut": seen.cut,
        "updated_at": seen.updated_at,
        "digest": digest(seen),
        **_judgement(judged),
    }


def route_values(seen: SeenReview, route: Route, moment: Moment) -> dict[str, Any]:
    """Return the columns that follow from how it reached us: how long it is kept, what answers."""
    keep = route.can.keep_text
    values: dict[str, Any] = {"keep_until": moment.now + keep if keep is not None else None}
    if route.source_id is not None:
        values["source_id"] = route.source_id
    if seen.reply is not None:
        values["reply_mark"] = reply_mark(seen.reply) if seen.reply.strip() else ""
    return values


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
    review: Review,
    known: Practised,
    moment: Moment,
    previous: Case | None = None,
    **more: Any,
) -> Change:
    """Open a case on a review: an owner, the clocks of its severity, and the owner is told.

    `more` are columns of the case that are known from the beginning.
    """
    playbook = known.playbook.for_case(review.severity, review.platform, known.clinic.slug)
    about_them = more.setdefault("about", _about(review, known))
    given = assign(known.clinic, known.people, about_them, moment.now, playbook, known.loads)
    owner = given.person
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
        **({**_PRIVATE, "acknowledged_at": moment.now} if review.kind == "message" else {}),
        **more,
    }
    values = with_defaults(Case, {**facts, "version": 0})
    case = new_row(Case, values)
    file = CaseFile(
        case=case, clinic=known.clinic, people=known.people, playbook=playbook, review=review
    )
    change = record(
        file,
        moment,
        Happened("opened", {"severity": case.severity, "owner": case.owner_id or ""}),
        *_over_limit(given, known),
        adds=[Add(Case, values), *_message_clock(file, moment), *_details(file, moment)],
        notices=[*_tell_owner(file, owner, moment), *_tell_of_limit(file, given, moment)],
    )
    return change


def _about(review: Review, known: Practised) -> list[str]:
    """Return whom the review seems to be about: off the case at once, until a person has looked."""
    if not known.route.can.may_analyse:  # the platform's terms: nobody but a person reads it
        return []
    words = review.text or review.sealed_text or ""
    return [each.person_id for each in meant(words, known.people, known.clinic.id)]


# Nothing private is answered in public.
_PRIVATE: Mapping[str, Any] = {"acknowledged_how": "none: platform_allows_none"}


def _details(file: CaseFile, moment: Moment) -> list[Add]:
    """Return the task to look at what a mail announced and nobody here could read."""
    if not is_blank(file.review):
        return []
    due = file.calendars.duty.add(moment.now, _LOOK_WITHIN)
    return task_adds(file, "details", "Needs details by hand: " + _LOOK, due, moment)


def _message_clock(file: CaseFile, moment: Moment) -> list[Add]:
    """Return the clock of a private message to our page, where the playbook has one."""
    if file.review.kind != "message" or "message" not in file.playbook.clocks:
        return []
    return [keyed_clock(file, "message", file.review.id, moment)]


def _over_limit(given: Assigned, known: Practised) -> list[Happened]:
    if not given.over or given.person is None:
        return []
    has = known.loads.get(given.person.id, Load()).open
    return [Happened("over_limit", {"owner": given.person.id, "open": has})]


def _tell_of_limit(file: CaseFile, given: Assigned, moment: Moment) -> list[dict[str, Any]]:
    """Owe the administrators the news that all are full; many of them make one digest."""
    if not given.over:
        return []
    named = (p for p in file.people.values() if p.active and p.role == Role.ADMINISTRATOR)
    return [
        to_person(
            "over_limit",
            f"over_limit:{file.case.id}:{person.id}",
            person.id,
            {"owner": given.person.id if given.person else ""},
            case_id=file.case.id,
            state=NoticeState.FOR_DIGEST,
            not_before=moment.now,
        )
        for person in named
    ]


def _tell_owner(file: CaseFile, owner: Person | None, moment: Moment) -> list[dict[str, Any]]:
    if owner is None:
        return []
    case = file.case
    key, detail = f"opened:{case.id}:{case.round}:{owner.id}", {"severity": case.severity}
    # A safety complaint wakes people by its own clock; this one can wait for the morning.
    morning = tell_at(owner, file.clinic, file.calendars.duty, moment.now)
    return [to_person("opened", key, owner.id, detail, case_id=case.id, not_before=morning)]

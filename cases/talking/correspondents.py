"""Who we talk with: recorded by a named person, on what basis and how sure; never by a program.

From the match on, what they wrote is about somebody: it is sealed. Before care is discussed two
identifiers are checked and, for anyone but the patient, their authority.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import available_timezones

from cases.casefile import CaseFile
from cases.changes import About, Add, Change, Happened, Moment, Set, about
from cases.models import ContactPoint, Correspondent, Review, ReviewVersion
from cases.needs import IllegalMove, legal, one_of
from cases.stages import record
from cases.talking.consent import suppressed

RELATIONS = ("patient", "parent", "relative", "representative")
CARE_OF = ("self", "minor", "adult", "deceased", "unknown")
IDENTIFIERS = (
    "name",
    "date_of_birth",
    "address",
    "phone_on_file",
    "email_on_file",
    "record_number",
)


@dataclass(frozen=True, slots=True)
class Point:
    """A number or address as it is recorded: normalised, with its blind index."""

    channel: str
    value: str
    index: str
    allowed: bool = True


@dataclass(frozen=True, slots=True)
class Who:
    """The individual a named person says this is, on what basis, and how sure."""

    name: str
    relation: str
    care_of: str
    basis: str
    sureness: str = "likely"
    language: str = "en"
    zone: str = ""  # where they live, if they said so: an IANA name


def match(file: CaseFile, who: Who, points: Sequence[Point], moment: Moment) -> Change:
    """Record the correspondent. From now on the review's text is sealed: it is about somebody."""
    legal("match", file)
    one_of("match", "relation", who.relation, RELATIONS)
    one_of("match", "care-of", who.care_of, CARE_OF)
    if who.zone and who.zone not in available_timezones():
        raise IllegalMove("match", [f"{who.zone!r} is no zone; write it like America/Chicago"])
    if not who.name.strip() or not who.basis.strip():
        raise IllegalMove("match", ["say who it is (--name) and on what basis (--basis)"])
    known_as = moment.new_id()
    values = {
        "id": known_as,
        "clinic_id": file.clinic.id,
        "name": who.name,
        "relation": who.relation,
        "care_of": who.care_of,
        "basis": who.basis,
        "sureness": who.sureness,
        "language": who.language,
        "zone": who.zone,
        "recorded_by": moment.by,
        "recorded_at": moment.now,
    }
    person = Change(
        About(Correspondent, known_as, 0),
        moment,
        adds=[Add(Correspondent, values), *(_point(known_as, each, moment) for each in points)],
        events=[Happened("recorded", {"relation": who.relation, "care_of": who.care_of})],
    )
    change = record(
        file,
        moment,
        Happened("matched", {"correspondent": known_as, "sureness": who.sureness}),
        facts={"correspondent_id": known_as},
    )
    return change.with_parts(person, *(_seal_text(review, file, moment) for review in _plain(file)))


def _plain(file: CaseFile) -> list[Review]:
    return [review for review in file.reviews or [file.review] if review.text]


def _seal_text(review: Review, file: CaseFile, moment: Moment) -> Change:
    return Change(
        about(review),
        moment,
        sets=[
            Set(Review, review.id, {"text": "", "sealed_text": review.text}),
            *(
                Set(ReviewVersion, old.id, {"text": "", "sealed_text": old.text})
                for old in file.versions
                if old.review_id == review.id and old.text
            ),
        ],
        events=[Happened("sealed", {"why": "matched"})],
    )


def _point(correspondent_id: str, point: Point, moment: Moment) -> Add:
    return Add(
        ContactPoint,
        {
            "id": moment.new_id(),
            "correspondent_id": correspondent_id,
            "channel": point.channel,
            "value": point.value,
            "index": point.index,
            "allowed": point.allowed,
        },
    )


def unmatch(file: CaseFile, why: str, moment: Moment) -> Change:
    """Take a mistaken match back: nothing more goes to them, and what waited is stopped."""
    legal("unmatch", file)
    who = _known(file)
    if not why.strip():
        raise IllegalMove("unmatch", ["say what was mistaken: --why"])
    person = Change(
        about(who),
        moment,
        sets=[Set(Correspondent, who.id, {"undone_at": moment.now})],
        events=[Happened("undone", words=why)],
    )
    change = record(
        file,
        moment,
        Happened("unmatched", {"correspondent": who.id}),
        facts={"correspondent_id": None, **_spoken_to_nobody(file)},
    )
    return change.with_parts(person, *suppressed(file.notices, "unmatched", moment))


def _spoken_to_nobody(file: CaseFile) -> dict[str, Any]:
    """Take back what was shown by speaking with the wrong person, while it is not too late."""
    if file.case.resolved_at is not None or file.case.contact_how == "":
        return {}
    return {"contact_ended_at": None, "contact_how": "", "heard_at": None, "heard_how": ""}


def add_point(file: CaseFile, point: Point, moment: Moment) -> Change:
    """Record another number or address of the correspondent."""
    legal("point", file)
    who = _known(file)
    person = Change(
        about(who),
        moment,
        adds=[_point(who.id, point, moment)],
        events=[Happened("point_added", {"channel": point.channel})],
    )
    return record(file, moment, Happened("point_added", {"channel": point.channel})).with_parts(
        person
    )


def identify(file: CaseFile, identifiers: Sequence[str], authority: str, moment: Moment) -> Change:
    """Record that two identifiers were checked and, for anyone but the patient, their authority.

    Only the kinds of identifiers are kept. 45 CFR 164.514(h) wants identity and authority verified
    before anything is disclosed; 164.510(b) and 164.502(g) say to whom.
    """
    legal("identify", file)
    who = _known(file)
    for kind in identifiers:
        one_of("identify", "identifier", kind, IDENTIFIERS)
    if len(set(identifiers)) < 2:
        raise IllegalMove("identify", [f"two of these are checked: {', '.join(IDENTIFIERS)}"])
    if who.care_of != "self" and not authority.strip():
        raise IllegalMove(
            "identify", ["it is about somebody else's care: say why they may hear it (--authority)"]
        )
    kinds = sorted(set(identifiers))
    person = Change(
        about(who),
        moment,
        sets=[Set(Correspondent, who.id, {"identifiers": kinds, "authority": authority or None})],
        events=[Happened("identified", {"identifiers": kinds}, words=authority or None)],
    )
    return record(file, moment, Happened("identified", {"identifiers": kinds})).with_parts(person)


def learn(file: CaseFile, care_of: str, moment: Moment) -> Change:
    """Correct whose care it is about. What was checked before was checked for another's care.

    Where the patient has died nothing that waits is sent any more: one senior person calls.
    """
    legal("care-of", file)
    one_of("care-of", "care-of", care_of, CARE_OF)
    who = _known(file)
    facts = {"from": who.care_of, "to": care_of}
    values: dict[str, Any] = {"care_of": care_of, "identifiers": [], "authority": None}
    person = Change(
        about(who),
        moment,
        sets=[Set(Correspondent, who.id, values)],
        events=[Happened("care_of", facts)],
    )
    waiting = file.notices if care_of == "deceased" else ()
    change = record(file, moment, Happened("care_of", facts))
    return change.with_parts(person, *suppressed(waiting, "deceased", moment))


def _known(file: CaseFile) -> Correspondent:
    if file.correspondent is None:
        raise IllegalMove("match", ["nobody is recorded as the correspondent; first: match"])
    return file.correspondent

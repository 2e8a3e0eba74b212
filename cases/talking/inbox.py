"""What becomes of a mail that came: taken in, waiting for somebody to say its case, put aside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from cases.arriving.arrivals import put_aside
from cases.arriving.sources import whose
from cases.casefile import CaseFile
from cases.changes import Change, Happened, Moment, Set, about
from cases.models import Arrival, ArrivalState, ContactPoint, Person, Source
from cases.needs import IllegalMove
from cases.notices import to_person
from cases.talking.conversation import received

# Why a mail waits in the queue; the page says each in words.
WHY = ("which_case", "unverified_alert", "unplaced_bounce", "no_clinic", "no_such_case", "unread")
OPEN = (ArrivalState.QUEUED, ArrivalState.UNREAD)
KINDS = ("mail", "sms")


def taken_in(arrival: Arrival, code: str, moment: Moment, case_id: str | None = None) -> Change:
    """Note what a mail was ("reply", "vacation", "bounce", "alert"); the raw mail is kept, sealed.

    `case_id`: the case it belongs to, on whose page it can be read as it came.
    """
    values = {"state": ArrivalState.READ, "read_at": moment.now, "code": code, "case_id": case_id}
    return _noted(arrival, values, Happened("arrival_read", {"as": code}), moment)


def queued(
    arrival: Arrival, why: str, source: Source | None, people: Iterable[Person], moment: Moment
) -> Change:
    """Let a mail wait for somebody who says which case it is about; tell who looks after it."""
    change = _noted(
        arrival,
        {"state": ArrivalState.QUEUED, "code": why},
        Happened("arrival_queued", {"why": why}),
        moment,
    )
    return replace(change, notices=_tell(arrival, why, source, people))


def _tell(
    arrival: Arrival, why: str, source: Source | None, people: Iterable[Person]
) -> list[dict[str, Any]]:
    person = whose(source, people) if source is not None else None
    if person is None:
        return []
    key = f"which_case:{arrival.id}:{person.id}"
    return [to_person("which_case", key, person.id, {"why": why})]


def replied(
    arrival: Arrival,
    file: CaseFile,
    text: str,
    moment: Moment,
    point: ContactPoint | None,
    in_doubt: str,
) -> Change:
    """Take in what the correspondent answered by mail; the raw mail belongs to their case."""
    heard = received(
        file, "email", text, arrival.received_at, moment, point,
        doubt=in_doubt, arrival_id=arrival.id,
    )  # fmt: skip
    return heard.with_parts(taken_in(arrival, "reply", moment, file.case.id))


def assigned(
    arrival: Arrival,
    file: CaseFile,
    channel: str,
    text: str,
    moment: Moment,
    point: ContactPoint | None = None,
) -> Change:
    """Put what waited in the queue into a case, as a person decided: an answer is owed from now."""
    if arrival.state not in OPEN:
        raise IllegalMove("assign", ["somebody has seen to this mail already"])
    if not text.strip():
        raise IllegalMove("assign", ["it has no words; open it, and write down what it says"])
    doubt = "placed_by_hand"
    heard = received(
        file, channel, text, arrival.received_at, moment, point, doubt=doubt, arrival_id=arrival.id
    )
    return heard.with_parts(taken_in(arrival, "assigned", moment, file.case.id))


def ignored(arrival: Arrival, moment: Moment) -> Change:
    """Note that a person found nothing to do about it; its body is let go of."""
    if arrival.state not in OPEN:
        raise IllegalMove("ignore", ["somebody has seen to this mail already"])
    return put_aside(arrival, moment)


def point_of(file: CaseFile, channel: str, index: str) -> ContactPoint | None:
    """Return the correspondent's address a mail came from, None where it is not one of theirs."""
    here = (each for each in file.points if each.channel == channel and each.index == index)
    return next(here, None)


def doubt(vouched: str, point: ContactPoint | None) -> str:
    """Return what somebody must know of who wrote a mail, "" where nothing is in doubt."""
    if not vouched:
        return "unverified"
    return "" if point is not None else "other_address"


def _noted(arrival: Arrival, values: Mapping[str, Any], event: Happened, moment: Moment) -> Change:
    sets = [Set(Arrival, arrival.id, values)]
    case_id = str(values.get("case_id") or "")
    return Change(about(arrival), moment, sets=sets, events=[event], case_id=case_id)


def oldest(waiting: Sequence[Arrival]) -> datetime | None:
    """Return since when the longest of what waits has done so."""
    return min((each.received_at for each in waiting), default=None)

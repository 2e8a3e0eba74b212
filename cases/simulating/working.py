"""What a simulated person does with a case next, and does it by the real rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

from cases import custody, following
from cases.answering import replies
from cases.casefile import CaseFile
from cases.changes import Change, Moment
from cases.checking.compliance import Level
from cases.models import Role
from cases.needs import IllegalMove
from cases.ports import Capabilities
from cases.simulating.staffing import Staffing
from cases.stages import running
from cases.talking import conversation, correspondents
from cases.talking.correspondents import Point, Who

# Asked with the case as it stands when its turn comes; answers who acts, and the Change, if any.
Act = Callable[[CaseFile, Callable[[str], Moment]], tuple[str, Change | None]]
_CAN = Capabilities()
_SECOND = timedelta(seconds=1)
_URGENT = ("safety", "answer")


@dataclass(slots=True)
class Worker:
    """What the one who has the case keeps in mind of it; `seed` is its own source of chance."""

    seed: str
    job: str = ""  # being done, or waiting for its turn
    turn: int = 0
    busy: bool = False
    looked: bool = False
    known: bool = False
    counted: bool = False
    writes_at: Callable[[datetime], datetime] | None = None
    drawn: Counter[str] = field(default_factory=Counter)

    def chance(self, about: str) -> Random:
        """Return the chance of one thing: the how manieth time does not depend on other things."""
        self.drawn[about] += 1
        return Random(f"{self.seed}/{about}/{self.drawn[about]}")

    def free_for(self, kind: str) -> bool:
        """Tell whether this can be planned: nothing waits, or only what is less pressing."""
        return not self.job or (kind in _URGENT and self.job != kind and not self.busy)


class Planned(NamedTuple):
    """A step, and when somebody turns to it at the earliest."""

    kind: str
    at: datetime


def next_step(file: CaseFile, worker: Worker, staffing: Staffing, now: datetime) -> Planned:
    """Return what the case wants next, the most pressing first."""
    kind = wanted(file, worker)
    return Planned(kind, _when(kind, file, staffing, worker.chance(f"when {kind}"), now))


def wanted(file: CaseFile, worker: Worker) -> str:
    """Return the step a case wants next, the most pressing first."""
    case = file.case
    wants = (
        ("safety", case.severity == "grave" and case.safe_at is None),
        ("answer", bool(running(file, "answer"))),
        ("acknowledge", case.acknowledged_at is None),
        ("look_for", not worker.looked),
        ("call", case.contact_ended_at is None),
        ("hear", case.heard_at is None),
        ("resolve", case.resolved_at is None),
        ("look", case.monitor_ended_at is None),
        ("follow_up", case.followed_up_at is None and file.may_contact),
    )
    return next((kind for kind, holds in wants if holds), "close")


def _when(kind: str, file: CaseFile, staffing: Staffing, chance: Random, now: datetime) -> datetime:
    hours = file.calendars
    if kind == "look":
        return hours.office.opens(max(now, following.window_ends(file) or now))
    if kind == "resolve":
        return now + _whole(staffing.solve.draw(chance))
    if kind == "safety":
        return now + _whole(staffing.alarm.draw(chance))
    respond = _whole(staffing.respond.draw(chance))
    if kind in ("acknowledge", "answer"):
        return hours.duty.add(now, respond)
    tried = kind == "call" and file.round_contacts
    return hours.office.add(hours.office.add_days(now, 1) if tried else now, respond)


def _whole(span: timedelta) -> timedelta:
    return max(_SECOND, timedelta(seconds=int(span.total_seconds())))


def step(kind: str, file: CaseFile, worker: Worker, staffing: Staffing) -> Iterator[Act]:
    """Yield the moves of one step, in order: each is asked once the one before it stands."""
    owner, chance = file.case.owner_id or "", worker.chance(kind)
    if kind == "acknowledge":
        yield from _acknowledge(owner)
    elif kind == "look_for":
        worker.looked, worker.known = True, chance.random() < staffing.identified
        yield _by(owner, _match if worker.known else _not_found)
        if not worker.known and file.case.contact_ended_at is None:
            yield _by(owner, lambda f, m: conversation.give_up(f, "unidentified", m))
    elif kind == "call":
        yield from _call(owner, staffing, chance)
    elif kind == "hear":
        yield _by(owner, _identify)
        yield _by(owner, lambda f, m: conversation.hear(f, "What they told.", "", [], m))
        if chance.random() < staffing.writes:
            days = 1 + 4 * chance.random()
            worker.writes_at = lambda now: now + _whole(timedelta(days=days))
    else:
        yield _by(owner, _SIMPLE[kind])


def _by(person: str, rule: Callable[[CaseFile, Moment], Change]) -> Act:
    return lambda file, moment: (person, rule(file, moment(person)))


def _acknowledge(owner: str) -> Iterator[Act]:
    yield _by(owner, lambda f, m: replies.draft(f, _reply(f), m))
    yield _approve
    url = "https://reviews.example/reply"
    yield _by(owner, lambda f, m: replies.posted(f, url, m.now, m))


def _reply(file: CaseFile) -> str:
    clinic = file.clinic
    ways = " or ".join(filter(None, (clinic.phone, clinic.email))) or "our office"
    return (
        "Thank you for taking the time to write. We are sorry to read this. "
        f"Please call or write to {clinic.point_person or 'our director'} at {ways}: "
        "we want to listen."
    )


def _approve(file: CaseFile, moment: Callable[[str], Moment]) -> tuple[str, Change | None]:
    """Approve as the owner; a grave case wants somebody else than who wrote it."""
    by = file.case.owner_id or ""
    if file.case.severity == "grave":
        by = next(p.id for p in file.people.values() if p.role == Role.MANAGER)
    try:
        return by, replies.approve(file, _CAN, (), moment(by))
    except IllegalMove:  # some warnings are to be acknowledged, by their codes
        text = _reply(file)
        warned = {f.code for f in replies.findings(file, text, _CAN) if f.level is Level.WARN}
        return by, replies.approve(file, _CAN, warned, moment(by))


def _match(file: CaseFile, moment: Moment) -> Change:
    who = Who("Somebody", "patient", "self", "the practice's records")
    points = [Point("phone", "+12125550147", "phone"), Point("email", "a@b.example", "email")]
    return correspondents.match(file, who, points, moment)


def _not_found(file: CaseFile, moment: Moment) -> Change:
    return conversation.looked_for(file, False, "", moment)


def _call(owner: str, staffing: Staffing, chance: Random) -> Iterator[Act]:
    outcome = "reached" if chance.random() < staffing.reached else "voicemail"

    def attempt(file: CaseFile, moment: Moment) -> Change:
        tries = [contact for contact in file.round_contacts if not contact.inbound]
        channel, came = ("email", "sent") if len(tries) == 1 else ("phone", outcome)
        return conversation.contact(file, channel, came, "", moment.now, moment)

    yield _by(owner, attempt)
    yield _give_up


def _give_up(file: CaseFile, moment: Callable[[str], Moment]) -> tuple[str, Change | None]:
    """Stop trying as soon as the playbook allows it; until then there is another day."""
    by = file.case.owner_id or ""
    if file.case.contact_ended_at is not None:
        return by, None
    try:
        return by, conversation.give_up(file, "unreachable", moment(by))
    except IllegalMove:
        return by, None


def _identify(file: CaseFile, moment: Moment) -> Change:
    return correspondents.identify(file, ["name", "date_of_birth"], "", moment)


def _answer(file: CaseFile, moment: Moment) -> Change:
    return conversation.contact(file, "phone", "reached", "", moment.now, moment)


def _resolve(file: CaseFile, moment: Moment) -> Change:
    told = file.case.contact_how == "reached"
    return following.resolve(file, "other", "What was done.", told, moment)


_SIMPLE: dict[str, Callable[[CaseFile, Moment], Change]] = {
    "safety": custody.take,
    "answer": _answer,
    "resolve": _resolve,
    "look": lambda f, m: following.look(f, "stands", m),
    "follow_up": lambda f, m: following.follow_up_by_phone(f, "voicemail", "", m),
    "close": lambda f, m: following.close(f, "unknown", m),
}

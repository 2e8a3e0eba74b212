"""What is wrong with the machine itself, and who must hear of it: a silence is never shown as calm.

Each flow notes when it did its work. Another part than the one that runs them looks at that, and at
what should have been looked at by now, and tells the administrators, once for each trouble.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cases.changes import About, Add, Change, Happened, Moment, Set, about
from cases.models import Beat, Person
from cases.notices import to_person

NAME = "watchdog"
ALARMS = ("machine_trouble", "machine_well")
_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)
# How long each flow may be silent: for what people wait on, five minutes; twice its rhythm else.
SILENCE: Mapping[str, timedelta] = {
    "sweep": 4 * _MINUTE,
    "deliver": 4 * _MINUTE,
    "publish": 20 * _MINUTE,
    "receive": 10 * _MINUTE,
    "intake": 45 * _MINUTE,
    "compare": 45 * _MINUTE,
    "digest": 45 * _MINUTE,
    "audit": 45 * _MINUTE,
    "follow_up": 3 * _HOUR,
    "watch": 26 * _HOUR,
}
LATE = 4 * _MINUTE  # what a clock or a notice may wait beyond its time
_AGAIN = timedelta(days=1)  # one and the same trouble is told once a day


@dataclass(frozen=True, slots=True)
class Watched:
    """What the watchdog sees. `overlooked` and `waiting`: since when the oldest waits, if any."""

    beats: Mapping[str, Beat]
    overlooked: datetime | None = None
    overlooked_count: int = 0
    waiting: datetime | None = None
    waiting_count: int = 0


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that stands still: a code, since when, and in words what to do."""

    code: str
    since: datetime
    words: str


def troubles(watched: Watched, now: datetime) -> tuple[Trouble, ...]:
    """Return what stands still by now, what people wait on first."""
    found = []
    if watched.overlooked is not None:
        count = watched.overlooked_count
        noun = "clock waits" if count == 1 else "clocks wait"
        words = f"{count} {noun} to be looked at; nobody is reminded until the sweep runs again"
        found.append(Trouble("clocks_overlooked", watched.overlooked, words))
    if watched.waiting is not None:
        count = watched.waiting_count
        noun = "message waits" if count == 1 else "messages wait"
        words = f"{count} {noun} to leave; see: amends doctor"
        found.append(Trouble("messages_waiting", watched.waiting, words))
    for flow, patience in SILENCE.items():
        beat = watched.beats.get(flow)
        if beat is not None and now - beat.at > patience:
            words = f"the flow {flow} has not done its work since then; see: amends doctor"
            found.append(Trouble(f"{flow}_silent", beat.at, words))
    return tuple(found)


def beat(known: Beat | None, flow: str, moment: Moment, note: str = "") -> Change:
    """Note that a flow did its work."""
    if known is None:
        values = {"id": flow, "at": moment.now, "note": note}
        return Change(About(Beat, flow, 0), moment, adds=[Add(Beat, values)])
    values = {"at": moment.now, "note": note}
    return Change(about(known), moment, sets=[Set(Beat, flow, values)])


def report(
    found: Sequence[Trouble],
    known: Beat | None,
    practice: About,
    administrators: Sequence[Person],
    moment: Moment,
) -> Change:
    """Return the watchdog's own beat and, where there is news, the event and who is told.

    A trouble is told when it begins and once a day while it lasts; that all is well again, once.
    """
    told = _told(known)
    news = [each for each in found if _is_news(told.get(each.code), moment.now)]
    now_told = {each.code: told.get(each.code, moment.now) for each in found}
    now_told |= {each.code: moment.now for each in news}
    note = json.dumps({code: at.isoformat() for code, at in now_told.items()})
    pulse = beat(known, NAME, moment, note)
    if news:
        return _alarm(news, practice, administrators, moment).with_parts(pulse)
    if told and not found:
        return _all_clear(practice, administrators, moment).with_parts(pulse)
    return pulse


def _is_news(told: datetime | None, now: datetime) -> bool:
    return told is None or now - told >= _AGAIN


def _told(known: Beat | None) -> dict[str, datetime]:
    noted = json.loads(known.note) if known is not None and known.note else {}
    return {code: datetime.fromisoformat(at) for code, at in noted.items()}


def _alarm(
    news: Sequence[Trouble], practice: About, people: Sequence[Person], moment: Moment
) -> Change:
    facts = {"troubles": [each.code for each in news], "since": min(each.since for each in news)}
    return Change(
        practice,
        moment,
        events=[Happened("machine_trouble", facts)],
        notices=[_notice("machine_trouble", person, moment, facts) for person in people],
    )


def _all_clear(practice: About, people: Sequence[Person], moment: Moment) -> Change:
    return Change(
        practice,
        moment,
        events=[Happened("machine_well")],
        notices=[_notice("machine_well", person, moment, {}) for person in people],
    )


def _notice(
    kind: str, person: Person, moment: Moment, facts: Mapping[str, object]
) -> dict[str, object]:
    detail = {**facts, "since": _written(facts.get("since"))}
    return to_person(kind, f"{kind}:{person.id}:{moment.now.isoformat()}", person.id, detail)


def _written(since: object) -> str:
    return since.isoformat() if isinstance(since, datetime) else ""

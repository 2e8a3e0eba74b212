"""A playbook on trial: what would become of a case, when each clock is due and who is told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cases.calendars.worktime import ALWAYS
from cases.casefile import Calendars, calendars
from cases.changes import Moment
from cases.clockwork import clocks
from cases.identifiers import Identifiers
from cases.models import Clinic, Clock
from cases.playbooks.mending import lateness, mend
from cases.playbooks.playbook import Playbook
from cases.playbooks.promises import CLOCKS, Promise, Rung

# Each later clock starts at the latest when the one before it is due.
_AFTER = {
    "reach": "first_try", "listen": "reach", "resolve": "listen", "monitor": "resolve",
    "follow_up": "monitor",
}  # fmt: skip
_EVERYTHING = datetime.max.replace(tzinfo=UTC)  # by then every rung is ripe


@dataclass(frozen=True, slots=True)
class Told:
    """A rung at work: when people are really told, and the how manieth time (from 1).

    `digest`: whoever wants one is told in it; a grave case never waits for it.
    """

    at: datetime
    rung: Rung
    time: int
    digest: bool


@dataclass(frozen=True, slots=True)
class Course:
    """One clock of a case that never was.

    `late` is beyond what was promised, if anything was; `remedy` what would have kept it, tried
    out, or "" where nothing is late.
    """

    kind: str
    starts_at: datetime
    due_at: datetime
    because: str
    late: timedelta | None
    remedy: str
    told: tuple[Told, ...]


def trial(
    playbook: Playbook, clinic: Clinic, at: datetime, severity: str = "", platform: str = ""
) -> tuple[Course, ...]:
    """Return the clocks of a case opened then, each step taking all its time.

    What brings a date of its own (a task, a promise) is left out, and so is the safety clock of a
    case whose `severity` is given and is not grave. Raises WorktimeError where the clinic's hours
    do not hold or the time is out of a calendar's reach.
    """
    mine = playbook.for_case(severity, platform, clinic.slug)
    hours = calendars(clinic, mine)
    courses: dict[str, Course] = {}
    for kind in CLOCKS:
        promise = mine.clocks.get(kind)
        if promise is None or not promise.span or _spared(kind, severity):
            continue
        since = courses[_AFTER[kind]].due_at if kind in _AFTER else at
        courses[kind] = _course(promise, hours, since, clinic.zone, severity == "grave")
    return tuple(courses.values())


def _spared(kind: str, severity: str) -> bool:
    return kind == "safety" and severity not in ("", "grave")


def _course(promise: Promise, hours: Calendars, since: datetime, zone: str, grave: bool) -> Course:
    moment = Moment(since, "trial", Identifiers(seed=0))
    clock = Clock(**clocks.start(promise.kind, "", since, promise, hours, moment).values)
    answer = clocks.due(clock, promise, (), (), hours, _EVERYTHING)
    rungs = [(ripe, promise.ladder[ripe.rung]) for ripe in answer.ripe]
    told = [Told(r.at, rung, r.occurrence + 1, rung.low and not grave) for r, rung in rungs]
    late = lateness(promise, hours, since) if promise.promise else None
    return Course(
        promise.kind,
        since,
        answer.due_at,
        _because(clock, promise, hours, zone),
        late,
        mend(promise, hours, [since]) if late else "",
        tuple(sorted(told, key=lambda each: each.at)),
    )


def _because(clock: Clock, promise: Promise, hours: Calendars, zone: str) -> str:
    calendar, days = hours.named(promise.calendar), promise.span.days
    if calendar is ALWAYS:  # its own words would be in UTC, which no clinic reads
        told = ALWAYS.explain(clock.started_at, promise.span.real, zone=ZoneInfo(zone))
        length = f"+ {int(promise.span.real.total_seconds()) // 3600} h,"
        return told.replace(length, f"+ {promise.span},", 1) if days else told
    if days and calendar.add_days(clock.started_at, days) == clock.due_at:
        return calendar.explain_days(clock.started_at, days)
    # A day that begins while it is closed ends at a closing, not at the opening after it.
    return calendar.explain(clock.started_at, clocks.total(clock, calendar))

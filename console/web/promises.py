"""A case's clocks in plain words: what is owed, by when, and how that time came about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from cases.calendars.worktime import WorktimeError
from cases.casefile import CaseFile
from cases.clockwork.clocks import DATED, stretches, total
from cases.models import Clock, Pause
from console.web.saying import task_words
from console.web.words import CLOCKS, local, span, time_left

_SOON = timedelta(hours=4)


@dataclass(frozen=True, slots=True)
class Owed:
    """One promise: `tone` is danger, warning or info, and `due` says the same in words."""

    kind: str
    what: str
    due: str
    why: str
    paused: str
    tone: str


def owed(file: CaseFile, now: datetime) -> list[Owed]:
    """Return the promises that run, the one due first at the top."""
    running = [clock for clock in file.clocks if clock.ended_at is None]
    running.sort(key=lambda clock: (clock.due_at is None, clock.due_at or now, clock.id))
    return [_owed(file, clock, now) for clock in running]


def _owed(file: CaseFile, clock: Clock, now: datetime) -> Owed:
    pause = waits(file, clock, now)
    return Owed(
        kind=clock.kind,
        what=_what(file, clock),
        due=due_words(clock.due_at, now, file.clinic.zone),
        why=_why(file, clock),
        paused=_paused(pause, file.clinic.zone),
        tone=_tone(clock.due_at, now),
    )


def kept(file: CaseFile) -> list[tuple[str, str]]:
    """Return the promises that have ended, the newest first: what, and how it ended."""
    ended = [clock for clock in file.clocks if clock.ended_at is not None]
    ended.sort(key=lambda clock: (clock.ended_at or clock.started_at, clock.id), reverse=True)
    return [(_what(file, clock), _ended(clock, file.clinic.zone)) for clock in ended]


def _ended(clock: Clock, zone: str) -> str:
    how = {"met": "kept", "cancelled": "no longer owed"}.get(clock.ended_how, clock.ended_how)
    late = ", late" if clock.missed_at is not None else ""
    return f"{how} {local(clock.ended_at, zone)}{late} (it was due {local(clock.due_at, zone)})"


def waits(file: CaseFile, clock: Clock, now: datetime) -> Pause | None:
    """Return the pause a clock stands in right now."""
    return next(
        (
            pause
            for pause in file.pauses.get(clock.id, ())
            if pause.ended_at is None and pause.from_at <= now < pause.until_at
        ),
        None,
    )


def _paused(pause: Pause | None, zone: str) -> str:
    return "" if pause is None else f"waits until {local(pause.until_at, zone)}: {pause.reason}"


def _what(file: CaseFile, clock: Clock) -> str:
    if clock.kind in DATED:
        task = next((each for each in file.tasks if each.id == clock.key), None)
        return task_words(task.kind, task.what) if task else CLOCKS[clock.kind][0]
    return CLOCKS[clock.kind][0]


def due_words(due_at: datetime | None, now: datetime, zone: str) -> str:
    """Return a deadline as people say it: "due today 12:30, 2 h left"."""
    if due_at is None:
        return "no deadline"
    there, here = due_at.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone))
    days = (there.date() - here.date()).days
    day = {0: "today ", 1: "tomorrow ", -1: "yesterday "}.get(days)
    at = f"{day}{there:%H:%M}" if day else local(due_at, zone)
    if due_at <= now:
        return f"{time_left(due_at, now)}, was due {at}"
    return f"due {at}, {time_left(due_at, now)}"


def _tone(due_at: datetime | None, now: datetime) -> str:
    if due_at is None or due_at > now + _SOON:
        return "info"
    return "danger" if due_at <= now else "warning"


def _why(file: CaseFile, clock: Clock) -> str:
    """Say how the deadline came about, in the clinic's own time, with what pauses added."""
    if clock.kind in DATED:
        told, moved = "the day it was promised for", _moved_on(file, clock)
    elif clock.calendar == "always":
        length = timedelta(days=clock.days, seconds=clock.span + clock.extra)
        since = local(clock.started_at, file.clinic.zone)
        told, moved = f"{span(length)} from {since}, round the clock", _moved_on(file, clock)
    else:
        told, moved = _explained(file, clock), ""  # pauses are part of it
    return told + _granted(file, clock) + moved


def _granted(file: CaseFile, clock: Clock) -> str:
    """Return the dates it had before more time was granted, and by whom that was."""
    given = [each for each in file.extensions.get(clock.id, ()) if each.granted]
    names = {person.id: person.name for person in file.people.values()}
    return "".join(
        f"; it was due {local(each.from_at, file.clinic.zone)} until "
        f"{names.get(each.answered_by, 'somebody')} granted more time"
        for each in given
    )


def _explained(file: CaseFile, clock: Clock) -> str:
    calendar = file.calendars.named(clock.calendar)
    try:
        # As open time, like the deadline itself: a day that began at opening ends at closing.
        paused = stretches(file.pauses.get(clock.id, ()))
        return calendar.explain(clock.started_at, total(clock, calendar), paused)
    except WorktimeError:
        return ""


def _moved_on(file: CaseFile, clock: Clock) -> str:
    """Return by how many pauses; one that began when it was due already moved nothing."""
    paused = stretches(file.pauses.get(clock.id, ()))
    count = sum(clock.due_at is not None and begin < clock.due_at for begin, _ in paused)
    if not count:
        return ""
    return "; moved on by " + ("a pause" if count == 1 else f"{count} pauses")

"""What the playbook's commands answer: in words, and as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from cases.calendars.wording import duration
from cases.playbooks.figures import length, promised, roles, when_words
from cases.playbooks.playbook import Playbook
from cases.playbooks.policy import STARTS
from cases.playbooks.promises import Promise
from cases.playbooks.shortfalls import Shortfall
from cases.playbooks.trial import Course
from console.commands.shared import local

# Checked: the hours that break a promise


def check_words(
    file: str,
    found: Playbook,
    place: str,
    week: Sequence[Shortfall],
    holidays: Sequence[Shortfall],
    strangers: Sequence[str],
) -> Iterator[str]:
    """Yield the lines that say how a playbook stands the check."""
    yield f"{file}: nothing is wrong with it."
    yield from strangers
    yield f"Promises, with the hours of {place}:"
    yield from (f"  {line}" for line in _promises(found, week))
    if holidays:
        yield "Besides, in weeks with a holiday:"
        yield from (f"  {each.kind}{_only(each)}: {each}" for each in holidays)


def _promises(found: Playbook, week: Sequence[Shortfall]) -> Iterator[str]:
    made = {kind: each for kind, each in found.clocks.items() if each.promise}
    for kind, promise in made.items():
        said = f"{kind} ({_said(promise)})"
        mine = [each for each in week if each.kind == kind and not each.only]
        yield from (f"{said}: {each}{_mended(each)}" for each in mine)
        if not mine:
            yield f"{said}: kept at any hour"
    for each in week:
        if each.only:
            yield f"{each.kind}{_only(each)}: {each}{_mended(each)}"
    if not made:
        yield "none is made; a clock's `promise` says what the public was told"


def _said(promise: Promise) -> str:
    return f"{length(promise)}, promised within {promise.promise}"


def _only(each: Shortfall) -> str:
    return f" [{each.only}]" if each.only else ""


def _mended(each: Shortfall) -> str:
    return f"; {each.remedy}" if each.remedy else ""


def checked(
    found: Playbook,
    place: str,
    kept: bool,
    week: Sequence[Shortfall],
    holidays: Sequence[Shortfall],
    strangers: Sequence[str],
) -> dict[str, Any]:
    """Return the same for programs; hours of the week count from Monday 00:00, `late` seconds."""
    return {
        "playbook": found.name,
        "hours_of": place,
        "kept": kept,
        "broken": [_shortfall(each) for each in week],
        "holidays": [
            {"holiday": each.holiday, "on": str(each.day), **_shortfall(each)} for each in holidays
        ],
        "warnings": list(strangers),
    }


def _shortfall(each: Shortfall) -> dict[str, Any]:
    return {
        "clock": each.kind,
        "only": each.only,
        "first_hour": each.first,
        "hours": each.hours,
        "late_seconds": int(each.late.total_seconds()),
        "remedy": each.remedy,
        "words": str(each),
    }


# Tried: what would become of a case


def course_words(course: Course, found: Playbook, zone: str) -> Iterator[str]:
    """Yield the lines that say when a clock is due, why, and who is told when."""
    yield f"{course.kind}: due {local(course.due_at, zone)}"
    yield f"  starts {local(course.starts_at, zone)}, when {STARTS[course.kind]}"
    yield f"  why: {course.because}{_late(course, found)}"
    for told in course.told:
        when = when_words(told.rung).lower()
        again = f", time {told.time} of {told.rung.times}" if told.rung.times > 1 else ""
        low = "; in the daily digest" if told.digest else ""
        who = roles(told.rung.tell, " and ").replace("the ", "")
        yield f"  {local(told.at, zone)}  {told.rung.means} {who} ({when}{again}{low})"


def _late(course: Course, found: Playbook) -> str:
    made = found.clocks[course.kind].promise
    if not course.late or made is None:
        return ""
    by = duration(int(course.late.total_seconds()) * 1_000_000)
    remedy = f"; {course.remedy}" if course.remedy else ""
    return f": later than {promised(made)} this policy promises, by {by}{remedy}"


def tried(found: Playbook, zone: str, opened: str, courses: Sequence[Course]) -> dict[str, Any]:
    """Return the same for programs; times are the clinic's own, `late_seconds` null: no promise."""
    return {
        "playbook": found.name,
        "version": found.version,
        "zone": zone,
        "opened_at": opened,
        "clocks": [_course(course, ZoneInfo(zone)) for course in courses],
    }


def _course(course: Course, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "clock": course.kind,
        "starts_when": STARTS[course.kind],
        "starts_at": _there(course.starts_at, zone),
        "due_at": _there(course.due_at, zone),
        "because": course.because,
        "late_seconds": None if course.late is None else int(course.late.total_seconds()),
        "remedy": course.remedy,
        "rungs": [
            {
                "at": _there(told.at, zone),
                "when": when_words(told.rung),
                "means": told.rung.means,
                "tell": list(told.rung.tell),
                "time": told.time,
                "of": told.rung.times,
                "digest": told.digest,
            }
            for told in course.told
        ],
    }


def _there(at: datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).isoformat()

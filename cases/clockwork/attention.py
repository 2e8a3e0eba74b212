"""When somebody may be told: the office hours of their own clinic, less their quiet hours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache

from cases.calendars.hours import Hours, Interval, WorktimeError, hours_from
from cases.calendars.worktime import WorkCalendar, calendar
from cases.casefile import Calendars
from cases.models import Clinic, Person

# A sweep that comes just after the office closed still tells what ripened just before.
GRACE = timedelta(minutes=15)
_DAY = 1440  # minutes
_TURNS = 60  # so many stretches of quiet are waited for, one after another


def home(person: Person, clinics: Mapping[str, Clinic], usual: Clinic) -> Clinic:
    """Return the clinic whose hours somebody keeps: the first of theirs, or else `usual`."""
    return next((clinics[each] for each in person.clinics if each in clinics), usual)


def zone_of(person: Person, clinic: Clinic) -> str:
    """Return the zone somebody lives by: their own, or that of the clinic they work for."""
    return person.zone or clinic.zone


def tell_at(person: Person, clinic: Clinic, hours: WorkCalendar, now: datetime) -> datetime:
    """Return when a person of this clinic is told what they should know now.

    `hours` are the clinic's, in which people are told at all. Raises WorktimeError.
    """
    opened = hours.opens(now - GRACE)
    at = now if opened <= now else opened
    if not person.quiet:
        return at
    awake = _awake(_frozen(person.quiet), zone_of(person, clinic))
    for _ in range(_TURNS):
        heard = awake.opens(at)
        if heard == at:
            break
        at = hours.opens(heard)
    return at  # quiet in all office hours: told all the same, late rather than never


def hours_of(calendars: Calendars, duty: bool) -> WorkCalendar:
    """Return the hours to tell people in: those of the office, or of duty."""
    return calendars.duty if duty else calendars.office


def check_quiet(quiet: Mapping[str, Sequence[str]], zone: str) -> None:
    """Raise WorktimeError unless the quiet hours hold, and leave some hour of the week."""
    if quiet:
        _awake(_frozen(quiet), zone)


def check_zone(zone: str) -> None:
    """Raise WorktimeError unless there is such a time zone."""
    hours_from({"mon": ["09:00-17:00"]}, zone)


def _frozen(hours: Mapping[str, Sequence[str]]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((day, tuple(spans)) for day, spans in sorted(hours.items()))


@lru_cache(maxsize=512)
def _awake(quiet: tuple[tuple[str, tuple[str, ...]], ...], zone: str) -> WorkCalendar:
    """Return the calendar of all hours that are not quiet, by the clock of that zone."""
    silent = hours_from(dict(quiet), zone)
    week = tuple(tuple(_between(day)) for day in silent.week)
    if not any(week):
        raise WorktimeError("quiet hours must leave some hour of the week; shorten them")
    return calendar("awake", Hours(week, zone))


def _between(day: Sequence[Interval]) -> list[Interval]:
    """Return the rest of a day: what lies between these intervals, which are in order."""
    edges = [0, *(edge for each in sorted(day) for edge in (each.start, each.end)), _DAY]
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return [Interval(start, end) for start, end in pairs if start < end]

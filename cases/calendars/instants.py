"""Instants: whole microseconds since 1970 in UTC, since integers add exactly and fast."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cases.calendars.hours import FIRST_YEAR, LAST_YEAR, WorktimeError, check_year

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LONGEST = timedelta(days=366 * (LAST_YEAR - FIRST_YEAR))


def utc_of(at: datetime, name: str) -> datetime:
    """Return an aware time in UTC; `name` is what WorktimeError calls a naive one."""
    if at.tzinfo is UTC:
        return at
    if at.tzinfo is None or at.utcoffset() is None:
        raise WorktimeError(
            f"{name} must be a time with a zone, not {at!r}: say which zone it is in"
        )
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise WorktimeError(f"{name}, {at}, is at the end of time: check the date") from None


def instant_of(at: datetime) -> int:
    """Return an aware time as an instant."""
    return (at - _EPOCH) // _MICROSECOND


def length_of(span: timedelta) -> int:
    """Return a span in microseconds."""
    return span // _MICROSECOND


def checked(span: timedelta) -> timedelta:
    """Return the span itself. Raises WorktimeError for one no calendar can count."""
    if span.days < 0:
        raise WorktimeError(f"a span of {span} is negative: a span counts forward, from 0 on")
    if span > _LONGEST:
        raise WorktimeError(f"a span of {span} is out of reach: check the date and the span")
    return span


def moment_of(instant: int) -> datetime:
    """Return an instant as a time in UTC. Raises WorktimeError outside the years 1 to 9999."""
    try:
        return _EPOCH + _MICROSECOND * instant
    except OverflowError:
        raise WorktimeError("outside the years 1 to 9999: check the date and the span") from None


def local_time(instant: int, zone: ZoneInfo) -> datetime:
    """Return an instant as the zone's clock shows it."""
    return moment_of(instant).astimezone(zone)


def year_at(at: datetime, zone: ZoneInfo) -> int:
    """Return the local year of a time. Raises WorktimeError out of a calendar's reach."""
    check_year(at.year, "")  # near the ends of time no zone can be asked
    return at.astimezone(zone).year


def first_shown(wall: datetime, zone: ZoneInfo) -> int:
    """Return the first instant at which the zone's clock shows `wall` (naive) or later."""
    early = (wall.replace(tzinfo=zone) - _EPOCH) // _MICROSECOND
    skipped = (wall.replace(tzinfo=zone, fold=1) - _EPOCH) // _MICROSECOND
    if skipped >= early:  # shown once, or twice, and then the first counts (PEP 495)
        return early
    while early - skipped > 1:  # inside a gap the two lie on either side of the jump
        middle = (early + skipped) // 2
        if local_time(middle, zone).replace(tzinfo=None) < wall:
            skipped = middle
        else:
            early = middle
    return early

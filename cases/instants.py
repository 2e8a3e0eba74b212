"""Instants: whole microseconds since 1970 in UTC, since integers add exactly and fast."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cases.hours import WorktimeError, check_year

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def instant_of(at: datetime, name: str) -> int:
    """Return an aware time as an instant; `name` is what WorktimeError calls a naive one."""
    try:
        return (at - _EPOCH) // _MICROSECOND
    except TypeError:
        raise WorktimeError(
            f"{name} must be a time with a zone, not {at!r}: say which zone it is in"
        ) from None


def length_of(span: timedelta) -> int:
    """Return a span in microseconds. Raises WorktimeError for a negative one."""
    length = span // _MICROSECOND
    if length < 0:
        raise WorktimeError(f"a span of {span} is negative: a span counts forward, from 0 on")
    return length


def moment_of(instant: int) -> datetime:
    """Return an instant as a time in UTC. Raises WorktimeError outside the years 1 to 9999."""
    try:
        return _EPOCH + timedelta(microseconds=instant)
    except OverflowError:
        raise WorktimeError("outside the years 1 to 9999: check the date and the span") from None


def local_time(instant: int, zone: ZoneInfo) -> datetime:
    """Return an instant as the zone's clock shows it."""
    return moment_of(instant).astimezone(zone)


def year_at(instant: int, zone: ZoneInfo) -> int:
    """Return the local year of an instant. Raises WorktimeError out of a calendar's reach."""
    check_year(moment_of(instant).year, "")  # near the ends of time no zone can be asked
    return local_time(instant, zone).year


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

"""Times on the line of instants, and what a clock shows of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest

from cases.calendars.hours import WorktimeError
from cases.calendars.instants import (
    checked,
    first_shown,
    instant_of,
    local_time,
    moment_of,
    utc_of,
    year_at,
)

NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    "text", ["1970-01-01T00:00", "1969-12-31T23:59:59.999999", "2026-11-20T16:30:00.000001"]
)
def test_an_instant_is_the_same_time_again(text: str) -> None:
    when = datetime.fromisoformat(text).replace(tzinfo=UTC)
    assert moment_of(instant_of(when)) == when
    assert local_time(instant_of(when), NEW_YORK) == when


@pytest.mark.parametrize(
    ("wall", "shown"),
    [
        pytest.param("2026-11-20T16:30", "2026-11-20T21:30", id="an ordinary time"),
        pytest.param("2026-03-08T02:00", "2026-03-08T07:00", id="the beginning of the gap"),
        pytest.param("2026-03-08T02:30", "2026-03-08T07:00", id="inside the gap"),
        pytest.param("2026-03-08T03:00", "2026-03-08T07:00", id="the end of the gap"),
        pytest.param("2026-11-01T01:30", "2026-11-01T05:30", id="shown twice"),
        pytest.param("2026-11-01T02:00", "2026-11-01T07:00", id="after the repeated hour"),
    ],
)
def test_a_time_on_the_wall_is_the_first_instant_that_shows_it_or_later(
    wall: str, shown: str
) -> None:
    found = moment_of(first_shown(datetime.fromisoformat(wall), NEW_YORK))
    assert found == datetime.fromisoformat(shown).replace(tzinfo=UTC)


class Undecided(tzinfo):
    """A zone that does not know how far it is off."""

    def utcoffset(self, when: datetime | None) -> timedelta | None:
        return None


@pytest.mark.parametrize("zone", [None, Undecided()])
def test_a_time_without_a_zone_is_refused_by_its_name(zone: tzinfo | None) -> None:
    with pytest.raises(WorktimeError, match="start must be a time with a zone"):
        utc_of(datetime(2026, 11, 20, tzinfo=zone), "start")


def test_the_year_is_the_one_on_the_clinics_clock() -> None:
    new_year = datetime(2027, 1, 1, 3, tzinfo=UTC)
    assert (year_at(new_year, NEW_YORK), year_at(new_year, ZoneInfo("UTC"))) == (2026, 2027)


@pytest.mark.parametrize("span", [timedelta(microseconds=-1), timedelta(days=366 * 301)])
def test_a_span_nobody_can_count_is_refused(span: timedelta) -> None:
    with pytest.raises(WorktimeError, match="a span of"):
        checked(span)

"""When a text may reach somebody, how often, and how long it may be."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.calendars.hours import DAYS
from cases.lexicons import table
from cases.talking.texting import (
    Window,
    may_leave,
    measure,
    next_opening,
    not_before,
    too_long,
    window_of,
)

NEW_YORK = "America/New_York"
HOUR = timedelta(hours=1)


def at(day: int, hour: int, minute: int = 0, zone: str = NEW_YORK, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=ZoneInfo(zone)).astimezone(UTC)


# Where somebody is


@pytest.mark.parametrize(
    ("number", "zones", "states"),
    [
        ("+12125550142", (NEW_YORK,), ()),
        ("+14015550142", (NEW_YORK,), ("RI",)),
        ("+13055550142", (NEW_YORK,), ("FL",)),
        ("+18504325555", ("America/Chicago",), ("FL",)),
        ("+18085550142", ("Pacific/Honolulu",), ()),
        ("+19075550142", ("America/Adak", "America/Anchorage"), ()),
        ("+442079460000", ("Europe/London",), ()),
    ],
)
def test_a_number_tells_where_it_may_be(
    number: str, zones: tuple[str, ...], states: tuple[str, ...]
) -> None:
    assert window_of(number) == Window(zones, states)


def test_the_zone_they_told_us_wins_and_the_states_rule_stays() -> None:
    assert window_of("+14015550142", "America/Los_Angeles") == Window(
        ("America/Los_Angeles",), ("RI",)
    )


@pytest.mark.parametrize("number", ["+18005550142", "+1", "", "nonsense"])
def test_a_number_of_no_place_is_texted_when_all_of_them_allow_it(number: str) -> None:
    window = window_of(number)
    assert len(window.zones) == 8
    assert set(window.states) == set(table("quiet_hours.toml")["states"])
    allowed = [h for h in range(24) if may_leave(window, datetime(2026, 11, 3, h, tzinfo=UTC))]
    assert allowed == [20, 21]  # ten in Honolulu, not yet six in the evening in Puerto Rico


# The windows


@pytest.mark.parametrize(
    ("number", "when", "leaves"),
    [
        ("+12125550142", at(3, 8, 59), at(3, 9)),
        ("+12125550142", at(3, 20), at(4, 9)),
        ("+12125550142", at(7, 20), at(9, 9)),  # a Saturday evening: not on Sunday
        ("+12125550142", at(10, 21), at(12, 9)),  # not on Veterans Day
        ("+12125550142", at(31, 22, month=10), at(2, 9)),  # the clocks go back on that Sunday
        ("+14015550142", at(3, 18), at(4, 9)),  # Rhode Island ends at six,
        ("+14015550142", at(7, 9), at(7, 10)),  # and begins at ten on Saturdays
        ("+15025550142", at(3, 9), at(3, 10)),  # Kentucky begins at ten
        ("+13125550142", at(3, 9), at(3, 10)),  # Chicago is an hour behind New York
        ("+18085550142", at(3, 9), at(3, 14)),
    ],
)
def test_a_text_waits_for_the_hours_of_whoever_gets_it(
    number: str, when: datetime, leaves: datetime
) -> None:
    assert not_before(window_of(number), (), when) == leaves


@pytest.mark.parametrize("when", [at(3, 9), at(3, 19, 59), at(7, 12)])
def test_by_day_it_leaves(when: datetime) -> None:
    assert not_before(window_of("+12125550142"), (), when) is None


def test_no_states_rule_is_looser_than_the_law() -> None:
    rules = table("quiet_hours.toml")
    opens, shuts = rules["law"]["hours"]
    for state, rule in rules["states"].items():
        first, last = rule["hours"]
        assert opens <= first < last <= shuts, state
        assert set(rule.get("days", DAYS)) <= set(DAYS)
        assert rule["source"]


def test_no_area_code_stands_in_two_states() -> None:
    codes = [c for rule in table("quiet_hours.toml")["states"].values() for c in rule["codes"]]
    assert len(codes) == len(set(codes))


zones = st.sampled_from(
    [NEW_YORK, "America/Chicago", "America/Phoenix", "America/St_Johns", "Pacific/Honolulu"]
)
moments = st.integers(0, 3 * 365 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


@given(zones, st.sampled_from(["", "KY", "RI", "LA"]), moments)
def test_what_was_put_off_may_leave_then_and_not_a_quarter_of_an_hour_before(
    zone: str, state: str, now: datetime
) -> None:
    window = Window((zone,), (state,) if state else ())
    opening = next_opening(window, now)
    assert may_leave(window, opening)
    assert now <= opening < now + timedelta(days=5)
    local = opening.astimezone(ZoneInfo(zone))
    assert 9 <= local.hour < 20
    assert local.weekday() != 6
    if opening > now:
        assert not may_leave(window, max(opening - timedelta(minutes=15), now))


# The caps


def test_once_a_day_by_their_own_clock() -> None:
    window = window_of("+18085550142")
    texted = [at(3, 10, zone="Pacific/Honolulu")]
    later = at(3, 15, zone="Pacific/Honolulu")
    assert not_before(window, texted, later) == at(4, 9, zone="Pacific/Honolulu")


def test_three_times_in_seven_days() -> None:
    window = window_of("+12125550142")
    texted = [at(2, 10), at(3, 10), at(4, 10)]
    assert not_before(window, texted, at(5, 12)) == at(9, 9)
    assert not_before(window, texted[1:], at(5, 12)) is None


@given(st.lists(st.integers(0, 23 * 20), min_size=1, max_size=30))
def test_however_many_wait_no_number_gets_more(waits: list[int]) -> None:
    """Each text leaves when it may, and none is lost."""
    window, texted, now = window_of("+12125550142"), list[datetime](), at(2, 9)
    for hours in sorted(waits):
        now = max(now, at(2, 9) + hours * HOUR)
        now = not_before(window, texted, now) or now
        texted.append(now)
    days = [t.astimezone(ZoneInfo(NEW_YORK)).date() for t in texted]
    assert len(days) == len(set(days))
    assert all(sum(d <= e < d + timedelta(days=7) for e in days) <= 3 for d in days)


# How long it may be


@pytest.mark.parametrize(
    ("text", "used", "limit", "parts"),
    [
        ("Please call us.", 15, 160, 1),
        ("x" * 160, 160, 160, 1),
        ("x" * 161, 161, 160, 2),
        ("x" * 306, 306, 160, 2),
        ("€[]", 6, 160, 1),
        ("ñ é ü ¿", 7, 160, 1),
        ("ó" * 70, 70, 70, 1),
        ("ó" * 71, 71, 70, 2),
        ("😀" * 35, 70, 70, 1),
        ("😀" * 36, 72, 70, 2),
        ("", 0, 160, 1),
    ],
)
def test_a_text_is_measured_as_a_phone_counts(text: str, used: int, limit: int, parts: int) -> None:
    found = measure(text)
    assert (found.used, found.limit, found.parts) == (used, limit, parts)


def test_one_curly_apostrophe_is_named_where_it_makes_a_text_too_long() -> None:
    text = "We’d like to hear from you. Please call " + "x" * 60
    assert "’" in too_long(text)
    assert "plain letters" in too_long(text)
    assert too_long(text.replace("’", "'")) == ""
    assert "shorter" in too_long("x" * 170)

"""When a text may reach a patient, how often, and how many letters it may have.

By the clock where they are: the zone they told us, or those their number may be in. The windows
stand in lexicons/quiet_hours.toml. What must wait is put off and never dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import phonenumbers
from holidays import country_holidays
from phonenumbers import timezone as number_zones

from cases.calendars.hours import DAYS
from cases.lexicons import table

_RULES = table("quiet_hours.toml")
_WEEK = timedelta(days=7)
_LOOK_AHEAD = 24 * 14  # hours: longer than any row of days on which nothing may leave
# A number that could be in more zones than this names no place: freephone, personal, ...
_TOO_MANY = 3
_NO_ZONE = "Etc/Unknown"


@dataclass(frozen=True, slots=True)
class Window:
    """Where somebody may be, and the rules that hold there; the hours of all must allow it."""

    zones: tuple[str, ...]
    states: tuple[str, ...] = ()


def window_of(number: str, zone: str = "") -> Window:
    """Return the window of a number (E.164): the zone they told us wins over what it suggests.

    A state's rule holds by its area code, whoever moved away with the number.
    """
    parsed = _parsed(number)
    state = _states_by_code().get(str(parsed.national_number)[:3]) if _is_american(parsed) else None
    mine = (state,) if state else ()
    if zone:
        return Window((zone,), mine)
    found = [each for each in number_zones.time_zones_for_number(parsed) if each != _NO_ZONE]
    if 0 < len(found) <= _TOO_MANY:
        return Window(tuple(found), mine)
    return Window(tuple(_RULES["unknown"]["zones"]), tuple(_RULES["states"]))


def _parsed(number: str) -> Any:
    try:
        return phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return phonenumbers.PhoneNumber()  # of no place: only what is allowed everywhere


def _is_american(number: Any) -> bool:
    return bool(number.country_code == 1)


@cache
def _states_by_code() -> Mapping[str, str]:
    states = _RULES["states"].items()
    return {str(code): name for name, rule in states for code in rule["codes"]}


def may_leave(window: Window, at: datetime) -> bool:
    """Tell whether a text may leave at this instant, by every clock and every rule that may hold.

    >>> may_leave(Window(("America/New_York",)), datetime(2026, 11, 3, 14, tzinfo=UTC))
    True
    """
    layers = [_RULES["law"], _RULES["custom"], *(_RULES["states"][s] for s in window.states)]
    return all(
        _allows(layer, at.astimezone(ZoneInfo(zone))) for zone in window.zones for layer in layers
    )


def _allows(layer: Mapping[str, Any], local: datetime) -> bool:
    day = DAYS[local.weekday()]
    if day not in layer.get("days", DAYS):
        return False
    if not layer.get("holidays", True) and local.date() in _holidays(local.year):
        return False
    opens, shuts = layer.get("saturday", layer["hours"]) if day == "sat" else layer["hours"]
    return bool(opens <= local.hour < shuts)


@cache
def _holidays(year: int) -> frozenset[date]:
    return frozenset(country_holidays("US", years=year))


def next_opening(window: Window, after: datetime) -> datetime:
    """Return the first instant from then on at which a text may leave.

    Windows begin on the hour; a zone that is off by minutes begins within a quarter of one.
    """
    if may_leave(window, after):
        return after
    tick = after.replace(minute=0, second=0, microsecond=0)
    for quarters in range(1, _LOOK_AHEAD * 4):
        at = tick + timedelta(minutes=15) * quarters
        if at > after and may_leave(window, at):
            return at
    return after + timedelta(days=1)  # no hour is allowed everywhere: asked again tomorrow


def not_before(window: Window, texted: Sequence[datetime], now: datetime) -> datetime | None:
    """Return when a text may leave, if that is not now.

    `texted`: when this number was texted before, in all cases: at most once a day and three times
    in seven days, by their own clock.
    """
    at = next_opening(window, now)
    while over := _over_the_cap(window, texted, at):
        at = next_opening(window, over)
    return at if at > now else None


def _over_the_cap(window: Window, texted: Iterable[datetime], at: datetime) -> datetime | None:
    """Return when the next local day begins, where that number had its share by then."""
    zone = ZoneInfo(window.zones[0])
    today = at.astimezone(zone).date()
    days = [each.astimezone(zone).date() for each in texted]
    caps = _RULES["caps"]
    this_week = [day for day in days if today - _WEEK < day <= today]
    if days.count(today) < caps["day"] and len(this_week) < caps["week"]:
        return None
    return datetime.combine(today + timedelta(days=1), time(), zone).astimezone(UTC)


# How many letters a text may have

_ONE, _ONE_UCS2 = 160, 70  # in one text; in one of several parts 153 and 67 (3GPP TS 23.040)
_PART, _PART_UCS2 = 153, 67
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_TWICE = frozenset("^{}\\[~]|€\f")  # these take two places


@dataclass(frozen=True, slots=True)
class Measure:
    """How long a text is on its way: places used of those in one text, and how many it makes.

    `odd`: letters a phone's own alphabet lacks; one of them leaves 70 places instead of 160.
    """

    used: int
    limit: int
    parts: int
    odd: str = ""

    @property
    def fits(self) -> bool:
        return self.parts <= 1


def measure(text: str) -> Measure:
    """Return how many places a text takes (3GPP TS 23.038).

    >>> measure("Please call us").used
    14
    """
    odd = "".join(dict.fromkeys(c for c in text if c not in _BASIC and c not in _TWICE))
    if odd:
        used, limit, part = len(text.encode("utf-16-be")) // 2, _ONE_UCS2, _PART_UCS2
    else:
        used, limit, part = len(text) + sum(c in _TWICE for c in text), _ONE, _PART
    return Measure(used, limit, 1 if used <= limit else -(-used // part), odd)


def too_long(text: str) -> str:
    """Return what is wrong with a text that does not fit into one, and what to do; else ""."""
    found = measure(text)
    if found.fits:
        return ""
    if found.odd and measure("".join(c for c in text if c not in found.odd)).fits:
        return (
            f"with {' '.join(found.odd)} a text has {found.limit} places, and this takes "
            f"{found.used}; write it with plain letters, or shorter"
        )
    return f"a text has {found.limit} places, and this takes {found.used}; write it shorter"

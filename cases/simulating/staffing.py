"""A guess at who does the work: how many, how soon they look, how long each step takes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from math import exp
from random import Random

_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*(m|h|d)")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_SHAPES = "lognormal:MEDIAN,SIGMA, uniform:LEAST,MOST or fixed:SPAN, as lognormal:45m,1.0"


class StaffingError(ValueError):
    """The guess cannot be read. The message says what to write instead."""


@dataclass(frozen=True, slots=True)
class Delay:
    """A span by chance. `lognormal`: its median and sigma; `uniform`: its bounds; `fixed`."""

    shape: str
    first: timedelta
    second: timedelta = timedelta()
    sigma: float = 0.0

    def draw(self, chance: Random) -> timedelta:
        if self.shape == "lognormal":
            # Nobody waits for ever: beyond some thirty times the median the tail is cut.
            return self.first * exp(self.sigma * max(-3.5, min(3.5, chance.gauss(0, 1))))
        if self.shape == "uniform":
            return self.first + (self.second - self.first) * chance.random()
        return self.first


def delay(written: str) -> Delay:
    """Read "lognormal:45m,1.0", "uniform:10m,2h" or "fixed:1h". Raises StaffingError."""
    shape, _, rest = written.strip().partition(":")
    parts = [each.strip() for each in rest.split(",")]
    try:
        if shape == "lognormal" and len(parts) == 2 and 0 <= float(parts[1]) <= 3:
            return Delay(shape, _span(parts[0]), sigma=float(parts[1]))
        if shape == "uniform" and len(parts) == 2 and _span(parts[0]) <= _span(parts[1]):
            return Delay(shape, _span(parts[0]), _span(parts[1]))
        if shape == "fixed" and len(parts) == 1:
            return Delay(shape, _span(parts[0]))
    except ValueError:
        pass
    raise StaffingError(f"{written!r} is no delay; write {_SHAPES}")


def _span(written: str) -> timedelta:
    match = _SPAN.fullmatch(written)
    if match is None:
        raise ValueError(written)
    return timedelta(**{_UNITS[match[2]]: float(match[1])})


@dataclass(frozen=True, slots=True)
class Staffing:
    """Who works on cases. Shares are from 0 to 1; effort is what each step takes of somebody."""

    people: int = 2
    respond: Delay = field(default_factory=lambda: delay("lognormal:45m,1.0"))
    alarm: Delay = field(default_factory=lambda: delay("lognormal:15m,0.8"))  # safety, any hour
    solve: Delay = field(default_factory=lambda: delay("lognormal:3d,0.6"))
    identified: float = 0.6  # of the authors, the practice can tell who they are
    reached: float = 0.45  # of the calls
    writes: float = 0.25  # of those reached write once more
    effort: Mapping[str, timedelta] = field(
        default_factory=lambda: {
            "safety": timedelta(minutes=3),
            "acknowledge": timedelta(minutes=12),
            "look_for": timedelta(minutes=8),
            "call": timedelta(minutes=10),
            "hear": timedelta(minutes=20),
            "answer": timedelta(minutes=10),
            "resolve": timedelta(minutes=30),
            "look": timedelta(minutes=2),
            "follow_up": timedelta(minutes=10),
            "close": timedelta(minutes=3),
            "task": timedelta(minutes=5),
        }
    )

    def __post_init__(self) -> None:
        if not 1 <= self.people <= 500:
            raise StaffingError(f"{self.people} people: give a number from 1 to 500")
        for name in ("identified", "reached", "writes"):
            if not 0 <= getattr(self, name) <= 1:
                raise StaffingError(f"{name} {getattr(self, name):g}: a share is from 0 to 1")

"""How promptly messages to our public pages are answered: platforms show that figure to patients.

Facebook calls a page very responsive where, over the last seven days, 90 % were answered and the
time was 15 minutes; automatic answers do not count.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from cases.models import Clock

WINDOW = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Promptness:
    """Of so many messages, so many were answered in time."""

    in_time: int
    of: int

    @property
    def share(self) -> float | None:
        """Return the share from 0 to 1; None where there was no message."""
        return self.in_time / self.of if self.of else None


def promptness(clocks: Iterable[Clock], now: datetime) -> Promptness:
    """Count the messages of the last seven days by their clocks.

    One that may still be answered in time counts neither way, nor does one a person found to need
    no answer.
    """
    mine = [each for each in clocks if each.kind == "message" and _counts(each, now)]
    return Promptness(sum(not _late(each, now) for each in mine), len(mine))


def _counts(clock: Clock, now: datetime) -> bool:
    if not now - WINDOW < clock.started_at <= now:
        return False
    return _late(clock, now) or clock.ended_how == "met"


def _late(clock: Clock, now: datetime) -> bool:
    if clock.missed_at is not None:
        return True
    return clock.ended_at is None and clock.due_at is not None and clock.due_at <= now

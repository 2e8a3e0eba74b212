"""On time or not: each kind of clock, counted from when we saw the review and from when it stood.

The practice can only answer what it has seen; the public counts from the day a review is posted. So
both are told, never one for the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from cases.casefile import Calendars
from cases.clockwork import clocks
from cases.models import Clock, Pause
from cases.models.rows import new_row
from cases.playbooks.promises import CLOCKS, Span

# These begin with the case, which is opened when the review is seen; the others with what we did.
FROM_THE_REVIEW = ("acknowledge", "first_try", "safety")
APART = ("", "reopened", "excused")
GROUPS: Mapping[str, Callable[[Ran], str]] = {
    "clinic": lambda ran: ran.clinic,
    "severity": lambda ran: ran.severity,
    "platform": lambda ran: ran.platform,
}


@dataclass(frozen=True, slots=True)
class Ran:
    """One clock as it ran, and what it is judged by."""

    clock: Clock
    clinic: str  # its short name
    severity: str
    platform: str
    posted_at: datetime | None
    calendars: Calendars
    promise: Span | None = None  # what the playbook of the case promises the public, in real time
    pauses: Sequence[Pause] = ()

    @property
    def apart(self) -> str:
        """Return why it is counted for itself: it was given more time, or the case came back."""
        if self.pauses or self.clock.extra:
            return "excused"
        return "reopened" if self.clock.round > 1 else ""

    @property
    def posted(self) -> datetime | None:
        """Return when the public began to count, for a clock that begins with the review."""
        first = self.clock.round == 1 and not self.clock.key
        return self.posted_at if first and self.clock.kind in FROM_THE_REVIEW else None


@dataclass(frozen=True, slots=True)
class Share:
    """So many kept of so many that were kept or missed."""

    kept: int = 0
    of: int = 0

    @property
    def part(self) -> float | None:
        """Return the share from 0 to 1; None where nothing was counted."""
        return self.kept / self.of if self.of else None


@dataclass(frozen=True, slots=True)
class OnTime:
    """One line of the report. Medians are office time, of what was met; None where nothing was."""

    kind: str
    group: str
    apart: str
    seen: Share  # the clock, from when it started
    posted: Share  # the same span, from when the review was posted
    promise_seen: Share  # what the public was promised, in real time
    promise_posted: Share
    median_seen: timedelta | None
    median_posted: timedelta | None


def on_time(rans: Iterable[Ran], now: datetime, by: str = "") -> tuple[OnTime, ...]:
    """Return the lines of the report, kind by kind; `by` one of GROUPS, or "" for all together.

    A clock that still may be kept is not counted, nor one that ended because nothing was owed any
    more. The reopened and the excused (paused, or given more time) have lines of their own.
    """
    group = GROUPS.get(by, _all)
    lines: dict[tuple[str, str, str], list[Ran]] = {}
    for ran in rans:
        if ran.clock.ended_how != "cancelled" or ran.clock.missed_at is not None:
            lines.setdefault((ran.clock.kind, group(ran), ran.apart), []).append(ran)
    ordered = sorted(lines, key=lambda key: (CLOCKS.index(key[0]), key[1], APART.index(key[2])))
    return tuple(_line(key, lines[key], now) for key in ordered)


def _all(_: Ran) -> str:
    return ""


def _line(key: tuple[str, str, str], rans: Sequence[Ran], now: datetime) -> OnTime:
    kind, group, apart = key
    return OnTime(
        kind,
        group,
        apart,
        _share(_kept(ran, now) for ran in rans),
        _share(_kept_since_posted(ran, now) for ran in rans),
        _share(_promise_kept(ran, ran.clock.started_at, now) for ran in rans),
        _share(_promise_kept(ran, ran.posted, now) for ran in rans),
        _median(ran.calendars.office.between(*both) for ran, both in _met(rans, _started)),
        _median(ran.calendars.office.between(*both) for ran, both in _met(rans, _posted)),
    )


def _share(verdicts: Iterable[bool | None]) -> Share:
    counted = [each for each in verdicts if each is not None]
    return Share(sum(counted), len(counted))


def _kept(ran: Ran, now: datetime) -> bool | None:
    clock = ran.clock
    if clock.missed_at is not None:
        return False
    if clock.ended_at is not None:
        return True
    return False if clock.due_at is not None and clock.due_at <= now else None


def _kept_since_posted(ran: Ran, now: datetime) -> bool | None:
    since = ran.posted
    if since is None:
        return None
    values = {name: getattr(ran.clock, name) for name in Clock.model_fields}
    clock = new_row(Clock, {**values, "started_at": min(since, ran.clock.started_at)})
    calendar = ran.calendars.named(clock.calendar)
    return _in_time(ran.clock, clocks.after_part(clock, ran.pauses, calendar), now)


def _promise_kept(ran: Ran, since: datetime | None, now: datetime) -> bool | None:
    if since is None or ran.promise is None:
        return None
    until = since + ran.promise.real
    # At the very end it is kept still: "within a day".
    return _in_time(ran.clock, until + timedelta(microseconds=1), now)


def _in_time(clock: Clock, until: datetime, now: datetime) -> bool | None:
    if clock.ended_at is not None:
        return clock.ended_how == "met" and clock.ended_at < until
    return False if until <= now else None


def _started(ran: Ran) -> datetime | None:
    return ran.clock.started_at


def _posted(ran: Ran) -> datetime | None:
    return ran.posted


def _met(
    rans: Sequence[Ran], since: Callable[[Ran], datetime | None]
) -> Iterable[tuple[Ran, tuple[datetime, datetime]]]:
    for ran in rans:
        begun, ended = since(ran), ran.clock.ended_at
        if begun is not None and ended is not None and ran.clock.ended_how == "met":
            yield ran, (begun, ended)


def _median(times: Iterable[timedelta]) -> timedelta | None:
    found = [each / timedelta(microseconds=1) for each in times]
    return timedelta(microseconds=median(found)) if found else None

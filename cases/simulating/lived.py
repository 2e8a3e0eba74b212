"""What a simulated history came to: promises kept and missed, work and messages by person."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from statistics import mean, median, quantiles
from typing import Any

from cases.casefile import CaseFile
from cases.models import Clock


@dataclass(slots=True)
class Tally:
    """What became of the clocks of one kind; `open` still ran when the last review was dealt with.

    `late`: by how much each missed one was overdue when it ended.
    """

    started: int = 0
    kept: int = 0
    missed: int = 0
    cancelled: int = 0
    open: int = 0
    late: list[timedelta] = field(default_factory=list)

    @property
    def share(self) -> float:
        """Return the share kept of those that were kept or missed; 1.0 where there was none."""
        judged = self.kept + self.missed
        return self.kept / judged if judged else 1.0

    def as_dict(self) -> dict[str, Any]:
        late = [each.total_seconds() / 3600 for each in self.late]
        return {
            "started": self.started,
            "kept": self.kept,
            "missed": self.missed,
            "cancelled": self.cancelled,
            "open": self.open,
            "on_time": round(self.share, 4),
            "late_hours_median": round(median(late), 2) if late else 0.0,
        }


@dataclass(slots=True)
class Lived:
    """What a simulated history came to. `work` and `told` are by person and local day."""

    reviews: int = 0
    cases: int = 0
    closed: int = 0
    rungs: Counter[str] = field(default_factory=Counter)  # reminded, escalated, passed_over
    clocks: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    work: dict[str, Counter[date]] = field(default_factory=lambda: defaultdict(Counter))  # seconds
    told: dict[str, Counter[date]] = field(default_factory=lambda: defaultdict(Counter))  # notices
    promised: Tally = field(default_factory=Tally)  # the public reply, counted from posted_at

    def count(self, file: CaseFile) -> None:
        """Count a case that has come to rest."""
        self.closed += 1
        for clock in file.clocks:
            _count_clock(self.clocks[clock.kind], clock)
        _count_promise(self.promised, file)

    def as_dict(self) -> dict[str, Any]:
        """Return the figures as plain JSON: shares from 0 to 1, minutes, hours."""
        return {
            "reviews": self.reviews,
            "cases": self.cases,
            "closed": self.closed,
            "rungs": dict(sorted(self.rungs.items())),
            "clocks": {kind: self.clocks[kind].as_dict() for kind in sorted(self.clocks)},
            "public_reply_as_promised": self.promised.as_dict(),
            "work": _by_person(self.work, 60),
            "told": _by_person(self.told, 1),
        }


def _by_person(days: Mapping[str, Counter[date]], unit: int) -> dict[str, dict[str, float]]:
    """Return each person's busy days, their mean, 95th percentile and most, in that unit."""
    return {name: _spread([n / unit for n in days[name].values()]) for name in sorted(days)}


def _spread(values: list[float]) -> dict[str, float]:
    most = max(values)
    high = quantiles(values, n=20)[-1] if len(values) > 1 else most
    return {
        "days": len(values),
        "mean": round(mean(values), 1),
        "p95": round(min(high, most), 1),
        "most": round(most, 1),
    }


def _count_clock(tally: Tally, clock: Clock) -> None:
    tally.started += 1
    if clock.missed_at is not None:
        tally.missed += 1
        if clock.ended_at is not None:
            tally.late.append(clock.ended_at - clock.missed_at)
    elif clock.ended_at is None:
        tally.open += 1
    elif clock.ended_how == "met":
        tally.kept += 1
    else:
        tally.cancelled += 1


def _count_promise(tally: Tally, file: CaseFile) -> None:
    """Count whether the public reply stood within what the playbook promises from the posting."""
    promise = file.playbook.clocks["acknowledge"].promise
    posted, done = file.review.posted_at, file.case.acknowledged_at
    if promise is None or posted is None or done is None:
        return
    tally.started += 1
    if done - posted <= promise.time + timedelta(days=promise.days):
        tally.kept += 1
    else:
        tally.missed += 1

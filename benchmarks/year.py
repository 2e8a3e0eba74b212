"""A simulated year: seconds for ten thousand cases, and of a heap that only counts events."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from heapq import heappop, heappush
from time import perf_counter

from benchmarks.figures import Row, tell
from benchmarks.ground import CLINIC, some_reviews
from cases.ports import SeenReview
from cases.simulating.simulation import simulate
from cases.simulating.staffing import Staffing
from tests.builders import DAY, PLAYBOOK, T0, a_clinic

_PEOPLE_FOR = 1_500  # cases a year and person


def figures(cases: int) -> Row:
    """Live one year with about so many cases, and count what it took."""
    seen = _year(cases)
    events = 0

    def count(_line: object) -> None:
        nonlocal events
        events += 1

    begun = perf_counter()
    people = max(2, cases // _PEOPLE_FOR)
    lived = simulate(seen, PLAYBOOK, {CLINIC: a_clinic()}, Staffing(people=people), tell=count)
    taken = perf_counter() - begun
    return {
        "what": "year",
        "reviews": lived.reviews,
        "cases": lived.cases,
        "closed": lived.closed,
        "events": events,
        "seconds": taken,
        "cases/s": lived.cases / taken,
        "seconds of the heap alone": _heap_alone(events),
    }


def _year(cases: int) -> Sequence[SeenReview]:
    """Return the samples, those that open a case, spread over a year."""
    seen = [each for each in some_reviews(cases * 7) if (each.rating or 5) <= 2][:cases]
    apart = timedelta(days=365) / max(1, len(seen))
    return [replace(each, posted_at=T0 + n * apart) for n, each in enumerate(seen)]


def _heap_alone(events: int) -> float:
    begun = perf_counter()
    heap = [(T0 + n * DAY / 100, n) for n in range(100)]
    for n in range(events):
        at, _ = heappop(heap)
        heappush(heap, (at + DAY, n))
    return perf_counter() - begun


def main() -> None:
    """Print the figures."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--cases", type=int, default=10_000)
    asked.add_argument("--json", action="store_true")
    given = asked.parse_args()
    tell([figures(given.cases)], as_json=given.json)


if __name__ == "__main__":
    main()

"""All figures we claim, at a moderate size, in one table."""

from __future__ import annotations

import argparse
import sys

from benchmarks import intake, month, sweep, worktime
from benchmarks.figures import Row, tell
from benchmarks.ground import KINDS, some_reviews

_REVIEWS, _DUE, _ROUNDS = 2_000, 1_000, 3


def main() -> None:
    """Take every figure on both databases; leave with 1 where one does not hold."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--json", action="store_true")
    given = asked.parse_args()
    seen = some_reviews(_REVIEWS)
    rows: list[Row] = []
    for kind in KINDS:
        rows += intake.figures(kind, seen, _ROUNDS)
        rows += sweep.figures(kind, sweep.OPEN, _DUE, _ROUNDS)
    asked_of_hours = worktime.questions(worktime.ASKED)
    hours = [*worktime.figures(asked_of_hours, _ROUNDS), *worktime.beside(asked_of_hours)]
    lived, holds = month.month("sqlite", some_reviews(month.SHORT_REVIEWS), month.SHORT_DAYS)
    if given.json:
        tell([*rows, *hours, {"what": "month", **lived}], as_json=True)
    else:
        tell(rows)
        print()
        tell(hours)
        print()
        tell([{"what": f"month: {name}", "figure": value} for name, value in lived.items()])
    sys.exit(not (holds and worktime.holds(hours)))


if __name__ == "__main__":
    main()

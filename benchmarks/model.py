"""Two thousand random walks over the record and an independent model of its clocks: do they part?

Fifty steps each, of moves, messages, pauses, extensions, new hours and policies, sweeps that
overlap or are killed, restarts, and a clock that jumps ahead and back. `--seed N --runs 1` takes
one walk again.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from time import perf_counter

from benchmarks.figures import Row, tell
from benchmarks.ground import KINDS, Kind, shelf
from tests.walks.records import Records
from tests.walks.world import Diverged


def figures(kind: Kind, seeds: range, steps: int) -> tuple[Row, list[str]]:
    """Take the walks on one database; return what was done, and what diverged."""
    done: Counter[str] = Counter()
    parted, begun = [], perf_counter()
    with shelf(kind) as ground:
        records = Records(ground)
        for seed in seeds:
            try:
                done += records.walk(seed, steps)
            except Diverged as error:
                parted.append(str(error))
    taken = perf_counter() - begun
    moves = sum(count for name, count in done.items() if name != "refused")
    row = {
        "what": "walks", "database": kind, "runs": len(seeds), "steps": len(seeds) * steps,
        "done": moves, "killed": done["crash"], "overlapping": done["overlap"],
        "clock back": done["time: back"], "divergences": len(parted), "seconds": taken,
    }  # fmt: skip
    return row, parted


def main() -> None:
    """Print the figures; exit with 1 where the record and the model parted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=2_000, help="on each database")
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0, help="of the first walk")
    parser.add_argument("--kind", choices=KINDS, action="append")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    seeds = range(asked.seed, asked.seed + asked.runs)
    found = [figures(kind, seeds, asked.steps) for kind in asked.kind or KINDS]
    tell([row for row, _ in found], as_json=asked.json)
    parted = [each for _, some in found for each in some]
    print("\n\n".join(parted), file=sys.stderr)
    sys.exit(bool(parted))


if __name__ == "__main__":
    main()

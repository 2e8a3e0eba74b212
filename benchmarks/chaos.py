"""Three thousand workers killed while they deliver: is anything lost, doubled, or stuck?

Each dies by SIGKILL, at one of eight named points or at a random time; its outbox is taken up by
the next until all is settled. What arrived is read from the journals of a real mail server and a
telephone company's endpoint; they stay in the folder given.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from statistics import quantiles

from benchmarks.figures import Row, tell
from benchmarks.ground import KINDS, Kind
from tests.chaos.rounds import Told, ruined


def row_of(kind: Kind, told: Told) -> Row:
    """Return the figures of one database."""
    cuts = quantiles(told.waits, n=100) if len(told.waits) > 1 else [0.0] * 99
    return {
        "what": "killed while delivering", "database": kind, "kills": told.kills.total(),
        "outboxes": told.rounds, "to patients": told.checked["patient"],
        "to staff": told.checked["staff"], "lost": len(told.lost), "doubled": len(told.doubled),
        "stuck": len(told.stuck), "broken chains": told.broken,
        "staff told again": told.repeated, "recovery min p50": cuts[49], "p95": cuts[94],
        "max": max(told.waits, default=0.0), "kills/s": told.kills.total() / told.seconds,
    }  # fmt: skip


def main() -> None:
    """Print the figures; exit with 1 where anything was lost, doubled or stuck."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=3_000, help="in all, over both databases")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--kind", choices=KINDS, action="append")
    parser.add_argument("--journals", type=Path, help="a folder that keeps them")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    kinds = asked.kind or KINDS
    folder = asked.journals or Path(tempfile.mkdtemp(prefix="amends-chaos-"))
    told = {k: ruined(k, -(-asked.kills // len(kinds)), asked.seed, folder / k) for k in kinds}
    tell([row_of(kind, each) for kind, each in told.items()], as_json=asked.json)
    if not asked.json:
        points = sorted({point for each in told.values() for point in each.kills})
        print()
        tell([{"killed": p, **{k: told[k].kills[p] for k in kinds}} for p in points])
        print(f"\njournals: {folder}")
    wrong = [name for t in told.values() for name in (*t.lost, *t.doubled, *t.stuck)]
    print("\n".join(wrong), file=sys.stderr)
    sys.exit(not all(each.holds for each in told.values()))


if __name__ == "__main__":
    main()

"""How a figure is taken and told: sides measured in turn, medians, one table or one JSON."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Any

Row = Mapping[str, Any]


def in_turn(rounds: int, **sides: Callable[[], float]) -> dict[str, float]:
    """Return each side's median seconds; ours, the floor, ours again: a busy machine hits all."""
    taken: dict[str, list[float]] = {name: [] for name in sides}
    gc.collect()
    gc.freeze()  # what was prepared is not looked through while the clock runs
    for _ in range(rounds):
        for name, side in sides.items():
            taken[name].append(side())
    gc.unfreeze()
    return {name: median(seconds) for name, seconds in taken.items()}


def tell(rows: Sequence[Row], *, as_json: bool = False) -> None:
    """Print the figures, one line each; columns in the order they first appear."""
    if as_json:
        print(json.dumps(list(rows), indent=1))
        return
    names = list(dict.fromkeys(name for row in rows for name in row))
    lines = [names, *([_shown(row.get(name, "")) for name in names] for row in rows)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(names))]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)))


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:,.2f}" if value < 100 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)

"""How many replies a second are checked on one core, beside scrubadub in the same run.

The rival takes out what identifies somebody; ours also says what a reply gives away without a
name. It is measured where it can be imported, and else named as not installed.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from importlib import import_module
from itertools import cycle, islice
from time import perf_counter, process_time
from typing import Any

from benchmarks.evaluate import Score, labelled, score
from benchmarks.figures import Row, tell
from cases.checking.compliance import blocked, check_public

REPLIES, ROUNDS, SIZE = 4_000, 3, 100_000
HOSTILE = (
    "your ", "i ", "1 ", "1-", "$1", "a.", "a@", "[", "{{", "é ", "'a", "(212) ", "\u200b", "XX ",
    "you had the ", "your visit. ", "do not share your ", "whether you are ", "the ", "not ", "a, ",
)  # fmt: skip


def replies(count: int) -> list[str]:
    """Return so many replies: the labelled ones, again and again."""
    known = [row["reply"] for row in labelled("replies.jsonl")]
    return list(islice(cycle(known), count))


def seconds(check: Callable[[str], Any], over: Iterable[str]) -> float:
    """Return how long one checker takes over these replies."""
    began = perf_counter()
    for text in over:
        check(text)
    return perf_counter() - began


def slowest() -> tuple[float, str]:
    """Return the slowest of the hostile texts, best of three each: CPU milliseconds, filler."""
    return max((min(_cpu(filler) for _ in range(ROUNDS)), filler) for filler in HOSTILE)


def _cpu(filler: str) -> float:
    text = (filler * SIZE)[:SIZE]
    began = process_time()
    check_public(text)
    return (process_time() - began) * 1000


def rival() -> Callable[[str], str] | None:
    """Return scrubadub's cleaning of one text; None if not installed."""
    try:
        module = import_module("scrubadub")
    except ImportError:
        return None
    clean: Callable[[str], str] = module.Scrubber().clean
    return clean


def right(finds: Callable[[str], bool]) -> Score:
    """Score a judge of "must not go out" on the labelled replies."""
    return score((bool(r["codes"]), finds(r["reply"])) for r in labelled("replies.jsonl"))


def figures(count: int) -> list[Row]:
    """Return ours and the rival's: replies a second, and F1 of what must not go out."""
    began = perf_counter()
    check_public("Thank you.")
    loading = perf_counter() - began
    asked, scrub = replies(count), rival()
    seconds(check_public, asked[:1_000])  # what is compiled when first met
    ours = min(seconds(check_public, asked) for _ in range(ROUNDS))
    worst, filler = slowest()
    rows: list[Row] = [
        {"what": "phrases read, ms", "figure": round(loading * 1000)},
        {"what": "check-reply, replies/s", "figure": round(count / ours)},
        {"what": f"check-reply, 100 kB of {filler!r}, the slowest, ms", "figure": round(worst)},
        {
            "what": "check-reply, F1 of blocks",
            "figure": round(right(lambda t: blocked(check_public(t))).f1, 3),
        },
    ]
    if scrub is None:
        return [*rows, {"what": "scrubadub", "figure": "not installed"}]
    theirs = seconds(scrub, asked[: count // 10]) * 10
    return [
        *rows,
        {"what": "scrubadub, replies/s", "figure": round(count / theirs)},
        {"what": "scrubadub, F1 of blocks", "figure": round(right(lambda t: scrub(t) != t).f1, 3)},
    ]


def main() -> None:
    """Print the figures."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--json", action="store_true")
    asked.add_argument("--replies", type=int, default=REPLIES)
    given = asked.parse_args()
    tell(figures(given.replies), as_json=given.json)


if __name__ == "__main__":
    main()

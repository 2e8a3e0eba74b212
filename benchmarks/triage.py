"""How many reviews a second are judged on one core, beside vaderSentiment in the same run.

The rival says only how a text sounds; ours also how grave it is, what about, by whom and why.
It is measured where it can be imported, and else named as not installed.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable, Iterable
from importlib import import_module
from itertools import cycle, islice
from pathlib import Path
from time import perf_counter
from typing import Any

from benchmarks.evaluate import Score, labelled, score
from benchmarks.figures import Row, tell
from cases.judging.triage import triage
from cases.lexicons import lexicon

SAMPLES = Path(__file__).parent.parent / "reviews" / "samples" / "reviews.csv"
TEXTS, ROUNDS = 4_000, 3
HOSTILE = "told me not wait " * 6_000  # about 100 kB, of which the first 16,000 characters count


def texts(count: int) -> list[str]:
    """Return so many texts: the samples and the labelled ones, again and again."""
    with SAMPLES.open(encoding="utf-8", newline="") as file:
        known = [row["text"] for row in csv.DictReader(file)]
    known += [row["text"] for row in labelled("reviews.jsonl")]
    return list(islice(cycle(known), count))


def seconds(judge: Callable[[str], Any], over: Iterable[str]) -> float:
    """Return how long one judge takes over these texts."""
    began = perf_counter()
    for text in over:
        judge(text)
    return perf_counter() - began


def rival() -> Callable[[str], float] | None:
    """Return vaderSentiment's judgement on one text, from -1 to 1; None if not installed."""
    try:
        module = import_module("vaderSentiment.vaderSentiment")
    except ImportError:
        return None
    scores = module.SentimentIntensityAnalyzer().polarity_scores
    return lambda text: float(scores(text)["compound"])


def right(is_negative: Callable[[str], bool]) -> Score:
    """Score a judge of "negative" on the labelled texts in English."""
    rows = [row for row in labelled("reviews.jsonl") if row["language"] == "en"]
    return score((row["negative"], is_negative(row["text"])) for row in rows)


def figures(count: int) -> list[Row]:
    """Return ours and the rival's: texts a second, and F1 of negative on the labelled texts."""
    began = perf_counter()
    lexicon()
    loading = perf_counter() - began
    asked, vader = texts(count), rival()
    ours = min(seconds(triage, asked) for _ in range(ROUNDS))
    rows: list[Row] = [
        {"what": "lexicons read, ms", "figure": round(loading * 1000)},
        {"what": "triage, texts/s", "figure": round(count / ours)},
        {"what": "triage, 100 kB hostile, ms", "figure": round(seconds(triage, [HOSTILE]) * 1000)},
        {
            "what": "triage, F1 of negative",
            "figure": round(right(lambda t: triage(t).negative).f1, 3),
        },
    ]
    if vader is None:
        return [*rows, {"what": "vaderSentiment", "figure": "not installed"}]
    theirs = min(seconds(vader, asked) for _ in range(ROUNDS))
    best = max(right(lambda t, at=at: vader(t) < at).f1 for at in (-0.05, 0.05, 0.25, 0.5))
    return [
        *rows,
        {"what": "vaderSentiment, texts/s", "figure": round(count / theirs)},
        {"what": "vaderSentiment, F1 of negative, best of 4 cuts", "figure": round(best, 3)},
    ]


def main() -> None:
    """Print the figures."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--json", action="store_true")
    asked.add_argument("--texts", type=int, default=TEXTS)
    given = asked.parse_args()
    tell(figures(given.texts), as_json=given.json)


if __name__ == "__main__":
    main()

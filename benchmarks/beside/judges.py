"""How others judge a text: VADER tells the negative ones, scrubadub takes out what identifies.

In: `reviews`, a JSONL file of {"text", "negative"}, and `replies`, one of {"text"}. Out: VADER's F1
for the negative ones and texts a second; scrubadub's replies a second and in how many it found
something.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path
from time import perf_counter
from typing import Any

from bounded import Row, one_by_one

_LONG = 2.0  # seconds of asking
_NEGATIVE = -0.05  # compound: the bound its authors give


def read(path: str) -> list[Any]:
    return [json.loads(line) for line in Path(path).read_text(encoding="utf-8").splitlines()]


def rate(ask: Callable[[str], object], texts: list[str]) -> float:
    more = cycle(texts)
    begun, taken, done = perf_counter(), 0.0, 0
    while taken < _LONG:
        for text in islice(more, 50):
            ask(text)
        done, taken = done + 50, perf_counter() - begun
    return done / taken


def vader(payload: Any) -> Row:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    judge = SentimentIntensityAnalyzer().polarity_scores
    reviews = read(payload["reviews"])
    said = [judge(each["text"])["compound"] <= _NEGATIVE for each in reviews]
    right = [bool(each["negative"]) for each in reviews]
    return {**scores(said, right), "texts /s": rate(judge, [each["text"] for each in reviews])}


def scores(said: list[bool], right: list[bool]) -> Row:
    """Return precision, recall and F1 for the negative ones; 0 where nothing was found."""
    hits = sum(a and b for a, b in zip(said, right, strict=True))
    return {
        "texts": len(right),
        "precision": hits / (sum(said) or 1),
        "recall": hits / (sum(right) or 1),
        "F1": 2 * hits / ((sum(said) + sum(right)) or 1),
    }


def scrubadub(payload: Any) -> Row:
    import scrubadub as s

    clean = s.Scrubber().clean
    texts = [each["text"] for each in read(payload["replies"])]
    found = sum(clean(text) != text for text in texts)
    return {"replies": len(texts), "found in": found, "replies /s": rate(clean, texts)}


if __name__ == "__main__":
    one_by_one({"vaderSentiment": vader, "scrubadub": scrubadub})

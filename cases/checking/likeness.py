"""Whether a text is one of many: near-duplicates, found by the word triples they share."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from cases.checking.folding import read

ALIKE = 0.6  # share of common word triples from which two texts read as the same
_RUN = 3


@lru_cache(maxsize=1024)  # the same last replies are compared with again and again
def _runs(text: str) -> frozenset[tuple[str, ...]]:
    """Return all runs of three words; telephone numbers and addresses count by their shape."""
    words = read(text).words
    return frozenset(tuple(words[i : i + _RUN]) for i in range(max(1, len(words) - _RUN + 1)))


def alike(text: str, others: Iterable[str]) -> bool:
    """Return whether the text is nearly one of the others: a name or a phrase changed at most."""
    return likeness(text, others) >= ALIKE


def likeness(text: str, others: Iterable[str]) -> float:
    """Return the share of word triples in common with the most similar of the others."""
    mine = _runs(text)
    return max((len(mine & its) / len(mine | its) for its in map(_runs, others)), default=0.0)


def same_words(text: str, other: str) -> bool:
    """Return whether two texts differ in nothing but spaces, case and punctuation."""
    return read(text).words == read(other).words

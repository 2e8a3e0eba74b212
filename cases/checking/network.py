"""A small convolutional network over the words of a sentence: learned elsewhere, read only here.

The net reads stretches of one to four words, keeps for each of its filters the stretch that excites
it most, and weighs those (Kim, "Convolutional Neural Networks for Sentence Classification", 2014).
Because a word's share in a stretch depends on the word and its place alone, it is worked out once a
word. `benchmarks/learn.py` learns the weights.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

_BEGIN, _END, _BLANK = "^", "$", "<pad>"
_AFTER = 3  # blanks after a sentence, so that its last word begins a stretch of every length
REMEMBERED = 4096  # words whose shares are kept: 4 kB each
TOLD_BY = 0.5  # of the most telling word's weight, from where on a word belongs to the reason


class Weighed(NamedTuple):
    """How likely each label is, from 0 to 1, and for each filter its stretch and excitement."""

    likely: Floats
    excited: Floats
    at: npt.NDArray[np.intp]


class Network:
    """The weights of one file, `cases/lexicons/NAME.npz`."""

    unknown = "<unk>"  # what a word is heard as that was not there when the net learned

    def __init__(self, name: str) -> None:
        """Read the weights. Raises FileNotFoundError where the package was built without them."""
        with (files("cases.lexicons") / name).open("rb") as file, np.load(file) as stored:
            told = json.loads(bytes(stored["told"]))
            self._vectors, self._scale = stored["vectors"], stored["scale"].astype(np.float32)
            self._shares = stored["shares"].astype(np.float32)
            self._bias = stored["bias"].astype(np.float32)
            self._out, self._base = stored["out"].astype(np.float32), stored["base"]
        self.labels: tuple[str, ...] = tuple(told["labels"])
        self._widths: tuple[int, ...] = tuple(told["widths"])
        self._places = {word: place for place, word in enumerate(told["words"])}
        self._filters = len(self._bias) // len(self._widths)
        self._share = lru_cache(maxsize=REMEMBERED)(self._share_of)

    def knows(self, word: str) -> bool:
        """Tell whether a word was there when the net learned."""
        return word in self._places

    def _share_of(self, place: int) -> Floats:
        """Return what a word adds to every filter, for each place it may have in a stretch."""
        vector = self._vectors[place].astype(np.float32) * self._scale[place]
        share: Floats = vector @ self._shares
        return share

    def _stretches(self, words: Sequence[str]) -> list[Floats]:
        """Return for each width the excitement of its filters (columns) at each place (rows)."""
        spoken = [_BEGIN, *words, _END, *[_BLANK] * _AFTER]
        unknown = self._places[self.unknown]
        shares = np.stack([self._share(self._places.get(word, unknown)) for word in spoken])
        found, column = [], 0
        for width in self._widths:
            rows = len(spoken) - width + 1
            summed = np.zeros((rows, self._filters), np.float32)
            for step in range(width):
                summed += shares[step : step + rows, column : column + self._filters]
                column += self._filters
            found.append(summed)
        return found

    def weigh(self, words: Sequence[str], hints: Sequence[float]) -> Weighed:
        """Return what one sentence says. `hints`: what the rules found, one number for each."""
        stretches = self._stretches(words)
        at = np.concatenate([each.argmax(axis=0) for each in stretches])
        excited = np.concatenate([each.max(axis=0) for each in stretches]) + self._bias
        excited = np.maximum(excited, 0)
        weight = np.concatenate([excited, np.array(hints, np.float32)]) @ self._out + self._base
        return Weighed(1 / (1 + np.exp(-weight)), excited, at)

    def reason(self, weighed: Weighed, label: int, count: int) -> tuple[int, int]:
        """Return the first and last of `count` words that speak most for a label."""
        speaks = np.maximum(weighed.excited * self._out[: len(weighed.excited), label], 0)
        by_word = np.zeros(count + 1 + 1 + _AFTER, np.float32)
        for number, width in enumerate(self._widths):
            chosen = slice(number * self._filters, (number + 1) * self._filters)
            for step in range(width):
                np.add.at(by_word, weighed.at[chosen] + step, speaks[chosen] / width)
        told = by_word[1 : count + 1]
        places = np.flatnonzero(told >= TOLD_BY * told.max())
        return int(places[0]), int(places[-1])

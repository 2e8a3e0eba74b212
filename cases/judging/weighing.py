"""Weigh a whole review for harm: what it alleges, the signs it gives, and the sound of its words.

A linear model whose every weight stands in `lexicons/harm.toml` and `harm_words.toml`: what weighs
is words of the review, so that a person can see them. The weights are learned from invented reviews
by benchmarks/learn_harm.py, which asks this module what a review shows. The sum is log-odds among
those; from which it is grave (`enough`) was chosen on real ones.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from functools import cache
from typing import NamedTuple

from cases.judging.reading import Hit, Reading
from cases.lexicons import table

STEPS = (1, 2, 4)  # different passages of one sign from which each of its weights counts
BRIEF = 250  # characters below which a text has hardly room for an allegation
FEWEST = 2.0  # root of the number of words; so that one word alone is not the whole text
CALM = "calm"  # what speaks against harm
CLEAR_OF = 0.8  # share of the heaviest kind of harm from which another is named beside it
TELLING = 0.6  # share of the heaviest sign of its kind from which another's words are shown


class Told(NamedTuple):
    """What a negative review tells of harm, none of it denied or guarded."""

    plain: list[Hit]  # alleged in so many words
    added: list[Hit]  # signs that allege it close together
    signs: list[Hit]  # those weighed here


def is_heavy(reading: Reading, told: Told) -> bool:
    """Tell whether a negative review weighs enough to be grave."""
    scale, steps = table("harm.toml")["scale"], _steps()
    total = scale["start"] + sum(scale[m] * share for m, share in marks(reading, told).items())
    total += sum(steps[m] for m in counted(reading, told.signs)) + _sound(reading)
    return bool(total >= scale["enough"])


def marks(reading: Reading, told: Told) -> dict[str, float]:
    """Return which weights of the scale count, and by what share."""
    return {
        "brief": max(0.0, 1 - len(reading.text) / BRIEF),
        "told": float(bool(told.plain or told.added)),
        "plainly": float(bool(told.plain)),
        "always": float(any(hit.rule.always for hit in told.plain)),
    }


def counted(reading: Reading, signs: Iterable[Hit]) -> list[tuple[str, int]]:
    """Return which weights of signs count: (sign, step), by its number of different passages."""
    said: dict[str, set[str]] = {}
    for hit in signs:
        said.setdefault(hit.rule.reason, set()).add(reading.text[hit.start : hit.end].lower())
    return [(sign, step) for sign, words in said.items() for step in STEPS if len(words) >= step]


def heaviest(reading: Reading, signs: list[Hit]) -> list[Hit]:
    """Return the signs that weigh most, of the kind of harm that does, and of those near it."""
    weights = {s: w for s, w in _weights(reading, signs).items() if w > 0 and _kind(s) != CALM}
    kinds: dict[str, list[float]] = {}
    for sign, weight in weights.items():
        kinds.setdefault(_kind(sign), []).append(weight)
    clear = max(map(sum, kinds.values()), default=0.0) * CLEAR_OF
    needed = {k: max(each) * TELLING for k, each in kinds.items() if sum(each) >= clear}
    shown = {s for s, w in weights.items() if _kind(s) in needed and w >= needed[_kind(s)]}
    return [hit for hit in signs if hit.rule.reason in shown]


def _kind(sign: str) -> str:
    return sign.partition("#")[0]


def _weights(reading: Reading, signs: Iterable[Hit]) -> dict[str, float]:
    """Return what each sign weighs."""
    weights: dict[str, float] = {}
    for sign, step in counted(reading, signs):
        weights[sign] = weights.get(sign, 0.0) + _steps()[sign, step]
    return weights


@cache
def _steps() -> dict[tuple[str, int], float]:
    """Return what each sign adds at each step."""
    weighed = table("harm.toml")["weighed"]
    return {
        (f"{kind}#{name}", step): weight
        for kind in weighed
        for name, each in weighed[kind].items()
        for step, weight in zip(STEPS, each["weight"], strict=True)
    }


@cache
def _sounds() -> dict[str, float]:
    """Return the weight of every single word that weighs anything."""
    unit = table("harm.toml")["scale"]["word"]
    words = table("harm_words.toml")["words"]
    return {word: int(weight) * unit for weight, line in words.items() for word in line.split()}


def _sound(reading: Reading) -> float:
    """Return what the single words weigh, each once, for the root of how many there are."""
    words, sounds = different(reading), _sounds()
    return sum(sounds.get(word, 0.0) for word in words) / root(words)


def different(reading: Reading) -> set[str]:
    """Return the different words of a text, without what follows an apostrophe."""
    return {word.partition("'")[0] for word in reading.words}


def root(words: Collection[str]) -> float:
    """Return what the weights of single words are divided by."""
    return max(FEWEST, math.sqrt(len(words)))

"""Read a text once and note every word and phrase the lexicons know, before anybody judges it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from math import inf

from cases.lexicons import Rule, lexicon

READ_AT_MOST = 16_000  # characters; more than any platform takes, so nothing is hidden behind it
OFTEN = 200  # times one word is looked up; whoever repeats it more often says nothing new
NEGATION_REACH = 3  # words a "not" reaches ahead, within its clause

_WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")
_CLAUSE_END = re.compile(r"[.,;:!?\n]")


@dataclass(frozen=True, slots=True)
class Because:
    """One reason: what was concluded, and the words (text[start:end]) it rests on, if any."""

    what: str
    words: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule found in the text; `negated` where a "not" stands shortly before it."""

    rule: Rule
    start: int
    end: int
    negated: bool


@dataclass
class Reading:
    """Everything found in one text, in the order of the text."""

    text: str
    hits: dict[str, list[Hit]] = field(default_factory=dict)
    tones: list[tuple[int, float]] = field(default_factory=list)  # (where, weight)
    words: list[str] = field(default_factory=list)

    def of(self, kind: str) -> list[Hit]:
        return self.hits.get(kind, [])

    @cached_property
    def _sums(self) -> list[float]:
        return list(accumulate((weight for _, weight in self.tones), initial=0.0))

    def tone(self, start: int = 0, end: int = READ_AT_MOST) -> float:
        """Return the sum of the weights between two places, in time that does not grow."""
        first, last = (bisect_left(self.tones, (place, -inf)) for place in (start, end))
        return self._sums[last] - self._sums[first]

    def because(self, what: str, hit: Hit) -> Because:
        return Because(what, self.text[hit.start : hit.end], hit.start, hit.end)


def wordless(what: str) -> Because:
    """Return a reason that rests on no words of the text."""
    return Because(what, "", 0, 0)


STARS_ONLY = wordless("stars only: the platform's terms let no program read its text")


def _lowered(text: str) -> str:
    low = text.lower()
    if len(low) != len(text):  # a few capitals grow when lowered, and spans must stay true
        low = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
    return low.replace("’", "'")


def _weighed(hits: list[Hit]) -> tuple[int, float]:
    """Of the tone phrases at one place the longest counts. Returns (its end, its weight)."""
    best = max(hits, key=lambda hit: hit.end)
    weight = best.rule.weight
    if best.negated:
        weight = -weight if weight > 0 else -weight / 3
    return best.end, weight


def _found_at(word: re.Match[str], low: str, negated: bool) -> list[Hit]:
    found = []
    for rule in lexicon().filed_under(word[0]):
        match = rule.at(low, word)
        if match:
            found.append(Hit(rule, word.start(), match.end(), negated))
    return found


def _left_of_negation(word: str, left: int) -> int:
    """Return how many words ahead are still denied: "not" begins it, "believe" ends it."""
    words = lexicon()
    if word in words.negators:
        return NEGATION_REACH
    return 0 if word in words.enders else max(0, left - 1)


def read(text: str) -> Reading:
    """Walk over the words once, in linear time, and note every rule that matches."""
    reading = Reading(text[:READ_AT_MOST])
    low = _lowered(reading.text)
    denied, tone_from, last_end = 0, 0, 0
    seen: Counter[str] = Counter()
    for word in _WORD.finditer(low):
        if denied and _CLAUSE_END.search(low, last_end, word.start()):
            denied = 0
        sounding = []
        seen[word[0]] += 1
        for hit in _found_at(word, low, denied > 0) if seen[word[0]] <= OFTEN else ():
            if hit.rule.kind == "tone":
                sounding.append(hit)
            else:
                reading.hits.setdefault(hit.rule.kind, []).append(hit)
        if sounding and word.start() >= tone_from:
            tone_from, weight = _weighed(sounding)
            reading.tones.append((word.start(), weight))
        denied = _left_of_negation(word[0], denied)
        reading.words.append(word[0])
        last_end = word.end()
    return reading

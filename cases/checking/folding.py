"""A text as the checker of replies reads it: folded, and cut into words.

Folding evens out case, accents, look-alikes and invisible characters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from cases.lexicons import table

STOP = "."  # the word that stands for the end of a sentence
_WRITING = table("compliance.toml")["writing"]
_ALIKE = {pair[0]: pair[1] for pair in _WRITING["alike"].split()}
_JOINED: Mapping[str, str] = _WRITING["joined"]
_ABBREVIATED = frozenset(_WRITING["abbreviated"])
_INVISIBLE = frozenset("\u115f\u1160\u3164\uffa0")  # letters by category, yet nothing is seen
_UNEVEN = re.compile(r"[\x00-\x1f\x7f`]|  ")

# No branch scans a stretch twice: possessive or bounded, and an address begins only at its edge.
_TOKEN = re.compile(
    r"(?P<email>(?<![\w.+-])[\w.+-]++@[\w-]++(?:\.[\w-]++)++)"
    r"|(?P<url>(?:https?://|www\.)\S++)"
    r"|(?P<word>[^\W\d_]++(?:'[^\W\d_]++)*+)"
    r"|(?P<stop>[.!?]++)"
    r"|(?P<date>\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}(?!\d)|\d{4}-\d{2}-\d{2}(?!\d)"
    r"|(?!24/7)\d{1,2}/\d{1,2}(?!\d))"
    r"|(?P<phone>(?:\+?\d{1,3}[ .-]?)?\(?\d{3}\)?[ .-]{0,2}\d{3}[ .-]?\d{4}(?!\d)"
    r"|\+\d[\d ().-]{6,18}\d|\d{3}[.-]\d{4}(?!\d))"
    r"|(?P<time>\d{1,2}:\d{2}(?:[ap]m\b)?|\d{1,2}[ap]m\b)"
    r"|(?P<money>[$€£] ?\d{1,9}|\d{1,9} ?[$€£])"
    r"|(?P<day>\d{1,2}(?:st|nd|rd|th)\b)"
    r"|(?P<year>(?:19|20)\d\d(?!\d))"
    r"|(?P<number>\d++)"
)

# What a token is read as; a word is read as it is.
_SHAPES = {kind: f"#{kind}" for kind in _TOKEN.groupindex if kind != "word"} | {"stop": STOP}


@lru_cache(maxsize=16384)
def _folded(char: str) -> str:
    if char in _INVISIBLE:
        return ""
    kept = []
    for part in unicodedata.normalize("NFKD", _ALIKE.get(char, char)).casefold():
        if part.isspace() or part == "\u2800":
            kept.append(" ")
        elif unicodedata.category(part) not in ("Cf", "Cc", "Mn", "Me"):
            kept.append(_ALIKE.get(part, part))
    return "".join(kept)


def fold(text: str) -> tuple[str, Sequence[int]]:
    """Return the folded text, and for each of its characters (and its end) the place in `text`."""
    if text.isascii() and not _UNEVEN.search(text):
        return text.lower(), range(len(text) + 1)
    letters, places, last = [], [], ""
    for place, char in enumerate(text):
        for letter in _folded(char):
            if letter != " " or last != " ":
                letters.append(letter)
                places.append(place)
                last = letter
    return "".join(letters), [*places, len(text)]


@dataclass(slots=True)
class Folded:
    """A text as words; spans[i] is where words[i] stands in the folded text."""

    text: str
    folded: str
    places: Sequence[int]
    words: list[str]
    spans: list[tuple[int, int]]

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Return where words first..last stand in the original text."""
        return self.places[self.spans[first][0]], self.places[self.spans[last][1]]


def _split(word: str) -> list[str]:
    """Undo contractions, so that the phrases need one form: "didn't" is "did not"."""
    if word in _JOINED:
        return _JOINED[word].split()
    if word.endswith("n't"):
        return [word[:-3], "not"]
    stem, _, ending = word.rpartition("'")
    return [stem, _WRITING["endings"].get(ending, ending)]


def read(text: str) -> Folded:
    """Read a text; its time grows with its length alone."""
    folded, places = fold(text)
    reading = Folded(text, folded, places, [], [])
    words, spans = reading.words, reading.spans
    for match in _TOKEN.finditer(folded):
        shape = _SHAPES.get(match.lastgroup or "", "")
        word = shape or match.group()
        if shape == STOP:
            if match.group() == STOP and words and words[-1] in _ABBREVIATED:
                continue
        elif not shape and ("'" in word or word in _JOINED):
            parts = _split(word)
            words += parts
            spans += [match.span()] * len(parts)
            continue
        words.append(word)
        spans.append(match.span())
    return reading

"""The pattern language of the phrase files, compiled to expressions over words.

Each word becomes one symbol; every repetition has an upper limit, so that the work grows only with
the text's length. The language is explained at the head of lexicons/compliance_en.toml.
"""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from cases.checking.folding import STOP, fold

OTHER, OTHER_ED = "_", "~"  # the symbols of words no pattern mentions; of those that end in -ed
_ED = "~ed"  # in a pattern: any word that ends in -ed
_PLAIN_ED = frozenset(
    {"need", "indeed", "speed", "feed", "hundred", "shed", "exceed", "proceed", "succeed"}
)
_PIECE = re.compile(r"\*\d|\{\d,\d+\}|[()|?]|#?[^\s()|?{}*#]+")
_INFLECTED = re.compile(r"([%^])(\w+)")


class Alphabet(dict[str, str]):
    """One symbol for each word that any pattern mentions."""

    def __missing__(self, word: str) -> str:
        symbol = self[word] = chr(0x4E00 + len(self))  # a block without special meaning in `re`
        return symbol

    def learn(self, source: Source) -> None:
        """Give every word of these patterns its symbol."""
        for pattern in source.patterns:
            for piece in pieces(pattern, source.sets):
                if piece[0] not in "()|?*{~":
                    self[piece]

    def past(self) -> str:
        """Return the symbols of all words that end in -ed."""
        return OTHER_ED + "".join(symbol for word, symbol in self.items() if is_past(word))


def is_past(word: str) -> bool:
    """Return whether a word looks like a past tense."""
    return word.endswith("ed") and len(word) > 3 and word not in _PLAIN_ED


class _Part(NamedTuple):
    """A compiled piece: its expression, the symbols it may begin with, may it be empty."""

    text: str
    first: frozenset[str]
    empty: bool
    width: int  # the most words it can fit


class Source(NamedTuple):
    """Patterns that stand for one code, and the sets they speak of."""

    code: str
    patterns: Sequence[str]
    sets: Mapping[str, str]


def pieces(pattern: str, sets: Mapping[str, str]) -> list[str]:
    """Return a pattern's words and signs, its sets and inflections written out."""
    while "<" in pattern:
        pattern = re.sub(r"<(\w+)>", lambda match: sets[match[1]], pattern)
    return _PIECE.findall(fold(_INFLECTED.sub(_inflected, pattern))[0])


def _inflected(match: re.Match[str]) -> str:
    """%walk: walk, walks, walked, walking. ^visit: visit, visits. Odd forms do no harm."""
    kind, word = match.groups()
    soft = word.endswith("y") and word[-2] not in "aeou"
    plural = word[:-1] + "ies" if soft else word + ("es" if word[-1] in "sxzh" else "s")
    if kind == "^":
        return f"({word}|{plural})"
    stem, twice = word.removesuffix("e"), word + word[-1]
    forms = [word, plural, (word[:-1] + "i" if soft else stem) + "ed", stem + "ing"]
    return f"({'|'.join(dict.fromkeys([*forms, twice + 'ed', twice + 'ing']))})"


def _either(rest: deque[str], alphabet: Alphabet) -> _Part:
    branches = [_in_turn(rest, alphabet)]
    while rest and rest[0] == "|":
        rest.popleft()
        branches.append(_in_turn(rest, alphabet))
    texts = dict.fromkeys(branch.text for branch in branches)
    single = "".join(text for text in texts if len(text) == 1)
    choices = [text for text in texts if len(text) != 1] + ([f"[{single}]"] if single else [])
    joined = choices[0] if len(choices) == 1 else f"(?:{'|'.join(choices)})"
    first = frozenset[str]().union(*(branch.first for branch in branches))
    empty, width = any(b.empty for b in branches), max(b.width for b in branches)
    return _Part(joined, first, empty, width)


def _in_turn(rest: deque[str], alphabet: Alphabet) -> _Part:
    whole, first, empty, width = "", frozenset[str](), True, 0
    while rest and rest[0] not in "|)":
        part = _one(rest, alphabet)
        first |= part.first if empty else frozenset()
        whole, empty, width = whole + part.text, empty and part.empty, width + part.width
    return _Part(whole, first, empty, width)


def _one(rest: deque[str], alphabet: Alphabet) -> _Part:
    piece = rest.popleft()
    if piece == "(":
        part = _either(rest, alphabet)
        rest.popleft()
    elif piece[0] == "*":
        part = _Part(f"[^{STOP}]{{0,{piece[1:]}}}?", frozenset(), True, int(piece[1:]))
    else:
        symbols = alphabet.past() if piece == _ED else alphabet[piece]
        text = f"[{symbols}]" if len(symbols) > 1 else symbols
        part = _Part(text, frozenset(symbols), False, 1)
    if rest and rest[0][0] in "?{":
        times = rest.popleft()
        empty = part.empty or times[:2] in ("?", "{0")
        most = 1 if times == "?" else int(times[3:-1])
        part = _Part(f"(?:{part.text}){times}", part.first, empty, part.width * most)
    return part


Hit = tuple[str, int, int]  # code, first word, last word


class Searches:
    """What is looked for, by the symbol it begins with."""

    def __init__(self, sources: Iterable[Source], alphabet: Alphabet) -> None:
        """Compile the sources. Raises ValueError for a pattern that fits an empty text."""
        self._texts: dict[str, dict[str, dict[str, None]]] = defaultdict(dict)
        self._reach = 0
        for code, patterns, sets in sources:
            for pattern in patterns:
                part = _either(deque(pieces(pattern, sets)), alphabet)
                if part.empty:
                    raise ValueError(f"a pattern must not fit an empty text: {pattern}")
                self._reach = max(self._reach, part.width)
                for symbol in part.first:
                    self._texts[symbol].setdefault(code, {})[part.text] = None
        self._begins = re.compile(f"[{''.join(self._texts) or STOP}]")
        self._compile = cache(re.compile)
        self._ready: dict[str, list[tuple[str, re.Pattern[str]]]] = {}

    def _at(self, symbol: str) -> Sequence[tuple[str, re.Pattern[str]]]:
        """Return what may begin with this symbol; compiled when first met: most never are."""
        if symbol not in self._ready:
            by_code = self._texts.get(symbol, {}).items()
            self._ready[symbol] = [
                (code, self._compile("|".join(texts))) for code, texts in by_code
            ]
        return self._ready[symbol]

    def hits(self, symbols: str) -> Iterator[Hit]:
        """Find what stands there; at each word at most one hit for each code.

        What follows decides, and no further than the longest pattern reaches: a text that repeats
        itself without end is looked at once.
        """
        seen: dict[str, list[tuple[str, int]]] = {}
        for begin in self._begins.finditer(symbols):
            place = begin.start()
            ahead = symbols[place : place + self._reach]
            found = seen.get(ahead)
            if found is None:
                tried = ((code, expression.match(ahead)) for code, expression in self._at(begin[0]))
                found = seen[ahead] = [(code, match.end() - 1) for code, match in tried if match]
            for code, last in found:
                yield code, place, place + last

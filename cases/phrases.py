"""The phrases of lexicons/compliance.toml, made into expressions over words, and where they stand.

Each word becomes one symbol; every repetition has an upper limit, so that the work grows only with
the text's length.
"""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from cases.folding import STOP, Folded, fold, read
from cases.lexicons import table

_OTHER = "_"  # the symbol of a word no phrase mentions
_DATA = table("compliance.toml")

# A compiled piece of a phrase: its expression, the symbols it may begin with, may it be empty.
_Part = tuple[str, frozenset[str], bool]
_PIECE = re.compile(r"\*\d|\{\d,\d+\}|[()|?]|#?[^\s()|?{}*#]+")


class _Alphabet(dict[str, str]):
    """One symbol for each word that any phrase mentions."""

    def __missing__(self, word: str) -> str:
        symbol = self[word] = chr(0x4E00 + len(self))  # a block without special meaning in `re`
        return symbol


def _either(pieces: deque[str], alphabet: _Alphabet) -> _Part:
    branches = [_in_turn(pieces, alphabet)]
    while pieces and pieces[0] == "|":
        pieces.popleft()
        branches.append(_in_turn(pieces, alphabet))
    texts, firsts, empties = zip(*branches, strict=True)
    single = all(len(text) == 1 for text in texts)
    joined = f"[{''.join(texts)}]" if single else f"(?:{'|'.join(dict.fromkeys(texts))})"
    return joined, frozenset().union(*firsts), any(empties)


def _in_turn(pieces: deque[str], alphabet: _Alphabet) -> _Part:
    whole, first, empty = "", frozenset[str](), True
    while pieces and pieces[0] not in "|)":
        text, begins, may_be_empty = _one(pieces, alphabet)
        first |= begins if empty else frozenset()
        whole, empty = whole + text, empty and may_be_empty
    return whole, first, empty


def _one(pieces: deque[str], alphabet: _Alphabet) -> _Part:
    piece = pieces.popleft()
    if piece == "(":
        text, first, empty = _either(pieces, alphabet)
        pieces.popleft()
    elif piece[0] == "*":
        text, first, empty = f"[^{STOP}]{{0,{piece[1:]}}}?", frozenset(), True
    else:
        text, first, empty = alphabet[piece], frozenset(alphabet[piece]), False
    if pieces and pieces[0][0] in "?{":
        times = pieces.popleft()
        text, empty = f"(?:{text}){times}", empty or times[:2] in ("?", "{0")
    return text, first, empty


def _phrase(pattern: str, alphabet: _Alphabet) -> _Part:
    while "<" in pattern:
        pattern = re.sub(r"<(\w+)>", lambda m: f"({'|'.join(_DATA['sets'][m[1]])})", pattern)
    part = _either(deque(_PIECE.findall(fold(pattern)[0])), alphabet)
    if part[2]:
        raise ValueError(f"a phrase must not begin with something optional: {pattern}")
    return part


# By the symbol a phrase begins with: code, key in the data file, the phrases as one expression.
_Searches = Mapping[str, Sequence[tuple[str, str, re.Pattern[str]]]]


def _searches(audience: str, table: Mapping[str, Any], alphabet: _Alphabet) -> _Searches:
    grouped: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for code, entry in table.items():
        if audience not in entry.get("where", ["public"]):
            continue
        for key in {"en", "es", "mirrors", audience} & entry.keys():
            for text, first, _ in (_phrase(pattern, alphabet) for pattern in entry[key]):
                for symbol in first:
                    grouped[symbol, code, key].append(text)
    compiled = cache(re.compile)
    found: dict[str, list[tuple[str, str, re.Pattern[str]]]] = defaultdict(list)
    for (symbol, code, key), texts in grouped.items():
        found[symbol].append((code, key, compiled("|".join(texts))))
    return dict(found)


@cache
def _lexicon(audience: str) -> tuple[Mapping[str, str], _Searches, _Searches]:
    """Return the alphabet, what is safe, and what is looked for before this audience."""
    alphabet = _Alphabet({STOP: STOP})
    safe = _searches("public", {"safe": _DATA["safe"]}, alphabet)
    searches = _searches(audience, _DATA["code"], alphabet)
    return dict(alphabet), safe, searches


Hit = tuple[str, int, int]  # code, first word, last word


def _hits(symbols: str, searches: _Searches) -> Iterator[tuple[str, str, int, int]]:
    for begin in re.finditer(f"[{''.join(searches)}]", symbols):
        for code, key, expression in searches[begin[0]]:
            if match := expression.match(symbols, begin.start()):
                yield code, key, begin.start(), match.end() - 1


def phrases(reading: Folded, audience: str, review: str) -> Iterator[Hit]:
    """Find what is looked for before this audience: "public" or "private".

    `review` is what the text answers to: some phrases count only where they repeat its words.
    """
    alphabet, safe, searches = _lexicon(audience)
    symbols = [alphabet.get(word, _OTHER) for word in reading.words]
    for _, _, first, last in list(_hits("".join(symbols), safe)):
        symbols[first : last + 1] = STOP * (last + 1 - first)
    said = frozenset(read(review).words) if review else frozenset()
    for code, key, first, last in _hits("".join(symbols), searches):
        if key != "mirrors" or said.issuperset(reading.words[first : last + 1]):
            yield code, first, last

"""Where the phrases of lexicons/compliance_*.toml stand in a text, by code."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from itertools import chain
from typing import NamedTuple

from cases.checking.folding import STOP, Folded, read
from cases.checking.misspellings import SHORTEST, Spelling
from cases.checking.patterns import OTHER, OTHER_ED, Alphabet, Searches, Source, is_past
from cases.lexicons import table

LANGUAGES = ("en", "es")
_RULES = table("compliance.toml")

Hit = tuple[str, int, int]  # code, first word, last word


class _Lexicon(NamedTuple):
    """What is looked for (`wanted`, `echoes`) outside of what is unsuspicious."""

    alphabet: Alphabet
    courtesies: Searches
    safe: Searches
    echoes: Searches
    general: Searches
    wanted: Searches


class Found(NamedTuple):
    """What must not be said, by the words alone and as an echo of the review; courtesies there.

    A courtesy is the code of what would be missed without it.
    """

    hits: set[Hit]
    echoes: set[Hit]
    courtesies: set[str]


def _sources(codes: Iterable[str], scope: str) -> Iterator[Source]:
    for language in LANGUAGES:
        data = table(f"compliance_{language}.toml")
        sets = {name: f"({'|'.join(members)})" for name, members in data["sets"].items()}
        for code in codes:
            families = data.get(code, {}).get(scope, {})
            yield Source(code, list(chain.from_iterable(families.values())), sets)


@cache
def _lexicon(audience: str) -> _Lexicon:
    rules = _RULES["code"].items()
    heard = [code for code, rule in rules if audience in rule.get("where", ["public"])]
    missed = [code for code in heard if _RULES["code"][code].get("missing")]
    codes = [code for code in heard if code not in missed]
    sources: list[Sequence[Source]] = [
        list(_sources(missed, "any")),
        list(_sources(["safe"], "public")),
        list(_sources(codes, "mirrors")),
        list(_sources(["general"], "public")),
        [*_sources(codes, "any"), *_sources(codes, audience)],
    ]
    alphabet = Alphabet({STOP: STOP})
    for source in chain.from_iterable(sources):  # all words first: -ed stands for any of them
        alphabet.learn(source)
    return _Lexicon(alphabet, *(Searches(each, alphabet) for each in sources))


@cache
def _spelling() -> Spelling:
    return Spelling(_RULES["writing"]["slips"], _RULES["writing"]["real_words"])


@lru_cache(maxsize=4096)
def meant(word: str) -> str:
    """Return the long word a slip of the finger stands for, or the word itself."""
    return _spelling().meant(word)


def _unknown(word: str, alphabet: Mapping[str, str]) -> str:
    other = OTHER_ED if is_past(word) else OTHER
    return alphabet.get(meant(word), other) if len(word) >= SHORTEST - 1 else other


def is_a_word(word: str) -> bool:
    """Return whether any phrase knows this word."""
    return word in _lexicon("public").alphabet


def _written(reading: Folded, alphabet: Alphabet, names: Collection[int]) -> str:
    known = alphabet.get  # not alphabet[word]: a text adds no words
    symbols = [known(word) or _unknown(word, alphabet) for word in reading.words]
    for place in names:
        symbols[place] = OTHER
    return "".join(symbols)


def _without(symbols: str, searches: Searches) -> str:
    """Return the symbols with the end of a sentence wherever one of these stands."""
    if not (found := list(searches.hits(symbols))):
        return symbols
    kept = list(symbols)
    for _, first, last in found:
        kept[first : last + 1] = STOP * (last + 1 - first)
    return "".join(kept)


def _without_general(symbols: str, searches: Searches) -> str:
    """Return the symbols less what is general; a text begins as if after the end of a sentence."""
    return _without(STOP + symbols, searches)[1:]


def phrases(reading: Folded, audience: str, review: str = "", names: Collection[int] = ()) -> Found:
    """Return what must not be said before this audience, "public" or "private".

    `review` is what the text answers to: some phrases count only where they repeat its words. The
    words at `names` are our own people's and mean nothing.
    """
    lexicon = _lexicon(audience)
    written = _written(reading, lexicon.alphabet, names)
    safe = _without(written, lexicon.safe)
    return Found(
        hits=set(lexicon.wanted.hits(_without_general(safe, lexicon.general))),
        echoes=set(_echoes(reading, lexicon, safe, review)),
        courtesies={code for code, _, _ in lexicon.courtesies.hits(written)},
    )


def _echoes(reading: Folded, lexicon: _Lexicon, symbols: str, review: str) -> Iterator[Hit]:
    said = frozenset(read(review).words) if review else frozenset()
    for code, first, last in lexicon.echoes.hits(symbols) if review else ():
        if said.issuperset(reading.words[first : last + 1]):
            yield code, first, last

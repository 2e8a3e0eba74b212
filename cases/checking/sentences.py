"""What each sentence of a public reply gives away: the rules' findings, weighed by a learned net.

The phrases of `lexicons/compliance_*.toml` know many leaks, but also stop much that is harmless,
and nobody can list every way to give somebody away. So the net hears them as hints beside the
words themselves, and has the last word on both. `benchmarks/learn.py` learns it from replies
written and labelled by hand (`benchmarks/labelled/replies/`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import cache, lru_cache
from itertools import takewhile
from typing import TYPE_CHECKING, NamedTuple

from cases.checking.folding import STOP
from cases.checking.phrases import Hit, meant

if TYPE_CHECKING:
    from cases.checking.network import Network

CODES = (
    "confirms_relationship", "names", "dates", "treatment", "insurance_billing", "argues_facts",
    "other_person", "asks_removal", "incentive", "retaliation", "solicits_phi",
)  # fmt: skip
NAMES = "names"  # found by naming.py alone: the net knows some words, and anything may be a name
LEAKS = 0.65  # from here on a sentence gives something away ...
CONFIRMED = 0.15  # ... or, where a phrase says so too, from here on
NAMED = 0.6  # from here on it does so under that very code
AT_MOST = 40  # words weighed at once; a longer sentence is weighed in pieces that overlap
STEP = 30  # words from the beginning of one such piece to the next
PIECES = 400  # different ones weighed at most; no platform takes a reply of as many sentences
_ANY = 0  # the first label: anything at all


class Piece(NamedTuple):
    """A sentence, or a piece of a long one: its first word, and the one after its last."""

    first: int
    end: int

    def holds(self, hit: Hit) -> bool:
        return hit[1] < self.end and hit[2] >= self.first


def pieces(words: Sequence[str]) -> Iterator[Piece]:
    """Cut a text into sentences, and what is longer than AT_MOST words into pieces."""
    first = 0
    for place, word in enumerate([*words, STOP]):
        if word != STOP:
            continue
        while place - first > AT_MOST:
            yield Piece(first, first + AT_MOST)
            first += STEP
        if place > first:
            yield Piece(first, place)
        first = place + 1


def hints(hits: Collection[Hit]) -> tuple[float, ...]:
    """Return for each code whether the phrases found it: 1 or 0."""
    told = {hit[0] for hit in hits}
    return tuple(float(code in told) for code in CODES)


@cache
def _net() -> Network:
    from cases.checking.network import Network  # and with it numpy: only where replies are checked

    return Network("replies.npz")


def spoken(words: Sequence[str], ours: Collection[int] = ()) -> list[str]:
    """Return the words as the net hears them; our own people's, at `ours`, mean nothing."""
    net = _net()
    heard = [word if net.knows(word) else meant(word) for word in words]
    for place in ours:
        heard[place] = net.unknown
    return heard


def leaks(words: Sequence[str], hits: Collection[Hit]) -> tuple[set[Hit], int | None]:
    """Return what gives something away, and from which word on it was not weighed, if so.

    `words` are those of `spoken`, `hits` what the phrases found in them. Hits of codes the net does
    not know, and hits in what was not weighed, are returned as they are.
    """
    found = {hit for hit in hits if hit[0] not in CODES}
    waiting = sorted((hit for hit in hits if hit[0] in CODES), key=lambda hit: hit[1], reverse=True)
    silent: dict[tuple[str, ...], bool] = {}  # by what was weighed: without a hint, nothing in it
    for piece in pieces(words):
        heard, here = tuple(words[piece.first : piece.end]), _taken(waiting, piece)
        if not here and (len(heard) == 1 or silent.get(heard)):
            continue  # "P.S.": one word, unsuspected, gives nobody away
        if len(silent) == PIECES and heard not in silent:
            return found | {hit for hit in hits if hit[2] >= piece.first}, piece.first
        told = set(_judged(heard, piece, here))
        found |= told
        silent[heard] = not here and not told
    return found, None


def _taken(waiting: list[Hit], piece: Piece) -> list[Hit]:
    """Return the hits in a piece, and drop those no later piece can hold; the last come first."""
    if not waiting:
        return []
    begun = takewhile(lambda hit: hit[1] < piece.end, reversed(waiting))
    here = [hit for hit in begun if piece.holds(hit)]
    while waiting and waiting[-1][1] < piece.end - (AT_MOST - STEP):
        waiting.pop()
    return here


def _judged(words: tuple[str, ...], piece: Piece, hits: Collection[Hit]) -> Iterator[Hit]:
    """Yield what a piece gives away: the phrases found in it, and what only the net hears."""
    leaking, heard = _weighed(words, hints(hits))
    if leaking:
        yield from hits
        yield from ((code, piece.first + first, piece.first + last) for code, first, last in heard)


@lru_cache(maxsize=512)
def _weighed(words: tuple[str, ...], told: tuple[float, ...]) -> tuple[bool, tuple[Hit, ...]]:
    """Return whether words leak, and under which codes no phrase named, with the words for it."""
    weighed = _net().weigh(words, told)
    if weighed.likely[_ANY] < (CONFIRMED if any(told) else LEAKS):
        return False, ()
    likely = dict(zip(CODES, weighed.likely[_ANY + 1 :], strict=True))
    hinted = {code for code, hint in zip(CODES, told, strict=True) if hint}
    heard = [code for code in CODES if code not in hinted and likely[code] >= NAMED]
    if not hinted and not heard:
        heard = [max(CODES, key=lambda code: likely[code])]
    places = {code: _ANY + 1 + place for place, code in enumerate(CODES) if code != NAMES}
    reason = _net().reason
    return True, tuple(
        (code, *reason(weighed, places[code], len(words))) for code in heard if code in places
    )

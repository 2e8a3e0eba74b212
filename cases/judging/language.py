"""Which language a text is in: English is judged, Spanish and the others are handed to a person."""

from __future__ import annotations

from cases.judging.reading import Because, Reading, wordless
from cases.lexicons import lexicon

ENGLISH = "en"
_NAMES = {"es": "Spanish", "other": "not English"}


def language(reading: Reading) -> str:
    """Vote by function words; where none are found, plain letters are taken for English.

    Returns "en", "es" or "other".
    """
    tongues = lexicon().languages
    votes = {code: sum(w in words for w in reading.words) for code, words in tongues.items()}
    best = max(votes, key=lambda code: votes[code])
    if votes[best]:
        return best
    return ENGLISH if all(word.isascii() for word in reading.words) else "other"


def tongue(code: str) -> list[Because]:
    """Return the reason why a person must read it, where one must."""
    return [wordless(f"{_NAMES[code]}: a person reads it")] if code in _NAMES else []

"""What an invitation to review may not say: whatever chooses, rewards, or tells of a visit."""

from __future__ import annotations

import re

from cases.checking.compliance import Level, check_private

_YELP = re.compile(r"\byelp", re.IGNORECASE)
_PRAISE = "good|great|positive|excellent|glowing|nice|kind|honest but kind"
_GATES = re.compile(
    r"\b(?:[45]|four|five)[ -]?stars?\b"
    rf"|\b(?:{_PRAISE}) (?:reviews?|ratings?|words?|feedback|experiences?)\b"
    r"|\bif you (?:were|are|felt|feel|enjoyed|liked|loved|recommend)\b"
    r"|\b(?:happy|satisfied|pleased|unhappy|dissatisfied|disappointed)\b"
    r"|\bbuenas? reseñas?\b|\bcinco estrellas\b|\b(?:content[oa]|satisfech[oa]|feliz)\b",
    re.IGNORECASE,
)
_DATED = re.compile(
    r"\b\d{4}-\d\d-\d\d\b|\b\d{1,2}/\d{1,2}/\d{2,4}\b"
    r"|\byour (?:visit|appointment|treatment|procedure) (?:on|of|with|for)\b",
    re.IGNORECASE,
)
_LINK = re.compile(r"https://[^\s<>\"']{4,300}")


def unfair(text: str) -> list[str]:
    """Return what forbids a text as an invitation to review, each with what to do instead.

    16 CFR 465.4 (incentives); Google's policy on gating; Yelp's on asking for reviews.
    """
    found = []
    if _YELP.search(text):
        found.append("Yelp forbids asking for reviews, and lowers businesses that do: leave it out")
    if gate := _GATES.search(text):
        found.append(f"{gate[0]!r} asks the content ones only: say that any review is welcome")
    if dated := _DATED.search(text):
        found.append(f"{dated[0]!r} tells that, or when, somebody was here: leave it out")
    if "{{" in text or not _LINK.search(text):
        found.append("the same words go to all: a link (https://...) in them, and no slots")
    blocking = [each for each in check_private(text) if each.level is Level.BLOCK]
    return found + [f"{each.words!r}: {each.why} {each.instead}" for each in blocking]

"""Who writes and to what end: a patient or a relative, a complaint, a question, a troll."""

from __future__ import annotations

import re
from enum import StrEnum
from itertools import islice
from math import log

from cases.judging.reading import Because, Hit, Reading, wordless
from cases.judging.themes import OTHER
from cases.lexicons import table

_QUESTION = re.compile(r"(?:[^.!?\n]|(?<=\b[Dd]r)\.){0,200}\?")
_MASKED = re.compile(
    r"\b[fsbac][*#@$%!]{2,8}|\bsh[*!1]t|\bb[!*1]tch|\ba[$s*]{2}hole|@ss", re.IGNORECASE
)
FIRM = frozenset({"spam"})
FIRM_IF_SHORT = frozenset({"never been here", "competitor"})
SHORT = 60  # words: who has more to tell than this was there

ENOUGH = 1.02  # contempt over substance that makes a suspicion: about 2 in 100 bad reviews
PLAIN = 1.3  # what is there before a word is read ...
LENGTH = 0.45  # ... and what each e-fold of words takes away: who writes long has more to tell
FIGURE = 0.4  # what a number or a quotation takes away, twice at most
WARNINGS = 2  # so many of them are contempt, one is advice
_HOSTILE = ("insult", "verdict", "like", "contempt", "warning")  # the most telling first
_FIGURE = re.compile(r"\d+|[\"“][^\"”]{2,200}[\"”]")


class Kind(StrEnum):
    """What a text is: COMPLAINT and QUESTION want an answer, the others need none."""

    COMPLAINT = "complaint"
    QUESTION = "question"
    COMMENT = "comment"
    PRAISE = "praise"
    SPAM = "spam"


def suspicions(
    reading: Reading, negative: bool, trusted: bool, found: list[Because]
) -> list[Because]:
    """Return the first suspicion of a troll. Insult and substance are weighed against each other.

    `trusted`: too grave, or in a language nobody here reads: never called abuse. `found`: themes.
    """
    wanted = FIRM
    if negative and len(reading.words) < SHORT:
        wanted |= FIRM_IF_SHORT
    if negative and not trusted and not _is_concrete(found):
        wanted |= {"a link"}
    suspected = [
        reading.because(f"perhaps a troll: {hit.rule.reason}", hit)
        for hit in reading.of("troll")
        if hit.rule.reason in wanted and not hit.negated
    ]
    if not suspected and negative and not trusted:
        suspected = _abuse(reading)
    return suspected[:1]


def _is_concrete(found: list[Because]) -> bool:
    return any(theme.what != f"theme: {OTHER}" for theme in found)


def _abuse(reading: Reading) -> list[Because]:
    """Return the most telling insult or verdict of a text that tells of nothing else."""
    groups = _abuse_by_group(reading)
    hostile = [
        each for name in _HOSTILE if len(groups[name]) >= _needed(name) for each in groups[name]
    ]
    weights = table("abuse.toml")["abuse"]
    score = PLAIN - LENGTH * log(max(1, len(reading.words)))
    score -= FIGURE * min(2, sum(1 for _ in islice(_FIGURE.finditer(reading.text), 2)))
    score += sum(each["weight"] * min(each["most"], len(groups[g])) for g, each in weights.items())
    return hostile[:1] if score >= ENOUGH else []


def _needed(group: str) -> int:
    return WARNINGS if group == "warning" else 1


def _abuse_by_group(reading: Reading) -> dict[str, list[Because]]:
    """Return the words of each group of abuse.toml, one for each place."""
    groups: dict[str, dict[int, Because]] = {name: {} for name in table("abuse.toml")["abuse"]}
    for hit in reading.of("abuse"):
        groups[hit.rule.reason][hit.start] = reading.because("perhaps a troll: abuse", hit)
    for word in islice(_MASKED.finditer(reading.text), SHORT):
        because = Because("perhaps a troll: abuse", word[0], *word.span())
        groups["insult"].setdefault(word.start(), because)
    return {name: list(places.values()) for name, places in groups.items()}


def writer(reading: Reading) -> tuple[str, list[Because]]:
    """Return for whom the author writes, "self", "relative" or "unknown", and the words."""
    relative, own = (
        {hit.start: hit for hit in reading.of("writer") if hit.rule.reason == who}
        for who in ("relative", "self")
    )
    if relative and len(relative) * 2 >= len(own):
        words: Hit = max(relative.values(), key=lambda hit: hit.end - hit.start)
        return "relative", [reading.because("written for a relative", words)]
    return ("self" if own else "unknown"), []


def question(reading: Reading) -> list[Because]:
    """Return the question put to somebody: its opening words, then "?" in the same sentence."""
    asked = (hit for hit in reading.of("question") if _QUESTION.match(reading.text, hit.end))
    return [reading.because("a question", hit) for hit in asked][:1]


def kind(negative: bool, trolls: list[Because], asks: bool, pleased: bool) -> Kind:
    """Return what a text is. `negative` and `pleased` are as its words sound, not its stars."""
    if any(each.what.endswith(": spam") for each in trolls):
        return Kind.SPAM
    if negative:
        return Kind.COMPLAINT
    if asks:
        return Kind.QUESTION
    return Kind.PRAISE if pleased else Kind.COMMENT


def no_answer_needed(what: Kind) -> list[Because]:
    """Return the reason why nobody need answer, where nobody need."""
    return [wordless("a comment: no answer needed")] if what is Kind.COMMENT else []

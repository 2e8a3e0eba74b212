"""Who writes and to what end: a patient or a relative, a complaint, a question, a troll."""

from __future__ import annotations

import re
from enum import StrEnum

from cases.judging.reading import Because, Hit, Reading, wordless
from cases.judging.severity import Severity

_QUESTION = re.compile(r"(?:[^.!?\n]|(?<=\b[Dd]r)\.){0,200}\?")
_MASKED = re.compile(
    r"\b[fsbac][*#@$%!]{2,8}|\bsh[*!1]t|\bb[!*1]tch|\ba[$s*]{2}hole|@ss", re.IGNORECASE
)
FIRM = frozenset({"spam"})
FIRM_IF_SHORT = frozenset({"never been here", "competitor"})
WEAK = frozenset({"abuse", "a link"})
SHORT = 60  # words: who has more to tell than this was there
CURT = 25  # words: up to here a mere adjective ("rude", "useless") is an insult, no substance


_BY_ADJECTIVE = frozenset(
    f"theme: {name}" for name in ("bedside_manner", "quality_of_care", "billing", "facility")
)


class Kind(StrEnum):
    """What a text is: COMPLAINT and QUESTION want an answer, the others need none."""

    COMPLAINT = "complaint"
    QUESTION = "question"
    COMMENT = "comment"
    PRAISE = "praise"
    SPAM = "spam"


def suspicions(reading: Reading, negative: bool, concrete: bool) -> list[Because]:
    """Return the first suspicion of a troll. Insult and substance are judged apart.

    A concrete complaint makes the rudest writer a patient; spam stays spam.
    """
    wanted = FIRM
    if negative and len(reading.words) < SHORT:
        wanted |= FIRM_IF_SHORT
    if negative and not concrete:
        wanted |= WEAK
    found = [
        reading.because(f"perhaps a troll: {hit.rule.reason}", hit)
        for hit in reading.of("troll")
        if hit.rule.reason in wanted and not hit.negated
    ]
    if not found and "abuse" in wanted:
        found = _masked(reading)
    return found[:1]


def _masked(reading: Reading) -> list[Because]:
    """Return a swear word hidden behind signs, if there is one."""
    word = _MASKED.search(reading.text)
    return [Because("perhaps a troll: abuse", word[0], *word.span())] if word else []


def has_substance(reading: Reading, severity: Severity, found: list[Because]) -> bool:
    """Tell whether a text complains of something, beyond calling names.

    `found`: its themes. In a curt text a theme resting on one adjective is a name called.
    """
    if severity is Severity.GRAVE:
        return True
    if len(reading.words) > CURT:
        return bool(found) or severity is not Severity.ROUTINE
    return any(" " in theme.words or theme.what not in _BY_ADJECTIVE for theme in found)


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

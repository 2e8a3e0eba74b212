"""Judge a review: is it negative, how grave, what about, by a person or a troll; with reasons.

The words and patterns live in `lexicons/*.toml`; here is only how they are weighed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from cases.lexicons import Rule, lexicon

READ_AT_MOST = 20_000  # characters; more than any platform takes, so nothing is hidden behind it
NEGATIVE_BELOW = -1.5  # tone under which a text without stars reads negative
GLOWING, DAMNING = 8.0, -8.0  # tone beyond which a text contradicts its stars ...
DENSE = -0.15  # ... and tone per word: a long happy story tells of past trouble too
GOOD_STARS = 4  # from here on a damning text is a contradiction; three stars promise nothing
NEGATION_REACH = 3  # words a "not" reaches ahead, within its clause
PLAIN_ENOUGH = 3.0  # friendly words about something else do not hide a plain allegation
NEARBY = 160  # characters round an allegation whose tone says whom it is about

_WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")
_CLAUSE_END = re.compile(r"[.,;:!?\n]")
_QUESTION = re.compile(r"[^.!?\n]{0,200}\?")


class Severity(StrEnum):
    """How grave: GRAVE starts the safety clock, ELEVATED is told to the owner at once."""

    ROUTINE = "routine"
    ELEVATED = "elevated"
    GRAVE = "grave"


@dataclass(frozen=True, slots=True)
class Because:
    """One reason: what was concluded, and the words (text[start:end]) it rests on, if any."""

    what: str
    words: str
    start: int
    end: int


@dataclass(frozen=True)
class Triage:
    """The judgement on a review. `troll` is a suspicion: a person confirms it.

    `doubtful`: stars and text contradict each other, or nobody here can read it; a person decides.
    `writes_for`: "self", "relative" or "unknown". `language`: "en", "es" or "other".
    """

    negative: bool
    doubtful: bool
    severity: Severity
    themes: tuple[str, ...]
    troll: bool
    writes_for: str
    question: bool
    language: str
    because: tuple[Because, ...]

    @property
    def opens_case(self) -> bool:
        """Every negative review does; so does one whose stars or text need a person's eye."""
        return self.negative or self.doubtful

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for the record: `because` as a list of {what, words, start, end}."""
        return {
            "negative": self.negative,
            "doubtful": self.doubtful,
            "severity": self.severity.value,
            "themes": list(self.themes),
            "troll": self.troll,
            "writes_for": self.writes_for,
            "question": self.question,
            "language": self.language,
            "because": [
                {"what": b.what, "words": b.words, "start": b.start, "end": b.end}
                for b in self.because
            ],
        }


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule found in the text; `negated` where a "not" stands shortly before it."""

    rule: Rule
    start: int
    end: int
    negated: bool


@dataclass
class Reading:
    """Everything found in one text, before anybody judges it."""

    text: str
    hits: list[Hit] = field(default_factory=list)
    tones: list[tuple[int, float]] = field(default_factory=list)  # (where, weight)
    words: list[str] = field(default_factory=list)

    def of(self, kind: str) -> list[Hit]:
        return [hit for hit in self.hits if hit.rule.kind == kind]

    def tone(self, start: int = 0, end: int = READ_AT_MOST) -> float:
        return sum(weight for at, weight in self.tones if start <= at < end)

    def because(self, what: str, hit: Hit) -> Because:
        return Because(what, self.text[hit.start : hit.end], hit.start, hit.end)


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


def read(text: str) -> Reading:
    """Walk over the words once and note every rule that matches."""
    words, low = lexicon(), _lowered(text[:READ_AT_MOST])
    reading = Reading(text[:READ_AT_MOST])
    negated_for, tone_from, last_end = 0, 0, 0
    for word in _WORD.finditer(low):
        start, end = word.span()
        if negated_for and _CLAUSE_END.search(low, last_end, start):
            negated_for = 0
        found = []
        for rule in words.filed_under(word[0]):
            match = rule.whole.match(low, start) if rule.whole else word
            if match:
                found.append(Hit(rule, start, match.end(), negated_for > 0))
        reading.hits += [hit for hit in found if hit.rule.kind != "tone"]
        sounding = [hit for hit in found if hit.rule.kind == "tone"]
        if sounding and start >= tone_from:
            tone_from, weight = _weighed(sounding)
            reading.tones.append((start, weight))
        negated_for = NEGATION_REACH if word[0] in words.negators else max(0, negated_for - 1)
        reading.words.append(word[0])
        last_end = end
    return reading


def _language(reading: Reading) -> str:
    """Vote by function words; where none are found, plain letters are taken for English."""
    tongues = lexicon().languages
    votes = {code: sum(w in words for w in reading.words) for code, words in tongues.items()}
    best = max(votes, key=lambda code: votes[code])
    if votes[best]:
        return best
    return "en" if all(word.isascii() for word in reading.words) else "other"


def _stars(rating: Decimal | float | None, recommends: bool | None, at: Decimal) -> bool | None:
    """Return whether the stars (or "recommends") are bad; None where there are none."""
    if rating is None and recommends is None:
        return None
    return recommends is False or (rating is not None and Decimal(str(rating)) <= at)


def _stands(hit: Hit, reading: Reading, guards: list[Hit], bad: bool, sour: bool) -> bool:
    """Whether an allegation is meant: not denied, no figure of speech, not of somebody else."""
    if hit.negated or any(g.start < hit.end and hit.start < g.end for g in guards):
        return False
    if bad:
        return True
    if not (hit.rule.always or sour):
        return False
    friendly = PLAIN_ENOUGH if hit.rule.always else 0
    return reading.tone(hit.start - NEARBY, hit.end + NEARBY) < friendly


def _allegations(reading: Reading, bad: bool, sour: bool) -> tuple[Severity, list[Because]]:
    """Return how grave the text is, with the fullest words found for each reason."""
    guards = reading.of("guard")
    for severity in (Severity.GRAVE, Severity.ELEVATED):
        meant = [h for h in reading.of(severity) if _stands(h, reading, guards, bad, sour)]
        meant.sort(key=lambda hit: hit.end - hit.start)
        if meant:
            said = {hit.rule.reason: hit for hit in meant}
            return severity, [reading.because(f"{severity}: {why}", said[why]) for why in said]
    return Severity.ROUTINE, []


def _contradictions(
    bad: bool | None, glowing: bool, damning: bool, grave_in_good: bool, english: bool
) -> list[Because]:
    """Name what only a person can decide."""
    doubts = {
        "bad stars, a glowing text": bad and glowing,
        "a grave allegation without bad stars": grave_in_good,
        "good stars, a damning text": damning,
        "no stars, and not in English": bad is None and not english,
    }
    return [_wordless(f"doubtful: {what}") for what, so in doubts.items() if so]


def _themes(reading: Reading) -> list[Because]:
    named: dict[str, Because] = {}
    for hit in reading.of("theme"):
        if not hit.negated:
            named.setdefault(hit.rule.reason, reading.because(f"theme: {hit.rule.reason}", hit))
    return list(named.values())


def _suspicions(reading: Reading, negative: bool, concrete: bool) -> list[Because]:
    """A concrete complaint makes the rudest writer a patient; spam stays spam."""
    firm = {"spam"} | ({"never been here", "competitor"} if negative else set())
    weak = {"abuse", "a link"} if negative and not concrete else set()
    found = [hit for hit in reading.of("troll") if hit.rule.reason in firm | weak]
    return [reading.because(f"perhaps a troll: {hit.rule.reason}", hit) for hit in found[:1]]


def _writer(reading: Reading) -> str:
    relative, own = (
        {h.start for h in reading.of("writer") if h.rule.reason == who}
        for who in ("relative", "self")
    )
    if relative and len(relative) * 2 >= len(own):
        return "relative"
    return "self" if own else "unknown"


def _asks(reading: Reading) -> bool:
    """Whether a question is put to somebody: its opening words, then "?" in the same sentence."""
    return any(_QUESTION.match(reading.text, hit.end) for hit in reading.of("question"))


def _names(themes: list[Because]) -> tuple[str, ...]:
    return tuple(sorted(theme.what.removeprefix("theme: ") for theme in themes))


def _verdict(negative: bool, bad: bool | None) -> list[Because]:
    by = "its text" if bad is None else "its stars or recommendation"
    return [_wordless(f"negative: by {by}")] if negative else []


def _tongue(language: str) -> list[Because]:
    names = {"es": "Spanish", "other": "not English"}
    return [_wordless(f"{names[language]}: a person reads it")] if language in names else []


def _wordless(what: str) -> Because:
    return Because(what, "", 0, 0)


def triage(
    text: str,
    rating: Decimal | float | None = None,
    recommends: bool | None = None,
    threshold: Decimal = Decimal(2),
) -> Triage:
    """Judge one review. `rating` counts stars from 0 to 5; `threshold` and below are negative.

    Stars decide where there are any, else the text, of which READ_AT_MOST characters are read.
    """
    reading = read(text)
    tone, language, bad = reading.tone(), _language(reading), _stars(rating, recommends, threshold)
    negative = tone < NEGATIVE_BELOW if bad is None else bad
    pleased = bad is False and (rating is None or rating >= GOOD_STARS)
    sour = tone < NEGATIVE_BELOW and not pleased
    severity, why = _allegations(reading, negative, sour)
    damning = pleased and tone <= min(DAMNING, DENSE * len(reading.words))
    grave_in_good = severity is Severity.GRAVE and not negative
    english = language == "en"
    doubts = _contradictions(bad, tone >= GLOWING, damning, grave_in_good, english)
    opens = negative or bool(doubts)
    themes = _themes(reading) if opens and english else []
    concrete = bool(themes) or severity is not Severity.ROUTINE
    suspicions = _suspicions(reading, negative, concrete)
    return Triage(
        negative=negative,
        doubtful=bool(doubts),
        severity=severity,
        themes=_names(themes) or (("other",) if opens and english else ()),
        troll=bool(suspicions),
        writes_for=_writer(reading),
        question=_asks(reading),
        language=language,
        because=(*_verdict(negative, bad), *doubts, *why, *themes, *suspicions, *_tongue(language)),
    )

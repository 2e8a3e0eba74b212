"""Judge a review: is it negative, how grave, what about, by a person or a troll; with reasons.

The words and patterns live in `lexicons/*.toml`. One walk over the text notes what they find
(reading.py); tone, severity, themes, motive and language each judge that; here is how they join.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from cases.judging import motive, tone
from cases.judging.language import ENGLISH, language, tongue
from cases.judging.motive import Kind
from cases.judging.reading import READ_AT_MOST, Because, Reading, read, wordless
from cases.judging.severity import Severity, allegations
from cases.judging.themes import names, themes

__all__ = ["READ_AT_MOST", "Because", "Kind", "Severity", "Triage", "triage"]

GOOD_STARS = 4  # from here on a damning text is a contradiction; three stars promise nothing


@dataclass(frozen=True)
class Triage:
    """The judgement on a review. `troll` is a suspicion: a person confirms it.

    `contradicts`: how stars and text contradict each other, empty where they do not.
    `doubtful`: they do, or nobody here can read it; a person decides.
    `writes_for`: "self", "relative" or "unknown". `language`: "en", "es" or "other".
    `kind`: by its words, where they contradict the stars.
    """

    negative: bool
    doubtful: bool
    contradicts: str
    kind: Kind
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
            "contradicts": self.contradicts,
            "kind": self.kind.value,
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


def _stars(rating: Decimal | float | None, recommends: bool | None, at: Decimal) -> bool | None:
    """Return whether the stars (or "recommends") are bad; None where there are none."""
    if rating is None and recommends is None:
        return None
    return recommends is False or (rating is not None and Decimal(str(rating)) <= at)


def _contradiction(bad: bool | None, pleased: bool, hidden: bool, reading: Reading) -> str:
    """Name how stars and text contradict each other; `hidden`: a grave allegation is."""
    if hidden:
        return "a grave allegation without bad stars"
    if pleased and tone.is_damning(reading):
        return "good stars, a damning text"
    return "bad stars, a glowing text" if bad and tone.is_glowing(reading) else ""


def _doubts(contradicts: str, unread: bool) -> list[Because]:
    """Name what only a person can decide."""
    named = [contradicts] if contradicts else []
    named += ["no stars, and not in English"] if unread else []
    return [wordless(f"doubtful: {what}") for what in named]


def _verdict(negative: bool, bad: bool | None) -> list[Because]:
    by = "its text" if bad is None else "its stars or recommendation"
    return [wordless(f"negative: by {by}")] if negative else []


def _unread(text: str) -> list[Because]:
    """Say so where a text goes on beyond what is read of it."""
    return [wordless(f"read: its first {READ_AT_MOST:,} characters")] * (len(text) > READ_AT_MOST)


def _weigh(
    reading: Reading, bad: bool | None, pleased: bool, asks: bool, english: bool
) -> tuple[bool, Severity, list[Because]]:
    """Return whether a review is negative, how grave, and why."""
    sounds_bad = tone.reads_negative(reading, asks=asks)
    sour = not pleased and (sounds_bad or tone.is_sour(reading))
    severity, why = allegations(reading, sounds_bad if bad is None else bad, sour, english)
    if bad is None:
        return sounds_bad or severity is Severity.GRAVE, severity, why
    return bad, severity, why


def triage(
    text: str,
    rating: Decimal | float | None = None,
    recommends: bool | None = None,
    threshold: Decimal = Decimal(2),
) -> Triage:
    """Judge one review. `rating` counts stars from 0 to 5; `threshold` and below are negative.

    Stars decide where there are any, else the text, of which READ_AT_MOST characters are read.
    """
    reading, bad = read(text), _stars(rating, recommends, threshold)
    english = (code := language(reading)) == ENGLISH
    pleased = bad is False and (rating is None or rating >= GOOD_STARS)
    asks, (who, whose) = motive.question(reading), motive.writer(reading)
    negative, severity, why = _weigh(reading, bad, pleased, bool(asks), english)
    hidden = severity is Severity.GRAVE and not negative
    contradicts = _contradiction(bad, pleased, hidden, reading)
    doubts = _doubts(contradicts, bad is None and not english)
    opens = negative or bool(doubts)
    found = themes(reading, why) if opens and english else []
    trusted = severity is Severity.GRAVE or not english
    trolls = motive.suspicions(reading, negative, trusted, found)
    friendly = pleased or tone.is_friendly(reading)
    what = motive.kind(_sounds_bad(negative, contradicts), trolls, bool(asks), friendly)
    return Triage(
        negative=negative,
        doubtful=bool(doubts),
        contradicts=contradicts,
        kind=what,
        severity=severity,
        themes=names(found) if opens and english else (),
        troll=bool(trolls),
        writes_for=who,
        question=bool(asks),
        language=code,
        because=(
            *_verdict(negative, bad), *doubts, *why, *found, *trolls, *whose, *asks,
            *motive.no_answer_needed(what), *tongue(code), *_unread(text),
        ),
    )  # fmt: skip


def _sounds_bad(negative: bool, contradicts: str) -> bool:
    """Where stars and text contradict each other, go by the text."""
    return not contradicts.startswith("bad stars") if contradicts else negative

"""What a complaint is about: as many themes as its words name."""

from __future__ import annotations

from dataclasses import replace

from cases.judging.reading import Because, Reading
from cases.judging.tone import is_plaint

_MEANS = {
    "lasting harm": "quality_of_care",
    "missed serious diagnosis": "quality_of_care",
    "dangerous medication": "quality_of_care",
    "a death": "quality_of_care",
    "infection control": "facility",
    "privacy breach": "privacy",
    "sexual misconduct": "bedside_manner",
    "discrimination": "bedside_manner",
}
OTHER = "other"


def themes(reading: Reading, why: list[Because]) -> list[Because]:
    """Return one reason for each theme, resting on the first words that name it.

    `why`: the allegations found; a grave one names a theme too.
    """
    named: dict[str, Because] = {}
    for hit in reading.of("theme"):
        if is_plaint(reading, hit):
            named.setdefault(hit.rule.reason, reading.because(f"theme: {hit.rule.reason}", hit))
    for reason in why:
        theme = _MEANS.get(reason.what.removeprefix("grave: "))
        if theme:
            named.setdefault(theme, replace(reason, what=f"theme: {theme}"))
    return list(named.values())


def names(found: list[Because]) -> tuple[str, ...]:
    """Return the names of themes, in order of the alphabet; OTHER where there are none."""
    return tuple(sorted(theme.what.removeprefix("theme: ") for theme in found)) or (OTHER,)

"""What a complaint is about: the themes whose words weigh enough together.

Few words name a theme by themselves: "rude" blames the desk or the doctor, as the sentence has
it, and "called", "three times", "message" are no follow-up only beside each other. So each
pattern of `lexicons/themes.toml` weighs for a theme, or against it; a theme needs ENOUGH.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from cases.judging.reading import Because, Hit, Reading, wordless
from cases.judging.tone import FRIENDLY, NEARBY
from cases.lexicons import table

OTHER = "other"
NOTHING = wordless("")
ENOUGH = 1.0  # weight that names a theme
ALONE = 0.5  # weight that names the heaviest one where none has enough
TELLING = 0.5  # weight of the words without which "other" does not stand beside a theme
PAGE, PAGES = 80, 3  # words: the longer a text, the more is said in passing; up to three pages
BACK, ON = 50, 30  # characters between a person and what is said of them, before and after
_SENTENCE_END = re.compile(r"(?<!\bdr)[.!?\n]", re.IGNORECASE)


@dataclass
class _Theme:
    """What speaks for one theme so far, and the heaviest words of it."""

    name: str
    weight: float
    best: float = 0.0
    because: Because = NOTHING
    counted: set[str] = field(default_factory=set)

    def add(self, what: str, weight: float, because: Because) -> None:
        """Count a piece of evidence once, however often it is said."""
        if what in self.counted:
            return
        self.counted.add(what)
        self.weight += weight
        if weight > self.best:
            self.best, self.because = weight, because


def themes(reading: Reading, why: list[Because]) -> list[Because]:
    """Return one reason for each theme, resting on the words that weigh most for it.

    `why`: the allegations found, which weigh too. Where no theme has ENOUGH the heaviest counts.
    """
    weighed = [theme for theme in _weighed(reading, why) if theme.best or theme.name == OTHER]
    found = [theme for theme in weighed if theme.weight >= ENOUGH]
    if len(found) > 1:
        found = [theme for theme in found if theme.name != OTHER or theme.best >= TELLING]
    if not found:
        heaviest = max(weighed, key=lambda theme: theme.weight)
        found = [heaviest] * (heaviest.weight >= ALONE)
    return [replace(theme.because, what=f"theme: {theme.name}") for theme in found]


def _weighed(reading: Reading, why: list[Because]) -> list[_Theme]:
    """Return what speaks for and against each theme, length included."""
    weights = table("themes.toml")["theme"]
    pages = min(PAGES, len(reading.words) / PAGE)
    themes = {
        name: _Theme(name, each["base"] + pages * each["page"]) for name, each in weights.items()
    }
    for hit in _meant(reading):
        name = hit.rule.reason.partition("#")[0]
        themes[name].add(hit.rule.reason, hit.rule.weight, reading.because("", hit))
    for what, because in (*_alleged(why), *_blamed(reading)):
        for name, each in weights.items():
            if what in each["also"]:
                themes[name].add(what, each["also"][what], because)
    return list(themes.values())


def _meant(reading: Reading) -> Iterator[Hit]:
    """Yield the words of themes that stand in no friendly surroundings, within their sentence."""
    ends = [0, *(end.end() for end in _SENTENCE_END.finditer(reading.text)), len(reading.text) + 1]
    for hit in reading.of("theme"):
        place = bisect_right(ends, hit.start)
        start = max(ends[place - 1], hit.start - NEARBY)
        end = min(max(ends[place], hit.end), hit.end + NEARBY)
        if reading.tone(start, end) < FRIENDLY:
            yield hit


def _alleged(why: list[Because]) -> Iterator[tuple[str, Because]]:
    return ((reason.what, reason) for reason in why)


def _blamed(reading: Reading) -> Iterator[tuple[str, Because]]:
    """Yield of whom "rude" and the like is said: staff, a doctor, or nobody named."""
    people = reading.of("person")
    starts = [person.start for person in people]
    for hit in reading.of("conduct"):
        place = bisect_left(starts, hit.start)
        who = "nobody"
        if place and _together(reading, people[place - 1].end, hit.start, BACK):
            who = people[place - 1].rule.reason
        elif place < len(people) and _together(reading, hit.end, people[place].start, ON):
            who = f"{people[place].rule.reason} after"
        yield f"said of {who}", reading.because("", hit)


def _together(reading: Reading, start: int, end: int, reach: int) -> bool:
    """Tell whether two places are near each other, and in one sentence."""
    near = 0 <= end - start <= reach
    return near and not _SENTENCE_END.search(reading.text, start, end)


def names(found: list[Because]) -> tuple[str, ...]:
    """Return the names of themes, in order of the alphabet; OTHER where there are none."""
    return tuple(sorted(theme.what.removeprefix("theme: ") for theme in found)) or (OTHER,)

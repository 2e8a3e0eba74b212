"""The word lists beside this one; those triage goes by, filed for a fast scan.

The pattern language is explained in triage.toml. A pattern is filed under its first word, so one
walk over the words of a text tries only what can match there: the time is linear in the length of
the text, however long the lexicon grows. Gaps are bounded, so no pattern can run away either.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import chain
from typing import Any

STEM = 4  # letters a pattern's first word needs before its star

_BREAK = r"(?:[^\w!?.;]{1,3}|(?<=\bdr)\. )"  # within a sentence
_FILES = (
    "triage.toml", "spanish.toml", "tone.toml", "signs.toml", "harm.toml", "themes.toml",
    "abuse.toml",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rule:
    """One pattern and what it speaks for; `whole` is empty where it is a single plain word."""

    kind: str
    reason: str
    whole: str
    always: bool = True
    weight: float = 0.0

    def at(self, low: str, word: re.Match[str]) -> re.Match[str] | None:
        """Match the whole pattern where a word stands that it is filed under."""
        return compiled(self.whole).match(low, word.start()) if self.whole else word


# Only what a text calls for is compiled: all of it would take seconds at every start.
compiled = cache(re.compile)


@dataclass(frozen=True)
class Lexicon:
    """All rules by their first word, and the small word lists."""

    rules: dict[str, list[Rule]]
    negators: frozenset[str]
    enders: frozenset[str]  # words a negation does not reach beyond
    languages: dict[str, frozenset[str]]

    def filed_under(self, word: str) -> Iterable[Rule]:
        plain, stems = self.rules.get(word, ()), self.rules.get(word[:STEM] + "*", ())
        return chain(plain, stems) if stems else plain


def _slot(slot: str) -> str:
    alternatives = (re.escape(w).replace(r"\*", r"\w*") for w in slot.split("|"))
    return "(?:" + "|".join(a.replace(r"\+", _BREAK) for a in alternatives) + r")(?!\w)"


def _piece(slot: str) -> str:
    if slot == "...":  # a word is taken whole: "or-or-or..." could be cut in ever so many ways
        return rf"(?:{_BREAK}[\w'-]++){{0,5}}?"
    if slot.endswith("?"):
        return f"(?:{_BREAK}{_slot(slot[:-1])})?"
    return _BREAK + _slot(slot)


def _expand(pattern: str, sets: Mapping[str, str]) -> list[str]:
    return re.sub(r"\{(\w+)\}", lambda m: sets[m[1]], pattern).split()


def _openings(pattern: str, sets: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield (what it is filed under, the whole as a regular expression) for each first word."""
    first, *others = _expand(pattern, sets)
    tail = "".join(map(_piece, others))
    for opening in first.split("|"):
        head = opening.split("+")[0]
        filed = head[:STEM] + "*" if head.endswith("*") else head
        yield filed, "" if filed == opening and not tail else _slot(opening) + tail


def _groups(data: Mapping[str, Any]) -> Iterator[tuple[str, str, bool, Iterable[str], float]]:
    """Yield (kind, reason, always, patterns, weight) for every group of one lexicon file."""
    for kind in ("grave", "elevated", "troll", "writer", "conduct", "person"):
        for reason, group in data.get(kind, {}).items():
            for name, patterns in group.items():
                yield kind, reason, name != "negative", patterns, 0.0
    for theme, told in data.get("theme", {}).items():
        weighed = ((p, float(w)) for w, ps in told["words"].items() for p in ps)
        for number, (pattern, heavy) in enumerate(weighed):
            yield "theme", f"{theme}#{number}", True, (pattern,), heavy
    for group, told in data.get("abuse", {}).items():
        yield "abuse", group, True, told["patterns"], told["weight"]
    for kind in ("guard", "question"):
        yield kind, kind, True, data.get(kind, {}).get("patterns", ()), 0.0
    for reason, halves in data.get("together", {}).items():
        for half, patterns in halves.items():
            yield half, reason, False, patterns, 0.0
    for reason, topic in data.get("signs", {}).items():
        for name, sign in topic["sign"].items():
            yield (
                "sign",
                f"{reason}#{name}",
                False,
                sign["patterns"],
                sign["weight"] / topic["enough"],
            )
    for reason, signs in data.get("weighed", {}).items():
        for name, sign in signs.items():
            yield "weighed", f"{reason}#{name}", False, sign["patterns"], 0.0
    for weight, phrases in data.get("tone", {}).items():
        patterns = [p for p in phrases.replace("\n", " ").split(",") if p.strip()]
        yield "tone", "tone", True, patterns, float(weight)


@cache
def table(name: str) -> Mapping[str, Any]:
    """Return one of the TOML files beside this one, read once."""
    return tomllib.loads((files(__name__) / name).read_text("utf-8"))


@cache
def lexicon() -> Lexicon:
    """Read the packaged word lists, once. Raises KeyError for an unknown {set}."""
    data = [table(name) for name in _FILES]
    sets = {name: words for part in data for name, words in part.get("sets", {}).items()}
    rules: dict[str, list[Rule]] = {}
    for kind, reason, always, patterns, weight in (g for part in data for g in _groups(part)):
        for filed, whole in (o for p in patterns for o in _openings(p, sets)):
            rules.setdefault(filed, []).append(Rule(kind, reason, whole, always, weight))
    languages = {code: frozenset(words.split()) for code, words in data[0]["language"].items()}
    negators, enders = (frozenset(data[2][name].split()) for name in ("negators", "enders"))
    return Lexicon(rules, negators, enders, languages)

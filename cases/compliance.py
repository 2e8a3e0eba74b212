"""What may stand in a public reply or in a message to a patient: findings with exact spans.

The rules, their levels and sources stand in lexicons/compliance.toml; how its phrases are found, in
phrases.py; how a text is read, in folding.py.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from functools import cache
from itertools import accumulate, islice
from typing import Any, Literal

from cases.folding import Folded, fold, read
from cases.lexicons import table
from cases.phrases import Hit, phrases

_DATA = table("compliance.toml")
READER_WORDS = 90  # people skim past anything longer
_SHOUTING = re.compile(r"\b[A-Z]{2,}+\b(?:\W{1,3}[A-Z]{2,}+\b){2,}|!{2,}+")
_LIGHT = re.compile("[\0-\u10ff\u2000-\u200d\u2010-\u201f\u2032-\u2037]")  # X: others count twice
_PLACEHOLDER = re.compile(
    r"\[[^\[\]\n]{0,40}\]|\{[^{}\n]{0,60}\}+|<[^<>\n]{1,40}>|\b[Xx]{3,}+\b|_{3,}+|\bTODO\b|\bTBD\b"
)


class Level(StrEnum):
    """BLOCK: nobody may approve it. WARN: a person may, having seen it."""

    BLOCK = "block"
    WARN = "warn"


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to mend: `words` is exactly text[start:end]; of what is missing, "" at the end."""

    code: str
    level: Level
    start: int
    end: int
    words: str
    why: str
    source: str  # the law, case or platform rule behind it
    instead: str

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, ready for JSON; `span` is [start, end] in code points."""
        plain = asdict(self)
        span = [plain.pop("start"), plain.pop("end")]
        return plain | {"level": self.level.value, "span": span}


def blocked(findings: Iterable[Finding]) -> bool:
    """Return whether any finding forbids the text to go out."""
    return any(finding.level is Level.BLOCK for finding in findings)


def _named(reading: Folded, known: Iterable[str]) -> Iterator[Hit]:
    """Find the full names given, and their parts unless a part is an everyday word too."""
    everyday = frozenset(_DATA["names"]["everyday"])
    by_first: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for name in known:
        parts = tuple(read(name).words)
        for form in {parts, *((part,) for part in parts if len(part) > 2 and part not in everyday)}:
            by_first[form[0] if form else ""].add(form)
    for place, word in enumerate(reading.words):
        for form in by_first.get(word, ()):
            if tuple(reading.words[place : place + len(form)]) == form:
                yield "names", place, place + len(form) - 1


def _addressed(reading: Folded) -> Iterator[Hit]:
    """Find "Dear X", "Mr. X", "thank you, X." and "X, thank you"."""
    lists = {kind: frozenset(words) for kind, words in _DATA["names"].items()}
    words = ["", *reading.words, ""]
    for place, word in enumerate(reading.words):
        before, after = words[place], words[place + 2]
        if word in lists["not_names"] or not word.isalpha():
            continue
        ending = reading.folded[reading.spans[place][1] : reading.spans[place][1] + 1]
        thanked = before in lists["thanked"] and ending in (",", ".", "!", "-", "")
        opening = place == 0 and ending == "," and after in lists["opening"]
        if before in lists["title"]:
            yield "names", place - 1, place
        elif before in lists["greeting"] or thanked or opening:
            yield "names", place, place


def _findings(reading: Folded, hits: Iterable[Hit]) -> Iterator[Finding]:
    """Join what overlaps or touches, code by code."""
    joined: list[Hit] = []
    for code, first, last in sorted(hits):
        if joined and joined[-1][0] == code and first <= joined[-1][2] + 1:
            _, first, ended = joined.pop()
            last = max(ended, last)
        joined.append((code, first, last))
    for code, first, last in joined:
        yield _finding(reading.text, code, *reading.span(first, last))


@cache
def _rule(code: str) -> Finding:
    entry = _DATA["code"][code]
    level = Level(entry["level"])
    return Finding(code, level, 0, 0, "", entry["why"], entry["source"], entry["instead"])


def _finding(text: str, code: str, start: int, end: int) -> Finding:
    rule = _rule(code)
    words = text[start:end]
    return Finding(code, rule.level, start, end, words, rule.why, rule.source, rule.instead)


def _costs(reading: Folded, unit: str) -> Iterator[int]:
    """Yield what each character counts on the platform; X counts any link as 23."""
    if unit != "weighted":
        yield from (
            len(c.encode("utf-8", "surrogatepass")) if unit == "bytes" else 1 for c in reading.text
        )
        return
    links = [reading.span(i, i) for i, word in enumerate(reading.words) if word == "#url"]
    costs = [1 if _LIGHT.match(char) else 2 for char in reading.text]
    for start, end in links:
        costs[start:end] = [23] + [0] * (end - start - 1)
    yield from costs


def _form(reading: Folded, limit: int | None, unit: str = "characters") -> Iterator[Finding]:
    """Find what is wrong with any text, whatever it says: unfilled, shouted, too long."""
    text = reading.text
    for code, expression in (("placeholder", _PLACEHOLDER), ("shouting", _SHOUTING)):
        yield from (_finding(text, code, *match.span()) for match in expression.finditer(text))
    if limit is not None:
        kept = bisect_right(list(accumulate(_costs(reading, unit))), limit)
        if kept < len(text):
            yield _finding(text, "too_long_platform", kept, len(text))


def _contact(reading: Folded, person: str, phone: str, email: str) -> Iterator[Finding]:
    """Find what is missing of the way to reach us; without a given one, any will do."""
    given = (_digits(phone)[-10:], fold(email)[0], " ".join(read(person).words))
    there = {
        "telephone": given[0] in _digits(reading.folded) if phone else "#phone" in reading.words,
        "e-mail": given[1] in reading.folded if email else "#email" in reading.words,
        "point person": f" {given[2]} " in f" {' '.join(reading.words)} " if person else True,
    }
    if missing := [name for name, stands in there.items() if not stands]:
        finding = _finding(reading.text, "no_contact", len(reading.text), len(reading.text))
        yield replace(finding, why=f"{finding.why} Missing: {', '.join(missing)}.")


def _digits(text: str) -> str:
    return re.sub(r"\D+", "", text)


def _tone(reading: Folded, hits: Collection[str]) -> Iterator[Finding]:
    end = len(reading.text)
    for code, entry in _DATA["code"].items():
        if entry.get("missing") and code not in hits:
            yield _finding(reading.text, code, end, end)
    beyond = next(islice(re.finditer(r"\S+", reading.text), READER_WORDS, None), None)
    if beyond:
        yield _finding(reading.text, "too_long_reader", beyond.start(), end)


def _ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda f: (f.level, f.start, f.end, f.code)))


def check_public(
    text: str,
    *,
    review: str = "",
    author: str = "",
    names: Collection[str] = (),
    point_person: str = "",
    phone: str = "",
    email: str = "",
    limit: int = 4000,
    unit: Literal["characters", "bytes", "weighted"] = "characters",
) -> tuple[Finding, ...]:
    """Return what forbids or weakens this text as a public reply, blocking findings first.

    `author` is the public handle: its words may be repeated, as may the point person's. `names`
    are people who must not be named. Sources: 45 CFR 164.502(a), 164.530(g); 16 CFR 465.
    """
    reading = read(text)
    hits = set(phrases(reading, "public", review))
    allowed = frozenset(read(f"{author} . {point_person}").words)
    titles = frozenset(_DATA["names"]["title"])
    for code, first, last in {*_named(reading, names), *_addressed(reading)}:
        if not (allowed | titles).issuperset(reading.words[first : last + 1]):
            hits.add((code, first, last))
    required = {code for code, entry in _DATA["code"].items() if entry.get("missing")}
    return _ordered(
        (
            *_findings(reading, (hit for hit in hits if hit[0] not in required)),
            *_form(reading, limit, unit),
            *_contact(reading, point_person, phone, email),
            *_tone(reading, {code for code, _, _ in hits}),
        )
    )


def check_private(text: str, *, limit: int | None = None) -> tuple[Finding, ...]:
    """Return what forbids or weakens this text as a message to a patient, by mail or by text.

    Nothing clinical, no request to change a review, nothing of value, no threat, no asking for
    health information. `limit` counts characters; None is no limit. Source: 45 CFR 164.530(c).
    """
    reading = read(text)
    hits = set(phrases(reading, "private", ""))
    return _ordered((*_findings(reading, hits), *_form(reading, limit)))

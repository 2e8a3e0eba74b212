"""What may stand in a public reply or in a message to a patient: findings with exact spans.

The codes, their levels and sources stand in lexicons/compliance.toml; what is looked for, beside it
by language; how it is found, in phrases.py; how a text is read, in folding.py.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from functools import cache
from itertools import accumulate, islice
from typing import Any, Literal

from cases.checking.folding import Folded, fold, read
from cases.checking.likeness import alike, same_words
from cases.checking.naming import (
    addressed,
    is_spoken_to,
    is_surely_a_name,
    named,
    names_in,
    only_allowed,
)
from cases.checking.phrases import Hit, is_a_word, phrases
from cases.checking.sentences import leaks, spoken
from cases.lexicons import table

_DATA = table("compliance.toml")
READ_AT_MOST = 40_000  # characters; ten times what any platform takes, and the rest blocks
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
    """Yield what each character counts, in bytes or by X's weights; X counts any link as 23."""
    if unit != "weighted":
        yield from (len(char.encode("utf-8", "surrogatepass")) for char in reading.text)
        return
    links = [reading.span(i, i) for i, word in enumerate(reading.words) if word == "#url"]
    costs = [1 if _LIGHT.match(char) else 2 for char in reading.text]
    for start, end in links:
        costs[start:end] = [23] + [0] * (end - start - 1)
    yield from costs


def length(text: str, unit: str = "characters") -> int:
    """Return how long a text is as the platform counts: in characters, bytes, or weighted (X)."""
    return sum(_costs(read(text), unit))


def _form(reading: Folded, limit: int | None, unit: str = "characters") -> Iterator[Finding]:
    """Find what is wrong with any text, whatever it says: unfilled, shouted, too long."""
    text = reading.text
    for code, expression in (("placeholder", _PLACEHOLDER), ("shouting", _SHOUTING)):
        yield from (_finding(text, code, *match.span()) for match in expression.finditer(text))
    if limit is not None:
        kept = limit
        if unit != "characters":
            kept = bisect_right(list(accumulate(_costs(reading, unit))), limit)
        if kept < len(text):
            yield _finding(text, "too_long_platform", kept, len(text))


def _readable(text: str) -> str:
    """Return what is read of a text: all of it, or of one without end its beginning and end."""
    if len(text) <= READ_AT_MOST:
        return text
    return text[: READ_AT_MOST // 2] + text[-(READ_AT_MOST // 2) :]


def _unread(reading: Folded, beyond: int | None) -> Iterator[Finding]:
    """Block what follows after more sentences than are read."""
    if beyond is not None:
        start, _ = reading.span(beyond, beyond)
        yield _finding(reading.text, "unread", start, len(reading.text))


def _in_full(text: str, findings: Iterable[Finding]) -> Iterator[Finding]:
    """Put findings back where they stand in the full text, and block what was left out."""
    left_out, half = len(text) - READ_AT_MOST, READ_AT_MOST // 2
    if left_out <= 0:
        yield from findings
        return
    yield _finding(text, "unread", half, half + left_out)
    for found in findings:
        start = found.start + (left_out if found.start >= half else 0)
        end = found.end + (left_out if found.end > half else 0)
        yield replace(found, start=start, end=end, words=text[start:end])


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


def _tone(reading: Folded, there: Collection[str]) -> Iterator[Finding]:
    end = len(reading.text)
    for code, entry in _DATA["code"].items():
        if entry.get("missing") and code not in there:
            yield _finding(reading.text, code, end, end)
    beyond = next(islice(re.finditer(r"\S+", reading.text), READER_WORDS, None), None)
    if beyond:
        yield _finding(reading.text, "too_long_reader", beyond.start(), end)


def _strangers(
    reading: Folded, hits: Iterable[Hit], handle: str, people: Collection[str]
) -> Iterator[Hit]:
    """Yield those of the `addressed` hits that surely name a stranger.

    Only who knows the handle can say that a greeting names somebody else, and only who knows our
    people that Mr. X is none of them; where they are not known, the net weighs it. "Dear Mr. X"
    is never a handle.
    """
    for hit in hits:
        spoken_to, titled = is_spoken_to(reading, hit), hit[2] > hit[1]
        known = (titled or handle) if spoken_to else people
        if known and is_surely_a_name(reading, hit, is_a_word):
            yield hit


def _not(allowed: Collection[str], reading: Folded, hits: Iterable[Hit]) -> Iterator[Hit]:
    """Yield the names that are not those of somebody who may be named."""
    for hit in hits:
        if not only_allowed(reading.words[hit[1] : hit[2] + 1], allowed):
            yield hit


def suspects(reading: Folded, allowed: Collection[str] = ()) -> set[Hit]:
    """Return who seems to be named and is not allowed to be."""
    return set(_not(allowed, reading, addressed(reading, is_a_word)))


def _sameness(text: str, recent: Collection[str], template: str) -> Iterator[Finding]:
    if template and same_words(text, template):
        yield _finding(text, "unedited", 0, len(text))
    if recent and alike(text, recent):
        yield _finding(text, "robotic", 0, len(text))


def _ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda f: (f.level, f.start, f.end, f.code)))


def check_public(
    text: str,
    *,
    review: str = "",
    author: str = "",
    names: Collection[str] = (),
    known: Collection[str] = (),
    point_person: str = "",
    phone: str = "",
    email: str = "",
    limit: int = 4000,
    unit: Literal["characters", "bytes", "weighted"] = "characters",
    recent: Collection[str] = (),
    template: str = "",
) -> tuple[Finding, ...]:
    """Return what forbids or weakens this text as a public reply, blocking findings first.

    `author` is the public handle: its words may be repeated, as may the point person's. `names`
    are people who must not be named, `known` our own people and clinics, who may, and whose names
    mean nothing else. `recent` are the practice's last replies, `template` the text it began as.
    Sources: 45 CFR 164.502(a), 164.530(g); 16 CFR 465.
    """
    reading = read(_readable(text))
    people = tuple(name for name in (point_person, *known) if name)
    ours = names_in(reading, people)
    told = phrases(reading, "public", review, ours)
    allowed = frozenset(read(" . ".join((author, *people))).words)
    seem_named = suspects(reading, allowed)
    given_away, unread = leaks(spoken(reading.words, ours), told.hits | seem_named)
    strangers = {
        *_not(allowed, reading, named(reading, names)),
        *_strangers(reading, seem_named, author, people),
    }
    found = (
        *_findings(reading, {*given_away, *told.echoes, *strangers}),
        *_unread(reading, unread),
        *_form(reading, limit, unit),
        *_contact(reading, point_person, phone, email),
        *_tone(reading, told.courtesies),
        *_sameness(reading.text, recent, template),
    )
    return _ordered(_in_full(text, found))


def check_private(text: str, *, limit: int | None = None) -> tuple[Finding, ...]:
    """Return what forbids or weakens this text as a message to a patient, by mail or by text.

    Nothing clinical, no request to change a review, nothing of value, no threat, no asking for
    health information. `limit` counts characters; None is no limit. Source: 45 CFR 164.530(c).
    """
    reading = read(_readable(text))
    found = _findings(reading, phrases(reading, "private").hits)
    return _ordered(_in_full(text, (*found, *_form(reading, limit))))

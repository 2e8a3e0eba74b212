"""What may stand in a public reply or in a message to a patient: findings with exact spans.

The text is folded (case, accents, look-alikes, invisible characters), cut into words, and each
word becomes one symbol; the phrases of lexicons/compliance.toml become expressions over symbols.
Every repetition in them has an upper limit, so that the work grows only with the text's length.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from bisect import bisect_right
from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from functools import cache, lru_cache
from importlib.resources import files
from itertools import accumulate, islice
from typing import Any, Literal

READER_WORDS = 90  # people skim past anything longer
_OTHER, _STOP = "_", "."
_DATA = tomllib.loads((files("cases") / "lexicons" / "compliance.toml").read_text("utf-8"))
_WRITING = _DATA["writing"]
_ALIKE = {pair[0]: pair[1] for pair in _WRITING["alike"].split()}
_JOINED: Mapping[str, str] = _WRITING["joined"]
_ABBREVIATED = frozenset(_WRITING["abbreviated"])
_INVISIBLE = frozenset("\u115f\u1160\u3164\uffa0")  # letters by category, yet nothing is seen
_UNEVEN = re.compile(r"[\x00-\x1f\x7f`]|  ")

# No branch scans a stretch twice: possessive or bounded, and an address begins only at its edge.
_TOKEN = re.compile(
    r"(?P<email>(?<![\w.+-])[\w.+-]++@[\w-]++(?:\.[\w-]++)++)"
    r"|(?P<url>(?:https?://|www\.)\S++)"
    r"|(?P<word>[^\W\d_]++(?:'[^\W\d_]++)*+)"
    r"|(?P<stop>[.!?]++)"
    r"|(?P<date>\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}(?!\d)|\d{4}-\d{2}-\d{2}(?!\d)"
    r"|(?!24/7)\d{1,2}/\d{1,2}(?!\d))"
    r"|(?P<phone>(?:\+?\d{1,3}[ .-]?)?\(?\d{3}\)?[ .-]{0,2}\d{3}[ .-]?\d{4}(?!\d)"
    r"|\+\d[\d ().-]{6,18}\d|\d{3}[.-]\d{4}(?!\d))"
    r"|(?P<time>\d{1,2}:\d{2}(?:[ap]m\b)?|\d{1,2}[ap]m\b)"
    r"|(?P<money>[$€£] ?\d{1,9}|\d{1,9} ?[$€£])"
    r"|(?P<day>\d{1,2}(?:st|nd|rd|th)\b)"
    r"|(?P<year>(?:19|20)\d\d(?!\d))"
    r"|(?P<number>\d++)"
)
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


@lru_cache(maxsize=4096)
def _folded(char: str) -> str:
    if char in _INVISIBLE:
        return ""
    kept = []
    for part in unicodedata.normalize("NFKD", _ALIKE.get(char, char)).casefold():
        if part.isspace() or part == "\u2800":
            kept.append(" ")
        elif unicodedata.category(part) not in ("Cf", "Cc", "Mn", "Me"):
            kept.append(_ALIKE.get(part, part))
    return "".join(kept)


def _fold(text: str) -> tuple[str, Sequence[int]]:
    """Return the folded text, and for each of its characters (and its end) the place in `text`."""
    if text.isascii() and not _UNEVEN.search(text):
        return text.lower(), range(len(text) + 1)
    letters, places, last = [], [], ""
    for place, char in enumerate(text):
        for letter in _folded(char):
            if letter != " " or last != " ":
                letters.append(letter)
                places.append(place)
                last = letter
    return "".join(letters), [*places, len(text)]


@dataclass(slots=True)
class _Reading:
    """A text as words; spans[i] is where words[i] stands in the folded text."""

    text: str
    folded: str
    places: Sequence[int]
    words: list[str]
    spans: list[tuple[int, int]]

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Return where words first..last stand in the original text."""
        return self.places[self.spans[first][0]], self.places[self.spans[last][1]]


def _split(word: str) -> list[str]:
    """Undo contractions, so that the phrases need one form: "didn't" is "did not"."""
    if word in _JOINED:
        return _JOINED[word].split()
    if word.endswith("n't"):
        return [word[:-3], "not"]
    stem, _, ending = word.rpartition("'")
    return [stem, _WRITING["endings"].get(ending, ending)]


def _read(text: str) -> _Reading:
    folded, places = _fold(text)
    reading = _Reading(text, folded, places, [], [])
    words, spans = reading.words, reading.spans
    for match in _TOKEN.finditer(folded):
        kind, word = match.lastgroup, match.group()
        if kind == "word" and ("'" in word or word in _JOINED):
            parts = _split(word)
            words += parts
            spans += [match.span()] * len(parts)
        elif word != "." or not words or words[-1] not in _ABBREVIATED:
            words.append(word if kind == "word" else _STOP if kind == "stop" else f"#{kind}")
            spans.append(match.span())
    return reading


# A compiled piece of a phrase: its expression, the symbols it may begin with, may it be empty.
_Part = tuple[str, frozenset[str], bool]
_PIECE = re.compile(r"\*\d|\{\d,\d+\}|[()|?]|#?[^\s()|?{}*#]+")


class _Alphabet(dict[str, str]):
    """One symbol for each word that any phrase mentions."""

    def __missing__(self, word: str) -> str:
        symbol = self[word] = chr(0x4E00 + len(self))  # a block without special meaning in `re`
        return symbol


def _either(pieces: deque[str], alphabet: _Alphabet) -> _Part:
    branches = [_in_turn(pieces, alphabet)]
    while pieces and pieces[0] == "|":
        pieces.popleft()
        branches.append(_in_turn(pieces, alphabet))
    texts, firsts, empties = zip(*branches, strict=True)
    single = all(len(text) == 1 for text in texts)
    joined = f"[{''.join(texts)}]" if single else f"(?:{'|'.join(dict.fromkeys(texts))})"
    return joined, frozenset().union(*firsts), any(empties)


def _in_turn(pieces: deque[str], alphabet: _Alphabet) -> _Part:
    whole, first, empty = "", frozenset[str](), True
    while pieces and pieces[0] not in "|)":
        text, begins, may_be_empty = _one(pieces, alphabet)
        first |= begins if empty else frozenset()
        whole, empty = whole + text, empty and may_be_empty
    return whole, first, empty


def _one(pieces: deque[str], alphabet: _Alphabet) -> _Part:
    piece = pieces.popleft()
    if piece == "(":
        text, first, empty = _either(pieces, alphabet)
        pieces.popleft()
    elif piece[0] == "*":
        text, first, empty = f"[^{_STOP}]{{0,{piece[1:]}}}?", frozenset(), True
    else:
        text, first, empty = alphabet[piece], frozenset(alphabet[piece]), False
    if pieces and pieces[0][0] in "?{":
        times = pieces.popleft()
        text, empty = f"(?:{text}){times}", empty or times[:2] in ("?", "{0")
    return text, first, empty


def _phrase(pattern: str, alphabet: _Alphabet) -> _Part:
    while "<" in pattern:
        pattern = re.sub(r"<(\w+)>", lambda m: f"({'|'.join(_DATA['sets'][m[1]])})", pattern)
    part = _either(deque(_PIECE.findall(_fold(pattern)[0])), alphabet)
    if part[2]:
        raise ValueError(f"a phrase must not begin with something optional: {pattern}")
    return part


# By the symbol a phrase begins with: code, key in the data file, the phrases as one expression.
_Searches = Mapping[str, Sequence[tuple[str, str, re.Pattern[str]]]]


def _searches(audience: str, table: Mapping[str, Any], alphabet: _Alphabet) -> _Searches:
    grouped: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for code, entry in table.items():
        if audience not in entry.get("where", ["public"]):
            continue
        for key in {"en", "es", "mirrors", audience} & entry.keys():
            for text, first, _ in (_phrase(pattern, alphabet) for pattern in entry[key]):
                for symbol in first:
                    grouped[symbol, code, key].append(text)
    compiled = cache(re.compile)
    found: dict[str, list[tuple[str, str, re.Pattern[str]]]] = defaultdict(list)
    for (symbol, code, key), texts in grouped.items():
        found[symbol].append((code, key, compiled("|".join(texts))))
    return dict(found)


@cache
def _lexicon(audience: str) -> tuple[Mapping[str, str], _Searches, _Searches]:
    """Return the alphabet, what is safe, and what is looked for before this audience."""
    alphabet = _Alphabet({_STOP: _STOP})
    safe = _searches("public", {"safe": _DATA["safe"]}, alphabet)
    searches = _searches(audience, _DATA["code"], alphabet)
    return dict(alphabet), safe, searches


_Hit = tuple[str, int, int]  # code, first word, last word


def _hits(symbols: str, searches: _Searches) -> Iterator[tuple[str, str, int, int]]:
    for begin in re.finditer(f"[{''.join(searches)}]", symbols):
        for code, key, expression in searches[begin[0]]:
            if match := expression.match(symbols, begin.start()):
                yield code, key, begin.start(), match.end() - 1


def _phrases(reading: _Reading, audience: str, review: str) -> Iterator[_Hit]:
    alphabet, safe, searches = _lexicon(audience)
    symbols = [alphabet.get(word, _OTHER) for word in reading.words]
    for _, _, first, last in list(_hits("".join(symbols), safe)):
        symbols[first : last + 1] = _STOP * (last + 1 - first)
    said = frozenset(_read(review).words) if review else frozenset()
    for code, key, first, last in _hits("".join(symbols), searches):
        if key != "mirrors" or said.issuperset(reading.words[first : last + 1]):
            yield code, first, last


def _named(reading: _Reading, known: Iterable[str]) -> Iterator[_Hit]:
    """Find the full names given, and their parts unless a part is an everyday word too."""
    everyday = frozenset(_DATA["names"]["everyday"])
    by_first: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for name in known:
        parts = tuple(_read(name).words)
        for form in {parts, *((part,) for part in parts if len(part) > 2 and part not in everyday)}:
            by_first[form[0] if form else ""].add(form)
    for place, word in enumerate(reading.words):
        for form in by_first.get(word, ()):
            if tuple(reading.words[place : place + len(form)]) == form:
                yield "names", place, place + len(form) - 1


def _addressed(reading: _Reading) -> Iterator[_Hit]:
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


def _findings(reading: _Reading, hits: Iterable[_Hit]) -> Iterator[Finding]:
    """Join what overlaps or touches, code by code."""
    joined: list[_Hit] = []
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


def _costs(reading: _Reading, unit: str) -> Iterator[int]:
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


def _form(reading: _Reading, limit: int | None, unit: str = "characters") -> Iterator[Finding]:
    """Find what is wrong with any text, whatever it says: unfilled, shouted, too long."""
    text = reading.text
    for code, expression in (("placeholder", _PLACEHOLDER), ("shouting", _SHOUTING)):
        yield from (_finding(text, code, *match.span()) for match in expression.finditer(text))
    if limit is not None:
        kept = bisect_right(list(accumulate(_costs(reading, unit))), limit)
        if kept < len(text):
            yield _finding(text, "too_long_platform", kept, len(text))


def _contact(reading: _Reading, person: str, phone: str, email: str) -> Iterator[Finding]:
    """Find what is missing of the way to reach us; without a given one, any will do."""
    given = (_digits(phone)[-10:], _fold(email)[0], " ".join(_read(person).words))
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


def _tone(reading: _Reading, hits: Collection[str]) -> Iterator[Finding]:
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
    reading = _read(text)
    hits = set(_phrases(reading, "public", review))
    allowed = frozenset(_read(f"{author} . {point_person}").words)
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
    reading = _read(text)
    hits = set(_phrases(reading, "private", ""))
    return _ordered((*_findings(reading, hits), *_form(reading, limit)))

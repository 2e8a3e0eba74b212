"""Public replies to begin with, composed from a library and read like written by a person.

A draft is a beginning: what is approved is what a person made of it. The library stands in
lexicons/replies_en.toml and replies_es.toml; a test asks the checker about every combination.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import islice, product
from random import Random
from typing import Any

from cases.answering.replies import findings
from cases.casefile import CaseFile
from cases.checking import compliance
from cases.checking.likeness import likeness
from cases.lexicons import table
from cases.models import Clinic
from cases.ports import Capabilities

LANGUAGES = ("en", "es")
BRIEF = 400  # a platform that takes less than this gets the short form
OFFERED = 3
_TRIED = 36  # combinations looked at for one offer; all of them would take a fifth of a second
_AMERICAN = re.compile(r"\+1(\d{3})(\d{3})(\d{4})")


def themes() -> tuple[str, ...]:
    """Return every theme the library has lines for, "other" the last."""
    return tuple(_book("en")["theme"])


@cache
def _book(language: str) -> Mapping[str, Any]:
    return table(f"replies_{language}.toml")


def combinations(theme: str, severity: str, language: str, length: str) -> tuple[str, ...]:
    """Return every text the library can compose for these, its slots not filled yet.

    The order is fixed: a seeded choice among them is the same everywhere. Raises KeyError.
    """
    book = _book(language)
    regret = book["regret"]["short" if length == "short" else severity]
    lines = _lines(book, theme, severity, length)
    why = book["why_no_more"].get(length, [""])
    parts = (book["thanks"][length], regret, lines, why, book["invitation"][length])
    return tuple(" ".join(filter(None, each)) for each in product(*parts) if _varied(each))


def _lines(book: Mapping[str, Any], theme: str, severity: str, length: str) -> Sequence[str]:
    """Return what is said of the theme; where it is grave, nothing light."""
    own = book["theme"][theme]
    if severity != "grave":
        lines: Sequence[str] = own[length]
    elif length == "full":
        lines = own.get("grave", book["grave"]["full"])
    else:
        lines = book["grave"]["short"]
    return lines


_LIKED = (
    "seriously",
    "en serio",
    "listen",
    "escuchar",
    "sorry",
    "rules",
    "normas",
    "privacy",
    "privad",
)


def _varied(parts: Sequence[str]) -> bool:
    """Tell whether no telling word comes twice: a person would not say it twice in a row."""
    lines = [part.lower() for part in parts]
    return all(sum(word in line for line in lines) < 2 for word in _LIKED)


def sample(theme: str, number: int) -> str:
    """Return one text about a theme, with {point_person}, {phone} and {email} to be filled in."""
    patterns = combinations(theme, "routine", "en", "full")
    # A step without a common divisor: neighbours differ in every part.
    return patterns[number * 397 % len(patterns)].replace("{who}", "{point_person}")


def fill(text: str, clinic: Clinic, language: str, *, brief: bool = False) -> str:
    """Return a text of the library with a clinic's point person and ways to reach them.

    `brief` leaves the role out, as does a clinic that has none.
    """
    book = _book(language)
    role = clinic.point_role.strip()
    shape = book["who_brief"] if brief or not role else book["who"]
    role = book.get("role", {}).get(role.lower(), role)
    who = shape.format(name=clinic.point_person, role=role)
    return text.format(who=who, phone=dialled(clinic.phone), email=clinic.email)


def invitation(clinic: Clinic, language: str) -> str:
    """Return the sentence that says whom to call or write to, and how."""
    book = _book(language if language in LANGUAGES else "en")
    return fill(book["invitation"]["full"][0], clinic, language if language in LANGUAGES else "en")


def courtesy(which: str, language: str) -> str:
    """Return a short "thanks", or the regret of an "apology"."""
    book = _book(language if language in LANGUAGES else "en")
    lines = book["thanks"]["short"] if which == "thanks" else book["regret"]["short"]
    return str(lines[0])


def said_of(theme: str, severity: str, language: str) -> str:
    """Return a short sentence about a theme that gives nobody away; "" in other languages."""
    if language not in LANGUAGES:
        return ""
    theme = theme if theme in themes() else "other"
    return str(_lines(_book(language), theme, severity, "short")[0])


def dialled(phone: str) -> str:
    """Return a telephone number as people write it: "(212) 555-0100"; others as they are."""
    found = _AMERICAN.fullmatch(phone)
    return f"({found[1]}) {found[2]}-{found[3]}" if found else phone


def complete(clinic: Clinic) -> bool:
    """Tell whether a clinic can be named in a reply: a person, a telephone and an e-mail."""
    return all((clinic.point_person, clinic.phone, clinic.email))


def compose(
    file: CaseFile,
    can: Capabilities,
    number: int = 0,
    language: str = "",
    recent: Iterable[str] | None = None,
) -> tuple[str, ...]:
    """Return drafts for this case's reply, those least like the practice's last ones first.

    The same inputs give the same drafts; another `number` gives others. `recent`: the last replies,
    those of the file unless given. Each fits the platform, and the checker finds nothing in it.
    None where the clinic has no point person, telephone or e-mail yet.
    """
    if not complete(file.clinic):
        return ()
    spoken = language or file.review.language
    spoken = spoken if spoken in LANGUAGES else "en"
    known = tuple(file.recent_replies if recent is None else recent)
    texts = list(islice(_fitting(file, can, number, spoken), _TRIED))
    return tuple(islice(_apart(texts, known, file, can), OFFERED))


def theme_of(file: CaseFile) -> str:
    """Return the first theme of a case's review the library has lines for."""
    return next((each for each in file.review.themes if each in themes()), "other")


def _fitting(file: CaseFile, can: Capabilities, number: int, language: str) -> Iterator[str]:
    """Yield filled texts that fit the platform, in an order that is this case's own."""
    theme = theme_of(file)
    length = "short" if can.reply_limit < BRIEF else "full"
    patterns = list(combinations(theme, file.case.severity, language, length))
    Random(file.case.id).shuffle(patterns)
    begin = number * _TRIED % len(patterns)  # so that "others" are others
    for pattern in (*patterns[begin:], *patterns[:begin]):
        for brief in (False, True):
            text = fill(pattern, file.clinic, language, brief=brief)
            if compliance.length(text, can.reply_unit) <= can.reply_limit:
                yield text
                break


def _apart(
    texts: Sequence[str], known: Sequence[str], file: CaseFile, can: Capabilities
) -> Iterator[str]:
    """Yield texts, each the least like what was said lately and like those before it."""
    said, left = list(known), list(texts)
    while left:
        best = min(left, key=lambda text: likeness(text, said))
        left.remove(best)
        if not findings(file, best, can, recent=known):
            said.append(best)
            yield best

"""Which of the practice's own people a review seems to be about; a person says whether it is.

Until somebody has, they are kept off the case: whoever is written about must not own, approve or
hear of it by ladder. Taken for somebody else by mistake costs a tap; the other way costs trust.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from cases.models import Person, Role

_TITLES = (
    "dr", "doctor", "doc", "nurse", "mr", "mrs", "ms", "miss", "prof", "professor", "np", "pa",
    "doctora", "dra", "enfermera", "sra", "sr",
)  # fmt: skip
# First names that are everyday words too: alone they name nobody.
_WORDS = frozenset(
    ("will", "may", "grace", "hope", "joy", "faith", "mark", "grant", "rich", "bill", "sue", "pat",
     "rose", "dawn", "summer", "april", "june", "august", "chance", "guy", "frank", "art", "drew",
     "wade", "chase", "lance", "miles", "price", "sunny", "dean", "jack", "rob", "nick", "don")
)  # fmt: skip
_ROLES: Mapping[Role, tuple[str, ...]] = {
    Role.CHIEF: ("medical director", "owner of the practice", "owner of this practice"),
    Role.MANAGER: ("office manager", "practice manager", "clinic manager"),
}
_NAME = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


@dataclass(frozen=True, slots=True)
class Meant:
    """Somebody of the practice a text seems to name: the words, and where they stand."""

    person_id: str
    words: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    low: str
    start: int
    end: int


def meant(text: str, people: Mapping[str, Person], clinic_id: str = "") -> tuple[Meant, ...]:
    """Return each active person of this clinic the text seems to be about, once, in its order.

    Named by whole name, by a title and either name, by a first name nobody else has, or by a role
    that only one person holds. A suggestion: nothing here is sure.
    """
    here = [p for p in people.values() if p.active and _works(p, clinic_id)]
    words = [_Word(m[0], m[0].lower(), *m.span()) for m in _NAME.finditer(text)]
    found: dict[str, Meant] = {}
    for each in (*_named(text, words, here), *_by_role(text, here)):
        found.setdefault(each.person_id, each)
    return tuple(sorted(found.values(), key=lambda each: each.start))


def _works(person: Person, clinic_id: str) -> bool:
    return not clinic_id or not person.clinics or clinic_id in person.clinics


def _named(text: str, words: list[_Word], people: Collection[Person]) -> Iterator[Meant]:
    names = {person.id: _parts(person.name) for person in people}
    firsts = Counter(parts[0] for parts in names.values() if parts)
    by_word: dict[str, list[str]] = {}
    for person_id, parts in names.items():
        for part in {parts[0], parts[-1]} if parts else ():
            by_word.setdefault(part, []).append(person_id)
    for place, word in enumerate(words):
        for person_id in by_word.get(_bare(word.low), ()):
            parts = names[person_id]
            before = words[place - 1] if place else None
            if _goes_on(words[place + 1 : place + 2], parts, word):
                continue  # the whole name is found at its last word
            if begin := _begins(before, word, parts, firsts):
                yield Meant(person_id, text[begin.start : word.end], begin.start, word.end)


def _parts(name: str) -> list[str]:
    parts = [m[0].lower() for m in _NAME.finditer(name)]
    return [part for part in parts if part not in _TITLES]


def _bare(word: str) -> str:
    return re.sub(r"['’]s$", "", word)


def _goes_on(after: list[_Word], parts: list[str], word: _Word) -> bool:
    return bool(after) and word.low == parts[0] != parts[-1] == _bare(after[0].low)


def _begins(
    before: _Word | None, word: _Word, parts: list[str], firsts: Counter[str]
) -> _Word | None:
    """Return the word a naming begins with, None where this word names nobody."""
    first, last, this = parts[0], parts[-1], _bare(word.low)
    if before is not None and before.low in _TITLES:
        return before
    if before is not None and this == last and before.low == first and first != last:
        return before
    alone = this == first and firsts[first] == 1 and word.text[:1].isupper()
    return word if alone and first not in _WORDS and len(first) > 2 else None


def _by_role(text: str, people: Collection[Person]) -> Iterator[Meant]:
    low = text.lower()
    for role, phrases in _ROLES.items():
        held = [person for person in people if person.role == role]
        if len(held) != 1:
            continue
        for phrase in phrases:
            if (start := low.find(phrase)) >= 0:
                end = start + len(phrase)
                yield Meant(held[0].id, text[start:end], start, end)

"""Where a text names somebody: people it must not name, and people it speaks to by name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator

from cases.checking.folding import STOP, Folded, fold, read
from cases.lexicons import table

CODE = "names"
_DATA = table("compliance.toml")["names"]
_LISTS = {
    kind: frozenset(fold(word)[0] for word in words)
    for kind, words in _DATA.items()
    if kind != "first"
}
_FIRST = frozenset(_DATA["first"].split()) - _LISTS["everyday"]
_BEFORE_A_NAME = frozenset().union(
    *(_LISTS[kind] for kind in ("title", "greeting", "daytime", "thanked")), ["thank"]
)
_BEFORE_OURS = _LISTS["title"] | {"dr", "doctor", "doctora"}
_CLOSING = (",", ".", "!", "-", ";", ":", "")

Named = tuple[str, int, int]  # the code, first word, last word


def named(reading: Folded, forbidden: Iterable[str]) -> Iterator[Named]:
    """Find the full names given, and their parts unless a part is an everyday word too."""
    by_first: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for name in forbidden:
        parts = tuple(read(name).words)
        apart = (p for p in parts if len(p) > 2 and p not in _LISTS["everyday"])
        for form in {parts, *((part,) for part in apart)}:
            by_first[form[0] if form else ""].add(form)
    for place, word in enumerate(reading.words) if by_first else ():
        for form in by_first.get(word, ()):
            if tuple(reading.words[place : place + len(form)]) == form:
                yield CODE, place, place + len(form) - 1


def names_in(reading: Folded, names: Collection[str]) -> frozenset[int]:
    """Return at which words these names stand, so that Dr. April Crown is neither date nor tooth.

    After a title a part of the name is enough.
    """
    if not names:
        return frozenset()
    found = {i for _, first, last in named(reading, names) for i in range(first, last + 1)}
    parts = frozenset(word for name in names for word in read(name).words)
    pairs = enumerate(zip(reading.words, reading.words[1:], strict=False))
    return frozenset(found | {i + 1 for i, (a, b) in pairs if a in _BEFORE_OURS and b in parts})


def addressed(reading: Folded, is_a_word: Callable[[str], bool]) -> Iterator[Named]:
    """Find "Dear X", "Mr. X", "thank you, X." and "X, thank you".

    `is_a_word` says whether a word is known as anything but a name.
    """
    for place in sorted(_suspects(reading)):
        word = reading.words[place]
        if word in _LISTS["not_names"] or not word.isalpha():
            continue
        if place and reading.words[place - 1] in _LISTS["title"]:
            if not _ours(reading, place):
                yield CODE, place - 1, place
        elif _greeted(reading, place) or _spoken_to(reading, place, is_a_word):
            yield CODE, place, place


def is_spoken_to(reading: Folded, hit: Named) -> bool:
    """Tell whether words found by `addressed` speak to somebody, not of them.

    "Dear Mr. Vale"; "we are listening, Mr. Vale"; not "our manager, Mr. Vale".
    """
    _, first, last = hit
    if last == first or not first:
        return last == first
    before = reading.words[first - 1]
    at_the_end = _gap(reading, first).startswith(",") and _closes(reading, last)
    return before in _BEFORE_A_NAME or (at_the_end and before not in _LISTS["role"])


def is_surely_a_name(reading: Folded, hit: Named, is_a_word: Callable[[str], bool]) -> bool:
    """Tell whether words found by `addressed` can be nothing else: not "Hello customer"."""
    _, first, last = hit
    return last > first or reading.words[last] in _FIRST or not is_a_word(reading.words[last])


def _suspects(reading: Folded) -> set[int]:
    """Return where a name may stand: after a title, a greeting or thanks, and beside a comma."""
    after = {i + 1 for i, word in enumerate(reading.words) if word in _BEFORE_A_NAME}
    commas: list[int] = []
    if "," in reading.folded:
        ends = enumerate(end for _, end in reading.spans)
        commas = [i for i, end in ends if reading.folded[end : end + 1] == ","]
    if " - " in reading.folded:
        commas += [i for i, word in enumerate(reading.words) if word in _FIRST]
    return {i for i in (*after, *commas, *(i + 1 for i in commas)) if i < len(reading.words)}


def _ours(reading: Folded, place: int) -> bool:
    """Return whether Mr. X is somebody to turn to: "ask for Mr. X", "Mr. X, our director"."""
    before = reading.words[max(0, place - 3) : place - 1]
    after = reading.words[place + 1 : place + 4]
    return before[-1:] in (["contact"], ["reach"], ["call"], ["email"], ["phone"], ["write"]) or (
        before == ["ask", "for"]
        or "our" in after[:2]
        or after[:2] in (["is", "at"], ["at", "#phone"])
    )


def _greeted(reading: Folded, place: int) -> bool:
    last, before = ["", "", *reading.words[max(0, place - 2) : place]][-2:]
    if before in _LISTS["greeting"]:
        return True
    if before in _LISTS["daytime"]:
        return last in ("good", "buenos", "buenas")
    if before in _LISTS["thanked"] and _gap(reading, place).startswith(","):
        return _closes(reading, place)
    plainly = before in ("thanks", "gracias", "thank") or (last, before) == ("thank", "you")
    return plainly and (_closes(reading, place) or reading.words[place + 1 : place + 2] == ["for"])


def _spoken_to(reading: Folded, place: int, is_a_word: Callable[[str], bool]) -> bool:
    word, words = reading.words[place], reading.words
    starts = place == 0 or words[place - 1] == STOP
    if _LISTS["role"].intersection(words[place + 1 : place + 4]):  # "Ruth, office manager"
        return False
    if starts:
        follows = words[place + 1 : place + 2]
        opening = bool(follows) and follows[0] in _LISTS["opening"]
        strange = opening and _like_a_name(word, is_a_word)
        return _set_off(reading, place) and (word in _FIRST or strange)
    if not _gap(reading, place).startswith(",") or not _closes(reading, place):
        return False
    if words[place - 1] in _LISTS["role"]:  # "our manager, Luis, at ...": whom to turn to
        return False
    if word in _FIRST:
        return True
    ends = place + 1 == len(words) or words[place + 1] == STOP
    return ends and _like_a_name(word, is_a_word) and _feeling(words, place)


def _like_a_name(word: str, is_a_word: Callable[[str], bool]) -> bool:
    endings = ("ly", "ing", "ed", "ment", "ness", "tion", "less", "ful", "ever", "mente")
    return len(word) > 2 and not word.endswith(endings) and not is_a_word(word)


def _feeling(words: list[str], place: int) -> bool:
    """Return whether the sentence thanks or is sorry: then who it ends with is spoken to."""
    for word in reversed(words[max(0, place - 12) : place]):
        if word == STOP:
            return False
        if word in _LISTS["feeling"]:
            return True
    return False


def _gap(reading: Folded, place: int) -> str:
    return reading.folded[reading.spans[place - 1][1] : reading.spans[place][0]]


def _ending(reading: Folded, place: int) -> str:
    return reading.folded[reading.spans[place][1] : reading.spans[place][1] + 1]


def _set_off(reading: Folded, place: int) -> bool:
    """Return whether a comma or a dash follows: "Jamie, call us", "Jamie - call us"."""
    end = reading.spans[place][1]
    return reading.folded[end : end + 3].startswith((",", " - "))


def _closes(reading: Folded, place: int) -> bool:
    return _ending(reading, place) in _CLOSING


def only_allowed(words: Collection[str], known: Collection[str]) -> bool:
    """Return whether these are only names that may stand: the public handle, our own people."""
    return (frozenset(known) | _LISTS["title"]).issuperset(words)

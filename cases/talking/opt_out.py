"""What a text that came in asks for: no more, more again, who we are, or that it is not theirs.

Providers know single words only ("STOP please" passes them by); a person may say it in any
reasonable way (47 CFR 64.1200(a)(10)). In doubt it is a STOP: staff see it and can ask.

Mails are read by `stopping` instead. A text is short, so that the words count wherever they stand;
it may stop calls as well, and the words that start again or ask who we are belong to texts alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Literal

from cases.lexicons import table

Meaning = Literal["stop", "start", "help", "wrong", "words"]
_LONGEST = 1600  # characters of a text that are looked at; it is the most a provider passes on
_NOT_A_LETTER = re.compile(r"[^a-z0-9]+")
_END = re.compile(r"[.!?\n]")
_APOSTROPHE = re.compile(r"['’`´]")


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked, and for which channels; `plain`: by the one word everybody knows."""

    meaning: Meaning
    channels: tuple[str, ...] = ()
    plain: bool = False


def asked(text: str) -> Asked:
    """Return what a text asks for; "words" where a person has to read it.

    >>> asked("Please dont text me anymore").channels
    ('sms',)
    """
    said = _folded(text)
    whole = _by_word(said)
    if whole is not None:
        return whole
    if _folded(_END.split(text, maxsplit=1)[0]) in table("opt_out.toml")["stop"]["first"]:
        return Asked("stop", ("sms",))
    if _finds("wrong", "phrases", said):
        return Asked("wrong", ("sms", "phone"))
    rest = _without(said)
    if _finds("stop", "everything", rest):
        return Asked("stop", ("sms", "phone"))
    if _finds("stop", "phrases", rest):
        return Asked("stop", ("sms",))
    if _finds("stop", "calls", rest):
        return Asked("stop", ("phone",))
    return Asked("words")


def _by_word(said: str) -> Asked | None:
    rules = table("opt_out.toml")
    if said in rules["stop"]["everything_words"]:
        return Asked("stop", ("sms", "phone"), plain=True)
    if said in rules["stop"]["words"]:
        return Asked("stop", ("sms",), plain=True)
    if said in rules["start"]["words"]:
        return Asked("start", ("sms",), plain=True)
    if said in rules["help"]["words"]:
        return Asked("help", plain=True)
    return Asked("wrong", ("sms", "phone"), plain=True) if said in rules["wrong"]["words"] else None


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text[:_LONGEST].casefold())
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    return _NOT_A_LETTER.sub(" ", _APOSTROPHE.sub("", letters)).strip()


def _without(said: str) -> str:
    """Return the text without what only sounds like a wish to be left alone."""
    for pattern in _patterns("stop", "otherwise"):
        said = pattern.sub(" ", said)
    return said


def _finds(meaning: str, name: str, said: str) -> bool:
    return any(pattern.search(said) for pattern in _patterns(meaning, name))


@cache
def _patterns(meaning: str, name: str) -> tuple[re.Pattern[str], ...]:
    found: Iterable[str] = table("opt_out.toml")[meaning][name]
    return tuple(re.compile(each) for each in found)

"""Whether a mail asks in its own words not to be written to any more, in English or Spanish.

Any reasonable words do (47 CFR 64.1200(a)(10)). A long story that says "stop" somewhere is no such
request: a person reads it anyway.

Texts are read by `opt_out` instead: there the words count wherever they stand, since nobody tells
a long story by text. One reader for both would stop mails that are answered today.
"""

from __future__ import annotations

import re

_LONGEST = 400  # characters of what may be a request and nothing else
_MOST = 4_000
_ALONE = frozenset(
    [
        "stop",
        "stopall",
        "unsubscribe",
        "end",
        "quit",
        "cancel",
        "revoke",
        "optout",
        "opt-out",
        "remove",
        "baja",
        "alto",
        "parar",
        "cancelar",
    ]
)
_WRITE = (
    r"(?:writ(?:e|ing)|e-?mail(?:ing|s)?|contact(?:ing)?|messag(?:e|es|ing)"
    r"|bother(?:ing)?|send(?:ing)?)"
)
_PHRASES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\bstop {_WRITE}\b",
        rf"\b(?:do not|don['’]?t|never) {_WRITE} (?:to )?me\b",
        rf"\bno (?:more|further) {_WRITE}\b",
        r"\b(?:please )?unsubscribe(?: me)?\b",
        r"\bopt(?:ing)? (?:me )?out\b",
        r"\b(?:take|remove) me (?:off|from) (?:your|this|the|any) (?:\w+ )?(?:list|mail)",
        r"\bleave me alone\b",
        r"\bno (?:me )?(?:escriban?|env[ií]en?|contacten?|manden?)\b(?: m[aá]s)?",
        r"\bdejen? de (?:escribirme|contactarme|enviarme|mandarme|molestarme)\b",
        r"\bd(?:ar)?[eé]nme de baja\b",
    )
)


def asks_to_stop(text: str) -> bool:
    """Tell whether these new words ask for no more messages."""
    words = " ".join(text[:_MOST].split())
    bare = words.strip(" .!¡\"'").lower()
    if bare in _ALONE or bare.removeprefix("please ").removesuffix(" please") in _ALONE:
        return True
    return len(words) <= _LONGEST and any(each.search(words) for each in _PHRASES)

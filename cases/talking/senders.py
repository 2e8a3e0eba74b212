"""Whether a mail comes from whom it says: as our own mail server found, and nobody else.

RFC 8601: the server that takes a mail in for us writes what it checked into a header under its own
name. Only the topmost one counts, and only under a name the practice has given: whoever writes a
mail can write any header further down.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from cases.talking.mails import Mail

_LONGEST = 4_000
_PASSED = "pass"
# What each method checked: the property that names a domain, the strongest method first.
_CHECKS = (("dmarc", "header.from"), ("dkim", "header.d"), ("dkim", "header.i"),
           ("spf", "smtp.mailfrom"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """One check: its method, its result, and the properties it was made on."""

    method: str
    result: str
    properties: tuple[tuple[str, str], ...]

    def domain(self, name: str) -> str:
        """Return the domain a property names, "" where it names none."""
        value = next((v for n, v in self.properties if n == name), "")
        return value.rpartition("@")[2].strip(".").lower()


def vouched(mail: Mail, ours: Collection[str]) -> str:
    """Return how our own server vouches for who sent a mail: dmarc, dkim or spf; "": not at all.

    `ours`: the names our mail server signs its findings with. A mail of several senders is
    nobody's.
    """
    domain = mail.sender.rpartition("@")[2]
    if not domain or mail.signed_as != 1:
        return ""
    found = findings(mail.header("authentication-results"), ours)
    for method, name in _CHECKS:
        for each in found:
            if (each.method, each.result) == (method, _PASSED) and aligned(
                each.domain(name), domain
            ):
                return method
    return ""


def aligned(checked: str, shown: str) -> bool:
    """Tell whether a checked domain stands for the one shown, as DMARC's relaxed mode has it.

    Without a list of public suffixes: one is the other or lies under it, and has a dot of its own.
    """
    if "." not in checked or "." not in shown:
        return False
    return checked == shown or shown.endswith(f".{checked}") or checked.endswith(f".{shown}")


def findings(header: str, ours: Collection[str]) -> list[Found]:
    """Read an Authentication-Results header; nothing where it was not written by one of `ours`."""
    name, *checks = _clauses(header[:_LONGEST])
    named = " ".join(name).split()
    if not named or named[0].lower() not in {each.lower() for each in ours}:
        return []
    return [found for words in checks if (found := _found(words)) is not None]


def _found(words: list[str]) -> Found | None:
    pairs = [(n.lower(), v) for n, sign, v in (w.partition("=") for w in words) if sign]
    if not pairs:
        return None
    (method, result), *properties = pairs
    return Found(method.partition("/")[0], result.lower(), tuple(properties))


def _clauses(header: str) -> list[list[str]]:
    """Return the words of each clause between semicolons; comments are left out, quotes undone."""
    clauses: list[list[str]] = [[]]
    word = ""
    for kind, each in _marks(header):
        if kind == "char":
            word += each
            continue
        if word:
            clauses[-1].append(word)
            word = ""
        if kind == "semicolon":
            clauses.append([])
    if word:
        clauses[-1].append(word)
    return [_joined(words) for words in clauses]


def _marks(header: str) -> Iterator[tuple[str, str]]:
    depth, quoted, escaped = 0, False, False
    for each in header:
        if escaped:
            escaped = False
        elif each == "\\" and (quoted or depth):
            escaped = True
            continue
        elif each == '"' and not depth:
            quoted = not quoted
            continue
        elif not quoted and each in "()":
            depth = max(depth + (1 if each == "(" else -1), 0)
            continue
        elif not quoted and not depth and (each == ";" or each.isspace()):
            yield ("semicolon" if each == ";" else "space"), each
            continue
        if not depth:
            yield "char", each


def _joined(words: list[str]) -> list[str]:
    """Put "dkim = pass" together again: space may stand round the sign (RFC 8601, 2.2)."""
    joined: list[str] = []
    for word in words:
        if joined and (word.startswith("=") or joined[-1].endswith("=")):
            joined[-1] += word
        else:
            joined.append(word)
    return joined

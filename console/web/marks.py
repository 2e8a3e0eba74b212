"""A reply with what the checker found in it: marked words beside why and what to write instead."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

from cases.answering.amending import suggestion
from cases.casefile import CaseFile
from cases.checking.compliance import Finding, Level


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of the text; `level` is "block", "warn" or "" where nothing was found."""

    text: str
    level: str


def pieces(text: str, findings: Sequence[Finding]) -> list[Piece]:
    """Cut a text where findings begin and end; where two overlap, the graver one shows."""
    spans = [each for each in findings if each.start < each.end]
    edges = sorted({0, len(text), *(s.start for s in spans), *(s.end for s in spans)})
    return [Piece(text[begin:end], _level(begin, end, spans)) for begin, end in pairwise(edges)]


def _level(begin: int, end: int, spans: Sequence[Finding]) -> str:
    levels = {each.level for each in spans if each.start <= begin and end <= each.end}
    if Level.BLOCK in levels:
        return "block"
    return "warn" if levels else ""


@dataclass(frozen=True, slots=True)
class Told:
    """A finding as the page tells it: `value` names it in a form, `button` is what mends it."""

    finding: Finding
    value: str
    button: str  # "": only a person can


def told(file: CaseFile, text: str, findings: Sequence[Finding]) -> list[Told]:
    """Return the findings of a text, each with what one press would do about it."""
    return [Told(each, _value(each), _button(file, text, each)) for each in findings]


def _value(finding: Finding) -> str:
    return f"{finding.code}:{finding.start}:{finding.end}"


def _button(file: CaseFile, text: str, finding: Finding) -> str:
    found = suggestion(text, finding, file)
    return found.label if found else ""


def mended(file: CaseFile, text: str, findings: Sequence[Finding], value: str) -> str:
    """Return the text with the suggestion applied for the finding a button named."""
    for each in findings:
        if _value(each) == value:
            found = suggestion(text, each, file)
            return found.text if found else text
    return text


def warnings(findings: Collection[Finding]) -> list[Finding]:
    """Return one warning for each code somebody has to acknowledge."""
    found = {each.code: each for each in reversed([*findings]) if each.level is Level.WARN}
    return [found[code] for code in sorted(found)]


def starter(file: CaseFile) -> str:
    """Return words to begin a reply with: they thank, are sorry, invite, and reveal nothing.

    A beginning only: what is approved is what a person made of it.
    """
    clinic = file.clinic
    who = ", ".join(part for part in (clinic.point_person, clinic.point_role) if part)
    ways = ", ".join(part for part in (clinic.phone, clinic.email) if part)
    if file.review.language == "es":
        return (
            "Gracias por escribirnos. Lo sentimos y queremos escuchar. Por las normas de "
            f"privacidad no podemos decir más aquí. Por favor, llame o escriba a {who}: {ways}."
        )
    return (
        "Thank you for telling us. We are sorry, and we would like to listen. Privacy rules keep "
        f"us from saying more in public. Please call or write to {who}: {ways}."
    )

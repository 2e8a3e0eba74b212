"""What one press of a button makes of a finding: the sentence goes, or what should stand comes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cases.answering.drafts import complete, courtesy, invitation, said_of, theme_of
from cases.casefile import CaseFile
from cases.checking.compliance import Finding, Level
from cases.models import Clinic

_BREAK = re.compile(
    r"(?<=[.!?])(?<!\b[Dd]r\.)(?<!\b[Mm]r\.)(?<!\b[Mm]rs\.)\s+(?=[^\W\d_a-z]|[¿¡\"“])|\n+"
)
_QUOTED = re.compile(r"[\"“]([^\"“”]+[.!?])[\"”]")
_SPACES = re.compile(r"[ \t]{2,}")
_ADDED = frozenset({"no_thanks", "no_apology", "no_contact"})
_GENERAL = frozenset({"confirms_relationship"})  # what may be said instead depends on the review
_FOR_A_PERSON = frozenset({"too_long_reader", "robotic", "unedited"})  # other words, or fewer


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What to do about one finding: in words for a button, and the text it would leave."""

    label: str
    text: str


def suggestion(text: str, finding: Finding, file: CaseFile) -> Suggestion | None:
    """Return what would mend this finding, or None where only a person can find other words."""
    found = _suggested(text, finding, file)
    if found is None or not found.text or found.text == text:
        return None
    return found


def _suggested(text: str, finding: Finding, file: CaseFile) -> Suggestion | None:
    code = finding.code
    if code in _FOR_A_PERSON:
        return None
    if code in _ADDED:
        return _added(text, finding, file.clinic, file.review.language)
    if code == "placeholder":
        return Suggestion("Take it out", _tidy(text[: finding.start] + text[finding.end :]))
    if code == "shouting":
        return Suggestion("Write it calmly", _calm(text, finding))
    if code == "too_long_platform":
        return Suggestion("Cut the rest", _tidy(text[: _sentence(text, finding)[0]]))
    return _instead(text, finding, file)


def _added(text: str, finding: Finding, clinic: Clinic, language: str) -> Suggestion | None:
    if finding.code == "no_contact":
        if not complete(clinic):
            return None
        return Suggestion("Add it", _tidy(f"{text.rstrip()} {invitation(clinic, language)}"))
    line = courtesy(finding.code.removeprefix("no_"), language)
    at = 0
    if finding.code == "no_apology" and (first := _BREAK.search(text)):
        at = first.end()
    return Suggestion(f"Add “{line}”", _tidy(f"{text[:at]}{line} {text[at:]}"))


def _instead(text: str, finding: Finding, file: CaseFile) -> Suggestion:
    """Return the text without the sentences found, or with what may be said instead of them."""
    begin, end = _sentence(text, finding)
    rest = text[:begin] + text[end:]
    line = _line(finding, file)
    if line and line not in rest:
        written = f"{text[:begin]}{line} {text[end:]}"
        return Suggestion(f"Write instead: “{line}”", _tidy(written))
    return Suggestion("Take the sentence out", _tidy(rest))


def _line(finding: Finding, file: CaseFile) -> str:
    """Return the sentence the rule names, or one about what the review is about, or nothing."""
    if finding.code in _GENERAL:
        return said_of(theme_of(file), file.case.severity, file.review.language)
    quoted = _QUOTED.search(finding.instead) if finding.level is Level.BLOCK else None
    return quoted[1] if quoted and file.review.language != "es" else ""


def _sentence(text: str, finding: Finding) -> tuple[int, int]:
    """Return where the sentence begins and ends that a finding stands in, or the sentences."""
    begin, end = 0, len(text)
    for cut in _BREAK.finditer(text):
        if cut.end() <= finding.start:
            begin = cut.end()
        elif cut.start() >= finding.end:
            end = cut.end()
            break
    return begin, end


def _calm(text: str, finding: Finding) -> str:
    words = re.sub(r"!{2,}", ".", finding.words)
    opens = not text[: finding.start].rstrip() or text[: finding.start].rstrip()[-1] in ".!?"
    calm = words.lower()
    calm = calm[:1].upper() + calm[1:] if opens else calm
    return text[: finding.start] + calm + text[finding.end :]


def _tidy(text: str) -> str:
    return re.sub(r" +([,.;!?])", r"\1", _SPACES.sub(" ", text)).strip()

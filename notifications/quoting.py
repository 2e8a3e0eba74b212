"""What somebody wrote anew in a reply, without what they answered and what their program added.

quotequail finds the quote where it can; our own line by line reading finds the rest, and takes over
where quotequail would take long (its time grows with the square of lines like "a:"). The raw mail
is kept, so whatever is left out here can still be read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import quotequail  # type: ignore[import-untyped]

LONGEST = 64 * 1024  # characters; longer mails are cut before they are looked at
_MOST_LINES, _MOST_HEADERLIKE = 1_500, 40  # above these, quotequail is not asked
_ATTRIBUTED_IN = 4  # lines an attribution may be wrapped over
_HEADERLIKE = re.compile(r"^[>*\s]{0,8}\w[\w -]{0,30}:")
_FORWARDED = re.compile(
    r"^\W{0,12}(?:forwarded message|begin forwarded|(?:inicio del )?mensaje reenviado)",
    re.IGNORECASE,
)
_ORIGINAL = re.compile(
    r"^\W{2,12}(?:original message|mensaje original|original appointment|reply message)\W{2,12}$",
    re.IGNORECASE,
)
# How an attribution begins and ends; between them stands when, or by whom.
_BEGINS = re.compile(r"^(?:On|El|Le|Am|Il|Em|Den)\s|^\d{1,4}[-./]\d{1,2}[-./]\d{1,4}")
_ENDS = re.compile(
    r"(?:wrote|writes|escribi[oó]|a [eé]crit|schrieb|ha scritto|escreveu)\s*:\s*$", re.IGNORECASE
)
_WHEN_OR_WHO = re.compile(r"\d|@")
_FIRST_FIELD = re.compile(r"^\W{0,3}(?:From|De|Von|Da)\s?:\W{0,3}\s*\S")
_NEXT_FIELD = re.compile(
    r"^\W{0,3}(?:Sent|Date|To|Cc|Subject|Enviado(?: el)?|Fecha|Para|Asunto)\s?:", re.IGNORECASE
)
_MANY_BLANKS = re.compile(r"\n{3,}")
_RULE = re.compile(r"^[_\u2500-]{10,}\s*$")
_DEVICE = re.compile(
    r"^\W{0,3}(?:(?:sent|envia(?:do|t)|mandado) (?:from|via|desde|con)\b"
    r"|get outlook for|obtener outlook|(?:sent from )?yahoo mail[:\s]"
    r"|download the \w+ app).{0,90}$",
    re.IGNORECASE,
)


def new_text(text: str) -> str:
    """Return what is new in a mail's text: above, between and below what it quotes."""
    lines = [line.rstrip("\u00a0 \t") for line in text[:LONGEST].splitlines()]
    if _is_forward(lines):
        return "\n".join(lines).strip()
    found = _by_quotequail(lines)
    found = found if found is not None else lines
    return _MANY_BLANKS.sub("\n\n", "\n".join(_signed_off(_unquoted(found)))).strip()


def _is_forward(lines: Sequence[str]) -> bool:
    """Tell whether somebody passes a mail on: then what it brings is what they say."""
    before = 0
    for line in lines:
        if _FORWARDED.match(line):
            return True
        before += bool(line)
        if before > 20:
            return False
    return False


def _by_quotequail(lines: Sequence[str]) -> list[str] | None:
    """Return the lines quotequail takes for new, None where it finds no reply for sure."""
    if len(lines) > _MOST_LINES or sum(map(_is_headerlike, lines)) > _MOST_HEADERLIKE:
        return None
    found = quotequail.unwrap("\n".join(lines))
    if found is None or not (found.get("from") or found.get("date")):
        return None  # "On Monday I wrote:" is what somebody tells
    kept = [found.get("text_top", ""), found.get("text_bottom", "")]
    if not any(map(str.strip, kept)):
        return None
    return "\n\n".join(filter(None, kept)).splitlines()


def _is_headerlike(line: str) -> bool:
    return bool(_HEADERLIKE.match(line))


def _unquoted(lines: Sequence[str]) -> list[str]:
    """Leave out what is quoted, and all that follows where a program put the old mail below."""
    kept: list[str] = []
    place = 0
    while place < len(lines):
        line = lines[place]
        if _old_mail_below(lines, place):
            break
        size = _attribution(lines, place)
        if size and _quote_follows(lines, place + size):
            place += size
            continue
        if size and any(kept):
            break  # some programs put no mark before the lines of the old mail
        if not line.startswith(">"):
            kept.append(line)
        place += size or 1
    return kept


def _old_mail_below(lines: Sequence[str], place: int) -> bool:
    if _ORIGINAL.match(lines[place]):
        return True
    start = place + 1 if _RULE.match(lines[place]) else place
    near = lines[start : start + 5]
    if not near or not _FIRST_FIELD.match(near[0]):
        return False
    return any(_NEXT_FIELD.match(line) for line in near[1:])


def _attribution(lines: Sequence[str], place: int) -> int:
    """Return how many lines an attribution begun here takes, 0 where none begins."""
    if not _BEGINS.match(lines[place].lstrip()):
        return 0
    said = ""
    for size in range(1, _ATTRIBUTED_IN + 1):
        if place + size > len(lines):
            return 0
        said += " " + lines[place + size - 1][:300]
        if _ENDS.search(said[-60:]):
            return size if _WHEN_OR_WHO.search(said) else 0
    return 0


def _quote_follows(lines: Sequence[str], place: int) -> bool:
    after = next((line for line in lines[place : place + 3] if line), "")
    return after.startswith(">")


def _signed_off(lines: Sequence[str]) -> list[str]:
    """Leave out a signature below "-- " and what a program says about itself."""
    kept: list[str] = []
    for line in lines:
        if line == "--":
            break
        if not _DEVICE.match(line):
            kept.append(line)
    return kept

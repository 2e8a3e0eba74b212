"""Values out of a platform's JSON: what is not of the shape we expect is as if it were missing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

Raw = Mapping[str, Any]


def whole(data: bytes | str) -> Raw | None:
    """Return the JSON object some bytes hold, None where they hold anything else."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, Mapping) else None


def error_in(answer: bytes) -> Raw:
    """Return the error an answer tells of, an empty one where it tells of none."""
    return part(whole(answer) or {}, "error")


def text(raw: Raw, name: str) -> str:
    """Return a text by its name, as any database takes it; "" where there is none."""
    value = raw.get(name)
    return mended(value) if isinstance(value, str) else ""


def mended(written: str) -> str:
    """Return a text without what no database takes: NUL, and halves of characters (then U+FFFD)."""
    whole = written.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return whole.replace("\x00", "")


def said(value: object) -> str:
    """Return what somebody wrote like `mended`, but with "?" for half a character; "" for no text.

    Facebook's and Yelp's texts are kept so: another mark would look like an edit of theirs.
    """
    if not isinstance(value, str):
        return ""
    return value.replace("\0", "").encode("utf-8", "replace").decode()


def part(raw: Raw, name: str) -> Raw:
    """Return an object within an object, an empty one where there is none."""
    value = raw.get(name)
    return value if isinstance(value, Mapping) else {}


def parts(raw: Raw, name: str) -> list[Raw]:
    """Return the objects of a list, leaving out whatever else stands in it."""
    value = raw.get(name)
    found = value if isinstance(value, list) else []
    return [each for each in found if isinstance(each, Mapping)]


def count(raw: Raw, name: str) -> int:
    """Return a number, -1 where there is none."""
    value = raw.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else -1


def stars(value: object) -> Decimal | None:
    """Return one to five stars, written as a number or as text; None for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = Decimal(str(value)[:10])
    except InvalidOperation:
        return None
    return found if found.is_finite() and 1 <= found <= 5 else None


def instant(value: str) -> datetime | None:
    """Return an RFC 3339 time, aware; None for what is none. Up to nine digits of a second."""
    if not 10 <= len(value) <= 40:
        return None
    try:
        found = datetime.fromisoformat(value)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None

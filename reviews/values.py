"""What a value in somebody else's data means: stars out of any scale, moments in many spellings."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from email.utils import parsedate_to_datetime

from reviews import columns

_YEARS = range(1990, 9001)
_EPOCHS = {"epoch": 1, "epoch-ms": 1_000}


def stars(value: str, scale: Decimal = Decimal(5)) -> Decimal | None:
    """Return stars from 0 to 5, from a number out of `scale` or from words. Raises ValueError."""
    if scale == 5 or not re.fullmatch(r"[0-9]{1,4}(?:[.,][0-9]{1,12})?", value):
        return columns.rating(value)
    counted = Decimal(value.replace(",", ".")) * 5 / scale
    if counted > 5:
        raise ValueError("more than the best")
    return counted.quantize(Decimal("0.01"))


def instant(value: str, formats: tuple[str, ...], zone: tzinfo) -> datetime | None:
    """Return a moment in UTC; one without a zone of its own is in `zone`. Raises ValueError.

    `formats` go first: those of strptime, "epoch" (seconds) and "epoch-ms".
    """
    if not value:
        return None
    if len(value) > 60:
        raise ValueError("too long for a date")
    found = next((at for form in formats if (at := _by_form(value, form))), None)
    if found is None:
        return _any_form(value, zone)
    return _settled(found, zone)


def _by_form(value: str, form: str) -> datetime | None:
    try:
        if form in _EPOCHS:
            return datetime.fromtimestamp(float(value) / _EPOCHS[form], UTC)
        return datetime.strptime(value, form)  # noqa: DTZ007  its zone is the source's
    except (ValueError, OverflowError, OSError):
        return None


def _any_form(value: str, zone: tzinfo) -> datetime | None:
    try:
        return columns.posted_at(value, zone)
    except (ValueError, OverflowError):
        return _settled(_as_mail_writes(value), zone)


def _as_mail_writes(value: str) -> datetime:
    """Return a date as RFC 2822 writes it. Raises ValueError."""
    try:
        return parsedate_to_datetime(value)
    except (TypeError, IndexError, OverflowError) as error:
        raise ValueError("no date") from error


def _settled(found: datetime, zone: tzinfo) -> datetime:
    if found.year not in _YEARS:
        raise ValueError("no year for a review")
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)

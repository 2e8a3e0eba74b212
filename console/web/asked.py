"""What somebody filled in on a case's forms, read as the rules want it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Path, Request
from starlette.datastructures import FormData

from cases.addresses import normal
from cases.needs import IllegalMove
from cases.store import Store
from cases.talking.correspondents import Point

_YEARS = range(2000, 2100)  # beyond them it is a typing error
CaseNumber = Annotated[int, Path(ge=0, le=2**31 - 1)]


class Given:
    """The fields of a form. Lines end as everywhere else in Amends, not as browsers send them."""

    def __init__(self, move: str = "", form: FormData | None = None) -> None:
        self.move = move
        self._fields: dict[str, list[str]] = {}
        for name, value in form.multi_items() if form else ():
            if isinstance(value, str):
                plain = value.replace("\r\n", "\n").replace("\x00", "")
                self._fields.setdefault(name, []).append(plain)

    def one(self, name: str) -> str:
        """Return a field as it was typed, or ""."""
        return self._fields.get(name, [""])[0]

    def word(self, name: str) -> str:
        """Return a field without the space around it."""
        return self.one(name).strip()

    def many(self, name: str) -> list[str]:
        """Return all that was filled in under a name, the empty ones left out."""
        return [value for value in self._fields.get(name, []) if value.strip()]

    def all(self, name: str) -> list[str]:
        """Return all fields of a name, in order, the empty ones too."""
        return self._fields.get(name, [])

    def number(self, name: str) -> int:
        """Return a case's number, or 0 where it is none."""
        written = self.word(name).removeprefix("#")
        return int(written) if written.isdecimal() and len(written) < 10 else 0

    def when(self, name: str, zone: str) -> datetime | None:
        """Return a time of the clinic's own clock, or None. Raises IllegalMove."""
        return instant(self.move, self.word(name), zone)


def instant(move: str, written: str, zone: str) -> datetime | None:
    """Read a time as a form's field sends it, in a clinic's zone. Raises IllegalMove."""
    if not written:
        return None
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        raise IllegalMove(move, [f"{written!r} is no time; like 2026-11-27T16:30"]) from None
    if at.year not in _YEARS:
        raise IllegalMove(move, [f"{at.year} is not a year anybody means here"])
    return (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)


def points(store: Store, given: Given) -> list[Point]:
    """Return the numbers and addresses typed, normalised, with their blind index.

    Raises AddressError.
    """
    found = []
    for channel in ("phone", "email", "sms"):
        for written in given.many(channel):
            value = normal(channel, written)
            found.append(Point(channel, value, store.index(channel, value)))
    return found


async def _form(request: Request) -> FormData:
    return await request.form(max_files=5, max_fields=200)  # read already, by visits.checked


Form = Annotated[FormData, Depends(_form)]

"""An uploaded list of patients: whom it names, each once; one that was scored is refused."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from cases.addresses import AddressError, normal

MOST = 5_000  # people of one list
_COLUMNS = {
    "name": ("name", "patient", "patientname", "fullname"),
    "email": ("email", "emailaddress", "mail"),
    "phone": ("phone", "mobile", "cell", "number", "telephone", "phonenumber"),
    "visited": ("visit", "visited", "visitdate", "dateofvisit", "lastvisit"),
}
# A list that was scored was chosen by sentiment, or may be.
_SCORED = re.compile(
    r"rating|score|stars?|nps|sentiment|satisf|happy|promoter|detractor|feedback|csat|mood"
)


class InvitationError(ValueError):
    """A list or its text cannot be used: `faults` says what to mend, one by one."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Invited:
    """One way to one person on a list: the channel, and the address in its one spelling."""

    channel: str
    value: str
    name: str = ""


def read_list(rows: Iterable[Mapping[str, str]]) -> tuple[list[Invited], Counter[str]]:
    """Return everybody on an uploaded list, one way each, and how many rows had none.

    An e-mail address goes before a number. When somebody came is read by nobody. Raises
    InvitationError where the list was scored, names no addresses, or is too long.
    """
    people: dict[tuple[str, str], Invited] = {}
    passed: Counter[str] = Counter()
    for number, row in enumerate(rows, 1):
        cells = {_plain(key): value.strip() for key, value in row.items() if value}
        _refuse_columns(row, number)
        found = _one(cells)
        if found is None:
            passed["no_address"] += 1
        elif (found.channel, found.value) in people:
            passed["twice"] += 1
        else:
            people[found.channel, found.value] = found
    if not people:
        raise InvitationError(["nobody on it has an e-mail address or a number"])
    if len(people) > MOST:
        raise InvitationError([f"a list has at most {MOST} people; split it by date, not by kind"])
    return list(people.values()), passed


def _plain(name: str) -> str:
    return re.sub(r"[^a-z]+", "", name.casefold())


def _refuse_columns(row: Mapping[str, str], number: int) -> None:
    if number > 1:
        return
    if scored := next((key for key in row if _SCORED.search(key.casefold())), None):
        raise InvitationError(
            [
                f"the column {scored!r} says how content people are. Everybody is invited alike, "
                "never by sentiment (16 CFR 465; Google's policy on review gating): export the "
                "whole list again, without it"
            ]
        )
    if not {_plain(key) for key in row} & {*_COLUMNS["email"], *_COLUMNS["phone"]}:
        raise InvitationError(["there is no column named email or phone"])


def _cell(cells: Mapping[str, str], name: str) -> str:
    return next((cells[key] for key in _COLUMNS[name] if cells.get(key)), "")


def _one(cells: Mapping[str, str]) -> Invited | None:
    for channel, name in (("email", "email"), ("sms", "phone")):
        try:
            value = normal(channel, _cell(cells, name)) if _cell(cells, name) else ""
        except AddressError:
            continue
        if value:
            return Invited(channel, value, _cell(cells, "name")[:200])
    return None

"""Reads the single values of a playbook's file and collects the mistakes, each with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import time, timedelta
from typing import Any

from cases.playbooks.promises import Span

LONGEST_SPAN = timedelta(days=3 * 366)  # beyond it is a typing error, and years of tables
_SPAN = re.compile(r"\s*(\d{1,6})\s*(minute|hour|day)s?\s*")
_TIME = re.compile(r"\s*(\d\d?):(\d\d)\s*")
_HEAD = re.compile(r"\s*\[(\[?)\s*([\w.\-]+)\s*\]")
_KEY = re.compile(r"""\s*["']?([\w\-. ,]*[\w\-])["']?\s*=""")


class Values:
    """Reads values one by one; a wrong one is noted, and something harmless stands for it."""

    def __init__(self, where: str, text: str, *, stored: bool = False) -> None:
        self.where, self.stored = where, stored
        self.mistakes: list[str] = []
        self.warnings: list[str] = []
        self._lines: dict[str, int] = {}
        for place, line in _lines_of(text):
            self._lines.setdefault(place, line)

    def span(self, place: str, value: Any) -> Span:
        """Read "4 hours", "2 days", "15 minutes"."""
        match = _SPAN.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            self.wrong(place, f"{value!r} is no span; write '4 hours', '2 days' or '15 minutes'")
            return Span()
        count, unit = int(match[1]), match[2]
        if timedelta(**{unit + "s": count}) > LONGEST_SPAN:
            self.wrong(place, f"{value!r} is too long: a span ends within {LONGEST_SPAN.days} days")
            return Span()
        return Span(days=count) if unit == "day" else Span(timedelta(**{unit + "s": count}))

    def real(self, raw: Mapping[str, Any], name: str, usual: str) -> timedelta:
        """Read a span as time that passes on any clock."""
        return self.span(name, raw.get(name, usual)).real

    def number(
        self, raw: Mapping[str, Any], name: str, usual: float, low: float, high: float, at: str = ""
    ) -> float:
        """Read a number within bounds."""
        value = raw.get(name, usual)
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not low <= value <= high
        ):
            self.wrong(_at(at, name), f"{value!r}: give a number from {low:g} to {high:g}")
            return usual
        return value

    def count(self, raw: Mapping[str, Any], name: str, usual: int, high: int, at: str = "") -> int:
        """Read a whole number from 1 on."""
        value = self.number(raw, name, usual, 1, high, at)
        if value != int(value):
            self.wrong(_at(at, name), f"{value!r}: give a whole number from 1 to {high}")
        return int(value)

    def names(self, place: str, value: Any, known: Sequence[str], what: str) -> tuple[str, ...]:
        """Read a list of names, each of them known, and at least one."""
        if not isinstance(value, list) or not value:
            self.wrong(place, f'{value!r}: give a list of {what}s: ["{known[0]}"]')
            return ()
        for name in value:
            if name not in known:
                many = f"{what[:-1]}ies" if what.endswith("y") else f"{what}s"
                self.wrong(place, f"{name!r} is no {what}; the {many} are: {listed(known)}")
        return tuple(map(str, value))

    def choice(self, place: str, value: Any, known: Sequence[str]) -> str:
        """Read one of the names that are known."""
        if value not in known:
            self.wrong(place, f"{value!r} is not known here; use one of: {listed(known)}")
            return known[0]
        return str(value)

    def truth(self, raw: Mapping[str, Any], name: str, at: str) -> bool:
        """Read true or false; without the key it is false."""
        value = raw.get(name, False)
        if not isinstance(value, bool):  # "no" would wake people at night
            self.wrong(_at(at, name), f"{value!r}: write true or false, without quotes")
        return value is True

    def clock_time(self, place: str, value: Any) -> time:
        """Read a time of day: "7:30"."""
        match = _TIME.fullmatch(value) if isinstance(value, str) else None
        if match is None or int(match[1]) > 23 or int(match[2]) > 59:
            self.wrong(place, f"{value!r} is no time of day; write '7:30'")
            return time()
        return time(int(match[1]), int(match[2]))

    def tables(self, raw: Mapping[str, Any], name: str, at: str = "") -> dict[str, Any]:
        """Read a table; without it, it is empty."""
        found = raw.get(name, {})
        if isinstance(found, dict):
            return found
        place = _at(at, name)
        self.wrong(place, f"{name!r} must be a table: [{place}.NAME]")
        return {}

    def refuse_unknown(self, place: str, raw: Mapping[str, Any], known: set[str]) -> None:
        """Note every key that means nothing here."""
        for name in sorted(raw.keys() - known):
            self.unknown(
                _at(place, name), f"{name!r} is not known here; known are: {listed(sorted(known))}"
            )

    def unknown(self, place: str, message: str) -> None:
        """Note what this program does not know: a mistake, in a stored text only a warning."""
        (self.warnings if self.stored else self.mistakes).append(self._told(place, message))

    def wrong(self, place: str, message: str) -> None:
        """Note a mistake."""
        self.mistakes.append(self._told(place, message))

    def _told(self, place: str, message: str) -> str:
        near = place
        while near and near not in self._lines:
            near = near.rpartition(".")[0]
        return f"{self.where}, line {self._lines.get(near, 1)}, {place}: {message}"


def listed(names: Any) -> str:
    """Return names as people list them."""
    return ", ".join(names)


def _at(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _lines_of(text: str) -> Iterator[tuple[str, int]]:
    """Yield where each table and key of a TOML text stands: ("clocks.reach.span", 31)."""
    table, seen = "", dict[str, int]()
    for number, line in enumerate(text.splitlines(), start=1):
        if head := _HEAD.match(line):
            table = head[2]
            if head[1]:  # an array of tables: count its members
                seen[table] = seen.get(table, -1) + 1
                table = f"{table}.{seen[table]}"
            elif (inner := table.partition("."))[0] in seen:  # a table of its last member
                table = f"{inner[0]}.{seen[inner[0]]}.{inner[2]}"
            yield table, number
        elif pair := _KEY.match(line):
            yield (f"{table}.{pair[1]}" if table else pair[1]), number

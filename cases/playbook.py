"""The practice's written policy as the engine enforces it: which clocks, how long, who is told.

A Playbook is frozen and read from TOML. Every mistake in the file is found at once, and its
message names the file, the line, the value and the remedy.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from cases.models import Role

CLOCKS = (
    "acknowledge", "first_try", "reach", "listen", "resolve", "monitor", "follow_up",
    "answer", "safety", "task",
)  # fmt: skip
CALENDARS = ("office", "duty", "always")
TELLS = ("owner", *(role for role in Role if role is not Role.AUDITOR))
PRACTICE = Path(__file__).parent / "playbooks" / "practice.toml"
_SPAN = re.compile(r"\s*(\d+)\s*(minute|hour|day)s?\s*")
_RUNG = re.compile(r"\s*(?:(\d{1,3})\s*%|due\s*\+(.+))\s*")


class PlaybookError(ValueError):
    """The playbook does not hold. Each line of the message is one mistake, with its remedy."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of open time, or of working days: never both."""

    time: timedelta = timedelta()
    days: int = 0

    def __str__(self) -> str:
        if self.days:
            return f"{self.days} day{'s' * (self.days != 1)}"
        minutes = int(self.time.total_seconds() // 60)
        count, unit = (minutes, "minute") if minutes % 60 else (minutes // 60, "hour")
        return f"{count} {unit}{'s' * (count != 1)}"


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of a ladder: when, as a part of the span or a time after due, and who is told.

    `at_once` rungs fire at any hour; the others wait for the clinic's office to be open.
    """

    part: float | None  # of the span; None: `after` counts from due
    after: Span
    tell: tuple[str, ...]
    means: str
    times: int = 1
    at_once: bool = False

    def __str__(self) -> str:
        when = f"due + {self.after}" if self.part is None else f"{self.part:.0%} of the time"
        again = f", daily, {self.times} times at most" if self.times > 1 else ""
        return f"{when}: {self.means} {' and '.join(self.tell)}{again}"


@dataclass(frozen=True, slots=True)
class Promise:
    """What one kind of clock says: how long, counted in which calendar, and its ladder."""

    kind: str
    span: Span
    calendar: str
    ladder: tuple[Rung, ...]
    promise: Span | None = None  # what the practice promised the public, in real time


@dataclass(frozen=True, slots=True)
class Playbook:
    """The whole policy. `version` is its number in the record; 0 until it is adopted."""

    name: str
    clocks: Mapping[str, Promise]
    duty: Mapping[str, tuple[str, ...]]
    negative_at: float = 2
    monitor_looks: timedelta = timedelta(days=1)
    reopen_within: timedelta = timedelta(days=30)
    contact_tries: int = 3
    contact_channels: tuple[str, ...] = ("phone", "email")
    version: int = 0
    text: str = field(default="", repr=False)


def read_playbook(path: Path, version: int = 0) -> Playbook:
    """Read a playbook's file. Raises PlaybookError."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise PlaybookError(f"{path}: cannot be read: {reason}") from None
    return parse_playbook(text, str(path), version)


def parse_playbook(text: str, where: str = "the playbook", version: int = 0) -> Playbook:
    """Read a playbook; raises PlaybookError that lists every mistake, one a line."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PlaybookError(f"{where}: not readable as TOML: {error}") from None
    reader = _Reader(where, text)
    playbook = reader.playbook(raw, version)
    if reader.mistakes:
        raise PlaybookError("\n".join(reader.mistakes))
    return playbook


class _Reader:
    """Reads the parts and collects the mistakes, so that all are told at once."""

    def __init__(self, where: str, text: str) -> None:
        self.where, self.text = where, text
        self.mistakes: list[str] = []
        self._lines = dict(_lines_of(text))

    def playbook(self, raw: dict[str, Any], version: int) -> Playbook:
        known = {"name", "negative_at", "monitor_looks", "reopen_within", "contact_tries",
                 "contact_channels", "calendars", "clocks", "ladders"}  # fmt: skip
        self._refuse_unknown("", raw, known)
        ladders = {
            name: tuple(self._rung(f"ladders.{name}", i, rung) for i, rung in enumerate(rungs))
            for name, rungs in self._tables(raw, "ladders").items()
            if self._is_list(f"ladders.{name}", rungs)
        }
        clocks = self._tables(raw, "clocks")
        for kind in CLOCKS:
            if kind not in clocks:
                self._wrong("clocks", f"the clock {kind!r} is missing; add [clocks.{kind}]")
        return Playbook(
            name=str(raw.get("name", "practice")),
            clocks={k: self._promise(k, v, ladders) for k, v in clocks.items()},
            duty={
                day: tuple(spans)
                for day, spans in self._tables(raw, "calendars").get("duty", {}).items()
            },
            negative_at=self._number(raw, "negative_at", 2, 0, 5),
            monitor_looks=self._real("monitor_looks", raw.get("monitor_looks", "1 day")),
            reopen_within=self._real("reopen_within", raw.get("reopen_within", "30 days")),
            contact_tries=int(self._number(raw, "contact_tries", 3, 1, 20)),
            contact_channels=tuple(raw.get("contact_channels", ("phone", "email"))),
            version=version,
            text=self.text,
        )

    def _promise(self, kind: str, raw: Any, ladders: Mapping[str, tuple[Rung, ...]]) -> Promise:
        place = f"clocks.{kind}"
        if kind not in CLOCKS:
            self._wrong(
                place, f"there is no stage or clock {kind!r}; the clocks are: {_all(CLOCKS)}"
            )
        if not isinstance(raw, dict):
            raw = {}
            self._wrong(place, "a clock is a table: span, calendar, ladder")
        self._refuse_unknown(place, raw, {"span", "calendar", "ladder", "promise"})
        calendar = raw.get("calendar", "office")
        if calendar not in CALENDARS:
            self._wrong(
                f"{place}.calendar", f"{calendar!r} is no calendar; use one of: {_all(CALENDARS)}"
            )
        ladder = raw.get("ladder", "standard")
        if ladder not in ladders:
            self._wrong(f"{place}.ladder", f"no ladder {ladder!r}; add [[ladders.{ladder}]]")
        promise = raw.get("promise")
        return Promise(
            kind,
            self._span(f"{place}.span", raw.get("span")),
            calendar,
            ladders.get(ladder, ()),
            None if promise is None else self._span(f"{place}.promise", promise),
        )

    def _rung(self, place: str, index: int, raw: Any) -> Rung:
        where = f"{place}.{index}"
        if not isinstance(raw, dict):
            raw = {}
            self._wrong(where, "a rung is a table: at, tell, means")
        self._refuse_unknown(where, raw, {"at", "tell", "means", "times", "at_once"})
        part, after = self._when(f"{where}.at", raw.get("at"))
        tell = raw.get("tell", [])
        for role in tell if isinstance(tell, list) and tell else [tell]:
            if role not in TELLS:
                self._wrong(f"{where}.tell", f"{role!r} is no role; the roles are: {_all(TELLS)}")
        means = raw.get("means", "remind")
        if means not in ("remind", "escalate"):
            self._wrong(f"{where}.means", f"{means!r}: a rung means 'remind' or 'escalate'")
        times = int(self._number(raw, "times", 1, 1, 30, where))
        told = tuple(tell) if isinstance(tell, list) else ()
        return Rung(part, after, told, means, times, bool(raw.get("at_once", False)))

    def _when(self, place: str, value: Any) -> tuple[float | None, Span]:
        match = _RUNG.fullmatch(value) if isinstance(value, str) else None
        if match is None or int(match[1] or 0) > 100:
            self._wrong(place, f"{value!r}: write '50%' (of the span) or 'due + 4 hours'")
            return 1.0, Span()
        if match[1] is not None:
            return int(match[1]) / 100, Span()
        return None, self._span(place, match[2])

    def _span(self, place: str, value: Any) -> Span:
        match = _SPAN.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            self._wrong(place, f"{value!r} is no span; write '4 hours', '2 days' or '15 minutes'")
            return Span()
        count, unit = int(match[1]), match[2]
        return Span(days=count) if unit == "day" else Span(timedelta(**{unit + "s": count}))

    def _real(self, place: str, value: Any) -> timedelta:
        span = self._span(place, value)
        return span.time + timedelta(days=span.days)

    def _number(
        self, raw: Mapping[str, Any], name: str, usual: float, low: float, high: float, at: str = ""
    ) -> float:
        value = raw.get(name, usual)
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not low <= value <= high
        ):
            place = f"{at}.{name}" if at else name
            self._wrong(place, f"{value!r}: give a number from {low:g} to {high:g}")
            return usual
        return value

    def _tables(self, raw: Mapping[str, Any], name: str) -> dict[str, Any]:
        found = raw.get(name, {})
        if isinstance(found, dict):
            return found
        self._wrong(name, f"{name!r} must be a table: [{name}.NAME]")
        return {}

    def _is_list(self, place: str, value: Any) -> bool:
        if not isinstance(value, list):
            self._wrong(place, f"a ladder is a list of rungs: [[{place}]]")
        return isinstance(value, list)

    def _refuse_unknown(self, place: str, raw: Mapping[str, Any], known: set[str]) -> None:
        for name in raw.keys() - known:
            at = f"{place}.{name}" if place else name
            self._wrong(at, f"{name!r} is not known here; known are: {_all(sorted(known))}")

    def _wrong(self, place: str, message: str) -> None:
        line = self._lines.get(place) or self._lines.get(place.rpartition(".")[0]) or 1
        self.mistakes.append(f"{self.where}, line {line}, {place}: {message}")


def _lines_of(text: str) -> Iterator[tuple[str, int]]:
    """Yield where each table and key of a TOML text stands: ("clocks.reach.span", 31)."""
    table, seen = "", dict[str, int]()
    for number, line in enumerate(text.splitlines(), start=1):
        if head := re.match(r"\s*\[(\[?)\s*([\w.\-]+)\s*\]", line):
            table = head[2]
            if head[1]:  # an array of tables: count its members
                seen[table] = seen.get(table, -1) + 1
                table = f"{table}.{seen[table]}"
            yield table, number
        elif pair := re.match(r"\s*([\w\-]+)\s*=", line):
            yield (f"{table}.{pair[1]}" if table else pair[1]), number


def _all(names: Any) -> str:
    return ", ".join(names)

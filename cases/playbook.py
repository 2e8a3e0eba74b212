"""The practice's written policy as the engine enforces it: which clocks, how long, who is told.

A Playbook is frozen and read from TOML. Every mistake in the file is found at once, and its
message names the file, the line, the value and the remedy.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from cases.hours import WorktimeError, hours_from
from cases.models import Role

CLOCKS = (
    "acknowledge", "first_try", "reach", "listen", "resolve", "monitor", "follow_up",
    "answer", "safety", "task",
)  # fmt: skip
CALENDARS = ("office", "duty", "always")
CHANNELS = ("phone", "email")
TELLS = ("owner", *(role for role in Role if role is not Role.AUDITOR))
PRACTICE = Path(__file__).parent / "playbooks" / "practice.toml"
LONGEST_SPAN = timedelta(days=3 * 366)  # beyond it is a typing error, and years of tables
_SPAN = re.compile(r"\s*(\d{1,6})\s*(minute|hour|day)s?\s*")
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
        again = f", every {self.after}, {self.times} times at most" if self.times > 1 else ""
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
    reopen_within: timedelta = timedelta(days=30)
    contact_tries: int = 3
    contact_days: int = 3
    contact_channels: tuple[str, ...] = ("phone", "email")
    version: int = 0
    text: str = field(default="", repr=False)

    @property
    def threshold(self) -> Decimal:
        """Return the stars at and below which a review is negative."""
        return Decimal(str(self.negative_at))


def read_playbook(path: Path, version: int = 0) -> Playbook:
    """Read a playbook's file. Raises PlaybookError."""
    try:
        text = path.read_text(encoding="utf-8-sig")  # some editors write a mark first
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
        known = {"name", "negative_at", "reopen_within", "contact_tries", "contact_days",
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
            duty=self._duty(self._tables(raw, "calendars")),
            negative_at=self._number(raw, "negative_at", 2, 0, 5),
            reopen_within=self._real("reopen_within", raw.get("reopen_within", "30 days")),
            contact_tries=self._count(raw, "contact_tries", 3, 20),
            contact_days=self._count(raw, "contact_days", 3, 20),
            contact_channels=self._names(
                "contact_channels", raw.get("contact_channels", list(CHANNELS)), CHANNELS, "channel"
            ),
            version=version,
            text=self.text,
        )

    def _duty(self, calendars: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
        self._refuse_unknown("calendars", calendars, {"duty"})
        duty = calendars.get("duty", {})
        if not isinstance(duty, dict) or not all(map(_is_texts, duty.values())):
            self._wrong("calendars.duty", 'duty hours are a table of lists: sat = ["10:00-12:00"]')
            return {}
        before = len(self.mistakes)
        for day, spans in duty.items():
            if spans:
                self._check_hours(f"calendars.duty.{day}", {day: spans})
        if duty and len(self.mistakes) == before:
            self._check_hours("calendars.duty", duty)
        return {day: tuple(spans) for day, spans in duty.items()}

    def _check_hours(self, place: str, hours: Mapping[str, list[str]]) -> None:
        try:  # here once, and not in every case when its clocks are asked
            hours_from(hours, "UTC")
        except WorktimeError as error:
            self._wrong(place, str(error))

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
        if not isinstance(ladder, str) or ladder not in ladders:
            self._wrong(f"{place}.ladder", f"no ladder {ladder!r}; add [[ladders.{ladder}]]")
        promise = raw.get("promise")
        return Promise(
            kind,
            self._span(f"{place}.span", raw.get("span")),
            calendar,
            ladders.get(str(ladder), ()),
            None if promise is None else self._span(f"{place}.promise", promise),
        )

    def _rung(self, place: str, index: int, raw: Any) -> Rung:
        where = f"{place}.{index}"
        if not isinstance(raw, dict):
            raw = {}
            self._wrong(where, "a rung is a table: at, tell, means")
        self._refuse_unknown(where, raw, {"at", "tell", "means", "times", "at_once"})
        part, after = self._when(f"{where}.at", raw.get("at"))
        tell = self._names(f"{where}.tell", raw.get("tell"), TELLS, "role")
        means = raw.get("means", "remind")
        if means not in ("remind", "escalate"):
            self._wrong(f"{where}.means", f"{means!r}: a rung means 'remind' or 'escalate'")
        times = self._count(raw, "times", 1, 30, where)
        if times > 1 and after == Span():
            self._wrong(f"{where}.times", "only a rung at 'due + 1 day' or the like comes again")
        at_once = raw.get("at_once", False)
        if not isinstance(at_once, bool):  # "no" would wake people at night
            self._wrong(f"{where}.at_once", f"{at_once!r}: write true or false, without quotes")
        return Rung(part, after, tell, means, times, at_once is True)

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
        if timedelta(**{unit + "s": count}) > LONGEST_SPAN:
            self._wrong(
                place, f"{value!r} is too long: a span ends within {LONGEST_SPAN.days} days"
            )
            return Span()
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

    def _count(self, raw: Mapping[str, Any], name: str, usual: int, high: int, at: str = "") -> int:
        value = self._number(raw, name, usual, 1, high, at)
        if value != int(value):
            place = f"{at}.{name}" if at else name
            self._wrong(place, f"{value!r}: give a whole number from 1 to {high}")
        return int(value)

    def _names(self, place: str, value: Any, known: Sequence[str], what: str) -> tuple[str, ...]:
        if not isinstance(value, list) or not value:
            self._wrong(place, f'{value!r}: give a list of {what}s: ["{known[0]}"]')
            return ()
        for name in value:
            if name not in known:
                self._wrong(place, f"{name!r} is no {what}; the {what}s are: {_all(known)}")
        return tuple(map(str, value))

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
        for name in sorted(raw.keys() - known):
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


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _all(names: Any) -> str:
    return ", ".join(names)

"""Reads the parts of a playbook's file: the clocks, the ladders, what some cases have otherwise."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from itertools import pairwise
from typing import Any

from cases.calendars.hours import WorktimeError, duty_hours, hours_from
from cases.judging.triage import Severity
from cases.playbooks.overrides import WHEN, Override, applied
from cases.playbooks.playbook_values import Values, listed
from cases.playbooks.promises import (
    ASSIGNMENTS,
    CALENDARS,
    CHANNELS,
    CLOCKS,
    REQUIRED,
    TELLS,
    Promise,
    Rung,
    Span,
)

_RUNG = re.compile(r"\s*(?:(\d{1,3})\s*%|due\s*([+-])(.+))\s*")
_CLOCK = {"span", "calendar", "ladder", "promise", "taken_for"}
_BY_CASE = {"open_cases_at_most", "assignment", "assign_to"}  # settings an override may have
_OWN = {"negative_at", "reopen_within", "contact_tries", "contact_days", "contact_channels",
        "longest_pause", "monitor_window", "extension_approvers", "taken_for",
        "digest_at"}  # fmt: skip
_PARTS = {"name", "calendars", "clocks", "ladders", "overrides"}

Ladders = Mapping[str, tuple[Rung, ...]]


class PlaybookReader(Values):
    """Reads the parts and collects the mistakes, so that all are told at once."""

    def values(self, raw: dict[str, Any]) -> dict[str, Any]:
        """Return the fields of the Playbook; sound only where `mistakes` stays empty."""
        self.refuse_unknown("", raw, _PARTS | _OWN | _BY_CASE)
        ladders = {
            name: self._rungs(f"ladders.{name}", rungs)
            for name, rungs in self.tables(raw, "ladders").items()
            if self._is_list(f"ladders.{name}", rungs)
        }
        clocks = self._clocks(self.tables(raw, "clocks"), ladders)
        return {
            "name": str(raw.get("name", "practice")),
            "clocks": clocks,
            "duty": self._duty(self.tables(raw, "calendars")),
            "overrides": self._overrides(raw.get("overrides", []), ladders, clocks),
            **self._settings(raw),
            **self._by_case("", raw),
        }

    def _settings(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        channels = raw.get("contact_channels", list(CHANNELS))
        approvers = raw.get("extension_approvers", ["manager", "chief"])
        return {
            "negative_at": self.number(raw, "negative_at", 2, 0, 5),
            "reopen_within": self.real(raw, "reopen_within", "30 days"),
            "contact_tries": self.count(raw, "contact_tries", 3, 20),
            "contact_days": self.count(raw, "contact_days", 3, 20),
            "contact_channels": self.names("contact_channels", channels, CHANNELS, "channel"),
            "longest_pause": self.real(raw, "longest_pause", "30 days"),
            "monitor_window": self._window(raw),
            "extension_approvers": self.names("extension_approvers", approvers, TELLS[1:], "role"),
            "taken_for": self.span("taken_for", raw.get("taken_for", "2 hours")),
            "digest_at": self.clock_time("digest_at", raw.get("digest_at", "7:30")),
        }

    def _window(self, raw: Mapping[str, Any]) -> timedelta | None:
        """Return how long a resolved case is watched; it ends before its clock is due."""
        if "monitor_window" not in raw:
            return None
        window = self.real(raw, "monitor_window", "14 days")
        clock = raw.get("clocks", {}).get("monitor", {})
        span = self.span("clocks.monitor.span", clock.get("span", "")) if clock else None
        if span is not None and window >= span.real:
            self.wrong(
                "monitor_window",
                f"{raw['monitor_window']!r} leaves no time to look once more before the clock "
                "'monitor' is due; make its span longer",
            )
        return window

    def _by_case(self, place: str, raw: Mapping[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if "assignment" in raw:
            at = f"{place}.assignment".lstrip(".")
            found["assignment"] = self.choice(at, raw["assignment"], ASSIGNMENTS)
        if "assign_to" in raw:
            at = f"{place}.assign_to".lstrip(".")
            found["assign_to"] = self.names(at, raw["assign_to"], ("director", "manager"), "role")
        if "open_cases_at_most" in raw:
            found["open_cases_at_most"] = self.count(raw, "open_cases_at_most", 1, 10_000, place)
        return found

    # Clocks

    def _clocks(self, raw: Mapping[str, Any], ladders: Ladders) -> dict[str, Promise]:
        for kind in REQUIRED:
            if kind not in raw:
                self.wrong("clocks", f"the clock {kind!r} is missing; add [clocks.{kind}]")
        found = {}
        for kind, fields in raw.items():
            if self._is_clock(f"clocks.{kind}", kind):
                parts = self._fields(f"clocks.{kind}", fields, ladders, ("span", "ladder"))
                found[kind] = Promise(kind, **parts)
                self._check_before(f"clocks.{kind}", found[kind])
        return found

    def _is_clock(self, place: str, kind: str) -> bool:
        if kind not in CLOCKS:
            self.unknown(
                place, f"there is no stage or clock {kind!r}; the clocks are: {listed(CLOCKS)}"
            )
        return kind in CLOCKS

    def _fields(
        self, place: str, raw: Any, ladders: Ladders, needed: tuple[str, ...] = ()
    ) -> dict[str, Any]:
        """Return the fields of a Promise that are given, or `needed` whether or not they are."""
        if not isinstance(raw, dict):
            raw = {}
            self.wrong(place, "a clock is a table: span, calendar, ladder")
        self.refuse_unknown(place, raw, _CLOCK)
        found: dict[str, Any] = {}
        if "span" in raw or "span" in needed:
            found["span"] = self.span(f"{place}.span", raw.get("span"))
        if "calendar" in raw:
            found["calendar"] = self._calendar(f"{place}.calendar", raw["calendar"])
        if "ladder" in raw or "ladder" in needed:
            ladder = raw.get("ladder", "standard")
            found["ladder"] = self._ladder(f"{place}.ladder", ladder, ladders)
        if "promise" in raw:
            none = raw["promise"] == "none" and not needed  # an override may take it back
            found["promise"] = None if none else self.span(f"{place}.promise", raw["promise"])
        if "taken_for" in raw:
            found["taken_for"] = self.span(f"{place}.taken_for", raw["taken_for"])
        return found

    def _calendar(self, place: str, value: Any) -> str:
        if value not in CALENDARS:
            self.wrong(place, f"{value!r} is no calendar; use one of: {listed(CALENDARS)}")
            return "office"
        return str(value)

    def _ladder(self, place: str, name: Any, ladders: Ladders) -> tuple[Rung, ...]:
        if not isinstance(name, str) or name not in ladders:
            self.wrong(place, f"no ladder {name!r}; add [[ladders.{name}]]")
            return ()
        return ladders[name]

    def _check_before(self, place: str, promise: Promise) -> None:
        """Refuse a reminder that would come before its clock starts."""
        span = promise.span
        for rung in promise.ladder if span else ():  # without a span it brings its own date
            real = promise.calendar == "always" or bool(rung.before.days) == bool(span.days)
            days = bool(rung.before.days) and not span.days and promise.calendar != "always"
            if days or (real and rung.before.real >= span.real):
                self.wrong(
                    f"{place}.ladder",
                    f"its rung 'due - {rung.before}' comes before the clock starts, which runs "
                    f"{span}; give this clock a ladder of its own",
                )

    # Ladders

    def _rungs(self, place: str, raw: list[Any]) -> tuple[Rung, ...]:
        rungs = tuple(self._rung(place, index, rung) for index, rung in enumerate(raw))
        for index, (low, high) in enumerate(pairwise(rungs), start=1):
            if _falls_back(low, high) and not self.stored:
                self.wrong(f"{place}.{index}.at", "it comes before the rung above it; give rungs "
                           "in the order of their times, the first to come first")  # fmt: skip
        return rungs

    def _rung(self, place: str, index: int, raw: Any) -> Rung:
        where = f"{place}.{index}"
        if not isinstance(raw, dict):
            raw = {}
            self.wrong(where, "a rung is a table: at, tell, means")
        self.refuse_unknown(where, raw, {"at", "tell", "means", "times", "at_once", "low"})
        part, before, after = self._when(f"{where}.at", raw.get("at"))
        tell = self.names(f"{where}.tell", raw.get("tell"), TELLS, "role")
        means = raw.get("means", "remind")
        if means not in ("remind", "escalate"):
            self.wrong(f"{where}.means", f"{means!r}: a rung means 'remind' or 'escalate'")
        times = self.count(raw, "times", 1, 30, where)
        if times > 1 and not after:
            self.wrong(f"{where}.times", "only a rung at 'due + 1 day' or the like comes again")
        at_once, low = self.truth(raw, "at_once", where), self.truth(raw, "low", where)
        if low and (at_once or means == "escalate"):
            self.wrong(f"{where}.low", "only a reminder may wait for the digest; leave 'low' out")
        return Rung(part, after, tell, means, times, at_once, low, before)

    def _when(self, place: str, value: Any) -> tuple[float | None, Span, Span]:
        match = _RUNG.fullmatch(value) if isinstance(value, str) else None
        if match is None or int(match[1] or 0) > 100:
            self.wrong(
                place, f"{value!r}: write '50%' (of the span), 'due - 1 hour' or 'due + 4 hours'"
            )
            return 1.0, Span(), Span()
        if match[1] is not None:
            return int(match[1]) / 100, Span(), Span()
        span = self.span(place, match[3])
        if match[2] == "-" and not span:
            return 1.0, Span(), Span()  # "due - 0 hours" is due
        return (None, span, Span()) if match[2] == "-" else (None, Span(), span)

    def _is_list(self, place: str, value: Any) -> bool:
        if not isinstance(value, list):
            self.wrong(place, f"a ladder is a list of rungs: [[{place}]]")
        return isinstance(value, list)

    # Calendars

    def _duty(self, calendars: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
        self.refuse_unknown("calendars", calendars, {"duty"})
        duty = calendars.get("duty", {})
        if not isinstance(duty, dict) or not all(map(_is_texts, duty.values())):
            self.wrong("calendars.duty", 'duty hours are a table of lists: sat = ["10:00-12:00"]')
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
            duty_hours(hours_from({"mon": ["09:00-17:00"]}, "UTC"), hours)
        except WorktimeError as error:
            self.wrong(place, str(error))

    # What some cases have otherwise

    def _overrides(
        self, raw: Any, ladders: Ladders, clocks: Mapping[str, Promise]
    ) -> tuple[Override, ...]:
        if not isinstance(raw, list):
            self.wrong("overrides", "overrides are a list of tables: [[overrides]]")
            return ()
        found = [
            self._override(f"overrides.{i}", each, ladders, clocks) for i, each in enumerate(raw)
        ]
        # One without a sound `when` would hold for every case: never that.
        return tuple(each for each in found if each.when)

    def _override(
        self, place: str, raw: Any, ladders: Ladders, clocks: Mapping[str, Promise]
    ) -> Override:
        if not isinstance(raw, dict):
            raw = {}
            self.wrong(place, "an override is a table: when, clocks")
        self.refuse_unknown(place, raw, {"when", "clocks", *_BY_CASE})
        found = {}
        for kind, fields in self.tables(raw, "clocks", place).items():
            at = f"{place}.clocks.{kind}"
            if self._is_clock(at, kind):
                # A clock the policy otherwise lacks must say all that it is.
                needed = () if kind in clocks else ("span", "ladder")
                found[kind] = self._fields(at, fields, ladders, needed)
        for kind, promise in applied(clocks, [Override({}, found)]).items():
            if kind in found:
                self._check_before(f"{place}.clocks.{kind}", promise)
        settings = self._by_case(place, raw)
        if not found and not settings and not self.stored:
            self.wrong(place, "it changes nothing; add [overrides.clocks.acknowledge], or drop it")
        return Override(self._when_of(f"{place}.when", raw.get("when")), found, settings)

    def _when_of(self, place: str, raw: Any) -> dict[str, tuple[str, ...]]:
        if not isinstance(raw, dict) or not raw:
            self.wrong(place, f'{raw!r}: say for which cases: when = {{severity = "grave"}}')
            return {}
        self.refuse_unknown(place, raw, set(WHEN))
        if raw.keys() - set(WHEN):
            return {}
        found = {}
        for key in (key for key in WHEN if key in raw):
            values = raw[key] if isinstance(raw[key], list) else [raw[key]]
            if not values or not all(isinstance(v, str) and v.strip() for v in values):
                self.wrong(f"{place}.{key}", f"{raw[key]!r}: give a name, or a list of names")
            elif key == "severity":
                found[key] = self.names(f"{place}.{key}", values, tuple(Severity), "severity")
            else:
                found[key] = tuple(values)
        return found


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _falls_back(low: Rung, high: Rung) -> bool:
    """Tell whether a rung surely comes sooner than the one it stands behind.

    A part of the span and a time before due are only compared once a clock runs.
    """
    if low.in_time != high.in_time:
        return high.in_time
    if low.part is not None and high.part is not None:
        return high.part < low.part
    if low.before and high.before:
        return high.before.real > low.before.real
    return not low.in_time and high.after.real < low.after.real

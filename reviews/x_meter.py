"""What X may cost and how often it may be asked: dollars a month, calls a quarter of an hour."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

import httpx

from cases.ports import PlatformError
from reviews import web
from reviews.access import Access

# Dollars, as of 2026; settings of the same names. `budget` is for one calendar month (UTC).
_USUAL = {
    "budget": "10",
    "price_read": "0.001",
    "price_reply": "0.010",
    "price_other": "0.015",
    "price_link": "0.20",
}


class Meter:
    """Counts what is spent, in the record, so that no restart makes the cap a new one.

    What is posted is counted before it is asked for, what is read as soon as it came. Two
    processes that count in the same instant may lose one of the two sums.
    """

    def __init__(self, access: Access, clock: Callable[[], datetime]) -> None:
        self.access, self.clock = access, clock

    def price(self, name: str) -> Decimal:
        """Return a price or the budget, in dollars. Raises SettingsError."""
        return Decimal(str(self.access.number(name, float(_USUAL[name]))))

    def spent(self) -> Decimal:
        """Return what this month has cost so far, in dollars."""
        kept = self.access.secret("spent").get_secret_value()
        month, _, sum_ = kept.partition(" ")
        try:
            return Decimal(sum_) if month == self._month() else Decimal(0)
        except InvalidOperation:
            return Decimal(0)

    def spend(self, dollars: Decimal) -> None:
        """Count what was spent."""
        if dollars:
            with self.access.lock:
                self.access.keep("spent", f"{self._month()} {self.spent() + dollars}")

    def affords(self, price: str, most: int = 1) -> int:
        """Return how many at this price the budget allows, at most that many."""
        left, each = self.price("budget") - self.spent(), self.price(price)
        return most if each <= 0 else max(0, min(most, int(left / each)))

    def need(self, price: str, least: int = 1) -> None:
        """Raise PlatformError("x-budget") unless the budget allows that many."""
        if self.affords(price, least) < least:
            raise PlatformError("x-budget", "the month's cap on cost is reached")

    def _month(self) -> str:
        return f"{self.clock():%Y-%m}"


class Windows:
    """What X's headers say of each endpoint's window, so that nobody knocks at a closed door."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self._shut: dict[str, datetime] = {}

    def enter(self, which: str) -> None:
        """Raise PlatformError("x-limit") while an endpoint's window is used up."""
        until, now = self._shut.get(which), self.clock()
        if until is not None and until > now:
            raise PlatformError("x-limit", "this window is used up", retry_after=until - now)

    def note(self, which: str, response: httpx.Response) -> None:
        """Read what is left of a window."""
        wait = self.wait(response)
        if response.headers.get("x-rate-limit-remaining", "").strip() == "0" and wait is not None:
            self._shut[which] = self.clock() + wait

    def wait(self, response: httpx.Response) -> timedelta | None:
        """Return how long until the window opens again; None where X does not say."""
        return web.reset_after(response, "x-rate-limit-reset", self.clock())


def problem(response: httpx.Response) -> str:
    """Return what X's refusal says in words, in lower case; only to be searched, never shown."""
    try:
        found = json.dumps(response.json())
    except (ValueError, RecursionError):
        return ""
    return found[:10_000].casefold()

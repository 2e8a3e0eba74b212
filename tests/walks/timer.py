"""One promise as the model keeps it: when it is due, its rungs, what has been told.

All times are seconds of the era. It follows the blueprint and shares nothing with `clocks`:
open time is looked up in minutes, and whether a rung is ripe is asked of every clock at every
sweep, never of an index.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from cases.playbooks.promises import Promise, Rung
from tests.walks.minutes import Clinic, Minutes

TURN = 100
Place = tuple[int, int]  # which rung, and the how manieth time


@dataclass
class Waiting:
    """A pause: from, to when it was planned, when somebody ended it."""

    begin: int
    until: int
    ended: int | None = None

    @property
    def end(self) -> int:
        return self.until if self.ended is None else min(self.until, self.ended)


@dataclass
class Timer:
    """One promise; `due` is what the record must say of it, `missed` once set stays."""

    kind: str
    key: str
    round: int
    since: int
    days: int
    span: int
    calendar: str
    ladder: tuple[Rung, ...]
    extra: int = 0
    turn: int = 0
    due: int = 0
    missed: int | None = None
    unseen: int | None = None  # a miss by hours that have changed since, and no sweep noted yet
    rests_until: int | None = None
    looked: int = 0  # what somebody left to the next sweep waits for this time, if clocks go back
    ended: int | None = None
    how: str = ""
    pauses: list[Waiting] = field(default_factory=list)
    told: dict[Place, int] = field(default_factory=dict)  # people, by rung that had its moment
    owner_knows: bool = False

    @property
    def runs(self) -> bool:
        return self.ended is None

    def under(self, promise: Promise) -> None:
        """Take another policy's span and calendar."""
        self.span = int(promise.span.time.total_seconds())
        self.days, self.calendar = promise.span.days, promise.calendar

    def whole(self, clinic: Clinic) -> int:
        """Return all its open seconds."""
        return self._of_days(clinic, self.days) + self.span + self.extra

    def _of_days(self, clinic: Clinic, days: int) -> int:
        minutes = clinic.named(self.calendar)
        return minutes.between(self.since, minutes.days(self.since, days)) if days else 0

    def time(self, clinic: Clinic) -> int:
        """Work out when it is due, note it, and return it."""
        self.due = self._after(clinic.named(self.calendar), self.since, self.whole(clinic))
        return self.due

    def _after(self, minutes: Minutes, at: int, left: int, since: int | None = None) -> int:
        """Return when so much open time has gone by outside the pauses (that end after `since`)."""
        for begin, end in self._waits():
            if since is not None and end <= since:
                continue
            free = minutes.between(at, begin)
            if left <= free:
                break
            left, at = left - free, max(at, end)
        return minutes.over(at, left) if left else at

    def _waits(self) -> list[tuple[int, int]]:
        """Return the paused stretches, each instant in one of them."""
        found: list[tuple[int, int]] = []
        for begin, end in sorted((p.begin, p.end) for p in self.pauses if p.begin < p.end):
            if found and begin <= found[-1][1]:
                found[-1] = found[-1][0], max(end, found[-1][1])
            else:
                found.append((begin, end))
        return found

    def rungs(self, clinic: Clinic) -> Iterator[tuple[int, Place]]:
        """Yield each rung of this turn that had no moment yet: when it comes, and which it is."""
        for number, rung in enumerate(self.ladder):
            for times in range(rung.times):
                place = number, self.turn * TURN + times
                at = self._comes(clinic, rung, times + 1) if place not in self.told else None
                if at is not None:
                    yield at, place

    def ripe(self, clinic: Clinic, now: int) -> list[tuple[int, Place]]:
        """Return the rungs that are ripe, in the order in which they became so."""
        return sorted(
            (each for each in self.rungs(clinic) if each[0] <= now), key=lambda each: each[0]
        )

    def _comes(self, clinic: Clinic, rung: Rung, times: int) -> int | None:
        minutes = clinic.named(self.calendar)
        if rung.before:
            gone = self._gone(clinic, rung)
            if gone <= 0:
                return None
            at = self._after(minutes, self.since, gone)
        elif rung.part is not None:
            part = Fraction(str(rung.part)) * self.whole(clinic)
            at = self.due if rung.part == 1 else self._after(minutes, self.since, int(part))
        else:
            at = self._late(clinic.named("office"), rung, times)
        at = self._heard(clinic, rung, at)
        if rung.before and at >= self.due:
            return max(self.since, clinic.named("office").before(self.due))
        return at

    def _gone(self, clinic: Clinic, rung: Rung) -> int:
        before = rung.before
        if before.days and before.days <= self.days:
            return self._of_days(clinic, self.days - before.days) + self.span + self.extra
        return self.whole(clinic) - int(before.real.total_seconds())

    def _late(self, office: Minutes, rung: Rung, times: int) -> int:
        if rung.after.days:
            plain = office.days(self.due, rung.after.days * times)
        else:
            plain = office.over(self.due, int(rung.after.time.total_seconds()) * times)
        left = office.between(self.due, plain)
        return max(plain, self._after(office, self.due, left, since=self.due))

    def _heard(self, clinic: Clinic, rung: Rung, at: int) -> int:
        """Return when people may hear it: in open hours, and not while it waits."""
        duty = rung.means == "remind" and self.calendar == "duty"
        hours = clinic.named("duty" if duty else "office")
        while True:
            heard = at if rung.at_once else hours.opens(at)
            until = next((end for begin, end in self._waits() if begin <= heard < end), None)
            if until is None:
                return heard
            at = until

    def left(self, clinic: Clinic, now: int) -> None:
        """Note that what is ripe or missed by now was left to the next sweep."""
        if (self.missed is None and self.due <= now) or self.ripe(clinic, now):
            self.looked = now

    def stop(self, how: str, now: int) -> None:
        """End it; it is missed where it was due by now."""
        self.miss(now)
        self.ended, self.how = now, how

    def miss(self, now: int) -> None:
        """Note that it is missed, where it was due by now."""
        if self.missed is None and self.due <= now:
            self.missed = self.due

    def changes_hours(self, now: int) -> None:
        """Keep a miss in mind that no sweep has noted: other hours do not undo it."""
        if self.missed is None and self.due <= now:
            self.unseen = self.due

"""What a playbook is made of: spans, the rungs of a ladder, the promise a clock makes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from cases.models import Role

# Without these a case could not be seen through: every playbook has them.
REQUIRED = (
    "acknowledge", "first_try", "reach", "listen", "resolve", "monitor", "follow_up",
    "answer", "safety", "task",
)  # fmt: skip
# A policy that lacks one of these does not run it. What brings a date of its own (a promise to the
# patient, an appeal with the platform) then runs the clock `task` until that date.
OPTIONAL = ("promise", "appeal", "message", "in_touch", "grievance", "breach")
CLOCKS = (*REQUIRED, *OPTIONAL)
CALENDARS = ("office", "duty", "always")
CHANNELS = ("phone", "email")
TELLS = ("owner", *(role for role in Role if role is not Role.AUDITOR))
ASSIGNMENTS = ("clinic_director", "round_robin", "least_loaded")


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of open time, or of working days: never both."""

    time: timedelta = timedelta()
    days: int = 0

    def __bool__(self) -> bool:
        return bool(self.time or self.days)

    def __str__(self) -> str:
        if self.days:
            return f"{self.days} day{'s' * (self.days != 1)}"
        minutes = int(self.time.total_seconds() // 60)
        count, unit = (minutes, "minute") if minutes % 60 else (minutes // 60, "hour")
        return f"{count} {unit}{'s' * (count != 1)}"

    @property
    def real(self) -> timedelta:
        """Return it as time that passes on any clock, a day being 24 hours."""
        return self.time + timedelta(days=self.days)


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of a ladder: when, and who is told.

    When is a part of the span, or a time `before` it is due (in the clock's own calendar), or else
    a time `after` (in office time). `at_once` rungs fire at any hour; the others wait for the
    clinic's office to be open. A `low` rung may wait for the daily digest; grave cases never do.
    """

    part: float | None  # of the span; None: `before` or `after` counts from due
    after: Span
    tell: tuple[str, ...]
    means: str
    times: int = 1
    at_once: bool = False
    low: bool = False
    before: Span = Span()

    @property
    def in_time(self) -> bool:
        """Tell whether the rung comes while its clock can still be kept."""
        return bool(self.before) if self.part is None else self.part < 1

    def __str__(self) -> str:
        due = f"due - {self.before}" if self.before else f"due + {self.after}"
        when = due if self.part is None else f"{self.part:.0%} of the time"
        again = f", every {self.after}, {self.times} times at most" if self.times > 1 else ""
        return f"{when}: {self.means} {' and '.join(self.tell)}{again}"


@dataclass(frozen=True, slots=True)
class Promise:
    """What one kind of clock says: how long, counted in which calendar, and its ladder."""

    kind: str
    span: Span = Span()
    calendar: str = "office"
    ladder: tuple[Rung, ...] = ()
    promise: Span | None = None  # what the practice promised the public, in real time
    taken_for: Span | None = None  # how long "I have it" holds its ladder; None: the playbook's

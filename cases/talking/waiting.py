"""A notice that waits to leave, with all that decides whether it may and how it is worded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cases.models import (
    Case,
    Clinic,
    Clock,
    Consent,
    ContactPoint,
    Correspondent,
    Notice,
    Number,
    Person,
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A notice, opened, with all that decides whether it may go and how it is worded."""

    notice: Notice
    case: Case | None
    clinic: Clinic | None
    person: Person | None
    point: ContactPoint | None
    correspondent: Correspondent | None
    consents: Sequence[Consent]
    owner: Person | None = None  # of the case; without one, an administrator: who hears of trouble
    clock: Clock | None = None  # the one a notice of a ladder is about
    instead: Person | None = None  # who hears what `person` cannot: gone, away, no such address
    number: Number | None = None  # of a text, once it was texted
    texted: Sequence[datetime] = ()  # when it was, lately, in all cases

"""What a rule answers with: a Change, a value that says all that is to be written, and why.

A rule takes what is known and the Moment and returns a Change. The store applies Changes. Nobody
else writes: so no row changes without an event that explains it, and whoever acted on something
that is no longer so is told instead of overwriting it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlmodel import SQLModel

from cases.identifiers import Identifiers
from cases.models import Beat, Call, Knock, Link, Notice, Number, Session, Subject, Visibility

# What may change without a line of history: a notice has its receipts; that a session is still in
# use, and that somebody is at the door, is told by the events before and after it. A line for each
# page somebody opens would bury the history that matters.
_QUIET = (Notice, Number, Session, Knock, Beat, Link, Call)


@dataclass(frozen=True, slots=True)
class Moment:
    """When a rule is asked, by whom (a person's id, or a flow's name), and its identifiers."""

    now: datetime
    by: str
    ids: Identifiers

    def __post_init__(self) -> None:
        if self.now.tzinfo is None:
            raise ValueError(f"{self.now!r} has no time zone; give an aware datetime")

    def new_id(self) -> str:
        return self.ids.new(self.now)


class About(NamedTuple):
    """The subject of a Change, and the version of it that the rule saw; 0: it is new."""

    table: type[Subject]
    id: str
    version: int


def about(row: Subject) -> About:
    """Return what a Change about this row, as it was read, is about."""
    return About(_table(row), row.id, row.version)


def _table(row: Subject) -> type[Subject]:
    # Rows are read as plain, immutable tuples that know where they came from.
    return getattr(row, "of_table", None) or type(row)


class Add(NamedTuple):
    """A row to insert."""

    table: type[SQLModel]
    values: Mapping[str, Any]


class Set(NamedTuple):
    """Columns of one row to overwrite."""

    table: type[SQLModel]
    id: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Happened:
    """An event: a code and its facts (ids, codes, instants); words about a patient go to `words`.

    `words` are sealed and can be erased later; the chain keeps their keyed digest.
    """

    kind: str
    detail: Mapping[str, Any] = field(default_factory=dict)
    words: str | None = None
    visibility: Visibility = Visibility.TEAM
    at: datetime | None = None  # when it happened, if that is not when it is written


@dataclass(frozen=True, slots=True)
class Change:
    """All that one answer writes, in one transaction or not at all.

    `sets` and `adds` are column values, never rows somebody mutated. `requires` names rows that
    must still stand at the version they were read at, though this Change does not touch them.
    `parts` are Changes about other subjects that hold only together with this one.
    """

    subject: About
    moment: Moment
    sets: Sequence[Set] = ()
    adds: Sequence[Add] = ()
    events: Sequence[Happened] = ()
    notices: Sequence[Mapping[str, Any]] = ()
    requires: Sequence[About] = ()
    parts: Sequence[Change] = ()
    case_id: str = ""  # the case whose timeline shows it, where the subject is something else

    def __post_init__(self) -> None:
        if not self.events and self.subject.table not in _QUIET:
            raise ValueError("a Change without an event would leave no trace; say what happened")

    def with_parts(self, *parts: Change) -> Change:
        return replace(self, parts=(*self.parts, *parts))

    def whole(self) -> tuple[Change, ...]:
        """Return this Change and all that hold only together with it."""
        return (self, *(each for part in self.parts for each in part.whole()))

"""Where a case stands, and which promises a fact starts or keeps.

A stage is left when its result is shown, never because somebody says so. `record` is the one way a
case changes: it notes the facts, finds the stage they add up to, and starts and ends the clocks
that hang on them. What each move needs stands in `needs`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast

from cases.casefile import CaseFile, OnTheClock
from cases.changes import Add, Change, Happened, Moment, Set, about
from cases.clockwork import clocks, touch
from cases.clockwork.retiming import Anew, anew
from cases.models import Case, Clock, Stage
from cases.needs import ANSWERS

# The stages in order, and the fact that shows each one's result.
RESULTS: tuple[tuple[Stage, str], ...] = (
    (Stage.ACKNOWLEDGE, "acknowledged_at"),
    (Stage.CONTACT, "contact_ended_at"),
    (Stage.LISTEN, "heard_at"),
    (Stage.RESOLVE, "resolved_at"),
    (Stage.MONITOR, "monitor_ended_at"),
    (Stage.FOLLOW_UP, "closed_at"),
)


def standing(case: Any) -> Stage:
    """Return the stage a case stands in: the first whose result is not shown."""
    if case.closed_at is not None:
        return Stage.CLOSED
    return next((stage for stage, fact in RESULTS if getattr(case, fact) is None), Stage.CLOSED)


@dataclass(frozen=True, slots=True)
class Course:
    """When a kind of clock runs: from which instant, and the fact that keeps its promise."""

    since: Callable[[Any], datetime | None]
    kept: str


def _if(holds: bool, at: datetime | None) -> datetime | None:
    return at if holds else None


COURSES: dict[str, Course] = {
    "safety": Course(lambda c: _if(c.severity == "grave", c.began_at), "safe_at"),
    "acknowledge": Course(lambda c: c.began_at, "acknowledged_at"),
    "first_try": Course(lambda c: c.began_at, "first_try_at"),
    "reach": Course(lambda c: c.first_try_at, "contact_ended_at"),
    "listen": Course(lambda c: _if(c.contact_how == "reached", c.contact_ended_at), "heard_at"),
    "resolve": Course(lambda c: c.heard_at, "resolved_at"),
    "monitor": Course(lambda c: c.resolved_at, "monitor_ended_at"),
    "follow_up": Course(
        lambda c: _if(c.monitor_how == "stands", c.monitor_ended_at), "followed_up_at"
    ),
}


def record(
    file: CaseFile,
    moment: Moment,
    *events: Happened,
    facts: Mapping[str, Any] | None = None,
    sets: Sequence[Set] = (),
    adds: Sequence[Add] = (),
    notices: Sequence[Mapping[str, Any]] = (),
    ends: Sequence[Set] = (),
) -> Change:
    """Return the Change that notes these facts of a case, with the stage and clocks that follow.

    `ends` are clocks the caller ended itself (those with a key: a message, a task).
    """
    after = _after(file.case, facts or {})
    stage = standing(after)
    values = {**(facts or {}), "stage": stage}
    moved_on: tuple[Happened, ...] = ()
    if stage != file.case.stage:
        moved_on = (Happened("moved", {"from": file.case.stage, "to": stage}),)
    new = _under_policy(file, after)
    started, ended = _follow(new, after, moment, {each.id for each in ends})
    touched = touch.follow(new, after, adds, moment)
    gone = (*ends, *ended, *touched[1])
    moved = _moved(file, new, gone, moment)
    return Change(
        about(file.case),
        moment,
        sets=(Set(Case, file.case.id, values), *sets, *gone, *moved.sets),
        adds=(*adds, *started, *touched[0], *moved.adds),
        events=(*events, *moved_on, *moved.events),
        notices=notices,
    )


def _under_policy(file: CaseFile, after: Any) -> CaseFile:
    """Return the case under what the playbook says for its severity, where that has changed."""
    if after.severity == file.case.severity:
        return file
    platform, clinic = file.review.platform, file.clinic.slug
    return replace(file, playbook=file.playbook.for_case(after.severity, platform, clinic))


def _moved(file: CaseFile, new: CaseFile, gone: Sequence[Set], moment: Moment) -> Anew:
    if new is file:
        return Anew()
    return anew(file, new, moment, whole=True, leave={each.id for each in gone})


def _after(case: Case, facts: Mapping[str, Any]) -> Any:
    return SimpleNamespace(**{**_values(case), **facts})


def _values(case: Case) -> dict[str, Any]:
    if hasattr(case, "_asdict"):
        return cast("dict[str, Any]", case._asdict())
    return case.model_dump()


def owed_clocks(file: OnTheClock, moment: Moment) -> list[Add]:
    """Return the clocks the facts of a case ask for and that do not run: a policy added them."""
    return [*_follow(file, file.case, moment, set())[0], *touch.owed(file, moment)]


def _follow(
    file: OnTheClock, after: Any, moment: Moment, touched: set[str]
) -> tuple[list[Add], list[Set]]:
    """Start the clocks the facts now ask for, end those they have kept or made pointless."""
    started: list[Add] = []
    ended: list[Set] = []
    mine = [c for c in file.clocks if c.round == after.round and c.id not in touched]
    for kind, course in COURSES.items():
        since, kept = course.since(after), getattr(after, course.kept)
        known = [clock for clock in mine if clock.kind == kind]
        running = [clock for clock in known if clock.ended_at is None]
        if kept is not None:
            ended += [clocks.end(clock, "met", moment) for clock in running]
        elif since is None or after.closed_at is not None:
            ended += [clocks.end(clock, "cancelled", moment) for clock in running]
        elif not running and kind in file.playbook.clocks:
            # Who was given up and then calls is heard after all: the promise is made again.
            again = str(len(known) + 1) if known else ""
            # Found grave only later, or asked for by a later policy: it begins now, since nobody
            # could have kept it before.
            late = kind == "safety" or (not known and course.since(file.case) == since)
            begun = moment.now if late else since
            started.append(_start(file, kind, begun, after, moment, again))
    return started, ended + _void(file, after, moment, touched)


def _void(file: OnTheClock, after: Any, moment: Moment, touched: set[str]) -> list[Set]:
    """End what an older round or a case closed just now left running.

    A task may outlive the case, and what they wrote is owed an answer in any round.
    """
    closing = after.closed_at is not None and file.case.closed_at is None
    return [
        clocks.end(clock, "cancelled", moment)
        for clock in file.clocks
        if clock.ended_at is None
        and clock.id not in touched
        and clock.kind not in (*clocks.DATED, touch.KIND)
        and (closing if clock.kind in ANSWERS else clock.round != after.round)
    ]


def _start(
    file: OnTheClock, kind: str, since: datetime, after: Any, moment: Moment, again: str
) -> Add:
    return clocks.start(
        kind,
        file.case.id,
        since,
        file.playbook.clocks[kind],
        file.calendars,
        moment,
        key=again,
        round_=after.round,
        version=file.playbook.version,
    )


def keyed_clock(
    file: CaseFile, kind: str, key: str, moment: Moment, until: datetime | None = None
) -> Add:
    """Return a clock of its own for one message or one task."""
    return clocks.start(
        kind,
        file.case.id,
        moment.now,
        file.playbook.clocks[kind],
        file.calendars,
        moment,
        key=key,
        round_=file.case.round,
        until=until,
        version=file.playbook.version,
    )


def running(file: CaseFile, kind: str, key: str | None = None) -> list[Clock]:
    """Return the clocks of a kind that still run."""
    return [
        clock
        for clock in file.clocks
        if clock.kind == kind and clock.ended_at is None and key in (None, clock.key)
    ]

"""Where a case stands, what each move needs, and which promises a fact starts or keeps.

A stage is left when its result is shown, never because somebody says so. `MOVES` is the one table
of what may be done when; `record` is the one way a case changes: it notes the facts, finds the
stage they add up to, and starts and ends the clocks that hang on them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast

from cases import clocks
from cases.casefile import CaseFile
from cases.changes import Add, Change, Happened, Moment, Set, about
from cases.models import Case, Clock, ReplyState, Stage

# The stages in order, and the fact that shows each one's result.
RESULTS: tuple[tuple[Stage, str], ...] = (
    (Stage.ACKNOWLEDGE, "acknowledged_at"),
    (Stage.CONTACT, "contact_ended_at"),
    (Stage.LISTEN, "heard_at"),
    (Stage.RESOLVE, "resolved_at"),
    (Stage.MONITOR, "monitor_ended_at"),
    (Stage.FOLLOW_UP, "closed_at"),
)

# A reply in one of these states may be attested: approved, and not known to be live.
ATTESTABLE = (ReplyState.BY_HAND, ReplyState.APPROVED, ReplyState.REJECTED, ReplyState.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Need:
    """Something that must be so before a move is legal, and how to make it so."""

    holds: Callable[[CaseFile], bool]
    remedy: str


class IllegalMove(Exception):
    """The move may not be made now. `missing` says, one by one, what would make it legal."""

    def __init__(self, move: str, missing: Sequence[str]) -> None:
        super().__init__(f"{move}: " + "; ".join(missing))
        self.move, self.missing = move, tuple(missing)


def _identified(file: CaseFile) -> bool:
    """Tell whether care may be discussed: two identifiers, and authority unless it is their own."""
    who = file.correspondent
    if who is None or len(who.identifiers) < 2:
        return False
    return who.care_of == "self" or bool(who.authority)


def _paused(file: CaseFile) -> bool:
    """Tell whether a clock was paused and nobody resumed it; rules here do not know the time."""
    return any(
        pause.ended_at is None
        for clock in file.clocks
        if clock.ended_at is None
        for pause in file.pauses.get(clock.id, ())
    )


NEEDS: dict[str, Need] = {
    "open": Need(lambda f: f.case.closed_at is None, "the case is closed; first: reopen"),
    "closed": Need(lambda f: f.case.closed_at is not None, "the case is still open"),
    "not_merged": Need(
        lambda f: f.case.merged_into_id is None, "it was merged into another case; first: unmerge"
    ),
    "merged": Need(
        lambda f: f.case.merged_into_id is not None, "this case was not merged into another"
    ),
    "not_held": Need(
        lambda f: f.case.held_at is None, "a hold stops all that goes out; first: release"
    ),
    "held": Need(lambda f: f.case.held_at is not None, "no hold stands"),
    "unacknowledged": Need(
        lambda f: f.case.acknowledged_at is None, "the review is acknowledged already"
    ),
    "acknowledged": Need(
        lambda f: f.case.acknowledged_at is not None,
        "no public reply is live; first: approve and publish one, or: no-reply with its reason",
    ),
    "drafted": Need(
        lambda f: any(r.state == ReplyState.DRAFT and r.text is not None for r in f.replies),
        "there is no draft; first: draft",
    ),
    "approved": Need(
        lambda f: any(reply.state in ATTESTABLE for reply in f.replies),
        "no approved reply waits for a hand; first: approve",
    ),
    "known": Need(
        lambda f: f.correspondent is not None and f.correspondent.undone_at is None,
        "nobody is recorded as the correspondent; first: match",
    ),
    "unknown": Need(
        lambda f: f.correspondent is None or f.correspondent.undone_at is not None,
        "a correspondent is recorded; first: unmatch",
    ),
    "contact_open": Need(
        lambda f: f.case.contact_how not in ("reached", "declined"),
        "they were reached already, or declined",
    ),
    "reached": Need(
        lambda f: f.case.contact_how == "reached",
        "they were not reached yet; first: call, or another contact with the outcome reached",
    ),
    "unheard": Need(lambda f: f.case.heard_at is None, "their account is written down already"),
    "heard": Need(
        lambda f: f.case.heard_at is not None,
        "their own account is not written down; first: hear "
        "(or end contact without them: unreachable, unidentified, declined)",
    ),
    "identified": Need(
        _identified,
        "care may not be discussed yet; first: identify, with two identifiers and, "
        "for anyone but the patient, their authority",
    ),
    "unresolved": Need(lambda f: f.case.resolved_at is None, "it is resolved already"),
    "resolved": Need(
        lambda f: f.case.resolved_at is not None,
        "it is not resolved; first: resolve, with the cause and what was done",
    ),
    "monitored": Need(
        lambda f: f.case.monitor_ended_at is not None,
        "the review is still watched; wait for the end of the window, or first: look, "
        "if it was changed or removed",
    ),
    "unasked": Need(
        lambda f: f.case.followed_up_at is None,
        "they were asked already, or nobody is to be asked: once is all",
    ),
    "followed_up": Need(
        # Who opted out, or was unmatched, since the window ended can never be asked any more.
        lambda f: f.case.followed_up_at is not None or not f.may_contact,
        "nobody asked whether anything else can be done; first: follow-up",
    ),
    "troll_confirmed": Need(
        lambda f: f.case.troll == "confirmed", "nobody confirmed a troll; first: troll"
    ),
    "no_troll": Need(
        lambda f: f.case.troll != "confirmed", "a confirmed troll gets no reply; first: not-troll"
    ),
    "grave": Need(lambda f: f.case.severity == "grave", "the case is not grave"),
    "paused": Need(_paused, "no pause is running"),
    "task_open": Need(
        lambda f: any(task.done_at is None for task in f.tasks), "no task is open; first: task"
    ),
    "safe": Need(
        lambda f: f.case.severity != "grave" or f.case.safe_at is not None,
        "the case is grave and nobody took the safety of it; first: take",
    ),
}

MOVES: dict[str, tuple[str, ...]] = {
    # the public reply
    "draft": ("open", "not_merged"),
    "approve": ("open", "not_merged", "not_held", "no_troll", "drafted"),
    "posted": ("open", "approved"),
    "no-reply": ("open", "unacknowledged"),
    # the conversation
    "match": ("open", "unknown"),
    "unmatch": ("known",),
    "point": ("known",),
    "identify": ("known",),
    "looked-for": ("open",),
    "contact": ("open",),
    "write": ("open", "known", "not_held"),
    "received": (),
    "hear": ("open", "reached", "unheard"),
    "unreachable": ("open", "contact_open"),
    "unidentified": ("open", "contact_open", "unknown", "acknowledged"),
    "declined": ("open",),
    # the solution, and after
    "resolve": ("open", "heard", "unresolved"),
    "resolve-told": ("open", "heard", "unresolved", "known", "identified"),
    "look": ("open", "resolved"),
    "follow-up": ("open", "monitored", "known", "unasked", "not_held"),
    "close": ("open", "safe", "acknowledged", "heard", "resolved", "monitored", "followed_up"),
    "dismiss": ("open",),
    "dismiss-troll": ("open", "troll_confirmed"),
    "reopen": ("closed", "not_merged"),
    # who has it, and whether it may go on
    "take": ("open", "grave"),
    "hand-over": ("open",),
    "hold": ("open",),
    "release": ("open", "held"),
    "pause": ("open",),
    "resume": ("open", "paused"),
    "troll": ("open",),
    "severity": ("open",),
    "about": ("open",),
    "note": (),
    "task": (),
    "task-done": ("task_open",),
    "merge": ("open", "not_merged"),
    "unmerge": ("merged",),
}


def legal(move: str, file: CaseFile) -> None:
    """Raise IllegalMove, with all that is missing, unless the move may be made now."""
    if missing := lacking(move, file):
        raise IllegalMove(move, missing)


def one_of(move: str, what: str, value: str, allowed: Sequence[str]) -> None:
    """Raise IllegalMove unless the value is one of those allowed."""
    if value not in allowed:
        raise IllegalMove(move, [f"{value!r} is no {what}; it is one of: {', '.join(allowed)}"])


def lacking(move: str, file: CaseFile) -> list[str]:
    """Return what would have to be so for the move to be legal."""
    return [NEEDS[name].remedy for name in MOVES[move] if not NEEDS[name].holds(file)]


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
    moved: tuple[Happened, ...] = ()
    if stage != file.case.stage:
        moved = (Happened("moved", {"from": file.case.stage, "to": stage}),)
    started, ended = _follow(file, after, moment, {each.id for each in ends})
    return Change(
        about(file.case),
        moment,
        sets=(Set(Case, file.case.id, values), *sets, *ends, *ended),
        adds=(*adds, *started),
        events=(*events, *moved),
        notices=notices,
    )


def _after(case: Case, facts: Mapping[str, Any]) -> Any:
    return SimpleNamespace(**{**_values(case), **facts})


def _values(case: Case) -> dict[str, Any]:
    if hasattr(case, "_asdict"):
        return cast("dict[str, Any]", case._asdict())
    return case.model_dump()


def _follow(
    file: CaseFile, after: Any, moment: Moment, touched: set[str]
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
        elif not running:
            # Who was given up and then calls is heard after all: the promise is made again.
            again = str(len(known) + 1) if known else ""
            started.append(_start(file, kind, since, after, moment, again))
    return started, ended + _void(file, after, moment, touched)


def _void(file: CaseFile, after: Any, moment: Moment, touched: set[str]) -> list[Set]:
    """End what a closed case or an older round left running; a task may outlive the case."""
    return [
        clocks.end(clock, "cancelled", moment)
        for clock in file.clocks
        if clock.ended_at is None
        and clock.id not in touched
        and clock.kind != "task"
        and (clock.round != after.round or (after.closed_at is not None and clock.kind == "answer"))
    ]


def _start(
    file: CaseFile, kind: str, since: datetime, after: Any, moment: Moment, again: str
) -> Add:
    return clocks.start(
        kind,
        file.case.id,
        # Found grave only later: the hour begins now, nobody could have kept it before.
        moment.now if kind == "safety" else since,
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

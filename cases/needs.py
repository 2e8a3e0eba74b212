"""What each move needs: the one table of what may be done when, and how to make it legal.

`MOVES` names, for each move, what must be so; `NEEDS` says how that is told and what to do first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cases.casefile import CaseFile, OnTheClock
from cases.models import Clock, ReplyState

# What they wrote is answered, whether the case is open or not; each message has a clock of its own.
ANSWERS = ("answer", "message")

# A reply in one of these states may be attested: approved, and not known to be live.
ATTESTABLE = (
    ReplyState.BY_HAND, ReplyState.APPROVED, ReplyState.PENDING, ReplyState.REJECTED,
    ReplyState.UNKNOWN,
)  # fmt: skip


# These can be taken back by us alone: no platform has them.
RETURNABLE = (
    ReplyState.DRAFT, ReplyState.APPROVED, ReplyState.BY_HAND, ReplyState.REJECTED,
)  # fmt: skip
STANDING = (ReplyState.LIVE, ReplyState.PENDING)  # these the platform has


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


def answers_owed(file: OnTheClock) -> list[Clock]:
    """Return the clocks of what they wrote and nobody has answered."""
    return [c for c in file.clocks if c.kind in ANSWERS and c.ended_at is None]


def _asked_for_time(file: CaseFile) -> bool:
    return any(
        each.answered_at is None
        for clock in file.clocks
        if clock.ended_at is None
        for each in file.extensions.get(clock.id, ())
    )


NEEDS: dict[str, Need] = {
    "open": Need(lambda f: f.case.closed_at is None, "the case is closed; first: reopen"),
    "in_talk": Need(
        lambda f: f.case.closed_at is None or bool(answers_owed(f)),
        "the case is closed, and nothing they wrote waits for an answer; first: reopen",
    ),
    "answered": Need(
        lambda f: not answers_owed(f),
        "they wrote and nobody answered; first: contact or write, or no-answer with its reason",
    ),
    "answer_owed": Need(lambda f: bool(answers_owed(f)), "nothing they wrote waits for an answer"),
    "asked_for_time": Need(_asked_for_time, "nobody asked for more time; first: extend"),
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
    "waiting_reply": Need(
        lambda f: any(reply.state in RETURNABLE for reply in f.replies),
        "no reply waits that could be withdrawn",
    ),
    "standing_reply": Need(
        lambda f: any(reply.state in STANDING for reply in f.replies),
        "no reply of ours stands on the platform",
    ),
    "recalled": Need(
        lambda f: any(reply.state == ReplyState.RECALLED for reply in f.replies),
        "no reply is to be taken down; first: take-down",
    ),
    "was_public": Need(
        lambda f: any(
            r.live_at is not None or r.state in (*STANDING, ReplyState.UNKNOWN) for r in f.replies
        ),
        "no reply of ours was ever public",
    ),
    "incident_open": Need(
        lambda f: any(incident.closed_at is None for incident in f.incidents),
        "no incident is open, or none that you may see; first: incident",
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
    "replace-reply": ("open", "not_merged", "not_held", "no_troll"),
    "cool": ("open", "drafted"),
    "overrule": ("open", "drafted"),
    "withdraw": ("waiting_reply",),
    "take-down": ("standing_reply", "not_held"),
    "taken-down": ("recalled",),
    "incident": ("was_public",),
    "incident-decide": ("incident_open",),
    "incident-close": ("incident_open",),
    "no-reply": ("open", "unacknowledged"),
    "report": ("open",),
    "report-answered": (),
    # the conversation
    "match": ("open", "unknown"),
    "unmatch": ("known",),
    "point": ("known",),
    "identify": ("known",),
    "consent": ("known",),
    "care-of": ("known",),
    "looked-for": ("open",),
    "contact": ("in_talk",),
    "write": ("in_talk", "known", "not_held"),
    "link": ("in_talk", "known", "not_held"),
    "no-answer": ("answer_owed",),
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
    "close": (
        "open",
        "safe",
        "answered",
        "acknowledged",
        "heard",
        "resolved",
        "monitored",
        "followed_up",
    ),
    "dismiss": ("open",),
    "dismiss-troll": ("open", "troll_confirmed"),
    "reopen": ("closed", "not_merged"),
    # who has it, and whether it may go on
    "take": ("open", "grave"),
    "have-it": ("open",),
    "hand-over": ("open",),
    "hold": ("open",),
    "release": ("open", "held"),
    "pause": ("open",),
    "resume": ("open", "paused"),
    "extend": ("open",),
    "grant": ("open", "asked_for_time"),
    "refuse": ("open", "asked_for_time"),
    "troll": ("open",),
    "shield": ("troll_confirmed", "not_held"),
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

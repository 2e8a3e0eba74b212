"""The one next step of a case for whoever looks at it: what, why, and where its button leads.

Pure: told the case, the time and the person, it asks nobody. The first answer that fits is it, in
the order of what can wait least: somebody's safety, somebody who waits for an answer, what stops
all else, then the stage.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from cases.access import may
from cases.answering.replies import newest
from cases.casefile import CaseFile
from cases.changes import Moment
from cases.following import window_ends
from cases.identifiers import Identifiers
from cases.models import Person, Reply, ReplyState, Stage
from cases.needs import NEEDS, IllegalMove, answers_owed
from cases.stages import running
from cases.talking.conversation import give_up
from console.web.promises import waits
from console.web.saying import in_words
from console.web.words import local


@dataclass(frozen=True, slots=True)
class Next:
    """What to do now. `section` names the part of the page; `move` is made by the button itself.

    No `button`: nothing is to be done by this person.
    """

    what: str
    button: str = ""
    section: str = ""
    move: str = ""


@dataclass(frozen=True, slots=True)
class _Asked:
    file: CaseFile
    now: datetime
    person: Person


def next_step(file: CaseFile, now: datetime, person: Person) -> Next:
    """Return the one thing to do now."""
    asked = _Asked(file, now, person)
    found = (answer(asked) for answer in _IN_ORDER)
    return next((each for each in found if each is not None), Next("Nothing is to be done now."))


def _over(asked: _Asked) -> Next | None:
    case = asked.file.case
    if case.closed_at is None:
        return None
    if case.merged_into_id is not None:
        return Next("This case went on as another one: its review was merged into it.")
    if answers_owed(asked.file):
        way = _way(asked.file)
        return Next("They wrote after it was closed, and wait for an answer.", "Answer them", way)
    owed = [task for task in asked.file.tasks if task.done_at is None]
    if owed:
        return Next("The case is closed; something promised is still owed.", "See it", "tasks")
    return Next(f"The case is closed: {in_words(case.outcome)}.")


def _safety(asked: _Asked) -> Next | None:
    if NEEDS["safe"].holds(asked.file):
        return None
    if asked.person.id in asked.file.case.about:
        return Next("The review is grave; as it is about you, somebody else takes the safety.")
    return Next(
        "The review is grave: somebody takes the safety of it, now.", "I take it", move="take"
    )


def _answer(asked: _Asked) -> Next | None:
    if not answers_owed(asked.file):
        return None
    return Next("They wrote, and wait for a person's answer.", "Answer them", _way(asked.file))


def _way(file: CaseFile) -> str:
    """Return where to reach them: by telephone if there is one, since a voice does more."""
    ways = {point.channel for point in file.points if file.usable(point)}
    return "call" if "phone" in ways or not ways or file.case.held_at else "write"


def _troll(asked: _Asked) -> Next | None:
    case = asked.file.case
    if case.troll == "suspected":
        return Next("It may be a troll. A person decides that.", "Decide", "kind")
    if case.troll == "confirmed":
        return Next("A person confirmed a troll: close it with that reason.", "Close it", "close")
    return None


_REPLY: dict[str, Next] = {
    ReplyState.BY_HAND: Next(
        "The reply is approved: post it on the platform, then say where.", "Post it", "reply"
    ),
    ReplyState.REJECTED: Next(
        "The platform refused the reply: post it by hand, or write another.", "See why", "reply"
    ),
    ReplyState.UNKNOWN: Next(
        "Nobody knows whether the reply was posted: look on the platform.", "See the reply", "reply"
    ),
}


def _public(asked: _Asked) -> Next | None:
    """Answer for the reply, where this person can do something about it."""
    file = asked.file
    reply = _waiting_reply(file)
    acknowledged = file.case.acknowledged_at is not None
    if file.case.held_at is not None:
        return None
    if reply is not None and reply.state in _REPLY:
        return _REPLY[reply.state]
    if reply is not None and reply.state == ReplyState.DRAFT and may_approve(file, asked.person):
        return Next("A reply waits for your approval.", "Read and approve", "reply")
    if reply is None and not acknowledged:
        return Next("The review has no public answer yet.", "Answer the review", "reply")
    return None


def _waiting_reply(file: CaseFile) -> Reply | None:
    done = (ReplyState.LIVE, ReplyState.WITHDRAWN)
    return newest(file, *(state for state in ReplyState if state not in done))


def may_approve(file: CaseFile, person: Person) -> bool:
    """Tell whether this person is one who could approve the newest draft."""
    draft = newest(file, ReplyState.DRAFT)
    alone = file.case.severity == "grave" and draft is not None and draft.drafted_by == person.id
    return may(person.role, "approve") and person.id not in file.case.about and not alone


def _held(asked: _Asked) -> Next | None:
    case = asked.file.case
    if case.held_at is None or case.stage not in (Stage.ACKNOWLEDGE, Stage.FOLLOW_UP):
        return None
    return Next(f"On hold ({in_words(case.held_why)}): nothing goes out.", "See the hold", "desk")


def _paused(asked: _Asked) -> Next | None:
    file = asked.file
    kinds = {Stage.CONTACT: "reach", Stage.LISTEN: "listen"}
    kind = kinds.get(Stage(file.case.stage), "")
    found = [pause for clock in running(file, kind) if (pause := waits(file, clock, asked.now))]
    if not found:
        return None
    until = local(found[0].until_at, file.clinic.zone)
    return Next(f"It waits until {until}: {found[0].reason}.", "Go on now", move="resume")


def _contact(asked: _Asked) -> Next | None:
    file = asked.file
    if file.case.contact_ended_at is not None:
        return None
    for how in ("unreachable", "unidentified"):
        if file.case.first_try_at is not None and allows(file, how, asked.now):
            told = {
                "unreachable": "Every way was tried, often enough: contact may end, or try again.",
                "unidentified": "Nobody can tell who wrote it; the public invitation stands.",
            }[how]
            return Next(
                told, "End contact, or try again", "talk" if how == "unreachable" else "who"
            )
    if not NEEDS["known"].holds(file):
        return Next("Find out who wrote it, and record it.", "Find out who it is", "who")
    way = _way(file)
    return Next("They are not reached yet.", "Call them" if way == "call" else "Write to them", way)


def allows(file: CaseFile, how: str, now: datetime) -> bool:
    """Tell whether contact may be ended like that, as the rule itself sees it."""
    return not lacks(file, how, now)


def lacks(file: CaseFile, how: str, now: datetime) -> Sequence[str]:
    """Return what is missing to end contact like that."""
    try:
        give_up(file, how, Moment(now, "nobody", Identifiers(seed=0)))
    except IllegalMove as refusal:
        return refusal.missing
    return ()


def _listen(asked: _Asked) -> Next | None:
    if asked.file.case.heard_at is not None:
        return None
    return Next(
        "They were reached: write down what they say happened, and what they want.",
        "Write down their account",
        "hear",
    )


def _resolve(asked: _Asked) -> Next | None:
    file = asked.file
    if file.case.resolved_at is not None:
        return None
    speaks = file.case.contact_how == "reached" and NEEDS["known"].holds(file)
    if speaks and not NEEDS["identified"].holds(file):
        return Next(
            "Before their care is discussed, check who they are.", "Check who they are", "who"
        )
    return Next("Note the cause, and what was done about it.", "Resolve it", "resolve")


def _monitor(asked: _Asked) -> Next | None:
    file = asked.file
    if file.case.monitor_ended_at is not None:
        return None
    ends = window_ends(file)
    if ends is not None and ends > asked.now:
        until = local(ends, file.clinic.zone)
        return Next(f"The review is watched until {until}.", "Look at the review", "after")
    return Next("The window is over: how does the review stand?", "Look at the review", "after")


def _follow_up(asked: _Asked) -> Next | None:
    if not NEEDS["followed_up"].holds(asked.file):
        return Next("Ask once more whether anything else can be done.", "Follow up", "after")
    return None


def _close(asked: _Asked) -> Next | None:
    file = asked.file
    if file.case.acknowledged_at is None:
        reply = _waiting_reply(file)
        who = (
            "a colleague's approval" if reply and reply.state == ReplyState.DRAFT else "publishing"
        )
        return Next(f"The public reply waits for {who}.", "See the reply", "reply")
    return Next("All is shown: note how it ended.", "Close the case", "close")


_IN_ORDER: tuple[Callable[[_Asked], Next | None], ...] = (
    _over, _safety, _answer, _troll, _public, _held, _paused, _contact, _listen, _resolve,
    _monitor, _follow_up, _close,
)  # fmt: skip

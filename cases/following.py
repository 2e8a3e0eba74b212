"""After it is resolved: the review is watched, help is offered once more, the case is closed.

Nobody asks, pays or presses for a review to be changed or to vanish (16 CFR 465.7). Amends only
looks.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from cases.answering.replies import withdrawn
from cases.arriving.opening import Practised, open_case
from cases.casefile import CaseFile
from cases.changes import Add, Change, Happened, Moment, Set, about
from cases.models import ContactPoint, Notice, NoticeState, Review
from cases.needs import NEEDS, IllegalMove, lacking, legal
from cases.notices import to_owner
from cases.playbooks.playbook import Playbook
from cases.stages import record, running
from cases.talking.consent import suppressed
from cases.talking.conversation import answered, approved_message, contact, contact_row

CAUSES = (
    "wait_time", "front_office", "bedside_manner", "poor_follow_up", "unnecessary_tests",
    "difference_of_opinion", "billing", "quality_of_care", "access_scheduling", "facility",
    "privacy", "misunderstanding", "not_ours", "peer_review", "other",
)  # fmt: skip
STANDINGS = ("stands", "raised", "lowered", "edited", "removed")
OUTCOMES = ("satisfied", "partly_satisfied", "unsatisfied", "unknown")
DISMISSALS = ("troll", "not_a_complaint", "no_follow_up_needed", "duplicate", "not_ours")
_BETTER = ("raised", "removed", "edited")


def resolve(
    file: CaseFile, cause: str, done: str, told: bool, moment: Moment, outcome: str = ""
) -> Change:
    """Note the cause and what was done about it; the window in which we only watch begins.

    `told`: the correspondent heard what was done, which is care discussed, so they must be
    identified. "peer_review" names no content: what is said there is privileged.
    """
    legal("resolve-told" if told else "resolve", file)
    if cause not in CAUSES:
        raise IllegalMove("resolve", [f"{cause!r} is no cause; the causes: {', '.join(CAUSES)}"])
    if not done.strip():
        raise IllegalMove("resolve", ["say what was done: --done"])
    if file.case.contact_how == "reached" and file.correspondent is not None and not told:
        raise IllegalMove(
            "resolve", ["they were reached, so they hear what was done; then say --told"]
        )
    return record(
        file,
        moment,
        Happened("resolved", {"cause": cause, "told": told}, words=done),
        facts={
            "resolved_at": moment.now,
            "cause": cause,
            "done": done,
            "outcome": outcome,
        },
    )


def look(file: CaseFile, standing: str, moment: Moment) -> Change:
    """Note how the review stands now. A better or removed one ends the window, as does its end.

    A worse one takes the case back to contact: a new round.
    """
    legal("look", file)
    if standing not in STANDINGS:
        raise IllegalMove("look", [f"{standing!r}: say one of {', '.join(STANDINGS)}"])
    if standing == "lowered":
        return begin_again(file, "lowered", moment)
    seen = Happened("looked_at_review", {"standing": standing})
    if file.case.monitor_ended_at is not None:
        return record(file, moment, seen)
    if standing in _BETTER:
        facts = _window_ended(file, standing, moment)
        change = record(file, moment, seen, facts=facts)
        return change.with_parts(*suppressed(file.notices, standing, moment))
    ends = window_ends(file)
    over = ends is None or moment.now >= ends
    facts = _window_ended(file, "stands", moment) if over else {}
    return record(file, moment, seen, facts=facts)


def window_ends(file: CaseFile) -> datetime | None:
    """Return until when a resolved case is watched; None where its clock does not run.

    The clock `monitor` is due later: by then somebody is to have looked once more. Its pauses move
    the end of the window as they move that.
    """
    due = [c.due_at for c in running(file, "monitor") if c.due_at is not None]
    if not due:
        return None
    window, promise = file.playbook.monitor_window, file.playbook.clocks["monitor"]
    return max(due) - (promise.span.real - window if window is not None else timedelta())


def _window_ended(file: CaseFile, how: str, moment: Moment) -> dict[str, Any]:
    facts: dict[str, Any] = {"monitor_ended_at": moment.now, "monitor_how": how}
    if how != "stands":
        return facts | {"followed_up_at": moment.now, "followed_up_how": f"not needed: {how}"}
    if not file.may_contact:
        return facts | {"followed_up_at": moment.now, "followed_up_how": "nobody to contact"}
    return facts


def plan_follow_up(
    file: CaseFile, point: ContactPoint, text: str, subject: str, moment: Moment
) -> Change:
    """Approve the follow-up now, to leave when the window has ended and the review still stands.

    It is stopped if they write first, opt out, or the review changes.
    """
    legal("look", file)
    if missing := set(lacking("follow-up", file)) - {NEEDS["monitored"].remedy}:
        raise IllegalMove("follow-up", sorted(missing))
    notice = approved_message("follow-up", "follow_up", file, point, text, subject, moment)
    change = record(
        file,
        moment,
        Happened("follow_up_planned", {"notice": notice["id"]}),
        notices=[{**notice, "state": NoticeState.PLANNED}],
    )
    return change.with_parts(*suppressed(_planned(file), "replaced", moment))


def _planned(file: CaseFile) -> list[Notice]:
    return [notice for notice in file.notices if notice.state == NoticeState.PLANNED]


def release_follow_up(file: CaseFile, notice: Notice, moment: Moment) -> Change:
    """Let a planned follow-up go: the window has ended and the review stands."""
    legal("follow-up", file)
    if notice.state != NoticeState.PLANNED:
        raise IllegalMove("follow-up", [f"the message is {notice.state}, it was to be planned"])
    let_go = Change(
        about(notice),
        moment,
        sets=[Set(Notice, notice.id, {"state": NoticeState.PENDING, "not_before": moment.now})],
    )
    point = next((each for each in file.points if each.id == notice.point_id), None)
    return record(
        file,
        moment,
        Happened("followed_up", {"channel": notice.channel, "notice": notice.id}),
        facts={"followed_up_at": moment.now, "followed_up_how": notice.channel},
        adds=[_asked_once_more(file, notice.channel, point, notice.approved_by, moment)],
    ).with_parts(let_go)


def _asked_once_more(
    file: CaseFile, channel: str, point: ContactPoint | None, by: str, moment: Moment
) -> Add:
    """Return the contact a follow-up is, by whoever approved its words."""
    return contact_row(file, channel, "sent", "", moment.now, moment, point, by=by)


def follow_up(
    file: CaseFile, point: ContactPoint, text: str, subject: str, moment: Moment
) -> Change:
    """Ask once more, in writing, whether anything else can be done."""
    legal("follow-up", file)
    notice = approved_message("follow-up", "follow_up", file, point, text, subject, moment)
    change = record(
        file,
        moment,
        Happened("followed_up", {"channel": point.channel, "notice": notice["id"]}),
        facts={"followed_up_at": moment.now, "followed_up_how": point.channel},
        adds=[_asked_once_more(file, point.channel, point, moment.by, moment)],
        notices=[notice],
    )
    return change.with_parts(*suppressed(_planned(file), "replaced", moment))


_ON_ITS_WAY = (
    NoticeState.PLANNED, NoticeState.PENDING, NoticeState.SENDING, NoticeState.ACCEPTED,
    NoticeState.DELIVERED, NoticeState.UNKNOWN,
)  # fmt: skip


def not_followed_up(file: CaseFile, notice: Notice, moment: Moment) -> Change | None:
    """Take back that they were asked once more, where the message never left or never arrived.

    None where another one is on its way, or somebody asked meanwhile by another.
    """
    sent = [each for each in file.notices if each.kind == "follow_up" and each.id != notice.id]
    began = file.case.began_at
    another = any(each.state in _ON_ITS_WAY and each.created_at >= began for each in sent)
    if file.case.closed_at is not None or file.case.followed_up_how != notice.channel or another:
        return None
    facts: dict[str, Any] = {"followed_up_at": None, "followed_up_how": ""}
    if not file.may_contact:
        facts = {"followed_up_how": "nobody to contact"}
    return record(file, moment, Happened("follow_up_lost", {"notice": notice.id}), facts=facts)


def follow_up_by_phone(file: CaseFile, outcome: str, note: str, moment: Moment) -> Change:
    """Note that somebody called once more to ask; only a call that reached them, or a voicemail."""
    legal("follow-up", file)
    if outcome not in ("reached", "voicemail", "declined"):
        raise IllegalMove("follow-up", [f"{outcome!r} told them nothing; try again, or write"])
    call = contact(file, "phone", outcome, note, moment.now, moment)
    facts = {"followed_up_at": moment.now, "followed_up_how": f"phone: {outcome}"}
    told = outcome != "voicemail"
    change = record(
        file,
        moment,
        *(event for event in call.events if event.kind == "contacted"),
        Happened("followed_up", {"channel": "phone"}),
        facts=facts,
        adds=call.adds,
        ends=answered(file, moment.now, moment) if told else (),
    )
    return change.with_parts(*suppressed(_planned(file), "replaced", moment))


def close(file: CaseFile, outcome: str, moment: Moment) -> Change:
    """Close a case that has shown all its results. Tasks still owed go on by themselves."""
    legal("close", file)
    if outcome not in OUTCOMES:
        raise IllegalMove("close", [f"{outcome!r}: say one of {', '.join(OUTCOMES)}"])
    change = record(
        file,
        moment,
        Happened("closed", {"outcome": outcome}),
        facts={"closed_at": moment.now, "outcome": outcome},
    )
    return change.with_parts(*suppressed(_planned(file), "closed", moment))


def dismiss(file: CaseFile, why: str, note: str, moment: Moment) -> Change:
    """Close a case that needs no work, with the reason; these are counted apart."""
    legal("dismiss-troll" if why == "troll" else "dismiss", file)
    if why not in DISMISSALS:
        raise IllegalMove("dismiss", [f"{why!r}: say one of {', '.join(DISMISSALS)}"])
    if file.case.severity == "grave" and why != "troll" and not note.strip():
        raise IllegalMove("dismiss", ["the review is grave: say why it needs no work (--note)"])
    facts: dict[str, Any] = {"closed_at": moment.now, "outcome": f"dismissed: {why}"}
    if file.case.acknowledged_at is None:
        facts |= {"acknowledged_at": moment.now, "acknowledged_how": f"none: {why}"}
    change = record(
        file,
        moment,
        Happened("dismissed", {"why": why}, words=note or None),
        facts=facts,
        sets=withdrawn(file, moment),
    )
    return change.with_parts(*suppressed(file.notices, "dismissed", moment))


def reopen(file: CaseFile, why: str, moment: Moment) -> Change:
    """Take a closed case up again: same case, next round, from contact on, with new clocks."""
    legal("reopen", file)
    if not may_reopen(file, moment):
        days = file.playbook.reopen_within.days
        raise IllegalMove(
            "reopen",
            [
                f"closed over {days} days ago: it stays closed; "
                "what they write now opens a new, linked case"
            ],
        )
    return begin_again(file, why, moment)


def take_up(file: CaseFile, playbook: Playbook, why: str, moment: Moment) -> Change:
    """Take a closed case up again, or, where it was closed too long ago, open one linked to it.

    The new case is under `playbook`, the one in force. It knows the correspondent and leaves the
    public reply as it stands: it is about what they say now.
    """
    legal("reopen", file)
    if may_reopen(file, moment):
        return reopen(file, why, moment)
    case = file.case
    known = Practised(file.clinic, file.people, playbook)
    more: dict[str, Any] = {"correspondent_id": case.correspondent_id, "about": case.about}
    if case.acknowledged_at is not None:
        more |= {"acknowledged_at": moment.now, "acknowledged_how": f"in case {case.number}"}
    opened = open_case(file.review, known, moment, case, **more)
    link = Happened("linked", {"case": opened.subject.id}, words=why or None)
    given = Change(
        about(file.review),
        moment,
        sets=[Set(Review, file.review.id, {"case_id": opened.subject.id})],
        events=[Happened("given", {"case": opened.subject.id})],
    )
    return opened.with_parts(record(file, moment, link), given)


def may_reopen(file: CaseFile, moment: Moment) -> bool:
    """Tell whether the case is still young enough to be the same one."""
    closed = file.case.closed_at
    return closed is None or moment.now - closed <= file.playbook.reopen_within


def begin_again(
    file: CaseFile, why: str, moment: Moment, severity: str = "", **facts: Any
) -> Change:
    """Begin the next round of a case: all but the public acknowledgement is shown anew.

    `facts` are columns of the case that change besides.
    """
    fresh: dict[str, Any] = dict.fromkeys(
        ("first_try_at", "contact_ended_at", "heard_at", "resolved_at", "monitor_ended_at",
         "followed_up_at", "closed_at", "safe_at", "done")
    )  # fmt: skip
    fresh |= dict.fromkeys(
        ("contact_how", "heard_how", "cause", "monitor_how", "followed_up_how", "outcome"), ""
    )
    now_is = severity or file.review.severity
    fresh |= {"round": file.case.round + 1, "began_at": moment.now, "severity": now_is, **facts}
    key = f"opened:{file.case.id}:{file.case.round + 1}"
    change = record(
        file,
        moment,
        Happened("reopened", {"round": file.case.round + 1}, words=why),
        facts=fresh,
        notices=to_owner(file, "reopened", key, {"severity": now_is}),
    )
    return change.with_parts(*suppressed(file.notices, "reopened", moment))

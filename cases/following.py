"""After it is resolved: the review is watched, help is offered once more, the case is closed.

Nobody asks, pays or presses for a review to be changed or to vanish (16 CFR 465.7). Amends only
looks.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from cases.answering.replies import withdrawn
from cases.casefile import CaseFile
from cases.changes import Add, Change, Happened, Moment, Set, about
from cases.models import ContactPoint, Notice, NoticeState
from cases.needs import NEEDS, IllegalMove, lacking, legal
from cases.reopening import begin_again
from cases.stages import record, running
from cases.talking.approving import approved_message
from cases.talking.consent import suppressed
from cases.talking.conversation import answered, contact, contact_row

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

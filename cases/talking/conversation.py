"""What is said between the practice and the correspondent, off the public page.

What goes to them was written or approved by a named person, as that exact text; an approval is void
once they write first. What they tell us is written down without rebuttal, and what we promise
becomes a task.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cases.casefile import CaseFile
from cases.changes import Add, Change, Happened, Moment, Set
from cases.clockwork.clocks import end
from cases.models import Account, Contact, ContactPoint
from cases.needs import IllegalMove, answers_owed, legal, one_of
from cases.notices import to_owner
from cases.stages import keyed_clock, record
from cases.talking import tries
from cases.talking.approving import approved_message
from cases.talking.callers import refuse_caller, refuse_speaker
from cases.talking.consent import suppressed
from cases.tasks import task_adds

OUTCOMES = (
    "reached", "voicemail", "no_answer", "wrong_number", "other_person", "declined", "sent",
)  # fmt: skip
CHANNELS = (
    "phone", "email", "sms", "letter", "in_person", "page_message", "private_page",
)  # fmt: skip
# Our own mail server does not vouch for the sender, or it is not an address we know of theirs.
_IN_DOUBT = ("unverified", "other_address")


def looked_for(file: CaseFile, found: bool, note: str, moment: Moment) -> Change:
    """Note that somebody looked for the author in the practice's records: a first try."""
    legal("looked-for", file)
    return record(
        file,
        moment,
        Happened("looked_for_author", {"found": found}, words=note or None),
        facts=_first_try(file, moment.now),
    )


def contact(
    file: CaseFile,
    channel: str,
    outcome: str,
    note: str,
    at: datetime,
    moment: Moment,
    point: ContactPoint | None = None,
) -> Change:
    """Log one attempt to reach them, with what came of it.

    A voicemail is a try, not contact, and answers nothing they wrote. A wrong number closes itself;
    "declined" ends the contact.
    """
    legal("contact", file)
    refuse_speaker("contact", file, moment)
    if channel == "phone":
        refuse_caller("contact", file, moment)
    one_of("contact", "channel", channel, CHANNELS)
    one_of("contact", "outcome", outcome, OUTCOMES)
    if at > moment.now:
        raise IllegalMove("contact", ["a contact that lies ahead cannot be logged"])
    facts = _first_try(file, at)
    if outcome in ("reached", "declined"):
        facts |= _contact_ended(file, outcome, at)
    if file.case.closed_at is not None:
        facts = {}  # answered all the same, but the case stays as it was closed
    sets = []
    if outcome == "wrong_number" and point is not None:
        sets.append(
            Set(ContactPoint, point.id, {"closed_at": moment.now, "closed_why": "wrong_number"})
        )
    told = outcome in ("reached", "declined") or (outcome == "sent" and channel != "phone")
    change = record(
        file,
        moment,
        Happened("contacted", {"channel": channel, "outcome": outcome, "at": at}),
        facts=facts,
        sets=sets,
        adds=[contact_row(file, channel, outcome, note, at, moment, point)],
        ends=answered(file, at, moment) if told else (),
    )
    # Who wants no more gets no more, also of what was approved before.
    waiting = file.notices if outcome == "declined" else ()
    return change.with_parts(*suppressed(waiting, "declined", moment))


def answered(file: CaseFile, at: datetime, moment: Moment) -> list[Set]:
    """Return the end of the clocks of all they had written when somebody spoke with them.

    Each message has its own: what they wrote after that call is still owed an answer.
    """
    wrote = {each.id: each.at for each in file.contacts if each.inbound}
    return [
        end(clock, "met", moment)
        for clock in answers_owed(file)
        if wrote.get(clock.key, clock.started_at) <= at
    ]


def no_answer(file: CaseFile, why: str, moment: Moment) -> Change:
    """Decide, as a person, that what they wrote wants no answer ("thank you"), with the reason."""
    legal("no-answer", file)
    if not why.strip():
        raise IllegalMove("no-answer", ["say why it wants no answer: --why"])
    return record(
        file,
        moment,
        Happened("no_answer", {"messages": [c.key for c in answers_owed(file)]}, words=why),
        ends=[end(clock, "cancelled", moment) for clock in answers_owed(file)],
    )


def contact_row(
    file: CaseFile,
    channel: str,
    outcome: str,
    note: str,
    at: datetime,
    moment: Moment,
    point: ContactPoint | None,
    *,
    inbound: bool = False,
    **more: Any,
) -> Add:
    """Return the row of one attempt to reach them, or of one message from them."""
    return Add(
        Contact,
        {
            "id": moment.new_id(),
            "case_id": file.case.id,
            "round": file.case.round,
            "channel": channel,
            "inbound": inbound,
            "outcome": outcome,
            "point_id": point.id if point else None,
            "note": note or None,
            "by": moment.by,
            "at": at,
            **more,
        },
    )


def _first_try(file: CaseFile, at: datetime) -> dict[str, Any]:
    return {} if file.case.first_try_at is not None else {"first_try_at": at}


def _contact_ended(file: CaseFile, how: str, at: datetime) -> dict[str, Any]:
    """Return the facts that end contact; without them, listening is skipped with that reason.

    Who was given up and then answers the telephone is reached after all: listening is on again.
    """
    if file.case.contact_how == "reached" and how != "declined":
        return {}
    facts: dict[str, Any] = {"contact_ended_at": at, "contact_how": how}
    if how == "reached":
        skipped = file.case.heard_how not in ("", "heard")
        if skipped and file.case.resolved_at is None:
            facts |= {"heard_at": None, "heard_how": ""}
    elif file.case.heard_at is None:
        facts |= {"heard_at": at, "heard_how": f"skipped: {how}"}
    return facts


def write(
    file: CaseFile,
    point: ContactPoint,
    text: str,
    subject: str,
    moment: Moment,
    *,
    not_before: datetime | None = None,
    kind: str = "message",
) -> Change:
    """Approve this exact text to this number or address. It leaves with the next delivery.

    It answers what they wrote, unless it is to leave only after that is due. Raises IllegalMove
    where the text may not be said, or the way is closed.
    """
    legal("write", file)
    notice = approved_message("write", kind, file, point, text, subject, moment, not_before)
    return record(
        file,
        moment,
        Happened("message_approved", {"channel": point.channel, "notice": notice["id"]}),
        facts={} if file.case.closed_at else _first_try(file, moment.now),
        adds=[contact_row(file, point.channel, "sent", "", moment.now, moment, point)],
        notices=[notice],
        ends=[
            end(clock, "met", moment)
            for clock in answers_owed(file)
            if not_before is None or clock.due_at is None or not_before <= clock.due_at
        ],
    )


def received(
    file: CaseFile,
    channel: str,
    text: str,
    at: datetime,
    moment: Moment,
    point: ContactPoint | None = None,
    *,
    doubt: str = "",
    arrival_id: str | None = None,
) -> Change:
    """Take in a message from the correspondent: the answer clock starts, the owner is told.

    Each message starts a clock of its own, in a closed case too: a person answers it there, decides
    that it wants none, or takes the case up again. What was approved before they wrote is void: it
    may no longer be right. `doubt`: nobody vouches for who wrote it (see _IN_DOUBT); then it is
    owed an answer all the same, but shows nobody reached. `arrival_id`: the mail as it came.
    """
    legal("received", file)
    one_of("received", "channel", channel, CHANNELS)
    added = contact_row(
        file, channel, "reached", text, at, moment, point,
        inbound=True, doubt=doubt, arrival_id=arrival_id,
    )  # fmt: skip
    key = added.values["id"]
    adds = [added, keyed_clock(file, _clock_for(file, channel), key, moment)]
    unsure = file.case.closed_at is not None or doubt in _IN_DOUBT
    facts = {} if unsure else _contact_ended(file, "reached", at)
    told = {"channel": channel, "contact": key} | ({"doubt": doubt} if doubt else {})
    change = record(
        file,
        moment,
        Happened("received", told),
        facts={**facts, **(_first_try(file, at) if facts else {})},
        adds=adds,
        notices=_they_wrote(file, channel, key),
    )
    return change.with_parts(*suppressed(file.notices, "they_wrote_first", moment))


def _clock_for(file: CaseFile, channel: str) -> str:
    """Return the clock a message runs: those to our page are measured by the platform itself."""
    return (
        "message" if channel == "page_message" and "message" in file.playbook.clocks else "answer"
    )


def _they_wrote(file: CaseFile, channel: str, contact_id: str) -> list[dict[str, Any]]:
    """Return what tells the owner, where there is one; the answer clock's ladder tells others."""
    return to_owner(file, "received", f"received:{contact_id}", {"channel": channel})


def hear(
    file: CaseFile,
    happened: str,
    wants: str,
    promises: Sequence[tuple[str, datetime]],
    moment: Moment,
) -> Change:
    """Write down their own account. Each promise made becomes a Task with a clock of its own."""
    legal("hear", file)
    if not happened.strip():
        raise IllegalMove("hear", ["write down what happened, in their words: --happened"])
    account = {
        "id": moment.new_id(),
        "case_id": file.case.id,
        "round": file.case.round,
        "happened": happened,
        "wants": wants or None,
        "promised": "\n".join(what for what, _ in promises) or None,
        "heard_at": moment.now,
        "heard_by": moment.by,
    }
    owed = [task_adds(file, "promise", what, due_at, moment) for what, due_at in promises]
    return record(
        file,
        moment,
        Happened("heard", {"promises": len(promises)}),
        facts={"heard_at": moment.now, "heard_how": "heard"},
        adds=[Add(Account, account), *(each for pair in owed for each in pair)],
    )


def give_up(file: CaseFile, how: str, moment: Moment) -> Change:
    """End contact without them: unreachable, unidentified or declined. Listening is skipped.

    "Unreachable" wants the playbook's tries, over its channels; "unidentified" wants the public
    invitation to stand, since that is then the only way they can come to us.
    """
    legal(how, file)
    if how == "unreachable" and (untried := tries.missing(file)):
        raise IllegalMove("unreachable", untried)
    declined = how == "declined"
    change = record(
        file,
        moment,
        Happened("contact_ended", {"how": how}),
        facts={**_first_try(file, moment.now), **_contact_ended(file, how, moment.now)},
        # Who wrote that they want to be left alone is owed no answer.
        ends=[end(c, "cancelled", moment) for c in answers_owed(file) if declined],
    )
    waiting = file.notices if declined else ()
    return change.with_parts(*suppressed(waiting, "declined", moment))

"""Our public answer: drafted by one, approved as that exact text, published once.

Two doors only: nothing is approved while a blocking finding stands, and publishing compares the
text with the digest that was approved. Google's policy for its API forbids replies without the
owner's specific consent to each; so does HIPAA's logic, and so do we, everywhere.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from cases import compliance
from cases.casefile import CaseFile
from cases.changes import Add, Change, Happened, Moment, Set
from cases.clocks import end
from cases.compliance import Finding, Level
from cases.models import Reply, ReplyState, Role, Task
from cases.ports import Capabilities, PlatformError, Published
from cases.stages import ATTESTABLE, NEEDS, IllegalMove, legal, record, running
from cases.tasks import task_adds

# Why a person may decide that no public reply is owed.
NO_REPLY = (
    "troll",
    "counsel",
    "safety",
    "no_reply_needed",
    "platform_allows_none",
    "duplicate",
    "author_removed_it",
)
_APPROVERS = (
    Role.DIRECTOR, Role.MANAGER, Role.CHIEF, Role.PRIVACY_OFFICER, Role.ADMINISTRATOR,
)  # fmt: skip
_BY_HAND = timedelta(days=1)


def fingerprint(text: str) -> str:
    """Return the digest that ties an approval to one exact text."""
    return sha256(text.encode()).hexdigest()


def findings(
    file: CaseFile, text: str, can: Capabilities, *, limit_names: Collection[str] = ()
) -> tuple[Finding, ...]:
    """Return what the checker finds in a public reply to this case's review."""
    names = {person.name for person in file.people.values()} - {file.clinic.point_person}
    if file.correspondent is not None and file.correspondent.name:
        names.add(file.correspondent.name)
    return compliance.check_public(
        text,
        review=file.review.text or file.review.sealed_text or "",
        author=file.review.author,
        names=names | set(limit_names),
        point_person=file.clinic.point_person,
        phone=file.clinic.phone,
        email=file.clinic.email,
        limit=can.reply_limit,
        unit=can.reply_unit,
    )


def draft(file: CaseFile, text: str, moment: Moment) -> Change:
    """Keep a draft. Anything may stand in it: it is checked where it could do harm."""
    legal("draft", file)
    if not text.strip():
        raise IllegalMove("draft", ["the reply has no text"])
    values = {
        "id": moment.new_id(),
        "case_id": file.case.id,
        "review_id": file.review.id,
        "text": text,
        "drafted_by": moment.by,
        "drafted_at": moment.now,
    }
    return record(
        file,
        moment,
        Happened("reply_drafted", {"reply": values["id"]}),
        adds=[Add(Reply, values)],
        sets=[_withdraw(reply) for reply in file.replies if reply.state == ReplyState.DRAFT],
    )


def _withdraw(reply: Reply) -> Set:
    return Set(Reply, reply.id, {"state": ReplyState.WITHDRAWN})


def withdrawn(file: CaseFile, moment: Moment, keep: str = "") -> list[Set]:
    """Return what takes back every reply that still waits, and the posting owed for it."""
    waits = (ReplyState.DRAFT, ReplyState.APPROVED, ReplyState.BY_HAND)
    owed = _owed_postings(file)
    return [
        *(_withdraw(each) for each in file.replies if each.state in waits and each.id != keep),
        *(Set(Task, t.id, {"done_at": moment.now, "evidence": "withdrawn"}) for t in owed),
        *(end(c, "cancelled", moment) for t in owed for c in running(file, "task", t.id)),
    ]


def _owed_postings(file: CaseFile) -> list[Task]:
    return [t for t in file.tasks if t.kind == "publish_by_hand" and t.done_at is None]


def newest(file: CaseFile, *states: str) -> Reply | None:
    """Return the newest reply in one of these states."""
    found = [reply for reply in file.replies if reply.state in states]
    return max(found, key=lambda reply: (reply.drafted_at, reply.id), default=None)


def approve(
    file: CaseFile, can: Capabilities, acknowledged: Collection[str], moment: Moment
) -> Change:
    """Freeze the newest draft's exact text for publishing, by a named person.

    Raises IllegalMove while a block stands, while a warning is not acknowledged by its code, where
    the approver is no approver, or where one person alone would answer a grave review.
    """
    legal("approve", file)
    reply = newest(file, ReplyState.DRAFT)
    if reply is None or reply.text is None:
        raise IllegalMove("approve", [NEEDS["drafted"].remedy])
    found = findings(file, reply.text, can)
    _refuse_approval(file, reply, found, acknowledged, moment)
    state = ReplyState.APPROVED if can.reply else ReplyState.BY_HAND
    values = {
        "state": state,
        "digest": fingerprint(reply.text),
        "approved_by": moment.by,
        "approved_at": moment.now,
        "warned": sorted({each.code for each in found}),
    }
    facts = {"reply": reply.id, "digest": values["digest"], "warned": values["warned"]}
    by_hand = _ask_for_hand(file, reply, moment) if state == ReplyState.BY_HAND else ([], [])
    return record(
        file,
        moment,
        Happened("reply_approved", facts),
        # It takes the place of one approved before: two would both be published.
        sets=[*withdrawn(file, moment, keep=reply.id), Set(Reply, reply.id, values)],
        adds=by_hand[0],
        notices=by_hand[1],
    )


def _refuse_approval(
    file: CaseFile,
    reply: Reply,
    found: Sequence[Finding],
    acknowledged: Collection[str],
    moment: Moment,
) -> None:
    person = file.people.get(moment.by)
    missing = [
        f'"{each.words}" {each.why} ({each.code}); {each.instead}'
        for each in found
        if each.level is Level.BLOCK
    ]
    warned = {each.code for each in found if each.level is Level.WARN} - set(acknowledged)
    if warned and not missing:
        missing.append(f"warnings to acknowledge: {', '.join(sorted(warned))}")
    if person is None or person.role not in _APPROVERS:
        missing.append(f"a reply is approved by one of: {', '.join(_APPROVERS)}")
    elif person.id in file.case.about:
        missing.append("nobody approves the reply to a review about themselves")
    elif file.case.severity == "grave" and person.id == reply.drafted_by:
        missing.append("the review is grave: somebody else than who wrote the reply approves it")
    if missing:
        raise IllegalMove("approve", missing)


def _ask_for_hand(
    file: CaseFile, reply: Reply, moment: Moment
) -> tuple[list[Add], list[dict[str, Any]]]:
    """Owe somebody the posting: the platform has no way in for programs."""
    what = "Post the approved reply on the platform, then say where: posted --url"
    adds = task_adds(file, "publish_by_hand", what, moment.now + _BY_HAND, moment)
    notice = {
        "key": f"by_hand:{reply.id}:{file.case.owner_id}",
        "case_id": file.case.id,
        "kind": "publish_by_hand",
        "channel": "email",
        "person_id": file.case.owner_id,
        "detail": {"reply": reply.id},
    }
    return adds, [notice] if file.case.owner_id else []


def submit(file: CaseFile, reply: Reply, moment: Moment) -> Change:
    """Claim an approved reply before it is handed to the platform: nobody else posts it now."""
    if file.case.held_at is not None:
        raise IllegalMove("publish", ["a hold stops all that goes out; first: release"])
    if reply.state != ReplyState.APPROVED:
        raise IllegalMove("publish", [f"the reply is {reply.state}, not approved and waiting"])
    if reply.text is None or fingerprint(reply.text) != reply.digest:
        raise IllegalMove("publish", ["the text is not the one that was approved; approve again"])
    return record(
        file,
        moment,
        Happened("reply_submitted", {"reply": reply.id}),
        sets=[Set(Reply, reply.id, {"state": ReplyState.SUBMITTED, "submitted_at": moment.now})],
    )


def went_live(file: CaseFile, reply: Reply, said: Published, moment: Moment) -> Change:
    """Note that the platform took the reply; the review is acknowledged once the public sees it."""
    values: dict[str, Any] = {"external_id": said.external_id, "url": said.url}
    if not said.live:
        return record(
            file,
            moment,
            Happened("reply_pending", {"reply": reply.id}),
            sets=[Set(Reply, reply.id, values)],
        )
    values |= {"state": ReplyState.LIVE, "live_at": moment.now}
    return record(
        file,
        moment,
        Happened("reply_live", {"reply": reply.id}),
        facts=_acknowledged(file, moment.now, "live"),
        sets=[Set(Reply, reply.id, values)],
    )


def did_not_go_live(file: CaseFile, reply: Reply, error: PlatformError, moment: Moment) -> Change:
    """Note that the platform refused the reply, or that nobody can know; the owner is told.

    What surely was not posted, for a passing reason, is tried again; doubt is for a person.
    """
    if error.sent is None:
        state = ReplyState.UNKNOWN
    else:
        state = ReplyState.REJECTED if error.permanent else ReplyState.APPROVED
    notices = []
    if state != ReplyState.APPROVED and file.case.owner_id:
        notices.append(
            {
                "key": f"reply:{reply.id}:{state}:{moment.now.isoformat()}",
                "case_id": file.case.id,
                "kind": f"reply_{state}",
                "channel": "email",
                "person_id": file.case.owner_id,
                "detail": {"code": error.code},
            }
        )
    return record(
        file,
        moment,
        Happened("reply_failed", {"reply": reply.id, "code": error.code, "state": str(state)}),
        sets=[Set(Reply, reply.id, {"state": state, "code": error.code})],
        notices=notices,
    )


def posted(file: CaseFile, url: str, at: datetime, moment: Moment) -> Change:
    """Attest that the approved text stands on the platform: where, and since when."""
    legal("posted", file)
    reply = newest(file, *ATTESTABLE)
    if reply is None:
        raise IllegalMove("posted", [NEEDS["approved"].remedy])
    if not url.strip():
        raise IllegalMove("posted", ["say where it stands: --url"])
    values: dict[str, Any] = {
        "state": ReplyState.LIVE,
        "live_at": min(at, moment.now),
        "url": url,
        "attested_by": moment.by,
    }
    owed = _owed_postings(file)
    return record(
        file,
        moment,
        Happened("reply_attested", {"reply": reply.id, "at": values["live_at"]}, words=url),
        facts=_acknowledged(file, values["live_at"], "attested"),
        sets=[
            Set(Reply, reply.id, values),
            *(Set(Task, t.id, {"done_at": moment.now, "evidence": url}) for t in owed),
        ],
        ends=[end(clock, "met", moment) for t in owed for clock in running(file, "task", t.id)],
    )


def decide_on_none(file: CaseFile, why: str, moment: Moment) -> Change:
    """Note a person's decision that no public reply is owed, with the reason."""
    legal("no-reply", file)
    if why not in NO_REPLY:
        raise IllegalMove("no-reply", [f"{why!r} is no reason; the reasons: {', '.join(NO_REPLY)}"])
    if why == "troll" and file.case.troll != "confirmed":
        raise IllegalMove("no-reply", ["a person confirms a troll first: troll"])
    return record(
        file,
        moment,
        Happened("no_reply", {"why": why}),
        facts=_acknowledged(file, moment.now, f"none: {why}"),
        sets=withdrawn(file, moment),
    )


def _acknowledged(file: CaseFile, at: datetime, how: str) -> dict[str, Any]:
    if file.case.acknowledged_at is not None:
        return {}
    return {"acknowledged_at": at, "acknowledged_how": how}

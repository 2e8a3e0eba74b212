"""Our public answer: drafted by one, approved as that exact text, published once.

Two doors only: nothing is approved while a blocking finding stands, and publishing compares the
text with the digest that was approved (see `publishing`). Google's policy for its API forbids
replies without the owner's specific consent to each; so does HIPAA's logic, and so do we.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from cases.casefile import CaseFile
from cases.changes import Add, Change, Happened, Moment, Set
from cases.checking import compliance
from cases.checking.compliance import Finding, Level
from cases.clockwork.clocks import end
from cases.models import Reply, ReplyState, Role, Task
from cases.needs import ATTESTABLE, NEEDS, IllegalMove, legal
from cases.notices import to_owner
from cases.ports import Capabilities
from cases.stages import record, running
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
APPROVERS = (
    Role.DIRECTOR, Role.MANAGER, Role.CHIEF, Role.PRIVACY_OFFICER, Role.ADMINISTRATOR,
)  # fmt: skip
_BY_HAND = timedelta(days=1)
_SHOWS = timedelta(days=2)  # after which a reply posted by hand should be seen by everybody


def fingerprint(text: str) -> str:
    """Return the digest that ties an approval to one exact text."""
    return sha256(text.encode()).hexdigest()


def findings(
    file: CaseFile, text: str, can: Capabilities, *, recent: Collection[str] | None = None
) -> tuple[Finding, ...]:
    """Return what the checker finds in a public reply to this case's review.

    `recent`: the practice's last replies, those of the file unless given.
    """
    names, known = _names(file)
    return compliance.check_public(
        text,
        review=file.review.text or file.review.sealed_text or "",
        author=file.review.author,
        names=names,
        known=known,
        point_person=file.clinic.point_person,
        phone=file.clinic.phone,
        email=file.clinic.email,
        limit=can.reply_limit,
        unit=can.reply_unit,
        recent=file.recent_replies if recent is None else recent,
    )


def _names(file: CaseFile) -> tuple[set[str], set[str]]:
    """Return who must not be named, and who may: our own, but for those the review is about.

    To name one of those would say that the author met them here.
    """
    about = {person.name for id_, person in file.people.items() if id_ in file.case.about}
    ours = {person.name for person in file.people.values()} - about
    places = {clinic.name for clinic in (file.clinic, *file.clinics.values())}
    who = file.correspondent
    written = {who.name} if who is not None and who.name else set()
    return (about | written) - {file.clinic.point_person}, ours | places


def draft(file: CaseFile, text: str, moment: Moment) -> Change:
    """Keep a draft. Anything may stand in it: it is checked where it could do harm.

    Whoever has a draft cooling cools with it; somebody else may write a calmer one at once.
    """
    legal("draft", file)
    if not text.strip():
        raise IllegalMove("draft", ["the reply has no text"])
    before = newest(file, ReplyState.DRAFT)
    values = {
        "id": moment.new_id(),
        "case_id": file.case.id,
        "review_id": file.review.id,
        "cool_until": before.cool_until if before and before.drafted_by == moment.by else None,
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
    found = standing(reply, findings(file, reply.text, can))
    _refuse_approval(file, reply, found, acknowledged, moment)
    live = newest(file, ReplyState.LIVE)
    posts = can.reply and (live is None or can.edit_reply)
    state = ReplyState.APPROVED if posts else ReplyState.BY_HAND
    values = {
        "edits": live.id if live else "",
        "state": state,
        "digest": fingerprint(reply.text),
        "approved_by": moment.by,
        "approved_at": moment.now,
        "warned": sorted({each.code for each in found}),
    }
    facts = {"reply": reply.id, "digest": values["digest"], "warned": values["warned"]}
    by_hand = ask_for_hand(file, reply, moment) if state == ReplyState.BY_HAND else ([], [])
    return record(
        file,
        moment,
        Happened("reply_approved", facts),
        # It takes the place of one approved before: two would both be published.
        sets=[*withdrawn(file, moment, keep=reply.id), Set(Reply, reply.id, values)],
        adds=by_hand[0],
        notices=by_hand[1],
    )


def standing(reply: Reply, found: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return the findings of a reply's text that nobody overruled."""
    said = reply.overruled or {}
    ruled = (said.get("code"), said.get("start"), said.get("end"))
    return tuple(each for each in found if (each.code, each.start, each.end) != ruled)


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
    if reply.cool_until is not None and reply.cool_until > moment.now:
        until = reply.cool_until.astimezone(ZoneInfo(file.clinic.zone))
        missing.append(f"the draft cools until {until:%H:%M}; read it again then")
    if person is None or person.role not in APPROVERS:
        missing.append(f"a reply is approved by one of: {', '.join(APPROVERS)}")
    elif person.id in file.case.about:
        missing.append("nobody approves the reply to a review about themselves")
    elif file.case.severity == "grave" and person.id == reply.drafted_by:
        missing.append("the review is grave: somebody else than who wrote the reply approves it")
    if missing:
        raise IllegalMove("approve", missing)


def ask_for_hand(
    file: CaseFile, reply: Reply, moment: Moment
) -> tuple[list[Add], list[dict[str, Any]]]:
    """Owe somebody the posting: the platform has no way in for programs."""
    what = "Post the approved reply on the platform, then say where: posted --url"
    adds = task_adds(file, "publish_by_hand", what, moment.now + _BY_HAND, moment)
    return adds, to_owner(file, "publish_by_hand", f"by_hand:{reply.id}", {"reply": reply.id})


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
    shows = "Look whether the reply posted by hand can be seen by everybody"
    return record(
        file,
        moment,
        Happened("reply_attested", {"reply": reply.id, "at": values["live_at"]}, words=url),
        facts=acknowledged(file, values["live_at"], "attested"),
        sets=[
            Set(Reply, reply.id, values),
            *edited(file, reply),
            *(Set(Task, t.id, {"done_at": moment.now, "evidence": url}) for t in owed),
        ],
        adds=task_adds(file, "look_for_reply", shows, moment.now + _SHOWS, moment),
        ends=[end(clock, "met", moment) for t in owed for clock in running(file, "task", t.id)],
    )


def edited(file: CaseFile, now_live: Reply) -> list[Set]:
    """Return what closes the replies whose place a newer one has taken."""
    older = (r for r in file.replies if r.state == ReplyState.LIVE and r.id != now_live.id)
    return [Set(Reply, each.id, {"state": ReplyState.EDITED}) for each in older]


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
        facts=acknowledged(file, moment.now, f"none: {why}"),
        sets=withdrawn(file, moment),
    )


def acknowledged(file: CaseFile, at: datetime, how: str) -> dict[str, Any]:
    """Return the facts that note a review as acknowledged, unless it is already."""
    if file.case.acknowledged_at is not None:
        return {}
    return {"acknowledged_at": at, "acknowledged_how": how}

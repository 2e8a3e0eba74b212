"""Whether a notice may leave now, and what became of it: claimed, handed over, settled.

A claim is written before anything is sent, and its version is the fence: whoever settles later
than somebody else is told so. What goes to a correspondent leaves at most once: in doubt the
notice is `unknown` and a person telephones. Staff are told at least once, with the same
Message-ID: a missed escalation is worse than a repeated one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cases.changes import About, Add, Change, Happened, Moment, Set, about
from cases.consent import may_use
from cases.conversation import approval
from cases.models import (
    Case,
    Clinic,
    Consent,
    ContactPoint,
    Correspondent,
    Notice,
    NoticeState,
    Person,
    Receipt,
)
from cases.ports import Accepted, ChannelError

# Attempt n waits this long after failing; later ones as long as the last.
_BACK_OFF = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 240))
_ATTEMPTS = 10
# Texts to correspondents, in the clinic's own time; 47 CFR 64.1200(c)(1) allows 8 to 21 at most,
# several states less.
_TEXTS_FROM, _TEXTS_UNTIL = 9, 20
_ABOUT_WORK = ("remind", "escalate", "safety", "opened", "publish_by_hand")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A notice, opened, with all that decides whether it may go and how it is worded."""

    notice: Notice
    case: Case | None
    clinic: Clinic | None
    person: Person | None
    point: ContactPoint | None
    correspondent: Correspondent | None
    consents: Sequence[Consent]
    owner: Person | None = None  # of the case; without one, an administrator: who hears of trouble


def claim(waiting: Waiting, moment: Moment, lease: timedelta) -> Change:
    """Take a notice for sending, or say why it is not sent: stopped, held, void, or later.

    The claim holds only while the correspondent and the case stand as read here: a STOP, a hold or
    a close that is written meanwhile makes it stale.
    """
    if waiting.point is None:
        code, later = _bar_to_staff(waiting), None
    else:
        code, later = _bar_to_correspondent(waiting, moment.now)
    if later is not None:
        return _changed(waiting.notice, moment, {"not_before": later})
    if code:
        return _suppress(waiting, code, moment)
    values = {
        "state": NoticeState.SENDING,
        "attempts": waiting.notice.attempts + 1,
        "attempt_token": moment.new_id(),
        "lease_until": moment.now + lease,
    }
    return _changed(waiting.notice, moment, values, requires=_must_stand(waiting))


def _must_stand(waiting: Waiting) -> list[About]:
    rows = (waiting.correspondent, waiting.case) if waiting.point is not None else ()
    return [about(row) for row in rows if row is not None]


def is_claim(change: Change) -> bool:
    """Tell whether a Change takes a notice for sending."""
    return any(each.values.get("state") == NoticeState.SENDING for each in change.sets)


def may_send(claimed: Change, now: datetime) -> bool:
    """Tell whether a claim still stands: once its lease is over, others have settled the notice."""
    until: datetime = claimed.sets[0].values["lease_until"]
    return now < until


def token(change: Change) -> str:
    """Return the token of the attempt a claim is for."""
    found: str = change.sets[0].values["attempt_token"]
    return found


def _bar_to_staff(waiting: Waiting) -> str:
    if waiting.person is None or not waiting.person.active:
        return "nobody"
    closed = waiting.case is not None and waiting.case.closed_at is not None
    return "closed" if closed and waiting.notice.kind in _ABOUT_WORK else ""


def _bar_to_correspondent(waiting: Waiting, now: datetime) -> tuple[str, datetime | None]:
    notice, case, point, who = waiting.notice, waiting.case, waiting.point, waiting.correspondent
    if case is None or point is None or who is None or who.undone_at is not None:
        return "unmatched", None
    if not may_use(point, waiting.consents):
        return "stop", None
    if case.held_at is not None:
        return "held", None
    if case.closed_at is not None:
        return "closed", None
    text = approval(notice.channel, point.index, notice.subject_line or "", notice.body or "")
    if not notice.approved_by or notice.digest != text:
        return "not_what_was_approved", None
    if who.care_of == "deceased" and notice.kind == "follow_up":
        return "deceased", None
    return "", _quiet(notice, waiting.clinic, now)


def _quiet(notice: Notice, clinic: Clinic | None, now: datetime) -> datetime | None:
    """Return when a text may leave, if that is not now."""
    if notice.channel != "sms" or clinic is None:
        return None
    local = now.astimezone(ZoneInfo(clinic.zone))
    if _TEXTS_FROM <= local.hour < _TEXTS_UNTIL:
        return None
    morning = local.replace(hour=_TEXTS_FROM, minute=0, second=0, microsecond=0)
    return morning if local.hour < _TEXTS_FROM else morning + timedelta(days=1)


def _suppress(waiting: Waiting, code: str, moment: Moment) -> Change:
    values = {"state": NoticeState.SUPPRESSED, "code": code, "settled_at": moment.now}
    events = []
    if waiting.point is not None:
        events = [Happened("not_sent", {"channel": waiting.notice.channel, "why": code})]
    notices = _tell_owner(waiting, "not_sent", code)
    return _changed(waiting.notice, moment, values, events=events, notices=notices)


def accepted(waiting: Waiting, claimed: Change, said: Accepted, moment: Moment) -> Change:
    """Note that the provider took it."""
    values = {
        "state": NoticeState.ACCEPTED,
        "provider_id": said.provider_id,
        "code": said.code,
        "settled_at": moment.now,
    }
    events = []
    if waiting.point is not None:
        facts = {"channel": waiting.notice.channel, "notice": waiting.notice.id}
        events = [Happened("message_sent", facts)]
    return _settled(waiting, claimed, values, moment, events=events)


def failed(waiting: Waiting, claimed: Change, error: ChannelError, moment: Moment) -> Change:
    """Note that it did not go through, and what follows: again later, never, or a person looks."""
    to_them = waiting.point is not None
    if error.sent is None and to_them:
        return _unknown(waiting, claimed, error.code, moment)
    attempts = claimed.sets[0].values["attempts"]
    if error.permanent or attempts >= _ATTEMPTS:
        return _refused(waiting, claimed, error, moment)
    wait = _BACK_OFF[min(attempts, len(_BACK_OFF)) - 1]
    values = {"state": NoticeState.PENDING, "code": error.code, "not_before": moment.now + wait}
    return _settled(waiting, claimed, values, moment)


def _unknown(waiting: Waiting, claimed: Change, code: str, moment: Moment) -> Change:
    values = {"state": NoticeState.UNKNOWN, "code": code, "settled_at": moment.now}
    facts = {"channel": waiting.notice.channel, "notice": waiting.notice.id, "code": code}
    return _settled(
        waiting,
        claimed,
        values,
        moment,
        events=[Happened("delivery_unknown", facts)],
        notices=_tell_owner(waiting, "unknown_delivery", code),
    )


def _refused(waiting: Waiting, claimed: Change, error: ChannelError, moment: Moment) -> Change:
    values = {"state": NoticeState.REFUSED, "code": error.code, "settled_at": moment.now}
    point = waiting.point
    events, sets = [], []
    if point is not None:
        facts = {"channel": waiting.notice.channel, "code": error.code}
        events = [Happened("message_refused", facts)]
        if error.dead_address:
            why = {"closed_at": moment.now, "closed_why": error.code}
            sets = [Set(ContactPoint, point.id, why)]
    notices = _tell_owner(waiting, "bounced", error.code)
    return _settled(waiting, claimed, values, moment, events=events, notices=notices, sets=sets)


def hung(waiting: Waiting, moment: Moment) -> Change:
    """Settle a notice whose sender died: the lease ran out and nobody can know what left.

    To a correspondent it is never sent again by itself; to staff it is, with the same Message-ID.
    """
    notice = waiting.notice
    as_claimed = Change(
        About(Notice, notice.id, notice.version - 1),
        moment,
        sets=[Set(Notice, notice.id, {"attempts": notice.attempts})],
    )
    if waiting.point is not None:
        return _unknown(waiting, as_claimed, "lease", moment)
    values = {"state": NoticeState.PENDING, "code": "lease", "not_before": moment.now}
    return _settled(waiting, as_claimed, values, moment)


def _settled(
    waiting: Waiting,
    claimed: Change,
    values: dict[str, Any],
    moment: Moment,
    *,
    events: Sequence[Happened] = (),
    notices: Sequence[dict[str, Any]] = (),
    sets: Sequence[Set] = (),
) -> Change:
    receipt = {
        "id": moment.new_id(),
        "notice_id": waiting.notice.id,
        "attempt": claimed.sets[0].values["attempts"],
        "state": values["state"],
        "code": values.get("code", ""),
        "provider_id": values.get("provider_id", ""),
        "at": moment.now,
    }
    after_claim = About(Notice, waiting.notice.id, claimed.subject.version + 1)
    return Change(
        after_claim,
        moment,
        sets=[Set(Notice, waiting.notice.id, {**values, "lease_until": None}), *sets],
        adds=[Add(Receipt, receipt)],
        events=events,
        notices=notices,
        case_id=waiting.notice.case_id or "",
    )


def _changed(
    notice: Notice,
    moment: Moment,
    values: dict[str, Any],
    *,
    requires: Sequence[About] = (),
    events: Sequence[Happened] = (),
    notices: Sequence[dict[str, Any]] = (),
) -> Change:
    return Change(
        about(notice),
        moment,
        sets=[Set(Notice, notice.id, values)],
        requires=requires,
        events=events,
        notices=notices,
        case_id=notice.case_id or "",
    )


def _tell_owner(waiting: Waiting, kind: str, code: str) -> list[dict[str, Any]]:
    """Owe somebody the news that a message did not surely arrive; staff's own mail is theirs."""
    notice, told = waiting.notice, waiting.owner
    if told is None or (waiting.point is None and kind != "bounced") or told == waiting.person:
        return []
    return [
        {
            "key": f"{kind}:{notice.id}:{notice.attempts}:{told.id}",
            "case_id": notice.case_id,
            "kind": kind,
            "channel": "email",
            "person_id": told.id,
            "detail": {"channel": notice.channel, "code": code},
        }
    ]

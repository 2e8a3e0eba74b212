"""Whether a notice may leave now, and what became of it: claimed, handed over, settled.

A claim is written before anything is sent, and its version is the fence: whoever settles later
than somebody else is told so. What goes to a correspondent leaves at most once: in doubt the
notice is `unknown` and a person telephones. Staff are told at least once, with the same
Message-ID: a missed escalation is worse than a repeated one.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from cases.changes import About, Add, Change, Happened, Moment, Set, about
from cases.clockwork.reaching import not_told, passed_on
from cases.models import ContactPoint, Notice, NoticeState, Number
from cases.notices import to_person
from cases.ports import Accepted, ChannelError
from cases.talking.bars import CONFIRMATION, INVITATION, bar
from cases.talking.consent import said
from cases.talking.receipts import settled
from cases.talking.waiting import Waiting

OPTED_OUT = "twilio-21610"
# Attempt n waits this long after failing; later ones as long as the last.
_BACK_OFF = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 240))
_ATTEMPTS = 10
_JITTER = 0.2  # up to this part of a wait is left out, or all that failed together come together
_MENDED_IN = timedelta(hours=1)  # what is ours to mend is tried again then


def claim(waiting: Waiting, moment: Moment, lease: timedelta) -> Change:
    """Take a notice for sending, or say why it is not sent: stopped, held, void, or later.

    The claim holds only while the correspondent and the case stand as read here: a STOP, a hold or
    a close that is written meanwhile makes it stale.
    """
    code, later = bar(waiting, moment.now)
    if later is not None:
        return _changed(waiting.notice, moment, {"not_before": later})
    if code:
        return _suppress(waiting, code, moment)
    values = {
        "state": NoticeState.SENDING,
        "attempts": waiting.notice.attempts + 1,
        "attempt_token": moment.new_id(),
        "claimed_at": moment.now,
        "lease_until": moment.now + lease,
    }
    change = _changed(waiting.notice, moment, values, requires=_must_stand(waiting))
    return change.with_parts(*_texted(waiting, moment))


def _texted(waiting: Waiting, moment: Moment) -> list[Change]:
    """Bump the number that is texted: of two claims for it, only one then holds."""
    point, number = waiting.point, waiting.number
    if point is None or waiting.notice.channel != "sms" or waiting.notice.kind == CONFIRMATION:
        return []
    now = {"texted_at": moment.now}
    if number is not None:
        return [Change(about(number), moment, sets=[Set(Number, number.id, now)])]
    new = number_id(point.index)
    return [Change(About(Number, new, 0), moment, adds=[Add(Number, {"id": new, **now})])]


def number_id(index: str) -> str:
    """Return the id of a number's row: half of its blind index tells it apart well enough."""
    return index[:32]


def _must_stand(waiting: Waiting) -> list[About]:
    rows = (waiting.correspondent, waiting.case) if waiting.point is not None else ()
    return [about(row) for row in rows if row is not None]


def is_claim(change: Change) -> bool:
    """Tell whether a Change takes a notice for sending."""
    return any(each.values.get("state") == NoticeState.SENDING for each in change.sets)


def may_send(claimed: Change, now: datetime, longest: timedelta = timedelta()) -> bool:
    """Tell whether a claim stands until a call of that length ends.

    Once its lease is over, others have settled the notice.
    """
    until: datetime = claimed.sets[0].values["lease_until"]
    return now + longest < until


def token(change: Change) -> str:
    """Return the token of the attempt a claim is for."""
    found: str = change.sets[0].values["attempt_token"]
    return found


def _suppress(waiting: Waiting, code: str, moment: Moment) -> Change:
    values = {"state": NoticeState.SUPPRESSED, "code": code, "settled_at": moment.now}
    events = []
    if waiting.point is not None:
        events = [Happened("not_sent", {"channel": waiting.notice.channel, "why": code})]
    is_ours = waiting.notice.kind == CONFIRMATION
    notices = [] if is_ours else tell_owner(waiting, "not_sent", code)
    if code in _OTHERS_ARE_TOLD:
        events += not_told(waiting, code)
        notices += passed_on(waiting, code)
    return _changed(waiting.notice, moment, values, events=events, notices=notices)


# Why somebody is not told, and it is not because there is nothing to tell.
_OTHERS_ARE_TOLD = ("nobody", "away", "about")


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
    return settled(waiting.notice, values, moment, claim=claimed, events=events)


def failed(waiting: Waiting, claimed: Change, error: ChannelError, moment: Moment) -> Change:
    """Note that it did not go through, and what follows: again later, never, or a person looks."""
    to_them = waiting.point is not None
    if error.sent is None and to_them:
        return _unknown(waiting, claimed, error.code, moment)
    if error.ours:
        return untried(waiting, claimed, error.code, moment.now + _MENDED_IN, moment)
    attempts = claimed.sets[0].values["attempts"]
    if error.permanent or attempts >= _ATTEMPTS:
        return _refused(waiting, claimed, error, moment)
    wait = back_off(waiting.notice.id, attempts)
    values = {"state": NoticeState.PENDING, "code": error.code, "not_before": moment.now + wait}
    return settled(waiting.notice, values, moment, claim=claimed)


def back_off(notice_id: str, attempts: int) -> timedelta:
    """Return how long attempt n waits after failing: longer each time, each notice its own way."""
    wait = _BACK_OFF[min(attempts, len(_BACK_OFF)) - 1]
    chance = sha256(f"{notice_id}:{attempts}".encode()).digest()[0] / 256
    return wait * (1 - _JITTER * chance)


def untried(
    waiting: Waiting, claimed: Change, code: str, until: datetime, moment: Moment
) -> Change:
    """Give a claim back: the channel rests, or the turn came too late. It was no attempt."""
    values = {
        "state": NoticeState.PENDING,
        "code": code,
        "not_before": max(until, moment.now),
        "attempts": waiting.notice.attempts,
    }
    return settled(waiting.notice, values, moment, claim=claimed)


def stopped(waiting: Waiting, claimed: Change, code: str, moment: Moment) -> Change:
    """Note that a claim was not used: a STOP or a hold came before it was handed over."""
    values = {"state": NoticeState.SUPPRESSED, "code": code, "settled_at": moment.now}
    event = Happened("not_sent", {"channel": waiting.notice.channel, "why": code})
    told = tell_owner(waiting, "not_sent", code)
    return settled(waiting.notice, values, moment, claim=claimed, events=[event], notices=told)


def _unknown(waiting: Waiting, claimed: Change, code: str, moment: Moment) -> Change:
    values = {"state": NoticeState.UNKNOWN, "code": code, "settled_at": moment.now}
    facts = {"channel": waiting.notice.channel, "notice": waiting.notice.id, "code": code}
    return settled(
        waiting.notice,
        values,
        moment,
        claim=claimed,
        events=[Happened("delivery_unknown", facts)],
        notices=tell_owner(waiting, "unknown_delivery", code),
    )


def _refused(waiting: Waiting, claimed: Change, error: ChannelError, moment: Moment) -> Change:
    values = {"state": NoticeState.REFUSED, "code": error.code, "settled_at": moment.now}
    point = waiting.point
    events: list[Happened] = []
    sets: list[Set] = []
    adds: list[Add] = []
    if point is not None:
        facts = {"channel": waiting.notice.channel, "code": error.code}
        events = [Happened("message_refused", facts)]
        sets, adds = closing(point, error.code, error.dead_address, moment)
    notices = tell_owner(waiting, "bounced", error.code)
    if point is None:
        events += not_told(waiting, error.code)
        notices += passed_on(waiting, error.code)
    return settled(
        waiting.notice,
        values,
        moment,
        claim=claimed,
        events=events,
        notices=notices,
        sets=sets,
        adds=adds,
    )


def closing(
    point: ContactPoint, code: str, dead: bool, moment: Moment
) -> tuple[list[Set], list[Add]]:
    """Return what closes a number or address that is of no use any more.

    Where the provider says that they opted out, it is kept as the STOP it is.
    """
    if not dead:
        return [], []
    shut = Set(ContactPoint, point.id, {"closed_at": moment.now, "closed_why": code})
    if code != OPTED_OUT:
        return [shut], []
    how = "they opted out with the provider"
    return [shut], [said(point.index, point.channel, False, how, moment)]


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
    return settled(notice, values, moment, claim=as_claimed)


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


def tell_owner(waiting: Waiting, kind: str, code: str) -> list[dict[str, Any]]:
    """Owe somebody the news that a message did not surely arrive; staff's own mail is theirs."""
    notice, told = waiting.notice, waiting.owner
    if told is None or (waiting.point is None and kind != "bounced") or told == waiting.person:
        return []
    if notice.kind == INVITATION:
        return []  # its list shows how each stands; a mail for every stale address helps nobody
    key = f"{kind}:{notice.id}:{notice.attempts}:{told.id}"
    detail = {"channel": notice.channel, "code": code}
    return [to_person(kind, key, told.id, detail, case_id=notice.case_id)]

"""What they do not want, they do not get: a STOP wins over everything, at once and for good.

And whatever else makes a waiting message wrong stops it before it leaves. What somebody agreed to
or took back is kept row by row and never changed, so that any past day can be shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cases.changes import About, Add, Change, Happened, Moment, Set, about
from cases.models import Consent, ContactPoint, Correspondent, Notice, NoticeState

# What a message is for. Nothing was agreed to in so many words for the first two: they gave us the
# number themselves, and may take it back. An invitation wants a yes (47 CFR 64.1200(f)(9)).
PURPOSES = ("case", "follow_up", "invitation")
_WANTS_A_YES = ("invitation",)
# Closed by a STOP, of which the provider told us first; a START opens it again.
STOPPED = ("stop", "twilio-21610")


@dataclass(frozen=True, slots=True)
class Standing:
    """What held at some time: given, taken back, or None where nothing was ever said."""

    given: bool | None
    row: Consent | None = None


def purpose_of(kind: str) -> str:
    """Return what a notice of this kind is for."""
    return kind if kind in PURPOSES else "case"


def state_at(
    rows: Iterable[Consent], channel: str, purpose: str, at: datetime | None = None
) -> Standing:
    """Return what held for a channel and a purpose at that time; None: now, the last word.

    `rows`: those of one number or address. A row without a purpose is about all of them.
    """
    said = [
        row
        for row in rows
        if row.channel == channel and row.purpose in ("", purpose) and (at is None or row.at <= at)
    ]
    # Of two said in the same instant a no counts: STOP wins.
    last = max(said, key=lambda row: (row.at, not row.given, row.id), default=None)
    return Standing(None if last is None else last.given, last)


def may_use(point: ContactPoint, consents: Sequence[Consent], purpose: str = "case") -> bool:
    """Tell whether a number or address may be used: allowed, alive, and the last word no STOP."""
    if not point.allowed or point.closed_at is not None:
        return False
    said = [row for row in consents if row.index == point.index]
    given = state_at(said, point.channel, purpose).given
    return given is True if purpose in _WANTS_A_YES else given is not False


def suppressed(
    notices: Sequence[Notice], code: str, moment: Moment, purpose: str = ""
) -> list[Change]:
    """Return what stops every notice that still waits, of that purpose: it is never sent."""
    gone = {"state": NoticeState.SUPPRESSED, "code": code, "settled_at": moment.now}
    return [
        Change(about(notice), moment, sets=[Set(Notice, notice.id, gone)])
        for notice in notices
        if notice.state in (NoticeState.PENDING, NoticeState.PLANNED)
        and notice.point_id
        and purpose in ("", purpose_of(notice.kind))
    ]


def stop(
    index: str,
    channel: str,
    how: str,
    moment: Moment,
    known: Sequence[Correspondent],
    waiting: Sequence[Notice],
    practice: About,
    *,
    words: str = "",
    purpose: str = "",
) -> Change:
    """Take consent back for a number or address, at once and for good, whoever it belongs to.

    All that waits for it is stopped in the same transaction. 47 CFR 64.1200(a)(10). `words`: what
    they wrote. `purpose`: only that one, where they were asked (an unsubscribe link).
    """
    taken = said(index, channel, False, how, moment, purpose=purpose, words=words)
    facts = {"channel": channel, "how": how} | ({"purpose": purpose} if purpose else {})
    events = [Happened("stopped", facts)]
    people = [Change(about(each), moment, events=events) for each in known]
    return Change(practice, moment, adds=[taken], events=events).with_parts(
        *people, *suppressed(waiting, "stop", moment, purpose)
    )


def start(
    index: str,
    channel: str,
    how: str,
    moment: Moment,
    known: Sequence[Correspondent],
    points: Sequence[ContactPoint],
    practice: About,
) -> Change:
    """Give it back, by the word of whoever has the number: what a STOP closed is open again."""
    opened = [
        Set(ContactPoint, point.id, {"closed_at": None, "closed_why": "", "allowed": True})
        for point in points
        if point.channel == channel and (point.closed_at is None or point.closed_why in STOPPED)
    ]
    events = [Happened("started", {"channel": channel, "how": how})]
    people = [Change(about(each), moment, events=events) for each in known]
    given = said(index, channel, True, how, moment)
    return Change(practice, moment, adds=[given], sets=opened, events=events).with_parts(*people)


def said(
    index: str,
    channel: str,
    given: bool,
    how: str,
    moment: Moment,
    *,
    purpose: str = "",
    wording: str = "",
    words: str = "",
) -> Add:
    """Return the row that keeps what was agreed to or taken back, when, how and by whom."""
    values: dict[str, Any] = {
        "id": moment.new_id(),
        "index": index,
        "channel": channel,
        "purpose": purpose,
        "given": given,
        "at": moment.now,
        "how": how,
        "by": moment.by,
        "wording": wording,
        "words": words or None,
    }
    return Add(Consent, values)

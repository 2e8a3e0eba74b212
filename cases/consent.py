"""What they do not want, they do not get: a STOP wins over everything, at once and for good.

And whatever else makes a waiting message wrong stops it before it leaves.
"""

from __future__ import annotations

from collections.abc import Sequence

from cases.changes import About, Add, Change, Happened, Moment, Set, about
from cases.models import Consent, ContactPoint, Correspondent, Notice, NoticeState


def suppressed(notices: Sequence[Notice], code: str, moment: Moment) -> list[Change]:
    """Return what stops every notice that still waits: it is never sent."""
    return [
        Change(
            about(notice),
            moment,
            sets=[
                Set(
                    Notice,
                    notice.id,
                    {
                        "state": NoticeState.SUPPRESSED,
                        "code": code,
                        "settled_at": moment.now,
                    },
                )
            ],
        )
        for notice in notices
        if notice.state in (NoticeState.PENDING, NoticeState.PLANNED) and notice.point_id
    ]


def may_use(point: ContactPoint, consents: Sequence[Consent]) -> bool:
    """Tell whether a number or address may be used: allowed, alive, and the last word no STOP."""
    if not point.allowed or point.closed_at is not None:
        return False
    said = [c for c in consents if c.index == point.index and c.channel == point.channel]
    return not said or max(said, key=lambda consent: (consent.at, consent.id)).given


def stop(
    index: str,
    channel: str,
    how: str,
    moment: Moment,
    known: Sequence[Correspondent],
    waiting: Sequence[Notice],
    practice: About,
) -> Change:
    """Take consent back for a number or address, at once and for good, whoever it belongs to.

    All that waits for it is stopped in the same transaction. 47 CFR 64.1200(a)(10).
    """
    consent = {
        "id": moment.new_id(),
        "index": index,
        "channel": channel,
        "given": False,
        "at": moment.now,
        "how": how,
        "by": moment.by,
    }
    events = [Happened("stopped", {"channel": channel, "how": how})]
    people = [Change(about(each), moment, events=events) for each in known]
    return Change(practice, moment, adds=[Add(Consent, consent)], events=events).with_parts(
        *people, *suppressed(waiting, "stop", moment)
    )

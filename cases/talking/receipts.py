"""What became of an attempt to send a notice, written down beside the notice it settles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cases.changes import About, Add, Change, Happened, Moment, Set, about
from cases.models import Notice, Receipt


def settled(
    notice: Notice,
    values: Mapping[str, Any],
    moment: Moment,
    *,
    claim: Change | None = None,
    events: Sequence[Happened] = (),
    notices: Sequence[Mapping[str, Any]] = (),
    sets: Sequence[Set] = (),
    adds: Sequence[Add] = (),
) -> Change:
    """Return the Change that lets go of a notice with these values, and the attempt's receipt.

    With the claim it was taken by, it holds only where nobody settled it since; else as read.
    """
    subject, attempt = about(notice), notice.attempts
    if claim is not None:
        subject = About(Notice, notice.id, claim.subject.version + 1)
        attempt = claim.sets[0].values["attempts"]
    return Change(
        subject,
        moment,
        sets=[Set(Notice, notice.id, {**values, "lease_until": None}), *sets],
        adds=[_receipt(notice, attempt, values, moment), *adds],
        events=events,
        notices=notices,
        case_id=notice.case_id or "",
    )


def _receipt(notice: Notice, attempt: int, values: Mapping[str, Any], moment: Moment) -> Add:
    row = {
        "id": moment.new_id(),
        "notice_id": notice.id,
        "attempt": attempt,
        "state": values["state"],
        "code": values.get("code", ""),
        "provider_id": values.get("provider_id", ""),
        "at": moment.now,
    }
    return Add(Receipt, row)

"""Keeping in touch: whoever we spoke with last hears from us again, while we look into it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cases.casefile import CaseFile, OnTheClock
from cases.changes import Add, Moment, Set
from cases.clockwork import clocks
from cases.models import Contact
from cases.models.rows import new_row

KIND = "in_touch"
_SPOKE = ("reached", "sent")  # a voicemail or an unanswered call told them nothing


def follow(
    file: CaseFile, after: Any, adds: Sequence[Add], moment: Moment
) -> tuple[list[Add], list[Set]]:
    """Start the clock of what we said last, end that of what we said before.

    It runs while they were reached, the matter is not resolved and they may be contacted. A message
    from them ends it: then the `answer` clock runs. `after` is the case as it will be.
    """
    last = _last_word(file, after, adds)
    ours = last is not None and not last.inbound
    key = last.id if last is not None and ours and _waits(file, after) else ""
    # Who was reached hears what was done when it is resolved.
    kept = bool(key) or after.resolved_at is not None
    ended = [
        clocks.end(clock, "met" if kept else "cancelled", moment)
        for clock in file.clocks
        if clock.kind == KIND and clock.ended_at is None and clock.key != key
    ]
    known = any(clock.kind == KIND and clock.key == key for clock in file.clocks)
    if last is None or not key or known or KIND not in file.playbook.clocks:
        return [], ended
    new = any(add.values["id"] == last.id for add in adds if add.table is Contact)
    return [_start(file, last, last.at if new else moment.now, moment)], ended


def owed(file: OnTheClock, moment: Moment) -> list[Add]:
    """Return the clock a later policy adds to what was said already: it begins now."""
    last = _last_word(file, file.case, ())
    known = last is not None and any(clock.key == last.id for clock in file.clocks)
    if last is None or last.inbound or known or KIND not in file.playbook.clocks:
        return []
    if file.case.correspondent_id is None or not _looked_into(file.case):
        return []
    return [_start(file, last, moment.now, moment)]


def _start(file: OnTheClock, last: Contact, since: datetime, moment: Moment) -> Add:
    promise, version = file.playbook.clocks[KIND], file.playbook.version
    return clocks.start(
        KIND,
        file.case.id,
        since,
        promise,
        file.calendars,
        moment,
        key=last.id,
        round_=last.round,
        version=version,
    )


def _last_word(file: OnTheClock, after: Any, adds: Sequence[Add]) -> Contact | None:
    """Return what was said last in this round, by either side; an unanswered call said nothing."""
    new = [new_row(Contact, add.values) for add in adds if add.table is Contact]
    said = [
        each
        for each in (*file.contacts, *new)
        if each.round == after.round and (each.inbound or each.outcome in _SPOKE)
    ]
    # Of two at the same time, the one noted later came later.
    return max(reversed(said), key=lambda each: each.at, default=None)


def _waits(file: CaseFile, after: Any) -> bool:
    """Tell whether they wait for news and may have them; by the case as it will be.

    Who declined and is reached after all was still unwilling when the case was read.
    """
    if not _looked_into(after) or after.correspondent_id is None:
        return False
    who = file.correspondent
    if who is None:  # matched only now
        return True
    return who.undone_at is None and any(file.usable(point) for point in file.points)


def _looked_into(case: Any) -> bool:
    """Tell whether they were reached and wait for what comes of it."""
    return case.contact_how == "reached" and case.resolved_at is None and case.closed_at is None

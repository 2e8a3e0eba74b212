"""What it means that a mail of ours came back: the address is closed, and somebody telephones."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from cases.casefile import CaseFile
from cases.changes import Change, Happened, Moment, Set
from cases.clockwork.reaching import not_told, passed_on
from cases.models import ContactPoint, Notice, NoticeState
from cases.notices import to_person
from cases.stages import record
from cases.talking.receipts import settled
from cases.talking.waiting import Waiting
from cases.tasks import task_adds

_PHONE_WITHIN = timedelta(hours=4)  # of office time
_SENT = (NoticeState.ACCEPTED, NoticeState.UNKNOWN)
_PHONE = "Their e-mail did not arrive: telephone them instead, and ask for a better address"


def came_back(
    waiting: Waiting, file: CaseFile | None, status: str, final: bool, moment: Moment
) -> Change | None:
    """Return what a bounce changes: the notice is refused, and in a case somebody telephones.

    `status` is that of RFC 3463 ("5.1.1"); `final`: the address itself is of no use, so that it is
    closed. None where the notice is settled already, or was never sent.
    """
    notice, point = waiting.notice, waiting.point
    if notice.state not in _SENT:
        return None
    code = f"bounce-{status}" if status else "bounce"
    sets: list[Set] = []
    events: list[Happened] = []
    notices: list[dict[str, Any]] = []
    if point is None:
        events = not_told(waiting, code)
        notices = passed_on(waiting, code)
    elif final and point.closed_at is None:
        closed = {"closed_at": moment.now, "closed_why": "bounced"}
        sets.append(Set(ContactPoint, point.id, closed))
    notices += _tell_owner(waiting, code)
    values = _refused(notice, code, moment)
    change = settled(notice, values, moment, sets=sets, events=events, notices=notices)
    if point is None or file is None:
        return change
    return change.with_parts(_telephone(file, notice, code, moment))


def _refused(notice: Notice, code: str, moment: Moment) -> dict[str, Any]:
    at = notice.settled_at or moment.now
    return {"state": NoticeState.REFUSED, "code": code, "settled_at": at}


def _telephone(file: CaseFile, notice: Notice, code: str, moment: Moment) -> Change:
    due = file.calendars.office.add(moment.now, _PHONE_WITHIN)
    needed = file.case.closed_at is None and not notice.task_id  # or it was in doubt before
    owed = task_adds(file, "call", _PHONE, due, moment) if needed else []
    return record(file, moment, Happened("message_bounced", {"code": code}), adds=owed)


def _tell_owner(waiting: Waiting, code: str) -> list[dict[str, Any]]:
    told, notice = waiting.owner, waiting.notice
    if told is None or told == waiting.person:
        return []
    key = f"bounced:{notice.id}:came_back:{told.id}"
    detail = {"channel": notice.channel, "code": code}
    return [to_person("bounced", key, told.id, detail, case_id=notice.case_id)]

"""What shows afterwards how a message fared: the provider's reports, a look-up, a person's call.

Reports come in any order and more than once. Each state has a rank, and only a higher one counts,
so all orders end alike. What nothing shows within a while, a person finds out by telephone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from cases.casefile import CaseFile
from cases.changes import Change, Happened, Moment, Set, about
from cases.clockwork.reaching import not_told, passed_on
from cases.custody import task_done
from cases.models import Notice, NoticeState
from cases.ports import Found
from cases.stages import record
from cases.talking.bars import CONFIRMATION
from cases.talking.delivery import OPTED_OUT, closing, tell_owner
from cases.talking.receipts import settled
from cases.talking.waiting import Waiting
from cases.tasks import task_adds

# A provider's own words for how a text stands. "delivered" is a carrier's receipt: the strongest.
RANK = {
    state: rank
    for rank, state in enumerate(
        ("accepted", "scheduled", "queued", "sending", "sent", "canceled", "failed",
         "undelivered", "delivered", "read"), start=1)
}  # fmt: skip
_LOST = ("canceled", "failed", "undelivered")
_ARRIVED = ("delivered", "read")
# Blocked, no such subscriber, a landline: this number gets no text of anybody.
_DEAD = frozenset({"twilio-30004", "twilio-30005", "twilio-30006", OPTED_OUT})
TASK = "phone_instead"
NO_TASK = "none"  # in place of a task's id: nobody is to be telephoned for this
_CALL_WITHIN = timedelta(hours=2)  # of office time
LOOKED_FOR = timedelta(minutes=15)  # so long evidence may come before a person is asked to call
_GIVEN_UP = timedelta(hours=2)
_SOON = timedelta(minutes=1)


def reported(
    waiting: Waiting,
    provider_id: str,
    state: str,
    error: str,
    moment: Moment,
    untold: Sequence[Notice] = (),
) -> Change | None:
    """Take in what the provider says of a message. None where it is nothing new, or not of ours.

    Also of one in doubt, or still on its way: the answer that was lost. `error`: a code or "".
    `untold`: the news of the doubt that has not left yet; it need not any more.
    """
    notice = waiting.notice
    if notice.provider_id not in ("", provider_id) or not notice.attempts:
        return None
    if RANK.get(state, 0) <= RANK.get(notice.provider_state, 0):
        return None
    code = f"twilio-{error or state}"
    values = {
        "state": _state(state),
        "provider_state": state,
        "provider_id": provider_id,
        "code": code,
        "settled_at": notice.settled_at or moment.now,
    }
    if state in _LOST:
        return _lost(waiting, values, code, moment)
    events = [_known(waiting, state)] if waiting.point is not None else []
    told = [] if untold else _after_all(waiting)
    change = settled(waiting.notice, values, moment, events=events, notices=told)
    return change.with_parts(*(_needs_no_telling(each, moment) for each in untold))


def _needs_no_telling(news: Notice, moment: Moment) -> Change:
    values = {"state": NoticeState.SUPPRESSED, "code": "known", "settled_at": moment.now}
    return Change(about(news), moment, sets=[Set(Notice, news.id, values)])


def _state(state: str) -> NoticeState:
    if state in _LOST:
        return NoticeState.UNDELIVERED
    return NoticeState.DELIVERED if state in _ARRIVED else NoticeState.ACCEPTED


def _known(waiting: Waiting, state: str) -> Happened:
    facts = {"channel": waiting.notice.channel, "notice": waiting.notice.id, "state": state}
    return Happened("message_delivered" if state in _ARRIVED else "message_sent", facts)


def _after_all(waiting: Waiting) -> list[dict[str, Any]]:
    """Tell whoever heard that it was in doubt that it is no more."""
    if waiting.notice.state != NoticeState.UNKNOWN:
        return []
    return tell_owner(waiting, "known_delivery", "")


def _lost(waiting: Waiting, values: dict[str, Any], code: str, moment: Moment) -> Change:
    point, dead = waiting.point, code in _DEAD
    told = tell_owner(waiting, "bounced", code)
    if point is None:
        events, told = not_told(waiting, code), told + passed_on(waiting, code)
        return settled(waiting.notice, values, moment, events=events, notices=told)
    facts = {"channel": waiting.notice.channel, "code": code}
    sets, adds = closing(point, code, dead, moment)
    events = [Happened("message_undelivered", facts)]
    return settled(
        waiting.notice, values, moment, events=events, notices=told, sets=sets, adds=adds
    )


def span_of(notice: Notice, lease: timedelta) -> tuple[datetime, datetime]:
    """Return between which instants an attempt in doubt can have been taken by the provider."""
    since = notice.claimed_at or notice.created_at
    return since - _SOON, since + lease


def looked_up(
    waiting: Waiting, found: Sequence[Found], moment: Moment, untold: Sequence[Notice] = ()
) -> Change:
    """Settle a doubt by what the provider has. Only one single message is proof.

    None may mean that its list is behind; two, that it was sent by somebody else as well. Then it
    is looked for again, later and later, and after two hours no more.
    """
    notice = waiting.notice
    if len(found) == 1:
        one = found[0]
        known = reported(waiting, one.provider_id, one.state, one.code, moment, untold)
        if known is not None:
            return known
    since = notice.settled_at or moment.now
    again = moment.now + max(moment.now - since, _SOON)
    over = again - since > _GIVEN_UP
    later = {"not_before": since + timedelta(days=36500) if over else again}
    return Change(about(notice), moment, sets=[Set(Notice, notice.id, later)])


def phone_instead(file: CaseFile, notice: Notice, moment: Moment) -> Change:
    """Owe them a call, since a message to them surely or maybe did not arrive.

    Not where it was to confirm a STOP, nor where they told the provider that they want no more.
    """
    marked = Change(about(notice), moment)
    if notice.kind == CONFIRMATION or notice.code == OPTED_OUT:
        return _marked(marked, notice, NO_TASK)
    what = (
        "We could not confirm that a message to them arrived: phone instead, and log the call."
        if notice.state == NoticeState.UNKNOWN
        else "A message to them did not arrive: phone instead, and log the call."
    )
    due = file.calendars.office.add(moment.now, _CALL_WITHIN)
    adds = task_adds(file, TASK, what, due, moment)
    task_id: str = adds[0].values["id"]
    event = Happened("task_set", {"task": task_id, "kind": TASK, "due_at": due})
    return record(file, moment, event, adds=adds).with_parts(_marked(marked, notice, task_id))


def _marked(change: Change, notice: Notice, task_id: str) -> Change:
    return Change(
        change.subject, change.moment, sets=[Set(Notice, notice.id, {"task_id": task_id})]
    )


def needless(file: CaseFile, notice: Notice, moment: Moment) -> Change | None:
    """Return what ends the call that is owed, now that the message is known to have arrived."""
    task = next((t for t in file.tasks if t.id == notice.task_id and t.done_at is None), None)
    if task is None:
        return None
    return task_done(file, task, f"the provider confirmed it: {notice.provider_state}", moment)

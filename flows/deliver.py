"""Every minute: put waiting notices into words and hand them over, each once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from prefect import flow

from cases.changes import Change
from cases.clockwork.reaching import in_order
from cases.ports import ChannelError
from cases.talking import delivery
from cases.talking.waiting import Waiting
from flows.evidence import settle_doubts
from flows.handing import Desk, hand_over
from flows.house import Counts, House, at_work, code_of, log
from notifications.messages import RenderError, render

_BATCH = 200
_SETTLED_EVERY = 0.2  # seconds: a kill leaves no more than that in doubt


@flow(name="deliver")
def deliver(now: datetime | None = None) -> Counts:
    """Send what is due. Safe to run twice or side by side: a claim is written before a send."""
    with at_work("deliver", now) as house:
        return run(house)


def run(house: House) -> Counts:
    """Settle what hangs, then claim and send until nothing waits that can be sent."""
    return asyncio.run(_run(house))


async def _run(house: House) -> Counts:
    done = {"sent": 0, "not_sent": 0, "unknown": 0, "waiting": 0}
    _settle_hung(house, done)
    await settle_doubts(house)
    with Desk(house) as desk:
        while batch := desk.fitting(house.store.waiting(house.now, desk.open(), _BATCH)):
            doubts = done["unknown"]
            if not await _send_batch(desk, batch, done):
                break
            if done["unknown"] > doubts:  # before anybody is told of a doubt: can it be cleared?
                await settle_doubts(house)
    _say_what_waits(house, done)
    return done


def _settle_hung(house: House, done: Counts) -> None:
    hung = house.store.hanging(house.now)
    applied = house.apply(*(delivery.hung(each, house.moment()) for each in hung))
    done["unknown"] += len(applied.applied)


def _say_what_waits(house: House, done: Counts) -> None:
    waiting = house.store.count_waiting(house.now)
    done["waiting"] = sum(waiting.values())
    if lost := sum(count for name, count in waiting.items() if name not in house.channels):
        log.warning("%s notices wait and cannot leave: set AMENDS_MAIL and AMENDS_TEXTS", lost)


async def _send_batch(desk: Desk, batch: Sequence[Waiting], done: Counts) -> bool:
    """Claim, send and settle one batch; tell whether it got anywhere."""
    house = desk.house
    lease, moment = timedelta(minutes=house.settings.lease_minutes), house.moment()
    claims = {each.notice.id: delivery.claim(each, moment, lease) for each in batch}
    applied = house.apply(*claims.values())
    mine = {change.subject.id for change in applied.applied if delivery.is_claim(change)}
    done["not_sent"] += len(applied.applied) - len(mine)
    for wave in in_order([each for each in batch if each.notice.id in mine]):
        sending = {
            asyncio.create_task(_send(desk, each, claims[each.notice.id], done)) for each in wave
        }
        while sending:
            ended, sending = await asyncio.wait(sending, timeout=_SETTLED_EVERY)
            desk.hold.let_go()  # what is settled may be a STOP, which waits for the hand
            _settle(house, [task.result() for task in ended])
    return bool(applied.applied)


def _settle(house: House, ends: Sequence[Change]) -> None:
    settled = house.apply(*ends)
    # The provider's report may be quicker than its answer: then all is known already.
    late = [each for each in settled.stale if _is_open(house, each)]
    if late or settled.refused:
        refused = len(settled.refused)
        log.error("%s deliveries were settled by somebody else, %s not at all", len(late), refused)


def _is_open(house: House, end: Change) -> bool:
    notice = house.store.notice(end.subject.id)
    return notice is None or not notice.provider_state


async def _send(desk: Desk, waiting: Waiting, claim: Change, done: Counts) -> Change:
    house = desk.house
    try:
        message = render(waiting, house.settings.public_url, delivery.token(claim), house.ways)
        handed = await hand_over(desk, waiting, claim, message)
    except ChannelError as error:
        done["unknown" if error.sent is None else "not_sent"] += 1
        desk.failed(waiting.notice.channel, error)
        return delivery.failed(waiting, claim, error, house.moment())
    except RenderError as error:
        done["not_sent"] += 1
        log.error("notice %s: %s", waiting.notice.id, error)
        fault = ChannelError(f"render: {error.missing}"[:80], permanent=True)
        return delivery.failed(waiting, claim, fault, house.moment())
    except Exception as error:  # a defect of ours: nobody can know what left
        done["unknown"] += 1
        log.error("notice %s: %s", waiting.notice.id, code_of(error))
        fault = ChannelError(code_of(error), sent=None)
        return delivery.failed(waiting, claim, fault, house.moment())
    done["not_sent" if isinstance(handed, Change) else "sent"] += 1
    if isinstance(handed, Change):
        return handed
    desk.worked(waiting.notice.channel)
    return delivery.accepted(waiting, claim, handed, house.moment())

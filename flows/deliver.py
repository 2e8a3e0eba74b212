"""Every minute: put waiting notices into words and hand them over, each once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from prefect import flow

from cases import delivery
from cases.changes import Change
from cases.delivery import Waiting
from cases.ports import ChannelError
from flows.house import Counts, House, at_work, code_of, log
from notifications.messages import RenderError, render

_BATCH, _AT_ONCE = 200, 20


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
    while batch := house.store.waiting(house.now, sorted(house.channels), _BATCH):
        if not await _send_batch(house, batch, done):
            break
    done["waiting"] = sum(house.store.count_waiting(house.now).values())
    if done["waiting"]:
        log.warning(
            "%s notices wait and cannot leave: set AMENDS_MAIL and AMENDS_TEXTS", done["waiting"]
        )
    return done


def _settle_hung(house: House, done: Counts) -> None:
    hung = house.store.hanging(house.now)
    applied = house.apply(*(delivery.hung(each, house.moment()) for each in hung))
    done["unknown"] += len(applied.applied)


async def _send_batch(house: House, batch: Sequence[Waiting], done: Counts) -> bool:
    """Claim, send and settle one batch; tell whether it got anywhere."""
    lease = timedelta(minutes=house.settings.lease_minutes)
    moment = house.moment()
    claims = {each.notice.id: delivery.claim(each, moment, lease) for each in batch}
    applied = house.apply(*claims.values())
    mine = {change.subject.id for change in applied.applied if delivery.is_claim(change)}
    done["not_sent"] += len(applied.applied) - len(mine)
    gate = asyncio.Semaphore(_AT_ONCE)
    ends = await asyncio.gather(
        *(
            _send(house, each, claims[each.notice.id], gate, done)
            for each in batch
            if each.notice.id in mine
        )
    )
    settled = house.apply(*ends)
    if settled.stale or settled.refused:
        late, refused = len(settled.stale), len(settled.refused)
        log.error("%s deliveries were settled by somebody else, %s not at all", late, refused)
    return bool(applied.applied)


async def _send(
    house: House, waiting: Waiting, claim: Change, gate: asyncio.Semaphore, done: Counts
) -> Change:
    try:
        message = render(waiting, house.settings.public_url, delivery.token(claim))
        async with gate:
            if not delivery.may_send(claim, house.now):
                raise ChannelError("lease")  # it waited its turn for too long: nothing has left
            said = await house.channels[waiting.notice.channel].send(message)
    except ChannelError as error:
        done["unknown" if error.sent is None else "not_sent"] += 1
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
    done["sent"] += 1
    return delivery.accepted(waiting, claim, said, house.moment())

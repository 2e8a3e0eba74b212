"""What became of messages nobody is sure of: looked up, reported, or telephoned about."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

from cases import following
from cases.casefile import CaseFile
from cases.changes import Change
from cases.models import Notice
from cases.ports import ChannelError, Remembers
from cases.store import Store, StoreError
from cases.talking import evidence
from cases.talking.waiting import Waiting
from cases.viewers import ENGINE
from flows.house import Counts, House, alone, log
from notifications.messages import RenderError, render


async def settle_doubts(house: House) -> None:
    """Ask the provider about texts in doubt; owe a call for what stays so; undo lost follow-ups."""
    await _ask(house)
    done: Counts = {"failed": 0}
    for notice in house.store.unconfirmed(house.now, house.now - evidence.LOOKED_FOR):
        with alone(f"notice {notice.id}", done, "failed"):
            file = _file(house.store, notice)
            house.apply(evidence.phone_instead(file, notice, house.moment()))
    for notice in house.store.lost_follow_ups():
        with alone(f"notice {notice.id}", done, "failed"):
            change = following.not_followed_up(_file(house.store, notice), notice, house.moment())
            house.apply(*([change] if change is not None else []))


def _file(store: Store, notice: Notice) -> CaseFile:
    return store.case_file(notice.case_id or "", ENGINE)


async def _ask(house: House) -> None:
    channel = house.channels.get("sms")
    if not hasattr(channel, "find"):
        return
    lease = timedelta(minutes=house.settings.lease_minutes)
    for waiting in house.store.in_doubt(house.now):
        change = await _looked_up(house, cast(Remembers, channel), waiting, lease)
        if change is not None and house.apply(change).applied:
            _call_is_needless(house, waiting.notice.id)


async def _looked_up(
    house: House, channel: Remembers, waiting: Waiting, lease: timedelta
) -> Change | None:
    since, until = evidence.span_of(waiting.notice, lease)
    try:
        message = render(waiting, house.settings.public_url, ways=house.ways)
        found = await channel.find(message, since, until)
    except StoreError:
        raise
    except (ChannelError, RenderError) as error:
        log.warning("notice %s could not be looked up: %s", waiting.notice.id, error)
        found = []
    # What belongs to another notice of ours is no evidence about this one.
    ours = house.store.provider_ids([each.provider_id for each in found])
    new = [each for each in found if each.provider_id not in ours]
    untold = house.store.untold(waiting.notice)
    return evidence.looked_up(waiting, new, house.moment(), untold)


def _call_is_needless(house: House, notice_id: str) -> None:
    notice = house.store.notice(notice_id)
    if notice is None or not notice.provider_state or len(notice.task_id) < 30:
        return
    change = evidence.needless(_file(house.store, notice), notice, house.moment())
    house.apply(*([change] if change is not None else []))

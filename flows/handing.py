"""One run's way to the providers: how many at once, who rests, and no STOP overlooked."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from types import TracebackType
from typing import Self

from cases.changes import Change
from cases.models import Case, Consent, Role
from cases.ports import Accepted, ChannelError, Message
from cases.talking import delivery, resting
from cases.talking.bars import CONFIRMATION, INVITATION
from cases.talking.consent import may_use, purpose_of
from cases.talking.waiting import Waiting
from flows.house import House

_AT_ONCE = 20
_POLL = 0.01  # seconds between two looks whether a STOP is written meanwhile
_TOGETHER = _AT_ONCE // 2  # are asked about in one question; the others are under way meanwhile
_MOMENT = 0.05  # seconds one waits for others to ask with; those before it are still leaving
_MINUTE = timedelta(minutes=1)


class Desk:
    """What one run has of each channel: its share of the minute, its trouble, its locks."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.gate = asyncio.Semaphore(_AT_ONCE)
        self.hold = Hold(house)
        self._circuits = house.store.circuits()
        self._row: Counter[str] = Counter()  # failures in a row
        self._left = _shares(house)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self.hold.end()

    def open(self) -> list[str]:
        """Return the channels something may be handed to now."""
        return sorted(
            name
            for name in self.house.channels
            if not self.rests(name) and self._left.get(name, 1) > 0
        )

    def fitting(self, batch: Sequence[Waiting]) -> list[Waiting]:
        """Return what of a batch fits into this minute; of a channel that rested, one to try it."""
        taken: Counter[str] = Counter()
        fits = []
        for each in batch:
            name = each.notice.channel
            if taken[name] < self._room(name):
                taken[name] += 1
                fits.append(each)
        for name in taken.keys() & self._left.keys():
            self._left[name] -= taken[name]
        return fits

    def _room(self, name: str) -> int:
        circuit = self._circuits.get(name)
        most = self._left.get(name, 10**9)
        return min(most, 1) if circuit is not None and circuit.failures else most

    def rests(self, name: str) -> bool:
        return resting.rests(self._circuits.get(name), self.house.now)

    def worked(self, name: str) -> None:
        """Note that something came through."""
        self._row[name] = 0
        circuit = self._circuits.get(name)
        if circuit is not None and circuit.failures:
            self._write(resting.recovered(circuit, self.house.moment()))

    def failed(self, name: str, error: ChannelError) -> None:
        """Note a failure; after several in a row the channel rests."""
        if not resting.is_outage(error):
            return
        self._row[name] += 1
        circuit = self._circuits.get(name)
        probing = circuit is not None and circuit.failures > 0
        if (self._row[name] < resting.TRIPS_AFTER and not error.ours and not probing) or (
            self.rests(name)
        ):
            return
        people = self.house.store.people().values()
        admins = [p for p in people if p.active and p.role == Role.ADMINISTRATOR]
        self._write(resting.tripped(name, circuit, error, self.house.moment(), admins))

    def _write(self, change: Change) -> None:
        self.house.apply(change)  # stale where another run noted the same
        self._circuits = self.house.store.circuits()


def _shares(house: House) -> dict[str, int]:
    """Return how many may still be handed over in this minute, where a limit is set."""
    limits = {"email": house.settings.mails_per_minute, "sms": house.settings.texts_per_minute}
    if not any(limits.values()):
        return {}
    gone = house.store.handed_since(house.now - _MINUTE)
    return {name: max(most - gone.get(name, 0), 0) for name, most in limits.items() if most}


async def hand_over(
    desk: Desk, waiting: Waiting, claim: Change, message: Message
) -> Accepted | Change:
    """Hand a claimed message to its provider, once; or return what is written instead.

    Raises ChannelError.
    """
    channel = desk.house.channels[waiting.notice.channel]
    async with desk.gate:
        if waiting.point is None:
            return _too_late(desk, waiting, claim) or await channel.send(message)
        async with desk.hold.on(waiting) as code:
            if code:
                return delivery.stopped(waiting, claim, code, desk.house.moment())
            return _too_late(desk, waiting, claim) or await channel.send(message)


def _too_late(desk: Desk, waiting: Waiting, claim: Change) -> Change | None:
    """Give a claim back whose turn came too late, or whose channel rests: nothing has left."""
    house, name = desk.house, waiting.notice.channel
    in_time = delivery.may_send(claim, house.now, _longest_call(house, name))
    if in_time and not desk.rests(name):
        return None
    why = "resting" if in_time else "lease"
    return delivery.untried(waiting, claim, why, house.now + _MINUTE, house.moment())


def _longest_call(house: House, name: str) -> timedelta:
    seconds = {"email": house.settings.smtp_timeout, "sms": house.settings.twilio_timeout}
    return min(
        timedelta(seconds=seconds[name]), timedelta(minutes=house.settings.lease_minutes) / 2
    )


class Hold:
    """A hand on each address in use: a STOP is written before that or after it, not meanwhile.

    Whoever asks within a moment is answered together: taking twenty addresses, and looking what is
    said about them by now, is as much work for the database as for one.
    """

    def __init__(self, house: House) -> None:
        self._house, self._hands = house, house.store.hands()
        self._asking: list[tuple[Waiting, asyncio.Future[str | None]]] = []
        self._done: list[str] = []
        self._timer: asyncio.TimerHandle | None = None

    @asynccontextmanager
    async def on(self, waiting: Waiting) -> AsyncIterator[str]:
        """Hold a message's address; yield what keeps the message back by now, "" for nothing."""
        while (code := await self._ask(waiting)) is None:
            await asyncio.sleep(_POLL)
        try:
            yield code
        finally:
            self._done.append(_address(waiting))
            self._soon()

    def let_go(self) -> None:
        """Let go of what is not needed any more."""
        done, self._done = self._done, []
        self._hands.let_go(*done)

    def end(self) -> None:
        self.let_go()
        self._hands.__exit__(None, None, None)

    def _ask(self, waiting: Waiting) -> asyncio.Future[str | None]:
        """Return what will say what keeps it back; None: somebody else has the address."""
        asked: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self._asking.append((waiting, asked))
        self._soon()
        return asked

    def _soon(self) -> None:
        """Turn to the database when enough has come together, or after a moment."""
        if max(len(self._asking), len(self._done)) >= _TOGETHER:
            self._turn()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_MOMENT, self._turn)

    def _turn(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        asking, self._asking = self._asking, []
        try:
            self.let_go()
            codes = self._codes([waiting for waiting, _ in asking])
        except Exception as error:
            for _, asked in asking:
                asked.set_exception(error)
            return
        for waiting, asked in asking:
            asked.set_result(codes.get(waiting.notice.id))

    def _codes(self, asking: Sequence[Waiting]) -> dict[str, str]:
        """Take the addresses; say, by notice, what came between its claim and now."""
        free = self._hands.take_some({_address(each) for each in asking}) if asking else set()
        mine = _each_once(each for each in asking if _address(each) in free)
        if not mine:
            return {}
        try:
            said, cases = self._house.store.still(mine)
        except Exception:
            self._hands.let_go(*map(_address, mine))
            raise
        return {
            each.notice.id: _barred_meanwhile(
                each, said.get(_address(each), ()), cases.get(each.notice.case_id or "")
            )
            for each in mine
        }


def _address(waiting: Waiting) -> str:
    return waiting.point.index if waiting.point is not None else ""


def _each_once(waiting: Iterable[Waiting]) -> list[Waiting]:
    """Return one message an address: the others to it have their turn a moment later."""
    return list({_address(each): each for each in waiting}.values())


def _barred_meanwhile(waiting: Waiting, said: Sequence[Consent], case: Case | None) -> str:
    """Say what came between the claim and now that keeps a message back."""
    point, notice = waiting.point, waiting.notice
    if point is None or notice.kind == CONFIRMATION:
        return ""
    if not may_use(point, said, purpose_of(notice.kind)):
        return "stop"
    if notice.kind == INVITATION:
        return ""  # it hangs on no case
    if case is None or case.held_at is not None:
        return "held" if case is not None else "unmatched"
    return "closed" if case.closed_at is not None else ""

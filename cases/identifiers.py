"""Where identifiers come from: UUIDv7, ordered by time, and from a seed when a run must replay."""

from __future__ import annotations

import random
import secrets
from datetime import UTC, datetime, timedelta
from uuid import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_CHANCE = 74  # random bits of a UUIDv7


class Identifiers:
    """A source of UUIDv7 (RFC 9562, 5.7). With a seed the same run gives the same identifiers."""

    def __init__(self, seed: int | None = None) -> None:
        self._bits = secrets.randbits if seed is None else random.Random(seed).getrandbits
        self._last = (-1, 0)

    def new(self, now: datetime) -> str:
        """Return an identifier whose first 48 bits are `now` in milliseconds.

        Within one millisecond each is greater than the one before: what is written in one go keeps
        its order, and the database appends to its index instead of searching it.
        """
        stamp = (now - _EPOCH) // _MILLISECOND & (2**48 - 1)  # no float: it would round
        before, chance = self._last
        chance = chance + 1 + self._bits(32) if stamp == before else self._bits(_CHANCE - 1)
        self._last = (stamp, chance)
        high, low = chance >> 62, chance & (2**62 - 1)
        return str(UUID(int=stamp << 80 | 7 << 76 | high << 64 | 2 << 62 | low))

"""The platforms as one run of a flow needs them: connected once, with their secrets, and closed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple, Self

from cases.arriving.sources import failed, keep_tokens
from cases.models import Review, Source
from cases.ports import PlatformError, ReviewPlatform
from cases.store import StoreError
from flows.house import Counts, House, code_of, log
from reviews import connect, way_out
from reviews.access import Access, access_for

_TRIES = 5


class Way(NamedTuple):
    """How a review is reached by a program: through which source, and under which id."""

    platform: ReviewPlatform
    source: Source
    external_id: str


@dataclass
class Platforms:
    """Connections by source; leaving the block closes them all."""

    house: House
    _open: dict[str, ReviewPlatform] = field(default_factory=dict)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for platform in self._open.values():
            close = getattr(platform, "close", None)
            if close is not None:
                close()

    def of(self, source: Source) -> ReviewPlatform:
        """Return the platform behind a source. Raises ValueError, SettingsError."""
        if source.id not in self._open:
            self._open[source.id] = connect(source, access(self.house, source))
        return self._open[source.id]

    def way_to(self, review: Review) -> Way | None:
        """Return how a program reaches a review, None where only a person can."""
        store = self.house.store
        source = way_out(review, store.sources())
        if source is None:
            return None
        there = self._id_there(review, source)
        return Way(self.of(source), source, there) if there else None

    def _id_there(self, review: Review, source: Source) -> str:
        """Return the review's id as this source knows it: each route has its own."""
        if review.source_id in (None, source.id):
            return review.external_id
        store = self.house.store
        mine = [a.external_id for a in store.routes(review.id) if a.source_id == source.id]
        if mine:
            return mine[0]
        came = store.source(review.source_id or "")
        same = came is not None and came.platform == source.platform
        return review.external_id if same else ""


def access(house: House, source: Source) -> Access:
    """Return a source's secrets; what its sign-in hands out is kept in the record, sealed."""

    def keeps(name: str, value: str) -> None:
        for _ in range(_TRIES):
            fresh = house.store.source(source.id) or source
            tokens = json.dumps({**house.store.tokens(source.id), name: value})
            if house.apply(keep_tokens(fresh, tokens, name, house.moment())).applied:
                return
        raise PlatformError("token-not-kept", "the record was busy: the token may be lost")

    return access_for(source, house.settings, lambda: house.store.tokens(source.id), keeps)


@contextmanager
def noted_there(house: House, source: Source, done: Counts) -> Iterator[None]:
    """Note at a source what is wrong with reading it: the others are read all the same.

    A StoreError passes: then nothing can be noted at all.
    """
    try:
        yield
    except StoreError:
        raise
    except Exception as error:
        found = error if isinstance(error, PlatformError) else PlatformError(code_of(error))
        log.error("source %s: %s", source.id, found.code)
        done["failed_sources"] += 1
        now_is = house.store.source(source.id) or source
        house.apply(failed(now_is, found, house.store.people().values(), house.moment()))

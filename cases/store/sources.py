"""Reads about where reviews come from: sources, what they listed, what came by itself."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select

from cases.models import Arrival, ArrivalState, Review, ReviewAlias, Source
from cases.store.database import reading
from cases.store.people import PeopleReads
from cases.store.rows import first, opened, read, table, those

_MOST = 500


class SourceReads(PeopleReads):
    """What the intake asks before it asks a rule."""

    def source(self, source_id: str) -> Source | None:
        """Return a source as it stands now, paused or not."""
        with reading(self._engine) as connection:
            return first(connection, Source, table(Source).c.id == source_id)

    def all_sources(self) -> list[Source]:
        """Return every source by name, the paused ones too."""
        with reading(self._engine) as connection:
            return read(connection, Source, select(table(Source)).order_by(table(Source).c.name))

    def tokens(self, source_id: str) -> dict[str, str]:
        """Return what was kept of a source's sign-in, opened."""
        found = self.source(source_id)
        kept = opened(found, self._sealer).tokens if found is not None else None
        return dict(json.loads(kept)) if kept else {}

    def lookalikes(
        self, platform: str, clinic_id: str, keys: Iterable[str], source_id: str | None
    ) -> list[Review]:
        """Return reviews under these handles, at this clinic, that came by other routes only."""
        r, a = table(Review), table(ReviewAlias)
        aliased = select(a.c.review_id).where(a.c.source_id == source_id)
        with reading(self._engine) as connection:
            found = those(
                connection, Review, "author_key", keys,
                r.c.platform == platform, r.c.clinic_id == clinic_id,
                or_(r.c.source_id.is_(None), r.c.source_id != source_id),
                r.c.id.not_in(aliased),
            )  # fmt: skip
        return [opened(each, self._sealer) for each in found]

    def talk_with(self, platform: str, author_id: str, clinic_id: str) -> str | None:
        """Return the case of the newest private message this author sent to a clinic's page."""
        t = table(Review)
        query = (
            select(t.c.case_id)
            .where(
                t.c.platform == platform, t.c.author_id == author_id, t.c.kind == "message",
                t.c.clinic_id == clinic_id, t.c.case_id.is_not(None),
            )
            .order_by(t.c.seen_at.desc(), t.c.id.desc())
            .limit(1)
        )  # fmt: skip
        with reading(self._engine) as connection:
            return connection.execute(query).scalar_one_or_none()

    def routes(self, review_id: str) -> list[ReviewAlias]:
        """Return the other ids of a review."""
        with reading(self._engine) as connection:
            return those(connection, ReviewAlias, "review_id", [review_id])

    def unlisted(self, source_id: str, began_at: datetime, after: str = "") -> list[Review]:
        """Return reviews of a source that its full list begun then did not show, by id."""
        t = table(Review)
        query = (
            select(t)
            .where(_standing(source_id, began_at), t.c.id > after)
            .order_by(t.c.id)
            .limit(_MOST)
        )
        with reading(self._engine) as connection:
            return [opened(each, self._sealer) for each in read(connection, Review, query)]

    def listing(self, source_id: str, began_at: datetime) -> tuple[int, int]:
        """Return how many of a source's reviews that stood were not listed since, and were."""
        t = table(Review)
        count = select(func.count()).select_from(t)
        listed = count.where(t.c.source_id == source_id, t.c.listed_at >= began_at)
        with reading(self._engine) as connection:
            lacking: int = connection.execute(
                count.where(_standing(source_id, began_at))
            ).scalar_one()
            there: int = connection.execute(listed).scalar_one()
        return lacking, there

    def expired_texts(self, now: datetime) -> list[Review]:
        """Return reviews whose text is kept no longer than now by their platform's terms."""
        t = table(Review)
        query = select(t).where(t.c.keep_until <= now, t.c.purged_at.is_(None))
        with reading(self._engine) as connection:
            return read(connection, Review, query.order_by(t.c.keep_until).limit(_MOST))

    def arrivals(
        self, states: Sequence[str], kinds: Sequence[str] = (), limit: int = _MOST
    ) -> list[Arrival]:
        """Return what came by itself and stands in one of these states, oldest first, unopened."""
        t = table(Arrival)
        query = select(t).where(t.c.state.in_(states))
        if kinds:
            query = query.where(t.c.kind.in_(kinds))
        with reading(self._engine) as connection:
            return read(connection, Arrival, query.order_by(t.c.received_at, t.c.id).limit(limit))

    def spent_arrivals(self, before: datetime, codes: Sequence[str]) -> list[Arrival]:
        """Return what was read and is still kept as it came, older than that or of these codes."""
        t = table(Arrival)
        query = select(t).where(
            t.c.state == ArrivalState.READ,
            t.c.body.is_not(None),
            or_(t.c.received_at <= before, t.c.code.in_(codes)),
        )
        with reading(self._engine) as connection:
            return read(connection, Arrival, query.order_by(t.c.received_at, t.c.id).limit(_MOST))

    def arrival(self, arrival_id: str) -> Arrival | None:
        """Return one arrival, opened."""
        with reading(self._engine) as connection:
            found = first(connection, Arrival, table(Arrival).c.id == arrival_id)
        return opened(found, self._sealer) if found is not None else None

    def has_arrived(self, digest: str) -> bool:
        """Tell whether this very thing came before."""
        with reading(self._engine) as connection:
            return first(connection, Arrival, table(Arrival).c.digest == digest) is not None


def _standing(source_id: str, began_at: datetime) -> ColumnElement[bool]:
    t = table(Review)
    return and_(
        t.c.source_id == source_id,
        t.c.gone_at.is_(None),
        t.c.seen_at < began_at,
        or_(t.c.listed_at.is_(None), t.c.listed_at < began_at),
    )

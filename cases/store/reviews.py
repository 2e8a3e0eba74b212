"""Reads about reviews: known already, watched, or kept for too long."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, or_, select

from cases.models import Case, Review, ReviewAlias, ReviewVersion, Stage
from cases.store.database import reading
from cases.store.people import PeopleReads
from cases.store.rows import chunks, grouped, opened, read, table, those


class ReviewReads(PeopleReads):
    """What a flow asks about what stands in public."""

    def known_reviews(self, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Review]:
        """Return the reviews already recorded under these (platform, external id).

        One that reached us by two routes has an id of each, and is found by either.
        """
        found: dict[tuple[str, str], Review] = {}
        wanted = sorted(set(keys))
        with reading(self._engine) as connection:
            for some in chunks(wanted, 400):
                for review in read(connection, Review, _named(Review, some)):
                    found[review.platform, review.external_id] = opened(review, self._sealer)
            rest = [each for each in wanted if each not in found]
            aliases: list[ReviewAlias] = []
            for some in chunks(rest, 400):
                aliases += read(connection, ReviewAlias, _named(ReviewAlias, some))
            others = those(connection, Review, "id", (each.review_id for each in aliases))
        by_id = {review.id: opened(review, self._sealer) for review in others}
        return found | {(a.platform, a.external_id): by_id[a.review_id] for a in aliases}

    def cases_to_watch(self, closed_after: datetime) -> list[tuple[str, Review]]:
        """Return (case id, review) of cases in their window, and of those closed since then."""
        c, r = table(Case), table(Review)
        lately = (c.c.stage == Stage.CLOSED) & (c.c.closed_at > closed_after)
        watched = (c.c.stage == Stage.MONITOR) | (lately & c.c.merged_into_id.is_(None))
        query = select(r).join(c, c.c.id == r.c.case_id).where(watched).order_by(r.c.id)
        with reading(self._engine) as connection:
            found = read(connection, Review, query)
        return [(review.case_id or "", opened(review, self._sealer)) for review in found]

    def old_texts(self, before: datetime, limit: int = 500) -> list[Review]:
        """Return reviews taken in before then whose published text is still kept."""
        t = table(Review)
        query = select(t).where(t.c.seen_at < before, t.c.purged_at.is_(None))
        with reading(self._engine) as connection:
            return read(connection, Review, query.order_by(t.c.seen_at).limit(limit))

    def old_versions(self, reviews: Sequence[Review]) -> dict[str, list[str]]:
        """Return the ids of the older states of these reviews, by review."""
        with reading(self._engine) as connection:
            ids = [review.id for review in reviews]
            found = those(connection, ReviewVersion, "review_id", ids)
        return {key: [v.id for v in rows] for key, rows in grouped(found, "review_id").items()}


def _named(model: type[Any], keys: Sequence[tuple[str, str]]) -> Select[Any]:
    """Ask by platform: for pairs SQLite walks through the whole table, however few they are."""
    t, ids = table(model).c, defaultdict[str, list[str]](list)
    for platform, external_id in keys:
        ids[platform].append(external_id)
    return select(table(model)).where(
        or_(*(and_(t.platform == name, t.external_id.in_(some)) for name, some in ids.items()))
    )

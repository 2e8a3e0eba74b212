"""Reads for comparing reviews with each other: new cases, their neighbours, alerts raised."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select

from cases.judging.clusters import Complaint
from cases.models import Alert, Case, Review
from cases.store.database import reading
from cases.store.people import PeopleReads
from cases.store.rows import opened, read, table, those

_MOST = 500


class ComparingReads(PeopleReads):
    """What the flow `compare` asks."""

    def opened_after(self, case_id: str, limit: int = _MOST) -> list[tuple[Case, Review]]:
        """Return the next cases by id, which is by time, with the review each was opened on."""
        c = table(Case)
        query = select(c).where(c.c.id > case_id).order_by(c.c.id).limit(limit)
        with reading(self._engine) as connection:
            cases = read(connection, Case, query)
            reviews = those(connection, Review, "id", (case.review_id for case in cases))
        by_id = {review.id: opened(review, self._sealer) for review in reviews}
        return [(case, by_id[case.review_id]) for case in cases if case.review_id in by_id]

    def neighbours(self, clinic_id: str, since: datetime) -> list[Review]:
        """Return the reviews of a clinic with a case that were seen since then, newest first."""
        r = table(Review)
        query = (
            select(r)
            .where(r.c.clinic_id == clinic_id, r.c.seen_at >= since, r.c.case_id.is_not(None))
            .order_by(r.c.seen_at.desc())
            .limit(_MOST)
        )
        with reading(self._engine) as connection:
            return [opened(review, self._sealer) for review in read(connection, Review, query)]

    def complaints(self, since: datetime) -> list[Complaint]:
        """Return what is compared of every negative review seen since then."""
        r, c = table(Review), table(Case)
        query = (
            select(r.c.id, r.c.clinic_id, r.c.seen_at, r.c.severity, r.c.themes, c.c.about)
            .join(c, c.c.id == r.c.case_id)
            .where(r.c.seen_at >= since, r.c.negative, c.c.troll != "confirmed")
            .order_by(r.c.seen_at)
        )
        with reading(self._engine) as connection:
            return [Complaint(*row) for row in connection.execute(query)]

    def alerts(self, since: datetime) -> list[Alert]:
        """Return the alerts raised since then, the newest first."""
        a = table(Alert)
        query = select(a).where(a.c.raised_at >= since).order_by(a.c.raised_at.desc())
        with reading(self._engine) as connection:
            return read(connection, Alert, query)

    def cases_behind(self, reviews: Iterable[str]) -> dict[str, int]:
        """Return the short number of the case of each of these reviews, by review."""
        with reading(self._engine) as connection:
            found = those(connection, Review, "id", reviews)
        numbers = self.cases_numbered(r.case_id for r in found if r.case_id)
        return {r.id: numbers[r.case_id] for r in found if r.case_id in numbers}

    def cases_numbered(self, ids: Iterable[str]) -> dict[str, int]:
        """Return the short numbers of cases, by id."""
        with reading(self._engine) as connection:
            return {case.id: case.number for case in those(connection, Case, "id", ids)}

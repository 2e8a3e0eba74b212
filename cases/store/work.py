"""Reads for the flows: what is due, what is new, what waits to be published or watched."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NoReturn, cast

from sqlalchemy import func, select, tuple_

from cases.casefile import OnTheClock
from cases.models import (
    Case,
    Clock,
    Notice,
    NoticeState,
    Pause,
    Reply,
    ReplyState,
    Review,
    ReviewVersion,
    RungFired,
    Stage,
)
from cases.playbook import Playbook, PlaybookError
from cases.store.database import reading
from cases.store.people import PeopleReads
from cases.store.rows import chunks, grouped, opened, read, table, those


class WorkReads(PeopleReads):
    """What a flow asks before it asks a rule."""

    def due(self, now: datetime, limit: int = 500) -> list[OnTheClock]:
        """Return the cases of the clocks that want a look by now, the longest waiting first.

        The cost follows `limit`, not how many clocks run: the index holds open clocks only. A case
        that cannot be worked on (its playbook is lost) comes along: it raises when a rule asks it.
        """
        clinics, people = self.clinics(), self.people()
        with reading(self._engine) as connection:
            t = table(Clock)
            ripe = select(t).where(t.c.ended_at.is_(None), t.c.look_at <= now)
            clocks = read(connection, Clock, ripe.order_by(t.c.look_at).limit(limit))
            ids = [clock.id for clock in clocks]
            cases = those(connection, Case, "id", (clock.case_id for clock in clocks))
            pauses = those(connection, Pause, "clock_id", ids)
            fired = those(connection, RungFired, "clock_id", ids)
        mine, paused, done = (
            grouped(clocks, "case_id"),
            grouped(pauses, "clock_id"),
            grouped(fired, "clock_id"),
        )
        return [
            OnTheClock(
                case=case,
                clinic=clinics[case.clinic_id],
                people=people,
                playbook=self._playbook_of(case),
                clocks=mine[case.id],
                pauses=paused,
                fired=done,
            )
            for case in cases
        ]

    def _playbook_of(self, case: Case) -> Playbook:
        try:
            return self.playbook(case.playbook_version)
        except (LookupError, PlaybookError) as error:
            return cast(Playbook, _Lost(error))

    def next_look(self) -> datetime | None:
        """Return when the next clock wants a look, whoever's it is."""
        with reading(self._engine) as connection:
            t = table(Clock)
            query = select(func.min(t.c.look_at)).where(t.c.ended_at.is_(None))
            found: datetime | None = connection.execute(query).scalar_one()
        return found

    def known_reviews(self, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Review]:
        """Return the reviews already recorded under these (platform, external id)."""
        found: dict[tuple[str, str], Review] = {}
        t = table(Review)
        with reading(self._engine) as connection:
            for some in chunks(sorted(set(keys)), 400):
                query = select(t).where(tuple_(t.c.platform, t.c.external_id).in_(some))
                for review in read(connection, Review, query):
                    found[review.platform, review.external_id] = opened(review, self._sealer)
        return found

    def replies_to_publish(self) -> list[tuple[str, str]]:
        """Return (case id, reply id) of the approved replies a platform can take."""
        c, r = table(Case), table(Reply)
        query = (
            select(r.c.case_id, r.c.id)
            .join(c, c.c.id == r.c.case_id)
            .where(r.c.state == ReplyState.APPROVED, c.c.held_at.is_(None))
            .order_by(r.c.approved_at)
        )
        with reading(self._engine) as connection:
            return [(row.case_id, row.id) for row in connection.execute(query)]

    def stuck_replies(self, before: datetime) -> list[tuple[str, str]]:
        """Return (case id, reply id) of replies handed over before then whose end nobody knows."""
        r = table(Reply)
        query = select(r.c.case_id, r.c.id).where(
            r.c.state == ReplyState.SUBMITTED, r.c.submitted_at < before, r.c.external_id == ""
        )
        with reading(self._engine) as connection:
            return [(row.case_id, row.id) for row in connection.execute(query)]

    def cases_to_watch(self, closed_after: datetime) -> list[tuple[str, Review]]:
        """Return (case id, review) of cases in their window, and of those closed since then."""
        c, r = table(Case), table(Review)
        lately = (c.c.stage == Stage.CLOSED) & (c.c.closed_at > closed_after)
        watched = (c.c.stage == Stage.MONITOR) | (lately & c.c.merged_into_id.is_(None))
        query = select(r).join(c, c.c.id == r.c.case_id).where(watched).order_by(r.c.id)
        with reading(self._engine) as connection:
            found = read(connection, Review, query)
        return [(review.case_id or "", opened(review, self._sealer)) for review in found]

    def planned_follow_ups(self) -> list[tuple[str, Notice]]:
        """Return (case id, notice) of approved follow-ups whose window has ended."""
        c, n = table(Case), table(Notice)
        query = (
            select(n)
            .join(c, c.c.id == n.c.case_id)
            .where(n.c.state == NoticeState.PLANNED, c.c.stage == Stage.FOLLOW_UP)
            .order_by(n.c.id)
        )
        with reading(self._engine) as connection:
            return [(notice.case_id or "", notice) for notice in read(connection, Notice, query)]

    def overlooked(self, before: datetime) -> list[Clock]:
        """Return clocks that wanted a look before then and did not get it."""
        t = table(Clock)
        query = select(t).where(t.c.ended_at.is_(None), t.c.look_at < before)
        with reading(self._engine) as connection:
            return read(connection, Clock, query.order_by(t.c.look_at).limit(100))

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


class _Lost:
    """Stands where a playbook should be, and says why it is not there once a rule asks.

    So one case whose playbook is lost is parked, and the read for all the others goes on.
    """

    def __init__(self, why: Exception) -> None:
        self._why = why

    def __getattr__(self, name: str) -> NoReturn:
        raise type(self._why)(*self._why.args)

"""Reads of what became of messages: what is in doubt, what was lost, who wrote and about what."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from cases.models import (
    Case,
    Consent,
    ContactPoint,
    Correspondent,
    Notice,
    NoticeState,
    Stage,
)
from cases.store.database import reading
from cases.store.outbox import WENT, OutboxReads
from cases.store.rows import opened, table, those
from cases.talking.waiting import Waiting


class EvidenceReads(OutboxReads):
    """What is asked once a message was handed over, or one came in."""

    def in_doubt(self, now: datetime, limit: int = 50) -> list[Waiting]:
        """Return the texts to correspondents nobody knows the end of, to be looked for by now."""
        n = table(Notice)
        doubtful = (n.c.state == NoticeState.UNKNOWN) & (n.c.channel == "sms")
        query = select(n).where(doubtful, n.c.point_id.is_not(None), n.c.not_before <= now)
        return self._known(self._notices(query.order_by(n.c.settled_at).limit(limit)), now)

    def unconfirmed(self, now: datetime, texts_until: datetime) -> list[Notice]:
        """Return messages to correspondents that did not surely arrive and nobody has a task for.

        Texts in doubt only where that is so since `texts_until`: their evidence may still come.
        """
        n = table(Notice)
        states = (NoticeState.UNKNOWN, NoticeState.REFUSED, NoticeState.UNDELIVERED)
        early = (n.c.state == NoticeState.UNKNOWN) & (n.c.channel == "sms")
        query = select(n).where(
            n.c.point_id.is_not(None),
            n.c.case_id.is_not(None),
            n.c.state.in_(states),
            n.c.task_id == "",
            ~n.c.code.startswith("bounce"),  # a mail that came back has its task already
            n.c.settled_at <= now,
            ~early | (n.c.settled_at <= texts_until),
        )
        return self._notices(query.order_by(n.c.settled_at).limit(200))

    def lost_follow_ups(self) -> list[Notice]:
        """Return follow-ups that never arrived, of open cases that count as followed up."""
        n, c = table(Notice), table(Case)
        states = (NoticeState.SUPPRESSED, NoticeState.REFUSED, NoticeState.UNDELIVERED)
        query = (
            select(n)
            .join(c, c.c.id == n.c.case_id)
            .where(
                c.c.stage == Stage.FOLLOW_UP,
                c.c.followed_up_at.is_not(None),
                c.c.followed_up_how == n.c.channel,
                n.c.kind == "follow_up",
                n.c.state.in_(states),
                n.c.created_at >= c.c.began_at,
            )
        )
        return self._notices(query)

    def by_token(self, token: str, now: datetime) -> Waiting | None:
        """Return the notice an attempt's token names, as it stands."""
        n = table(Notice)
        found = self._notices(select(n).where(n.c.attempt_token == token).limit(1)) if token else []
        return next(iter(self._known(found, now)), None)

    def notice(self, notice_id: str) -> Notice | None:
        """Return a notice as it stands, sealed."""
        found = self._notices(select(table(Notice)).where(table(Notice).c.id == notice_id))
        return next(iter(found), None)

    def consents_of(self, index: str) -> list[Consent]:
        """Return all that was ever said about a number or address, in order."""
        with reading(self._engine) as connection:
            said = those(connection, Consent, "index", [index])
        return [opened(row, self._sealer) for row in sorted(said, key=lambda c: (c.at, c.id))]

    def cases_of(self, points: Sequence[ContactPoint]) -> list[Case]:
        """Return the cases of whoever has these numbers or addresses, the newest first."""
        with reading(self._engine) as connection:
            owners = [point.correspondent_id for point in points]
            people = those(
                connection, Correspondent, "id", owners, table(Correspondent).c.undone_at.is_(None)
            )
            unmerged = table(Case).c.merged_into_id.is_(None)
            cases = those(connection, Case, "correspondent_id", (p.id for p in people), unmerged)
        return sorted(cases, key=lambda case: (case.closed_at is None, case.id), reverse=True)

    def last_message(self, points: Sequence[ContactPoint]) -> Notice | None:
        """Return the last message that went, or may have gone, to one of these."""
        n = table(Notice)
        with reading(self._engine) as connection:
            ids = [point.id for point in points]
            sent = those(connection, Notice, "point_id", ids, n.c.state.in_(WENT))
        return max(sent, key=lambda notice: notice.claimed_at or notice.created_at, default=None)

    def provider_ids(self, wanted: Sequence[str]) -> set[str]:
        """Return which of a provider's ids we know already as those of other messages."""
        with reading(self._engine) as connection:
            return {each.provider_id for each in those(connection, Notice, "provider_id", wanted)}

    def untold(self, notice: Notice) -> list[Notice]:
        """Return the news that a message is in doubt, where nobody has been told them yet."""
        if notice.state != NoticeState.UNKNOWN:
            return []
        n = table(Notice)
        keys = f"unknown_delivery:{notice.id}:"
        query = select(n).where(
            n.c.key.startswith(keys, autoescape=True), n.c.state == NoticeState.PENDING
        )
        return self._notices(query)

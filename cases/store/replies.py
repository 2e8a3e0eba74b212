"""Reads about public replies: which are to be posted, asked about or taken down."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Table, or_, select, true

from cases.models import Case, Reply, ReplyState, Task
from cases.store.database import reading
from cases.store.people import PeopleReads
from cases.store.rows import table


class ReplyReads(PeopleReads):
    """What a flow asks before it posts or asks."""

    def replies_to_publish(self, now: datetime | None = None) -> list[tuple[str, str]]:
        """Return (case id, reply id) of the approved replies that wait, or may be tried by now."""
        c, r = table(Case), table(Reply)
        ripe = true() if now is None else _ripe(r, now)
        query = (
            select(r.c.case_id, r.c.id)
            .join(c, c.c.id == r.c.case_id)
            .where(r.c.state == ReplyState.APPROVED, c.c.held_at.is_(None), ripe)
            .order_by(r.c.approved_at)
        )
        with reading(self._engine) as connection:
            return [(row.case_id, row.id) for row in connection.execute(query)]

    def replies_to_ask_about(self, now: datetime) -> list[tuple[str, str]]:
        """Return (case id, reply id) of replies a platform has and looks at first."""
        r = table(Reply)
        held = (r.c.state == ReplyState.SUBMITTED) & (r.c.external_id != "")  # of an older version
        query = select(r.c.case_id, r.c.id).where(
            (r.c.state == ReplyState.PENDING) | held, _ripe(r, now)
        )
        with reading(self._engine) as connection:
            return [(row.case_id, row.id) for row in connection.execute(query.order_by(r.c.id))]

    def stuck_replies(self, before: datetime) -> list[tuple[str, str]]:
        """Return (case id, reply id) of replies handed over before then whose end nobody knows."""
        r = table(Reply)
        query = select(r.c.case_id, r.c.id).where(
            r.c.state == ReplyState.SUBMITTED, r.c.submitted_at < before, r.c.external_id == ""
        )
        with reading(self._engine) as connection:
            return [(row.case_id, row.id) for row in connection.execute(query)]

    def replies_to_take_down(self, now: datetime) -> list[tuple[str, str]]:
        """Return (case id, reply id) of recalled replies that a program takes down by now."""
        c, r = table(Case), table(Reply)
        query = (
            select(r.c.case_id, r.c.id)
            .join(c, c.c.id == r.c.case_id)
            .where(r.c.state == ReplyState.RECALLED, r.c.look_at <= now, c.c.held_at.is_(None))
        )
        with reading(self._engine) as connection:
            return [(row.case_id, row.id) for row in connection.execute(query.order_by(r.c.id))]

    def shields_asked(self, now: datetime) -> list[tuple[str, str]]:
        """Return (case id, task id) of what is to be hidden or blocked and is not late yet."""
        c, t = table(Case), table(Task)
        wanted = (t.c.kind.in_(("hide", "block")), t.c.done_at.is_(None), t.c.due_at > now)
        query = select(t.c.case_id, t.c.id).join(c, c.c.id == t.c.case_id)
        with reading(self._engine) as connection:
            found = connection.execute(query.where(*wanted, c.c.held_at.is_(None)).order_by(t.c.id))
            return [(row.case_id, row.id) for row in found]


def _ripe(replies: Table, now: datetime) -> ColumnElement[bool]:
    return or_(replies.c.look_at.is_(None), replies.c.look_at <= now)

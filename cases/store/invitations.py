"""Reads about lists of people to invite, and what became of the invitations."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, func, select

from cases.models import Consent, ContactPoint, InvitationList, Notice, NoticeState
from cases.store.database import reading
from cases.store.people import PeopleReads
from cases.store.rows import chunks, grouped, opened, read, table, those
from cases.talking.invitations import KIND, Known

# What surely never reached anybody does not count as an invitation.
_NEVER_LEFT = (NoticeState.SUPPRESSED, NoticeState.REFUSED)


class InvitationReads(PeopleReads):
    """What inviting asks."""

    def invitation_lists(self) -> list[InvitationList]:
        """Return all lists, the oldest first, their people still sealed."""
        t = table(InvitationList)
        with reading(self._engine) as connection:
            return read(connection, InvitationList, select(t).order_by(t.c.prepared_at, t.c.id))

    def invitation_list(self, beginning: str) -> InvitationList | None:
        """Return the one list whose id ends like this, opened; None where none or several do."""
        found = [each for each in self.invitation_lists() if each.id.endswith(beginning)]
        return opened(found[0], self._sealer) if len(found) == 1 and beginning else None

    def known_to_invite(self, indexes: Iterable[str], since: datetime) -> Known:
        """Return what the record holds about these addresses; `since`: invited after that."""
        wanted = sorted(set(indexes))
        with reading(self._engine) as connection:
            points = those(connection, ContactPoint, "index", wanted)
            consents = grouped(those(connection, Consent, "index", wanted), "index")
            n, p = table(Notice), table(ContactPoint)
            query = (
                select(p.c.index)
                .join(n, n.c.point_id == p.c.id)
                .where(n.c.kind == KIND, n.c.created_at > since, n.c.state.not_in(_NEVER_LEFT))
            )
            invited = {
                row[0]
                for some in chunks(wanted)
                for row in connection.execute(query.where(p.c.index.in_(some)))
            }
        written_to = {each.index: each for each in points if each.channel in ("email", "sms")}
        return Known(written_to, consents, frozenset(invited))

    def invitations_sent(self, list_id: str) -> dict[str, int]:
        """Return how many invitations of a list stand in each state."""
        n = table(Notice)
        query = select(n.c.state, func.count()).where(_of(list_id)).group_by(n.c.state)
        with reading(self._engine) as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def invitations_waiting(self, list_id: str) -> list[Notice]:
        """Return the invitations of a list that have not left."""
        query = select(table(Notice)).where(
            _of(list_id), table(Notice).c.state == NoticeState.PENDING
        )
        with reading(self._engine) as connection:
            return read(connection, Notice, query)


def _of(list_id: str) -> ColumnElement[bool]:
    return table(Notice).c.key.startswith(f"{KIND}:{list_id}:", autoescape=True)

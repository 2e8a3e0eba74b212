"""Reads about mail that came: the tokens of addresses, what we sent, what waits to be placed."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from cases.models import Arrival, Case, Notice, Source
from cases.store.database import reading
from cases.store.outbox import OutboxReads
from cases.store.rows import first, opened, read, table, those
from cases.talking import tokens
from cases.talking.inbox import KINDS, OPEN
from cases.talking.waiting import Waiting
from cases.viewers import Viewer

_MOST = 200


class InboxReads(OutboxReads):
    """What the inbox asks before it asks a rule."""

    def case_of_token(self, token: str) -> str | None:
        """Return the case a token names, where it is ours and the case still there."""
        case_id = tokens.case_of(self._sealer, token)
        if case_id is None:
            return None
        with reading(self._engine) as connection:
            found = first(connection, Case, table(Case).c.id == case_id)
        return found.merged_into_id or found.id if found is not None else None

    def notice_of_token(self, token: str) -> str | None:
        """Return the notice a token names, None where it is not ours."""
        return tokens.notice_of(self._sealer, token)

    def told(self, notice_ids: Iterable[str]) -> dict[str, Notice]:
        """Return notices by id, unopened."""
        with reading(self._engine) as connection:
            return {each.id: each for each in those(connection, Notice, "id", notice_ids)}

    def sent(self, notice_id: str) -> Waiting | None:
        """Return a notice with all that decides what its coming back means."""
        found = self._notices(select(table(Notice)).where(table(Notice).c.id == notice_id))
        at = found[0].created_at if found else None
        return self._known(found, at)[0] if at is not None else None

    def unplaced(self, viewer: Viewer) -> list[Arrival]:
        """Return the mails and texts that wait for somebody to say their case, oldest first.

        Opened, and only those of the viewer's clinics: one whose source names no clinic is shown to
        those who see all of them.
        """
        t = table(Arrival)
        query = select(t).where(t.c.state.in_(OPEN), t.c.kind.in_(KINDS))
        with reading(self._engine) as connection:
            found = read(connection, Arrival, query.order_by(t.c.received_at, t.c.id).limit(_MOST))
            known = read(connection, Source, select(table(Source)))
        clinics = {each.id: each.clinic_id for each in known}
        return [
            opened(each, self._sealer)
            for each in found
            if viewer.clinics is None or clinics.get(each.source_id or "") in viewer.clinics
        ]

    def mails_of(self, case_id: str) -> list[Arrival]:
        """Return the mails that belong to a case, opened, oldest first."""
        t = table(Arrival)
        query = select(t).where(t.c.case_id == case_id, t.c.kind == "mail", t.c.body.is_not(None))
        with reading(self._engine) as connection:
            found = read(connection, Arrival, query.order_by(t.c.received_at, t.c.id).limit(_MOST))
        return [opened(each, self._sealer) for each in found]

    def open_cases_of(self, index: str, viewer: Viewer) -> list[int]:
        """Return the numbers of open cases with whoever has this address, that a viewer may see."""
        points = self.known_points(["email", "phone", "sms"], index)
        with reading(self._engine) as connection:
            owners = (point.correspondent_id for point in points)
            found = those(connection, Case, "correspondent_id", owners)
        mine = [c for c in found if c.closed_at is None and viewer.may_see_clinic(c.clinic_id)]
        return sorted(case.number for case in mine)

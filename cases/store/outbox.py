"""Reads of the outbox: what waits to be told, what hangs, and all that decides if it may go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import func, select

from cases.delivery import Waiting
from cases.models import (
    Case,
    Consent,
    ContactPoint,
    Correspondent,
    Notice,
    NoticeState,
    Person,
    Role,
)
from cases.store.database import reading
from cases.store.people import PeopleReads
from cases.store.rows import grouped, opened, read, table, those

Row = TypeVar("Row")


class OutboxReads(PeopleReads):
    """What `deliver` asks."""

    def waiting(self, now: datetime, channels: Sequence[str], limit: int = 200) -> list[Waiting]:
        """Return notices whose time has come on these channels, the oldest first."""
        n = table(Notice)
        query = (
            select(n)
            .where(
                n.c.state == NoticeState.PENDING, n.c.not_before <= now, n.c.channel.in_(channels)
            )
            .order_by(n.c.not_before, n.c.id)
            .limit(limit)
        )
        return self._known(self._notices(query))

    def hanging(self, now: datetime, limit: int = 200) -> list[Waiting]:
        """Return notices somebody claimed and never settled: the lease has run out."""
        n = table(Notice)
        hung = (n.c.state == NoticeState.SENDING) & (n.c.lease_until < now)
        return self._known(self._notices(select(n).where(hung).limit(limit)))

    def count_waiting(self, now: datetime) -> dict[str, int]:
        """Return how many notices wait on each channel by now."""
        n = table(Notice)
        query = (
            select(n.c.channel, func.count())
            .where(n.c.state == NoticeState.PENDING, n.c.not_before <= now)
            .group_by(n.c.channel)
        )
        with reading(self._engine) as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def count_states(self) -> dict[str, int]:
        """Return how many notices are in each state."""
        n = table(Notice)
        query = select(n.c.state, func.count()).group_by(n.c.state)
        with reading(self._engine) as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def known_points(self, channels: Sequence[str], index: str) -> list[ContactPoint]:
        """Return the contact points behind a number or address."""
        with reading(self._engine) as connection:
            return those(
                connection,
                ContactPoint,
                "index",
                [index],
                table(ContactPoint).c.channel.in_(channels),
            )

    def behind(self, points: Sequence[ContactPoint]) -> tuple[list[Correspondent], list[Notice]]:
        """Return who the points belong to, and the notices to them that have not left."""
        with reading(self._engine) as connection:
            people = those(
                connection, Correspondent, "id", (point.correspondent_id for point in points)
            )
            unsent = table(Notice).c.state.in_((NoticeState.PENDING, NoticeState.PLANNED))
            notices = those(connection, Notice, "point_id", (p.id for p in points), unsent)
        return people, notices

    def _notices(self, query: object) -> list[Notice]:
        with reading(self._engine) as connection:
            return read(connection, Notice, query)  # type: ignore[arg-type]

    def _known(self, notices: Sequence[Notice]) -> list[Waiting]:
        clinics, people = self.clinics(), self.people()
        with reading(self._engine) as connection:
            cases = _ids(those(connection, Case, "id", _some(n.case_id for n in notices)))
            points = _ids(those(connection, ContactPoint, "id", _some(n.point_id for n in notices)))
            owners = (point.correspondent_id for point in points.values())
            correspondents = _ids(those(connection, Correspondent, "id", owners))
            indexes = (point.index for point in points.values())
            consents = grouped(those(connection, Consent, "index", indexes), "index")
        administrator = next(
            (p for p in people.values() if p.active and p.role == Role.ADMINISTRATOR), None
        )
        known: list[Waiting] = []
        for notice in notices:
            case, point = cases.get(notice.case_id or ""), points.get(notice.point_id or "")
            known.append(
                Waiting(
                    opened(notice, self._sealer),
                    case,
                    clinics.get(case.clinic_id) if case else None,
                    people.get(notice.person_id or ""),
                    opened(point, self._sealer) if point else None,
                    correspondents.get(point.correspondent_id) if point else None,
                    consents[point.index] if point else (),
                    _owner(case, people) or administrator,
                )
            )
        return known


def _owner(case: Case | None, people: Mapping[str, Person]) -> Person | None:
    """Return who owns the case, if they are still there to hear of trouble."""
    owner = people.get(case.owner_id or "") if case else None
    return owner if owner is not None and owner.active else None


def _ids(rows: Sequence[Row]) -> dict[str, Row]:
    return {row.id: row for row in rows}  # type: ignore[attr-defined]


def _some(ids: Iterable[str | None]) -> list[str]:
    return [each for each in ids if each is not None]

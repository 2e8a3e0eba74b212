"""Reads of the outbox: what waits to be told, what hangs, and all that decides if it may go."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import Connection, func, select

from cases.models import (
    Case,
    Circuit,
    Clock,
    Consent,
    ContactPoint,
    Correspondent,
    Notice,
    NoticeState,
    Number,
    Person,
    Role,
    Stage,
)
from cases.people import instead_of
from cases.store.database import reading
from cases.store.hands import Hands
from cases.store.people import PeopleReads
from cases.store.rows import chunks, first, grouped, opened, read, table, those
from cases.talking.bars import CONFIRMATION
from cases.talking.delivery import number_id
from cases.talking.waiting import Waiting

Row = TypeVar("Row")
# What a number got, or may have got.
WENT = (
    NoticeState.SENDING, NoticeState.ACCEPTED, NoticeState.DELIVERED, NoticeState.UNDELIVERED,
    NoticeState.UNKNOWN,
)  # fmt: skip
_LATELY = timedelta(days=8)  # a week by any clock


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
        return self._known(self._notices(query), now)

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

    def hanging(self, now: datetime, limit: int = 200) -> list[Waiting]:
        """Return notices somebody claimed and never settled: the lease has run out."""
        n = table(Notice)
        hung = (n.c.state == NoticeState.SENDING) & (n.c.lease_until < now)
        return self._known(self._notices(select(n).where(hung).limit(limit)), now)

    def still(
        self, waiting: Sequence[Waiting]
    ) -> tuple[Mapping[str, Sequence[Consent]], Mapping[str, Case]]:
        """Return what is said by now about messages that are about to be handed over.

        The consents by address, and the cases by id.
        """
        indexes = [each.point.index for each in waiting if each.point is not None]
        with reading(self._engine) as connection:
            said = grouped(those(connection, Consent, "index", indexes), "index")
            ids = _some(each.notice.case_id for each in waiting)
            return said, _ids(those(connection, Case, "id", ids))

    def circuits(self) -> dict[str, Circuit]:
        """Return how each channel's provider is, where one ever rested."""
        with reading(self._engine) as connection:
            return {row.id: row for row in read(connection, Circuit, select(table(Circuit)))}

    def handed_since(self, since: datetime) -> dict[str, int]:
        """Return how many messages were handed over on each channel since then."""
        n = table(Notice)
        query = select(n.c.channel, func.count()).where(n.c.claimed_at > since)
        with reading(self._engine) as connection:
            return {row[0]: row[1] for row in connection.execute(query.group_by(n.c.channel))}

    def hands(self) -> Hands:
        """Return what keeps a STOP and a hand-over apart."""
        return Hands(self._engine)

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

    def told_at(self, notice_id: str) -> tuple[Notice, ContactPoint] | None:
        """Return a notice to a correspondent as it is kept, and where it went; None: no such."""
        with reading(self._engine) as connection:
            notice = first(connection, Notice, table(Notice).c.id == notice_id)
            point_id = notice.point_id if notice is not None else None
            point = first(connection, ContactPoint, table(ContactPoint).c.id == point_id)
        return (notice, point) if notice is not None and point is not None else None

    def _notices(self, query: object) -> list[Notice]:
        with reading(self._engine) as connection:
            return read(connection, Notice, query)  # type: ignore[arg-type]

    def _known(self, notices: Sequence[Notice], now: datetime) -> list[Waiting]:
        clinics, people = self.clinics(), self.people()
        with reading(self._engine) as connection:
            cases = _ids(those(connection, Case, "id", _some(n.case_id for n in notices)))
            points = _ids(those(connection, ContactPoint, "id", _some(n.point_id for n in notices)))
            owners = (point.correspondent_id for point in points.values())
            correspondents = _ids(those(connection, Correspondent, "id", owners))
            indexes = (point.index for point in points.values())
            consents = grouped(those(connection, Consent, "index", indexes), "index")
            named = _some(n.detail.get("clock_id") for n in notices)
            clocks = _ids(those(connection, Clock, "id", named))
            texts = {points[n.point_id or ""].index for n in notices if _is_text(n)}
            numbers = _ids(those(connection, Number, "id", map(number_id, texts)))
            texted = _texted(connection, texts, now)
        known: list[Waiting] = []
        for notice in notices:
            case, point = cases.get(notice.case_id or ""), points.get(notice.point_id or "")
            about = case.about if case else ()
            person = people.get(notice.person_id or "")
            index = point.index if point is not None else ""
            who = correspondents.get(point.correspondent_id) if point else None
            known.append(
                Waiting(
                    opened(notice, self._sealer),
                    case,
                    clinics.get(_where(case, who)),
                    person,
                    opened(point, self._sealer) if point else None,
                    who,
                    consents[point.index] if point else (),
                    _owner(case, people) or _administrator(people, about),
                    clocks.get(notice.detail.get("clock_id", "")),
                    instead_of(person, about, people, now) if person else None,
                    numbers.get(number_id(index)),
                    texted.get(index, ()),
                )
            )
        return known


def _is_text(notice: Notice) -> bool:
    return notice.channel == "sms" and notice.point_id is not None


def _texted(
    connection: Connection, indexes: Iterable[str], now: datetime
) -> dict[str, list[datetime]]:
    """Return when each number was texted lately, whoever's it is and in whichever case."""
    n, p = table(Notice), table(ContactPoint)
    query = (
        select(p.c.index, n.c.claimed_at)
        .join(p, p.c.id == n.c.point_id)
        .where(
            n.c.channel == "sms",
            n.c.claimed_at > now - _LATELY,
            n.c.kind != CONFIRMATION,
            n.c.state.in_(WENT),
        )
    )
    found = defaultdict(list)
    for some in chunks(sorted(indexes)):
        for index, at in connection.execute(query.where(p.c.index.in_(some))):
            found[index].append(at)
    return found


def _where(case: Case | None, who: Correspondent | None) -> str:
    """Return the clinic a notice is from: an invitation hangs on no case."""
    return case.clinic_id if case else who.clinic_id if who else ""


def _owner(case: Case | None, people: Mapping[str, Person]) -> Person | None:
    """Return who owns the case, if they are still there to hear of trouble."""
    owner = people.get(case.owner_id or "") if case else None
    return owner if owner is not None and owner.active else None


def _administrator(people: Mapping[str, Person], about: Sequence[str]) -> Person | None:
    named = (p for p in people.values() if p.active and p.role == Role.ADMINISTRATOR)
    return next((person for person in named if person.id not in about), None)


def _ids(rows: Sequence[Row]) -> dict[str, Row]:
    return {row.id: row for row in rows}  # type: ignore[attr-defined]


def _some(ids: Iterable[str | None]) -> list[str]:
    return [each for each in ids if each is not None]

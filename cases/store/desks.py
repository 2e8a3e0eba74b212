"""Reads about who has what: loads, cases nobody has, what a person's digest is made of."""

from __future__ import annotations

from sqlalchemy import func, or_, select

from cases.assignment import Load, counts
from cases.clockwork.digests import Desk
from cases.models import Case, Clock, Notice, NoticeState, Pause, Person, Stage
from cases.store.database import reading
from cases.store.people import PeopleReads
from cases.store.rows import grouped, read, table, those

_OPEN = tuple(stage for stage in Stage if stage is not Stage.CLOSED)
_MOST = 2_000  # cases in one person's digest: more than anybody can have


class DeskReads(PeopleReads):
    """What the assignment of cases and the daily digest ask."""

    def open_cases_by_owner(self) -> dict[str, Load]:
        """Return how many open cases each owner has, and the number of the newest of them."""
        c = table(Case).c
        query = (
            select(c.owner_id, func.count(), func.max(c.number))
            .where(c.stage.in_(_OPEN), c.owner_id.is_not(None))
            .group_by(c.owner_id)
        )
        with reading(self._engine) as connection:
            return {row[0]: Load(row[1], row[2]) for row in connection.execute(query)}

    def loads(self) -> dict[str, Load]:
        """Return who has how many where new cases go by that; nothing where they do not."""
        return self.open_cases_by_owner() if counts(self.playbook(), self.people()) else {}

    def ownerless(self, limit: int = 200) -> list[str]:
        """Return the ids of open cases that nobody has, or somebody who left."""
        c = table(Case).c
        left = [person.id for person in self.people().values() if not person.active]
        nobody = or_(c.owner_id.is_(None), c.owner_id.in_(left)) if left else c.owner_id.is_(None)
        query = select(c.id).where(c.stage.in_(_OPEN), nobody).order_by(c.number).limit(limit)
        with reading(self._engine) as connection:
            return list(connection.execute(query).scalars())

    def owned_by(self, owner_id: str, clinic_id: str = "", stage: str = "") -> list[str]:
        """Return the ids of the open cases somebody owns, the oldest first."""
        c = table(Case).c
        stages = (stage,) if stage else _OPEN
        query = select(c.id).where(c.stage.in_(stages), c.owner_id == owner_id).order_by(c.number)
        if clinic_id:
            query = query.where(c.clinic_id == clinic_id)
        with reading(self._engine) as connection:
            return list(connection.execute(query).scalars())

    def digest_waits_for(self) -> set[str]:
        """Return the ids of the people for whose digest something is kept."""
        n = table(Notice).c
        kept = select(n.person_id).where(n.state == NoticeState.FOR_DIGEST).distinct()
        with reading(self._engine) as connection:
            return set(connection.execute(kept).scalars())

    def desk(self, person: Person) -> Desk:
        """Return what a person's digest is made of."""
        n, c = table(Notice), table(Case)
        kept = select(n).where(n.c.person_id == person.id, n.c.state == NoticeState.FOR_DIGEST)
        owned = select(c).where(c.c.stage.in_(_OPEN), c.c.owner_id == person.id).limit(_MOST)
        with reading(self._engine) as connection:
            notices = read(connection, Notice, kept.order_by(n.c.id))
            cases = {case.id: case for case in read(connection, Case, owned)}
            others = {notice.case_id for notice in notices if notice.case_id} - cases.keys()
            cases |= {case.id: case for case in those(connection, Case, "id", others)}
            running = table(Clock).c.ended_at.is_(None)
            clocks = those(connection, Clock, "case_id", cases, running)
            pauses = those(connection, Pause, "clock_id", (clock.id for clock in clocks))
        return Desk(person, notices, cases, clocks, grouped(pauses, "clock_id"))

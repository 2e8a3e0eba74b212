"""Reads about clocks: those that want a look, and the cases they run in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NoReturn, cast

from sqlalchemy import Connection, exists, func, select

from cases.casefile import OnTheClock
from cases.models import Case, Clinic, Clock, Contact, Pause, Person, Review, RungFired, Stage
from cases.playbooks.playbook import Playbook, PlaybookError
from cases.store.database import reading
from cases.store.people import PeopleReads
from cases.store.rows import chunks, grouped, read, table, those


class ClockReads(PeopleReads):
    """What a flow asks before it asks a rule about time."""

    def due(self, now: datetime, limit: int = 500) -> list[OnTheClock]:
        """Return the cases of the clocks that want a look by now, the longest waiting first.

        The cost follows `limit`, not how many clocks run: the index holds open clocks only. A case
        that cannot be worked on (its playbook is lost) comes along: it raises when a rule asks it.
        """
        clinics, people = self.clinics(), self.people()
        t = table(Clock)
        ripe = select(t).where(t.c.ended_at.is_(None), t.c.look_at <= now)
        with reading(self._engine) as connection:
            clocks = read(connection, Clock, ripe.order_by(t.c.look_at).limit(limit))
            cases = those(connection, Case, "id", (clock.case_id for clock in clocks))
            return self._files(connection, clinics, people, cases, clocks)

    def running(self, clinic_id: str = "", after: str = "", limit: int = 500) -> list[OnTheClock]:
        """Return cases that are open or owe something still, with all their clocks, by id.

        `after`: the id of the last case of the page before; `clinic_id`: only that clinic's.
        """
        clinics, people = self.clinics(), self.people()
        c, k = table(Case), table(Clock)
        owing = exists().where(k.c.case_id == c.c.id, k.c.ended_at.is_(None))
        query = select(c).where(c.c.id > after, (c.c.stage != Stage.CLOSED) | owing)
        if clinic_id:
            query = query.where(c.c.clinic_id == clinic_id)
        with reading(self._engine) as connection:
            cases = read(connection, Case, query.order_by(c.c.id).limit(limit))
            clocks = those(connection, Clock, "case_id", (case.id for case in cases))
            said = those(connection, Contact, "case_id", (case.id for case in cases))
            return self._files(connection, clinics, people, cases, clocks, said)

    def _files(
        self,
        connection: Connection,
        clinics: Mapping[str, Clinic],
        people: Mapping[str, Person],
        cases: Sequence[Case],
        clocks: Sequence[Clock],
        contacts: Sequence[Contact] = (),
    ) -> list[OnTheClock]:
        """Return each of these cases with its own of these clocks and contacts."""
        ids = [clock.id for clock in clocks if clock.ended_at is None]
        pauses = grouped(those(connection, Pause, "clock_id", ids), "clock_id")
        fired = grouped(those(connection, RungFired, "clock_id", ids), "clock_id")
        playbooks = self._playbooks_of(connection, cases, clinics)
        mine, said = grouped(clocks, "case_id"), grouped(contacts, "case_id")
        return [
            OnTheClock(
                case=case,
                clinic=clinics[case.clinic_id],
                people=people,
                playbook=playbooks[case.id],
                clocks=mine[case.id],
                pauses=pauses,
                fired=fired,
                clinics=clinics,
                contacts=said[case.id],
            )
            for case in cases
        ]

    def _playbooks_of(
        self, connection: Connection, cases: Sequence[Case], clinics: Mapping[str, Clinic]
    ) -> dict[str, Playbook]:
        """Return each case's playbook as it is for that case, by case."""
        found = {
            number: self._playbook_of(number) for number in {c.playbook_version for c in cases}
        }
        asking = [c for c in cases if found[c.playbook_version].asks("platform")]
        platforms = _platforms(connection, (case.review_id for case in asking))
        return {
            case.id: found[case.playbook_version].for_case(
                case.severity, platforms.get(case.review_id, ""), clinics[case.clinic_id].slug
            )
            for case in cases
        }

    def _playbook_of(self, number: int) -> Playbook:
        try:
            return self.playbook(number)
        except (LookupError, PlaybookError) as error:
            return cast(Playbook, _Lost(error))

    def policies(self, files: Sequence[OnTheClock], number: int) -> dict[str, Playbook]:
        """Return what a version of the playbook says for each of these cases, by case."""
        playbook = self.playbook(number)
        with reading(self._engine) as connection:
            platforms = _platforms(connection, (file.case.review_id for file in files))
        return {
            file.case.id: playbook.for_case(
                file.case.severity, platforms.get(file.case.review_id, ""), file.clinic.slug
            )
            for file in files
        }

    def page_messages(self, since: datetime, clinic_id: str = "") -> list[Clock]:
        """Return the clocks of the messages to our pages that came since then."""
        k, c = table(Clock), table(Case)
        query = select(k).where(k.c.kind == "message", k.c.started_at > since)
        if clinic_id:
            query = query.join(c, c.c.id == k.c.case_id).where(c.c.clinic_id == clinic_id)
        with reading(self._engine) as connection:
            return read(connection, Clock, query.order_by(k.c.started_at))

    def next_look(self) -> datetime | None:
        """Return when the next clock wants a look, whoever's it is."""
        with reading(self._engine) as connection:
            t = table(Clock)
            query = select(func.min(t.c.look_at)).where(t.c.ended_at.is_(None))
            found: datetime | None = connection.execute(query).scalar_one()
        return found

    def overlooked(self, before: datetime) -> list[Clock]:
        """Return clocks that wanted a look before then and did not get it."""
        t = table(Clock)
        query = select(t).where(t.c.ended_at.is_(None), t.c.look_at < before)
        with reading(self._engine) as connection:
            return read(connection, Clock, query.order_by(t.c.look_at).limit(100))


def _platforms(connection: Connection, reviews: Iterable[str]) -> dict[str, str]:
    """Return where these reviews stand; asked only where a playbook turns on it."""
    t, found = table(Review), dict[str, str]()
    for some in chunks(sorted(set(reviews)), 400):
        query = select(t.c.id, t.c.platform).where(t.c.id.in_(some))
        found |= {row.id: row.platform for row in connection.execute(query)}
    return found


class _Lost:
    """Stands where a playbook should be, and says why it is not there once a rule asks.

    So one case whose playbook is lost is parked, and the read for all the others goes on.
    """

    def __init__(self, why: Exception) -> None:
        self._why = why

    def asks(self, what: str) -> bool:  # noqa: ARG002 - reading must not fail yet
        return False

    def for_case(self, *_: str) -> _Lost:
        return self

    def __getattr__(self, name: str) -> NoReturn:
        raise type(self._why)(*self._why.args)

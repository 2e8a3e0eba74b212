"""Reads about the practice itself: its people, its clinics, its playbooks, its sources."""

from __future__ import annotations

import logging

from sqlalchemy import Engine, select

from cases.models import (
    Clinic,
    Person,
    PlaybookVersion,
    Practice,
    Role,
    Source,
    TemplateVersion,
)
from cases.playbooks.playbook import Playbook, parse_playbook
from cases.sealing import Sealer
from cases.store.database import reading
from cases.store.rows import first, read, table

_LOG = logging.getLogger(__name__)


class PeopleReads:
    """Who and where; small tables, read whole."""

    def __init__(self, engine: Engine, sealer: Sealer) -> None:
        self._engine = engine
        self._sealer = sealer
        self._playbooks: dict[int, Playbook] = {}  # an adopted version never changes

    def find_practice(self) -> Practice | None:
        """Return the practice, or None before it is founded."""
        with reading(self._engine) as connection:
            return first(connection, Practice)

    def practice(self) -> Practice:
        """Return the practice. Raises LookupError before it is founded."""
        found = self.find_practice()
        if found is None:
            raise LookupError("no practice here yet; run: amends db upgrade")
        return found

    def people(self) -> dict[str, Person]:
        """Return everybody, also those not active any more, by id."""
        with reading(self._engine) as connection:
            found = read(connection, Person, select(table(Person)).order_by(table(Person).c.id))
        return {person.id: person for person in found}

    def administrators(self) -> list[Person]:
        """Return who is told when the program itself needs somebody."""
        return [p for p in self.people().values() if p.active and p.role == Role.ADMINISTRATOR]

    def clinics(self) -> dict[str, Clinic]:
        """Return every clinic by id."""
        with reading(self._engine) as connection:
            found = read(connection, Clinic, select(table(Clinic)).order_by(table(Clinic).c.id))
        return {clinic.id: clinic for clinic in found}

    def templates(self) -> list[TemplateVersion]:
        """Return every version of every template the practice saved, the oldest first."""
        with reading(self._engine) as connection:
            query = select(table(TemplateVersion)).order_by(table(TemplateVersion).c.id)
            return read(connection, TemplateVersion, query)

    def sources(self) -> list[Source]:
        """Return where reviews are fetched from."""
        with reading(self._engine) as connection:
            where = table(Source).c.active
            return read(connection, Source, select(table(Source)).where(where))

    def playbook(self, number: int | None = None) -> Playbook:
        """Return a version of the playbook; the one in force where none is named."""
        if number is None:
            number = self.practice().playbook_version
        if number not in self._playbooks:
            with reading(self._engine) as connection:
                row = first(connection, PlaybookVersion, table(PlaybookVersion).c.number == number)
            if row is None:
                raise LookupError(f"playbook version {number} is not in the record")
            self._playbooks[number] = _stored(row, number)
        return self._playbooks[number]


def _stored(row: PlaybookVersion, number: int) -> Playbook:
    found = parse_playbook(row.text, f"playbook {row.name}", number, stored=True)
    for each in found.warnings:  # once for each program: the playbook is kept
        _LOG.warning("%s", each)
    return found

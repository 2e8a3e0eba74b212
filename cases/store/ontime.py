"""The read behind the report on what was on time: clocks as they ran, with what they hang on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from cases.casefile import calendars
from cases.clockwork.ontime import Ran
from cases.models import Case, Clinic, Clock, Pause, Review
from cases.models.rows import shape
from cases.store.database import reading
from cases.store.people import PeopleReads
from cases.store.rows import grouped, table, those
from cases.viewers import Viewer


class OnTimeReads(PeopleReads):
    """What ran, for whoever wants to know how well."""

    def ran(self, viewer: Viewer, since: datetime, until: datetime) -> list[Ran]:
        """Return the clocks started from `since` until before `until`, the oldest first.

        Only of clinics the viewer may see. Nothing in it tells who wrote or was written to.
        """
        k, c, r = table(Clock), table(Case), table(Review)
        query = (
            select(k, c.c.clinic_id, c.c.severity, r.c.platform, r.c.posted_at)
            .join(c, c.c.id == k.c.case_id)
            .join(r, r.c.id == c.c.review_id)
            .where(k.c.started_at >= since, k.c.started_at < until)
            .order_by(k.c.started_at, k.c.id)
        )
        clinics, width = self.clinics(), len(k.columns)
        with reading(self._engine) as connection:
            rows = connection.execute(query).all()
            clocks = [shape(Clock)._make(row[:width]) for row in rows]
            pauses = grouped(
                those(connection, Pause, "clock_id", (clock.id for clock in clocks)), "clock_id"
            )
        return [
            self._ran(clock, clinics[row.clinic_id], row[width + 1 :], pauses[clock.id])
            for clock, row in zip(clocks, rows, strict=True)
            if viewer.may_see_clinic(row.clinic_id)
        ]

    def _ran(
        self, clock: Clock, clinic: Clinic, more: Sequence[object], pauses: Sequence[Pause]
    ) -> Ran:
        severity, platform, posted_at = more
        whole = self.playbook(clock.playbook_version)
        mine = whole.for_case(str(severity), str(platform), clinic.slug)
        promise = mine.clocks.get(clock.kind)
        return Ran(
            clock,
            clinic.slug,
            str(severity),
            str(platform),
            posted_at if isinstance(posted_at, datetime) else None,
            calendars(clinic, mine),
            promise.promise if promise else None,
            pauses,
        )

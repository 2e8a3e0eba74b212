"""Reads of the watchdog: what each flow last did, and what stands still."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select

from cases.clockwork.watchdog import ALARMS, Watched
from cases.models import Beat, Clock, Notice, NoticeState
from cases.store.database import reading
from cases.store.people import PeopleReads
from cases.store.rows import read, table


class WatchReads(PeopleReads):
    """What another part than the flows asks about the flows."""

    def beats(self) -> dict[str, Beat]:
        """Return when each flow last did its work, by its name."""
        with reading(self._engine) as connection:
            return {each.id: each for each in read(connection, Beat, select(table(Beat)))}

    def watched(self, before: datetime) -> Watched:
        """Return what the watchdog judges; `before`: what should have been seen to by then."""
        c, n = table(Clock), table(Notice)
        late = select(func.min(c.c.look_at), func.count()).where(
            c.c.ended_at.is_(None), c.c.look_at < before
        )
        stuck = select(func.min(n.c.not_before), func.count()).where(
            n.c.state == NoticeState.PENDING,
            n.c.not_before < before,
            n.c.attempts == 0,
            n.c.kind.not_in(ALARMS),  # its own mail is no trouble of its own
        )
        with reading(self._engine) as connection:
            overlooked, overlooked_count = connection.execute(late).one()
            waiting, waiting_count = connection.execute(stuck).one()
        return Watched(self.beats(), overlooked, overlooked_count, waiting, waiting_count)

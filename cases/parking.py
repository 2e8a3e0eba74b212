"""A case that cannot be worked on is set aside, loudly, so that the others go on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from cases.changes import About, Change, Happened, Moment, Set, about
from cases.models import Case, Clock, Person

_AGAIN = timedelta(hours=1)


def park(
    case: Case,
    clocks: Iterable[Clock],
    code: str,
    moment: Moment,
    administrators: Sequence[Person],
) -> Change:
    """Set the case aside for an hour and tell the administrators. `code` carries no patient data.

    Its clocks are looked at again then, so nothing is lost: only this case is late.
    """
    until = moment.now + _AGAIN
    return Change(
        about(case),
        moment,
        sets=(
            Set(Case, case.id, {"parked_until": until, "parked_code": code}),
            *(
                Set(Clock, clock.id, {"look_at": until})
                for clock in clocks
                if clock.ended_at is None and clock.look_at is not None and clock.look_at < until
            ),
        ),
        events=(Happened("parked", {"code": code, "until": until}),),
        notices=tuple(
            {
                "key": f"parked:{case.id}:{case.version}:{person.id}",
                "case_id": case.id,
                "kind": "parked",
                "channel": "email",
                "person_id": person.id,
                "detail": {"code": code},
            }
            for person in administrators
        ),
    )


def note_refusal(
    practice: About, what: About, code: str, moment: Moment, administrators: Sequence[Person]
) -> Change:
    """Record that the database refused a Change about something that is no case."""
    name = what.table.__name__.lower()
    return Change(
        practice,
        moment,
        events=(Happened("change_refused", {"about": name, "id": what.id, "code": code}),),
        notices=tuple(
            {
                "key": f"refused:{what.id}:{moment.now.isoformat()}:{person.id}",
                "kind": "refused",
                "channel": "email",
                "person_id": person.id,
                "detail": {"about": name, "code": code},
            }
            for person in administrators
        ),
    )

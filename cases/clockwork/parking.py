"""A case that cannot be worked on is set aside, loudly, so that the others go on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from cases.changes import About, Change, Happened, Moment, Set, about
from cases.models import Case, Clock, Person
from cases.notices import to_person

_AGAIN = timedelta(hours=1)
_TOLD_AGAIN = timedelta(days=1)  # of one and the same trouble


def park(
    case: Case,
    clocks: Iterable[Clock],
    code: str,
    moment: Moment,
    administrators: Sequence[Person],
) -> Change:
    """Set the case aside for an hour and tell the administrators. `code` carries no patient data.

    Its clocks are looked at again then, so nothing is lost: only this case is late. Who is told
    hears of one trouble once, and then once a day, not at each look.
    """
    until = moment.now + _AGAIN
    values = {"parked_until": until, "parked_code": code}
    if tells := _is_news(case, code, moment):
        values["parked_told_at"] = moment.now
    key = f"parked:{case.id}:{case.version}"
    return Change(
        about(case),
        moment,
        sets=(
            Set(Case, case.id, values),
            *(
                Set(Clock, clock.id, {"look_at": until})
                for clock in clocks
                if clock.ended_at is None and clock.look_at is not None and clock.look_at < until
            ),
        ),
        events=(Happened("parked", {"code": code, "until": until}),),
        notices=tuple(
            to_person("parked", f"{key}:{person.id}", person.id, {"code": code}, case_id=case.id)
            for person in administrators
            if tells
        ),
    )


def _is_news(case: Case, code: str, moment: Moment) -> bool:
    told = case.parked_told_at
    other = case.parked_code not in ("", code)  # "": it went on for a while, then fell back
    return told is None or other or moment.now >= told + _TOLD_AGAIN


def note_refusal(
    practice: About, what: About, code: str, moment: Moment, administrators: Sequence[Person]
) -> Change:
    """Record that the database refused a Change about something that is no case.

    The keys name the trouble and the day: whoever writes leaves out those that are there already.
    """
    name = what.table.__name__.lower()
    trouble = f"refused:{name}:{code}:{moment.now.date().isoformat()}"
    return Change(
        practice,
        moment,
        events=(Happened("change_refused", {"about": name, "id": what.id, "code": code}),),
        notices=tuple(
            to_person("refused", f"{trouble}:{person.id}", person.id, {"about": name, "code": code})
            for person in administrators
        ),
    )

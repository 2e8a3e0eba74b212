"""A clinic as it is now: its hours and closures, and what a reply names, come and change.

New hours move due times that run already: the clinic says so, until all of them were computed anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from cases.addresses import email, phone
from cases.casefile import calendars
from cases.changes import Change, Happened, Moment, Set, about
from cases.models import Clinic, Person, Practice
from cases.models.rows import new_row
from cases.playbooks.playbook import Playbook
from cases.practice import PracticeError

# What due times are computed from; the others are what a reply and a mail name.
TIMES = ("zone", "region", "hours", "closures", "open_on")
_NAMES = ("name", "phone", "email", "point_person", "point_role", "director_id", "sender_name")


def edit(clinic: Clinic, playbook: Playbook, moment: Moment, **given: Any) -> Change:
    """Change what is given of a clinic, and nothing else; the hours are tried at once.

    Raises PracticeError where nothing changes, AddressError, WorktimeError.
    """
    values = {name: _tidy(name, value) for name, value in given.items()}
    changed = {name: value for name, value in values.items() if getattr(clinic, name) != value}
    if unknown := changed.keys() - {*TIMES, *_NAMES}:
        raise PracticeError(f"a clinic has no {', '.join(sorted(unknown))}")
    if not changed:
        raise PracticeError(f"{clinic.name} is like that already")
    retimed = sorted(changed.keys() & set(TIMES))
    if retimed:
        calendars(_as_it_will_be(clinic, changed), playbook)
        changed["retime_since"] = moment.now
    facts: dict[str, Any] = {"changed": sorted(values.keys() & changed.keys())}
    facts |= {name: [getattr(clinic, name), changed[name]] for name in retimed}
    return Change(
        about(clinic),
        moment,
        sets=[Set(Clinic, clinic.id, changed)],
        events=[Happened("clinic_edited", facts)],
    )


def _tidy(name: str, value: Any) -> Any:
    if name == "phone":
        return phone(value) if value else ""
    if name == "email":
        return email(value) if value else ""
    if name in ("hours", "closures"):
        return {day: list(spans) for day, spans in value.items()}
    return list(value) if name == "open_on" else value


def _as_it_will_be(clinic: Clinic, changed: Mapping[str, Any]) -> Clinic:
    values = clinic._asdict() if hasattr(clinic, "_asdict") else clinic.model_dump()
    return new_row(Clinic, {**values, **changed})


def one_off(
    clinic: Clinic, day: str, intervals: Sequence[str], playbook: Playbook, moment: Moment
) -> Change:
    """Give one date hours of its own: none for closed, "09:00-12:00" for half a day."""
    closures = {**clinic.closures, _date(day): list(intervals)}
    return edit(clinic, playbook, moment, closures=closures)


def as_usual(clinic: Clinic, day: str, playbook: Playbook, moment: Moment) -> Change:
    """Take back the hours of its own that a date had."""
    if _date(day) not in clinic.closures:
        raise PracticeError(f"{day} has no hours of its own at {clinic.name}")
    kept = {each: spans for each, spans in clinic.closures.items() if each != _date(day)}
    return edit(clinic, playbook, moment, closures=kept)


def holiday(clinic: Clinic, name: str, opens: bool, playbook: Playbook, moment: Moment) -> Change:
    """Say whether the clinic opens on a public holiday, by its name or its date."""
    others = [each for each in clinic.open_on if each != name]
    return edit(clinic, playbook, moment, open_on=[*others, name] if opens else others)


def director(clinic: Clinic, person: Person, playbook: Playbook, moment: Moment) -> Change:
    """Say who owns the clinic's new cases."""
    if not person.active:
        raise PracticeError(f"{person.name} is not active any more")
    return edit(clinic, playbook, moment, director_id=person.id)


def _date(day: str) -> str:
    try:
        return date.fromisoformat(day).isoformat()
    except ValueError:
        raise PracticeError(f"{day!r} is no date; write it like 2026-12-24") from None


def retimed(clinic: Clinic, count: int, moment: Moment) -> Change:
    """Note that all its open clocks follow its new hours."""
    return Change(
        about(clinic),
        moment,
        sets=[Set(Clinic, clinic.id, {"retime_since": None})],
        events=[Happened("clinic_retimed", {"cases": count})],
    )


def moved(practice: Practice, count: int, moment: Moment) -> Change:
    """Note that all running cases follow the playbook in force."""
    return Change(
        about(practice),
        moment,
        sets=[Set(Practice, practice.id, {"moving_since": None})],
        events=[Happened("cases_moved", {"cases": count, "to": practice.playbook_version})],
    )

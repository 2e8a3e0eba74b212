"""The practice itself: people, clinics, sources and the playbook come and change like all else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from cases.addresses import email, phone
from cases.casefile import calendars
from cases.changes import About, Add, Change, Happened, Moment, Set, about
from cases.clockwork.attention import check_quiet, check_zone
from cases.models import Clinic, Person, PlaybookVersion, Practice, Role, Source
from cases.playbooks.playbook import Playbook, parse_playbook


class PracticeError(ValueError):
    """A person, clinic or source cannot be recorded like that. The message says the remedy."""


def add_person(
    name: str,
    mail: str,
    role: str,
    clinics: Sequence[Clinic],
    moment: Moment,
    *,
    number: str = "",
    known: Mapping[str, Person] | None = None,
) -> Change:
    """Record somebody of the practice. Raises PracticeError, AddressError."""
    if role not in list(Role):
        raise PracticeError(f"{role!r} is no role; the roles are: {', '.join(Role)}")
    if not name.strip():
        raise PracticeError("a person has a name")
    address = email(mail)
    if any(person.email == address for person in (known or {}).values()):
        raise PracticeError(f"{address} belongs to somebody already")
    values = {
        "id": moment.new_id(),
        "name": name.strip(),
        "email": address,
        "phone": phone(number) if number else "",
        "role": str(role),
        "clinics": [clinic.id for clinic in clinics],
    }
    return _added(Person, values, moment)


def set_away(
    person: Person,
    since: datetime,
    until: datetime | None,
    substitute: Person | None,
    moment: Moment,
) -> Change:
    """Record an absence and who stands in."""
    if until is not None and until <= since:
        raise PracticeError(f"{person.name} would be back before leaving; check the dates")
    if substitute is not None and substitute.id == person.id:
        raise PracticeError("nobody stands in for themselves")
    values = {
        "away_from": since,
        "away_until": until,
        "substitute_id": substitute.id if substitute else None,
    }
    return Change(
        about(person),
        moment,
        sets=[Set(Person, person.id, values)],
        events=[Happened("away", {"from": since, "until": until})],
    )


REMINDERS = ("at_once", "digest", "off")


def prefer(
    person: Person,
    moment: Moment,
    *,
    reminders: str | None = None,
    quiet: Mapping[str, Sequence[str]] | None = None,
    zone: str | None = None,
    open_cases_at_most: int | None = None,
    clinic: Clinic | None = None,
) -> Change:
    """Record how somebody wants to be told, and how many cases are enough; None: as it is.

    `reminders`: of low rungs only; escalations and grave cases always come at once. `quiet`: hours
    not to be told in, but for somebody's safety. `open_cases_at_most` 0: as the playbook says.
    `clinic`: whose zone is theirs where they have none. Raises PracticeError, WorktimeError.
    """
    if reminders is not None and reminders not in REMINDERS:
        raise PracticeError(f"{reminders!r}: reminders come {', '.join(REMINDERS)}")
    if open_cases_at_most is not None and open_cases_at_most < 0:
        raise PracticeError("nobody can have fewer than no cases; 0 is as the playbook says")
    values: dict[str, Any] = {"reminders": reminders, "zone": zone}
    if quiet is not None:
        values["quiet"] = {day: list(spans) for day, spans in quiet.items()}
    values = {name: value for name, value in values.items() if value is not None}
    if open_cases_at_most is not None:
        values["open_cases_at_most"] = open_cases_at_most or None
    if not values:
        raise PracticeError("say what is to be different: reminders, quiet hours, zone, cases")
    where = values.get("zone", person.zone) or (clinic.zone if clinic else "UTC")
    check_quiet(values.get("quiet", person.quiet), where)
    check_zone(where)
    return Change(
        about(person),
        moment,
        sets=[Set(Person, person.id, values)],
        events=[Happened("preferred", values)],
    )


def deactivate(person: Person, moment: Moment) -> Change:
    """Note that somebody left: they are told nothing more, and their cases fall to others."""
    return Change(
        about(person),
        moment,
        sets=[Set(Person, person.id, {"active": False})],
        events=[Happened("deactivated")],
    )


def add_clinic(
    slug: str,
    name: str,
    zone: str,
    hours: Mapping[str, Sequence[str]],
    playbook: Playbook,
    moment: Moment,
    *,
    director: Person | None = None,
    known: Mapping[str, Clinic] | None = None,
    open_on: Sequence[str] = (),
    closures: Mapping[str, Sequence[str]] | None = None,
    **more: str,
) -> Change:
    """Record a location. Its hours and zone are tried at once: a case must not be the first.

    `open_on`: holidays of the region that do not close it, names or ISO dates; `closures`: ISO
    dates with hours of their own, none for closed. `more`: region, phone, email, point_person,
    point_role. Raises PracticeError, AddressError, WorktimeError.
    """
    if not slug or slug != slug.strip().lower().replace(" ", "-"):
        raise PracticeError(f"{slug!r} is no short name; write it like elm-street")
    if any(clinic.slug == slug for clinic in (known or {}).values()):
        raise PracticeError(f"there is a clinic {slug!r} already")
    values: dict[str, Any] = {
        "id": moment.new_id(),
        "slug": slug,
        "name": name.strip() or slug,
        "zone": zone,
        "hours": {day: list(spans) for day, spans in hours.items()},
        "region": more.get("region", ""),
        "open_on": list(open_on),
        "closures": {day: list(spans) for day, spans in (closures or {}).items()},
        "phone": phone(more["phone"]) if more.get("phone") else "",
        "email": email(more["email"]) if more.get("email") else "",
        "point_person": more.get("point_person", ""),
        "point_role": more.get("point_role", ""),
        "director_id": director.id if director else None,
    }
    calendars(Clinic(**values), playbook)
    return _added(Clinic, values, moment)


def add_source(
    name: str,
    platform: str,
    place: str,
    moment: Moment,
    *,
    known: Sequence[Source] = (),
    clinic: Clinic | None = None,
    owner: Person | None = None,
    silent_after: int | None = None,
) -> Change:
    """Record where reviews are fetched from; `clinic`: whose they are where none is named.

    `owner`: whose its trouble is, else the administrator's. `silent_after`: hours without a new
    review after which they are asked to look, None for what is usual there, 0 for never.
    """
    if not name.strip() or not place.strip():
        raise PracticeError("a source has a name and a place")
    if any(source.name == name for source in known):
        raise PracticeError(f"there is a source {name!r} already")
    values = {
        "id": moment.new_id(),
        "name": name,
        "platform": platform,
        "place": place,
        "clinic_id": clinic.id if clinic else None,
        "owner_id": owner.id if owner else None,
        "silent_after": silent_after,
    }
    return _added(Source, values, moment)


def adopt(
    text: str, where: str, practice: Practice, moment: Moment, *, running: bool = False
) -> Change:
    """Put a playbook into force for new cases; running ones keep the version they began with.

    `running`: they are moved to this one, too, as `recomputing` does it. Raises PlaybookError.
    """
    playbook = parse_playbook(text, where)
    number = practice.playbook_version + 1
    return Change(
        about(practice),
        moment,
        sets=[
            Set(
                Practice,
                practice.id,
                {
                    "playbook_version": number,
                    "moving_since": moment.now if running else practice.moving_since,
                },
            )
        ],
        adds=[adopted(playbook, number, moment)],
        events=[
            Happened(
                "playbook_adopted",
                {"name": playbook.name, "version": number, "running": running},
            )
        ],
    )


def adopted(playbook: Playbook, number: int, moment: Moment) -> Add:
    """Return the row that keeps a playbook as it is adopted."""
    return Add(
        PlaybookVersion,
        {
            "id": moment.new_id(),
            "number": number,
            "name": playbook.name,
            "text": playbook.text,
            "adopted_at": moment.now,
            "adopted_by": moment.by,
        },
    )


def _added(table: Any, values: dict[str, Any], moment: Moment) -> Change:
    return Change(
        About(table, values["id"], 0),
        moment,
        adds=[Add(table, values)],
        events=[Happened("added", {"kind": table.__name__.lower()})],
    )

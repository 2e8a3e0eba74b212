"""All that is known about a case when a rule is asked, as it was read: rules look nowhere else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from cases.calendars.worktime import ALWAYS, WorkCalendar, calendar, duty_hours, hours_from
from cases.models import (
    Account,
    Case,
    Clinic,
    Clock,
    Consent,
    Contact,
    ContactPoint,
    Correspondent,
    Extension,
    Incident,
    Note,
    Notice,
    Pause,
    Person,
    Reply,
    Review,
    ReviewVersion,
    RungFired,
    Task,
)
from cases.playbooks.playbook import Playbook
from cases.talking.consent import may_use


@dataclass(frozen=True, slots=True)
class Calendars:
    """A clinic's named calendars: office, duty (when somebody minds online answers), always."""

    office: WorkCalendar
    duty: WorkCalendar

    def named(self, name: str) -> WorkCalendar:
        return {"office": self.office, "duty": self.duty, "always": ALWAYS}[name]


def calendars(clinic: Clinic, playbook: Playbook) -> Calendars:
    """Return the calendars of a clinic under a playbook. Raises WorktimeError."""
    return _calendars(
        clinic.zone,
        clinic.region,
        tuple(clinic.open_on or ()),
        _frozen(clinic.hours),
        _frozen(clinic.closures),
        _frozen(playbook.duty),
    )


Frozen = tuple[tuple[str, Sequence[str]], ...]


def _frozen(hours: Mapping[str, Sequence[str]]) -> Frozen:
    # A lone text stays one: `hours_from` says what is wrong with it, not with its first letter.
    return tuple(
        (day, spans if isinstance(spans, str) else tuple(spans))
        for day, spans in sorted(hours.items())
    )


@lru_cache(maxsize=512)
def _calendars(
    zone: str, region: str, open_on: tuple[str, ...], week: Frozen, closed: Frozen, duty: Frozen
) -> Calendars:
    office = hours_from(dict(week), zone, region=region, open_on=open_on, days=dict(closed))
    minded = duty_hours(office, dict(duty))
    return Calendars(calendar("office", office), calendar("duty", minded))


@dataclass(frozen=True, slots=True, kw_only=True)
class OnTheClock:
    """What a sweep knows of a case: enough to run its clocks and climb its ladders."""

    case: Case
    clinic: Clinic
    people: Mapping[str, Person]
    playbook: Playbook
    clocks: Sequence[Clock] = ()
    pauses: Mapping[str, Sequence[Pause]] = field(default_factory=dict)  # by clock
    fired: Mapping[str, Sequence[RungFired]] = field(default_factory=dict)  # by clock
    contacts: Sequence[Contact] = ()  # for a sweep: none
    clinics: Mapping[str, Clinic] = field(default_factory=dict)  # all: who is told has their own

    @property
    def calendars(self) -> Calendars:
        return calendars(self.clinic, self.playbook)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile(OnTheClock):
    """The whole case, opened for one viewer."""

    review: Review
    reviews: Sequence[Review] = ()  # all of them, where a person merged several
    versions: Sequence[ReviewVersion] = ()  # their older states
    replies: Sequence[Reply] = ()
    tasks: Sequence[Task] = ()
    accounts: Sequence[Account] = ()
    notes: Sequence[Note] = ()
    notices: Sequence[Notice] = ()  # those to the correspondent
    correspondent: Correspondent | None = None
    points: Sequence[ContactPoint] = ()
    extensions: Mapping[str, Sequence[Extension]] = field(default_factory=dict)  # by clock
    consents: Sequence[Consent] = ()
    incidents: Sequence[Incident] = ()  # only for the eyes they are for
    recent_replies: Sequence[str] = ()  # the practice's last ones to other reviews

    @property
    def round_contacts(self) -> list[Contact]:
        """Attempts and messages of this round, oldest first."""
        mine = [c for c in self.contacts if c.round == self.case.round]
        return sorted(mine, key=lambda contact: contact.at)

    def usable(self, point: ContactPoint) -> bool:
        """Tell whether this number or address may be used: allowed, alive and not stopped."""
        return may_use(point, self.consents)

    @property
    def may_contact(self) -> bool:
        """Tell whether somebody is known who may be contacted at all."""
        who = self.correspondent
        if who is None or who.undone_at is not None or self.case.contact_how == "declined":
            return False
        return any(self.usable(point) for point in self.points)

"""All that is known about a case when a rule is asked, as it was read: rules look nowhere else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache

from cases.consent import may_use
from cases.models import (
    Account,
    Case,
    Clinic,
    Clock,
    Consent,
    Contact,
    ContactPoint,
    Correspondent,
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
from cases.playbook import Playbook
from cases.worktime import ALWAYS, Hours, WorkCalendar, calendar, hours_from


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
def _calendars(zone: str, region: str, week: Frozen, closed: Frozen, duty: Frozen) -> Calendars:
    days = dict(closed)
    office = hours_from(dict(week), zone, region=region, days=days)
    return Calendars(calendar("office", office), calendar("duty", _with_duty(office, duty)))


def _with_duty(office: Hours, duty: Frozen) -> Hours:
    """Return the office's hours and those in which somebody minds online answers besides.

    A day with duty hours of its own and office hours keeps the office's: duty fills closed days.
    """
    if not duty:
        return office
    extra = hours_from(dict(duty), office.zone)
    week = tuple(mine or theirs for mine, theirs in zip(office.week, extra.week, strict=True))
    return Hours(week, office.zone, office.region, office.open_on, office.days)


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
    contacts: Sequence[Contact] = ()
    tasks: Sequence[Task] = ()
    accounts: Sequence[Account] = ()
    notes: Sequence[Note] = ()
    notices: Sequence[Notice] = ()  # those to the correspondent
    correspondent: Correspondent | None = None
    points: Sequence[ContactPoint] = ()
    consents: Sequence[Consent] = ()

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


LONGEST_PAUSE = timedelta(days=30)

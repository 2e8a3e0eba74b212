"""One mail a day instead of thirty: what a person who wants it so finds in the morning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from cases.casefile import calendars
from cases.changes import Change, Happened, Moment, Set, about
from cases.clockwork.attention import home, zone_of
from cases.models import Case, Clinic, Clock, Notice, NoticeState, Pause, Person
from cases.notices import to_person
from cases.people import present
from cases.playbooks.playbook import Playbook

SECTIONS = ("overdue", "today", "soon", "new", "waiting", "full")


@dataclass(frozen=True, slots=True)
class Desk:
    """What a person's digest is made of: notices kept for it, and the open cases they speak of.

    `cases`: those the person owns, and those of the notices; by id, as `clocks` and `pauses` are.
    """

    person: Person
    kept: Sequence[Notice]
    cases: Mapping[str, Case]
    clocks: Sequence[Clock] = ()
    pauses: Mapping[str, Sequence[Pause]] = field(default_factory=dict)


def day_of(
    person: Person, clinics: Mapping[str, Clinic], playbook: Playbook, now: datetime
) -> date | None:
    """Return the day a digest is owed for now, or None.

    On a day their office is open, from the playbook's hour on by their own clock, once a day.
    """
    usual = next(iter(clinics.values()), None)
    if usual is None or not present(person, now):
        return None
    clinic = home(person, clinics, usual)
    zone = ZoneInfo(zone_of(person, clinic))
    local = now.astimezone(zone)
    if local.time() < playbook.digest_at or person.digest_on >= local.date().isoformat():
        return None
    midnight = datetime.combine(local.date(), time(), zone).astimezone(UTC)
    opens = calendars(clinic, playbook).office.opens(midnight).astimezone(zone)
    return local.date() if opens.date() == local.date() else None


def digest(
    desk: Desk, clinics: Mapping[str, Clinic], playbook: Playbook, day: date, moment: Moment
) -> Change:
    """Bundle what was kept into one mail, or into none where there is nothing to tell.

    Each notice kept is settled with it: in the digest, or void where its clock or case has ended.
    """
    person = desk.person
    zone = zone_of(person, home(person, clinics, next(iter(clinics.values()))))
    since = _last(person, playbook, ZoneInfo(zone), moment.now)
    sections = _sections(desk, clinics, day, since, moment.now, ZoneInfo(zone))
    told = any(items for name, items in sections.items() if name != "waiting")
    count = len(desk.kept)
    change = Change(
        about(person),
        moment,
        sets=[Set(Person, person.id, {"digest_on": day.isoformat()})],
        events=[Happened("digest", {"day": day.isoformat(), "notices": count, "mailed": told})],
        notices=[_mail(person, sections, day, zone)] if told else [],
    )
    return change.with_parts(*(_settled(notice, desk, moment) for notice in desk.kept))


def dropped(desk: Desk, moment: Moment) -> Change:
    """Let go of what was kept for somebody who left: their cases are others' now."""
    change = Change(
        about(desk.person), moment, events=[Happened("digest_dropped", {"notices": len(desk.kept)})]
    )
    gone = {"state": NoticeState.SUPPRESSED, "code": "nobody", "settled_at": moment.now}
    parts = [Change(about(n), moment, sets=[Set(Notice, n.id, gone)]) for n in desk.kept]
    return change.with_parts(*parts)


def _settled(notice: Notice, desk: Desk, moment: Moment) -> Change:
    live = _matters(notice, desk)
    state = NoticeState.IN_DIGEST if live else NoticeState.SUPPRESSED
    values = {"state": state, "code": "" if live else "ended", "settled_at": moment.now}
    return Change(about(notice), moment, sets=[Set(Notice, notice.id, values)])


def _matters(notice: Notice, desk: Desk) -> bool:
    """Tell whether a notice kept still says something: its case is open, and its clock runs."""
    case = desk.cases.get(notice.case_id or "")
    named = notice.detail.get("clock_id")
    runs = any(clock.id == named and clock.ended_at is None for clock in desk.clocks)
    return case is not None and case.closed_at is None and (named is None or runs)


def _last(person: Person, playbook: Playbook, zone: ZoneInfo, now: datetime) -> datetime:
    """Return when the digest before this one came; a day ago where there was none."""
    if not person.digest_on:
        return now - timedelta(days=1)
    return datetime.combine(date.fromisoformat(person.digest_on), playbook.digest_at, zone)


def _sections(
    desk: Desk,
    clinics: Mapping[str, Clinic],
    day: date,
    since: datetime,
    now: datetime,
    zone: ZoneInfo,
) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in SECTIONS}
    live = [notice for notice in desk.kept if _matters(notice, desk)]
    reminded = {notice.detail.get("clock_id") for notice in live}
    for clock in sorted(desk.clocks, key=lambda each: each.due_at or now):
        case = desk.cases.get(clock.case_id)
        name = _section(clock, desk, day, now, zone, clock.id in reminded)
        mine = case is not None and (case.owner_id == desk.person.id or clock.id in reminded)
        if case is not None and mine and name:
            found[name].append(_line(case, clinics, clock))
    owned = [case for case in desk.cases.values() if case.owner_id == desk.person.id]
    new = sorted((c for c in owned if c.opened_at > since), key=lambda c: c.number)
    found["new"] = [_line(case, clinics) for case in new]
    full = [desk.cases[n.case_id or ""] for n in live if n.kind == "over_limit"]
    found["full"] = [_line(case, clinics) for case in full]
    return found


def _section(
    clock: Clock, desk: Desk, day: date, now: datetime, zone: ZoneInfo, reminded: bool
) -> str:
    if clock.ended_at is not None or clock.due_at is None:
        return ""
    if any(_runs(pause, now) for pause in desk.pauses.get(clock.id, ())):
        return "waiting"
    if clock.due_at <= now:
        return "overdue"
    if clock.due_at.astimezone(zone).date() == day:
        return "today"
    return "soon" if reminded else ""


def _runs(pause: Pause, now: datetime) -> bool:
    return pause.from_at <= now < min(pause.ended_at or pause.until_at, pause.until_at)


def _line(case: Case, clinics: Mapping[str, Clinic], clock: Clock | None = None) -> dict[str, Any]:
    """Return what one line says: which case, where, and what is owed. Nothing of a patient."""
    place = clinics[case.clinic_id].name if case.clinic_id in clinics else ""
    line: dict[str, Any] = {"case": case.number, "clinic": place}
    if clock is not None and clock.due_at is not None:
        line |= {"clock": clock.kind, "due_at": clock.due_at.isoformat()}
    return line


def _mail(
    person: Person, sections: Mapping[str, Sequence[dict[str, Any]]], day: date, zone: str
) -> dict[str, Any]:
    key, detail = f"digest:{person.id}:{day.isoformat()}", {"zone": zone, **sections}
    return to_person("digest", key, person.id, detail)

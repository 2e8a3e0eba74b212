"""The playbook on the command line: read it as a policy, check a file, try what it would do."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from cases import policy, practice, trial
from cases.casefile import calendars
from cases.hours import WorktimeError
from cases.models import Clinic
from cases.playbook import PRACTICE, Playbook, PlaybookError, read_playbook
from cases.settings import load
from cases.store import open_store
from cases.wording import duration
from console.commands.practice import read_hours
from console.commands.shared import (
    DataDir,
    Json,
    UserError,
    Who,
    clinic_named,
    emit,
    instant,
    local,
    person_named,
    present,
    record,
    written,
)

playbook = typer.Typer(no_args_is_help=True, help="The written policy: show, check, try, adopt.")
ASSUMED = (["mon-fri 09:00-17:00"], "UTC")  # where nobody says which hours

File = Annotated[Path | None, typer.Option("--file", help="A playbook not yet adopted.")]
Hours = Annotated[
    list[str] | None, typer.Option("--hours", help='"mon-fri=09:00-17:00"; repeat, or part with ;')
]
Zone = Annotated[str, typer.Option("--zone", help="America/New_York")]
Region = Annotated[str, typer.Option("--region", help="Public holidays: US, US-TX.")]
Slug = Annotated[str, typer.Option("--clinic", help="A clinic of the record, by its short name.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(playbook, name="playbook")


@playbook.command("show")
def show(
    file: File = None,
    as_html: Annotated[bool, typer.Option("--html", help="As a page for a browser.")] = False,
    data: DataDir = None,
) -> None:
    """Print the response policy as people read it: the one in force, or that of a file."""
    sections = policy.policy(_playbook(file, data))
    typer.echo(policy.html(sections) if as_html else policy.markdown(sections), nl=False)


@playbook.command("check")
def check(
    file: Path,
    hours: Hours = None,
    zone: Zone = "",
    clinic: Slug = "",
    data: DataDir = None,
) -> None:
    """Name every mistake in a playbook's file; if there is none, the hours it cannot keep.

    Those are the hours of an ordinary week in which a clock, kept to the last minute, would still
    come later than its `promise`.
    """
    found = _read(file)
    place = _place(hours, zone, "", clinic, data)
    try:
        short = trial.shortfalls(found, place.clinic)
    except WorktimeError as error:
        raise UserError(f"{place.name}: {error}") from None
    typer.echo(f"{file}: nothing is wrong with it.")
    typer.echo(f"Promises, with the hours of {place.name}:")
    for line in _promises(found, short):
        typer.echo(f"  {line}")


@playbook.command("adopt")
def adopt(file: Path, who: Who = "", data: DataDir = None) -> None:
    """Put a playbook into force for new cases; running ones keep the one they began with."""
    _read(file)  # every mistake is named before anything is written
    with record(data) as (_, store):
        actor = person_named(store, who)
        moment = present(actor.id)
        written(store, practice.adopt(file.read_text("utf-8"), str(file), store.practice(), moment))
        found = store.playbook()
    typer.echo(f"The playbook {found.name} is in force as version {found.version}.")


@playbook.command("try")
def try_(
    at: Annotated[str, typer.Option("--at", help='When a case opens: "2026-11-27 16:30".')],
    file: File = None,
    hours: Hours = None,
    zone: Zone = "",
    region: Region = "",
    clinic: Slug = "",
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Show when each clock of a case opened then would be due, who is told when, and why."""
    found, place = _playbook(file, data), _place(hours, zone, region, clinic, data)
    where = place.clinic.zone
    try:
        calendars(place.clinic, found)  # a wrong zone is told as that, not as a wrong time
        opened = _instant(at, where)
        courses = trial.trial(found, place.clinic, opened)
    except WorktimeError as error:
        raise UserError(f"{place.name}: {error}") from None
    if as_json:
        emit(_as_dict(found, where, opened.astimezone(ZoneInfo(where)).isoformat(), courses))
        return
    typer.echo(f"A case opened {local(opened, where)}, with the hours of {place.name}.")
    typer.echo(f"The playbook is {found.name}, {policy.which(found)}.")
    typer.echo("Each later step is shown as if those before it took all their time.")
    for course in courses:
        typer.echo("\n".join(("", *_words(course, found, where))))


# What is asked about


@dataclass(frozen=True, slots=True)
class _Place:
    clinic: Clinic
    name: str


def _read(file: Path) -> Playbook:
    try:
        return read_playbook(file)
    except PlaybookError as error:
        raise UserError(str(error)) from None


def _playbook(file: Path | None, data: Path | None) -> Playbook:
    """Return the file's playbook, else the one in force, else, without a record, the shipped."""
    if file is not None:
        return _read(file)
    settings = load(data)
    if data is None and not settings.database_url and not (settings.data / "amends.db").exists():
        return read_playbook(PRACTICE)
    store = open_store(settings)
    try:
        return store.playbook()
    finally:
        store.close()


def _instant(at: str, zone: str) -> datetime:
    if not re.match(r"\s*\d{4}\D", at):  # a bare "16:30" would be read as today's
        raise UserError(f"--at: {at!r} has no date; write it like 2026-11-27T16:30")
    return instant(at, zone)


def _place(hours: list[str] | None, zone: str, region: str, slug: str, data: Path | None) -> _Place:
    """Return the clinic of the record, or one made of what was said. Raises UserError."""
    if slug:
        if hours or zone or region:
            raise UserError("--clinic brings its own hours, zone and region; leave those out")
        with record(data) as (_, store):
            return _Place(clinic_named(store, slug), slug)
    spec = [part for each in hours or ASSUMED[0] for part in each.split(";") if part.strip()]
    made = Clinic(slug="trial", name="trial", zone=zone or ASSUMED[1], region=region)
    made.hours = read_hours(spec)
    assumed = [] if hours else ["--hours"]
    assumed += [] if zone else ["--zone"]
    more = f" (assumed; say {' and '.join(assumed)}, or --clinic)" if assumed else ""
    holidays = f", holidays of {region}" if region else ""
    return _Place(made, f"{', '.join(spec)}, {made.zone}{holidays}{more}")


# In words


def _promises(found: Playbook, short: tuple[trial.Shortfall, ...]) -> list[str]:
    lines = []
    for kind, promise in found.clocks.items():
        if promise.promise is None:
            continue
        said = f"{kind} ({policy.length(promise)}, promised within {promise.promise})"
        mine = [str(each) for each in short if each.kind == kind]
        lines += [f"{said}: {each}" for each in mine] or [f"{said}: kept at any hour"]
    return lines or ["none is made; a clock's `promise` says what the public was told"]


def _words(course: trial.Course, found: Playbook, zone: str) -> list[str]:
    lines = [
        f"{course.kind}: due {local(course.due_at, zone)}",
        f"  starts {local(course.starts_at, zone)}, when {policy.STARTS[course.kind]}",
        f"  why: {course.because}",
    ]
    if course.late:
        promised = found.clocks[course.kind].promise
        late = duration(int(course.late.total_seconds() * 1_000_000))
        lines.append(f"  later than promised ({promised}) by {late}")
    for told in course.told:
        who = " and ".join(told.rung.tell)
        when = policy.when_words(told.rung).lower()
        again = f", time {told.time} of {told.rung.times}" if told.rung.times > 1 else ""
        lines.append(f"  {local(told.at, zone)}  {told.rung.means} {who} ({when}{again})")
    return lines


def _as_dict(
    found: Playbook, zone: str, opened: str, courses: tuple[trial.Course, ...]
) -> dict[str, Any]:
    return {
        "playbook": found.name,
        "version": found.version,
        "zone": zone,
        "opened_at": opened,
        "clocks": [_course_dict(course, ZoneInfo(zone)) for course in courses],
    }


def _course_dict(course: trial.Course, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "clock": course.kind,
        "starts_when": policy.STARTS[course.kind],
        "starts_at": course.starts_at.astimezone(zone).isoformat(),
        "due_at": course.due_at.astimezone(zone).isoformat(),
        "because": course.because,
        "late_seconds": None if course.late is None else int(course.late.total_seconds()),
        "rungs": [
            {
                "at": told.at.astimezone(zone).isoformat(),
                "when": policy.when_words(told.rung),
                "means": told.rung.means,
                "tell": list(told.rung.tell),
                "time": told.time,
                "of": told.rung.times,
            }
            for told in course.told
        ],
    }

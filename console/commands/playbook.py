"""The playbook on the command line: read it as a policy, check it, try what it would do."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import unified_diff
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from cases import practice
from cases.calendars.hours import WorktimeError
from cases.casefile import calendars
from cases.judging.triage import Severity
from cases.models import Clinic
from cases.playbooks import policy, sections, shortfalls, trial
from cases.playbooks.playbook import PRACTICE, Playbook, PlaybookError, read_playbook, ready_made
from cases.settings import load
from cases.store import open_store
from console.commands import playbook_answers as answers
from console.commands.clinics import retime
from console.commands.practice import read_hours
from console.commands.shared import (
    AskedWrongly,
    DataDir,
    Json,
    Now,
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
NAMED = "A playbook's file, or one that comes along: " + ", ".join(ready_made())

Named = Annotated[str, typer.Argument(metavar="NAME|FILE", help=NAMED)]
File = Annotated[str, typer.Option("--file", metavar="NAME|FILE", help=NAMED)]
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
    file: File = "",
    as_markdown: Annotated[bool, typer.Option("--markdown", help="As Markdown.")] = False,
    as_html: Annotated[bool, typer.Option("--html", help="As a page for a browser.")] = False,
    data: DataDir = None,
) -> None:
    """Print the response policy as people read it: the one in force, or another."""
    parts = policy.policy(_playbook(file, data))
    form = sections.html if as_html else sections.markdown if as_markdown else sections.text
    typer.echo(form(parts), nl=False)


@playbook.command("check")
def check(
    file: Named,
    hours: Hours = None,
    zone: Zone = "",
    region: Region = "",
    clinic: Slug = "",
    strict: Annotated[
        bool, typer.Option("--strict", help="Weeks with a holiday count for the exit code, too.")
    ] = False,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Name every mistake in a playbook; if there is none, the hours it cannot keep.

    Those are the hours in which a clock, kept to the last minute, would still come later than its
    `promise`: of an ordinary week, and round public holidays. Exit code 0: every promise of an
    ordinary week is kept; 1: one is not, or the file does not hold.
    """
    found, place = _read(file), _place(hours, zone, region, clinic, data)
    try:
        week = shortfalls.shortfalls(found, place.clinic)
        holidays = shortfalls.holiday_shortfalls(found, place.clinic, datetime.now(UTC).year)
    except WorktimeError as error:
        raise UserError(f"{place.name}: {error}") from None
    kept = not week and not (strict and holidays)
    strangers = _strangers(found, clinic, data)
    if as_json:
        emit(answers.checked(found, place.name, kept, week, holidays, strangers))
    else:
        for line in answers.check_words(file, found, place.name, week, holidays, strangers):
            typer.echo(line)
    if not kept:
        raise typer.Exit(1)


@playbook.command("adopt")
def adopt(
    file: Named,
    running: Annotated[
        bool, typer.Option("--for-running-cases", help="Move the running cases to it, too.")
    ] = False,
    who: Who = "",
    now: Now = "",
    data: DataDir = None,
) -> None:
    """Put a playbook into force for new cases; running ones keep the one they began with."""
    text = _read(file).text  # every mistake is named before anything is written
    with record(data) as (settings, store):
        actor = person_named(store, who)
        moment = present(actor.id, now)
        written(store, practice.adopt(text, file, store.practice(), moment, running=running))
        found = store.playbook()
        typer.echo(f"The playbook {found.name} is in force as version {found.version}.")
        for line in _unknown_clinics(found, {c.slug for c in store.clinics().values()}):
            typer.echo(line)
        if running:
            retime(settings, store, moment)


@playbook.command("diff")
def diff(old: Named, new: Named, data: DataDir = None) -> None:
    """Show what two playbooks say otherwise, as policies. A number is a version of the record."""
    before, after = (
        sections.markdown(policy.policy(_version(each, data))).splitlines() for each in (old, new)
    )
    lines = [*unified_diff(before, after, old, new, lineterm="", n=0)]
    for line in lines or ["They say the same."]:
        if not line.startswith("@@"):
            typer.echo(line)


@playbook.command("try")
def try_(
    at: Annotated[str, typer.Option("--at", help='When a case opens: "2026-11-27 16:30".')],
    file: File = "",
    hours: Hours = None,
    zone: Zone = "",
    region: Region = "",
    clinic: Slug = "",
    severity: Annotated[str, typer.Option("--severity", help=", ".join(Severity))] = "",
    platform: Annotated[str, typer.Option("--platform", help="google, facebook, ...")] = "",
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Show when each clock of a case opened then would be due, who is told when, and why."""
    if severity and severity not in tuple(Severity):
        raise AskedWrongly(f"{severity!r} is no severity; use one of: {', '.join(Severity)}")
    found, place = _playbook(file, data), _place(hours, zone, region, clinic, data)
    where = place.clinic.zone
    mine = found.for_case(severity, platform, place.clinic.slug)
    try:
        calendars(place.clinic, found)  # a wrong zone is told as that, not as a wrong time
        opened = _instant(at, where)
        courses = trial.trial(found, place.clinic, opened, severity, platform)
    except WorktimeError as error:
        raise UserError(f"{place.name}: {error}") from None
    if as_json:
        emit(answers.tried(mine, where, opened.astimezone(ZoneInfo(where)).isoformat(), courses))
        return
    kind = ", ".join(filter(None, (severity, platform and f"on {platform}")))
    told = f"{local(opened, where)}, with the hours of {place.name}"
    typer.echo(f"A case{f' ({kind})' if kind else ''} opened {told}.")
    typer.echo(f"The playbook is {found.name}, {policy.which(found)}.")
    typer.echo("Each later step is shown as if those before it took all their time.")
    for course in courses:
        typer.echo("\n".join(("", *answers.course_words(course, mine, where))))


# What is asked about


@dataclass(frozen=True, slots=True)
class _Place:
    clinic: Clinic
    name: str


def _read(file: str) -> Playbook:
    known = ready_made()
    named = known.get(file) if not Path(file).exists() else None
    try:
        return read_playbook(named or Path(file))
    except PlaybookError as error:
        if named is None and not Path(file).exists():
            raise UserError(f"{error}; those that come along: {', '.join(known)}") from None
        raise UserError(str(error)) from None


def _version(named: str, data: Path | None) -> Playbook:
    if not named.isdecimal():
        return _read(named)
    with record(data) as (_, store):
        try:
            return store.playbook(int(named))
        except LookupError as error:
            last = store.practice().playbook_version
            raise UserError(f"{error}; its versions are 1 to {last}") from None


def _playbook(file: str, data: Path | None) -> Playbook:
    """Return the file's playbook, else the one in force, else, without a record, the shipped."""
    if file:
        return _read(file)
    settings = load(data)
    if data is None and not settings.database_url and not (settings.data / "amends.db").exists():
        return read_playbook(PRACTICE)
    store = open_store(settings)
    try:
        return store.playbook()
    finally:
        store.close()


def _strangers(found: Playbook, clinic: str, data: Path | None) -> list[str]:
    """Return what an override says of clinics the record does not know, where one was named."""
    if not clinic:
        return []
    with record(data) as (_, store):
        return _unknown_clinics(found, {each.slug for each in store.clinics().values()})


def _unknown_clinics(found: Playbook, slugs: set[str]) -> list[str]:
    named = {slug for each in found.overrides for slug in each.when.get("clinic", ())}
    return [
        f"An override is for the clinic {slug!r}, which the record does not know; "
        f"known are: {', '.join(sorted(slugs)) or 'none yet'}"
        for slug in sorted(named - slugs)
    ]


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

"""The practice on the command line: its record, people, clinics and sources."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from cases import practice
from cases.hours import WorktimeError
from cases.models import Clinic
from cases.seeing import purge
from cases.settings import load
from cases.store import open_store
from console.commands.shared import (
    AskedWrongly,
    DataDir,
    Json,
    clinic_named,
    emit,
    instant,
    out,
    person_named,
    present,
    record,
    written,
)

person = typer.Typer(no_args_is_help=True, help="People of the practice.")
clinic = typer.Typer(no_args_is_help=True, help="Locations: hours, zone, point person.")
source = typer.Typer(no_args_is_help=True, help="Where reviews are fetched from.")
db = typer.Typer(no_args_is_help=True, help="The record itself.")
Text = Annotated[str, typer.Option()]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(person, name="person")
    app.add_typer(clinic, name="clinic")
    app.add_typer(source, name="source")
    app.add_typer(db, name="db")


@db.command("upgrade")
def upgrade(
    data: DataDir = None,
    name: Annotated[str, typer.Option(help="Of the practice, on a new record.")] = "",
) -> None:
    """Make the record, or bring it up to this version. Safe to repeat."""
    settings = load(data)
    store = open_store(settings, present("setup"), name)
    out.print(f"The record is up to date: {store.describe()}")
    if not settings.keyring.get_secret_value():
        out.print(
            f"Keep a copy of {settings.keyring_path} somewhere else: without it, what is "
            "sealed can never be read again."
        )
    store.close()


@db.command("purge")
def purge_texts(
    older_than: Annotated[int, typer.Option("--older-than", min=1, help="In days.")],
    data: DataDir = None,
) -> None:
    """Let go of the text of old reviews; ids, stars, our judgement and our reply stay."""
    count = 0
    with record(data) as (_, store):
        moment = present("purge")
        while found := store.old_texts(moment.now - timedelta(days=older_than)):
            versions = store.old_versions(found)
            changes = [purge(each, versions.get(each.id, ()), moment) for each in found]
            applied = len(store.apply(changes).applied)
            count += applied
            if not applied:
                break
    out.print(f"The text of {count} reviews was let go.")


@person.command("add")
def add_person(
    name: str,
    email: Annotated[str, typer.Option()],
    role: Annotated[str, typer.Option(help="responder, director, manager, chief, ...")],
    clinics: Annotated[
        list[str] | None, typer.Option("--clinic", help="Works there only; repeat for more.")
    ] = None,
    phone: Text = "",
    data: DataDir = None,
) -> None:
    """Record somebody of the practice."""
    with record(data) as (_, store):
        places = [clinic_named(store, slug) for slug in clinics or []]
        known = store.people()
        change = practice.add_person(
            name, email, role, places, present("setup"), number=phone, known=known
        )
        written(store, change)
    out.print(f"{name} is recorded as {role}.")


@person.command("away")
def away(
    who: str,
    since: Annotated[str, typer.Option("--from")],
    until: Text = "",
    substitute: Text = "",
    zone: Text = "UTC",
    data: DataDir = None,
) -> None:
    """Record an absence: --from 2026-12-01 --until 2026-12-08 --substitute EMAIL."""
    with record(data) as (_, store):
        gone = person_named(store, who)
        instead = person_named(store, substitute) if substitute else None
        back = instant(until, zone) if until else None
        change = practice.set_away(gone, instant(since, zone), back, instead, present("setup"))
        written(store, change)
    out.print(f"{gone.name} is away.")


@person.command("deactivate")
def deactivate(who: str, data: DataDir = None) -> None:
    """Note that somebody left: they are told nothing more."""
    with record(data) as (_, store):
        left = person_named(store, who)
        written(store, practice.deactivate(left, present("setup")))
    out.print(f"{left.name} is not active any more.")


@person.command("list")
def list_people(data: DataDir = None, as_json: Json = False) -> None:
    """Show everybody."""
    with record(data) as (_, store):
        people, clinics = store.people().values(), store.clinics()
    if as_json:
        for each in people:
            emit({"name": each.name, "email": each.email, "role": each.role, "active": each.active})
        return
    table = Table("name", "e-mail", "role", "clinics", box=None)
    for each in people:
        where = ", ".join(clinics[c].slug for c in each.clinics if c in clinics) or "all"
        table.add_row(each.name, each.email, each.role, where if each.active else "(left)")
    out.print(table)


@clinic.command("add")
def add_clinic(
    slug: str,
    zone: Annotated[str, typer.Option(help="America/New_York")],
    hours: Annotated[list[str], typer.Option(help='"mon-fri 09:00-12:00 13:00-17:00"; repeat.')],
    name: Text = "",
    phone: Text = "",
    email: Text = "",
    point_person: Text = "",
    point_role: Text = "clinical director",
    director: Annotated[str, typer.Option(help="E-mail of who owns its cases.")] = "",
    region: Annotated[str, typer.Option(help="Public holidays: US, US-TX.")] = "",
    data: DataDir = None,
) -> None:
    """Record a location; its telephone, e-mail and point person are what a reply names."""
    with record(data) as (_, store):
        owner = person_named(store, director) if director else None
        try:
            change = practice.add_clinic(
                slug,
                name,
                zone,
                read_hours(hours),
                store.playbook(),
                present("setup"),
                director=owner,
                known=store.clinics(),
                region=region,
                phone=phone,
                email=email,
                point_person=point_person,
                point_role=point_role,
            )
        except WorktimeError as error:
            raise AskedWrongly(f"clinic {slug}: {error}") from None
        written(store, change)
    out.print(f"{name or slug} is recorded.")


def read_hours(spec: list[str]) -> dict[str, list[str]]:
    """Read '"mon-fri 09:00-12:00 13:00-17:00"'. Raises AskedWrongly."""
    hours: dict[str, list[str]] = {}
    for each in spec:
        days, *intervals = each.replace("=", " ").replace(",", " ").split() or [""]
        if not days:
            raise AskedWrongly("hours are empty; write them like: mon-fri 09:00-17:00")
        hours.setdefault(days, []).extend(intervals)
    return hours


def _clinic(each: Clinic) -> dict[str, Any]:
    shown = ("slug", "name", "zone", "hours", "region", "closures", "phone", "email",
             "point_person", "point_role", "active")  # fmt: skip
    return {name: getattr(each, name) for name in shown}


@clinic.command("list")
def list_clinics(data: DataDir = None, as_json: Json = False) -> None:
    """Show every location."""
    with record(data) as (_, store):
        clinics = store.clinics().values()
    if as_json:
        for each in clinics:
            emit(_clinic(each))
        return
    table = Table("clinic", "name", "zone", "telephone", "e-mail", "point person", box=None)
    for each in clinics:
        table.add_row(each.slug, each.name, each.zone, each.phone, each.email, each.point_person)
    out.print(table)


@source.command("add")
def add_source(
    name: str,
    place: Annotated[Path, typer.Option(help="A folder with in/, as an aggregator exports to.")],
    platform: Text = "folder",
    clinic: Annotated[str, typer.Option(help="The clinic of rows that name none.")] = "",
    data: DataDir = None,
) -> None:
    """Record where `amends run intake` fetches reviews from."""
    if platform != "folder":
        raise AskedWrongly(f"{platform!r} is no platform a source can have yet; use folder")
    with record(data) as (_, store):
        spot = place.expanduser().absolute()
        if not spot.is_dir():
            raise AskedWrongly(f"there is no folder {spot}; make it, with a folder in/ inside")
        usual = clinic_named(store, clinic) if clinic else None
        change = practice.add_source(
            name, platform, str(spot), present("setup"), known=store.sources(), clinic=usual
        )
        written(store, change)
    out.print(f"Reviews are fetched from {place}.")


@source.command("list")
def list_sources(data: DataDir = None, as_json: Json = False) -> None:
    """Show where reviews are fetched from, and whether that works."""
    with record(data) as (_, store):
        sources, clinics = store.sources(), store.clinics()
    table = Table("source", "platform", "place", "clinic", "read until", "failed", box=None)
    for each in sources:
        where = clinics[each.clinic_id].slug if each.clinic_id in clinics else ""
        if as_json:
            emit({
                "name": each.name, "platform": each.platform, "place": each.place, "clinic": where,
                "read_until": each.read_until, "failed": each.failed_code,
            })  # fmt: skip
        until = f"{each.read_until:%Y-%m-%d %H:%M} UTC" if each.read_until else "never"
        table.add_row(each.name, each.platform, each.place, where, until, each.failed_code)
    if not as_json:
        out.print(table)

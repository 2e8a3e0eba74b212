"""The practice on the command line: its record, clinics and sources."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

import typer
from rich.table import Table

from cases import practice
from cases.arriving.seeing import purge
from cases.calendars.hours import WorktimeError
from cases.models import Clinic
from cases.settings import load
from cases.store import open_store
from console.commands.shared import (
    AskedWrongly,
    DataDir,
    Json,
    emit,
    out,
    person_named,
    present,
    record,
    written,
)

clinic = typer.Typer(no_args_is_help=True, help="Locations: hours, zone, point person.")
db = typer.Typer(no_args_is_help=True, help="The record itself.")
Text = Annotated[str, typer.Option()]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(clinic, name="clinic")
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
    open_on: Annotated[
        list[str] | None, typer.Option(help="A holiday it stays open on, name or date; repeat.")
    ] = None,
    closed: Annotated[
        list[str] | None,
        typer.Option(help='"2026-12-24 09:00-12:00" is a half day, a date alone closed; repeat.'),
    ] = None,
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
                open_on=open_on or (),
                closures=read_days(closed or []),
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


def read_days(spec: list[str]) -> dict[str, list[str]]:
    """Read "2026-12-24 09:00-12:00" into a date and its hours; a date alone is closed."""
    days: dict[str, list[str]] = {}
    for line in spec:
        day, *intervals = line.split() or [""]
        days.setdefault(day, []).extend(intervals)
    return days


def _clinic(each: Clinic) -> dict[str, Any]:
    shown = ("slug", "name", "zone", "hours", "region", "open_on", "closures", "phone", "email",
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

"""A clinic's hours, closures and names on the command line; what runs already follows at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from typing import Annotated, Any

import typer

from cases import clinics
from cases.calendars.hours import WorktimeError
from cases.changes import Change, Moment
from cases.clockwork.promptness import promptness
from cases.models import Clinic
from cases.playbooks.playbook import Playbook
from cases.settings import Settings
from cases.store import Store
from console.commands.practice import clinic, read_hours
from console.commands.shared import (
    AskedWrongly,
    DataDir,
    Json,
    Now,
    Who,
    clinic_named,
    emit,
    out,
    person_named,
    present,
    record,
    written,
)

_Text = Annotated[str | None, typer.Option()]
_Rule = Callable[[Clinic, Playbook, Moment], Change]


def register(app: typer.Typer) -> None:
    """Add the commands: they stand beside `amends clinic add`."""
    del app
    for name, command in _COMMANDS.items():
        clinic.command(name)(command)


def edit(
    slug: str,
    name: _Text = None,
    zone: Annotated[str | None, typer.Option(help="America/New_York")] = None,
    region: Annotated[str | None, typer.Option(help="Public holidays: US, US-TX.")] = None,
    phone: _Text = None,
    email: _Text = None,
    point_person: _Text = None,
    point_role: _Text = None,
    sender_name: Annotated[
        str | None, typer.Option(help="What patients' mails call it, where its name says too much.")
    ] = None,
    director: Annotated[str | None, typer.Option(help="E-mail of who owns its cases.")] = None,
    who: Who = "",
    now: Now = "",
    data: DataDir = None,
) -> None:
    """Change what is given of a clinic; an empty text takes it away."""
    given: dict[str, Any] = {
        "name": name, "zone": zone, "region": region, "phone": phone, "email": email,
        "point_person": point_person, "point_role": point_role, "sender_name": sender_name,
    }  # fmt: skip
    given = {key: value for key, value in given.items() if value is not None}
    with record(data) as (settings, store):
        if director is not None:
            given["director_id"] = person_named(store, director).id if director else None
        _changed(settings, store, slug, (who, now), lambda c, p, m: clinics.edit(c, p, m, **given))


def hours(
    slug: str,
    spec: Annotated[list[str], typer.Argument(help='"mon-fri 09:00-12:00 13:00-17:00" ...')],
    who: Who = "",
    now: Now = "",
    data: DataDir = None,
) -> None:
    """Give a clinic other hours; they replace those it has."""
    week = read_hours(spec)
    with record(data) as (settings, store):
        _changed(
            settings, store, slug, (who, now), lambda c, p, m: clinics.edit(c, p, m, hours=week)
        )


def close(
    slug: str,
    day: Annotated[str, typer.Argument(help="2026-12-24")],
    open_: Annotated[
        list[str] | None, typer.Option("--open", help="Half a day: 09:00-12:00; repeat.")
    ] = None,
    who: Who = "",
    now: Now = "",
    data: DataDir = None,
) -> None:
    """Close a clinic on one day, or for part of it (--open)."""
    with record(data) as (settings, store):
        intervals = open_ or []
        _changed(
            settings,
            store,
            slug,
            (who, now),
            lambda c, p, m: clinics.one_off(c, day, intervals, p, m),
        )


def as_usual(
    slug: str,
    day: Annotated[str, typer.Argument(help="2026-12-24")],
    who: Who = "",
    now: Now = "",
    data: DataDir = None,
) -> None:
    """Take back what `close` said of a day."""
    with record(data) as (settings, store):
        _changed(settings, store, slug, (who, now), lambda c, p, m: clinics.as_usual(c, day, p, m))


def holiday(
    slug: str,
    name: Annotated[str, typer.Argument(help='"Columbus Day", or its date.')],
    opens: Annotated[
        bool, typer.Option("--open/--closed", help="Is the clinic open on it?")
    ] = False,
    who: Who = "",
    now: Now = "",
    data: DataDir = None,
) -> None:
    """Say whether a clinic opens on a public holiday of its region."""
    with record(data) as (settings, store):
        _changed(
            settings, store, slug, (who, now), lambda c, p, m: clinics.holiday(c, name, opens, p, m)
        )


def messages(slug: str, now: Now = "", data: DataDir = None, as_json: Json = False) -> None:
    """Show how many messages to a clinic's pages were answered in time, over seven days."""
    with record(data) as (_, store):
        place = clinic_named(store, slug)
        at = present("shown", now, place.zone).now
        found = promptness(store.page_messages(at - timedelta(days=7), place.id), at)
    if as_json:
        emit({"clinic": slug, "in_time": found.in_time, "of": found.of, "share": found.share})
    elif found.share is None:
        out.print("No message to a page in seven days.")
    else:
        out.print(f"{found.in_time} of {found.of} in time: {found.share:.0%} over seven days.")


def _changed(settings: Settings, store: Store, slug: str, by: tuple[str, str], rule: _Rule) -> None:
    """Write the edit, by whom and when they said (`--as`, `--now`), and let the clocks follow."""
    place, (who, now) = clinic_named(store, slug), by
    moment = present(person_named(store, who).id if who else "setup", now, place.zone)
    try:
        written(store, rule(place, store.playbook(), moment))
    except WorktimeError as error:
        raise AskedWrongly(f"clinic {slug}: {error}") from None
    out.print(f"{place.name} is changed.")
    retime(settings, store, moment)


def retime(settings: Settings, store: Store, moment: Moment) -> None:
    """Let the clocks that run follow; where this is cut off, the next sweep takes it up."""
    from flows.house import House

    counts = import_module("flows.recompute").run(House(settings, store, "recompute", moment.now))
    if counts["recomputed"]:
        out.print(f"Cases whose clocks follow: {counts['recomputed']}.")
    if counts["failed"]:
        out.print(f"Cases that could not be computed: {counts['failed']}. See: amends doctor")


_COMMANDS: dict[str, Callable[..., None]] = {
    "edit": edit, "hours": hours, "close": close, "as-usual": as_usual, "holiday": holiday,
    "messages": messages,
}  # fmt: skip

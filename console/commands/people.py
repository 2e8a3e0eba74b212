"""People on the command line: who they are, how they are told, what they have."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Annotated

import typer
from rich.table import Table

from cases import handing, practice
from cases.calendars.hours import WorktimeError
from cases.changes import Change
from cases.models import Stage
from cases.store import Applied
from cases.viewers import ENGINE
from console.commands.practice import Text, read_hours
from console.commands.shared import (
    AskedWrongly,
    DataDir,
    Json,
    UserError,
    Who,
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


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(person, name="person")


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
    """Note that somebody left: they are told nothing more, and their cases fall to others."""
    with record(data) as (_, store):
        left = person_named(store, who)
        written(store, practice.deactivate(left, present("setup")))
        out.print(f"{left.name} is not active any more.")
        files = [store.case_file(each, ENGINE) for each in store.owned_by(left.id)]
        _say(handing.pass_on(files, store.open_cases_by_owner(), present("setup")), store.apply)


@person.command("prefer")
def prefer(
    who: str,
    reminders: Annotated[str, typer.Option(help="at_once, digest, off: low ones only.")] = "",
    quiet: Annotated[
        list[str] | None, typer.Option(help='"tue 08:00-12:00": not to be told then; repeat.')
    ] = None,
    never_quiet: Annotated[bool, typer.Option(help="No quiet hours any more.")] = False,
    zone: Annotated[str, typer.Option(help="Theirs, if it is not their clinic's.")] = "",
    at_most: Annotated[
        int | None, typer.Option(min=0, help="Open cases; 0: as the playbook says.")
    ] = None,
    data: DataDir = None,
) -> None:
    """Record how somebody is told, and how many cases are enough.

    Escalations and grave cases always come at once; somebody's safety knows no quiet hours.
    """
    with record(data) as (_, store):
        whose = person_named(store, who)
        clinics = store.clinics()
        silent = read_hours(quiet) if quiet else {} if never_quiet else None
        try:
            change = practice.prefer(
                whose,
                present("setup"),
                reminders=reminders or None,
                quiet=silent,
                zone=zone or None,
                open_cases_at_most=at_most,
                clinic=next((clinics[c] for c in whose.clinics if c in clinics), None),
            )
        except WorktimeError as error:
            raise AskedWrongly(str(error)) from None
        written(store, change)
    out.print(f"It is noted how {whose.name} is told.")


@person.command("hand-over")
def hand_over(
    giver: Annotated[str, typer.Option("--from", help="E-mail of who has them now.")],
    taker: Annotated[str, typer.Option("--to", help="E-mail of who gets them.")],
    clinic: Annotated[str, typer.Option(help="Only of this clinic.")] = "",
    stage: Annotated[str, typer.Option(help="Only in this stage.")] = "",
    why: Text = "",
    who: Who = "",
    data: DataDir = None,
) -> None:
    """Hand all open cases of somebody to a colleague, who is told once."""
    if stage and stage not in list(Stage):
        raise AskedWrongly(f"{stage!r} is no stage; the stages are: {', '.join(Stage)}")
    with record(data) as (_, store):
        known = {each.email: each for each in store.people().values()}
        left = known.get(giver.lower()) or person_named(store, giver)  # who left may have some yet
        to = person_named(store, taker)
        place = clinic_named(store, clinic).id if clinic else ""
        moment = present(person_named(store, who).id if who else "setup")
        ids = store.owned_by(left.id, place, stage)
        files = [store.case_file(each, ENGINE) for each in ids]
        _say(handing.hand_all(files, to, why, moment), store.apply)


def _say(handed: handing.Handed, apply: Callable[[Iterable[Change]], Applied]) -> None:
    """Write what is handed over, and say what became of each case."""
    applied = apply(handed.changes)
    late = len(applied.stale) + len(applied.refused)
    out.print(f"{len(handed.moved) - late} cases are handed over.")
    for number, reason in handed.unmoved.items():
        out.print(f"Case {number} stays: {reason}.", markup=False)
    if late:
        raise UserError(f"{late} were changed by others just now; repeat it for those")


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

"""Cases on the command line: many in short, one whole."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.table import Table

from cases.models import Clinic, Clock, Person, Stage
from cases.store.views import Short
from cases.viewers import ENGINE, viewer_of
from console.commands.shared import (
    AskedWrongly,
    DataDir,
    Json,
    Now,
    Who,
    clinic_named,
    emit,
    instant,
    local,
    out,
    person_named,
    present,
    record,
)
from console.commands.telling import told, whole


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("cases")(list_cases)
    app.command("case")(show_case)


def list_cases(
    stage: Annotated[str, typer.Option(help=", ".join(Stage))] = "",
    clinic: Annotated[str, typer.Option(help="A clinic's short name.")] = "",
    owner: Annotated[str, typer.Option(help="A person's e-mail.")] = "",
    overdue: Annotated[bool, typer.Option("--overdue", help="Only late ones.")] = False,
    closed: Annotated[bool, typer.Option("--closed", help="Closed ones, too.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 100,
    who: Who = "",
    now: Now = "",
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Show cases, the newest first, each with the clock that is due next."""
    if stage and stage not in list(Stage):
        raise AskedWrongly(f"there is no stage {stage!r}; the stages are: {', '.join(Stage)}")
    with record(data) as (_, store):
        at = instant(now) if now else datetime.now(UTC)
        clinics, people = store.clinics(), store.people()
        found = store.cases(
            viewer_of(person_named(store, who)) if who else ENGINE,
            stage=stage,
            clinic_id=clinic_named(store, clinic).id if clinic else "",
            owner_id=person_named(store, owner).id if owner else "",
            overdue_at=at if overdue else None,
            closed=closed,
            limit=limit,
        )
    if as_json:
        for short in found:
            emit(_short(short, clinics, people))
        return
    table = Table(
        "case", "clinic", "stage", "severity", "platform", "stars", "owner", "due", box=None
    )
    for short in found:
        table.add_row(*_row(short, clinics[short.case.clinic_id], people, at))
    out.print(table)
    out.print(f"{len(found)} cases." if found else "No such case.")


def _row(
    short: Short, place: Clinic, people: Mapping[str, Person], now: datetime
) -> tuple[str, ...]:
    case, review = short.case, short.review
    holder = people.get(case.owner_id or "")
    stars = "" if review.rating is None else f"{review.rating:.1f}"
    return (
        str(case.number), place.slug, case.stage, case.severity, review.platform,
        stars, holder.name if holder else "nobody", _due(short.clock, now, place.zone),
    )  # fmt: skip


def _short(
    short: Short, clinics: Mapping[str, Clinic], people: Mapping[str, Person]
) -> dict[str, Any]:
    case, clock = short.case, short.clock
    holder = people.get(case.owner_id or "")
    return {
        "number": case.number,
        "clinic": clinics[case.clinic_id].slug,
        "owner": holder.email if holder else None,
        "stage": case.stage,
        "severity": case.severity,
        "outcome": case.outcome,
        "platform": short.review.platform,
        "rating": None if short.review.rating is None else float(short.review.rating),
        "opened_at": case.opened_at,
        "clock": clock.kind if clock else None,
        "due_at": clock.due_at if clock else None,
        "missed": bool(clock and clock.missed_at),
    }


def _due(clock: Clock | None, now: datetime, zone: str) -> str:
    if clock is None or clock.due_at is None:
        return ""
    late = "overdue since" if clock.due_at <= now else "by"
    return f"{clock.kind} {late} {local(clock.due_at, zone)}"


def show_case(
    number: int,
    who: Who = "",
    now: Now = "",
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Show one case whole: the review, its clocks, what it lacks, its history."""
    with record(data) as (_, store):
        viewer = viewer_of(person_named(store, who)) if who else ENGINE
        file = store.case_file(number, viewer)
        moment = present(viewer.person_id, now)
        lines = store.timeline(file, viewer)
        # Looking at somebody's data is itself on record.
        store.apply(store.viewed(file, moment))
    if as_json:
        emit(whole(file, lines))
        return
    for line in told(file, lines, moment.now):
        out.print(line, markup=False)

"""Cases on the command line: many in short, one whole."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.table import Table

from cases.casefile import CaseFile
from cases.models import Clock
from cases.playbook import CLOCKS
from cases.stages import MOVES, lacking
from cases.store.views import Line, Short
from cases.viewers import ENGINE, viewer_of
from console.commands.shared import (
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


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("cases")(list_cases)
    app.command("case")(show_case)


def list_cases(
    stage: Annotated[str, typer.Option()] = "",
    clinic: Annotated[str, typer.Option()] = "",
    owner: Annotated[str, typer.Option(help="A person's e-mail.")] = "",
    overdue: Annotated[bool, typer.Option("--overdue")] = False,
    closed: Annotated[bool, typer.Option("--closed", help="Closed ones, too.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 100,
    who: Who = "",
    now: Now = "",
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Show cases, the newest first, each with the clock that is due next."""
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
            emit(_short(short))
        return
    table = Table(
        "case", "clinic", "stage", "severity", "platform", "stars", "owner", "due", box=None
    )
    for short in found:
        case, place = short.case, clinics[short.case.clinic_id]
        holder = people.get(case.owner_id or "")
        owner_name = holder.name if holder else "nobody"
        stars = "" if short.review.rating is None else f"{short.review.rating:.1f}"
        table.add_row(
            str(case.number), place.slug, case.stage, case.severity, short.review.platform,
            stars, owner_name, _due(short.clock, at, place.zone),
        )  # fmt: skip
    out.print(table)
    out.print(f"{len(found)} cases." if found else "No such case.")


def _short(short: Short) -> dict[str, Any]:
    case, clock = short.case, short.clock
    return {
        "number": case.number,
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
        emit(_whole(file, lines))
        return
    _print(file, lines, moment.now)


def _whole(file: CaseFile, lines: list[Line]) -> dict[str, Any]:
    review = file.review
    return {
        "number": file.case.number,
        "stage": file.case.stage,
        "severity": file.case.severity,
        "outcome": file.case.outcome,
        "owner": file.case.owner_id,
        "round": file.case.round,
        "review": {
            "platform": review.platform,
            "id": review.external_id,
            "rating": None if review.rating is None else float(review.rating),
            "text": review.text or review.sealed_text,
            "because": review.because,
            "themes": review.themes,
        },
        "clocks": [
            {
                "kind": clock.kind,
                "round": clock.round,
                "due_at": clock.due_at,
                "missed_at": clock.missed_at,
                "ended_at": clock.ended_at,
                "ended_how": clock.ended_how,
            }
            for clock in file.clocks
        ],
        "replies": [{"state": r.state, "text": r.text, "url": r.url} for r in file.replies],
        "tasks": [
            {"id": t.id, "what": t.what, "due_at": t.due_at, "done_at": t.done_at}
            for t in file.tasks
        ],
        "events": [
            {
                "at": line.event.at,
                "by": line.event.by,
                "kind": line.event.kind,
                "detail": line.event.detail,
            }
            for line in lines
        ],
    }


def _print(file: CaseFile, lines: list[Line], now: datetime) -> None:
    case, review, zone = file.case, file.review, file.clinic.zone
    owner = _name(file, case.owner_id) or "nobody"
    out.print(
        f"Case {case.number}, {file.clinic.name}: {case.stage}, {case.severity}, owner {owner}"
    )
    if case.held_at:
        out.print(f"HELD since {local(case.held_at, zone)} ({case.held_why}): nothing goes out")
    stars = "" if review.rating is None else f"{review.rating:.1f} stars, "
    out.print(f"\n{review.platform}, {stars}{review.author}, {local(review.posted_at, zone)}")
    out.print(review.text or review.sealed_text or "(the text was purged)", markup=False)
    if review.because:
        out.print("because: " + "; ".join(review.because), markup=False)
    out.print("\nClocks")
    for clock in sorted(file.clocks, key=lambda each: CLOCKS.index(each.kind)):
        out.print(f"  {_clock(clock, now, zone)}")
    open_tasks = [task for task in file.tasks if task.done_at is None]
    for task in open_tasks:
        out.print(f"  task {task.id}: {task.what}, due {local(task.due_at, zone)}", markup=False)
    for reply in file.replies:
        out.print(f"\nReply, {reply.state}:\n{reply.text}", markup=False)
    out.print("\nHistory")
    for line in lines:
        by = _name(file, line.event.by) or line.event.by
        words = f": {line.words}" if line.words else ""
        detail = ", ".join(f"{k} {v}" for k, v in line.event.detail.items() if v not in ("", []))
        out.print(
            f"  {local(line.event.at, zone)}  {line.event.kind}  {by}  {detail}{words}",
            markup=False,
        )
    legal = [move for move in MOVES if not lacking(move, file)]
    out.print("\nYou can: " + ", ".join(legal))
    if lack := lacking("close", file):
        out.print("To close it: " + "; ".join(lack))


def _name(file: CaseFile, person_id: str | None) -> str:
    person = file.people.get(person_id or "")
    return person.name if person else ""


def _clock(clock: Clock, now: datetime, zone: str) -> str:
    due = local(clock.due_at, zone)
    if clock.ended_at is not None:
        late = " (late)" if clock.missed_at else ""
        return f"{clock.kind}: {clock.ended_how} {local(clock.ended_at, zone)}{late}, due {due}"
    if clock.missed_at is not None or (clock.due_at and clock.due_at <= now):
        return f"{clock.kind}: OVERDUE since {due}"
    return f"{clock.kind}: due {due}"

"""Several complaints about one thing: `amends alerts`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer
from rich.table import Table

from cases.judging import clusters
from cases.models import Alert
from cases.store import Store
from console.commands.shared import (
    AskedWrongly,
    DataDir,
    Json,
    Who,
    emit,
    out,
    person_named,
    present,
    record,
    written,
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("alerts")(alerts)


def alerts(
    seen: Annotated[str, typer.Option("--seen", help="Note that this one was looked into.")] = "",
    who: Who = "",
    days: Annotated[int, typer.Option(min=1, max=366, help="Raised within so many days.")] = 90,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Show where three complaints or more named one person, place or theme within a fortnight."""
    with record(data) as (_, store):
        found = store.alerts(datetime.now(UTC) - timedelta(days=days))
        if seen:
            by = person_named(store, who)
            alert = _named(seen, found)
            clinic = store.clinics()[alert.clinic_id]
            written(store, clusters.seen(clinic, alert, present(by.id)))
            out.print("Noted: it was looked into.")
            return
        told = [_as_dict(each, store) for each in found]
    if as_json:
        for each in told:
            emit(each)
        return
    _show(told)


def _named(alert_id: str, found: list[Alert]) -> Alert:
    for each in found:
        if each.id == alert_id:
            return each
    raise AskedWrongly(f"there is no alert {alert_id!r} of that time; see: amends alerts")


def _as_dict(alert: Alert, store: Store) -> dict[str, Any]:
    person = store.people().get(alert.what) if alert.kind == "person" else None
    return {
        "id": alert.id,
        "clinic": store.clinics()[alert.clinic_id].slug,
        "kind": alert.kind,
        "what": person.name if person else alert.what,
        "reviews": len(alert.reviews),
        "first_at": alert.first_at,
        "raised_at": alert.raised_at,
        "seen_at": alert.seen_at,
    }


def _show(told: list[dict[str, Any]]) -> None:
    if not told:
        out.print("No alert: nothing was complained of three times within a fortnight.")
        return
    table = Table("raised", "clinic", "about", "reviews", "looked into", "id", box=None)
    for each in told:
        about = f"{each['kind']} {each['what']}".strip().replace("_", " ")
        looked = f"{each['seen_at']:%b %d}" if each["seen_at"] else "not yet"
        raised = f"{each['raised_at']:%b %d}"
        table.add_row(raised, each["clinic"], about, str(each["reviews"]), looked, each["id"])
    out.print(table)

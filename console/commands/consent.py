"""What a case's correspondent agreed to and took back: now, or as it stood at some time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

import typer

from cases.casefile import CaseFile
from cases.models import Consent, ContactPoint
from cases.store import Store
from cases.talking.consent import PURPOSES, state_at
from cases.viewers import viewer_of
from console.commands.shared import (
    DataDir,
    Json,
    Who,
    emit,
    instant,
    local,
    out,
    person_named,
    record,
)

consent = typer.Typer(no_args_is_help=True, help="What patients agreed to, and took back.")
_WORD = {True: "given", False: "taken back", None: "nothing said"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.add_typer(consent, name="consent")


@consent.command("show")
def show(
    number: Annotated[int, typer.Argument(help="The case.")],
    who: Who = "",
    at: Annotated[str, typer.Option(help="As it stood then: 2026-11-30T10:00.")] = "",
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Show it for each number and address, and every line it follows from."""
    with record(data) as (_, store):
        file = store.case_file(number, viewer_of(person_named(store, who)))
        then = instant(at, file.clinic.zone) if at else None
        for point in file.points:
            rows = [row for row in _rows(store, point) if then is None or row.at <= then]
            if as_json:
                emit(_as_json(point, rows, then))
                continue
            for line in _told(file, point, rows, then):
                out.print(line, markup=False)


def _rows(store: Store, point: ContactPoint) -> list[Consent]:
    return [row for row in store.consents_of(point.index) if row.channel == point.channel]


def _states(
    point: ContactPoint, rows: list[Consent], at: datetime | None
) -> dict[str, bool | None]:
    return {each: state_at(rows, point.channel, each, at).given for each in PURPOSES}


def _as_json(point: ContactPoint, rows: list[Consent], at: datetime | None) -> dict[str, Any]:
    names = ("at", "given", "purpose", "how", "by", "wording", "words")
    said = [{name: getattr(row, name) for name in names} for row in rows]
    return {
        "channel": point.channel,
        "value": point.value,
        "states": _states(point, rows, at),
        "said": said,
    }


def _told(
    file: CaseFile, point: ContactPoint, rows: list[Consent], at: datetime | None
) -> Iterator[str]:
    states = _states(point, rows, at).items()
    yield f"{point.channel} {point.value}: " + ", ".join(f"{p} {_WORD[g]}" for p, g in states)
    for row in rows:
        by = file.people[row.by].name if row.by in file.people else row.by
        what = "yes" if row.given else "no more"
        shown = "; ".join(filter(None, [row.how, row.wording and f'"{row.wording}"', row.words]))
        yield f"  {local(row.at, file.clinic.zone)}  {what}, {row.purpose or 'all'}, {by}: {shown}"

"""Reviews come in from files: `amends import`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from cases.judging.triage import triage
from cases.ports import SeenReview
from cases.settings import load
from console.commands.shared import (
    AskedWrongly,
    DataDir,
    Json,
    Now,
    UserError,
    clinic_named,
    emit,
    err,
    instant,
    out,
    record,
    zone_named,
)
from reviews.files import FileError, Preview, Rejected, count_hint, preview, read, write_rejects

_HISTORY = timedelta(days=14)


@dataclass
class _Asked:
    """How the files are to be read, as the command line says."""

    columns: dict[str, str]
    platform: str
    clinic: str
    zone: str
    rejected: list[Rejected] = field(default_factory=list)
    left_out: bool = False


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("import")(import_files)


def import_files(
    files: Annotated[list[Path], typer.Argument(help="CSV, JSON or JSONL; .gz too.")],
    clinic: Annotated[str, typer.Option(help="The clinic of rows that name none.")] = "",
    platform: Annotated[str, typer.Option(help="The platform of rows that name none.")] = "",
    mapping: Annotated[
        list[str] | None, typer.Option("--map", help="field=column, where they are not guessed.")
    ] = None,
    since: Annotated[
        str, typer.Option(help="Older reviews open no case: a date, or 'all'; default 14 days ago.")
    ] = "",
    zone: Annotated[
        str, typer.Option(help="Of times that name none; default: the clinic's, or UTC.")
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show, and write nothing.")] = False,
    now: Now = "",
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Take reviews in from files and open the cases they need. Safe to repeat."""
    asked = _Asked(_columns(mapping or []), platform, clinic, zone_named(zone) if zone else "")
    left_out = False
    for path in files:
        try:
            if dry_run:
                _show(path, asked, as_json)
            else:
                _import(path, asked, since, now, data, as_json)
        except FileError as error:  # the other files are taken in all the same
            err.print(f"amends: {error}", markup=False)
            left_out = True
        left_out = left_out or asked.left_out
    if left_out:
        raise typer.Exit(1)


def _columns(mapping: list[str]) -> dict[str, str]:
    pairs = [each.partition("=") for each in mapping]
    wrong = [name for name, sign, column in pairs if not (name and sign and column)]
    if wrong:
        raise AskedWrongly(f"--map {wrong[0]!r}: write it as field=column, like text=Review")
    return {name: column for name, _, column in pairs}


def _read(path: Path, asked: _Asked, told: Any = None) -> Iterator[SeenReview]:
    rows = read(
        path,
        columns=asked.columns,
        platform=asked.platform,
        clinic=asked.clinic,
        zone=asked.zone or "UTC",
        progress=told,
    )
    for row in rows:
        if isinstance(row, Rejected):
            asked.rejected.append(row)
        else:
            yield row


def _import(
    path: Path, asked: _Asked, since: str, now: str, data: Path | None, as_json: bool
) -> None:
    from flows.house import House  # Prefect takes a second to import; only this command needs it
    from flows.intake import take

    asked.rejected.clear()
    with record(data) as (settings, store):
        if asked.clinic:
            asked.zone = asked.zone or clinic_named(store, asked.clinic).zone
        elif not store.clinics():
            raise UserError("there is no clinic yet; add one: amends clinic add")
        house = House(settings, store, "import", instant(now, asked.zone or "UTC") if now else None)
        oldest = _oldest(since, asked.zone or "UTC", house.now)
        with _progress(path, as_json) as told:
            done = take(house, _read(path, asked, told), since=oldest, clinic=asked.clinic)
    done["rejected"] = len(asked.rejected)
    asked.left_out = any(done[each] for each in ("rejected", "no_clinic", "refused"))
    rejects = load(data).data / "rejects" / f"{path.name}.rejected.csv"
    if asked.rejected:
        rejects.parent.mkdir(mode=0o700, exist_ok=True)
        write_rejects(rejects, asked.rejected)
    _tell(path, done, rejects, asked, as_json)


def _oldest(since: str, zone: str, now: datetime) -> datetime | None:
    if since == "all":
        return None
    return instant(since, zone) if since else now - _HISTORY


def _progress(path: Path, as_json: bool) -> Any:
    if as_json or not err.is_terminal:
        return nullcontext()
    return _Bar(path)


class _Bar:
    """A bar that fills as the file is read."""

    def __init__(self, path: Path) -> None:
        columns = TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn()
        self._progress = Progress(*columns, console=err, transient=True)
        self._path = path

    def __enter__(self) -> Any:
        self._progress.__enter__()
        task = self._progress.add_task(self._path.name, total=count_hint(self._path))
        return lambda position: self._progress.update(task, completed=position)

    def __exit__(self, *raised: Any) -> None:
        self._progress.__exit__(*raised)


def _tell(path: Path, done: dict[str, int], rejects: Path, asked: _Asked, as_json: bool) -> None:
    if as_json:
        emit({"file": path.name, **done, "rejects": str(rejects) if asked.rejected else None})
    else:
        out.print(
            f"{path.name}: {done['seen']} reviews read, {done['new']} new, "
            f"{done['edited']} edited, {done['cases']} cases opened."
        )
    if done["no_clinic"]:
        err.print(
            f"Left out, for they name no clinic we know: {done['no_clinic']}; "
            "give --clinic, or add theirs: amends clinic add"
        )
    if done["refused"]:
        err.print(f"{done['refused']} reviews were refused by the database; see: amends doctor")
    _tell_rejected(path, asked)
    if asked.rejected:
        err.print(f"Left out: {len(asked.rejected)}; each, with its reason, is in {rejects}")


def _tell_rejected(path: Path, asked: _Asked) -> None:
    for each in asked.rejected[:5]:
        err.print(f"{path.name}, line {each.line}: {each.reason}", markup=False)


def _show(path: Path, asked: _Asked, as_json: bool) -> None:
    found = preview(
        path,
        columns=asked.columns,
        platform=asked.platform,
        clinic=asked.clinic,
        zone=asked.zone or "UTC",
    )
    asked.rejected.clear()
    total = cases = 0
    for seen in _read(path, asked):
        total += 1
        cases += triage(seen.text, seen.rating, seen.recommends).opens_case
    counts = {"reviews": total, "would_open": cases, "rejected": len(asked.rejected)}
    if as_json:
        emit({"file": path.name, **_facts(found), **counts})
        return
    out.print(f"{path.name}: {found.format}, {found.encoding}, columns as read:")
    for column, name in found.columns.items():
        out.print(f"  {column} -> {name or '(ignored)'}")
    table = Table("platform", "stars", "posted", "text", box=None)
    for row in found.rows:
        if isinstance(row, SeenReview):
            posted = f"{row.posted_at:%Y-%m-%d}" if row.posted_at else ""
            table.add_row(row.platform, str(row.rating or ""), posted, row.text[:60])
    out.print(table)
    out.print(f"{total} reviews, {cases} would open a case, {len(asked.rejected)} left out.")
    _tell_rejected(path, asked)


def _facts(found: Preview) -> dict[str, Any]:
    return {
        "format": found.format,
        "encoding": found.encoding,
        "delimiter": found.delimiter,
        "columns": dict(found.columns),
    }

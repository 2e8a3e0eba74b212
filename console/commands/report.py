"""Reports on the command line: how much of what was promised was done on time."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer
from rich.table import Table

from cases.clockwork.ontime import GROUPS, OnTime, Share, on_time
from cases.viewers import ENGINE, viewer_of
from console.commands.shared import (
    AskedWrongly,
    DataDir,
    Json,
    Now,
    Who,
    emit,
    instant,
    out,
    person_named,
    record,
)

reports = typer.Typer(no_args_is_help=True, help="How it went: what was on time.")
_YEAR = timedelta(days=365)


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(reports, name="report")


@reports.callback()
def _reports() -> None:
    """Keep `report` a group: more reports may come."""


@reports.command("on-time")
def on_time_(
    by: Annotated[str, typer.Option("--by", help=f"Apart by {', '.join(GROUPS)}.")] = "",
    since: Annotated[str, typer.Option("--from", help="Clocks started from then on.")] = "",
    until: Annotated[str, typer.Option("--to", help="And before then.")] = "",
    who: Who = "",
    now: Now = "",
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Show the share of each clock that was kept: from when we saw it, and from when it was posted.

    Beside it the share of what the playbook promises the public, and medians in office time. The
    reopened and the excused (paused, or given more time) are shown apart.
    """
    if by and by not in GROUPS:
        raise AskedWrongly(f"--by {by!r} is no way to tell apart; use one of: {', '.join(GROUPS)}")
    at = instant(now) if now else datetime.now(UTC)
    first, last = instant(since) if since else at - _YEAR, instant(until) if until else at
    with record(data) as (_, store):
        viewer = viewer_of(person_named(store, who)) if who else ENGINE
        rans = store.ran(viewer, first, max(last, first))
    if as_json:
        views = {name: [_dict(each) for each in on_time(rans, at, name)] for name in ("", *GROUPS)}
        emit({"from": first, "to": last, "all": views.pop(""), "by": views})
        return
    lines = on_time(rans, at, by)
    out.print(_table(lines, by) if lines else "Nothing ran in that time.")


def _table(lines: tuple[OnTime, ...], by: str) -> Table:
    names = ["clock", *([by] if by else []), "apart", "in time", "since posted", "promise kept",
             "since posted", "median, office time", "since posted"]  # fmt: skip
    table = Table(*names, box=None)
    for each in lines:
        table.add_row(
            each.kind.replace("_", " "),
            *([each.group] if by else []),
            each.apart,
            *map(_share, (each.seen, each.posted, each.promise_seen, each.promise_posted)),
            *map(_hours, (each.median_seen, each.median_posted)),
        )
    return table


def _share(share: Share) -> str:
    return "" if share.part is None else f"{share.part:.0%} of {share.of}"


def _hours(span: timedelta | None) -> str:
    return "" if span is None else f"{span.total_seconds() / 3600:.1f} h"


def _dict(line: OnTime) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in asdict(line).items():
        found[name] = value.total_seconds() if isinstance(value, timedelta) else value
    for name in ("seen", "posted", "promise_seen", "promise_posted"):
        found[name]["share"] = getattr(line, name).part
    return found

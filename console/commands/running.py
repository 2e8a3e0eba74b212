"""The flows in the foreground: `amends run`."""

from __future__ import annotations

from typing import Annotated

import typer

from cases.arriving.sources import remedy
from cases.store import Store
from console.commands.shared import (
    AskedWrongly,
    DataDir,
    Json,
    Now,
    emit,
    err,
    instant,
    out,
    record,
)

FLOWS = (
    "intake", "receive", "compare", "sweep", "publish", "watch", "follow_up", "digest", "deliver",
    "audit",
)  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("run")(run)


def run(
    flow: Annotated[str, typer.Argument(help=f"{', '.join(FLOWS)}, or all.")],
    now: Now = "",
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Run a flow once, here and now, without Prefect's server. Safe to repeat."""
    name = flow.replace("-", "_")
    if name not in (*FLOWS, "all"):
        raise AskedWrongly(f"there is no flow {flow!r}; the flows are: {', '.join(FLOWS)}, all")
    from importlib import import_module  # Prefect takes a second to import: only when asked

    from flows.house import House

    with record(data) as (settings, store):
        failed = False
        for each in FLOWS if name == "all" else (name,):
            house = House(settings, store, each, instant(now) if now else None)
            counts = import_module(f"flows.{each}").run(house)
            failed = failed or (each == "audit" and any(counts.values()))
            failed = failed or bool(counts.get("failed_sources"))
            if as_json:
                emit({"flow": each, **counts})
            else:
                told = ", ".join(f"{what.replace('_', ' ')} {n}" for what, n in counts.items())
                out.print(f"{each.replace('_', '-')}: {told}")
        for line in failures(store):
            err.print(line, markup=False)
    if failed:
        raise typer.Exit(1)


def failures(store: Store) -> list[str]:
    """Return what keeps each source from being read, with the remedy."""
    return [
        f"source {source.name}: nothing can be read from {source.place} ({source.failed_code}); "
        f"{remedy(source.failed_code)}"
        for source in store.sources()
        if source.failed_at is not None
    ]

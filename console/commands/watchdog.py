"""The watchdog by itself, where flows and console run elsewhere: `amends watchdog`."""

from __future__ import annotations

import signal
from typing import Annotated

import typer

from console.commands.shared import DataDir, Json, emit, out, record
from console.up.watchdog import Watchdog


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("watchdog")(watchdog)


def watchdog(
    once: Annotated[
        bool, typer.Option("--once", help="Look once; exit code 1 on trouble.")
    ] = False,
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Look each minute whether the flows do their work; tell the administrators if not.

    `amends up` has one already. AMENDS_HEARTBEAT_URL is asked for while all is well.
    """
    with record(data) as (settings, store):
        watching = Watchdog(settings, store)
        if not once:
            signal.signal(signal.SIGTERM, lambda *_: watching.stop.set())
            watching.run()
            return
        found = watching.turn()
    if as_json:
        emit({"troubles": [{"code": t.code, "since": t.since, "words": t.words} for t in found]})
    else:
        for each in found:
            out.print(f"! since {each.since:%Y-%m-%d %H:%M} UTC: {each.words}", markup=False)
        out.print(f"{len(found)} troubles." if found else "All is well.")
    if found:
        raise typer.Exit(1)

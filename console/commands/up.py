"""`amends up`: everything by one command."""

from __future__ import annotations

from typing import Annotated

import typer

from cases.settings import load
from console.commands.shared import DataDir, UserError, out
from console.up.launch import InUse, PortTaken, launch

Port = Annotated[int, typer.Option(min=0, max=65535, help="Of the console; 0: any free one.")]
PrefectPort = Annotated[int, typer.Option(min=0, max=65535, help="Of Prefect; 0: any free one.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("up")(up)


def up(data: DataDir = None, port: Port = 8000, prefect_port: PrefectPort = 4200) -> None:
    """Run everything on this machine: Prefect, the flows, the console. Ctrl-C stops it all."""
    settings = load(data)
    if not settings.mail:
        out.print("! No e-mail leaves: set AMENDS_MAIL (local or smtp); notices wait.")
    try:
        launch(settings, port, prefect_port, lambda words: out.print(words, markup=False))
    except (InUse, PortTaken) as error:
        raise UserError(str(error)) from None

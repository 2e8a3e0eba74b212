"""`amends demo`: the whole system on sample reviews, in a folder of its own."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import track

from cases.changes import Moment
from cases.identifiers import Identifiers
from cases.settings import load
from cases.store import open_store
from console.commands.shared import UserError, err, out
from console.commands.up import Port, PrefectPort, up

_MARK = "this-is-a-demo"
_PASSWORD = "sample practice, nothing real"  # noqa: S105 - printed for everybody to use
_SETTINGS = """# A demo: messages are written to files in outbox/, nothing leaves this machine.
mail = "local"
mail_from = "Amends <care@elm.example>"
texts = "local"
session_idle_minutes = 720
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo")(demo)


def demo(
    data: Annotated[Path, typer.Option("--data", help="A folder for it.")] = Path("demo-data"),
    port: Port = 8000,
    prefect_port: PrefectPort = 4200,
    stay: Annotated[
        bool, typer.Option("--stay/--no-up", help="Then run it, or only make it.")
    ] = True,
) -> None:
    """Live through three weeks of a sample practice, then run it for you to look at."""
    from console.demo import begin, let_in, live  # Prefect takes a second to import

    folder = _fresh(data.expanduser().absolute())
    (folder / "amends.toml").write_text(_settings(port))
    settings = load(folder)
    moment = Moment(datetime.now(UTC) - timedelta(weeks=3), "setup", Identifiers())
    store = open_store(settings, moment, "Sample Practice")
    scene, today = begin(settings, store)
    let_in(store, _PASSWORD, moment)
    days = live(scene, today)
    for _ in track(days, "Three weeks of a sample practice", total=21, console=err):
        pass
    store.close()
    _tell(data)
    if stay:
        up(data=folder, port=port, prefect_port=prefect_port)


def _settings(port: int) -> str:
    """Return the demo's settings; its letters lead to where the console will be."""
    return _SETTINGS + (f'public_url = "http://localhost:{port}"\n' if port else "")


def _fresh(folder: Path) -> Path:
    """Return an empty folder; only a demo's own is ever emptied."""
    if folder.exists() and any(folder.iterdir()):
        if not (folder / _MARK).exists():
            raise UserError(f"{folder} holds something else; give another folder: --data")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, mode=0o700, exist_ok=True)
    (folder / _MARK).touch()
    return folder


def _tell(data: Path) -> None:
    from console.commands.cases import list_cases

    list_cases(data=data, closed=True)
    mails = len(list((data / "outbox").glob("*.eml")))
    out.print(
        f"\n{mails} e-mails were written to {data / 'outbox'}; nothing left this machine.\n"
        f"Sign in as dana@elm.example (director), morgan@elm.example (manager) or "
        f"alex@elm.example (administrator).\nThe password of all: {_PASSWORD}\n"
    )

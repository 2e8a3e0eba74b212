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

_MARK = "this-is-a-demo"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo")(demo)


def demo(
    data: Annotated[Path, typer.Option("--data", help="A folder for it.")] = Path("demo-data"),
) -> None:
    """Live through three weeks of a sample practice, and show where its cases stand."""
    from console.demo import begin, live  # Prefect takes a second to import: only when asked

    folder = _fresh(data.expanduser().absolute())
    settings = load(folder, mail="local", texts="local", mail_from="Amends <care@elm.example>")
    moment = Moment(datetime.now(UTC) - timedelta(weeks=3), "setup", Identifiers())
    store = open_store(settings, moment, "Sample Practice")
    scene, today = begin(settings, store)
    days = live(scene, today)
    for _ in track(days, "Three weeks of a sample practice", total=21, console=err):
        pass
    store.close()
    _tell(data)


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
        f"\n{mails} e-mails were written to {data / 'outbox'} (nothing left this machine).\n"
        f"Look at a case:   amends case 1 --data {data}\n"
        f"Make a move:      amends act 1 note --text 'Hello' --as dana@elm.example --data {data}\n"
        f"What the policy says:  amends playbook show"
    )

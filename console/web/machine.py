"""The machine itself: how the engine stands, and what a local outbox holds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from console.web.pages import late, render
from console.web.visits import Signed, Visit

router = APIRouter(include_in_schema=False)
_SHOWN = 50


@router.get("/engine")
def engine(request: Request, visit: Signed) -> Response:
    """Show whether the clocks are looked at, and what waits to be told."""
    store, console = visit.store, visit.console
    waiting = store.count_waiting(visit.now)
    set_up = {"email": visit.settings.mail, "sms": visit.settings.texts}
    return render(
        request,
        "engine.html",
        beats=dict(console.beats()),
        next_look=store.next_look(),
        overlooked=late(visit, visit.now),
        waiting=waiting,
        states=store.count_states(),
        unset=[name for name, value in set_up.items() if not value],
        prefect_url=console.prefect_url if visit.may("sources") else "",
    )


@dataclass(frozen=True, slots=True)
class Letter:
    """A message that was written to a file instead of being sent."""

    name: str
    at: datetime
    to: str
    subject: str
    text: str


@router.get("/outbox")
def outbox(request: Request, visit: Signed) -> Response:
    """Show what would have been sent, the newest first."""
    folder = _folder(visit)
    letters = sorted(_letters(folder), key=lambda letter: letter.at, reverse=True)
    texts = sorted(_texts(folder), key=lambda text: text.at, reverse=True)
    return render(request, "outbox.html", letters=letters[:_SHOWN], texts=texts[:_SHOWN])


@router.get("/outbox/{name}")
def letter(request: Request, visit: Signed, name: str) -> Response:
    """Show one mail as text: its HTML is never put into a page of ours."""
    found = [each for each in _files(_folder(visit)) if each.name == name]
    if not found:
        raise HTTPException(404)
    return render(request, "letter.html", letter=_letter(found[0]))


def _folder(visit: Visit) -> Path:
    """Return the outbox. 404 where messages really leave, or for who may not see every clinic's."""
    visit.needs("outbox")
    if visit.viewer.clinics is not None or "local" not in (
        visit.settings.mail,
        visit.settings.texts,
    ):
        raise HTTPException(404)
    return visit.settings.data / "outbox"


def _files(folder: Path) -> list[Path]:
    newest = sorted(folder.glob("*.eml"), key=lambda path: path.stat().st_mtime, reverse=True)
    return newest


def _letters(folder: Path) -> Iterator[Letter]:
    yield from map(_letter, _files(folder)[:_SHOWN])


def _letter(path: Path) -> Letter:
    mail = message_from_bytes(path.read_bytes(), policy=default)
    body = mail.get_body(("plain",))
    text = body.get_content() if body is not None else "(no text)"
    at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return Letter(path.name, at, str(mail["To"]), str(mail["Subject"]), text)


def _texts(folder: Path) -> Iterator[Letter]:
    path = folder / "texts.jsonl"
    if not path.exists():
        return
    for line in path.read_text(errors="replace").splitlines()[-_SHOWN:]:
        try:
            said: dict[str, Any] = json.loads(line)
            yield Letter("", datetime.fromisoformat(said["at"]), said["to"], "", said["text"])
        except (ValueError, LookupError, TypeError):
            continue  # the torn end of a crash

"""Pages: templates put around what a handler found, and the one way a form's move is made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from cases.addresses import AddressError
from cases.arriving.sources import Health, health
from cases.calendars.hours import WorktimeError
from cases.changes import Change
from cases.clockwork.clocks import ClockError
from cases.clockwork.watchdog import Watched, troubles
from cases.needs import IllegalMove
from cases.practice import PracticeError
from console.web import words
from console.web.visits import Visit, console_of
from reviews import ability

_LATE = timedelta(minutes=5)  # so long may a clock be overlooked before every page says so

templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
templates.filters.update(
    span=words.span,
    local=words.local,
    platform=words.platform,
    web_address=words.web_address,
    promise=words.promise,
)
templates.globals.update(
    STAGES=words.STAGES, SEVERITIES=words.SEVERITIES, ROLES=words.ROLES, CLOCKS=words.CLOCKS,
    time_left=words.time_left,
)  # fmt: skip

# What people can mend themselves: told beside the form, which keeps what they typed.
_MENDABLE = (ClockError, AddressError, WorktimeError, PracticeError)


class ChangedMeanwhile(Exception):
    """What somebody acts on is no longer as they saw it."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a move was not made: what is missing, one by one, for the form to show."""

    missing: Sequence[str]
    status: int = 409


def render(request: Request, template: str, status: int = 200, **context: Any) -> HTMLResponse:
    """Return a page.

    Every template may use: visit, practice, csrf, said, late, engine_trouble, sources_ill, now.
    """
    visit: Visit | None = getattr(request.state, "visit", None)
    console = console_of(request)
    now = visit.now if visit else console.clock()
    common = {
        "visit": visit,
        "practice": console.store.practice().name or "Amends",
        "csrf": visit.csrf if visit else getattr(request.state, "csrf", ""),
        "said": words.SAID.get(request.query_params.get("said", "")),
        "late": late(visit, now) if visit else 0,
        "engine_trouble": (console.trouble(now) or silent(visit, now)) if visit else "",
        "sources_ill": ill(visit, now) if visit and visit.may("sources") else [],
        "now": now,
        "path": request.url.path,
    }
    return HTMLResponse(templates.get_template(template).render({**common, **context}), status)


def late(visit: Visit, now: datetime) -> int:
    """Return how many clocks wanted a look more than five minutes ago: the engine stands still."""
    return len(visit.store.overlooked(now - _LATE))


def silent(visit: Visit, now: datetime) -> str:
    """Say which flow stopped doing its work, wherever it runs; nothing where all is well."""
    found = troubles(Watched(visit.store.beats()), now)
    return " ".join(f"Since {each.since:%b %d, %H:%M} UTC: {each.words}." for each in found[:1])


def ill(visit: Visit, now: datetime) -> list[Health]:
    """Return the sources that fail or fell silent: reviews may be missing."""
    found = [health(each, now, ability(each)) for each in visit.store.sources()]
    return [each for each in found if each.state in ("failing", "silent")]


def acted(
    visit: Visit,
    ask: Callable[[], Change],
    to: str,
    again: Callable[[Trouble], Response],
    said: str = "saved",
) -> Response:
    """Make a move: ask the rule, write its answer and go on to a page; or show the form again.

    `ask` reads what it needs and calls the rule; it may raise ChangedMeanwhile where the form was
    filled in on something older. `again` renders the form with its Trouble, and what was typed.
    """
    try:
        change = ask()
        applied = visit.store.apply([change])
    except IllegalMove as error:
        return again(Trouble(error.missing))
    except ChangedMeanwhile:
        return again(_MEANWHILE)
    except _MENDABLE as error:
        return again(Trouble([str(error)], 422))
    if applied.stale:
        return again(_MEANWHILE)
    if applied.refused:
        return again(Trouble(["The database refused it; the administrators were told."], 500))
    return go_on(to, said)


_MEANWHILE = Trouble(["Somebody changed it meanwhile: look at it as it is now, then repeat."])


def go_on(to: str, said: str = "") -> RedirectResponse:
    """Return the answer to a form: another page, so that reloading it sends nothing twice."""
    address, sign, anchor = to.partition("#")
    joint = "&" if "?" in address else "?"
    told = joint + urlencode({"said": said}) if said else ""
    return RedirectResponse(f"{address}{told}{sign}{anchor}", 303)


def relative(address: str) -> str:
    """Return an address of this console, or "/" for anything a browser might take elsewhere.

    Browsers drop tabs and line ends, and read a backslash as a slash (WHATWG URL, 4.4).
    """
    plain = all(" " < each < "\x7f" and each != "\\" for each in address)
    here = address.startswith("/") and not address.startswith("//")
    if not (plain and here) or len(address) > 500:
        return "/"
    parts = urlsplit(address)
    return "/" if parts.scheme or parts.netloc else address

"""The web console: pages and the API over one store. Server-rendered, works without JavaScript.

A page is a sync `def` on an APIRouter in a file of its own, listed in PARTS below:

    router = APIRouter(include_in_schema=False)

    @router.get("/cases/{number}")
    def show(request: Request, visit: Signed, number: Number) -> Response:
        file = visit.store.case_file(number, visit.viewer)      # NotFound becomes a 404 page
        return render(request, "case.html", file=file, trouble=None)

    @router.post("/cases/{number}/take")
    def take(request: Request, visit: Signed, number: Number) -> Response:
        return acted(
            visit,
            lambda: custody.take(visit.store.case_file(number, visit.viewer), visit.moment()),
            f"/cases/{number}",
            lambda trouble: _page(request, visit, number, trouble),    # status=trouble.status
            said="taken",                                              # a code of words.SAID
        )

What no handler needs to think of: nobody gets in without a session (visits.OPEN names the
exceptions), every POST must come from our own page with `<input type="hidden" name="csrf"
value="{{ csrf }}">` (include "token.html"), an auditor's POST is refused, errors become pages
without traces, headers are set. What it must: read with `visit.viewer` only, write with `acted`
only, put nothing of a patient into an address, `| web_address` around every link from outside.
No inline style or script: the policy blocks them; classes are Tabler's, and static/amends.css.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles

from cases.needs import IllegalMove
from cases.settings import Settings
from cases.store import Store, StoreError
from cases.store.views import NotFound
from console.web import (
    alerts,
    answer,
    api,
    case,
    guests,
    hooks,
    letters,
    lists,
    machine,
    moves,
    no_more,
    paste,
    practice,
    private,
    queue,
    signing,
    staff,
    talk,
    texts,
    voice,
)
from console.web.pages import render
from console.web.passwords import Passwords
from console.web.protection import Guarded, Limited
from console.web.visits import Console, NotSignedIn, arrive, checked

PARTS = (
    signing,
    lists,
    queue,
    alerts,
    answer,
    case,
    voice,
    talk,
    private,
    moves,
    paste,
    practice,
    staff,
    machine,
    api,
    hooks,
    texts,
    no_more,
    letters,
)


def _present() -> datetime:
    return datetime.now(UTC)


def create_app(
    settings: Settings,
    store: Store,
    *,
    clock: Callable[[], datetime] = _present,
    prefect_url: str = "",
    beats: Callable[[], Mapping[str, datetime]] = dict,
    trouble: Callable[[datetime], str] = lambda _now: "",
) -> FastAPI:
    """Return the console.

    `beats` says when each flow last ran and `trouble` what is wrong with the engine, where the
    caller knows.
    """
    app = FastAPI(
        title="Amends",
        description="Hand reviews in, see how cases stand. “amends token issue” makes a token.",
        version="1",
        docs_url=None,  # they load scripts from elsewhere; ours is /api/docs
        redoc_url=None,
        openapi_url="/api/openapi.json",
        dependencies=[Depends(arrive), Depends(checked)],
    )
    app.state.console = Console(settings, store, Passwords(), clock, prefect_url, beats, trouble)
    app.state.pace = api.Pace()
    for part in PARTS:
        app.include_router(part.router)
    _static(app)
    _errors(app)
    app.add_middleware(Limited)
    app.add_middleware(Guarded, secure=settings.public_url.startswith("https://"))
    return app


def _static(app: FastAPI) -> None:
    tabler = StaticFiles(packages=[("starlette_admin", "static/css/vendor")])
    ours = StaticFiles(directory=Path(__file__).parent / "static")
    # Half a megabyte for a telephone; pages stay as they are, since they carry secrets (BREACH).
    app.mount("/static/vendor", GZipMiddleware(tabler))
    app.mount("/static", ours)


def _errors(app: FastAPI) -> None:
    app.add_exception_handler(NotSignedIn, _to_login)
    app.add_exception_handler(guests.NoPage, guests.nowhere)
    app.add_exception_handler(NotFound, lambda r, _: _told(r, 404, "not_found"))
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(IllegalMove, lambda r, _: _told(r, 409, "illegal"))
    app.add_exception_handler(StoreError, lambda r, _: _told(r, 503, "unavailable"))


def _to_login(request: Request, error: Exception) -> Response:
    """Send them to the log-in, and back where they were; a form that was posted is lost."""
    address = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    back = address if request.method == "GET" and address != "/" else ""
    said = "said=ended" if getattr(error, "why", "") else ""
    asked = "&".join(part for part in (said, back and f"next={quote(back, safe='')}") if part)
    return RedirectResponse("/login" + (f"?{asked}" if asked else ""), 303)


_WORDS: Mapping[str, str] = {
    "not_found": "There is no such page here, or not for you.",
    "illegal": "That cannot be done now.",
    "unavailable": "The record cannot be used right now. Try again in a minute.",
    "invalid": "Something in the form or the address is not as it must be.",
    "cross-site": "This form did not come from this console. Open the page here and repeat.",
    "form-expired": "This form has expired: you signed in again since. Reload it and repeat.",
    "read-only": "Your role reads everything and changes nothing.",
    "not_allowed": "That address does not take this.",
}


def _told(request: Request, status: int, code: str, message: str = "") -> Response:
    message = message or _WORDS.get(code, "That did not work.")
    if request.url.path.startswith("/api/"):
        return JSONResponse({"error": code.replace("-", "_"), "message": message}, status)
    if code == "unavailable":  # a page asks the record for the practice's name
        return Response(message, status, media_type="text/plain")
    return render(request, "error.html", status, message=message, code=status)


def _http(request: Request, error: Exception) -> Response:
    status = getattr(error, "status_code", 500)
    detail = str(getattr(error, "detail", ""))
    codes = {404: "not_found", 405: "not_allowed"}
    code = (
        detail
        if detail in _WORDS or isinstance(error, api.Refused)
        else codes.get(status, "invalid")
    )
    answer = _told(request, status, code, getattr(error, "message", ""))
    for name, value in (getattr(error, "headers", None) or {}).items():
        answer.headers[name] = value
    return answer


def _invalid(request: Request, error: Exception) -> Response:
    """Name the fields and what is wrong with them, never what they held."""
    found = error.errors() if isinstance(error, RequestValidationError) else []
    fields = [f"{'.'.join(str(part) for part in each['loc'])}: {each['type']}" for each in found]
    message = "; ".join(fields[:20]) if request.url.path.startswith("/api/") else ""
    return _told(request, 422, "invalid", message)

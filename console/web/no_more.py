"""Where the link in an optional mail leads: one press, and mail of that kind ends (RFC 8058).

Mail programs and scanners open links by themselves, so opening it shows a question and does
nothing. Who gets here has shown nothing but the link: the page says nothing about anybody.
"""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from cases.changes import Change, Moment
from cases.models import ContactPoint, Notice
from cases.talking import consent, tokens
from console.web.pages import templates
from console.web.visits import Console, console_of
from notifications.addressing import OPT_OUT

router = APIRouter(include_in_schema=False)
_TRIES = 5  # somebody else may be writing to the practice's row
_HOW = "the link in an e-mail"


@router.get("/no-more/{token}")
def ask(request: Request, token: str) -> Response:
    """Ask whether they want no more of such mail."""
    found = _found(console_of(request), token)
    return _page(request, found, "ask") if found else _page(request, None, "unknown", 404)


@router.post("/no-more/{token}")
def end(request: Request, token: str) -> Response:
    """End it, at once: the button there, or the mail program's own (List-Unsubscribe-Post)."""
    console = console_of(request)
    found = _found(console, token)
    if found is None:
        return _page(request, None, "unknown", 404)
    for _ in range(_TRIES):
        change = _stop(console, *found, console.moment("patient"))
        if console.store.apply([change]).applied:
            return _page(request, found, "done")
    return _page(request, found, "again", 503)


def _found(console: Console, token: str) -> tuple[Notice, ContactPoint] | None:
    notice_id = tokens.named(console.store.sealer, OPT_OUT, token)
    return console.store.told_at(notice_id) if notice_id else None


def _stop(console: Console, notice: Notice, point: ContactPoint, moment: Moment) -> Change:
    store = console.store
    known, waiting = store.behind(store.known_points([point.channel], point.index))
    return consent.stop(
        point.index,
        point.channel,
        _HOW,
        moment,
        known,
        waiting,
        store.practice_as_subject(),
        purpose=consent.purpose_of(notice.kind),
    )


def _page(
    request: Request, found: tuple[Notice, ContactPoint] | None, state: str, status: int = 200
) -> HTMLResponse:
    page = templates.get_template("no_more.html")
    channel = found[1].channel if found else "email"
    html = page.render(state=state, channel=channel, path=request.url.path)
    return HTMLResponse(html, status, {"X-Robots-Tag": "noindex"})

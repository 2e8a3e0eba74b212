"""Who stands before a private page: found by the address, known by a cookie and by the code."""

from __future__ import annotations

import secrets
import tomllib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, HTTPException, Request
from fastapi.responses import HTMLResponse, Response
from starlette.datastructures import FormData

from cases.access import digest_of
from cases.casefile import CaseFile
from cases.changes import Moment
from cases.models import Link
from cases.store import Store
from cases.talking import links, privately
from cases.viewers import ENGINE
from console.web.pages import templates
from console.web.visits import Console, console_of, csrf_of, from_here

_TEXTS = Path(__file__).parent / "templates" / "private_words.toml"
LANGUAGES = ("en", "es")
HEADERS = {"X-Robots-Tag": "noindex, nofollow, noarchive"}


@cache
def spoken(language: str) -> Mapping[str, Any]:
    """Return what the page says in a language."""
    found: Mapping[str, Any] = tomllib.loads(_TEXTS.read_text(encoding="utf-8"))[language]
    return found


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody at a private page: the page, its case, their cookie, and how the page stands."""

    console: Console
    token: str
    link: Link
    file: CaseFile
    cookie: str
    language: str

    @property
    def store(self) -> Store:
        return self.console.store

    @property
    def broken(self) -> str:
        return links.works(self.link, self.file, self.console.clock())

    @property
    def is_in(self) -> bool:
        now = self.console.clock()
        return not self.broken and links.is_open(self.link, self.cookie, now)

    @property
    def here(self) -> str:
        return f"/p/{self.token}?lang={self.language}"

    def moment(self) -> Moment:
        return self.console.moment(links.BY)

    def again(self) -> Guest:
        """Return the same guest, as the record stands now."""
        return guest_at(self.console, self.token, self.cookie, self.language)


class NoPage(HTTPException):
    """There is no page behind this address, or its form has expired (403)."""

    def __init__(self, status: int = 404) -> None:
        super().__init__(status)


def nowhere(_: Request, error: Exception) -> Response:
    """Tell whoever stands before no page, in both languages: nobody knows who it is."""
    status = getattr(error, "status_code", 404)
    html = templates.get_template("private_nowhere.html").render(
        status=status, said=[(each, spoken(each)) for each in LANGUAGES]
    )
    return HTMLResponse(html, status, HEADERS)


def cookie_name(console: Console) -> str:
    """Return what the cookie of an opened page is called."""
    return "__Secure-amends-page" if console.is_https else "amends-page"


def guest_at(console: Console, token: str, cookie: str, language: str) -> Guest:
    """Return who stands at the page of a token. Raises NoPage."""
    store = console.store
    link = store.link(digest_of(token.strip().lower()))
    if link is None:
        raise NoPage
    file = store.case_file(link.case_id, ENGINE)
    if file.case.merged_into_id is not None:  # what they say belongs to the case that goes on
        file = store.case_file(file.case.merged_into_id, ENGINE)
    known = file.correspondent.language[:2] if file.correspondent else ""
    chosen = next((each for each in (language, known) if each in LANGUAGES), "en")
    return Guest(console, token, link, file, cookie, chosen)


def arrived(request: Request, token: str, lang: str = "") -> Guest:
    """Find the page somebody asks for. Raises NoPage."""
    console = console_of(request)
    return guest_at(console, token, request.cookies.get(cookie_name(console), ""), lang)


At = Annotated[Guest, Depends(arrived)]


async def sent(request: Request, at: At) -> AsyncIterator[FormData]:
    """Read a form of ours; files only from somebody who showed the code."""
    if not from_here(request):
        raise NoPage(403)
    if request.url.path.endswith("/files") and not at.is_in:
        raise NoPage(403)
    form = await request.form(max_files=privately.MOST_FILES + 1, max_fields=60)
    given = str(form.get("csrf") or "")
    try:
        if not at.cookie or not secrets.compare_digest(given.encode(), csrf_of(at.cookie).encode()):
            raise NoPage(403)
        yield form
    finally:
        await form.close()


Sent = Annotated[FormData, Depends(sent)]

"""Who is asking: the session behind a request, and the checks no page can forget.

`arrive` and `checked` hang on the whole app (see app.py): a route is closed, its forms guarded and
auditors kept from acting unless a route is named here. Programs use /api/ with a token and never a
cookie, so nobody's browser can be made to act there.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, HTTPException, Path, Request

from cases import access
from cases.changes import Moment
from cases.identifiers import Identifiers
from cases.models import Person, Session
from cases.settings import Settings
from cases.store import Store
from cases.viewers import Viewer, viewer_of
from console.web.passwords import Passwords

OPEN = frozenset({"/login", "/healthz"})  # for whoever comes by
# Each call shows a token, or the platform's signature: /no-more/ is called by mail programs,
# /p/ by patients, and has a door of its own (guests.py).
BY_PROGRAMS = ("/api/", "/hooks/", "/no-more/", "/p/")
# Forms that change no case: words one searches by are posted, since addresses are kept in logs.
READS = frozenset({"/cases", "/login", "/logout"})
# A case's number in an address; more would not fit into the database's own integers.
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
_SAFE = ("GET", "HEAD", "OPTIONS")
_BY_ITSELF = "console"  # who acts when nobody is signed in yet


class NotSignedIn(Exception):
    """Nobody is signed in, or not any more."""

    def __init__(self, why: str = "") -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class Console:
    """What every request leans on.

    `beats` says when each flow last ran, `trouble` in words what is wrong with the engine, both
    where somebody knows.
    """

    settings: Settings
    store: Store
    passwords: Passwords
    clock: Callable[[], datetime]
    prefect_url: str = ""
    beats: Callable[[], Mapping[str, datetime]] = field(default=dict)
    trouble: Callable[[datetime], str] = field(default=lambda _now: "")

    @property
    def is_https(self) -> bool:
        return self.settings.public_url.startswith("https://")

    @property
    def cookie(self) -> str:
        # The prefix lets no other host of the same domain set it (RFC 6265bis, 4.1.3.2).
        return "__Host-amends" if self.is_https else "amends"

    def moment(self, by: str = _BY_ITSELF) -> Moment:
        return Moment(self.clock(), by, Identifiers())


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody signed in, asking for one page. `now` is the same all through it."""

    console: Console
    person: Person
    session: Session
    csrf: str
    now: datetime

    @property
    def viewer(self) -> Viewer:
        return viewer_of(self.person)

    @property
    def store(self) -> Store:
        return self.console.store

    @property
    def settings(self) -> Settings:
        return self.console.settings

    def moment(self) -> Moment:
        """Return the moment a rule is asked at, on behalf of this person."""
        return Moment(self.now, self.person.id, Identifiers())

    def may(self, what: str) -> bool:
        """Tell whether this person's role permits it; see cases.access.PERMITS."""
        return access.may(self.person.role, what)

    def needs(self, what: str) -> None:
        """Answer 404 unless the role permits it: what one may not see is not there."""
        if not self.may(what):
            raise HTTPException(404)


def new_token() -> str:
    """Return 256 bits of chance."""
    return secrets.token_urlsafe(32)


def csrf_of(token: str) -> str:
    """Return what a form must carry: it follows from the cookie, and the cookie not from it."""
    return sha256(f"form|{token}".encode()).hexdigest()


def console_of(request: Request) -> Console:
    """Return what the app leans on."""
    found: Console = request.app.state.console
    return found


def arrive(request: Request) -> None:
    """Find out who asks. Raises NotSignedIn on a page that is not open to all."""
    console, path = console_of(request), request.url.path
    request.state.visit = None
    if any("\0" in value for value in (path, *request.query_params.values())):
        raise HTTPException(400)  # no database takes it, and nobody types it
    if path.startswith(BY_PROGRAMS):
        return
    token = request.cookies.get(console.cookie, "")
    request.state.csrf = csrf_of(token)
    try:
        request.state.visit = _visit(console, token)
    except NotSignedIn:
        if path not in OPEN:
            raise


def _visit(console: Console, token: str) -> Visit:
    session = console.store.session(access.digest_of(token)) if token else None
    if session is None:
        raise NotSignedIn
    now, moment = console.clock(), console.moment(session.person_id)
    person = console.store.people().get(session.person_id)
    idle = timedelta(minutes=console.settings.session_idle_minutes)
    why = access.ended(session, person, now, idle)
    if why or person is None:
        if session.ended_at is None:
            console.store.apply([access.sign_out(session, why, moment)])
        raise NotSignedIn("ended")
    if (change := access.touch(session, moment)) is not None:
        console.store.apply([change])  # too late: another page of theirs noted it already
    return Visit(console, person, session, csrf_of(token), now)


async def checked(request: Request, _: Annotated[None, Depends(arrive)]) -> None:
    """Refuse a form that did not come from our own page, and an auditor's who would act."""
    path = request.url.path
    if request.method in _SAFE or path.startswith(BY_PROGRAMS):
        return
    if not from_here(request):
        raise HTTPException(403, "cross-site")
    form = await request.form(max_files=5, max_fields=200)
    if any("\0" in value for value in form.values() if isinstance(value, str)):
        raise HTTPException(400)
    given = str(form.get("csrf") or "")
    if not secrets.compare_digest(given.encode(), request.state.csrf.encode()):
        raise HTTPException(403, "form-expired")
    visit: Visit | None = request.state.visit
    if visit is not None and path not in READS and not visit.may("act"):
        raise HTTPException(403, "read-only")


def from_here(request: Request) -> bool:
    """Tell whether the browser says that our own page sent it; older ones say only the origin.

    With `Referrer-Policy: no-referrer` that origin is "null" even for our own forms (Fetch, 4.6):
    then the form's token decides alone.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin", "null")
    return origin == "null" or urlsplit(origin).netloc == request.headers.get("host")


def signed_in(request: Request) -> Visit:
    """Return who is signed in. Raises NotSignedIn."""
    visit: Visit | None = request.state.visit
    if visit is None:
        raise NotSignedIn
    return visit


Signed = Annotated[Visit, Depends(signed_in)]

"""Signing in and out."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from cases import access
from cases.access import ACCOUNT, ADDRESS, Patience
from cases.models import Knock, Person
from console.web.pages import go_on, relative, render
from console.web.visits import Console, Signed, console_of, csrf_of, new_token
from console.web.words import span

router = APIRouter(include_in_schema=False)
_AGAIN = 10  # how often a count is tried anew while others count at the same door
_WRONG = "The e-mail address or the password is not right."


@router.get("/login")
def ask_in(request: Request, next: str = "/") -> Response:
    """Show the log-in; its form is tied to a cookie before anybody is signed in."""
    if request.state.visit is not None:
        return RedirectResponse(relative(next), 303)
    console = console_of(request)
    token = request.cookies.get(console.cookie) or new_token()
    request.state.csrf = csrf_of(token)
    page = render(request, "login.html", next=relative(next), email="", trouble="")
    _keep(page, console, token)
    return page


@router.post("/login")
def sign_in(
    request: Request,
    email: Annotated[str, Form(max_length=320)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
    next: Annotated[str, Form(max_length=500)] = "/",
) -> Response:
    """Let somebody in who shows who they are; every refusal takes as long and says the same."""
    console, email = console_of(request), email.strip().lower()
    door = _Door(console, email, request.client.host if request.client else "")
    trouble = door.closed() or door.count()
    person = None if trouble else _who(console, email, password, door)
    if person is None:
        told = trouble or _WRONG
        return render(
            request, "login.html", 429 if trouble else 401,
            next=relative(next), email=email, trouble=told,
        )  # fmt: skip
    answer = RedirectResponse(relative(next), 303)
    _keep(answer, console, _begin(request, console, person))
    return answer


def _begin(request: Request, console: Console, person: Person) -> str:
    """Open a session under a new token: one that was known before opens nothing now."""
    token, moment = new_token(), console.moment(person.id)
    before = console.store.session(access.digest_of(request.cookies.get(console.cookie, "")))
    changes = [access.sign_in(person, access.digest_of(token), moment)]
    if before is not None and before.ended_at is None:
        changes.append(access.sign_out(before, "rotated", moment))
    console.store.apply(changes)
    return token


def _who(console: Console, email: str, password: str, door: _Door) -> Person | None:
    found = [p for p in console.store.people().values() if p.email == email]
    person = found[0] if found else None
    login = console.store.login_of(person.id if person else "")
    # An inactive person's password is looked at all the same: it must take as long.
    fits, newer = console.passwords.fits(password, login.hash if login else None)
    if person is None or login is None or not fits or not person.active:
        door.failed(_code(person, login is not None, fits), person.id if person else "")
        return None
    door.forgive()
    if newer is not None:
        console.store.apply([access.rehash(person, login, newer, console.moment(person.id))])
    return person


def _code(person: Person | None, has_login: bool, fits: bool) -> str:
    if person is None:
        return "unknown_person"
    if not has_login:
        return "no_password_set"
    return "deactivated" if fits else "wrong_password"


class _Door:
    """The tries of one account from one address, and of that address for all accounts."""

    def __init__(self, console: Console, email: str, address: str) -> None:
        self._console = console
        store = console.store
        self._account = store.index("knock", f"{email}|{address}")
        self._doors: dict[str, Patience] = {
            self._account: ACCOUNT,
            store.index("knock", f"|{address}"): ADDRESS,
        }

    def closed(self) -> str:
        """Return why nobody may try now, in words, or ""."""
        now, known = self._console.clock(), self._known()
        waits = [wait for each in known.values() if (wait := access.closed(each, now))]
        return _wait(max(waits)) if waits else ""

    def count(self) -> str:
        """Count this try before the password is looked at. Returns why it may not go on, or ""."""
        for _ in range(_AGAIN):
            if told := self.closed():
                return told
            known, moment = self._known(), self._console.moment()
            changes = [
                access.knock(known.get(each), each, patience, moment)
                for each, patience in self._doors.items()
            ]
            first, *parts = changes  # both or none
            if self._console.store.apply([first.with_parts(*parts)]).applied:
                return ""
        return _wait(timedelta(seconds=30))

    def failed(self, code: str, person_id: str) -> None:
        """Put the failure on record."""
        for _ in range(_AGAIN):
            knock = self._known()[self._account]
            change = access.failed(knock, code, person_id, self._console.moment())
            if self._console.store.apply([change]).applied:
                return

    def forgive(self) -> None:
        """Take back what was counted: the door opened."""
        moment = self._console.moment()
        self._console.store.apply(
            access.forgiven(each, self._doors[each.id], moment) for each in self._known().values()
        )

    def _known(self) -> dict[str, Knock]:
        return self._console.store.knocks(self._doors)


def _wait(left: timedelta) -> str:
    return f"Too many tries. Wait {span(left)}, then try again."


@router.post("/logout")
def sign_out(visit: Signed) -> Response:
    """End the session, here and on the server."""
    visit.store.apply([access.sign_out(visit.session, "signed_out", visit.moment())])
    answer = go_on("/login", "signed-out")
    console = visit.console
    answer.delete_cookie(console.cookie, secure=console.is_https, httponly=True, samesite="lax")
    return answer


def _keep(answer: Response, console: Console, token: str) -> None:
    answer.set_cookie(
        console.cookie, token, secure=console.is_https, httponly=True, samesite="lax", path="/"
    )

"""The console over a real store, and browsers to open it with."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import select

from cases import access
from cases.models import Clinic, Event, Person, Role, Session
from cases.settings import load
from cases.store import Store
from cases.store.database import reading
from cases.store.rows import read, table
from console.web.app import create_app
from console.web.passwords import Passwords
from console.web.visits import Visit, csrf_of
from tests.builders import STAFF, T0, a_person, found_practice, moment

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it asks for a newer httpx than the rest of us can have
    from starlette.testclient import TestClient

PASSWORD = "correct horse battery"
AUDITOR = "kim"


@cache
def hashed(plain: str) -> str:
    return Passwords().hash(plain)


class Place:
    """A practice with everybody's password set, its console, and the hands of the clock."""

    def __init__(self, store: Store, folder: Path, **settings: Any) -> None:
        self.store, self.folder, self.now = store, folder, T0
        found_practice(store, kim=a_person(AUDITOR, Role.AUDITOR))
        self.settings = load(folder, **settings)
        for name in (*STAFF, AUDITOR):
            self.set_password(name, PASSWORD)
        self.app = create_app(self.settings, store, clock=lambda: self.now)
        self.passwords: Passwords = self.app.state.console.passwords

    def set_password(self, name: str, plain: str) -> None:
        person, login = self.store.people()[name], self.store.login_of(name)
        sessions = self.store.open_sessions(name)
        at = moment(self.now, "setup")
        change = access.set_password(person, login, hashed(plain), sessions, at)
        assert self.store.apply([change]).applied

    def browser(self, address: str = "127.0.0.1", base: str = "http://localhost:8000") -> Browser:
        return Browser(TestClient(self.app, base, client=(address, 50_000), follow_redirects=False))

    def signed_in(self, name: str) -> Browser:
        browser = self.browser()
        assert browser.sign_in(name).status_code == 303
        return browser

    def signed_in_https(self, name: str) -> Browser:
        """Return somebody signed in at a console that is reached over https."""
        browser = self.browser(base=self.settings.public_url)
        assert browser.sign_in(name).status_code == 303
        return browser

    def api(self, name: str) -> TestClient:
        """Return a program that acts for a person."""
        token = f"token-of-{name}"
        person, digest = self.store.people()[name], access.digest_of(token)
        if self.store.api_token(digest) is None:
            at = moment(self.now, "setup")
            assert self.store.apply([access.issue_token(person, "test", digest, at)]).applied
        return TestClient(self.app, headers={"Authorization": f"Bearer {token}"})

    def add(self, *rows: Clinic | Person) -> None:
        """Add clinics and people, with passwords."""
        from cases.changes import About, Add, Change, Happened

        for row in rows:
            values = row.model_dump(exclude={"version", "head_seq", "head_mac"})
            added = [Add(type(row), values)]
            about = About(type(row), row.id, 0)
            change = Change(about, moment(self.now), adds=added, events=[Happened("added")])
            assert self.store.apply([change]).applied
            if isinstance(row, Person):
                self.set_password(row.id, PASSWORD)

    def session(self, name: str) -> Session:
        (found,) = self.store.open_sessions(name)
        return found

    def events(self) -> Sequence[Event]:
        with reading(self.store._engine) as connection:
            return read(connection, Event, select(table(Event)).order_by(table(Event).c.id))

    def bytes_on_disk(self) -> bytes:
        return b"".join(path.read_bytes() for path in self.folder.glob("amends.db*"))


class Browser:
    """Somebody at a browser: forms carry the token of the page they stand on."""

    def __init__(self, raw: TestClient) -> None:
        self.raw, self.cookies = raw, raw.cookies
        self._tokens: dict[str, str] = {}  # by session

    def get(self, address: str) -> Any:
        return self.raw.get(address)

    def csrf(self, page: str = "/people") -> str:
        found = re.search(r'name="csrf" value="(\w+)"', self.raw.get(page).text)
        assert found, f"{page} has no form"
        return found[1]

    def post(self, address: str, **data: Any) -> Any:
        session = str(dict(self.cookies))
        if session not in self._tokens:
            self._tokens[session] = self.csrf()
        return self.raw.post(address, data={"csrf": self._tokens[session], **data})

    def sign_in(
        self,
        name: str,
        password: str = PASSWORD,
        next: str = "/",
        headers: dict[str, str] | None = None,
    ) -> Any:
        data = {"email": f"{name}@elm.example", "password": password, "next": next}
        data["csrf"] = self.csrf("/login")
        return self.raw.post("/login", data=data, headers=headers)


def visit_of(place: Place, name: str) -> Visit:
    person = place.store.people()[name]
    opened = access.sign_in(person, access.digest_of(name), moment(place.now, name))
    assert place.store.apply([opened]).applied
    session = place.store.session(access.digest_of(name))
    assert session is not None
    return Visit(place.app.state.console, person, session, csrf_of(name), place.now)

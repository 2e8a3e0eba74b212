"""Who may open what: every route, as every role, for this clinic and for another.

The expectations stand in one table; a route that is not in it fails the test that counts them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest
from fastapi.routing import APIRoute

from cases.changes import Add, Change, Happened, Moment, about
from cases.identifiers import Identifiers
from cases.models import Alert, Role
from console.web.moves import BY_NAME
from console.web.visits import BY_PROGRAMS, READS
from tests.builders import ADMIN, DIRECTOR, HOUR, Desk, a_clinic, a_person
from tests.console.web import AUDITOR, Browser, Place
from tests.posting import a_mail, let_a_mail_wait

EVERYBODY = frozenset(Role)
ACTING = EVERYBODY - {Role.AUDITOR}


@dataclass(frozen=True)
class Rule:
    """Who gets in (others: 403 or 404), and whether somebody of another clinic does."""

    roles: frozenset[str] = EVERYBODY
    elsewhere: bool = True  # nothing of one clinic's alone stands there


# Routes of one case (those with {number}) need no line: all are for the case's own clinic, and
# their forms for whoever may act.
MATRIX: dict[str, Rule] = {
    "GET /": Rule(),
    "GET /cases": Rule(),
    "POST /cases": Rule(),
    "GET /paste": Rule(),
    "POST /paste": Rule(ACTING),
    "GET /queue": Rule(),
    "GET /inbox": Rule(),
    "GET /inbox/{arrival_id}": Rule(elsewhere=False),
    "POST /inbox/{arrival_id}/assign": Rule(ACTING, elsewhere=False),
    "POST /inbox/{arrival_id}/open": Rule(ACTING, elsewhere=False),
    "POST /inbox/{arrival_id}/ignore": Rule(ACTING, elsewhere=False),
    "GET /alerts": Rule(),
    "POST /alerts/{alert_id}/seen": Rule(ACTING, elsewhere=False),
    "GET /people": Rule(),
    "POST /people/me": Rule(ACTING),
    "POST /people/hand-over": Rule(
        frozenset({Role.DIRECTOR, Role.MANAGER, Role.CHIEF, Role.ADMINISTRATOR})
    ),
    "GET /clinics": Rule(),
    "GET /playbook": Rule(),
    "GET /templates": Rule(),
    "GET /templates/{purpose}/{channel}/{language}": Rule(),
    "POST /templates/{purpose}/{channel}/{language}": Rule(ACTING - {Role.RESPONDER}),
    "GET /mails/{kind}/{language}": Rule(),
    "GET /mails/{kind}/{language}/html": Rule(),
    "GET /engine": Rule(),
    "GET /sources": Rule(frozenset({Role.MANAGER, Role.CHIEF, Role.ADMINISTRATOR, Role.AUDITOR})),
    "GET /outbox": Rule(frozenset({Role.ADMINISTRATOR}), elsewhere=False),
    "GET /outbox/{name}": Rule(frozenset({Role.ADMINISTRATOR}), elsewhere=False),
    "POST /logout": Rule(),
}
OPEN = {"GET /login", "POST /login", "GET /healthz"}
BY_TOKEN = {"POST /api/reviews", "GET /api/cases", "GET /api/docs"}
# Open to the outside: what lets a call in, and what one without it is answered with.
BY_LINK = {  # of a mail to a patient: signed, or of 128 bits; it says nothing without POST
    "GET /no-more/{token}": (200, 404),
    "POST /no-more/{token}": (200, 404),
    "GET /p/{token}": (404,),
}
BY_CODE = {  # on their private page: its link, our own form and the code sent to them
    "POST /p/{token}/code": (404,),
    "POST /p/{token}/files": (404,),
    "POST /p/{token}/leave": (404,),
    "POST /p/{token}/open": (404,),
    "POST /p/{token}/stop": (404,),
    "POST /p/{token}/{what}": (404,),
}
BY_SIGNATURE = {  # the platform's own, or Twilio's; where none is set up there is no such address
    "GET /hooks/{name}": (404,),
    "POST /hooks/{name}": (404,),
    "POST /hooks/twilio/sms": (403,),
    "POST /hooks/twilio/status/{token}": (403,),
    "POST /hooks/twilio/voice/{call_id}/{step}": (403, 404),
}
OUTSIDE = {**BY_LINK, **BY_CODE, **BY_SIGNATURE}


def routes(place: Place) -> dict[str, APIRoute]:
    """Return every route of the app by method and path."""
    found: dict[str, APIRoute] = {}
    waiting: list[Any] = list(place.app.routes)
    for route in waiting:
        waiting.extend(getattr(getattr(route, "original_router", None), "routes", ()))
        if isinstance(route, APIRoute):
            found |= {f"{method} {route.path}": route for method in route.methods}
    return found


@pytest.fixture
def place(sqlite_store, tmp_path) -> Place:
    found = Place(sqlite_store, tmp_path, mail="local", texts="local")
    (tmp_path / "outbox").mkdir()
    (tmp_path / "outbox" / "one.eml").write_bytes(b"To: a@b.example\nSubject: Hello\n\nWords")
    found.add(a_clinic(id="oak", slug="oak", name="Oak", director_id=None))
    for role in Role:
        found.add(a_person(f"elm-{role}", role, clinics=["elm"]))
        found.add(a_person(f"oak-{role}", role, clinics=["oak"]))
        if role == Role.ADMINISTRATOR:
            found.add(a_person("all-administrator", role))
    let_a_mail_wait(found, "x", a_mail("Any news?"), clinic="elm")
    _raise_an_alert(found)
    return found


def _raise_an_alert(place: Place) -> None:
    elm = place.store.clinics()["elm"]
    row = {"id": "x", "clinic_id": elm.id, "kind": "theme", "what": "wait_time",
           "first_at": place.now, "raised_at": place.now}  # fmt: skip
    moment = Moment(place.now, "setup", Identifiers(seed=11))
    raised = Change(about(elm), moment, adds=[Add(Alert, row)], events=[Happened("cluster")])
    assert place.store.apply([raised]).applied


def filled(path: str) -> str:
    """Return the path of a route as somebody asks for it."""
    path = path.replace("{purpose}/{channel}", "follow_up/email").replace("{kind}", "follow_up")
    path = path.replace("{language}", "en").replace("{name}", "one.eml").replace("{number}", "1")
    return re.sub(r"\{\w+(:\w+)?\}", "x", path)


def ask(browser: Browser, what: str) -> int:
    """Return the status of the answer; an address that only leads on to a case is followed."""
    method, _, path = what.partition(" ")
    path = filled(path)
    answer = browser.get(path) if method == "GET" else browser.post(path)
    if answer.status_code == 303 and answer.headers["location"] == "/cases/1":
        answer = browser.get("/cases/1")
    return int(answer.status_code)


def of_one_case(place: Place) -> set[str]:
    """Return every route of one case, the one for its moves once for each move."""
    found = {each for each in routes(place) if "{number}" in each}
    moves = {f"POST /cases/{{number}}/{move}" for move in BY_NAME}
    return {each for each in found if each != "POST /cases/{number}/{move}"} | moves


def test_every_route_is_in_the_matrix(place: Place) -> None:
    ours = {each for each in routes(place) if "{number}" not in each}
    assert ours == {*MATRIX, *OPEN, *BY_TOKEN, *OUTSIDE}, "say in MATRIX who may open it"


def test_no_route_but_the_door_opens_without_a_session(place: Place) -> None:
    browser = place.browser()
    for each in routes(place).keys() - OPEN - BY_TOKEN - OUTSIDE.keys():
        method, _, path = each.partition(" ")
        answer = browser.raw.request(method, filled(path))
        assert answer.status_code == 303, each
        assert answer.headers["location"].startswith("/login"), each


@pytest.mark.parametrize("each", OUTSIDE)
def test_what_is_open_to_the_outside_takes_nothing_without_its_key(place: Place, each: str) -> None:
    desk, method = Desk(place.store), each.partition(" ")[0]
    address = filled(each.partition(" ")[2])
    for browser in (place.browser(), place.signed_in(DIRECTOR)):  # a session of ours is no key
        answer = browser.raw.request(method, address, data={"code": "123456"})
        assert answer.status_code in OUTSIDE[each]
    assert desk.read().case.version == 1


@pytest.mark.parametrize("role", list(Role))
def test_each_role_opens_what_it_may_and_nothing_else(place: Place, role: Role) -> None:
    whole = {DIRECTOR: Role.DIRECTOR, ADMIN: Role.ADMINISTRATOR, AUDITOR: Role.AUDITOR}
    name = next((n for n, r in whole.items() if r == role), f"elm-{role}")
    for each, rule in MATRIX.items():
        status = ask(place.signed_in(name), each)
        if role in rule.roles:
            assert status in (200, 303, 422), (each, role)
        else:
            assert status in (403, 404), (each, role)
        place.now += HOUR


@pytest.mark.parametrize("role", list(Role))
def test_nobody_sees_another_clinics_case(place: Place, role: Role) -> None:
    desk = Desk(place.store)  # at Elm Street
    browser = place.signed_in(f"oak-{role}")
    listed = browser.get("/cases?closed=true").text
    assert "No case is like that." in listed
    assert "No case is like that." in browser.post("/cases", words="Two hours late").text
    assert "Elm Street" not in listed
    assert "Elm Street" not in browser.get("/clinics").text
    assert f"elm-{role}" not in browser.get("/people").text.lower()
    closed = {each for each, rule in MATRIX.items() if not rule.elsewhere}
    for each in closed | of_one_case(place):
        assert ask(browser, each) in (403, 404), each
    assert desk.read().case.version == 1
    assert place.api(f"oak-{role}").get("/api/cases?closed=true").json()["cases"] == []


@pytest.mark.parametrize("role", list(Role))
def test_those_of_the_clinic_see_its_cases(place: Place, role: Role) -> None:
    Desk(place.store)
    browser = place.signed_in(f"elm-{role}")
    assert 'href="/cases/1"' in browser.get("/cases").text
    assert 'href="/cases/1"' in browser.post("/cases", words="hours LATE").text
    assert place.api(f"elm-{role}").get("/api/cases").json()["cases"][0]["number"] == 1


def test_an_auditor_changes_nothing(place: Place) -> None:
    """Whatever route a later hand adds, its form is refused before it is looked at."""
    desk, browser = Desk(place.store), place.signed_in(AUDITOR)
    for each in {*routes(place), *of_one_case(place)}:
        method, _, path = each.partition(" ")
        if method == "GET" or path in READS or path in ("/login",) or path.startswith(BY_PROGRAMS):
            continue
        assert ask(browser, each) == 403, each
    refused = place.api(AUDITOR).post(
        "/api/reviews", json={"platform": "google", "external_id": "x", "clinic": "elm-street"}
    )
    assert refused.status_code == 403
    assert refused.json()["error"] == "read_only"
    assert desk.read().case.version == 1

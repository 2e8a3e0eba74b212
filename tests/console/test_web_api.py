"""The API for programs: a token, a review, a case."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cases import access, practice
from cases.models import Role
from cases.viewers import ENGINE
from tests.builders import ADMIN, DIRECTOR, HOUR, MINUTE, a_clinic, a_person, moment
from tests.console.web import Place


@pytest.fixture
def place(sqlite_store, tmp_path) -> Place:
    return Place(sqlite_store, tmp_path)


def a_review_in(**changes: Any) -> dict[str, Any]:
    usual = {
        "platform": "google", "external_id": "r1", "clinic": "elm-street", "rating": 1,
        "text": "Two hours late and nobody said sorry.", "author": "quiet_river",
        "posted_at": "2026-11-02T13:00:00+00:00", "url": "https://reviews.example/r1",
    }  # fmt: skip
    return usual | changes


def test_a_negative_review_that_is_handed_in_opens_a_case(place: Place) -> None:
    program = place.api(DIRECTOR)
    answer = program.post("/api/reviews", json=a_review_in())
    assert answer.json() == [
        {"platform": "google", "external_id": "r1", "result": "opened", "case": 1}
    ]
    file = place.store.case_file(1, ENGINE)
    assert (file.case.owner_id, file.review.text) == (DIRECTOR, a_review_in()["text"])
    assert [clock.kind for clock in file.clocks] == ["acknowledge", "first_try"]
    assert place.store.timeline(file, ENGINE)[0].event.by == DIRECTOR


def test_handing_it_in_again_changes_nothing_and_a_new_text_is_an_edit(place: Place) -> None:
    program = place.api(DIRECTOR)
    many = [a_review_in(), a_review_in(), a_review_in(text="Three hours late!"),
            a_review_in(external_id="r2", rating=5, text="Wonderful staff.")]  # fmt: skip
    results = [
        (each["result"], each["case"]) for each in program.post("/api/reviews", json=many).json()
    ]
    assert results == [("opened", 1), ("known", 1), ("changed", 1), ("recorded", None)]
    assert place.store.practice().last_number == 1
    assert place.store.broken_chains() == []


def test_a_program_hands_in_for_its_persons_clinics_only(place: Place) -> None:
    place.add(a_clinic(id="oak", slug="oak", name="Oak", director_id=None))
    place.add(a_person("olga", Role.RESPONDER, clinics=["oak"]))
    place.api(DIRECTOR).post("/api/reviews", json=a_review_in())
    program = place.api("olga")
    for review in (a_review_in(external_id="r9"), a_review_in(text="Changed", clinic="oak"),
                   a_review_in(external_id="r9", clinic="none-such")):  # fmt: skip
        (taken,) = program.post("/api/reviews", json=review).json()
        assert (taken["result"], taken["case"]) == ("no_clinic", None)
    assert place.store.case_file(1, ENGINE).review.text == a_review_in()["text"]
    (taken,) = program.post("/api/reviews", json=a_review_in(external_id="o1", clinic="oak")).json()
    assert taken["result"] == "opened"


@pytest.mark.parametrize(
    "wrong",
    [{"clinic": ""}, {"rating": 6}, {"rating": "NaN"}, {"posted_at": "2026-11-02T13:00:00"},
     {"url": "javascript:alert(1)"}, {"surprise": 1}, {"text": "x" * 20_001},
     {"platform": "Big Book"}, {"text": "nul \0 here"}],
)  # fmt: skip
def test_what_is_not_as_it_must_be_is_named_and_not_repeated(
    place: Place, wrong: dict[str, Any]
) -> None:
    answer = place.api(DIRECTOR).post("/api/reviews", json=a_review_in(**wrong))
    assert answer.status_code == 422
    assert set(answer.json()) == {"error", "message"}
    assert answer.json()["error"] == "invalid"
    assert next(iter(wrong)) in answer.json()["message"]
    assert "javascript" not in answer.text
    assert "xxx" not in answer.text


_HALF = json.dumps(a_review_in(text="half \ud83d"))  # escaped, as a program might send it


@pytest.mark.parametrize("body", ["{", "[" * 100_000, '"x"', "\x00", _HALF])
def test_what_is_no_json_or_no_text_is_refused(place: Place, body: str) -> None:
    answer = place.api(DIRECTOR).post(
        "/api/reviews", content=body, headers={"content-type": "application/json"}
    )
    assert answer.status_code in (400, 422)
    assert set(answer.json()) == {"error", "message"}


def test_too_much_at_once_is_refused(place: Place) -> None:
    program = place.api(DIRECTOR)
    many = [a_review_in(external_id=f"r{n}", text="") for n in range(501)]
    assert program.post("/api/reviews", json=many).status_code == 413
    heavy = [a_review_in(text="y" * 19_000)] * 120
    assert program.post("/api/reviews", json=heavy).json()["error"] == "too_large"


def test_nobody_gets_in_without_a_token_in_force(place: Place) -> None:
    browser = place.signed_in(DIRECTOR)  # a cookie opens nothing here
    for headers in ({}, {"authorization": "Bearer wrong"}, {"authorization": "Basic eDp5"}):
        answer = browser.raw.get("/api/cases", headers=headers)
        assert answer.status_code == 401
        assert answer.json()["error"] == "not_authorized"
        assert answer.headers["www-authenticate"] == "Bearer"


def test_a_token_opens_nothing_once_it_is_revoked_or_its_person_left(place: Place) -> None:
    program, other = place.api(DIRECTOR), place.api("morgan")
    assert program.get("/api/cases").status_code == other.get("/api/cases").status_code == 200
    (token,) = place.store.api_tokens([DIRECTOR])
    place.store.apply([access.revoke_token(token, moment(place.now))])
    place.store.apply([practice.deactivate(place.store.people()["morgan"], moment(place.now))])
    assert program.get("/api/cases").status_code == other.get("/api/cases").status_code == 401


def test_a_token_may_be_used_so_often_in_a_minute(place: Place) -> None:
    program = place.api(DIRECTOR)
    statuses = [program.get("/api/cases").status_code for _ in range(121)]
    assert statuses == [200] * 120 + [429]
    assert place.api(ADMIN).get("/api/cases").status_code == 200
    place.now += MINUTE
    assert program.get("/api/cases").status_code == 200


def test_cases_are_listed_with_the_clock_that_is_due_first(place: Place) -> None:
    program = place.api(DIRECTOR)
    program.post("/api/reviews", json=[a_review_in(external_id=f"r{n}") for n in range(3)])
    place.now += 5 * HOUR
    page = program.get("/api/cases", params={"limit": 2}).json()
    assert [case["number"] for case in page["cases"]] == [3, 2]
    assert page["cases"][0]["clock"] == "acknowledge"
    assert page["cases"][0]["overdue"] is True
    assert page["cases"][0]["owner"] == "dana@elm.example"
    rest = program.get("/api/cases", params={"limit": 2, "after": page["next"]}).json()
    assert [case["number"] for case in rest["cases"]] == [1]
    assert rest["next"] is None
    assert program.get("/api/cases", params={"stage": "listen"}).json()["cases"] == []
    assert program.get("/api/cases", params={"stage": "nonsense"}).status_code == 422


def test_the_api_is_described_for_people_and_programs(place: Place) -> None:
    schema = place.browser().get("/api/openapi.json").json()
    assert set(schema["paths"]) == {"/api/reviews", "/api/cases"}
    page = place.browser().get("/api/docs")
    assert "POST /api/reviews" in page.text
    assert "quiet" not in page.text

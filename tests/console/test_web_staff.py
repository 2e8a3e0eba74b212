"""The people page: how somebody is told, cases handed on in bulk, and "I have it"."""

from __future__ import annotations

from pathlib import Path

import pytest

from cases.store import Store
from tests.builders import DIRECTOR, MANAGER, RESPONDER, T0, Desk
from tests.console.web import AUDITOR, Place


@pytest.fixture
def place(sqlite_store: Store, tmp_path: Path) -> Place:
    return Place(sqlite_store, tmp_path, mail="local", texts="local")


def test_somebody_says_how_they_want_to_be_told(place: Place) -> None:
    browser = place.signed_in(DIRECTOR)
    told = browser.post("/people/me", reminders="digest", quiet="tue,thu 08:00-12:00\n")
    assert told.headers["location"] == "/people?said=saved"
    dana = place.store.people()[DIRECTOR]
    assert (dana.reminders, dana.quiet) == ("digest", {"tue,thu": ["08:00-12:00"]})
    page = browser.get("/people").text
    assert 'value="digest" selected' in page
    assert "tue,thu 08:00-12:00" in page


@pytest.mark.parametrize("quiet", ["tue", "tue 8-12", "nonsense 08:00-12:00", "mon-sun 0:00-24:00"])
def test_quiet_hours_that_do_not_hold_are_shown_with_what_is_wrong(
    place: Place, quiet: str
) -> None:
    answer = place.signed_in(DIRECTOR).post("/people/me", quiet=quiet)
    assert answer.status_code == 422
    assert "Not done yet" in answer.text
    assert quiet in answer.text


def test_all_cases_of_somebody_are_handed_over_on_one_page(place: Place) -> None:
    Desk(place.store)
    browser = place.signed_in(MANAGER)
    answer = browser.post("/people/hand-over", **{"from": DIRECTOR, "to": MANAGER})
    assert "1 case was handed over" in answer.text
    assert len(place.store.owned_by(MANAGER)) == 1
    again = browser.post("/people/hand-over", **{"from": MANAGER, "to": MANAGER})
    assert "Case 1 stays" in again.text


def test_who_may_not_hand_over_finds_no_form_and_no_door(place: Place) -> None:
    for name, status in ((RESPONDER, 404), (AUDITOR, 403)):
        browser = place.signed_in(name)
        assert "Hand all open cases over" not in browser.get("/people").text
        answer = browser.post("/people/hand-over", **{"from": DIRECTOR, "to": MANAGER})
        assert answer.status_code == status


def test_a_hand_over_from_or_to_nobody_says_so(place: Place) -> None:
    answer = place.signed_in(MANAGER).post("/people/hand-over", **{"from": DIRECTOR, "to": "x"})
    assert answer.status_code == 422
    assert "choose who has them" in answer.text


def test_a_button_says_i_have_it(place: Place) -> None:
    desk = Desk(place.store)
    browser = place.signed_in(DIRECTOR)
    assert "I have it" in browser.get("/cases/1?open=desk").text
    mine = browser.get("/cases/1").text.split('name="mine" value="')[1].split('"')[0]
    answer = browser.post("/cases/1/have-it", mine=mine)
    assert answer.headers["location"] == "/cases/1?said=yours"
    assert all(clock.taken_until and clock.taken_until > T0 for clock in desk.read().clocks)
    assert "Somebody has it until Mon" in browser.get("/cases/1").text
    assert "said: I have it" in browser.get("/cases/1").text

"""Which case? A mail nobody could place is read, given to a case, made one, or put aside."""

from __future__ import annotations

import pytest

from cases.models import ArrivalState
from cases.viewers import ENGINE
from tests.builders import DIRECTOR, Desk
from tests.console.web import Place
from tests.posting import PAT, a_mail, let_a_mail_wait, sample

WORDS = "Any news about my results?"


@pytest.fixture
def place(sqlite_store, tmp_path) -> Place:
    found = Place(sqlite_store, tmp_path)
    Desk(sqlite_store)
    let_a_mail_wait(found, "m1", a_mail(WORDS))
    return found


def state(place: Place, name: str = "m1") -> str:
    found = place.store.arrival(name)
    assert found is not None
    return found.state


def test_what_waits_is_listed_with_whether_anybody_vouches_for_it(place: Place) -> None:
    page = place.signed_in(DIRECTOR).get("/inbox").text
    assert PAT in page
    assert "unverified" in page  # this console was not told its mail server's name
    assert "it names no case we know" in page


def test_a_mail_is_given_to_its_case_and_an_answer_is_owed(place: Place) -> None:
    browser = place.signed_in(DIRECTOR)
    assert WORDS in browser.get("/inbox/m1").text
    answer = browser.post("/inbox/m1/assign", case="1")
    assert answer.headers["location"].startswith("/cases/1")
    file = place.store.case_file(1, ENGINE)
    assert [each.note for each in file.contacts if each.inbound] == [WORDS]
    assert "answer" in {clock.kind for clock in file.clocks if clock.ended_at is None}
    assert state(place) == ArrivalState.READ
    assert "Nothing waits" in browser.get("/inbox").text
    page = browser.get("/cases/1?open=who").text
    assert "/inbox/m1" in page
    assert WORDS in browser.get("/inbox/m1").text  # as it came, from the case's page


def test_a_case_that_is_not_there_keeps_the_mail_waiting(place: Place) -> None:
    browser = place.signed_in(DIRECTOR)
    assert "there is no case 77" in browser.post("/inbox/m1/assign", case="77").text
    assert browser.post("/inbox/m1/assign").status_code == 422
    assert state(place) == ArrivalState.QUEUED


def test_a_mail_becomes_a_case_of_its_own_where_a_person_says_so(place: Place) -> None:
    browser = place.signed_in(DIRECTOR)
    answer = browser.post("/inbox/m1/open", clinic="elm-street")
    assert answer.headers["location"].startswith("/cases/2")
    review = place.store.case_file(2, ENGINE).review
    assert (review.platform, review.text) == ("email", "")
    assert WORDS in (review.sealed_text or "")
    assert state(place) == ArrivalState.READ
    assert "/cases/2/mails" in browser.get("/cases/2").text
    assert PAT in browser.get("/cases/2/mails").text  # who wrote it, for whoever answers


def test_an_alert_a_person_believes_opens_a_case_on_its_review(place: Place) -> None:
    raw = sample("alerts/yelp").replace(b"dmarc=pass", b"dmarc=none")
    let_a_mail_wait(place, "m2", raw)
    row = place.store.arrival("m2")
    assert row is not None
    from cases.talking import inbox
    from tests.builders import moment

    change = inbox.queued(row, "unverified_alert", None, (), moment(place.now))
    place.store.apply([change])
    place.signed_in(DIRECTOR).post("/inbox/m2/open", clinic="elm-street")
    assert place.store.case_file(2, ENGINE).review.platform == "yelp"


def test_what_is_put_aside_is_gone_from_the_queue_with_its_words(place: Place) -> None:
    place.signed_in(DIRECTOR).post("/inbox/m1/ignore")
    assert state(place) == ArrivalState.REFUSED
    assert place.signed_in(DIRECTOR).get("/inbox/m1").status_code == 404


def test_what_somebody_has_seen_to_cannot_be_given_away_again(place: Place) -> None:
    browser = place.signed_in(DIRECTOR)
    browser.post("/inbox/m1/assign", case="1")
    assert browser.post("/inbox/m1/assign", case="1").status_code == 404

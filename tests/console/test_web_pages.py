"""What the pages show and say, over the real record."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from cases import custody
from cases.answering import replies
from cases.ports import SeenReview
from cases.store import Store
from console.web.needs import needed
from tests.builders import ADMIN, DIRECTOR, HOUR, MINUTE, T0, Desk, a_seen_review, take
from tests.console.web import Place, visit_of


@pytest.fixture
def place(sqlite_store, tmp_path) -> Place:
    return Place(sqlite_store, tmp_path, mail="local", texts="local")


def reviews(place: Place, *seen: SeenReview) -> None:
    for each in seen:
        take(place.store, each, place.now)


# Needs you now


def test_the_first_page_shows_what_can_wait_least_first(place: Place) -> None:
    slow = a_seen_review()
    reviews(place, slow)
    place.now += HOUR
    grave = a_seen_review("They gave me the wrong medication and I nearly died.", external_id="g")
    reviews(place, grave)
    page = place.signed_in(DIRECTOR).get("/").text
    assert page.index("Case 2") < page.index("Case 1")
    assert "Take it now" in page
    assert 'href="/cases/1#next">Answer the review' in page
    assert "3 h left" in page


def test_it_says_how_late_it_is_in_words(place: Place) -> None:
    Desk(place.store)
    place.now = T0 + 6 * HOUR
    assert "overdue by 2 h" in place.signed_in(DIRECTOR).get("/").text


def test_a_draft_waits_for_whoever_may_approve_it(place: Place) -> None:
    desk = Desk(place.store)
    desk.do(replies.draft, "Thank you for writing.", by="sam")
    for name in ("morgan", DIRECTOR):
        assert "A reply waits for your approval" in place.signed_in(name).get("/").text
    for name in ("sam", "kim"):
        assert "A reply waits for your approval" not in place.signed_in(name).get("/").text


def test_nobody_is_asked_to_approve_the_reply_to_a_review_about_themselves(place: Place) -> None:
    desk = Desk(place.store)
    desk.do(replies.draft, "Thank you for writing.", by="sam")
    desk.do(custody.set_about, [place.store.people()["morgan"]], by="chris")
    assert "Nothing needs you" in place.signed_in("morgan").get("/").text


def test_five_cards_are_enough(place: Place) -> None:
    reviews(place, *(a_seen_review(external_id=f"r{n}") for n in range(8)))
    page = place.signed_in(DIRECTOR).get("/").text
    assert page.count("need-button") == 5
    assert "And 3 more that want something soon." in page


def test_what_is_due_in_days_does_not_press(place: Place) -> None:
    desk = Desk(place.store)
    shorts = place.store.cases(visit_of(place, DIRECTOR).viewer)
    assert len(needed(shorts, [], T0)) == 1
    assert needed(shorts, [], T0 - timedelta(days=3)) == []
    assert needed(shorts, shorts, T0 - timedelta(days=3))[0].href == "/cases/1#reply"
    assert desk.file.case.number == 1


# All cases


def test_cases_are_narrowed_by_what_one_asks_for(place: Place) -> None:
    reviews(
        place,
        a_seen_review(),
        a_seen_review("The wrong medication nearly killed me.", external_id="g"),
    )
    browser = place.signed_in("morgan")

    def shown(query: str) -> list[int]:
        page = browser.get(f"/cases?{query}").text
        return [n for n in (1, 2) if f'href="/cases/{n}"' in page]

    assert shown("") == [1, 2]
    assert shown("severity=grave") == [2]
    assert shown("stage=listen") == []
    assert shown("clinic=elm-street&owner=dana") == [1, 2]
    assert shown("clinic=none-such") == []
    assert shown("owner=me") == []
    assert shown("overdue=true") == []
    place.now += 2 * HOUR
    browser.sign_in("morgan")
    assert shown("overdue=true&stage=acknowledge") == [2]  # its safety hour is over


def test_a_search_keeps_the_words_out_of_the_address(place: Place) -> None:
    reviews(place, a_seen_review("A rude clerk called Brown."), a_seen_review(external_id="b"))
    browser = place.signed_in(DIRECTOR)
    found = browser.post("/cases", words="clerk called brown")
    assert 'href="/cases/1"' in found.text
    assert 'href="/cases/2"' not in found.text
    assert "clerk" not in str(found.url)
    assert "No case is like that" in browser.post("/cases", words="100%").text
    assert browser.post("/cases", words="#2").headers["location"] == "/cases/2"


def test_the_pages_stand_on_both_databases(store: Store, tmp_path: Path) -> None:
    place = Place(store, tmp_path)
    Desk(store)
    browser = place.signed_in(DIRECTOR)
    for path in ("/", "/cases?overdue=true&severity=grave&owner=me&stage=contact", "/engine"):
        assert browser.get(path).status_code == 200
    assert 'href="/cases/1"' in browser.post("/cases", words="HOURS late").text
    assert "No case is like that" in browser.post("/cases", words="50% _\\").text
    assert place.browser().sign_in(DIRECTOR, "wrong").status_code == 401
    assert store.broken_chains() == []


def test_long_lists_come_in_pages(place: Place) -> None:
    reviews(place, *(a_seen_review(external_id=f"r{n}") for n in range(53)))
    browser = place.signed_in(DIRECTOR)
    first = browser.get("/cases?owner=me").text
    assert "/cases?owner=me&amp;after=4" in first
    second = browser.get("/cases?owner=me&after=4").text
    assert [n for n in range(1, 54) if f'href="/cases/{n}"' in second] == [1, 2, 3]
    assert "Older cases" not in second
    assert 'name="after" value="4"' in browser.post("/cases", words="Two hours").text


def test_words_of_a_review_stay_words(place: Place) -> None:
    browser = place.signed_in(DIRECTOR)
    page = browser.post("/cases", words="<script>alert(1)</script>").text
    assert "<script" not in page
    assert "&lt;script&gt;" in page


# The engine


def test_every_page_says_when_the_clocks_stand_still(place: Place) -> None:
    Desk(place.store)
    browser = place.signed_in("sam")
    look = place.store.next_look()
    assert look is not None
    place.now = look + 4 * MINUTE
    browser.sign_in("sam")
    assert "stands still" not in browser.get("/people").text
    place.now = look + 6 * MINUTE
    for path in ("/", "/cases", "/people", "/engine"):
        assert "The engine stands still." in browser.get(path).text


def test_the_engine_page_says_what_waits_and_what_is_not_set_up(sqlite_store, tmp_path) -> None:
    place = Place(sqlite_store, tmp_path)
    Desk(place.store)
    page = place.signed_in(ADMIN).get("/engine").text
    assert "1 by e-mail" in page
    assert "No e-mail leaves: it is not set up." in page


def test_the_outbox_shows_letters_as_text_to_administrators(place: Place, tmp_path) -> None:
    (tmp_path / "outbox").mkdir()
    letter = (
        "To: a@b.example\nSubject: <b>Hello</b>\nContent-Type: text/plain\n\n<script>x</script>"
    )
    (tmp_path / "outbox" / "one.eml").write_text(letter)
    (tmp_path / "outbox" / "texts.jsonl").write_text(
        '{"at": "2026-11-02T14:00:00+00:00", "to": "+12125550123", "text": "Call us"}\n{"torn'
    )
    browser = place.signed_in(ADMIN)
    listed = browser.get("/outbox").text
    assert "&lt;b&gt;Hello" in listed
    assert "Call us" in listed
    assert "&lt;script&gt;x" in browser.get("/outbox/one.eml").text
    for path in ("/outbox/two.eml", "/outbox/..%2famends.db", "/outbox/texts.jsonl"):
        assert browser.get(path).status_code == 404


def test_there_is_no_outbox_where_messages_really_leave(sqlite_store, tmp_path) -> None:
    assert Place(sqlite_store, tmp_path).signed_in(ADMIN).get("/outbox").status_code == 404


def test_every_page_says_what_is_wrong_with_the_engine(place: Place) -> None:
    words = "Prefect does not answer since 14:00 UTC; Amends keeps the deadlines by itself."
    console = place.app.state.console
    place.app.state.console = replace(console, trouble=lambda _now: words)
    assert words in place.signed_in(DIRECTOR).get("/people").text

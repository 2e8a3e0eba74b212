"""The pages about templates: seen by all, changed by some, framed without any power."""

from __future__ import annotations

import re

import pytest

from cases.changes import Moment
from cases.identifiers import Identifiers
from cases.store import Store
from cases.talking import correspondents
from cases.talking.correspondents import Point, Who
from notifications import previews
from tests.builders import DIRECTOR, MANAGER, RESPONDER, Desk
from tests.console.web import Place

EDITOR = "/templates/follow_up/email/en"
OURS = "Hello {{ name }}, is there anything else? Please call {{ phone }}."


@pytest.fixture
def place(sqlite_store: Store, tmp_path) -> Place:
    return Place(sqlite_store, tmp_path)


@pytest.mark.parametrize("kind", previews.kinds())
def test_every_mail_to_staff_can_be_seen(kind: str) -> None:
    mail = previews.to_staff(kind, "https://amends.example")
    assert mail.subject
    assert mail.text
    assert "</html>" in mail.html


def test_a_mail_is_shown_in_a_frame_that_may_do_nothing(place: Place) -> None:
    browser = place.signed_in(RESPONDER)
    page = browser.get("/mails/follow_up/en")
    assert page.status_code == 200
    (frame,) = re.findall(r"<iframe[^>]*>", page.text)
    assert ' sandbox src="/mails/follow_up/en/html"' in frame
    assert "frame-src 'self'" in page.headers["content-security-policy"]
    assert "unsafe-inline" not in page.headers["content-security-policy"]
    framed = browser.get("/mails/follow_up/en/html")
    policy = framed.headers["content-security-policy"]
    assert "sandbox" in policy
    assert "frame-ancestors 'self'" in policy
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert framed.headers["x-frame-options"] == "SAMEORIGIN"


def test_html_and_plain_text_stand_side_by_side_in_both_languages(place: Place) -> None:
    browser = place.signed_in(DIRECTOR)
    for language, words in (("en", "anything else we can do"), ("es", "hacer algo más por usted")):
        assert words in browser.get(f"/mails/follow_up/{language}").text
        assert words in browser.get(f"/mails/follow_up/{language}/html").text


@pytest.mark.parametrize("address", ["/mails/x/en", "/mails/follow_up/fr", "/templates/x/email/en"])
def test_what_there_is_none_of_is_not_found(place: Place, address: str) -> None:
    assert place.signed_in(DIRECTOR).get(address).status_code == 404


def test_a_saved_template_is_what_the_next_message_begins_as(place: Place) -> None:
    browser = place.signed_in(MANAGER)
    saved = browser.post(EDITOR, subject="From {{ clinic }}", body=OURS)
    assert saved.status_code == 303
    desk = Desk(place.store)
    who = Who("Pat Doe", "patient", "self", "they gave their name at the front desk")
    point = Point("email", "pat@mail.example", place.store.index("email", "pat@mail.example"))
    moment = Moment(place.now, DIRECTOR, Identifiers())
    place.store.apply([correspondents.match(desk.read(), who, [point], moment)])
    page = place.signed_in(DIRECTOR).get("/cases/1?open=write&use=follow_up&as=email").text
    assert "Hello Pat Doe, is there anything else? Please call +1 212-555-0100." in page
    assert 'value="From Elm Street"' in page
    assert "version 1" in browser.get("/templates").text


def test_nothing_of_a_patient_stands_in_the_address_of_a_template(place: Place) -> None:
    page = place.signed_in(MANAGER).get("/templates").text
    for address in re.findall(r'href="(/(?:templates|mails)/[^"]+)"', page):
        assert re.fullmatch(r"/(templates|mails)(/[a-z_]+)+", address)


def test_a_text_that_may_not_be_sent_is_not_saved_and_stays_in_the_form(place: Place) -> None:
    browser = place.signed_in(MANAGER)
    bad = "Please delete your review, {{ name }}. <b>bold</b>"
    answer = browser.post(EDITOR, subject="Hello", body=bad)
    assert answer.status_code == 422
    assert "Not saved" in answer.text
    assert "&lt;b&gt;bold&lt;/b&gt;" in answer.text
    assert place.store.templates() == []


def test_trying_a_template_keeps_nothing(place: Place) -> None:
    answer = place.signed_in(MANAGER).post(EDITOR, subject="Hello", body=OURS, do="preview")
    assert answer.status_code == 200
    assert "Hello Pat Doe, is there anything else?" in answer.text
    assert place.store.templates() == []


def test_who_only_answers_may_read_templates_and_not_change_them(place: Place) -> None:
    browser = place.signed_in(RESPONDER)
    assert "<textarea" in browser.get(EDITOR).text
    assert ">Save<" not in browser.get(EDITOR).text
    assert browser.post(EDITOR, subject="Hello", body=OURS).status_code == 404
    assert place.store.templates() == []

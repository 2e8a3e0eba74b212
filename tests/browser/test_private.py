"""A patient's private page in a real browser: it fits, keeps a draft, loads nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from cases.access import digest_of
from cases.changes import Change
from cases.talking import conversation, correspondents, links
from cases.talking.correspondents import Point, Who
from cases.viewers import ENGINE
from tests.browser.seat import Seat
from tests.builders import a_seen_review, moment, take
from tests.console.web import Place


def invited(place: Place, language: str) -> str:
    """Return the token of a page that was made for somebody."""
    store, file = place.store, take(place.store, a_seen_review())
    value = "pat@quill.example"
    point = Point("email", value, store.index("email", value))
    who = Who("Pat Quill", "patient", "self", "they rang us", language=language)
    assert store.apply([correspondents.match(file, who, [point], moment())]).applied
    file = store.case_file(1, ENGINE)
    subject, text = links.invitation(file, "email")

    def ask(filled: str) -> Change:
        return conversation.write(file, file.points[0], filled, subject, moment())

    pages = links.Pages(store.sealer.sign, place.settings.public_url)
    made = links.carrying(file, file.points[0], text, pages, moment(), ask)
    assert store.apply([made]).applied
    return links.token_of(store.sealer.sign, store.links(file.case.id)[0].id)


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_patient_gets_in_and_their_draft_is_kept(
    page: Page, address: str, place: Place, language: str
) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    seat: Any = Seat(page, address, place)
    token = invited(place, language)
    page.clock.install()
    page.goto(f"{address}/p/{token}")
    seat.fits()
    with page.expect_navigation():
        page.locator("form[action*='/code'] button").click()
    seat.fits()
    link = place.store.link(digest_of(token))
    assert link is not None
    page.locator("#code").fill(links.code_of(place.store.sealer.sign, link.id, link.codes))
    with page.expect_navigation():
        page.locator("#code").press("Enter")
    page.locator("#story-text").fill("It began in the waiting room.")
    page.clock.fast_forward(9_000)
    expect(page.locator("#kept")).to_contain_text("Saved" if language == "en" else "Guardado")
    for part in ("call", "files", "stop"):
        page.locator(f"#{part} > summary").click()
    seat.fits()
    page.reload()
    expect(page.locator("#story-text")).to_have_value("It began in the waiting room.")
    assert [each for each in asked if not each.startswith((address, "data:"))] == []

"""What every answer of the console carries, whatever was asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from cases.store import Store
from tests.builders import ADMIN, DIRECTOR, Desk
from tests.console.web import Place


@pytest.fixture
def place(sqlite_store: Store, tmp_path: Path) -> Place:
    return Place(sqlite_store, tmp_path, mail="local", texts="local")


@pytest.mark.parametrize("path", ["/login", "/", "/nowhere", "/api/cases", "/static/amends.css"])
def test_every_answer_carries_the_headers_that_keep_it_safe(place: Place, path: str) -> None:
    headers = place.browser().get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    kept = "public, max-age=86400" if path.startswith("/static") else "no-store"
    assert headers["cache-control"] == kept


def test_the_policy_holds_no_page_has_inline_script_or_style(place: Place) -> None:
    Desk(place.store)
    browser = place.signed_in(ADMIN)
    for path in ("/", "/cases", "/people", "/clinics", "/playbook", "/engine", "/sources",
                 "/outbox", "/api/docs"):  # fmt: skip
        page = browser.get(path)
        assert page.status_code == 200, path
        for inline in ("<script", "style=", "onclick", "javascript:"):
            assert inline not in page.text, (path, inline)


def test_what_a_page_needs_comes_from_here(place: Place) -> None:
    browser = place.browser()
    for path in ("/static/vendor/tabler.min.css", "/static/amends.css"):
        assert browser.get(path).status_code == 200
        assert browser.get(path).headers["content-type"].startswith("text/css")
    assert browser.get("/static/../app.py").status_code == 404


def test_what_nobody_foresaw_tells_nothing(place: Place, caplog) -> None:
    def broken() -> None:
        raise RuntimeError("Maria Patient was here")

    place.app.add_api_route("/broken", broken)
    answer = place.signed_in(DIRECTOR).get("/broken")
    assert answer.status_code == 500
    assert "Maria" not in answer.text + caplog.text
    assert "RuntimeError" in caplog.text


def test_a_form_may_carry_so_much_and_no_more(place: Place) -> None:
    browser = place.signed_in(DIRECTOR)
    csrf = browser.csrf()
    large = browser.raw.post("/cases", data={"csrf": csrf, "words": "x" * 300_000})
    assert large.status_code == 413
    drip = (b"x" * 50_000 for _ in range(10))
    kind = {"content-type": "application/x-www-form-urlencoded"}
    assert browser.raw.post("/cases", content=drip, headers=kind).status_code in (400, 413)


@pytest.mark.parametrize(
    "path",
    ["/cases?after=-1", "/cases?after=99999999999999999999", "/cases?after=x", "/cases?stage=%00",
     "/cases?clinic=%FF%FE&owner=%27%3B--", "/cases?overdue=perhaps", "/login?next=%00",
     "/people?said=%00"],
)  # fmt: skip
def test_no_address_breaks_a_page(place: Place, path: str) -> None:
    assert place.signed_in(DIRECTOR).get(path).status_code in (200, 303, 400, 422)


def test_no_words_break_the_search(place: Place) -> None:
    browser = place.signed_in(DIRECTOR)
    for words in ("%", "_", "\\", "'; --", "\U0001f600", "٣", "#", "-1", "9" * 30):
        assert browser.post("/cases", words=words).status_code in (200, 303), words
    for data in ({"words": "\0"}, {"words": "x" * 201}, {"words": "x", "after": "-1"}):
        assert browser.post("/cases", **data).status_code in (400, 422)

"""A form's move: made, refused, too late; and the words and addresses pages are made of."""

from __future__ import annotations

from pathlib import Path

import pytest

from cases import custody
from cases.needs import IllegalMove
from cases.store import Store
from console.web.pages import ChangedMeanwhile, Trouble, acted, relative
from console.web.words import time_left, web_address
from tests.builders import DIRECTOR, MINUTE, T0, Desk, moment
from tests.console.web import Place, visit_of


@pytest.fixture
def place(sqlite_store: Store, tmp_path: Path) -> Place:
    return Place(sqlite_store, tmp_path, mail="local", texts="local")


def test_a_move_that_is_not_legal_shows_what_is_missing(place: Place) -> None:
    visit = visit_of(place, DIRECTOR)
    seen: list[Trouble] = []

    def refuse() -> None:
        raise IllegalMove("close", ["it is not resolved", "nobody asked"])

    acted(visit, refuse, "/cases/1", lambda trouble: seen.append(trouble))  # type: ignore[arg-type, return-value, func-returns-value]
    assert seen == [Trouble(("it is not resolved", "nobody asked"))]


def test_who_comes_second_is_told_that_somebody_changed_it(place: Place) -> None:
    desk, visit, seen = Desk(place.store), visit_of(place, DIRECTOR), []
    stale = custody.hold(desk.file, "counsel", moment())
    desk.do(custody.hold, "media")

    def old() -> None:
        raise ChangedMeanwhile

    for ask in (lambda: stale, old):
        acted(visit, ask, "/cases/1", lambda trouble: seen.append(trouble))  # type: ignore[arg-type, return-value, func-returns-value]
    assert [trouble.missing[0][:30] for trouble in seen] == [
        "Somebody changed it meanwhile:"[:30]
    ] * 2


def test_a_move_made_leads_on_and_says_so_by_a_code(place: Place) -> None:
    desk, visit = Desk(place.store), visit_of(place, DIRECTOR)
    answer = acted(
        visit,
        lambda: custody.hold(desk.file, "counsel", visit.moment()),
        "/cases/1#next",
        lambda trouble: pytest.fail(str(trouble)),
    )
    assert answer.headers["location"] == "/cases/1?said=saved#next"
    assert desk.read().case.held_why == "counsel"
    page = place.signed_in(DIRECTOR).get("/people?said=saved").text
    assert "It is noted." in page
    assert "hacked" not in place.signed_in(DIRECTOR).get("/people?said=hacked").text


@pytest.mark.parametrize(
    ("minutes", "told"),
    [(0, "overdue by less than a minute"), (-200, "overdue by 3 h 20 min"), (12, "12 min left"),
     (60, "1 h left"), (60 * 30, "30 h left"), (60 * 24 * 3, "3 days left")],
)  # fmt: skip
def test_time_left_is_told_as_people_do(minutes: int, told: str) -> None:
    assert time_left(T0 + minutes * MINUTE, T0) == told


def test_links_lead_to_the_web_and_nowhere_else() -> None:
    assert web_address("https://reviews.example/1") == "https://reviews.example/1"
    assert web_address("javascript:alert(1)") == ""
    assert relative("/cases?stage=listen") == "/cases?stage=listen"
    assert relative("/" + "x" * 600) == "/"

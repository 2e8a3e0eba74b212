"""The link that ends optional mail: opening it does nothing, one press ends that kind of mail."""

from __future__ import annotations

from typing import Any

import pytest

from cases.changes import Moment
from cases.identifiers import Identifiers
from cases.models import ContactPoint, Notice, NoticeState
from cases.store import Store
from cases.talking import conversation, correspondents, tokens
from cases.talking.consent import may_use
from cases.talking.correspondents import Point, Who
from notifications.addressing import OPT_OUT
from tests.builders import DIRECTOR, Desk
from tests.console.web import Place

WORDS = ("Is there anything else we can do? Please call +1 212-555-0100.", "From Elm Street")


@pytest.fixture
def place(sqlite_store: Store, tmp_path) -> Place:
    return Place(sqlite_store, tmp_path)


@pytest.fixture
def desk(place: Place) -> Desk:
    """A case with a follow-up that is planned and a message that waits."""
    found = Desk(place.store)
    who = Who("Pat Doe", "patient", "self", "they gave their name at the front desk")
    index = place.store.index("email", "pat@mail.example")
    at = Moment(place.now, DIRECTOR, Identifiers())
    apply(
        place,
        correspondents.match(found.read(), who, [Point("email", "pat@mail.example", index)], at),
    )
    (point,) = found.read().points
    for kind in ("message", "follow_up"):
        apply(place, conversation.write(found.read(), point, *WORDS, at, kind=kind))
    return found


def apply(place: Place, change: Any) -> None:
    assert place.store.apply([change]).applied


def notice_of(desk: Desk, kind: str) -> Notice:
    return next(each for each in desk.read().notices if each.kind == kind)


def link(place: Place, desk: Desk, kind: str = "follow_up") -> str:
    return f"/no-more/{tokens.make(place.store.sealer, OPT_OUT, notice_of(desk, kind).id)}"


def allowed(desk: Desk, purpose: str) -> bool:
    file = desk.read()
    point: ContactPoint = file.points[0]
    return may_use(point, file.consents, purpose)


def test_opening_the_link_asks_and_changes_nothing(place: Place, desk: Desk) -> None:
    page = place.browser().get(link(place, desk))
    assert page.status_code == 200
    assert '<form method="post"' in page.text
    assert allowed(desk, "follow_up")
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["x-robots-tag"] == "noindex"
    for secret in ("Pat", "mail.example", "Elm Street", "Sample Practice"):
        assert secret not in page.text


def test_one_press_ends_that_kind_of_mail_and_what_waits_of_it(place: Place, desk: Desk) -> None:
    done = place.browser().raw.post(link(place, desk))
    assert done.status_code == 200
    assert "no more e-mails like that" in done.text
    assert not allowed(desk, "follow_up")
    assert allowed(desk, "case")
    assert notice_of(desk, "follow_up").state == NoticeState.SUPPRESSED
    assert notice_of(desk, "message").state == NoticeState.PENDING


def test_a_mail_program_ends_it_with_one_click_from_anywhere(place: Place, desk: Desk) -> None:
    headers = {"sec-fetch-site": "cross-site", "origin": "https://mail.example"}
    form = {"List-Unsubscribe": "One-Click"}
    done = place.browser().raw.post(link(place, desk), data=form, headers=headers)
    assert done.status_code == 200
    assert "set-cookie" not in done.headers
    assert not allowed(desk, "follow_up")


def test_pressing_twice_is_as_good_as_once(place: Place, desk: Desk) -> None:
    for _ in range(2):
        assert place.browser().raw.post(link(place, desk)).status_code == 200
    assert not allowed(desk, "follow_up")


def test_a_link_of_an_answer_ends_mail_about_the_case(place: Place, desk: Desk) -> None:
    assert place.browser().raw.post(link(place, desk, "message")).status_code == 200
    assert not allowed(desk, "case")


@pytest.mark.parametrize("spoilt", ["cut", "another", "other use", "nonsense"])
def test_a_link_that_is_not_ours_ends_nothing(place: Place, desk: Desk, spoilt: str) -> None:
    good = link(place, desk)
    notice = notice_of(desk, "follow_up")
    address = {
        "cut": good[:-1],
        "another": good[:-1] + ("a" if good[-1] != "a" else "b"),
        "other use": f"/no-more/{tokens.for_notice(place.store.sealer, notice.id)}",
        "nonsense": "/no-more/x",
    }[spoilt]
    assert place.browser().raw.post(address).status_code == 404
    assert place.browser().get(address).status_code == 404
    assert allowed(desk, "follow_up")


def test_the_history_says_who_ended_it(place: Place, desk: Desk) -> None:
    place.browser().raw.post(link(place, desk))
    (said,) = [row for row in desk.read().consents if not row.given]
    assert (said.purpose, said.channel, said.how) == ("follow_up", "email", "the link in an e-mail")
    assert said.by == "patient"

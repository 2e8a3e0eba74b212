"""A private page is made by staff, with a message they approve."""

from __future__ import annotations

import pytest

from cases import following
from cases.changes import Change
from cases.models import Case, Notice
from cases.talking import conversation, links
from cases.talking.links import Pages
from tests.builders import DIRECTOR
from tests.console.private.patient import HERE, Patient, case, now
from tests.console.web import Place


def test_a_page_goes_with_any_message_that_has_the_slot(place: Place) -> None:
    file = case(place)
    point = next(each for each in file.points if each.channel == "sms")
    pages = Pages(place.store.sealer.sign, HERE)

    def ask(filled: str) -> Change:
        return conversation.write(file, point, filled, "", now(place))

    text = links.invitation(file, "sms")[1]
    change = links.carrying(file, point, text, pages, now(place), ask)
    (notice,) = change.notices
    assert notice["body"] == text
    assert len(text.replace(links.SLOT, pages.sample())) <= 160


def not_asked(_: str) -> Change:
    pytest.fail("the move was made")


@pytest.mark.parametrize(
    ("url", "text"), [("http://amends.example", "Here: {link}"), (HERE, "{link} and {link}")]
)
def test_a_page_that_could_not_be_opened_safely_is_not_made(
    place: Place, url: str, text: str
) -> None:
    file = case(place)
    pages = Pages(place.store.sealer.sign, url)
    with pytest.raises(following.IllegalMove):
        links.carrying(
            file, file.points[0], text, pages, now(place), lambda _: pytest.fail("asked")
        )


def test_a_message_without_the_slot_carries_none(place: Place) -> None:
    file = case(place)

    def ask(filled: str) -> Change:
        return conversation.write(file, file.points[0], filled, "Hello", now(place))

    pages = Pages(place.store.sealer.sign, HERE)
    change = links.carrying(file, file.points[0], "Please call us.", pages, now(place), ask)
    assert [part.subject.table for part in change.whole() if part.subject.table is not Notice] == [
        Case
    ]


def test_whoever_writes_their_account_down_finds_their_own_words_there(
    place: Place, patient: Patient
) -> None:
    patient.comes_in()
    patient.send("story", story="Nobody called me back for a week.")
    page = place.signed_in_https(DIRECTOR).get("/cases/1?open=hear").text
    form = page[page.index('id="hear-happened"') :]
    assert "Nobody called me back for a week." in form[: form.index("</textarea>")]

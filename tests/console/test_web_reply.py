"""The public reply on the page: drafts to begin with, findings beside the text, what mends them."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest

from cases.answering import publishing, replies
from cases.models import ReplyState
from cases.ports import Capabilities, Published
from cases.store import Store
from cases.viewers import ENGINE
from tests.builders import (
    CHIEF,
    DIRECTOR,
    HOUR,
    PRIVACY,
    RESPONDER,
    Desk,
    a_seen_review,
    take,
)
from tests.console.test_web_case import GOOD, Seat
from tests.console.web import AUDITOR, Place

TOO_MUCH = f"{GOOD} We appreciate your recent visit to the office."


@pytest.fixture
def place(sqlite_store: Store, tmp_path: Path) -> Place:
    found = Place(sqlite_store, tmp_path, mail="local", texts="local")
    take(found.store, a_seen_review())
    return found


@pytest.fixture
def seat(place: Place) -> Seat:
    return Seat(place, RESPONDER)


def editor(page: str) -> str:
    found = re.search(r'<textarea[^>]*id="reply-text"[^>]*>\n(.*?)</textarea>', page, re.S)
    assert found
    return unescape(found[1])


def buttons(page: str, name: str) -> list[str]:
    return [unescape(v) for v in re.findall(rf'name="{name}" value="([^"]*)"', page)]


def live(place: Place) -> Desk:
    """Have a reply approved and seen by the public."""
    desk = Desk.__new__(Desk)
    desk.store, desk.now = place.store, place.now
    desk.file = place.store.case_file(1, ENGINE)
    desk.do(replies.draft, GOOD, by=RESPONDER)
    desk.do(replies.approve, Capabilities(reply=True), (), by=DIRECTOR)
    desk.do(publishing.submit, replies.newest(desk.file, ReplyState.APPROVED))
    sent = replies.newest(desk.file, ReplyState.SUBMITTED)
    desk.do(publishing.went_live, sent, Published("g1"))
    return desk


# Drafts


def test_the_page_offers_drafts_and_begins_with_the_first(seat: Seat) -> None:
    page = seat.look()
    offered = buttons(page, "use")
    assert len(offered) == 3
    assert editor(page) == offered[0]


def test_use_this_puts_a_draft_into_the_editor_and_keeps_nothing(seat: Seat) -> None:
    offered = buttons(seat.look(), "use")
    answer = seat.send("check", text="what I had", use=offered[2])
    assert editor(answer.text) == offered[2]
    assert "Nothing found" in answer.text
    assert seat.file().replies == []


def test_there_are_others(seat: Seat) -> None:
    first = buttons(seat.look(), "use")
    answer = seat.send("check", text=GOOD, another="1")
    assert not set(buttons(answer.text, "use")) & set(first)
    assert editor(answer.text) == GOOD


def test_a_draft_taken_over_may_be_approved(seat: Seat, place: Place) -> None:
    offered = buttons(seat.look(), "use")
    file = seat.do("draft", text=offered[1])
    approver = Seat(place, DIRECTOR)
    file = approver.do("approve", reply=file.replies[0].id)
    assert file.replies[0].state == ReplyState.BY_HAND


# Findings, and what mends them


def test_one_button_applies_a_suggestion(seat: Seat) -> None:
    seat.look()
    answer = seat.send("check", text=TOO_MUCH)
    (value,) = [v for v in buttons(answer.text, "apply") if v.startswith("confirms")]
    answer = seat.send("check", text=TOO_MUCH, apply=value)
    assert "recent visit" not in editor(answer.text)
    assert editor(answer.text).startswith(GOOD)
    assert "Cannot be said" not in answer.text


def test_what_is_missing_is_added(seat: Seat) -> None:
    text = "Please reach Dana Field, our clinical director, at (212) 555-0100 or care@elm.example."
    for _ in range(2):
        seat.look()
        value = buttons(seat.send("check", text=text).text, "apply")[0]
        text = editor(seat.send("check", text=text, apply=value).text)
    assert "Nothing found" in seat.send("check", text=text).text
    assert "Thank you" in text
    assert "sorry" in text


def test_a_suggestion_for_what_is_not_there_any_more_changes_nothing(seat: Seat) -> None:
    seat.look()
    answer = seat.send("check", text=GOOD, apply="names:0:5")
    assert editor(answer.text) == GOOD
    assert editor(seat.send("check", text=GOOD, apply="no:such").text) == GOOD


def test_findings_come_while_somebody_types_and_nothing_is_kept(seat: Seat) -> None:
    seat.look()
    before = seat.file().case.version
    said = seat.send("findings", text=TOO_MUCH).json()
    assert said["length"] == len(TOO_MUCH)
    assert said["limit"] > 0
    assert "Cannot be said" in said["html"]
    assert "recent visit" in said["html"]
    assert "Nothing found" in seat.send("findings", text=GOOD).json()["html"]
    assert seat.send("findings", text="  ").json()["html"].strip() == ""
    assert (seat.file().case.version, seat.file().replies) == (before, [])


def test_what_is_typed_comes_back_escaped_there_too(seat: Seat) -> None:
    seat.look()
    html = seat.send("findings", text="<script>window.ran = 1</script> LIES LIES LIES!!").json()
    assert "<script" not in html["html"]


def test_findings_want_a_form_of_ours_and_a_case_of_theirs(seat: Seat, place: Place) -> None:
    bare = seat.raw.post("/cases/1/findings", data={"text": GOOD})
    assert bare.status_code == 403
    seat.look()
    assert seat.browser.post("/cases/99/findings", text=GOOD).status_code == 404
    auditor = place.signed_in(AUDITOR)
    assert auditor.post("/cases/1/findings", text=GOOD).status_code == 403
    nobody = place.browser()
    assert nobody.raw.post("/cases/1/findings", data={"text": GOOD}).status_code == 303


def test_the_length_is_counted_as_the_platform_counts(place: Place) -> None:
    take(place.store, a_seen_review(external_id="r2", platform="x"))
    seat = Seat(place, RESPONDER, 2)
    page = seat.look()
    assert re.search(r'<meter id="reply-meter" min="0" max="\d+"', page)
    assert f'<span id="reply-length">{len(editor(page))}</span>' in page


# Cooling, overruling, taking back


def test_a_heated_draft_is_suggested_to_cool(seat: Seat) -> None:
    seat.do("draft", text=f"{GOOD} THIS IS NOT FAIR!!!")
    assert "It sounds heated" in seat.look()
    file = seat.do("cool")
    assert file.replies[0].cool_until == seat.place.now + HOUR
    page = seat.look()
    assert "It cools until" in page
    assert "It sounds heated" not in page
    boss = Seat(seat.place, DIRECTOR)
    assert "cools until" in boss.refused(
        "approve", reply=file.replies[0].id, acknowledge=["shouting", "defensive"]
    )


def test_a_privacy_officer_overrules_one_finding(seat: Seat, place: Place) -> None:
    seat.do("draft", text=TOO_MUCH)
    assert "Overrule one finding" not in seat.look()
    officer = Seat(place, PRIVACY)
    page = officer.look()
    assert "Overrule one finding" in page
    block = re.search(r'<option value="(confirms_relationship:\d+:\d+)"', page)
    assert block
    assert "--why" not in officer.refused("overrule", finding=block[1], why="")
    file = officer.do("overrule", finding=block[1], why="It answers the mayor.")
    assert "It answers the mayor." in officer.look()
    file = Seat(place, DIRECTOR).do("approve", reply=file.replies[0].id)
    assert file.replies[0].state == ReplyState.BY_HAND


def test_an_approval_is_taken_back(seat: Seat, place: Place) -> None:
    file = seat.do("draft", text=GOOD)
    boss = Seat(place, DIRECTOR)
    boss.do("approve", reply=file.replies[0].id)
    assert "Take the approval back" in boss.look()
    assert boss.do("withdraw", why="too early").replies[0].state == ReplyState.WITHDRAWN


def test_a_live_reply_is_taken_down_by_hand(place: Place) -> None:
    live(place)
    boss = Seat(place, DIRECTOR)
    assert "Somebody takes it down by hand" in boss.look()
    boss.do("take-down", why="a street name in it")
    assert "To be taken down" in boss.look()
    file = boss.do("taken-down", evidence="looked at ten past nine")
    assert file.replies[0].state == ReplyState.WITHDRAWN


# A reply that revealed something


def test_an_incident_is_opened_seen_by_few_and_closed(place: Place) -> None:
    live(place)
    writer = Seat(place, RESPONDER)
    writer.do("incident", text="It says that the author was here.")
    page = writer.look()
    assert "It says that the author was here." not in page
    assert "already" in writer.refused("incident", text="Once more.")
    officer = Seat(place, PRIVACY)
    page = officer.look()
    assert "It says that the author was here." in page
    assert "7 to do" in page
    said = officer.refused("incident-close")
    assert "Keep evidence first" in said
    officer.do("incident-decide", outcome="low_probability", text="Four factors, weighed.")
    for task in officer.file().tasks:
        if task.kind == "breach" and task.done_at is None:
            officer.do("task-done", task=task.id, evidence="in the folder")
    officer.do("incident-close")
    assert officer.file().incidents[0].closed_at is not None
    chief = Seat(place, CHIEF)
    assert "Open an incident" in chief.look()

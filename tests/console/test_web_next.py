"""The one next step of a case: what it is for whom, in the order of what can wait least."""

from __future__ import annotations

import pytest

from cases import custody, following
from cases.answering import publishing, replies
from cases.models import Person
from cases.ports import Capabilities, PlatformError
from cases.talking import conversation
from cases.talking.conversation import contact, hear, received
from cases.talking.correspondents import Point, Who, identify, match
from console.web.nextstep import Next, next_step
from tests.builders import (
    CHIEF,
    DAY,
    DIRECTOR,
    HOUR,
    RESPONDER,
    Desk,
    a_seen_review,
)

GOOD = (
    "Thank you for telling us. We are sorry, and we would like to listen. Privacy rules keep us "
    "from saying more in public. Please call or write to Dana Field, clinical director: "
    "+12125550100, care@elm.example."
)
GRAVE = "They gave me the wrong dose and I ended up in the emergency room."
API, BY_HAND = Capabilities(reply=True), Capabilities()


@pytest.fixture
def desk(sqlite_store) -> Desk:
    return Desk(sqlite_store)


def step(desk: Desk, who: str = DIRECTOR) -> Next:
    person: Person = desk.file.people[who]
    return next_step(desk.file, desk.now, person)


def known(desk: Desk, *channels: str) -> None:
    values = {"phone": "+12125550123", "email": "pat@quill.example", "sms": "+12125550123"}
    points = [Point(c, values[c], desk.store.index(c, values[c])) for c in channels]
    desk.do(match, Who("Pat Quill", "patient", "self", "they rang us"), points)


def answered(desk: Desk) -> None:
    desk.do(replies.decide_on_none, "no_reply_needed")


def reached(desk: Desk) -> None:
    desk.do(contact, "phone", "reached", "", desk.now)


def test_a_new_review_wants_a_public_answer(desk: Desk) -> None:
    assert step(desk).section == "reply"


def test_a_grave_one_wants_somebody_to_take_the_safety_before_all_else(sqlite_store) -> None:
    desk = Desk(sqlite_store, a_seen_review(GRAVE))
    assert step(desk).move == "take"
    desk.do(custody.take)
    assert step(desk).section == "reply"


def test_nobody_is_asked_to_take_what_is_about_themselves(sqlite_store) -> None:
    desk = Desk(sqlite_store, a_seen_review(GRAVE))
    desk.do(custody.set_about, [desk.file.people[RESPONDER]])
    assert step(desk, RESPONDER).button == ""


def test_a_draft_is_the_approvers_next_step_and_not_the_responders(desk: Desk) -> None:
    desk.do(replies.draft, GOOD, by=RESPONDER)
    assert step(desk).button == "Read and approve"
    assert step(desk, RESPONDER).section == "who"


def test_who_wrote_a_grave_draft_does_not_approve_it(sqlite_store) -> None:
    desk = Desk(sqlite_store, a_seen_review(GRAVE))
    desk.do(custody.take)
    desk.do(replies.draft, GOOD)
    assert step(desk).button != "Read and approve"
    assert step(desk, CHIEF).button == "Read and approve"


def test_an_approved_reply_is_posted_by_hand_where_no_program_can(desk: Desk) -> None:
    desk.do(replies.draft, GOOD)
    desk.do(replies.approve, BY_HAND, ())
    assert "post it on the platform" in step(desk).what


def test_an_approved_reply_that_leaves_by_itself_is_nobodys_next_step(desk: Desk) -> None:
    desk.do(replies.draft, GOOD)
    desk.do(replies.approve, API, ())
    assert step(desk).section == "who"


@pytest.mark.parametrize(("sent", "says"), [(None, "Nobody knows"), (False, "refused")])
def test_a_reply_that_failed_is_somebodys_next_step(
    desk: Desk, sent: bool | None, says: str
) -> None:
    desk.do(replies.draft, GOOD)
    reply = desk.do(replies.approve, API, ()).replies[-1]
    desk.do(publishing.did_not_go_live, reply, PlatformError("x", "x", permanent=True, sent=sent))
    assert says in step(desk).what


@pytest.mark.parametrize(
    ("channels", "section"),
    [(("phone", "email"), "call"), (("email",), "write"), ((), "call")],
)
def test_they_are_called_where_there_is_a_number_else_written_to(
    desk: Desk, channels: tuple[str, ...], section: str
) -> None:
    answered(desk)
    known(desk, *channels)
    assert step(desk).section == section


def test_contact_may_end_when_nobody_can_tell_who_wrote_it(desk: Desk) -> None:
    answered(desk)
    assert step(desk).button == "Find out who it is"
    desk.do(conversation.looked_for, False, "")
    assert "Nobody can tell who wrote it" in step(desk).what


def test_who_wrote_to_us_is_answered_before_anything_is_published(desk: Desk) -> None:
    known(desk, "email")
    desk.do(received, "email", "Please ring me.", desk.now)
    assert (step(desk).button, step(desk).section) == ("Answer them", "write")


def test_a_pause_is_the_next_step_while_it_lasts(desk: Desk) -> None:
    from cases.clockwork.pauses import pause

    answered(desk)
    known(desk, "phone")
    desk.do(contact, "phone", "no_answer", "", desk.now)
    desk.do(pause, ["reach"], desk.now + 2 * DAY, "they are travelling")
    assert step(desk).move == "resume"
    assert "they are travelling" in step(desk).what
    desk.now += 2 * DAY
    assert step(desk).section == "call"


def test_from_the_account_to_the_end_each_stage_has_its_step(desk: Desk) -> None:
    answered(desk)
    known(desk, "phone")
    reached(desk)
    assert step(desk).section == "hear"
    desk.do(hear, "Two hours.", "", [])
    assert step(desk).section == "who"  # two identifiers before their care is discussed
    desk.do(identify, ["name", "date_of_birth"], "")
    assert step(desk).section == "resolve"
    desk.do(following.resolve, "wait_time", "A second desk.", True)
    assert "is watched until" in step(desk).what
    desk.now += 15 * DAY
    assert "The window is over" in step(desk).what
    desk.do(following.look, "stands")
    assert step(desk).button == "Follow up"
    desk.do(following.follow_up_by_phone, "reached", "")
    assert step(desk).button == "Close the case"
    desk.do(following.close, "satisfied")
    assert step(desk) == Next("The case is closed: they are content.")


def test_a_closed_case_leads_to_the_task_that_is_still_owed(desk: Desk) -> None:
    desk.do(custody.add_task, "promise", "Ring them", desk.now + DAY)
    desk.do(following.dismiss, "not_a_complaint", "")
    assert step(desk).section == "tasks"


def test_whether_it_is_a_troll_is_decided_before_it_is_answered(desk: Desk) -> None:
    desk.do(custody.judge_troll, True, "the same text at forty practices")
    assert step(desk).section == "close"


def test_a_hold_is_told_where_only_what_goes_out_is_left(desk: Desk) -> None:
    desk.do(custody.hold, "counsel")
    assert "On hold" in step(desk).what
    desk.now += HOUR
    desk.do(custody.release)
    assert step(desk).section == "reply"

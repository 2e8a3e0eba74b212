"""A heated draft cools for an hour, and everything else goes on."""

from datetime import timedelta

import pytest

from cases.answering import cooling, replies
from cases.models import ReplyState
from cases.needs import IllegalMove
from cases.ports import Capabilities
from tests.builders import DIRECTOR, HOUR, MINUTE, RESPONDER, T0, Desk, a_file
from tests.cases.answering.test_replies import GOOD

API = Capabilities(reply=True)


@pytest.fixture
def cooled(desk: Desk) -> Desk:
    desk.do(replies.draft, GOOD, by=RESPONDER)
    desk.do(cooling.cool, by=DIRECTOR)
    return desk


def test_shouting_and_defence_sound_heated() -> None:
    for text in ("THIS IS NOT TRUE!!!", "That is simply false, and you know it."):
        assert cooling.heated(replies.findings(a_file(), text, API))
    assert not cooling.heated(replies.findings(a_file(), GOOD, API))


def test_nobody_approves_a_draft_while_it_cools(cooled: Desk) -> None:
    with pytest.raises(IllegalMove, match="cools until 10:00"):
        cooled.do(replies.approve, API, ())
    cooled.now = T0 + HOUR - MINUTE
    with pytest.raises(IllegalMove, match="cools"):
        cooled.do(replies.approve, API, ())
    cooled.now = T0 + HOUR
    cooled.do(replies.approve, API, ())
    assert cooled.file.replies[0].state == ReplyState.APPROVED


def test_the_reply_stays_owed_while_its_draft_cools(cooled: Desk) -> None:
    (before,) = [c for c in cooled.file.clocks if c.kind == "acknowledge"]
    assert before.ended_at is None
    assert cooled.file.pauses.get(before.id, ()) == ()
    assert before.due_at == T0 + timedelta(hours=4)
    assert cooled.events()[-1] == "reply_cools"


def test_who_wrote_in_anger_does_not_get_round_it_with_another_draft(cooled: Desk) -> None:
    cooled.do(replies.draft, f"{GOOD} We are listening.", by=RESPONDER)
    with pytest.raises(IllegalMove, match="cools"):
        cooled.do(replies.approve, API, ())


def test_somebody_else_may_write_a_calmer_one_at_once(cooled: Desk) -> None:
    cooled.do(replies.draft, f"{GOOD} We are listening.", by=DIRECTOR)
    cooled.do(replies.approve, API, (), by="morgan")
    assert cooled.store.replies_to_publish()


def test_a_draft_cools_once_at_a_time(cooled: Desk) -> None:
    with pytest.raises(IllegalMove, match="already"):
        cooled.do(cooling.cool)


def test_without_a_draft_nothing_cools(desk: Desk) -> None:
    with pytest.raises(IllegalMove, match="first: draft"):
        desk.do(cooling.cool)

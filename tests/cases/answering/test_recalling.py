"""A reply taken back, changed once it is live, or taken down from where it stands."""

from datetime import datetime, timedelta

import pytest

from cases.answering import publishing, recalling, replies
from cases.custody import hold
from cases.models import Reply, ReplyState
from cases.needs import IllegalMove
from cases.ports import Capabilities, PlatformError, Published
from tests.builders import HOUR, RESPONDER, T0, Desk
from tests.cases.answering.test_replies import GOOD

API = Capabilities(reply=True, edit_reply=True, delete_reply=True)
NO_EDIT = Capabilities(reply=True)
BY_HAND = Capabilities()
BETTER = f"{GOOD} We are listening."


def approved(desk: Desk, can: Capabilities = API, text: str = GOOD) -> Reply:
    desk.do(replies.draft, text, by=RESPONDER)
    desk.do(replies.approve, can, ())
    return newest(desk)


def newest(desk: Desk) -> Reply:
    return max(desk.file.replies, key=lambda reply: reply.id)


@pytest.fixture
def live(desk: Desk) -> Desk:
    desk.do(publishing.submit, approved(desk))
    desk.do(publishing.went_live, newest(desk), Published("g1", "https://reviews.example/g1"))
    return desk


def states(desk: Desk) -> list[str]:
    return [reply.state for reply in sorted(desk.file.replies, key=lambda reply: reply.id)]


# Before the public saw it


def test_an_approved_reply_is_withdrawn_before_it_is_live(desk: Desk) -> None:
    approved(desk)
    desk.do(recalling.withdraw, "written about another clinic")
    assert states(desk) == [ReplyState.WITHDRAWN]
    assert desk.store.replies_to_publish() == []
    assert desk.file.case.acknowledged_at is None


def test_with_it_goes_the_posting_somebody_owed(desk: Desk) -> None:
    approved(desk, BY_HAND)
    desk.do(recalling.withdraw, "")
    assert desk.file.tasks[0].done_at == T0
    assert "task" not in desk.running()


def test_what_the_platform_has_is_not_withdrawn(live: Desk) -> None:
    with pytest.raises(IllegalMove, match="no reply waits"):
        live.do(recalling.withdraw, "")


# Changed once it is live


def test_a_live_reply_is_changed_by_one_that_takes_its_place(live: Desk) -> None:
    second = approved(live, API, BETTER)
    assert (second.state, states(live)[0]) == (ReplyState.APPROVED, ReplyState.LIVE)
    assert publishing.posted_id(live.file, second) == "g1"
    live.do(publishing.submit, second)
    live.do(publishing.went_live, newest(live), Published("g1"))
    assert states(live) == [ReplyState.EDITED, ReplyState.LIVE]


def test_where_no_program_may_change_it_a_person_does(live: Desk) -> None:
    assert approved(live, NO_EDIT, BETTER).state == ReplyState.BY_HAND
    live.do(replies.posted, "https://reviews.example/g1", T0)
    assert states(live) == [ReplyState.EDITED, ReplyState.LIVE]


# Taken down


def test_a_live_reply_is_taken_down_by_the_platform(live: Desk) -> None:
    live.do(recalling.take_down, API, "it named a street")
    assert states(live) == [ReplyState.RECALLED]
    (due,) = live.store.replies_to_take_down(T0)
    assert due == (live.file.case.id, newest(live).id)
    live.do(recalling.taken_down, "google took it down")
    assert states(live) == [ReplyState.WITHDRAWN]
    assert live.store.replies_to_take_down(T0) == []


def test_or_by_hand_with_a_task(live: Desk) -> None:
    live.do(recalling.take_down, BY_HAND, "")
    assert live.store.replies_to_take_down(T0 + HOUR) == []
    (task,) = live.file.tasks
    assert (task.kind, task.due_at) == ("take_down", T0 + 4 * HOUR)
    with pytest.raises(IllegalMove, match="--evidence"):
        live.do(recalling.taken_down, " ")
    live.do(recalling.taken_down, "looked at 10:15, it is gone")
    assert live.file.tasks[0].evidence == "looked at 10:15, it is gone"
    assert "task" not in live.running()


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (PlatformError("busy"), timedelta(minutes=10)),
        (PlatformError("limit", retry_after=HOUR), HOUR),
        (PlatformError("no", permanent=True), None),
    ],
)
def test_a_platform_that_refuses_is_asked_again_and_then_a_person(
    live: Desk, error: PlatformError, again: timedelta | None
) -> None:
    live.do(recalling.take_down, API, "")
    live.do(recalling.not_taken_down, newest(live), error)
    look: datetime | None = newest(live).look_at
    assert look == (T0 + again if again else None)
    assert [task.kind for task in live.file.tasks] == ([] if again else ["take_down"])


def test_after_three_tries_a_person_takes_it_down(live: Desk) -> None:
    live.do(recalling.take_down, API, "")
    for _ in range(3):
        live.do(recalling.not_taken_down, newest(live), PlatformError("busy"))
    assert [task.kind for task in live.file.tasks] == ["take_down"]


def test_a_hold_leaves_what_stands_as_it_is(live: Desk) -> None:
    live.do(recalling.take_down, API, "")
    live.do(hold, "counsel")
    assert live.store.replies_to_take_down(T0) == []
    with pytest.raises(IllegalMove, match="first: release"):
        live.do(recalling.take_down, API, "")

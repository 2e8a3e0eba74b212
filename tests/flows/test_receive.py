"""What came by itself is read once, in any order; what nobody can read stays where it is seen."""

import pytest

from cases.arriving.arrivals import arrive
from cases.changes import About, Add, Change, Happened, Moment
from cases.models import Arrival, ArrivalState, Source
from cases.ports import Capabilities, Page, PlatformError
from flows import platforms, receive
from tests.builders import DAY, HOUR, MINUTE, T0, a_seen_review
from tests.pushing import Pusher, a_push
from tests.story import Story


@pytest.fixture
def pushed(story: Story, monkeypatch: pytest.MonkeyPatch) -> Story:
    values = {"id": "hook", "name": "hook", "platform": "google", "place": "there"}
    story.store.apply(
        [
            Change(
                About(Source, "hook", 0),
                Moment(T0, "setup", story.ids),
                adds=[Add(Source, values)],
                events=[Happened("added")],
            )
        ]
    )
    monkeypatch.setattr(receive, "pushes", lambda *_: Pusher())
    return story


def push(story: Story, body: bytes) -> bool:
    """Let it come, as the console keeps it; False where it came before."""
    moment = Moment(story.now, "hook", story.ids)
    change = arrive("push", "hook", body, {"x-signature": "secret"}, moment)
    return bool(story.store.apply([change]).applied)


def unread(story: Story) -> list[Arrival]:
    return story.store.arrivals((ArrivalState.UNREAD,))


def test_a_push_becomes_a_case_within_the_minute(pushed: Story) -> None:
    push(pushed, a_push())
    assert pushed.run("receive")["cases"] == 1
    assert pushed.case().review.source_id == "hook"
    assert pushed.run("receive")["arrived"] == 0
    (source,) = [each for each in pushed.store.sources() if each.id == "hook"]
    assert source.last_seen_at == pushed.now


def test_a_push_sent_twice_is_one(pushed: Story) -> None:
    assert push(pushed, a_push())
    assert not push(pushed, a_push())
    assert pushed.run("receive")["new"] == 1


def test_what_came_is_sealed_while_it_waits_and_let_go_of_once_read(pushed: Story) -> None:
    push(pushed, a_push(text="They lost my chart."))
    (waiting,) = pushed.store.arrivals((ArrivalState.WAITING,))
    assert "chart" not in str(waiting.body)
    assert "secret" not in str(waiting.headers)
    pushed.run("receive")
    read = pushed.store.arrival(waiting.id)
    assert read is not None
    assert (read.state, read.body) == (ArrivalState.READ, None)


def test_what_nobody_can_read_is_kept_and_seen(pushed: Story) -> None:
    push(pushed, b"<html>")
    push(pushed, a_push())
    assert pushed.run("receive")["cases"] == 1  # it stops no other
    (left,) = unread(pushed)
    assert (left.code, left.body is not None) == ("pusher-unreadable", True)


def test_what_cannot_be_read_for_now_is_tried_five_times(
    pushed: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(Pusher):
        def read(self, body: bytes, headers: object) -> Page | None:
            raise PlatformError("pusher-down")

    monkeypatch.setattr(receive, "pushes", lambda *_: Broken())
    push(pushed, a_push())
    for _ in range(4):
        pushed.run("receive")
        pushed.now += MINUTE
    assert unread(pushed) == []
    pushed.run("receive")
    assert [each.tries for each in unread(pushed)] == [5]


def test_a_hint_fetches_at_once(pushed: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    class Board:
        can = Capabilities(pull=True)

        def pages(self, *_: object) -> list[Page]:
            return [Page((a_seen_review(),))]

    monkeypatch.setattr(platforms, "connect", lambda *_: Board())
    push(pushed, b"{}")
    assert pushed.run("receive")["cases"] == 1


def test_a_removal_that_is_pushed_is_looked_at_before_it_is_believed(pushed: Story) -> None:
    push(pushed, a_push())
    pushed.run("receive")
    push(pushed, b'{"gone": "p1"}')
    pushed.now += HOUR
    pushed.run("receive")
    review = pushed.case().review
    assert (review.missing_at, review.gone_at) == (pushed.now, None)
    pushed.now += DAY
    push(pushed, b'{"gone": "p1" }')
    pushed.run("receive")
    assert pushed.case().review.gone_at == pushed.now


def test_a_push_for_a_source_that_is_gone_stays_where_it_is_seen(pushed: Story) -> None:
    moment = Moment(pushed.now, "hook", pushed.ids)
    pushed.store.apply([arrive("push", "nobody", a_push(), {}, moment)])
    pushed.run("receive")
    assert [each.code for each in unread(pushed)] == ["no-source"]

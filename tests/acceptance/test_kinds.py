"""The clocks of promises, appeals, messages to our page and of keeping in touch."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cases import following
from cases.clockwork.promptness import promptness
from cases.custody import add_task, task_done
from cases.needs import IllegalMove
from cases.talking.conversation import contact, hear
from tests.acceptance.desk import at, clocks_of, reached, the, written_to
from tests.builders import DAY, HOUR, MINUTE, T0, Desk


def test_a_promise_has_a_clock_of_its_own_and_outlives_the_case(desk: Desk) -> None:
    reached(desk).do(hear, "They waited.", "", [("Call back", T0 + DAY), ("Write", T0 + 2 * DAY)])
    assert [c.due_at for c in clocks_of(desk, "promise")] == [T0 + DAY, T0 + 2 * DAY]
    desk.do(following.dismiss, "not_ours", "another practice")
    assert desk.running() == {"promise"}
    first = min(desk.file.tasks, key=lambda task: task.due_at)
    desk.now = T0 + 25 * HOUR
    desk.do(task_done, first, "called them")
    ends = {clock.key: (clock.ended_how, clock.missed_at) for clock in clocks_of(desk, "promise")}
    assert ends[first.id] == ("met", T0 + DAY)


def test_an_appeal_runs_until_its_date_or_as_long_as_the_playbook_says(desk: Desk) -> None:
    desk.do(add_task, "appeal", "Contest it with the platform", at(2, 12))
    desk.do(add_task, "appeal", "Contest it with the other platform", None)
    assert [clock.due_at for clock in clocks_of(desk, "appeal")] == [at(2, 12), at(4, 17)]
    assert [task.due_at for task in desk.file.tasks] == [at(2, 12), at(4, 17)]
    with pytest.raises(IllegalMove, match="has a date"):
        desk.do(add_task, "corrective_action", "Two more chairs", None)


def test_a_page_message_is_due_in_15_minutes_and_its_share_is_counted_over_seven_days(
    desk: Desk,
) -> None:
    for day in (0, 1, 4):
        desk.now = T0 + day * DAY
        written_to(desk, channel="page_message")
        assert the(desk, "message").due_at == desk.now + 15 * MINUTE
        desk.now += timedelta(minutes=10 if day else 20)
        desk.do(contact, "page_message", "sent", "", desk.now)
    rows = desk.store.page_messages(T0 - DAY)
    assert promptness(rows, T0 + 5 * DAY).share == pytest.approx(2 / 3)
    assert promptness(rows, T0 + 7 * DAY + HOUR).share == 1  # the late one is over a week ago
    assert promptness(rows, T0 + 30 * DAY).share is None


def test_a_page_message_nobody_answered_counts_as_late_before_any_sweep_saw_it(
    desk: Desk,
) -> None:
    written_to(desk, channel="page_message")
    rows = desk.store.page_messages(T0 - DAY)
    assert promptness(rows, T0 + 14 * MINUTE).of == 0  # it may still be in time
    assert promptness(rows, T0 + 15 * MINUTE).share == 0


def test_whoever_we_spoke_with_last_hears_from_us_again_while_we_look_into_it(desk: Desk) -> None:
    reached(desk)
    first = the(desk, "in_touch")
    assert first.due_at == T0 + 7 * DAY
    desk.now = T0 + 3 * DAY
    desk.do(contact, "phone", "voicemail", "", desk.now)
    assert the(desk, "in_touch").id == first.id  # a voicemail told them nothing
    desk.do(contact, "phone", "reached", "", desk.now)
    assert the(desk, "in_touch").due_at == T0 + 10 * DAY
    assert next(c for c in desk.file.clocks if c.id == first.id).ended_how == "met"


def test_their_message_ends_keeping_in_touch_until_we_have_answered(desk: Desk) -> None:
    written_to(reached(desk))
    assert "in_touch" not in desk.running()
    desk.do(contact, "phone", "reached", "", desk.now)
    assert "in_touch" in desk.running()
    desk.do(hear, "They waited.", "", [])
    assert "in_touch" in desk.running()
    desk.do(following.resolve, "wait_time", "Two more chairs.", True)
    assert "in_touch" not in desk.running()

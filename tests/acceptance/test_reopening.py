"""Closed and open again: what is owed then, and what stays as it was."""

from __future__ import annotations

from cases import following, reopening
from cases.talking.conversation import contact, give_up, looked_for
from cases.viewers import ENGINE
from tests.acceptance.desk import known, step, the, told_of, written_to
from tests.builders import DAY, HOUR, MANAGER, PLAYBOOK, T0, Desk, moment


def closed(desk: Desk) -> Desk:
    known(desk).do(following.dismiss, "not_a_complaint", "")
    return desk


def test_reopened_after_3_days_it_is_the_same_case_with_new_clocks(desk: Desk) -> None:
    """(GLPI#23359: statistics wrong after reopening.)"""
    old = {clock.id: clock for clock in closed(desk).file.clocks}
    desk.now = T0 + 3 * DAY
    desk.do(reopening.take_up, desk.file.playbook, "they called again")
    assert desk.file.case.round == 2
    new = [clock for clock in desk.file.clocks if clock.id not in old]
    assert {(clock.kind, clock.round, clock.started_at) for clock in new} == {
        ("first_try", 2, T0 + 3 * DAY)
    }
    assert all(c == old[c.id] for c in desk.file.clocks if c.id in old)


def test_reopened_after_40_days_it_is_a_new_case_linked_to_the_old_one(desk: Desk) -> None:
    first = closed(desk).file.case
    desk.now = T0 + 40 * DAY
    change = reopening.take_up(desk.file, PLAYBOOK, "they called again", moment(desk.now))
    assert desk.store.apply([change]).applied
    again = desk.store.case_file(change.subject.id, ENGINE)
    assert (again.case.previous_id, again.case.correspondent_id) == (
        first.id, first.correspondent_id,
    )  # fmt: skip
    assert {clock.kind for clock in again.clocks} == {"first_try"}
    assert desk.read().case.closed_at == T0
    assert again.review.id == desk.file.review.id


def test_a_message_to_a_closed_case_is_owned_by_somebody(desk: Desk) -> None:
    """(zammad#1322: what the customer wrote did not start the clock again.)"""
    clock = written_to(closed(desk))
    assert clock.due_at == T0 + HOUR
    step(desk, T0 + HOUR)
    assert MANAGER in told_of(desk, "answer")
    desk.do(reopening.take_up, desk.file.playbook, "they are unhappy still")
    assert the(desk, "answer").id == clock.id  # still owed in the next round
    desk.do(contact, "phone", "reached", "", desk.now)
    assert "answer" not in desk.running()


def test_looking_and_giving_up_stop_no_clock_but_their_own(desk: Desk) -> None:
    clock = written_to(known(desk))
    desk.do(looked_for, True, "")
    assert the(desk, "answer").id == clock.id
    desk.do(give_up, "declined")
    assert "answer" not in desk.running()

"""More time: asked for by one, granted by another, and both dates are kept."""

from __future__ import annotations

import pytest

from cases.clockwork import extensions, pauses
from cases.needs import IllegalMove
from tests.acceptance.desk import at, facts, step, the, told_of
from tests.builders import CHIEF, DIRECTOR, MANAGER, RESPONDER, Desk, a_file


def test_more_time_is_asked_by_one_and_granted_by_another_and_both_dates_are_kept(
    desk: Desk,
) -> None:
    desk.do(extensions.ask, "first_try", at(1, 12), "their number is at the archive", by=RESPONDER)
    assert the(desk, "first_try").due_at == at(0, 17)
    with pytest.raises(IllegalMove, match="somebody else"):
        desk.do(extensions.grant, by=RESPONDER)
    with pytest.raises(IllegalMove, match="it takes one of these"):
        desk.do(extensions.grant, by=DIRECTOR)
    desk.do(extensions.grant, by=MANAGER)
    clock = the(desk, "first_try")
    assert clock.due_at == at(1, 12)
    (kept,) = desk.file.extensions[clock.id]
    assert (kept.from_at, kept.to_at, kept.asked_by, kept.answered_by, kept.reason) == (
        at(0, 17), at(1, 12), RESPONDER, MANAGER, "their number is at the archive",
    )  # fmt: skip


def test_more_time_that_is_refused_leaves_the_date_as_it_was(desk: Desk) -> None:
    desk.do(extensions.ask, "first_try", at(1, 12), "their number is at the archive")
    with pytest.raises(IllegalMove, match="asked already"):
        desk.do(extensions.ask, "first_try", at(1, 13), "and lunch")
    desk.do(extensions.refuse, "call the archive", by=MANAGER)
    assert the(desk, "first_try").due_at == at(0, 17)
    with pytest.raises(IllegalMove, match="nobody asked"):
        desk.do(extensions.grant, by=MANAGER)


def test_a_missed_clock_may_be_given_more_time_but_stays_missed(desk: Desk) -> None:
    desk.now = at(1, 10)
    desk.do(extensions.ask, "first_try", at(2, 12), "their number is at the archive")
    desk.do(extensions.grant, by=MANAGER)  # though no sweep saw the miss
    assert (the(desk, "first_try").missed_at, the(desk, "first_try").due_at) == (
        at(0, 17), at(2, 12),
    )  # fmt: skip
    step(desk, at(3, 12))
    missed = [each["clock"] for each in facts(desk, "missed")]
    assert missed.count("first_try") == 1


def test_after_more_time_people_are_reminded_of_the_new_date(desk: Desk) -> None:
    """(zammad#4348: a second reminder was swallowed although the date had changed.)"""
    step(desk, at(0, 15, 30))
    assert told_of(desk, "first_try") == [DIRECTOR]
    desk.do(extensions.ask, "first_try", at(4, 17), "their number is at the archive")
    desk.do(extensions.grant, by=MANAGER)
    step(desk)
    assert told_of(desk, "first_try") == [DIRECTOR]
    for hour in range(1, 4 * 24):
        step(desk, at(0, 17 + hour))
    assert told_of(desk, "first_try") == [DIRECTOR] * 3
    step(desk, at(7, 9))
    assert MANAGER in told_of(desk, "first_try")


def test_a_pause_after_more_time_moves_the_later_date(desk: Desk) -> None:
    desk.do(extensions.ask, "first_try", at(1, 12), "their number is at the archive")
    desk.do(extensions.grant, by=MANAGER)
    desk.do(pauses.pause, ["first_try"], at(0, 11), "they are away")
    assert the(desk, "first_try").due_at == at(1, 14)


def test_nobody_the_case_is_about_grants_more_time() -> None:
    file = a_file(about=[MANAGER])
    assert [each.id for each in extensions.approvers(file, DIRECTOR)] == [CHIEF]

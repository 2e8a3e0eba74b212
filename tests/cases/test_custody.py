"""Who has a case, what it is held for, what is known about it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cases import custody
from cases.clockwork.ladders import step
from cases.models import NoticeState, Visibility
from cases.needs import IllegalMove
from cases.people import told
from cases.talking.conversation import write
from cases.talking.correspondents import Point, Who, match
from cases.viewers import viewer_of
from tests.builders import (
    CHIEF,
    DAY,
    DIRECTOR,
    HOUR,
    MANAGER,
    PRIVACY,
    RESPONDER,
    T0,
    Desk,
    a_file,
    a_review,
    moment,
    practised,
    the_people,
)

MAIL = "ivy@home.example"


def writing(desk: Desk) -> None:
    desk.do(
        match,
        Who("Ivy Larkspur", "patient", "self", "the date fits"),
        [Point("email", MAIL, desk.store.index("email", MAIL))],
    )
    desk.do(write, desk.file.points[0], "May we call you?", "Your words to us")


def told_kinds(desk: Desk, person: str) -> list[str]:
    waiting = desk.store.waiting(desk.now, ["email"])
    return [w.notice.kind for w in waiting if w.notice.person_id == person]


# Safety


def test_taking_the_safety_of_a_grave_case_ends_its_clock(desk: Desk) -> None:
    desk.do(custody.set_severity, "grave", "a wrong dose, they say")
    assert "safety" in desk.running()
    desk.now += 10 * HOUR / 60
    desk.do(custody.take, by=CHIEF)
    assert desk.file.case.safe_at == desk.now
    (clock,) = [clock for clock in desk.file.clocks if clock.kind == "safety"]
    assert (clock.ended_how, clock.missed_at) == ("met", None)


def test_a_case_found_grave_on_its_third_day_wakes_two_people_and_has_its_hour(desk: Desk) -> None:
    desk.now += 2 * DAY
    desk.do(custody.set_severity, "grave", "a wrong dose, they say")
    (clock,) = [clock for clock in desk.file.clocks if clock.kind == "safety"]
    assert (clock.due_at, clock.missed_at) == (desk.now + HOUR, None)
    file = replace(desk.file, clocks=[clock])
    change = step(file, moment(desk.now, "sweep"))
    assert {notice["person_id"] for notice in change.notices} == {DIRECTOR, CHIEF}


def test_there_is_no_safety_to_take_in_a_routine_case() -> None:
    with pytest.raises(IllegalMove, match="not grave"):
        custody.take(a_file(), moment())


def test_a_case_found_harmless_and_grave_again_has_a_new_hour(desk: Desk) -> None:
    for severity in ("grave", "routine", "grave"):
        desk.do(custody.set_severity, severity, "read once more")
        desk.now += DAY
    clocks = [clock for clock in desk.file.clocks if clock.kind == "safety"]
    assert sorted(clock.ended_how for clock in clocks) == ["", "cancelled"]


@pytest.mark.parametrize(("severity", "why"), [("dire", "it is"), ("grave", " ")])
def test_a_severity_is_one_of_three_and_has_a_reason(severity: str, why: str) -> None:
    with pytest.raises(IllegalMove, match="--why"):
        custody.set_severity(a_file(), severity, why, moment())


# Who has it


def test_a_case_handed_over_has_a_new_owner_who_is_told(desk: Desk) -> None:
    desk.do(custody.hand_over, the_people()[MANAGER], "on leave from Friday")
    assert desk.file.case.owner_id == MANAGER
    assert told_kinds(desk, MANAGER) == ["handed_over"]


def test_a_case_handed_back_and_forth_tells_each_time(desk: Desk) -> None:
    for name in (MANAGER, DIRECTOR, MANAGER):
        desk.do(custody.hand_over, the_people()[name], "")
    assert told_kinds(desk, MANAGER) == ["handed_over", "handed_over"]


def test_nobody_gets_a_case_who_cannot_have_it() -> None:
    person = the_people()[MANAGER]
    person.active, person.clinics = False, ["oak"]
    with pytest.raises(IllegalMove) as refused:
        custody.hand_over(a_file(about=[MANAGER]), person, "", moment())
    assert len(refused.value.missing) == 3


def test_a_case_about_its_owner_goes_to_somebody_else(desk: Desk) -> None:
    desk.do(custody.set_about, [the_people()[DIRECTOR]])
    assert (desk.file.case.about, desk.file.case.owner_id) == ([DIRECTOR], MANAGER)
    assert {"about", "handed_over"} <= set(desk.events())
    heard = told(["owner", "director"], desk.file.case, desk.file.people, T0)
    assert DIRECTOR not in {person.id for person in heard}


def test_a_case_about_somebody_else_keeps_its_owner(desk: Desk) -> None:
    desk.do(custody.set_about, [the_people()[RESPONDER]])
    assert (desk.file.case.about, desk.file.case.owner_id) == ([RESPONDER], DIRECTOR)


def test_a_case_about_the_only_person_needs_another_first() -> None:
    people = {DIRECTOR: the_people()[DIRECTOR]}
    with pytest.raises(IllegalMove, match="add a person first"):
        custody.set_about(a_file(practised(people=people)), [people[DIRECTOR]], moment())


# Holds


@pytest.mark.parametrize("why", custody.HOLDS)
def test_a_hold_has_a_reason_and_stays(why: str) -> None:
    values = custody.hold(a_file(), why, moment()).sets[0].values
    assert (values["held_at"], values["held_why"]) == (T0, why)


def test_a_hold_for_no_known_reason_is_none() -> None:
    with pytest.raises(IllegalMove, match="counsel"):
        custody.hold(a_file(), "vacation", moment())


def test_a_hold_ends_no_clock_and_a_release_sends_nothing_by_itself(desk: Desk) -> None:
    writing(desk)
    before = desk.running()
    desk.do(custody.hold, "counsel")
    assert desk.running() == before
    assert [notice.state for notice in desk.file.notices] == [NoticeState.PENDING]
    desk.now += 30 * DAY
    desk.do(custody.release)
    assert [(n.state, n.code) for n in desk.file.notices] == [(NoticeState.SUPPRESSED, "held")]
    assert desk.file.case.held_at is None


def test_what_is_not_held_is_not_released(desk: Desk) -> None:
    writing(desk)
    with pytest.raises(IllegalMove, match="no hold"):
        desk.do(custody.release)
    assert [notice.state for notice in desk.file.notices] == [NoticeState.PENDING]


# Trolls


def test_a_confirmed_troll_is_reported_to_the_platform_and_gets_no_reply(desk: Desk) -> None:
    desk.do(custody.judge_troll, True, "The same words stand under forty practices.")
    case, (task,) = desk.file.case, desk.file.tasks
    assert (case.troll, case.acknowledged_how) == ("confirmed", "none: troll")
    assert (task.kind, task.due_at) == ("report_to_platform", T0 + timedelta(days=2))
    assert desk.running() == {"first_try", "task"}


def test_a_troll_is_confirmed_on_evidence() -> None:
    with pytest.raises(IllegalMove, match="--evidence"):
        custody.judge_troll(a_file(), True, " ", moment())


def test_who_is_no_troll_is_answered_like_anybody(desk: Desk) -> None:
    desk.do(custody.judge_troll, False, "")
    assert desk.file.case.troll == "denied"
    assert desk.running() == {"acknowledge", "first_try"}


def test_who_was_taken_for_a_troll_by_mistake_is_owed_a_reply_again(desk: Desk) -> None:
    desk.do(custody.judge_troll, True, "It read like one.")
    assert desk.file.case.stage == "contact"
    desk.do(custody.judge_troll, False, "They telephoned.")
    assert (desk.file.case.stage, desk.file.case.acknowledged_how) == ("acknowledge", "")
    assert "acknowledge" in desk.running()


# Notes and tasks


def test_a_note_is_seen_by_as_many_as_it_is_for(desk: Desk) -> None:
    for seen in Visibility:
        desk.do(custody.add_note, f"for {seen}", seen)
    people = the_people()

    def read_by(name: str) -> list[str | None]:
        file = desk.store.case_file(desk.file.case.id, viewer_of(people[name]))
        return [note.text for note in file.notes]

    assert read_by(RESPONDER) == ["for team"]
    assert read_by(MANAGER) == ["for team", "for risk"]
    assert read_by(PRIVACY) == ["for team", "for risk", "for peer_review"]


def test_a_note_has_words() -> None:
    with pytest.raises(IllegalMove, match="no text"):
        custody.add_note(a_file(), "\n", Visibility.TEAM, moment())


def test_a_task_is_owed_by_somebody_on_a_date_and_done_with_evidence(desk: Desk) -> None:
    desk.do(custody.add_task, "physician_account", "Ask for it", T0 + DAY, owner_id=CHIEF)
    (task,) = desk.file.tasks
    assert (task.owner_id, task.due_at) == (CHIEF, T0 + DAY)
    with pytest.raises(IllegalMove, match="--evidence"):
        desk.do(custody.task_done, task, " ")
    desk.now += HOUR
    desk.do(custody.task_done, task, "on file", by=CHIEF)
    (task,) = desk.file.tasks
    assert (task.done_at, task.evidence) == (desk.now, "on file")
    assert "task" not in desk.running()
    with pytest.raises(IllegalMove, match="no task is open"):
        desk.do(custody.task_done, task, "on file")


def test_a_task_falls_to_the_owner_and_lies_ahead() -> None:
    change = custody.add_task(a_file(), "appeal", "Appeal", T0 + DAY, moment())
    assert change.adds[0].values["owner_id"] == DIRECTOR
    with pytest.raises(IllegalMove, match="has passed"):
        custody.add_task(a_file(), "appeal", "Appeal", T0, moment())


def test_one_task_done_leaves_the_clocks_of_others_alone(desk: Desk) -> None:
    for what in ("one", "two"):
        desk.do(custody.add_task, "corrective_action", what, T0 + DAY)
    first = next(task for task in desk.file.tasks if task.what == "one")
    desk.do(custody.task_done, first, "done")
    open_keys = {c.key for c in desk.file.clocks if c.kind == "task" and c.ended_at is None}
    assert open_keys == {task.id for task in desk.file.tasks if task.what == "two"}


def test_work_on_an_owner_needs_a_grave_review_only_for_safety() -> None:
    file = a_file(review=a_review(severity="grave"))
    assert custody.take(file, moment()).sets[0].values["safe_at"] == T0

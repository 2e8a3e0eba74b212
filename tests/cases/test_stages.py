"""Where a case stands, what each move needs, and the clocks that follow from what is shown."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from cases.casefile import CaseFile
from cases.changes import Add, Happened, Set
from cases.clockwork.clocks import end
from cases.models import (
    Case,
    Clock,
    ContactPoint,
    Correspondent,
    Extension,
    Incident,
    Pause,
    Reply,
    Stage,
    Task,
)
from cases.needs import MOVES, NEEDS, IllegalMove, lacking, legal
from cases.stages import keyed_clock, record, standing
from tests.builders import DAY, HOUR, PLAYBOOK, T0, a_file, a_review, moment

# For each need: facts that meet it, facts that do not, and what the remedy must speak of.
CLOSED = {"closed_at": T0}
KNOWN, IDENTIFIED = {"who": ()}, {"who": ("name", "address")}
NEED: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "open": ({}, CLOSED, "reopen"),
    "in_talk": ({}, CLOSED, "reopen"),
    "answered": ({}, {"wrote": True}, "nobody answered"),
    "answer_owed": ({"wrote": True}, {"wrote": False}, "waits for an answer"),
    "asked_for_time": ({"asked": True}, {"asked": False}, "first: extend"),
    "closed": (CLOSED, {"closed_at": None}, "still open"),
    "not_merged": ({}, {"merged_into_id": "case-2"}, "unmerge"),
    "merged": ({"merged_into_id": "case-2"}, {"merged_into_id": None}, "not merged"),
    "not_held": ({}, {"held_at": T0}, "release"),
    "held": ({"held_at": T0}, {"held_at": None}, "no hold"),
    "unacknowledged": ({}, {"acknowledged_at": T0}, "already"),
    "acknowledged": ({"acknowledged_at": T0}, {"acknowledged_at": None}, "no-reply"),
    "drafted": ({"reply": "draft"}, {"reply": "live"}, "first: draft"),
    "approved": ({"reply": "by_hand"}, {"reply": "draft"}, "first: approve"),
    "waiting_reply": ({"reply": "approved"}, {"reply": "live"}, "no reply waits"),
    "standing_reply": ({"reply": "live"}, {"reply": "draft"}, "no reply of ours stands"),
    "recalled": ({"reply": "recalled"}, {"reply": "live"}, "first: take-down"),
    "was_public": ({"reply": "unknown"}, {"reply": "by_hand"}, "ever public"),
    "incident_open": ({"incident_closed_at": None}, {"incident_closed_at": T0}, "first: incident"),
    "known": (KNOWN, {"who": None}, "match"),
    "unknown": ({}, KNOWN, "unmatch"),
    "contact_open": ({}, {"contact_how": "reached", "contact_ended_at": T0}, "reached already"),
    "reached": ({"contact_how": "reached", "contact_ended_at": T0}, {"contact_how": ""}, "call"),
    "unheard": ({}, {"heard_at": T0}, "already"),
    "heard": ({"heard_at": T0}, {"heard_at": None}, "hear"),
    "identified": (IDENTIFIED, KNOWN, "identify"),
    "unresolved": ({}, {"resolved_at": T0}, "already"),
    "resolved": ({"resolved_at": T0}, {"resolved_at": None}, "resolve"),
    "monitored": ({"monitor_ended_at": T0}, {"monitor_ended_at": None}, "look"),
    "unasked": ({}, {"followed_up_at": T0}, "asked already"),
    "followed_up": ({"followed_up_at": T0}, {"followed_up_at": None, **KNOWN}, "follow-up"),
    "troll_confirmed": ({"troll": "confirmed"}, {"troll": "suspected"}, "troll"),
    "no_troll": ({}, {"troll": "confirmed"}, "gets no reply"),
    "grave": ({"severity": "grave"}, {"severity": "routine"}, "grave"),
    "paused": ({"paused": True}, {"paused": False}, "no pause"),
    "task_open": ({"task_done_at": None}, {"task_done_at": T0}, "first: task"),
    "safe": ({}, {"severity": "grave", "safe_at": None}, "safety"),
}
PAIRS = [(move, need) for move, needs in MOVES.items() for need in needs]


def the_file(facts: dict[str, Any]) -> CaseFile:
    """Return a case with these columns, and with these others.

    `who` is the kinds of identifiers of its correspondent, `reply` the state of its reply,
    `paused` whether its clocks are, `task_done_at` when its task was done, `wrote` whether a
    message waits for an answer, `asked` whether somebody asked for more time,
    `incident_closed_at` when its incident was closed.
    """
    others = {"who", "reply", "paused", "task_done_at", "wrote", "asked", "incident_closed_at"}
    file = a_file(**{name: value for name, value in facts.items() if name not in others})
    if "reply" in facts:
        file = replace(file, replies=[a_reply(facts["reply"])])
    if facts.get("paused"):
        file = replace(file, pauses={clock.id: [a_pause(clock)] for clock in file.clocks})
    if facts.get("wrote"):
        file = with_clocks(file, "answer")
    if facts.get("asked"):
        clock = file.clocks[0]
        file = replace(file, extensions={clock.id: [an_extension(clock)]})
    if "incident_closed_at" in facts:
        file = replace(file, incidents=[an_incident(facts["incident_closed_at"])])
    if "task_done_at" in facts:
        file = replace(file, tasks=[a_task(facts["task_done_at"])])
    return file if facts.get("who") is None else known_as(file, facts["who"])


def a_reply(state: str) -> Reply:
    return Reply(
        id="reply-1",
        case_id="case-1",
        review_id="review-1",
        state=state,
        text="Thank you.",
        drafted_by="director",
        drafted_at=T0,
    )


def a_pause(clock: Clock) -> Pause:
    return Pause(
        id="pause-1", clock_id=clock.id, from_at=T0, until_at=T0 + DAY, reason="away", by="director"
    )


def an_extension(clock: Clock) -> Extension:
    return Extension(
        id="extension-1", clock_id=clock.id, asked_at=T0, asked_by="director", reason="more",
        from_at=T0, to_at=T0 + DAY,
    )  # fmt: skip


def an_incident(closed_at: Any) -> Incident:
    return Incident(
        id="incident-1", case_id="case-1", reply_id="reply-1", discovered_at=T0, opened_at=T0,
        opened_by="director", closed_at=closed_at,
    )  # fmt: skip


def a_task(done_at: Any) -> Task:
    return Task(
        id="task-1", case_id="case-1", kind="promise", what="Call", created_at=T0, done_at=done_at
    )


def known_as(file: CaseFile, identifiers: Sequence[str]) -> CaseFile:
    who = Correspondent(
        id="who-1",
        clinic_id="elm",
        relation="patient",
        care_of="self",
        identifiers=list(identifiers),
        recorded_at=T0,
    )
    point = ContactPoint(id="point-1", correspondent_id="who-1", channel="email", index="i")
    return replace(file, correspondent=who, points=[point])


def facts_for(move: str, missing: str = "") -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for need in MOVES[move]:
        if need != missing:
            facts |= NEED[need][0]
    return facts | (NEED[missing][1] if missing else {})


@pytest.mark.parametrize("move", MOVES)
def test_a_move_is_legal_once_all_it_needs_is_there(move: str) -> None:
    legal(move, the_file(facts_for(move)))


@pytest.mark.parametrize(("move", "need"), PAIRS)
def test_a_move_without_one_of_its_needs_is_refused_and_says_what_to_do(
    move: str, need: str
) -> None:
    with pytest.raises(IllegalMove) as refused:
        legal(move, the_file(facts_for(move, missing=need)))
    assert refused.value.move == move
    assert any(NEED[need][2] in each for each in refused.value.missing)
    assert NEED[need][2] in str(refused.value)


def test_every_need_is_used_by_a_move_and_tried_here() -> None:
    used = {need for _, need in PAIRS}
    assert used == set(NEEDS) == set(NEED)


def test_a_refusal_names_all_that_is_missing_at_once() -> None:
    file = the_file({"held_at": T0, **KNOWN})
    assert len(lacking("close", file)) == 5
    with pytest.raises(IllegalMove) as refused:
        legal("follow-up", replace(file, correspondent=None))
    assert len(refused.value.missing) == 3  # watched still, nobody known, held


def test_a_correspondent_taken_back_counts_as_none() -> None:
    file = the_file(dict(KNOWN))
    assert file.correspondent is not None
    file.correspondent.undone_at = T0
    assert lacking("write", file)
    assert not lacking("match", file)


def test_anyone_but_the_patient_needs_authority_to_hear_of_care() -> None:
    file = the_file({"heard_at": T0, **IDENTIFIED})
    assert file.correspondent is not None
    file.correspondent.care_of = "adult"
    assert any("authority" in each for each in lacking("resolve-told", file))
    file.correspondent.authority = "power of attorney, seen"
    assert not lacking("resolve-told", file)


# Where a case stands


IN_ORDER = (
    ("acknowledged_at", Stage.CONTACT),
    ("contact_ended_at", Stage.LISTEN),
    ("heard_at", Stage.RESOLVE),
    ("resolved_at", Stage.MONITOR),
    ("monitor_ended_at", Stage.FOLLOW_UP),
    ("closed_at", Stage.CLOSED),
)


def test_a_new_case_stands_at_acknowledge() -> None:
    assert standing(a_file().case) == Stage.ACKNOWLEDGE


@pytest.mark.parametrize("shown", range(1, 7))
def test_each_result_moves_the_case_one_stage_on(shown: int) -> None:
    facts: dict[str, Any] = {name: T0 for name, _ in IN_ORDER[:shown]}
    assert standing(a_file(**facts).case) == IN_ORDER[shown - 1][1]


def test_a_result_shown_early_skips_no_stage() -> None:
    case = a_file(contact_ended_at=T0, heard_at=T0).case
    assert standing(case) == Stage.ACKNOWLEDGE
    case.acknowledged_at = T0
    assert standing(case) == Stage.RESOLVE


def test_a_move_to_another_stage_is_an_event_and_the_same_stage_is_none() -> None:
    file = a_file()
    moved = record(file, moment(), Happened("x"), facts={"acknowledged_at": T0})
    assert [event.kind for event in moved.events] == ["x", "moved"]
    assert moved.events[1].detail == {"from": "acknowledge", "to": "contact"}
    stays = record(file, moment(), Happened("x"), facts={"first_try_at": T0})
    assert [event.kind for event in stays.events] == ["x"]


# Which clocks follow


def started(file: CaseFile, at: Any = T0 + HOUR, **facts: Any) -> dict[str, Clock]:
    change = record(file, moment(at), Happened("x"), facts=facts)
    return {a.values["kind"]: Clock(**a.values) for a in change.adds if a.table is Clock}


def ended(file: CaseFile, at: Any = T0 + HOUR, **facts: Any) -> dict[str, str]:
    change = record(file, moment(at), Happened("x"), facts=facts)
    kinds = {clock.id: clock.kind for clock in file.clocks}
    return {kinds[s.id]: s.values["ended_how"] for s in change.sets if s.table is Clock}


def with_clocks(file: CaseFile, *kinds: str) -> CaseFile:
    adds = [keyed_clock(file, kind, "", moment()) for kind in kinds]
    return replace(file, clocks=[*file.clocks, *(Clock(**add.values) for add in adds)])


def test_opening_starts_the_public_clock_and_the_first_try() -> None:
    assert {clock.kind for clock in a_file().clocks} == {"acknowledge", "first_try"}


def test_a_grave_review_starts_the_safety_clock_too() -> None:
    file = a_file(review=a_review(severity="grave"))
    safety = next(clock for clock in file.clocks if clock.kind == "safety")
    assert safety.due_at == T0 + HOUR
    assert safety.look_at == T0  # two people are told at once


START = [
    ({"first_try_at": T0}, {"reach"}),
    ({"first_try_at": T0, "contact_ended_at": T0, "contact_how": "reached"}, {"listen"}),
    ({"contact_ended_at": T0, "contact_how": "unreachable", "heard_at": T0}, {"resolve"}),
    ({"heard_at": T0}, {"resolve"}),
    ({"heard_at": T0, "resolved_at": T0}, {"monitor"}),
    ({"resolved_at": T0, "monitor_ended_at": T0, "monitor_how": "stands"}, {"follow_up"}),
    ({"resolved_at": T0, "monitor_ended_at": T0, "monitor_how": "removed"}, set()),
    ({"acknowledged_at": T0}, set()),
]


@pytest.mark.parametrize(("facts", "kinds"), START)
def test_a_fact_starts_the_clock_of_what_comes_next(facts: dict[str, Any], kinds: set[str]) -> None:
    assert set(started(a_file(), **facts)) == kinds


def test_a_clock_counts_from_the_fact_and_not_from_when_it_was_noted() -> None:
    clock = started(a_file(), T0 + DAY, resolved_at=T0 + 2 * HOUR)["monitor"]
    assert clock.started_at == T0 + 2 * HOUR
    assert clock.due_at is not None
    assert clock.due_at - clock.started_at >= timedelta(days=14)


KEEP = [
    ("acknowledge", {"acknowledged_at": T0}),
    ("first_try", {"first_try_at": T0}),
    ("reach", {"first_try_at": T0, "contact_ended_at": T0}),
    ("listen", {"contact_ended_at": T0, "contact_how": "reached", "heard_at": T0}),
    ("resolve", {"heard_at": T0, "resolved_at": T0}),
    ("monitor", {"resolved_at": T0, "monitor_ended_at": T0}),
    ("follow_up", {"monitor_ended_at": T0, "monitor_how": "stands", "followed_up_at": T0}),
    ("safety", {"severity": "grave", "safe_at": T0}),
]


@pytest.mark.parametrize(("kind", "facts"), KEEP)
def test_a_fact_keeps_the_promise_its_clock_stands_for(kind: str, facts: dict[str, Any]) -> None:
    file = a_file() if kind in ("acknowledge", "first_try") else with_clocks(a_file(), kind)
    assert ended(file, **facts)[kind] == "met"


def test_a_promise_kept_late_counts_as_missed_though_no_sweep_saw_it() -> None:
    file = a_file()
    change = record(file, moment(T0 + DAY), Happened("x"), facts={"acknowledged_at": T0 + DAY})
    clock = next(c for c in file.clocks if c.kind == "acknowledge")
    values = next(s.values for s in change.sets if s.id == clock.id)
    assert values["ended_how"] == "met"
    assert values["missed_at"] == clock.due_at


def test_a_case_found_grave_later_has_its_hour_from_then_on() -> None:
    safety = started(a_file(), T0 + DAY, severity="grave")["safety"]
    assert (safety.started_at, safety.due_at) == (T0 + DAY, T0 + DAY + HOUR)


def test_a_case_found_harmless_needs_nobody_to_take_its_safety() -> None:
    file = a_file(review=a_review(severity="grave"))
    assert ended(file, severity="routine") == {"safety": "cancelled"}


def test_closing_cancels_all_that_runs_but_tasks() -> None:
    file = with_clocks(a_file(), "answer", "task")
    assert ended(file, closed_at=T0) == {
        "acknowledge": "cancelled",
        "first_try": "cancelled",
        "answer": "cancelled",
    }


def test_a_closed_case_starts_no_clock() -> None:
    assert started(a_file(), closed_at=T0, first_try_at=T0) == {}


def test_a_new_round_cancels_the_old_clocks_but_tasks_and_starts_its_own() -> None:
    file = with_clocks(a_file(acknowledged_at=T0), "resolve", "task")
    facts = {"round": 2, "began_at": T0 + DAY, "first_try_at": None}
    assert ended(file, T0 + DAY, **facts) == {
        "acknowledge": "cancelled",
        "first_try": "cancelled",
        "resolve": "cancelled",
    }
    new = started(file, T0 + DAY, **facts)
    assert {kind: clock.round for kind, clock in new.items()} == {"first_try": 2}
    assert new["first_try"].started_at == T0 + DAY


def test_a_promise_made_again_in_the_same_round_gets_a_clock_of_its_own() -> None:
    file = with_clocks(a_file(first_try_at=T0), "resolve")
    old = next(clock for clock in file.clocks if clock.kind == "resolve")
    old.ended_at, old.ended_how = T0, "cancelled"
    again = started(file, heard_at=T0 + HOUR)["resolve"]
    assert (again.key, again.round) == ("2", old.round)


def test_a_clock_the_caller_ended_is_ended_once() -> None:
    file = with_clocks(a_file(), "answer")
    answer = file.clocks[-1]
    mine = end(answer, "met", moment())
    change = record(file, moment(), Happened("x"), facts={"closed_at": T0}, ends=[mine])
    assert [s.values["ended_how"] for s in change.sets if s.id == answer.id] == ["met"]


def test_a_record_leaves_the_rows_it_was_given_alone() -> None:
    file = a_file()
    before = file.case.model_dump(), [clock.model_dump() for clock in file.clocks]
    change = record(file, moment(), Happened("x"), facts={"closed_at": T0})
    assert before == (file.case.model_dump(), [clock.model_dump() for clock in file.clocks])
    assert isinstance(change.sets[0], Set)
    assert change.sets[0].table is Case
    assert all(isinstance(add, Add) for add in change.adds)


def test_clocks_carry_the_playbook_they_were_started_under() -> None:
    assert {clock.playbook_version for clock in a_file().clocks} == {PLAYBOOK.version}

"""How a case is told: marked words, promises in plain words, the path, what rules say."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from cases.casefile import CaseFile
from cases.checking.compliance import Finding, Level
from cases.clockwork.pauses import pause, resume
from cases.models import Pause, Stage
from cases.needs import NEEDS
from console.web.marks import Piece, pieces, warnings
from console.web.path import path
from console.web.promises import due_words, kept, owed
from console.web.saying import in_words, plain
from tests.builders import DAY, HOUR, MINUTE, T0, Desk, a_file, a_review

NEW_YORK = "America/New_York"


def found(start: int, end: int, level: Level, code: str = "x") -> Finding:
    return Finding(code, level, start, end, "", "", "", "")


@pytest.fixture
def desk(sqlite_store) -> Desk:
    return Desk(sqlite_store)


def test_marked_pieces_join_to_the_very_text() -> None:
    text = "We saw you on Monday."
    cut = pieces(
        text, [found(0, 10, Level.WARN), found(3, 20, Level.BLOCK), found(21, 21, Level.WARN)]
    )
    assert "".join(piece.text for piece in cut) == text
    assert cut[0] == Piece("We ", "warn")
    assert cut[1] == Piece("saw you", "block")  # where two overlap, the graver one
    assert cut[-1] == Piece(".", "")


def test_a_text_without_findings_is_one_plain_piece_and_an_empty_one_none() -> None:
    assert pieces("Thank you.", []) == [Piece("Thank you.", "")]
    assert pieces("", []) == []


def test_each_warning_is_acknowledged_once_and_a_block_never() -> None:
    many = [
        found(0, 1, Level.WARN, "a"),
        found(2, 3, Level.WARN, "a"),
        found(0, 1, Level.BLOCK, "b"),
    ]
    assert [each.code for each in warnings(many)] == ["a"]


@pytest.mark.parametrize(
    ("after", "says"),
    [
        (2 * HOUR, "due today 11:00, 2 h left"),
        (26 * HOUR, "due tomorrow 11:00, 26 h left"),
        (3 * DAY, "due Thu Nov 5, 09:00, 3 days left"),
        (-30 * MINUTE, "overdue by 30 min, was due today 08:30"),
        (-1 * DAY, "overdue by 24 h, was due yesterday 09:00"),
    ],
)
def test_a_deadline_is_said_by_the_clinics_own_clock(after, says: str) -> None:
    assert due_words(T0 + after, T0, NEW_YORK) == says


def test_a_promise_explains_how_its_time_came_about() -> None:
    first, second = owed(a_file(), T0)
    assert first.why == "Mon 09:00 + 4 duty hours: 4 h today; due Mon Nov 2 13:00"
    assert second.due == "due today 17:00, 8 h left"
    assert second.why.endswith("due Mon Nov 2 17:00")  # the same instant, not the next opening


def test_a_pause_moves_the_promise_and_both_are_told(desk: Desk) -> None:
    desk.do(pause, ["acknowledge"], desk.now + HOUR, "counsel reads it")
    (reply,) = [each for each in owed(desk.file, desk.now) if each.kind == "acknowledge"]
    assert reply.paused == "waits until Mon Nov 2, 10:00: counsel reads it"
    assert reply.due == "due today 14:00, 5 h left"
    assert reply.why == (
        "Mon 09:00 + 4 duty hours: 4 h today; paused Mon Nov 2 09:00 to 10:00; due Mon Nov 2 14:00"
    )
    desk.now += HOUR / 2
    desk.do(resume)
    assert not any(each.paused for each in owed(desk.file, desk.now))


def paused(file: CaseFile, kind: str, since: datetime) -> str:
    """Return why a promise is due when it is, with an hour's pause since then."""
    (clock,) = [each for each in file.clocks if each.kind == kind]
    stretch = {"from_at": since, "until_at": since + HOUR, "reason": "counsel reads it"}
    pauses = {clock.id: [Pause(id="p", clock_id=clock.id, **stretch)]}
    (told,) = [each for each in owed(replace(file, pauses=pauses), T0) if each.kind == kind]
    return told.why


def test_a_pause_of_what_was_due_already_moves_nothing_and_is_not_told() -> None:
    why = "Mon 09:00 + 4 duty hours: 4 h today; due Mon Nov 2 13:00"
    assert paused(a_file(), "acknowledge", T0 + 5 * HOUR) == why


def test_round_the_clock_too_only_a_pause_before_it_is_due_moves_a_promise() -> None:
    grave = a_file(review=a_review(severity="grave"))
    why = "1 h from Mon Nov 2, 09:00, round the clock"
    assert paused(grave, "safety", T0 + HOUR / 2) == f"{why}; moved on by a pause"
    assert paused(grave, "safety", T0 + 2 * HOUR) == why


def test_a_promise_that_ended_says_how_and_whether_late(desk: Desk) -> None:
    from cases.answering.replies import decide_on_none

    desk.now += 5 * HOUR
    desk.do(decide_on_none, "no_reply_needed")
    (ended,) = kept(desk.file)
    assert ended == (
        "A public reply",
        "kept Mon Nov 2, 14:00, late (it was due Mon Nov 2, 13:00)",
    )


def test_the_path_shows_where_it_stands_and_what_each_stage_lacks(desk: Desk) -> None:
    steps = path(desk.file)
    assert [each.stage for each in steps] == list(Stage)[:-1]
    assert [each.state for each in steps] == ["now", *["later"] * 5]
    assert all(each.missing for each in steps)


def test_a_stage_done_before_its_turn_is_shown_as_done() -> None:
    file = a_file(contact_ended_at=T0, contact_how="reached")
    assert [each.state for each in path(file)][:3] == ["now", "done", "later"]


def test_a_case_closed_without_work_owes_no_stage() -> None:
    file = replace(a_file(acknowledged_at=T0, closed_at=T0, outcome="dismissed: duplicate"))
    assert {each.state for each in path(file)} == {"done", "skipped"}


def test_no_need_of_the_rules_is_told_in_the_words_of_the_command_line() -> None:
    for said in plain(need.remedy for need in NEEDS.values()):
        assert "--" not in said
        assert "_" not in said
    assert plain(["say who it is (--name) and on what basis (--basis)"]) == [
        "say who it is and on what basis"
    ]
    assert plain(["nobody is recorded as the correspondent; first: match"]) == [
        "nobody is recorded as the correspondent; first: record who it is"
    ]


def test_codes_are_said_as_people_say_them() -> None:
    assert in_words("skipped: not_ours") == "skipped: not about us"
    assert in_words("wait_time") == "wait time"

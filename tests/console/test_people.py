"""People at the terminal: how they are told, what they have, and cases handed on in bulk."""

from __future__ import annotations

import pytest

from tests.console.shell import DANA, MONDAY, Shell

CHRIS = "chris@elm.example"


def owned(amends: Shell) -> dict[int, str]:
    found = amends.done("cases", "--json", "--as", CHRIS).lines()
    return {each["number"]: each["owner"] for each in found}


def test_all_cases_are_handed_over_by_one_command(amends: Shell) -> None:
    said = amends.done("person", "hand-over", "--from", DANA, "--to", CHRIS, "--why", "on leave")
    assert "2 cases are handed over" in said.out
    assert set(owned(amends).values()) == {CHRIS}


def test_what_stays_is_named_with_its_reason(amends: Shell) -> None:
    amends.act(1, "about", "--person", CHRIS)
    said = amends.done("person", "hand-over", "--from", DANA, "--to", CHRIS).out
    assert "1 cases are handed over" in said
    assert "Case 1 stays: the case is about Chris Vale." in said


def test_only_those_in_a_stage_or_of_a_clinic(amends: Shell) -> None:
    none = ("person", "hand-over", "--from", DANA, "--to", CHRIS, "--stage", "resolve")
    assert "0 cases are handed over" in amends.done(*none).out
    all_ = ("person", "hand-over", "--from", DANA, "--to", CHRIS, "--clinic", "elm-street")
    assert "2 cases are handed over" in amends.done(*all_).out
    assert amends(*none[:-1], "nonsense").code == 2


def test_the_cases_of_who_leaves_fall_to_somebody_else(amends: Shell) -> None:
    said = amends.done("person", "deactivate", DANA).out
    assert "2 cases are handed over" in said
    assert set(owned(amends).values()) == {CHRIS}


def test_how_somebody_is_told_is_kept(founded: Shell) -> None:
    founded.done("person", "prefer", DANA, "--reminders", "digest", "--quiet", "tue 08:00-12:00",
                 "--at-most", 20, "--zone", "America/Chicago")  # fmt: skip
    founded.done("person", "prefer", DANA, "--never-quiet")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--reminders", "sometimes"), "at_once, digest, off"),
        (("--quiet", "tue 8-12"), "08:00-12:00"),
        (("--quiet", "mon-sun 00:00-24:00"), "shorten them"),
        (("--zone", "Mars/Base"), "Mars/Base"),
        ((), "say what is to be different"),
    ],
)
def test_how_somebody_cannot_be_told_is_said(
    founded: Shell, words: tuple[str, ...], said: str
) -> None:
    answer = founded("person", "prefer", DANA, *words)
    assert answer.code == 2
    assert said in answer.err or "09:00-17:00" in answer.err


def test_i_have_it_is_a_move_like_any_other(amends: Shell) -> None:
    assert amends.act(1, "have-it", now=MONDAY).code == 0
    assert "has_it" in amends.done("case", 1).out

from __future__ import annotations

import time

import pytest

from cases.judging.themes import ENOUGH, OTHER
from cases.judging.triage import Triage, triage
from cases.lexicons import table


def because(seen: Triage, theme: str) -> str:
    return next(b.words for b in seen.because if b.what == f"theme: {theme}")


@pytest.mark.parametrize(
    ("text", "blamed", "spared"),
    [
        ("The woman at the front desk was rude to everyone.", "front_office", "bedside_manner"),
        ("The receptionist is rude and unprofessional.", "front_office", "bedside_manner"),
        ("The doctor was rude and unprofessional.", "bedside_manner", "front_office"),
        ("She was so rude to my mother.", "bedside_manner", "front_office"),
    ],
)
def test_rude_is_filed_under_whoever_was_rude(text: str, blamed: str, spared: str) -> None:
    themes = triage(text, 1).themes
    assert blamed in themes
    assert spared not in themes


def test_two_weak_words_name_a_theme_that_neither_names_alone() -> None:
    assert "poor_follow_up" not in triage("I was waiting for days.", 1).themes
    both = triage("Left three messages and I am still waiting for the results after two weeks.", 1)
    assert "poor_follow_up" in both.themes


def test_a_reason_shows_the_words_that_weigh_most() -> None:
    seen = triage("I came at nine and waited two hours in the waiting room.", 1)
    assert "hours" in because(seen, "wait_time")


def test_words_of_a_theme_in_a_friendly_sentence_do_not_count() -> None:
    text = "The receptionist was lovely, kind and helpful. The doctor never listened to me."
    assert "front_office" not in triage(text, 1).themes


def test_a_praised_sentence_does_not_excuse_the_next_one() -> None:
    text = "Lovely, kind and helpful doctor. The front desk staff were rude and lost my paperwork."
    assert "front_office" in triage(text, 1).themes


def test_other_needs_words_of_its_own_beside_a_theme() -> None:
    assert OTHER not in triage("He rushed me and would not listen.", 1).themes
    assert triage("Hm.", 1).themes == (OTHER,)


def test_every_theme_weighs_what_the_judge_reads() -> None:
    for name, each in table("themes.toml")["theme"].items():
        assert {"base", "page", "also", "words"} <= set(each), name
        assert any(float(weight) > 0 for weight in each["words"]), name
        assert each["base"] < ENOUGH or name == OTHER


def test_saying_it_often_weighs_no_more_and_takes_no_long() -> None:
    once = triage("They lost my paperwork.", 1).themes
    began = time.perf_counter()
    often = triage("They lost my paperwork. " * 4_000, 1).themes
    assert time.perf_counter() - began < 1
    assert set(often) <= set(once) | {OTHER}

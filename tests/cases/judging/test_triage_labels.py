"""The hand-labelled reviews: well formed, and judged no worse than when last looked at."""

from __future__ import annotations

import pytest

from benchmarks.evaluate import PARTS, judged, labelled, score, triage_report
from cases.judging.motive import Kind
from cases.judging.triage import Severity, triage

ROWS = labelled("reviews.jsonl")


def test_there_are_enough_in_both_parts_and_none_twice() -> None:
    assert len(ROWS) >= 220
    assert {row["part"] for row in ROWS} == set(PARTS)
    assert len({row["text"] for row in ROWS}) == len({row["id"] for row in ROWS}) == len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_the_labels_use_our_words(row: dict[str, object]) -> None:
    assert row["severity"] in set(Severity)
    assert row["kind"] in set(Kind)
    assert bool(row["codes"]) == (row["severity"] == "grave")


@pytest.mark.parametrize("part", PARTS)
def test_grave_is_found_and_seldom_called_for_nothing(part: str) -> None:
    rows = judged(row for row in ROWS if row["part"] == part)
    found = score((row["severity"] == "grave", seen.severity == "grave") for row, seen in rows)
    assert found.recall >= 0.85
    assert found.precision >= 0.85


def test_negative_is_heard_without_stars() -> None:
    plain = [row for row in ROWS if row["language"] == "en" and row["kind"] != "praise"]
    found = score((row["negative"], triage(row["text"]).negative) for row in plain)
    assert found.f1 >= 0.88


def test_a_score_is_what_precision_and_recall_are() -> None:
    found = score([(True, True), (True, False), (False, True), (False, False), (True, True)])
    assert (found.hit, found.false, found.missed) == (2, 1, 1)
    assert found.precision == found.recall == found.f1 == pytest.approx(2 / 3)


def test_the_report_has_a_table_for_each_question() -> None:
    told = "\n".join(triage_report())
    for name in ("negative, text alone", "severity grave", "themes, micro", "perhaps a troll"):
        assert told.count(name) == len(PARTS) + 1  # and the file held back from learning

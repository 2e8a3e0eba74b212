"""A year lived by the real rules: the same seed the same to the byte, and nothing owed is lost."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest

from cases.casefile import CaseFile
from cases.clockwork import clocks
from cases.ports import SeenReview
from cases.simulating.lived import Lived
from cases.simulating.simulation import simulate
from cases.simulating.staffing import Staffing, delay
from tests.builders import PLAYBOOK, T0, a_clinic, a_seen_review

TEXTS = (
    "Two hours late and nobody said sorry.",
    "The desk was rude and the bill was wrong twice.",
    "Nobody called me back about my results.",
    "They left an infection untreated and I ended up in hospital for surgery.",
    "Lovely people, five stars from me.",
)
CLINICS = {"elm-street": a_clinic()}
WITH_HOLIDAYS = {"elm-street": a_clinic(region="US")}


def year(count: int, *, days: int = 365) -> list[SeenReview]:
    apart = timedelta(days=days) / count
    return [
        replace(
            a_seen_review(TEXTS[n % 5], rating=5 if n % 5 == 4 else 1),
            external_id=f"r{n}",
            posted_at=T0 + n * apart,
        )
        for n in range(count)
    ]


def live(seen: Iterable[SeenReview], seed: int = 1, **staff: object) -> tuple[Lived, bytes]:
    told: list[str] = []
    lived = simulate(
        seen,
        PLAYBOOK,
        CLINICS,
        Staffing(**staff),  # type: ignore[arg-type]
        seed,
        lambda line: told.append(json.dumps(line)),
    )
    return lived, "\n".join(told).encode()


def test_the_same_seed_gives_the_same_events_to_the_byte_and_another_does_not() -> None:
    first, second, other = (live(year(60), seed)[1] for seed in (1, 1, 2))
    assert first == second
    assert first != other


def test_what_people_like_opens_no_case() -> None:
    lived, _ = live(year(50))
    assert (lived.reviews, lived.cases, lived.closed) == (50, 40, 40)


def test_whoever_answers_at_once_misses_nothing_in_public() -> None:
    lived, _ = live(year(40), people=4, respond=delay("fixed:1m"))
    assert lived.clocks["acknowledge"].missed == 0
    assert lived.promised.share == 1.0


def test_whoever_takes_two_days_for_everything_misses_every_public_reply() -> None:
    lived, _ = live(year(40), people=4, respond=delay("fixed:2d"))
    assert lived.clocks["acknowledge"].kept == 0
    assert lived.rungs["escalated"] >= lived.cases


def test_two_share_what_one_cannot_do_alone() -> None:
    crowd = year(200, days=5)
    alone, _ = live(crowd, people=1, respond=delay("fixed:5m"))
    shared, _ = live(crowd, people=3, respond=delay("fixed:5m"))
    assert alone.clocks["acknowledge"].missed > shared.clocks["acknowledge"].missed
    assert len(shared.work) == 3


def test_a_review_without_a_date_is_refused_by_its_name() -> None:
    with pytest.raises(ValueError, match="r0 has no date"):
        live([replace(a_seen_review(), external_id="r0", posted_at=None)])


def test_a_thousand_cases_in_a_year_end_with_every_obligation_accounted_for() -> None:
    seen: list[CaseFile] = []
    lived = simulate(year(1_250), PLAYBOOK, WITH_HOLIDAYS, Staffing(people=3), 7, rest=seen.append)
    assert (lived.cases, lived.closed, len(seen)) == (1_000, 1_000, 1_000)
    for file in seen:
        account(file)


def account(file: CaseFile) -> None:
    """Every clock ended one way; every rung ripe by then fired once; every miss is a miss."""
    for clock in file.clocks:
        promise, pauses = file.playbook.clocks[clock.kind], file.pauses.get(clock.id, ())
        fired = Counter((r.rung, r.occurrence) for r in file.fired.get(clock.id, ()))
        assert clock.ended_at is not None
        assert clock.ended_how in ("met", "cancelled")
        wanted = clocks.due(clock, promise, pauses, (), file.calendars, clock.ended_at)
        late = clock.ended_at >= wanted.due_at
        assert (clock.missed_at == wanted.due_at) is late, clock
        before = {(r.rung, r.occurrence) for r in wanted.ripe if r.at < clock.ended_at}
        assert before <= fired.keys() <= {(r.rung, r.occurrence) for r in wanted.ripe}
        assert set(fired.values()) <= {1}
    assert all(task.done_at is not None for task in file.tasks)


def test_the_figures_are_plain_json_and_add_up() -> None:
    lived, _ = live(year(30))
    facts = json.loads(json.dumps(lived.as_dict()))
    for tally in facts["clocks"].values():
        parts = ("kept", "missed", "cancelled", "open")
        assert sum(tally[part] for part in parts) == tally["started"]
    assert facts["work"]["director-1"]["most"] >= facts["work"]["director-1"]["mean"]


def test_a_message_from_them_goes_before_what_waits() -> None:
    lived, _ = live(year(60), people=4, respond=delay("fixed:5m"), writes=1.0)
    answers = lived.clocks["answer"]
    assert answers.started > 0
    assert answers.missed == 0

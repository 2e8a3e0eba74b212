"""Workers killed by SIGKILL while they deliver: nothing is lost, doubled to a patient, or stuck."""

from __future__ import annotations

import json
import multiprocessing as mp
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from benchmarks.ground import KINDS, Kind
from tests.chaos.rounds import AT_RANDOM, CHANNELS, Told, ruined
from tests.chaos.worker import POINTS

KILLS = 255  # on each database


def apart(work: Callable[[], Any]) -> Any:
    """Do it in a process of its own: who forks workers runs no thread, and pytest may."""
    with ProcessPoolExecutor(1, mp.get_context("spawn")) as pool:
        return pool.submit(work).result()


@pytest.fixture(scope="module", params=KINDS)
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("chaos")
    return folder, apart(partial(ruined, request.param, KILLS, 1, folder))


def test_after_every_kill_each_notice_arrived_or_a_person_telephones(
    told: tuple[Path, Told],
) -> None:
    _, found = told
    assert (found.lost, found.doubled, found.stuck, found.broken) == ([], [], [], 0)
    assert found.kills.total() >= KILLS
    assert found.checked["patient"] >= KILLS / 2
    assert found.checked["staff"] >= KILLS / 2


def test_workers_died_at_every_point_on_both_channels(told: tuple[Path, Told]) -> None:
    _, found = told
    points = {f"{channel}: {point}" for channel in CHANNELS for point in (*POINTS, AT_RANDOM)}
    assert {point for point in points if not found.kills[point]} == set()


def test_what_a_kill_left_is_settled_when_the_leases_have_run_out(told: tuple[Path, Told]) -> None:
    _, found = told
    lease = 15 + 2  # minutes; and the run after it
    in_one_lease = [wait for wait in found.waits if wait <= lease]
    assert len(in_one_lease) > len(found.waits) / 2  # the others were hit again and again
    assert sorted(found.waits)[int(len(found.waits) * 0.95)] <= 10 * lease
    assert max(found.waits) < 24 * 60  # a text hit again until the evening waits for the morning


def test_the_journals_stay(told: tuple[Path, Told]) -> None:
    folder, found = told
    kills = [json.loads(line) for line in (folder / "kills.jsonl").read_text().splitlines()]
    assert len(kills) == found.kills.total()
    assert (folder / "accepted.jsonl").stat().st_size


@pytest.mark.parametrize("kind", KINDS[:1])
def test_a_delivery_that_forgets_its_doubts_is_found_out(kind: Kind, tmp_path: Path) -> None:
    found: Told = apart(partial(ruined, kind, 25, 1, tmp_path, careless=True))
    assert found.doubled

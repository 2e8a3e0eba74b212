"""Random walks over the record and an independent model of its clocks: they never part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from benchmarks.ground import KINDS, Shelf
from cases import clinics
from cases.clockwork import clocks
from cases.models import Clock, Pause
from cases.settings import Settings
from cases.talking import conversation, correspondents
from cases.talking.correspondents import Point, Who
from flows import sweep
from flows.house import House
from tests.builders import DAY, HOUR, IDS, PLAYBOOK, T0, Desk, moment
from tests.walks.moves import FREE
from tests.walks.records import Records
from tests.walks.walk import steps_of

RUNS, STEPS, PARTS = 100, 50, 4  # on each database, other walks on the other
# What these walks must have come by, or they show little.
_MET = {*FREE, "acknowledge", "hear", "resolve", "follow_up", "close", "reopen"}
WHO = Who("Somebody", "patient", "self", "the practice's records")
_DONE: dict[str, Counter[str]] = {}


@pytest.fixture(scope="module", params=KINDS)
def records(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Records]:
    kind, server = request.param, ""
    folder: Path = tmp_path_factory.mktemp("walks")
    if kind == "postgres":
        server = request.getfixturevalue("postgres")
    shelf = Shelf(kind, folder, server)
    yield Records(shelf)
    shelf.drop("walk")
    shelf.drop("blank")


@pytest.mark.parametrize("part", range(PARTS))
def test_the_record_says_what_an_independent_model_says_after_each_step(
    records: Records, part: int
) -> None:
    done = _DONE.setdefault(records.shelf.kind, Counter())
    first = KINDS.index(records.shelf.kind) * RUNS
    for seed in range(first + part, first + RUNS, PARTS):
        done += records.walk(seed, STEPS)


def test_the_walks_came_by_every_move_and_every_mishap(records: Records) -> None:
    wanted = _MET | {"sweep", "overlap", "crash", "restart", "hours", "policy", "time: back"}
    assert not {name for name in wanted if not _DONE[records.shelf.kind][name]}


def test_a_seed_gives_the_same_walk_again(records: Records) -> None:
    assert steps_of(7, STEPS) == steps_of(7, STEPS) != steps_of(8, STEPS)
    assert records.walk(7, 20) == records.walk(7, 20)


# Where they once parted


def swept(desk: Desk, now: datetime) -> dict[str, int]:
    desk.now = now
    done = sweep.run(House(Settings(), desk.store, "sweep", now, IDS))
    desk.read()
    return done


def change_day(desk: Desk, day: str, *hours: str) -> None:
    (clinic,) = desk.store.clinics().values()
    if [*hours] == ["as usual"]:
        desk.write(clinics.as_usual(clinic, day, PLAYBOOK, moment(desk.now)))
    else:
        desk.write(clinics.one_off(clinic, day, hours, PLAYBOOK, moment(desk.now)))


def clock(desk: Desk, kind: str) -> Clock:
    (found,) = [each for each in desk.file.clocks if each.kind == kind]
    return found


def test_a_rung_made_ripe_by_new_hours_does_not_wait_for_the_next_one(desk: Desk) -> None:
    change_day(desk, "2026-11-04")  # that Wednesday is closed
    swept(desk, T0 + 2 * DAY)
    assert clock(desk, "acknowledge").look_at == T0 + 3 * DAY + 4 * HOUR  # Thursday's repeat
    desk.now = T0 + 2 * DAY + 5 * HOUR
    change_day(desk, "2026-11-04", "as usual")  # open after all: Wednesday's was at one
    assert swept(desk, desk.now)["stepped"] == 1
    fired = {
        (each.rung, each.occurrence) for each in desk.file.fired[clock(desk, "acknowledge").id]
    }
    assert (4, 1) in fired


def test_what_new_hours_moved_in_time_is_not_missed_because_the_sweep_came_late(
    desk: Desk,
) -> None:
    desk.now = T0 + 3 * HOUR
    change_day(desk, "2026-11-02", "09:00-12:00")
    swept(desk, T0 + 5 * HOUR)  # by the old hours it was due an hour ago
    owed = clock(desk, "acknowledge")
    assert (owed.due_at, owed.missed_at) == (T0 + DAY + HOUR, None)


def test_what_the_old_hours_missed_stays_missed_when_the_sweep_comes_late(desk: Desk) -> None:
    desk.now = T0 + 5 * HOUR
    change_day(desk, "2026-11-02", "09:00-12:00")
    swept(desk, T0 + 6 * HOUR)
    owed = clock(desk, "acknowledge")
    assert (owed.due_at, owed.missed_at) == (T0 + DAY + HOUR, T0 + 4 * HOUR)


def test_a_pause_ended_by_a_clock_that_was_put_back_costs_and_gives_no_time(desk: Desk) -> None:
    first_try = clock(desk, "first_try")
    back = Pause(id="p", clock_id="c", from_at=T0 + 3 * HOUR, until_at=T0 + 5 * HOUR,
                 ended_at=T0 + 2 * HOUR, reason="-")  # fmt: skip
    hours = desk.file.calendars.office
    assert clocks.after_part(first_try, [back], hours) == first_try.due_at


def test_keeping_in_touch_begins_with_the_match_where_they_were_reached_before(desk: Desk) -> None:
    desk.do(conversation.contact, "phone", "reached", "", desk.now)
    assert "in_touch" not in desk.running()
    desk.do(correspondents.match, WHO, [Point("phone", "+12125550147", "phone")])
    assert "in_touch" in desk.running()


def test_keeping_in_touch_begins_again_when_somebody_who_declined_is_reached(desk: Desk) -> None:
    desk.do(correspondents.match, WHO, [Point("phone", "+12125550147", "phone")])
    desk.do(conversation.contact, "phone", "declined", "", desk.now)
    assert "in_touch" not in desk.running()
    desk.do(conversation.contact, "phone", "reached", "", desk.now)
    assert "in_touch" in desk.running()

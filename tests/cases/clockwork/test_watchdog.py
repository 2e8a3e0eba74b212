"""The watchdog: what stands still is told within five minutes, once, and that it is over."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from cases.changes import Change
from cases.clockwork.watchdog import LATE, NAME, SILENCE, Watched, beat, report, troubles
from cases.models import Beat
from cases.store import Store
from tests.builders import ADMIN, DAY, HOUR, MINUTE, T0, a_seen_review, found_practice, moment, take

FIVE = 5 * MINUTE


def beats(**at: datetime) -> dict[str, Beat]:
    return {flow: Beat(id=flow, at=when) for flow, when in at.items()}


def codes(watched: Watched, now: datetime) -> list[str]:
    return [trouble.code for trouble in troubles(watched, now)]


def test_all_is_well_while_every_flow_keeps_its_rhythm() -> None:
    lately = {flow: T0 - patience for flow, patience in SILENCE.items()}
    assert codes(Watched(beats(**lately)), T0) == []


@pytest.mark.parametrize("flow", ["sweep", "deliver"])
def test_a_flow_people_wait_on_is_missed_within_five_minutes(flow: str) -> None:
    watched = Watched(beats(**{flow: T0}))
    assert codes(watched, T0 + SILENCE[flow]) == []
    assert codes(watched, T0 + FIVE) == [f"{flow}_silent"]


def test_a_flow_that_never_ran_here_is_no_trouble_but_a_clock_it_should_have_seen_is() -> None:
    assert codes(Watched({}), T0) == []
    watched = Watched({}, overlooked=T0 - FIVE, overlooked_count=2)
    (trouble,) = troubles(watched, T0)
    assert (trouble.code, trouble.since) == ("clocks_overlooked", T0 - FIVE)
    assert "2 clocks wait" in trouble.words


def test_a_message_nobody_takes_away_is_trouble() -> None:
    assert codes(Watched({}, waiting=T0 - FIVE, waiting_count=1), T0) == ["messages_waiting"]


# In the record


def look(store: Store, now: datetime) -> Change:
    watched = store.watched(now - LATE)
    found = troubles(watched, now)
    known = watched.beats.get(NAME)
    where, people = store.practice_as_subject(), store.administrators()
    change = report(found, known, where, people, moment(now, NAME))
    assert store.apply([change]).applied
    return change


def told(change: Change) -> list[tuple[Any, Any]]:
    return [(notice["kind"], notice["person_id"]) for notice in change.notices]


def pulse(store: Store, flow: str, now: datetime) -> None:
    known = store.beats().get(flow)
    assert store.apply([beat(known, flow, moment(now, flow))]).applied


def test_a_sweep_that_stops_is_told_once_then_daily_then_that_it_runs_again(store: Store) -> None:
    found_practice(store)
    pulse(store, "sweep", T0)
    assert told(look(store, T0 + 3 * MINUTE)) == []
    assert told(look(store, T0 + FIVE)) == [("machine_trouble", ADMIN)]
    assert told(look(store, T0 + 6 * MINUTE)) == []
    assert told(look(store, T0 + DAY)) == []
    assert told(look(store, T0 + DAY + FIVE)) == [("machine_trouble", ADMIN)]
    pulse(store, "sweep", T0 + DAY + 6 * MINUTE)
    assert told(look(store, T0 + DAY + 7 * MINUTE)) == [("machine_well", ADMIN)]
    assert told(look(store, T0 + DAY + 8 * MINUTE)) == []


def test_another_trouble_is_told_though_one_is_known(store: Store) -> None:
    found_practice(store)
    for flow in ("sweep", "intake"):
        pulse(store, flow, T0)
    assert told(look(store, T0 + FIVE)) == [("machine_trouble", ADMIN)]
    change = look(store, T0 + HOUR)
    assert change.events[0].detail["troubles"] == ["intake_silent"]


def test_a_clock_nobody_looks_at_is_seen_though_every_flow_beats(store: Store) -> None:
    found_practice(store)
    take(store, a_seen_review())
    now = T0 + 2 * HOUR + FIVE  # half of the four hours: the owner was to be reminded
    for flow in SILENCE:
        pulse(store, flow, now)
    change = look(store, now)
    assert "clocks_overlooked" in change.events[0].detail["troubles"]


def test_what_is_not_yet_to_leave_is_not_stuck(store: Store) -> None:
    found_practice(store)
    take(store, a_seen_review())  # its owner is told at once: nobody delivers here
    watched = store.watched(T0)
    assert (watched.waiting, watched.waiting_count) == (None, 0)
    later = store.watched(T0 + MINUTE)
    assert (later.waiting, later.waiting_count) == (T0, 1)


def test_the_beat_of_a_flow_is_one_row_that_moves(store: Store) -> None:
    found_practice(store)
    pulse(store, "sweep", T0)
    pulse(store, "sweep", T0 + MINUTE)
    assert {flow: row.at for flow, row in store.beats().items()} == {"sweep": T0 + MINUTE}

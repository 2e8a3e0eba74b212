"""One promise with a deadline: when it is due, who is told when, and that nothing is ever lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.casefile import Calendars, OnTheClock, calendars
from cases.changes import Change, Happened
from cases.clockwork import clocks, ladders, pauses
from cases.clockwork.clocks import ClockError, Ripe
from cases.models import Case, Clinic, Clock, Pause, Person, Role, RungFired
from cases.playbooks.promises import Promise, Rung, Span
from tests.builders import (
    ADMIN,
    CHIEF,
    DAY,
    DIRECTOR,
    HOUR,
    MANAGER,
    MINUTE,
    PLAYBOOK,
    PRIVACY,
    T0,
    a_clinic,
    a_file,
    a_person,
    moment,
    the_people,
)

NEW_YORK = ZoneInfo("America/New_York")
OFFICE = calendars(a_clinic(), PLAYBOOK)
FOREVER = datetime(2031, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def at(text: str) -> datetime:
    """Read a time of the week of T0 (or of the next) in New York: "mon 09:00", "mon+1 09:00"."""
    day, clock = text.split()
    name, _, weeks = day.partition("+")
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun").index(name) + 7 * int(weeks or 0)
    hour, minute = map(int, clock.split(":"))
    local = datetime(2026, 11, 2, hour, minute, tzinfo=NEW_YORK) + timedelta(days=days)
    return local.astimezone(UTC)


def a_clock(
    kind: str = "answer",
    since: datetime = T0,
    promise: Promise | None = None,
    known: Calendars = OFFICE,
    until: datetime | None = None,
) -> Clock:
    promise = promise or PLAYBOOK.clocks[kind]
    return Clock(
        **clocks.start(kind, "case-1", since, promise, known, moment(since), until=until).values
    )


def promised(span: Span, calendar: str = "office", *ladder: Rung) -> Promise:
    return Promise("answer", span, calendar, ladder)


def two_hours(calendar: str = "always") -> Promise:
    return promised(Span(2 * HOUR), calendar)


def a_pause(begin: datetime, until: datetime, ended: datetime | None = None) -> Pause:
    return Pause(id="p", clock_id="c", from_at=begin, until_at=until, ended_at=ended, reason="-")


def due_at(clock: Clock, *pauses: Pause) -> datetime:
    return clocks.after_part(clock, pauses, OFFICE.named(clock.calendar))


def ladder_of(clock: Clock, promise: Promise | None = None) -> list[Ripe]:
    """Return every rung this clock will ever fire."""
    promise = promise or PLAYBOOK.clocks[clock.kind]
    return list(clocks.due(clock, promise, (), (), OFFICE, FOREVER).ripe)


def times_of(clock: Clock, promise: Promise | None = None) -> list[datetime]:
    return [ripe.at for ripe in ladder_of(clock, promise)]


@dataclass
class Running:
    """A case in memory that takes Changes as the record would."""

    case: Case
    people: dict[str, Person]
    clinic: Clinic = field(default_factory=a_clinic)
    promise: Promise | None = None
    clocks: dict[str, Clock] = field(default_factory=dict)
    pauses: dict[str, Pause] = field(default_factory=dict)
    fired: list[RungFired] = field(default_factory=list)
    events: list[Happened] = field(default_factory=list)
    notices: list[Any] = field(default_factory=list)

    def file(self) -> OnTheClock:
        ours = {"answer": self.promise} if self.promise else {}
        return OnTheClock(
            case=self.case,
            clinic=self.clinic,
            people=self.people,
            playbook=replace(PLAYBOOK, clocks={**PLAYBOOK.clocks, **ours}),
            clocks=list(self.clocks.values()),
            pauses={i: [p for p in self.pauses.values() if p.clock_id == i] for i in self.clocks},
            fired={i: [f for f in self.fired if f.clock_id == i] for i in self.clocks},
        )

    def take(self, change: Change) -> Change:
        for table, values in change.adds:
            if table is Pause:
                self.pauses[values["id"]] = Pause(**values)
            elif table is RungFired:
                self.fired.append(RungFired(**values))
        for table, row_id, values in change.sets:
            if table is Clock:
                self.clocks[row_id] = Clock(**{**self.clocks[row_id].model_dump(), **values})
            elif table is Pause:
                self.pauses[row_id] = Pause(**{**self.pauses[row_id].model_dump(), **values})
            else:
                self.case = Case(**{**self.case.model_dump(), **values})
        self.events += change.events
        self.notices += change.notices
        return change

    def step(self, now: datetime) -> Change:
        return self.take(ladders.step(self.file(), moment(now, "sweep")))

    def pause(self, now: datetime, until: datetime, kind: str = "answer") -> Change:
        return self.take(pauses.pause(self.file(), [kind], until, "they are away", moment(now)))

    def resume(self, now: datetime) -> Change:
        return self.take(pauses.resume(self.file(), moment(now)))

    @property
    def clock(self) -> Clock:
        return next(iter(self.clocks.values()))

    @property
    def rungs(self) -> Counter[tuple[int, int]]:
        return Counter((each.rung, each.occurrence) for each in self.fired)

    def kinds(self) -> list[str]:
        return [event.kind for event in self.events]


def running(*clocks_: Clock, **more: Any) -> Running:
    usual: dict[str, Any] = {"case": a_file().case, "people": the_people()}
    return Running(**{**usual, **more}, clocks={clock.id: clock for clock in clocks_})


def told(notices: Iterable[Any]) -> list[str]:
    return [notice["person_id"] for notice in notices]


# When it is due


@pytest.mark.parametrize(
    ("kind", "since", "due"),
    [
        pytest.param("acknowledge", "mon 09:00", "mon 13:00", id="four duty hours"),
        pytest.param("acknowledge", "sat 11:00", "mon+1 10:00", id="duty fills the weekend"),
        pytest.param("acknowledge", "fri 16:00", "sun 11:00", id="one on Friday, two on Saturday"),
        pytest.param("first_try", "mon 09:00", "mon 17:00", id="a working day ends at its closing"),
        pytest.param("first_try", "fri 16:30", "mon+1 16:30", id="a working day over the weekend"),
        pytest.param("first_try", "sat 11:00", "mon+1 17:00", id="a working day from a weekend"),
        pytest.param("reach", "wed 11:00", "mon+1 11:00", id="three working days"),
        pytest.param("listen", "thu 10:00", "mon+1 10:00", id="two working days"),
        pytest.param("resolve", "mon 09:00", "mon+1 09:00", id="seven days by the calendar"),
        pytest.param("answer", "fri 16:30", "mon+1 09:30", id="one office hour"),
        pytest.param("safety", "tue 03:00", "tue 04:00", id="one real hour, at night too"),
    ],
)
def test_a_clock_is_due_when_the_playbook_says(kind: str, since: str, due: str) -> None:
    assert a_clock(kind, at(since)).due_at == at(due)


def test_a_working_day_is_as_long_as_the_clinic_has_it() -> None:
    half_fridays = calendars(
        a_clinic(hours={"mon-thu": ["09:00-17:00"], "fri": ["09:00-12:00"]}), PLAYBOOK
    )
    clock = a_clock("first_try", at("thu 16:30"), known=half_fridays)
    assert clock.due_at == at("fri 12:00")


def test_a_part_of_a_day_span_is_a_part_of_its_open_time() -> None:
    # Three days of eight hours from Thursday noon: half of them is twelve hours.
    clock = a_clock("reach", at("thu 12:00"))
    assert clocks.total(clock, OFFICE.office) == 24 * HOUR
    assert clocks.after_part(clock, (), OFFICE.office, 0.5) == at("fri 16:00")
    assert clocks.after_part(clock, (), OFFICE.office, 0.8) == at("mon+1 15:12")
    assert clocks.after_part(clock, (), OFFICE.office, 0.0) == clock.started_at


def test_a_task_is_due_on_its_own_date_in_whatever_hours_the_playbook_counts() -> None:
    promise = replace(PLAYBOOK.clocks["task"], calendar="office")
    assert a_clock("task", T0, promise, until=at("sat 20:00")).due_at == at("sat 20:00")
    assert a_clock("task", T0, until=at("sat 20:00")).due_at == at("sat 20:00")


def test_a_task_whose_date_has_passed_is_due_at_once() -> None:
    clock = a_clock("task", T0, until=T0 - DAY)
    assert (clock.due_at, clock.look_at) == (T0, T0)


def test_a_clock_is_first_looked_at_when_its_lowest_rung_is_ripe() -> None:
    assert a_clock("acknowledge").look_at == at("mon 11:00")
    assert a_clock("safety", at("tue 03:00")).look_at == at("tue 03:00")


def test_a_clock_without_a_ladder_is_still_looked_at_when_it_is_due() -> None:
    assert a_clock(promise=two_hours()).look_at == T0 + 2 * HOUR


# When people are told


def test_the_standard_ladder_climbs_from_the_owner_to_the_chief() -> None:
    # Four office hours after 13:00 are over at the closing: the chief hears in the morning.
    expected = [
        "mon 11:00", "mon 12:12", "mon 13:00", "tue 09:00", "tue 13:00", "wed 13:00", "thu 13:00",
    ]  # fmt: skip
    assert times_of(a_clock("acknowledge")) == [at(each) for each in expected]


def test_a_reminder_of_the_weekend_comes_in_duty_hours_an_escalation_waits_for_the_office() -> None:
    clock = a_clock("acknowledge", at("fri 14:00"))
    assert clock.due_at == at("sat 11:00")
    assert times_of(clock) == [
        at("fri 16:00"),
        at("sat 10:12"),
        at("mon+1 09:00"),
        at("mon+1 13:00"),
        at("tue+1 09:00"),
        at("wed+1 09:00"),
        at("thu+1 09:00"),
    ]


def test_a_reminder_at_the_closing_minute_comes_the_next_morning() -> None:
    clock = a_clock("first_try", at("mon 13:00"))
    assert times_of(clock)[0] == at("tue 09:00")


def test_a_clock_of_real_days_reminds_in_office_hours() -> None:
    clock = a_clock("monitor", at("sat 12:00"))
    assert times_of(clock)[0] == at("mon+1 09:00") + 7 * DAY


def test_safety_wakes_people_at_once_at_any_hour() -> None:
    clock = a_clock("safety", at("sun 03:00"))
    assert times_of(clock) == [at("sun 03:00"), at("sun 03:30"), at("sun 04:00")]


def test_safety_goes_by_text_where_there_is_a_number_and_tells_two_people_at_once() -> None:
    people = the_people(**{CHIEF: a_person(CHIEF, Role.CHIEF, phone="+12125550123")})
    case = running(a_clock("safety", at("sun 03:00")), people=people)
    change = case.step(at("sun 03:00"))
    assert {n["person_id"]: n["channel"] for n in change.notices} == {
        DIRECTOR: "email",
        CHIEF: "sms",
    }
    assert {n["kind"] for n in change.notices} == {"safety"}


def test_a_repeated_rung_comes_each_day_three_times_at_most() -> None:
    repeated = [ripe for ripe in ladder_of(a_clock("acknowledge")) if ripe.rung == 4]
    assert [ripe.occurrence for ripe in repeated] == [0, 1, 2]
    case = running(a_clock("acknowledge"))
    for day in range(1, 30):
        case.step(T0 + day * DAY)
    assert case.rungs[4, 0] == case.rungs[4, 1] == case.rungs[4, 2] == 1
    assert max(occurrence for _, occurrence in case.rungs) == 2
    assert case.clock.look_at is None


def test_a_rung_repeats_at_the_distance_it_names() -> None:
    rung = Rung(None, Span(days=2), ("manager",), "escalate", times=3)
    promise = promised(Span(HOUR), "office", rung)
    clock = a_clock(since=T0, promise=promise)
    assert times_of(clock, promise) == [at("wed 10:00"), at("fri 10:00"), at("tue+1 10:00")]


# Pauses


def test_what_was_paused_is_added_to_the_due_time() -> None:
    # The example in Znuny's manual: due at 10:00, paused from 09:00 to 10:05, due at 11:05.
    clock = a_clock(since=at("mon 08:00"), promise=two_hours())
    assert clock.due_at == at("mon 10:00")
    assert due_at(clock, a_pause(at("mon 09:00"), at("mon 10:05"))) == at("mon 11:05")


@pytest.mark.parametrize(
    ("pauses", "due"),
    [
        pytest.param([("09:30", "10:00"), ("10:30", "10:45")], "11:45", id="two after another"),
        pytest.param(
            [("09:30", "10:30"), ("10:00", "11:00")], "12:30", id="overlapping count once"
        ),
        pytest.param([("09:30", "11:00"), ("10:00", "10:30")], "12:30", id="one inside the other"),
        pytest.param([("10:00", "10:30"), ("09:30", "10:00")], "12:00", id="touching, unsorted"),
        pytest.param([("08:00", "09:30")], "11:30", id="begun before the clock"),
        pytest.param([("07:00", "08:00")], "11:00", id="over before the clock began"),
        pytest.param([("11:00", "12:00")], "11:00", id="begun when it was due already"),
        pytest.param([("11:30", "12:00")], "11:00", id="begun after it was due"),
    ],
)
def test_pauses_move_what_is_still_open(pauses: list[tuple[str, str]], due: str) -> None:
    clock = a_clock(promise=two_hours())
    rows = [a_pause(at(f"mon {begin}"), at(f"mon {until}")) for begin, until in pauses]
    assert due_at(clock, *rows) == at(f"mon {due}")


def test_a_pause_that_ended_early_counts_until_it_ended() -> None:
    clock = a_clock(promise=two_hours())
    early = a_pause(at("mon 09:30"), at("mon 16:00"), ended=at("mon 10:00"))
    assert due_at(clock, early) == at("mon 11:30")


def test_a_pause_ends_when_it_was_planned_to_even_if_somebody_ends_it_later() -> None:
    clock = a_clock(promise=two_hours())
    late = a_pause(at("mon 09:30"), at("mon 10:00"), ended=at("mon 12:00"))
    assert due_at(clock, late) == at("mon 11:30")


def test_a_pause_over_the_night_costs_no_office_time() -> None:
    clock = a_clock(since=at("mon 16:00"), promise=two_hours("office"))
    assert due_at(clock, a_pause(at("mon 17:30"), at("tue 08:30"))) == at("tue 10:00")


def test_a_day_span_keeps_its_open_time_through_a_pause() -> None:
    clock = a_clock("first_try", at("mon 11:00"))
    assert due_at(clock, a_pause(at("mon 13:00"), at("wed 13:00"))) == at("thu 11:00")


def test_pausing_moves_due_and_look_and_leaves_other_clocks_alone() -> None:
    case = running(a_clock("answer", T0), a_clock("reach", T0))
    before = {clock.kind: clock for clock in case.clocks.values()}
    change = case.pause(T0, at("mon 12:00"))
    after = {clock.kind: clock for clock in case.clocks.values()}
    assert (after["answer"].due_at, after["answer"].look_at) == (at("mon 13:00"), at("mon 12:30"))
    assert after["reach"] == before["reach"]
    assert [(e.kind, e.words) for e in change.events] == [("paused", "they are away")]


def test_resuming_gives_back_what_was_not_needed() -> None:
    case = running(a_clock("answer", T0))
    case.pause(T0 + 15 * MINUTE, at("fri 12:00"))
    case.resume(T0 + 45 * MINUTE)
    assert case.clock.due_at == at("mon 10:30")
    assert case.clock.look_at == at("mon 10:00")
    assert case.file().pauses[case.clock.id][0].ended_at == T0 + 45 * MINUTE


def test_resuming_twice_says_that_nothing_is_paused() -> None:
    case = running(a_clock("answer", T0))
    case.pause(T0, at("fri 12:00"))
    case.resume(T0 + HOUR)
    with pytest.raises(ClockError, match="no pause is running"):
        case.resume(T0 + 2 * HOUR)


def test_a_pause_runs_out_by_itself() -> None:
    case = running(a_clock("answer", T0))
    case.pause(T0, at("mon 12:00"))
    assert case.step(at("mon 11:59")).notices == []
    assert told(case.step(at("mon 12:30")).notices) == [DIRECTOR]
    with pytest.raises(ClockError, match="no pause is running"):
        case.resume(at("mon 12:30"))


@pytest.mark.parametrize(
    ("kinds", "until", "reason", "says"),
    [
        (["answer"], T0 + HOUR, "  ", "needs a reason"),
        (["answer"], T0, "waiting", "give its end"),
        (["answer"], T0 + 31 * DAY, "waiting", "within 30 days"),
        (["reach"], T0 + HOUR, "waiting", "none of these clocks runs: reach"),
    ],
)
def test_a_pause_wants_a_reason_an_end_and_a_running_clock(
    kinds: list[str], until: datetime, reason: str, says: str
) -> None:
    with pytest.raises(ClockError, match=says):
        pauses.pause(running(a_clock()).file(), kinds, until, reason, moment())


def test_an_ended_clock_is_neither_paused_nor_stepped() -> None:
    ended = Clock(**{**a_clock().model_dump(), "ended_at": T0, "ended_how": "met"})
    case = running(ended)
    with pytest.raises(ClockError, match="none of these clocks runs"):
        case.pause(T0, T0 + HOUR)
    assert [e.kind for e in case.step(T0 + 9 * DAY).events] == ["looked"]


# Misses


def test_a_miss_is_noted_once_at_the_time_it_happened_and_stays() -> None:
    case = running(a_clock("answer", T0))
    case.step(at("mon 15:00"))
    assert case.clock.missed_at == at("mon 10:00")
    missed = next(e for e in case.events if e.kind == "missed")
    assert missed.at == at("mon 10:00")
    case.pause(at("mon 15:00"), at("fri 12:00"))
    case.step(at("tue 15:00"))
    case.resume(at("wed 12:00"))
    case.step(FOREVER)
    assert case.clock.missed_at == case.clock.due_at == at("mon 10:00")
    assert case.kinds().count("missed") == 1


def test_a_miss_nobody_saw_counts_when_the_clock_is_ended() -> None:
    late = clocks.end(a_clock("answer", T0), "met", moment(at("mon 10:01")))
    assert late.values["missed_at"] == at("mon 10:00")
    in_time = clocks.end(a_clock("answer", T0), "met", moment(at("mon 10:00") - MICROSECOND))
    assert "missed_at" not in in_time.values
    assert in_time.values["look_at"] is None


def test_at_the_very_due_time_the_sweep_and_the_end_of_a_clock_agree_that_it_is_late() -> None:
    case = running(a_clock("answer", T0))
    ended = clocks.end(case.clock, "met", moment(at("mon 10:00")))
    case.step(at("mon 10:00"))
    assert case.clock.missed_at == ended.values["missed_at"] == at("mon 10:00")


def test_a_moment_before_the_due_time_both_say_it_is_in_time() -> None:
    case = running(a_clock("answer", T0))
    ended = clocks.end(case.clock, "met", moment(at("mon 10:00") - MICROSECOND))
    case.step(at("mon 10:00") - MICROSECOND)
    assert case.clock.missed_at is None
    assert "missed_at" not in ended.values


def test_pausing_what_is_overdue_does_not_hide_the_miss() -> None:
    reminder = Rung(0.5, Span(), ("owner",), "remind")
    promise = promised(Span(2 * HOUR), "always", reminder)
    case = running(a_clock(promise=promise), promise=promise)
    case.step(T0 + HOUR)
    case.pause(T0 + 3 * HOUR, T0 + DAY)  # no sweep came by when it was due
    assert case.clock.look_at == T0 + 3 * HOUR
    case.step(T0 + 3 * HOUR)
    assert case.clock.missed_at == T0 + 2 * HOUR


def test_a_rung_that_is_ripe_when_the_clock_is_paused_fires_at_the_next_sweep() -> None:
    case = running(a_clock("answer", T0))
    case.pause(at("mon 09:40"), at("fri 12:00"))
    assert case.clock.look_at == at("mon 09:40")
    assert told(case.step(at("mon 09:41")).notices) == [DIRECTOR]


# Climbing


def test_after_downtime_only_the_highest_ripe_rung_is_climbed() -> None:
    case = running(a_clock("acknowledge", T0))
    change = case.step(at("mon 14:00"))
    assert told(change.notices) == [DIRECTOR, MANAGER]  # the owner first: no rung told them
    assert [e.kind for e in change.events] == ["missed", "passed_over", "passed_over", "escalated"]
    assert [(f.rung, f.told) for f in case.fired] == [(0, 0), (1, 0), (2, 2)]
    assert change.events[-1].detail["late"] is True


def test_a_rung_in_time_is_not_called_late() -> None:
    change = running(a_clock("acknowledge", T0)).step(at("mon 11:10"))
    assert [(e.kind, e.detail["late"]) for e in change.events] == [("reminded", False)]


def test_stepping_twice_at_the_same_time_tells_nobody_twice() -> None:
    case = running(a_clock("acknowledge", T0), a_clock("safety", T0))
    assert case.step(at("mon 13:00")).notices
    again = case.step(at("mon 13:00"))
    assert (again.notices, again.adds) == ([], [])
    assert [e.kind for e in again.events] == ["looked"]


def test_clocks_run_side_by_side_each_on_its_own_ladder() -> None:
    case = running(a_clock("answer", T0), a_clock("first_try", T0))
    change = case.step(at("mon 13:00"))
    reached = {(n["detail"]["clock"], n["person_id"]) for n in change.notices}
    # The hour for an answer ended at ten; half of the day for a first try is over now.
    assert reached == {("answer", DIRECTOR), ("answer", MANAGER), ("first_try", DIRECTOR)}


def test_the_owner_is_told_who_is_next_and_until_when() -> None:
    case = running(a_clock("answer", T0))
    notice = case.step(at("mon 09:48")).notices[0]
    assert notice["detail"] == {
        "clock": "answer",
        "clock_id": case.clock.id,
        "due_at": at("mon 10:00").isoformat(),
        "next": ["manager"],
        "next_at": at("mon 10:00").isoformat(),
    }


def test_nobody_the_case_is_about_is_ever_on_its_ladder() -> None:
    case = running(a_clock("answer", T0), case=a_file(about=[MANAGER]).case)
    assert told(case.step(at("mon 10:00")).notices) == [DIRECTOR, ADMIN]


def test_a_rung_nobody_can_hear_is_still_fired_and_says_so() -> None:
    case = running(a_clock("answer", T0), people={})
    change = case.step(at("mon 10:00"))
    assert change.notices == []
    assert change.events[-1].detail["told"] == []


def test_the_last_rung_of_safety_tells_three() -> None:
    case = running(a_clock("safety", T0))
    case.step(T0)
    assert set(told(case.step(T0 + HOUR).notices)) == {CHIEF, PRIVACY, ADMIN}


def test_a_step_that_succeeds_takes_the_case_out_of_parking() -> None:
    case = running(a_clock(), case=a_file(parked_until=T0, parked_code="WorktimeError").case)
    case.step(T0 + MINUTE)
    assert (case.case.parked_until, case.case.parked_code) == (None, "")


def test_a_clock_the_playbook_does_not_know_raises_so_that_the_case_is_parked() -> None:
    case = running(Clock(**{**a_clock().model_dump(), "kind": "forgotten"}))
    with pytest.raises(KeyError):
        case.step(T0)


# Nothing is ever lost

CLINICS = [
    a_clinic(),
    a_clinic(zone="Europe/London", hours={"mon-sat": ["08:00-12:00", "13:00-18:30"]}),
    a_clinic(zone="Pacific/Auckland", hours={"tue,thu": ["10:00-11:00"]}, region="NZ"),
    a_clinic(zone="America/Chicago", hours={"mon-sun": ["00:00-24:00"]}),
    a_clinic(zone="Asia/Kolkata", hours={"mon-fri": ["09:30-17:15"]}, closures={"2026-11-09": []}),
]
minutes = st.integers(0, 2_500).map(lambda n: timedelta(minutes=n))
starts = st.integers(0, 2 * 366 * 24 * 60).map(
    lambda n: datetime(2026, 1, 1, tzinfo=UTC) + n * MINUTE
)
spans = minutes.map(Span) | st.integers(1, 4).map(lambda days: Span(days=days))
means = st.sampled_from(["remind", "escalate"])
parts = st.lists(
    st.builds(
        Rung,
        part=st.integers(0, 100).map(lambda percent: percent / 100),
        after=st.just(Span()),
        tell=st.just(("owner", "chief")),
        means=means,
        at_once=st.booleans(),
    ),
    max_size=4,
)
afters = st.lists(
    st.builds(
        Rung,
        part=st.none(),
        after=spans,
        tell=st.just(("administrator",)),
        means=means,
        times=st.integers(1, 3),
        at_once=st.booleans(),
    ),
    max_size=3,
)
calendar_names = st.sampled_from(["office", "duty", "always"])
promises = st.builds(
    lambda span, calendar, low, high: promised(span, calendar, *low, *high),
    spans,
    calendar_names,
    parts,
    afters,
)
# (from, planned length, resumed after), all counted from the clock's start and the pause's.
interrupted = st.lists(st.tuples(minutes, minutes, st.none() | minutes), max_size=3)
Interruptions = Sequence[tuple[timedelta, timedelta, timedelta | None]]


def a_run(start: datetime, promise: Promise, clinic: Clinic) -> Running:
    clock = a_clock("answer", start, promise, calendars(clinic, PLAYBOOK))
    return running(clock, clinic=clinic, promise=promise)


def interruptions(start: datetime, wanted: Interruptions) -> Iterator[tuple[datetime, Any]]:
    """Yield what people do meanwhile: when, and the end of the pause (None: they resume)."""
    for begin, length, resumed in wanted:
        yield start + begin, start + begin + length + MINUTE
        if resumed is not None:
            yield start + begin + resumed, None


def interrupt(run: Running, now: datetime, until: datetime | None) -> None:
    if until is not None:
        run.pause(now, until)
        return
    with suppress(ClockError):  # the pause ran out before they came to end it
        run.resume(now)


def all_rungs(promise: Promise) -> Counter[tuple[int, int]]:
    return Counter(
        (number, occurrence)
        for number, rung in enumerate(promise.ladder)
        for occurrence in range(rung.times)
    )


def assert_nothing_lost_nothing_twice(run: Running, promise: Promise) -> None:
    assert run.rungs == all_rungs(promise)
    assert run.kinds().count("missed") == 1
    assert run.clock.missed_at == run.clock.due_at
    assert run.clock.look_at is None
    assert len({notice["key"] for notice in run.notices}) == len(run.notices)
    climbed = [each for each in run.events if each.kind in ("reminded", "escalated")]
    passed = run.kinds().count("passed_over")
    assert len(climbed) + passed == len(run.fired)
    assert sum(len(each.detail["told"]) for each in climbed) == len(run.notices)
    assert sum(fired.told for fired in run.fired) == len(run.notices)


@settings(deadline=None)
@given(starts, promises, st.sampled_from(CLINICS), interrupted)
def test_whoever_comes_back_at_each_look_misses_nothing(
    start: datetime, promise: Promise, clinic: Clinic, wanted: Interruptions
) -> None:
    run = a_run(start, promise, clinic)
    people = sorted(interruptions(start, wanted), key=lambda each: each[0])
    for _ in range(100):
        look = run.clock.look_at
        if look is None and not people:
            break
        if look is not None and (not people or look <= people[0][0]):
            run.step(look)
        else:
            interrupt(run, *people.pop(0))
    assert_nothing_lost_nothing_twice(run, promise)
    # Who comes exactly then is never late, and never comes for nothing.
    assert all(fired.fired_at == fired.ripe_at for fired in run.fired)
    assert "looked" not in run.kinds()


@settings(deadline=None)
@given(starts, promises, st.sampled_from(CLINICS), interrupted, st.lists(minutes, max_size=6))
def test_whoever_comes_at_random_fires_each_rung_once_and_the_highest_only(
    start: datetime,
    promise: Promise,
    clinic: Clinic,
    wanted: Interruptions,
    offsets: list[timedelta],
) -> None:
    run = a_run(start, promise, clinic)
    people: list[tuple[datetime, Any]] = [
        *interruptions(start, wanted),
        *((start + offset, "step") for offset in offsets),
        (FOREVER, "step"),
    ]
    for now, what in sorted(people, key=lambda each: each[0]):
        if what != "step":
            interrupt(run, now, what)
            continue
        change = run.step(now)
        assert sum(e.kind in ("reminded", "escalated") for e in change.events) <= 1
        assert run.step(now).notices == []
        assert run.clock.look_at is None or run.clock.look_at > now
    assert_nothing_lost_nothing_twice(run, promise)
    assert all(fired.fired_at >= fired.ripe_at for fired in run.fired)


@settings(deadline=None)
@given(starts, spans, calendar_names, st.sampled_from(CLINICS), interrupted)
def test_open_time_outside_the_pauses_is_exactly_what_was_promised(
    start: datetime, span: Span, calendar: str, clinic: Clinic, wanted: Interruptions
) -> None:
    known = calendars(clinic, PLAYBOOK)
    clock = a_clock("answer", start, promised(span, calendar), known)
    rows = [a_pause(start + begin, start + begin + length) for begin, length, _ in wanted]
    hours = known.named(calendar)
    end = clocks.after_part(clock, rows, hours)
    # Each instant once, however the pauses overlap: cut the time at every edge, and add up.
    edges = sorted({start, end, *(edge for p in rows for edge in (p.from_at, p.until_at))})
    open_time = sum(
        (
            hours.between(a, b)
            for a, b in pairwise(edges)
            if b <= end and not any(p.from_at <= a and b <= p.until_at for p in rows)
        ),
        timedelta(),
    )
    assert open_time == clocks.total(clock, hours)

"""Who hears of it, when, and in which order: rungs, their recipients, and "I have it"."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cases import custody
from cases.casefile import OnTheClock
from cases.changes import Change
from cases.clockwork.ladders import step
from cases.models import Clock, NoticeState, Person, Role, RungFired
from cases.needs import IllegalMove
from cases.playbooks.playbook import PRACTICE, PlaybookError, parse_playbook
from tests.builders import (
    ADMIN,
    CHIEF,
    DIRECTOR,
    MANAGER,
    PLAYBOOK,
    PRIVACY,
    T0,
    a_clinic,
    a_file,
    a_person,
    moment,
    practised,
    the_people,
)


def at(day: int, time: str, zone: str = "America/New_York") -> datetime:
    """Return a time of November 2026; the 2nd is the Monday everything begins on."""
    hour, minute = map(int, time.split(":"))
    return datetime(2026, 11, day, hour, minute, tzinfo=ZoneInfo(zone))


class Ladder:
    """One clock of a case in memory, stepped as the sweep does; what it said is kept."""

    def __init__(self, kind: str = "acknowledge", *people: Person, **facts: Any) -> None:
        known = practised(people=the_people(**{p.id: p for p in people}))
        severity = facts.pop("severity", "routine")
        clinics = facts.pop("clinics", {})
        file = a_file(known, severity=severity, **facts)
        (clock,) = [c for c in file.clocks if c.kind == kind]
        self.file = replace(file, clocks=[clock], clinics={"elm": file.clinic, **clinics})

    @property
    def clock(self) -> Clock:
        return self.file.clocks[0]

    def step(self, now: datetime) -> Change:
        return self.write(step(self.file, moment(now, "sweep")))

    def write(self, change: Change) -> Change:
        clock = self.clock.model_dump()
        for each in change.sets:
            clock |= each.values if each.table is Clock else {}
        fired = [*self.file.fired.get(self.clock.id, ())]
        fired += [RungFired(**each.values) for each in change.adds if each.table is RungFired]
        self.file = replace(self.file, clocks=[Clock(**clock)], fired={clock["id"]: fired})
        return change


def told(change: Change) -> list[tuple[str, str]]:
    return [(n["person_id"], n["kind"]) for n in change.notices]


def kinds(change: Change) -> list[str]:
    return [event.kind for event in change.events]


def prefers(name: str, role: Role, **more: Any) -> Person:
    return a_person(name, role, **more)


# The owner before the boss


def test_the_owner_is_told_twice_and_then_the_manager() -> None:
    ladder = Ladder()
    found = [told(ladder.step(at(2, time))) for time in ("11:00", "12:12", "13:00")]
    assert found == [[(DIRECTOR, "remind")], [(DIRECTOR, "remind")], [(MANAGER, "escalate")]]


def test_an_owner_whom_no_rung_told_is_told_before_the_boss() -> None:
    change = Ladder().step(at(2, "13:00"))
    assert told(change) == [(DIRECTOR, "gone_up"), (MANAGER, "escalate")]
    assert change.notices[0]["detail"]["next"] == ["manager"]
    assert change.events[-1].detail["told"] == [DIRECTOR, MANAGER]


def test_an_owner_told_with_the_manager_is_not_told_again_with_the_chief() -> None:
    ladder = Ladder()
    ladder.step(at(2, "13:00"))
    assert told(ladder.step(at(3, "09:00"))) == [(CHIEF, "escalate")]


def test_the_boss_does_not_hear_of_it_sooner_than_an_owner_whose_morning_comes_later() -> None:
    oak = a_clinic(id="oak", slug="oak", zone="Pacific/Honolulu", director_id=None)
    away = a_person(DIRECTOR, Role.DIRECTOR, clinics=["oak", "elm"])
    change = Ladder("acknowledge", away, clinics={"oak": oak}).step(at(2, "13:00"))
    owner, boss = change.notices
    assert owner["not_before"] == at(2, "09:00", "Pacific/Honolulu")
    assert boss["not_before"] == owner["not_before"]


def test_a_reminder_says_who_hears_of_it_next_and_when() -> None:
    ladder = Ladder()
    first = ladder.step(at(2, "11:00")).notices[0]["detail"]
    assert first["next"] == ["manager"]
    assert datetime.fromisoformat(first["next_at"]) == at(2, "13:00")


def test_the_highest_rung_says_that_nobody_comes_after() -> None:
    ladder = Ladder()
    change = ladder.step(at(20, "12:00"))
    assert change.notices[-1]["detail"]["next"] == []


# One person a role


def test_an_escalation_goes_to_one_holder_of_the_role() -> None:
    others = [a_person(name, Role.MANAGER) for name in ("kim", "lee", "max")]
    change = Ladder("acknowledge", *others).step(at(2, "13:00"))
    assert len([who for who, kind in told(change) if kind == "escalate"]) == 1


def test_a_rung_asks_who_is_there_on_the_day_it_fires() -> None:
    away = a_person(
        MANAGER, Role.MANAGER, away_from=T0, away_until=at(3, "00:00"), substitute_id=PRIVACY
    )
    ladder = Ladder("acknowledge", away)
    assert told(ladder.step(at(2, "13:00")))[-1] == (PRIVACY, "escalate")
    ladder = Ladder("first_try", away)
    assert told(ladder.step(at(3, "09:00")))[-1] == (MANAGER, "escalate")


# In the recipient's own hours


def test_who_works_elsewhere_is_told_in_their_own_office_hours() -> None:
    oak = a_clinic(id="oak", slug="oak", zone="Pacific/Honolulu", director_id=None)
    far = a_person(MANAGER, Role.MANAGER, clinics=["oak", "elm"])
    ladder = Ladder("acknowledge", far, clinics={"oak": oak})
    ladder.step(at(2, "11:00"))
    (notice,) = ladder.step(at(2, "13:00")).notices
    assert notice["not_before"] == at(2, "09:00", "Pacific/Honolulu")


def test_quiet_hours_are_waited_for() -> None:
    silent = prefers(DIRECTOR, Role.DIRECTOR, quiet={"mon": ["10:00-12:00"]})
    (notice,) = Ladder("acknowledge", silent).step(at(2, "11:00")).notices
    assert notice["not_before"] == at(2, "12:00")


def test_quiet_hours_go_by_the_persons_own_clock() -> None:
    # 8:00 to 9:00 in Chicago is 9:00 to 10:00 in New York: at 11:00 nobody sleeps.
    silent = prefers(
        DIRECTOR, Role.DIRECTOR, quiet={"mon": ["08:00-09:00"]}, zone="America/Chicago"
    )
    (notice,) = Ladder("acknowledge", silent).step(at(2, "11:00")).notices
    assert notice["not_before"] == at(2, "11:00")
    silent = prefers(
        DIRECTOR, Role.DIRECTOR, quiet={"mon": ["10:00-11:30"]}, zone="America/Chicago"
    )
    (notice,) = Ladder("acknowledge", silent).step(at(2, "11:00")).notices
    assert notice["not_before"] == at(2, "12:30")


def test_quiet_hours_that_fill_the_afternoon_put_it_off_to_the_next_morning() -> None:
    silent = prefers(DIRECTOR, Role.DIRECTOR, quiet={"mon": ["10:00-24:00"]})
    (notice,) = Ladder("acknowledge", silent).step(at(2, "11:00")).notices
    assert notice["not_before"] == at(3, "09:00")


def test_somebodys_safety_knows_no_quiet_hours() -> None:
    silent = [prefers(n, r, quiet={"mon-sun": ["00:00-23:00"]}) for n, r in (
        (DIRECTOR, Role.DIRECTOR), (CHIEF, Role.CHIEF)
    )]  # fmt: skip
    known = practised(people=the_people(**{p.id: p for p in silent}))
    file = a_file(known, review=None)
    grave = custody.set_severity(file, "grave", "a wrong dose, they say", moment(at(8, "03:00")))
    clock = Clock(**next(add.values for add in grave.adds if add.table is Clock))
    change = step(replace(file, clocks=[clock]), moment(at(8, "03:00")))
    assert {n["person_id"] for n in change.notices} == {DIRECTOR, CHIEF}
    assert {n["not_before"] for n in change.notices} == {at(8, "03:00")}


def test_a_sweep_just_after_closing_still_tells_what_ripened_before() -> None:
    (*_, notice) = Ladder().step(at(2, "17:10")).notices
    assert notice["not_before"] == at(2, "17:10")


def test_what_is_seen_only_at_night_waits_for_the_morning() -> None:
    (*_, notice) = Ladder().step(at(2, "23:00")).notices
    assert notice["not_before"] == at(3, "09:00")


# "I have it"


def test_who_has_it_keeps_the_others_from_being_told() -> None:
    ladder = Ladder()
    ladder.step(at(2, "11:00"))
    ladder.write(custody.have_it(ladder.file, moment(at(2, "12:00"))))
    change = ladder.step(at(2, "13:00"))
    assert (told(change), kinds(change)) == ([], ["missed"])  # the deadline stands
    assert ladder.clock.missed_at == at(2, "13:00")
    assert ladder.clock.look_at == at(2, "14:00")


def test_who_has_it_and_does_nothing_lets_the_ladder_climb_again_once() -> None:
    ladder = Ladder()
    ladder.step(at(2, "11:00"))
    ladder.write(custody.have_it(ladder.file, moment(at(2, "12:00"))))
    ladder.step(at(2, "13:00"))
    change = ladder.step(at(2, "14:00"))
    assert kinds(change) == ["let_go", "passed_over", "escalated"]
    assert told(change) == [(MANAGER, "escalate")]
    assert change.events[-1].detail["late"] is False  # a rest is no lateness of the sweep's
    assert kinds(ladder.step(at(2, "14:01"))) == ["looked"]


def test_a_rest_counts_office_hours() -> None:
    ladder = Ladder()
    ladder.write(custody.have_it(ladder.file, moment(at(2, "16:00"))))
    assert ladder.clock.taken_until == at(3, "10:00")


def test_who_has_it_may_say_so_again() -> None:
    ladder = Ladder()
    for time in ("12:00", "13:30"):
        ladder.write(custody.have_it(ladder.file, moment(at(2, time))))
    assert ladder.clock.taken_until == at(2, "15:30")
    assert told(ladder.step(at(2, "14:00"))) == []


def test_the_safety_of_a_case_is_not_taken_by_having_it() -> None:
    file = a_file()
    grave = custody.set_severity(file, "grave", "a wrong dose, they say", moment())
    clock = Clock(**next(add.values for add in grave.adds if add.table is Clock))
    with pytest.raises(IllegalMove, match="nothing is owed"):
        custody.have_it(replace(file, clocks=[clock]), moment())


def test_a_clock_that_begins_later_is_not_meant() -> None:
    ladder = Ladder()
    later = Clock(**{**ladder.clock.model_dump(), "id": "later", "key": "m1"})
    ladder.write(custody.have_it(ladder.file, moment(at(2, "10:30"))))
    both = replace(ladder.file, clocks=[ladder.clock, later])
    assert told(step(both, moment(at(2, "11:00"), "sweep"))) == [(DIRECTOR, "remind")]


def test_a_case_handed_over_is_nobodys_until_the_new_owner_says_so() -> None:
    ladder = Ladder()
    ladder.write(custody.have_it(ladder.file, moment(at(2, "10:00"))))
    manager = ladder.file.people[MANAGER]
    ladder.write(custody.hand_over(ladder.file, manager, "", moment(at(2, "10:30"))))  # type: ignore[arg-type]
    assert (ladder.clock.taken_until, ladder.clock.look_at) == (None, at(2, "10:30"))


# Low rungs, and how somebody wants them


@pytest.mark.parametrize(
    ("reminders", "states"),
    [("at_once", [NoticeState.PENDING]), ("digest", [NoticeState.FOR_DIGEST]), ("off", [])],
)
def test_low_rungs_come_as_somebody_wants_them(reminders: str, states: list[str]) -> None:
    ladder = Ladder("acknowledge", prefers(DIRECTOR, Role.DIRECTOR, reminders=reminders))
    change = ladder.step(at(2, "11:00"))
    assert [n.get("state", NoticeState.PENDING) for n in change.notices] == states
    assert [(f.rung, f.told) for f in ladder.file.fired[ladder.clock.id]] == [
        (0, int(reminders == "at_once"))
    ]


@pytest.mark.parametrize("reminders", ["digest", "off"])
def test_a_grave_case_and_an_escalation_always_come_at_once(reminders: str) -> None:
    mine = prefers(DIRECTOR, Role.DIRECTOR, reminders=reminders)
    (notice,) = Ladder("acknowledge", mine, severity="grave").step(at(2, "11:00")).notices
    assert "state" not in notice
    boss = prefers(MANAGER, Role.MANAGER, reminders=reminders)
    change = Ladder("acknowledge", boss).step(at(2, "13:00"))
    assert "state" not in change.notices[-1]


@pytest.mark.parametrize("reminders", ["digest", "off"])
def test_an_owner_who_read_no_reminder_is_told_at_once_before_the_boss(reminders: str) -> None:
    ladder = Ladder("first_try", prefers(DIRECTOR, Role.DIRECTOR, reminders=reminders))
    low = [r for r in PLAYBOOK.clocks["first_try"].ladder if r.low and r.part and r.part < 1]
    assert low, "the playbook has a rung that may wait"
    ladder.step(at(2, "13:00"))
    fired = ladder.file.fired[ladder.clock.id]
    only_low = replace(ladder.file, fired={ladder.clock.id: fired[:1]})
    assert [f.told for f in fired] == [0]
    change = step(only_low, moment(at(3, "09:00"), "sweep"))
    assert told(change) == [(DIRECTOR, "gone_up"), (MANAGER, "escalate")]


# Repeats end


def test_the_last_rung_repeats_three_times_and_no_more() -> None:
    ladder = Ladder()
    for day in range(2, 27):
        ladder.step(at(day, "17:00"))
    last = len(PLAYBOOK.clocks["acknowledge"].ladder) - 1
    fired = [f for f in ladder.file.fired[ladder.clock.id] if f.rung == last]
    assert len(fired) == 3
    assert ladder.clock.look_at is None
    assert told(ladder.step(at(30, "12:00"))) == []


def test_nobody_left_means_an_administrator() -> None:
    gone = [a_person(n, r, active=False) for n, r in (
        (DIRECTOR, Role.DIRECTOR), (MANAGER, Role.MANAGER), (CHIEF, Role.CHIEF)
    )]  # fmt: skip
    ladder = Ladder("acknowledge", *gone, owner_id=DIRECTOR)
    assert told(ladder.step(at(2, "11:00"))) == [(ADMIN, "remind")]
    assert told(ladder.step(at(2, "13:00"))) == [(ADMIN, "escalate")]


def test_the_file_of_a_sweep_is_enough_to_step() -> None:
    ladder = Ladder()
    names = {f: getattr(ladder.file, f) for f in OnTheClock.__dataclass_fields__}
    assert kinds(step(OnTheClock(**names), moment(at(2, "11:00"), "sweep"))) == ["reminded"]


def test_a_week_of_silence_is_one_step() -> None:
    change = Ladder().step(T0 + timedelta(days=7))
    assert kinds(change).count("escalated") == 1
    assert change.events[-1].detail["late"] is True


def test_the_rung_that_came_last_is_the_highest_wherever_it_stands() -> None:
    ladder = Ladder()
    promise = PLAYBOOK.clocks["acknowledge"]
    turned = (promise.ladder[2], promise.ladder[0], *promise.ladder[3:])
    clocks = {**PLAYBOOK.clocks, "acknowledge": replace(promise, ladder=turned)}
    ladder.file = replace(ladder.file, playbook=replace(PLAYBOOK, clocks=clocks))
    assert told(ladder.step(at(2, "13:00")))[-1] == (MANAGER, "escalate")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("80%", "50%"),
        ("100%", "50%"),
        ("due + 1 hour", "100%"),
        ("due + 1 day", "due + 4 hours"),
        ("due - 1 hour", "due - 2 hours"),
        ("due + 1 hour", "due - 1 hour"),
    ],
)
def test_a_ladder_written_out_of_order_is_refused(first: str, second: str) -> None:
    written = PRACTICE.read_text()
    rung = '[[ladders.mine]]\nat = "{}"\ntell = ["owner"]\nmeans = "remind"\n'
    in_order = written + rung.format(second) + rung.format(first)
    assert parse_playbook(in_order).name == "practice"
    turned = written + rung.format(first) + rung.format(second)
    with pytest.raises(PlaybookError, match=r"ladders\.mine\.1\.at: it comes before"):
        parse_playbook(turned)

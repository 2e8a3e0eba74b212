"""What a deadline may be trusted with: each test shows one thing other engines are known to fail.

The threads in brackets are where people told of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cases import clinics, following
from cases.answering import replies
from cases.casefile import calendars
from cases.clockwork import extensions, ladders, pauses
from cases.clockwork.clocks import ClockError, after_part, start
from cases.clockwork.promptness import promptness
from cases.custody import add_note, add_task, hold, release, set_severity, task_done
from cases.models import Clock, NoticeState, Pause, Visibility
from cases.needs import IllegalMove
from cases.playbooks.promises import Promise, Span
from cases.ports import Capabilities
from cases.practice import adopt
from cases.settings import Settings
from cases.store import Store
from cases.talking import delivery
from cases.talking.conversation import (
    contact,
    give_up,
    hear,
    looked_for,
    no_answer,
    received,
    write,
)
from cases.talking.correspondents import Point, Who, identify, match
from cases.viewers import ENGINE
from flows import recompute, sweep
from flows.house import House
from tests.builders import (
    ADMIN,
    CHIEF,
    DAY,
    DIRECTOR,
    HOUR,
    MANAGER,
    MINUTE,
    PLAYBOOK,
    RESPONDER,
    T0,
    Desk,
    a_clinic,
    a_file,
    moment,
)

# T0 is a Monday, 9:00 in New York.
REPLY = (
    "Thank you for taking the time to write. We are sorry to read this. "
    "Please reach Dana Field, our clinical director, at (212) 555-0100 or care@elm.example."
)
STRICTER = """
[[overrides]]
when = { severity = "elevated" }
[overrides.clocks.acknowledge]
span = "1 hour"
ladder = "strict"

[[ladders.strict]]
at = "50%"
tell = ["chief"]
means = "escalate"

[[ladders.strict]]
at = "100%"
tell = ["chief", "administrator"]
means = "escalate"
"""


@pytest.fixture
def desk(sqlite_store: Store) -> Iterator[Desk]:
    """A case just taken in; whatever is done, its history must hold."""
    found = Desk(sqlite_store)
    yield found
    assert found.store.broken_chains() == []


def known(desk: Desk) -> Desk:
    value = "jo@mail.example"
    point = Point("email", value, desk.store.index("email", value))
    desk.do(match, Who("Jo Field", "patient", "self", "called the office", "certain"), [point])
    desk.do(identify, ["name", "address"], "")
    return desk


def reached(desk: Desk) -> Desk:
    known(desk).do(contact, "phone", "reached", "", desk.now)
    return desk


def written_to(desk: Desk, text: str = "Please call me.", channel: str = "email") -> Clock:
    desk.do(received, channel, text, desk.now)
    return max(clocks_of(desk, "answer", "message"), key=lambda clock: clock.id)


def clocks_of(desk: Desk, *kinds: str) -> list[Clock]:
    return [clock for clock in desk.file.clocks if clock.kind in kinds]


def the(desk: Desk, kind: str) -> Clock:
    """Return the one clock of a kind that runs."""
    (found,) = [clock for clock in clocks_of(desk, kind) if clock.ended_at is None]
    return found


def step(desk: Desk, now: datetime | None = None) -> None:
    desk.now = now or desk.now
    desk.write(ladders.step(desk.file, moment(desk.now, "sweep")))


def at(days: int, hour: int, minute: int = 0) -> datetime:
    """Return a time of New York so many days after Monday, 2 November."""
    return T0 + timedelta(days=days, hours=hour - 9, minutes=minute)


def house(desk: Desk, data: Path) -> House:
    return House(Settings(data=data), desk.store, "sweep", desk.now)


def under(desk: Desk, more: str, data: Path, text: str = PLAYBOOK.text) -> Desk:
    """Adopt a playbook with these lines more, for running cases, too."""
    change = adopt(text + more, "stricter", desk.store.practice(), moment(desk.now), running=True)
    assert desk.store.apply([change]).applied
    recompute.run(house(desk, data))
    desk.read()
    return desk


def without(text: str, kind: str) -> str:
    """Return a playbook's text without one clock."""
    kept, mine = [], False
    for line in text.splitlines():
        if line.startswith("["):
            mine = line.startswith(f"[clocks.{kind}]")
        if not mine:
            kept.append(line)
    return "\n".join(kept)


def delivery_of(desk: Desk, waiting: Any) -> str:
    """Return why a waiting notice does not leave, or "" where it does."""
    change = delivery.claim(waiting, moment(desk.now, "deliver"), 5 * MINUTE)
    values = change.sets[0].values
    return str(values.get("code", ""))


def told_of(desk: Desk, kind: str) -> list[str]:
    """Return whom the ladders of a kind of clock have told so far, in order."""
    return [
        person
        for line in desk.store.timeline(desk.file, ENGINE)
        if line.event.kind in ("reminded", "escalated") and line.event.detail["clock"] == kind
        for person in line.event.detail["told"]
    ]


def facts(desk: Desk, kind: str) -> list[dict[str, Any]]:
    lines = desk.store.timeline(desk.file, ENGINE)
    return [dict(line.event.detail) for line in lines if line.event.kind == kind]


# Pauses


def test_paused_from_9_00_to_10_05_with_due_10_00_it_is_due_11_05() -> None:
    hours = calendars(a_clinic(), PLAYBOOK)
    promise = Promise("answer", Span(2 * HOUR), "always")
    clock = Clock(**start("answer", "c", at(0, 8), promise, hours, moment(at(0, 8))).values)
    assert clock.due_at == at(0, 10)
    pause = Pause(id="p", clock_id=clock.id, from_at=at(0, 9), until_at=at(0, 10, 5))
    assert after_part(clock, [pause], hours.named("always")) == at(0, 11, 5)


def test_while_it_says_paused_nothing_ticks_and_nobody_is_told(desk: Desk) -> None:
    """(frappe/helpdesk#1554: shows paused but keeps ticking.)"""
    desk.do(pauses.pause, ["first_try"], T0 + 4 * DAY, "they are away")
    due = the(desk, "first_try").due_at
    for day in range(1, 4):
        step(desk, T0 + day * DAY)
        assert the(desk, "first_try").due_at == due
    assert told_of(desk, "first_try") == []
    step(desk, T0 + 5 * DAY)
    assert told_of(desk, "first_try") != []


def test_a_clock_paused_when_it_was_due_is_not_breached_while_it_waits(desk: Desk) -> None:
    """(GLPI#24481: breached while pending.)"""
    desk.now = at(0, 16, 59)
    desk.do(pauses.pause, ["first_try"], T0 + 10 * DAY, "they are away")
    step(desk, T0 + 9 * DAY)
    assert the(desk, "first_try").missed_at is None


def test_resolved_straight_from_a_pause_of_weeks_it_is_in_time(desk: Desk) -> None:
    """(frappe/helpdesk#3776: paused, then resolved, ignored months of hold.)"""
    reached(desk).do(hear, "They waited.", "", [])
    desk.do(pauses.pause, ["resolve"], T0 + 30 * DAY, "the physician is away")
    desk.now = T0 + 29 * DAY
    desk.do(following.resolve, "wait_time", "Two more chairs.", True)
    (clock,) = clocks_of(desk, "resolve")
    assert (clock.ended_how, clock.missed_at) == ("met", None)


def test_pausing_what_is_overdue_hides_no_miss_and_stops_its_ladder(desk: Desk) -> None:
    desk.now = at(1, 10)  # the first try was due at the closing of the day before
    desk.do(pauses.pause, ["first_try"], at(3, 10), "they are away")
    step(desk)
    assert the(desk, "first_try").missed_at == at(0, 17)
    heard = told_of(desk, "first_try")
    step(desk, at(3, 9, 59))
    assert told_of(desk, "first_try") == heard  # the chief was next, and waits
    for hour in range(10, 17):
        step(desk, at(3, hour))
    assert CHIEF in told_of(desk, "first_try")


def test_cooling_down_pauses_the_answer_and_ends_by_itself(desk: Desk) -> None:
    clock = written_to(reached(desk), "You people are impossible!")
    desk.do(pauses.pause, ["answer"], T0 + 2 * HOUR, "let us cool down first")
    assert the(desk, "answer").due_at == T0 + 3 * HOUR
    step(desk, T0 + 3 * HOUR)
    assert the(desk, "answer").missed_at == T0 + 3 * HOUR
    assert the(desk, "answer").id == clock.id


def test_no_pause_is_longer_than_the_playbook_allows(desk: Desk, tmp_path: Path) -> None:
    text = PLAYBOOK.text.replace('longest_pause = "30 days"', 'longest_pause = "3 days"')
    under(desk, "", tmp_path, text)
    with pytest.raises(ClockError, match="within 3 days"):
        desk.do(pauses.pause, ["first_try"], T0 + 4 * DAY, "they are away")
    desk.do(pauses.pause, ["first_try"], T0 + 3 * DAY, "they are away")


def test_somebodys_safety_cannot_be_paused_or_put_off(desk: Desk) -> None:
    desk.do(set_severity, "grave", "they were hurt")
    with pytest.raises(ClockError, match="cannot wait"):
        desk.do(pauses.pause, ["safety"], T0 + HOUR, "later")
    with pytest.raises(IllegalMove, match="not put off"):
        desk.do(extensions.ask, "safety", T0 + DAY, "later")


# Severity, hours, holidays and the policy change while clocks run


def test_severity_raised_while_paused_keeps_the_pause(desk: Desk, tmp_path: Path) -> None:
    """(GLPI#6902, #15605: the pause is lost when the priority changes.)"""
    under(desk, STRICTER, tmp_path)
    desk.now = at(0, 9, 30)
    desk.do(pauses.pause, ["acknowledge"], at(0, 11), "counsel reads it")
    desk.now = at(0, 10)
    desk.do(set_severity, "elevated", "a child was frightened")
    # One hour from 9:00, half of it gone when it was paused: the other half begins at 11:00.
    assert the(desk, "acknowledge").due_at == at(0, 11, 30)
    assert facts(desk, "due_moved") == [
        {
            "clock": "acknowledge",
            "key": "",
            "from": at(0, 14, 30).isoformat(),
            "to": at(0, 11, 30).isoformat(),
        }
    ]
    desk.now = at(0, 10, 30)
    desk.do(pauses.resume)
    assert the(desk, "acknowledge").due_at == at(0, 11)


def test_severity_raised_past_due_is_late_from_then_on_and_told_once(
    desk: Desk, tmp_path: Path
) -> None:
    under(desk, STRICTER, tmp_path)
    desk.now = at(0, 12)
    desk.do(set_severity, "elevated", "a child was frightened")
    assert the(desk, "acknowledge").due_at == at(0, 10)
    assert the(desk, "acknowledge").missed_at == at(0, 12)  # at ten nobody had promised it
    for minute in range(5):
        step(desk, at(0, 12, minute))
    assert Counter(told_of(desk, "acknowledge")) == Counter([DIRECTOR, CHIEF, ADMIN])
    assert desk.events().count("missed") == 1


def test_severity_lowered_after_a_breach_leaves_the_breach_recorded(
    desk: Desk, tmp_path: Path
) -> None:
    under(desk, STRICTER, tmp_path)
    desk.do(set_severity, "elevated", "a child was frightened")
    step(desk, at(0, 10, 1))
    heard = told_of(desk, "acknowledge")
    assert CHIEF in heard
    desk.do(set_severity, "routine", "it was a misunderstanding")
    clock = the(desk, "acknowledge")
    assert (clock.missed_at, clock.due_at) == (at(0, 10), at(0, 13))
    step(desk, at(0, 10, 2))
    assert told_of(desk, "acknowledge") == heard  # nobody need hear of a lesser matter twice
    step(desk, at(0, 13, 1))
    assert told_of(desk, "acknowledge")[-1] == MANAGER


def test_severity_lowered_before_any_sweep_saw_the_breach_does_not_hide_it(
    desk: Desk, tmp_path: Path
) -> None:
    under(desk, STRICTER, tmp_path)
    desk.do(set_severity, "elevated", "a child was frightened")
    desk.now = at(0, 11)
    desk.do(set_severity, "routine", "it was a misunderstanding")
    assert the(desk, "acknowledge").missed_at == at(0, 10)
    assert desk.events().count("missed") == 1


def test_a_clock_the_new_policy_lacks_is_dropped(desk: Desk, tmp_path: Path) -> None:
    """(zammad#5624: the old clock survives a change of the policy.)"""
    reached(desk)
    under(desk, "", tmp_path, without(PLAYBOOK.text, "in_touch"))
    (dropped,) = clocks_of(desk, "in_touch")
    assert (dropped.ended_how, dropped.missed_at) == ("cancelled", None)
    assert facts(desk, "clock_dropped")[0]["clock"] == "in_touch"
    assert desk.file.case.playbook_version == 2


def test_a_clock_the_new_policy_adds_begins_when_it_is_adopted(desk: Desk, tmp_path: Path) -> None:
    under(reached(desk), "", tmp_path, without(PLAYBOOK.text, "in_touch"))
    desk.now = T0 + DAY
    desk.do(contact, "phone", "reached", "", desk.now)
    assert "in_touch" not in desk.running()
    desk.now = T0 + 30 * DAY
    under(desk, "", tmp_path)
    assert the(desk, "in_touch").due_at == T0 + 37 * DAY  # nobody could have kept it before
    desk.now = T0 + 31 * DAY
    desk.do(contact, "phone", "reached", "", desk.now)
    assert the(desk, "in_touch").due_at == T0 + 38 * DAY


def test_running_cases_keep_their_playbook_unless_chosen_otherwise(
    desk: Desk, tmp_path: Path
) -> None:
    text = PLAYBOOK.text.replace('span = "4 hours"', 'span = "2 hours"', 1)
    change = adopt(text, "shorter", desk.store.practice(), moment(desk.now))
    assert desk.store.apply([change]).applied
    recompute.run(house(desk, tmp_path))
    assert (desk.read().case.playbook_version, the(desk, "acknowledge").due_at) == (1, at(0, 13))
    under(desk, "", tmp_path, text)
    assert (desk.file.case.playbook_version, the(desk, "acknowledge").due_at) == (3, at(0, 11))
    assert desk.store.practice().moving_since is None


def test_a_snow_closure_moves_what_is_open_and_keeps_a_pause_taken_before(
    desk: Desk, tmp_path: Path
) -> None:
    desk.do(pauses.pause, ["first_try"], at(0, 11), "they are away")
    assert the(desk, "first_try").due_at == at(1, 11)
    clinic = desk.file.clinic
    change = clinics.one_off(clinic, "2026-11-03", ["14:00-17:00"], PLAYBOOK, moment(desk.now))
    assert desk.store.apply([change]).applied
    done = sweep.run(house(desk, tmp_path))
    assert done["parked"] == 0
    desk.read()
    # Monday 11 to 17, and two of the eight hours are left: Tuesday opens at 14:00.
    assert the(desk, "first_try").due_at == at(1, 16)
    assert [each["why"] for each in facts(desk, "recomputed")] == ["hours"]
    assert desk.store.clinics()[clinic.id].retime_since is None


def test_a_closure_declared_after_the_miss_does_not_undo_it(desk: Desk, tmp_path: Path) -> None:
    desk.now = at(0, 18)  # no sweep saw that the day went by
    change = clinics.one_off(desk.file.clinic, "2026-11-02", [], PLAYBOOK, moment(desk.now))
    assert desk.store.apply([change]).applied
    recompute.run(house(desk, tmp_path))
    desk.read()
    clock = the(desk, "first_try")
    assert (clock.missed_at, clock.due_at) == (at(0, 17), at(1, 17))


def test_a_holiday_switched_off_and_a_new_zone_move_due_times(desk: Desk, tmp_path: Path) -> None:
    def clinic_is(**given: Any) -> datetime | None:
        clinic = desk.store.clinics()[desk.file.clinic.id]
        change = clinics.edit(clinic, PLAYBOOK, moment(desk.now), **given)
        assert desk.store.apply([change]).applied
        recompute.run(house(desk, tmp_path))
        desk.read()
        return the(desk, "listen").due_at

    desk.now = at(7, 12)  # Monday; Wednesday the 11th is Veterans Day
    reached(desk)
    assert the(desk, "listen").due_at == at(9, 12)
    assert clinic_is(region="US") == at(10, 12)
    assert clinic_is(open_on=["Veterans Day"]) == at(9, 12)
    assert clinic_is(hours={"mon-fri": ["12:00-20:00"]}) == at(8, 20)
    assert clinic_is(zone="America/Los_Angeles") == at(8, 23)


def test_what_is_recomputed_twice_is_written_once(desk: Desk, tmp_path: Path) -> None:
    change = clinics.edit(desk.file.clinic, PLAYBOOK, moment(), hours={"mon-fri": ["09:00-13:00"]})
    assert desk.store.apply([change]).applied
    assert recompute.run(house(desk, tmp_path))["recomputed"] == 1
    assert recompute.run(house(desk, tmp_path))["recomputed"] == 0
    desk.read()
    assert desk.events().count("recomputed") == 1


# Several clocks, each with its own start and stop


def test_a_shorter_answer_clock_does_not_override_the_first_try(desk: Desk) -> None:
    """(zammad#5177: the update target overrides the first response.)"""
    first = the(desk, "first_try")
    written_to(known(desk))
    desk.do(no_answer, "they only said thank you")
    step(desk, T0 + DAY)
    missed = {clock.kind for clock in desk.file.clocks if clock.missed_at}
    assert "answer" not in missed
    assert next(c for c in desk.file.clocks if c.id == first.id).due_at == first.due_at


def test_answered_in_time_it_does_not_escalate_whenever_the_sweep_comes(desk: Desk) -> None:
    """(zammad#3140: escalates although the agent answered.)"""
    written_to(reached(desk))
    desk.now = T0 + 59 * MINUTE
    desk.do(contact, "phone", "reached", "", desk.now)
    step(desk, T0 + 9 * DAY)
    (clock,) = clocks_of(desk, "answer")
    assert (clock.ended_how, clock.missed_at) == ("met", None)
    assert told_of(desk, "answer") == []


def test_an_answer_and_a_pause_at_the_same_instant_lose_neither(desk: Desk) -> None:
    """(zammad#3551: answer and pending in one step loses the first response.)"""
    written_to(reached(desk))
    desk.do(contact, "phone", "reached", "", desk.now)
    desk.do(pauses.pause, ["listen"], T0 + 5 * DAY, "they send us the bill")
    assert [clock.ended_how for clock in clocks_of(desk, "answer")] == ["met"]
    assert the(desk, "listen").due_at == at(8, 17)  # all of it, from Monday on


def test_each_message_has_a_miss_of_its_own(desk: Desk) -> None:
    reached(desk)
    for minutes in (0, 10, 20):
        desk.now = T0 + minutes * MINUTE
        written_to(desk)
    step(desk, T0 + 75 * MINUTE)
    missed = [clock.missed_at for clock in clocks_of(desk, "answer")]
    assert missed == [T0 + HOUR, T0 + 70 * MINUTE, None]


def test_an_automatic_acknowledgement_does_not_stop_the_answer_clock(desk: Desk) -> None:
    clock = written_to(reached(desk))
    with pytest.raises(IllegalMove, match="no program"):
        desk.do(contact, "email", "sent", "We have received your message.", desk.now, by="deliver")
    assert the(desk, "answer").id == clock.id


def test_an_internal_note_does_not_stop_the_answer_clock(desk: Desk) -> None:
    """(zammad#1322, #1620: a note counted as an answer.)"""
    clock = written_to(reached(desk))
    desk.do(add_note, "I shall call them tomorrow.", Visibility.TEAM)
    assert the(desk, "answer").id == clock.id


@pytest.mark.parametrize("outcome", ["no_answer", "voicemail", "wrong_number", "other_person"])
def test_a_call_that_did_not_reach_them_does_not_stop_the_answer_clock(
    desk: Desk, outcome: str
) -> None:
    clock = written_to(reached(desk))
    desk.do(contact, "phone", outcome, "", desk.now)
    assert the(desk, "answer").id == clock.id


def test_a_call_before_they_wrote_answers_nothing(desk: Desk) -> None:
    reached(desk)
    desk.now = T0 + 30 * MINUTE
    clock = written_to(desk)
    desk.do(contact, "phone", "reached", "", T0 + 10 * MINUTE)
    assert the(desk, "answer").id == clock.id


def test_an_answer_that_is_to_leave_after_it_is_due_does_not_stop_the_clock(desk: Desk) -> None:
    clock = written_to(reached(desk))
    text, subject = "Thank you for telling us. I shall call you.", "Your message"
    (point,) = desk.file.points
    desk.do(write, point, text, subject, not_before=T0 + 2 * HOUR)
    assert the(desk, "answer").id == clock.id
    desk.do(write, point, text, subject, not_before=T0 + 30 * MINUTE)
    assert [each.ended_how for each in clocks_of(desk, "answer")] == ["met"]


def test_a_case_is_not_closed_over_a_message_nobody_answered(desk: Desk) -> None:
    written_to(known(desk))
    with pytest.raises(IllegalMove, match="nobody answered"):
        desk.do(following.close, "satisfied")


# Promises, appeals, page messages, keeping in touch


def test_a_promise_has_a_clock_of_its_own_and_outlives_the_case(desk: Desk) -> None:
    reached(desk).do(hear, "They waited.", "", [("Call back", T0 + DAY), ("Write", T0 + 2 * DAY)])
    assert [c.due_at for c in clocks_of(desk, "promise")] == [T0 + DAY, T0 + 2 * DAY]
    desk.do(following.dismiss, "not_ours", "another practice")
    assert desk.running() == {"promise"}
    first = min(desk.file.tasks, key=lambda task: task.due_at)
    desk.now = T0 + 25 * HOUR
    desk.do(task_done, first, "called them")
    ends = {clock.key: (clock.ended_how, clock.missed_at) for clock in clocks_of(desk, "promise")}
    assert ends[first.id] == ("met", T0 + DAY)


def test_an_appeal_runs_until_its_date_or_as_long_as_the_playbook_says(desk: Desk) -> None:
    desk.do(add_task, "appeal", "Contest it with the platform", at(2, 12))
    desk.do(add_task, "appeal", "Contest it with the other platform", None)
    assert [clock.due_at for clock in clocks_of(desk, "appeal")] == [at(2, 12), at(4, 17)]
    assert [task.due_at for task in desk.file.tasks] == [at(2, 12), at(4, 17)]
    with pytest.raises(IllegalMove, match="has a date"):
        desk.do(add_task, "corrective_action", "Two more chairs", None)


def test_a_page_message_is_due_in_15_minutes_and_its_share_is_counted_over_seven_days(
    desk: Desk,
) -> None:
    for day in (0, 1, 4):
        desk.now = T0 + day * DAY
        written_to(desk, channel="page_message")
        assert the(desk, "message").due_at == desk.now + 15 * MINUTE
        desk.now += timedelta(minutes=10 if day else 20)
        desk.do(contact, "page_message", "sent", "", desk.now)
    rows = desk.store.page_messages(T0 - DAY)
    assert promptness(rows, T0 + 5 * DAY).share == pytest.approx(2 / 3)
    assert promptness(rows, T0 + 7 * DAY + HOUR).share == 1  # the late one is over a week ago
    assert promptness(rows, T0 + 30 * DAY).share is None


def test_a_page_message_nobody_answered_counts_as_late_before_any_sweep_saw_it(
    desk: Desk,
) -> None:
    written_to(desk, channel="page_message")
    rows = desk.store.page_messages(T0 - DAY)
    assert promptness(rows, T0 + 14 * MINUTE).of == 0  # it may still be in time
    assert promptness(rows, T0 + 15 * MINUTE).share == 0


def test_whoever_we_spoke_with_last_hears_from_us_again_while_we_look_into_it(desk: Desk) -> None:
    reached(desk)
    first = the(desk, "in_touch")
    assert first.due_at == T0 + 7 * DAY
    desk.now = T0 + 3 * DAY
    desk.do(contact, "phone", "voicemail", "", desk.now)
    assert the(desk, "in_touch").id == first.id  # a voicemail told them nothing
    desk.do(contact, "phone", "reached", "", desk.now)
    assert the(desk, "in_touch").due_at == T0 + 10 * DAY
    assert next(c for c in desk.file.clocks if c.id == first.id).ended_how == "met"


def test_their_message_ends_keeping_in_touch_until_we_have_answered(desk: Desk) -> None:
    written_to(reached(desk))
    assert "in_touch" not in desk.running()
    desk.do(contact, "phone", "reached", "", desk.now)
    assert "in_touch" in desk.running()
    desk.do(hear, "They waited.", "", [])
    assert "in_touch" in desk.running()
    desk.do(following.resolve, "wait_time", "Two more chairs.", True)
    assert "in_touch" not in desk.running()


# More time


def test_more_time_is_asked_by_one_and_granted_by_another_and_both_dates_are_kept(
    desk: Desk,
) -> None:
    desk.do(extensions.ask, "first_try", at(1, 12), "their number is at the archive", by=RESPONDER)
    assert the(desk, "first_try").due_at == at(0, 17)
    with pytest.raises(IllegalMove, match="somebody else"):
        desk.do(extensions.grant, by=RESPONDER)
    with pytest.raises(IllegalMove, match="it takes one of these"):
        desk.do(extensions.grant, by=DIRECTOR)
    desk.do(extensions.grant, by=MANAGER)
    clock = the(desk, "first_try")
    assert clock.due_at == at(1, 12)
    (kept,) = desk.file.extensions[clock.id]
    assert (kept.from_at, kept.to_at, kept.asked_by, kept.answered_by, kept.reason) == (
        at(0, 17), at(1, 12), RESPONDER, MANAGER, "their number is at the archive",
    )  # fmt: skip


def test_more_time_that_is_refused_leaves_the_date_as_it_was(desk: Desk) -> None:
    desk.do(extensions.ask, "first_try", at(1, 12), "their number is at the archive")
    with pytest.raises(IllegalMove, match="asked already"):
        desk.do(extensions.ask, "first_try", at(1, 13), "and lunch")
    desk.do(extensions.refuse, "call the archive", by=MANAGER)
    assert the(desk, "first_try").due_at == at(0, 17)
    with pytest.raises(IllegalMove, match="nobody asked"):
        desk.do(extensions.grant, by=MANAGER)


def test_a_missed_clock_may_be_given_more_time_but_stays_missed(desk: Desk) -> None:
    desk.now = at(1, 10)
    desk.do(extensions.ask, "first_try", at(2, 12), "their number is at the archive")
    desk.do(extensions.grant, by=MANAGER)  # though no sweep saw the miss
    assert (the(desk, "first_try").missed_at, the(desk, "first_try").due_at) == (
        at(0, 17), at(2, 12),
    )  # fmt: skip
    step(desk, at(3, 12))
    missed = [each["clock"] for each in facts(desk, "missed")]
    assert missed.count("first_try") == 1


def test_after_more_time_people_are_reminded_of_the_new_date(desk: Desk) -> None:
    """(zammad#4348: a second reminder was swallowed although the date had changed.)"""
    step(desk, at(0, 15, 30))
    assert told_of(desk, "first_try") == [DIRECTOR]
    desk.do(extensions.ask, "first_try", at(4, 17), "their number is at the archive")
    desk.do(extensions.grant, by=MANAGER)
    step(desk)
    assert told_of(desk, "first_try") == [DIRECTOR]
    for hour in range(1, 4 * 24):
        step(desk, at(0, 17 + hour))
    assert told_of(desk, "first_try") == [DIRECTOR] * 3
    step(desk, at(7, 9))
    assert MANAGER in told_of(desk, "first_try")


def test_a_pause_after_more_time_moves_the_later_date(desk: Desk) -> None:
    desk.do(extensions.ask, "first_try", at(1, 12), "their number is at the archive")
    desk.do(extensions.grant, by=MANAGER)
    desk.do(pauses.pause, ["first_try"], at(0, 11), "they are away")
    assert the(desk, "first_try").due_at == at(1, 14)


def test_nobody_the_case_is_about_grants_more_time() -> None:
    file = a_file(about=[MANAGER])
    assert [each.id for each in extensions.approvers(file, DIRECTOR)] == [CHIEF]


# Holds


def test_a_hold_stops_all_that_goes_out_and_never_ends_by_itself(
    desk: Desk, tmp_path: Path
) -> None:
    reached(desk)
    desk.do(replies.draft, REPLY, by=RESPONDER)
    desk.do(replies.approve, Capabilities(reply=True), ())
    (point,) = desk.file.points
    desk.do(write, point, "Thank you for telling us. I shall call you.", "Your message")
    desk.do(hold, "counsel")
    with pytest.raises(IllegalMove, match="a hold stops"):
        desk.do(write, point, "One more thing.", "Your message")
    with pytest.raises(IllegalMove, match="a hold stops"):
        desk.do(replies.approve, Capabilities(reply=True), ())
    for day in range(1, 400, 57):
        desk.now = T0 + day * DAY
        sweep.run(house(desk, tmp_path))
        assert desk.store.replies_to_publish(desk.now) == []
        waiting = desk.store.waiting(desk.now, ("email",))
        found = [delivery_of(desk, each) for each in waiting if each.notice.point_id]
        assert set(found) <= {"held"}
    assert desk.read().case.held_at == T0
    desk.do(release)
    to_them = [notice.state for notice in desk.file.notices]
    assert to_them == [NoticeState.SUPPRESSED]  # it was approved for another day


# Closed, and open again


def closed(desk: Desk) -> Desk:
    known(desk).do(following.dismiss, "not_a_complaint", "")
    return desk


def test_reopened_after_3_days_it_is_the_same_case_with_new_clocks(desk: Desk) -> None:
    """(GLPI#23359: statistics wrong after reopening.)"""
    old = {clock.id: clock for clock in closed(desk).file.clocks}
    desk.now = T0 + 3 * DAY
    desk.do(following.take_up, desk.file.playbook, "they called again")
    assert desk.file.case.round == 2
    new = [clock for clock in desk.file.clocks if clock.id not in old]
    assert {(clock.kind, clock.round, clock.started_at) for clock in new} == {
        ("first_try", 2, T0 + 3 * DAY)
    }
    assert all(c == old[c.id] for c in desk.file.clocks if c.id in old)


def test_reopened_after_40_days_it_is_a_new_case_linked_to_the_old_one(desk: Desk) -> None:
    first = closed(desk).file.case
    desk.now = T0 + 40 * DAY
    change = following.take_up(desk.file, PLAYBOOK, "they called again", moment(desk.now))
    assert desk.store.apply([change]).applied
    again = desk.store.case_file(change.subject.id, ENGINE)
    assert (again.case.previous_id, again.case.correspondent_id) == (
        first.id, first.correspondent_id,
    )  # fmt: skip
    assert {clock.kind for clock in again.clocks} == {"first_try"}
    assert desk.read().case.closed_at == T0
    assert again.review.id == desk.file.review.id


def test_a_message_to_a_closed_case_is_owned_by_somebody(desk: Desk) -> None:
    """(zammad#1322: what the customer wrote did not start the clock again.)"""
    clock = written_to(closed(desk))
    assert clock.due_at == T0 + HOUR
    step(desk, T0 + HOUR)
    assert MANAGER in told_of(desk, "answer")
    desk.do(following.take_up, desk.file.playbook, "they are unhappy still")
    assert the(desk, "answer").id == clock.id  # still owed in the next round
    desk.do(contact, "phone", "reached", "", desk.now)
    assert "answer" not in desk.running()


def test_looking_and_giving_up_stop_no_clock_but_their_own(desk: Desk) -> None:
    clock = written_to(known(desk))
    desk.do(looked_for, True, "")
    assert the(desk, "answer").id == clock.id
    desk.do(give_up, "declined")
    assert "answer" not in desk.running()

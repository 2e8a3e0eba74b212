"""What is due when severity, hours, holidays or the policy change while clocks run."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

from cases import clinics
from cases.clockwork import pauses
from cases.custody import set_severity
from cases.practice import adopt
from cases.talking.conversation import contact
from flows import recompute, sweep
from tests.acceptance.desk import at, clocks_of, facts, house, reached, step, the, told_of, under
from tests.builders import ADMIN, CHIEF, DAY, DIRECTOR, MANAGER, PLAYBOOK, T0, Desk, moment

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


def without(text: str, kind: str) -> str:
    """Return a playbook's text without one clock."""
    kept, mine = [], False
    for line in text.splitlines():
        if line.startswith("["):
            mine = line.startswith(f"[clocks.{kind}]")
        if not mine:
            kept.append(line)
    return "\n".join(kept)


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

"""A clinic changes on the command line, and what runs already follows."""

from tests.builders import PLAYBOOK
from tests.console.shell import DANA, MONDAY, Shell

MORGAN = "morgan@elm.example"


def due(shell: Shell, kind: str) -> str:
    (found,) = [c for c in shell.done("case", 1, "--json").json()["clocks"] if c["kind"] == kind]
    return str(found["due_at"])


def test_a_half_day_moves_due_times_and_as_usual_moves_them_back(amends: Shell):
    before = due(amends, "acknowledge")
    told = amends.done(
        "clinic", "close", "elm-street", "2026-11-02", "--open", "09:00-12:00", "--now", MONDAY
    ).out
    assert "Cases whose clocks follow: 2." in told
    assert due(amends, "acknowledge") != before
    amends.done("clinic", "as-usual", "elm-street", "2026-11-02", "--now", MONDAY)
    assert due(amends, "acknowledge") == before
    again = amends("clinic", "as-usual", "elm-street", "2026-11-02")
    assert (again.code, "no hours of its own" in again.err) == (2, True)


def test_a_clinic_is_edited_and_what_is_not_named_stays(amends: Shell):
    amends.done(
        "clinic", "edit", "elm-street", "--phone", "+1 212 555 0177", "--point-person", "Sam Field",
        "--as", DANA,
    )  # fmt: skip
    clinic = amends.done("clinic", "list", "--json").json()
    assert (clinic["phone"], clinic["point_person"]) == ("+12125550177", "Sam Field")
    assert (clinic["email"], clinic["zone"]) == ("care@elm.example", "America/New_York")
    same = amends("clinic", "edit", "elm-street", "--point-person", "Sam Field")
    assert (same.code, "like that already" in same.err) == (2, True)


def test_hours_and_holidays_that_cannot_be_right_are_refused_and_change_nothing(amends: Shell):
    before = amends.done("clinic", "list", "--json").json()
    assert amends("clinic", "hours", "elm-street", "mon-fri 09:00-25:00").code == 2
    assert amends("clinic", "close", "elm-street", "tomorrow").code == 2
    assert amends("clinic", "edit", "elm-street", "--zone", "Nowhere/Town").code == 2
    assert amends.done("clinic", "list", "--json").json() == before


def test_a_holiday_is_switched_off_and_on(amends: Shell):
    amends.done("clinic", "edit", "elm-street", "--region", "US")
    amends.done("clinic", "holiday", "elm-street", "Columbus Day", "--open")
    assert amends.done("clinic", "list", "--json").json()["open_on"] == ["Columbus Day"]
    amends.done("clinic", "holiday", "elm-street", "Columbus Day", "--closed")
    assert amends.done("clinic", "list", "--json").json()["open_on"] == []


def test_a_playbook_is_adopted_for_running_cases_where_that_is_said(amends: Shell):
    before = due(amends, "acknowledge")
    text = PLAYBOOK.text.replace('span = "4 hours"', 'span = "2 hours"', 1)
    file = amends.file("shorter.toml", text)
    amends.done("playbook", "adopt", file, "--now", MONDAY)
    assert due(amends, "acknowledge") == before
    told = amends.done("playbook", "adopt", file, "--for-running-cases", "--now", MONDAY).out
    assert "Cases whose clocks follow: 2." in told
    assert due(amends, "acknowledge") < before


def test_more_time_is_asked_for_and_granted_from_the_command_line(amends: Shell):
    amends.done("person", "add", "Morgan Field", "--email", MORGAN, "--role", "manager")
    ask = ("--clock", "first_try", "--until", "2026-11-04T12:00", "--why", "the archive is closed")
    assert amends.act(1, "extend", *ask).code == 0
    assert "waits for an answer" in amends.done("case", 1).out
    own = amends.act(1, "grant")
    assert (own.code, "somebody else answers" in own.err) == (1, True)
    assert amends.act(1, "grant", "--as", MORGAN).code == 0
    told = amends.done("case", 1, "--json").json()
    (given,) = told["extensions"]
    assert (given["clock"], given["granted"], given["reason"]) == (
        "first_try", True, "the archive is closed",
    )  # fmt: skip
    assert due(amends, "first_try").startswith("2026-11-04T17:00")
    assert "granted by Morgan Field" in amends.done("case", 1).out


def test_the_share_of_page_messages_answered_in_time_is_told(amends: Shell):
    ask = ("clinic", "messages", "elm-street", "--now", "2026-11-03T12:00")
    assert "No message" in amends.done(*ask).out
    late = ("--channel", "page_message")
    assert amends.act(1, "received", "--text", "Are you open?", *late).code == 0
    assert amends.done(*ask, "--json").json()["share"] == 0

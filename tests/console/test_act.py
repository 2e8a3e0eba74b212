"""Every move of a case from the command line: a life up to its close, and the other ways out."""

import inspect
import re

import pytest

from console.commands.acting import act
from console.commands.menu import GROUPS, MENU, WORDS
from console.commands.moves import BY_NAME
from tests.console.shell import DANA, MONDAY, Shell

REPLY = (
    "Thank you for writing. We are sorry to read this. Privacy law keeps us from saying more here. "
    "Please reach Dana Field, our clinical director, at +1 212 555 0100 or care@elm.example."
)
SHORT = "Thank you for writing. We are sorry to read this."
MATCH = ("--name", "Pat Sample", "--basis", "they said so at the desk", "--phone", "212 555 0123",
         "--email", "pat@mail.example")  # fmt: skip
LETTER = ("--text", "Please call Dana Field at +1 212 555 0100.", "--subject", "A word from us")


def go(shell: Shell, number: int, *moves: tuple[str, ...]) -> None:
    """Make moves, each of which must be allowed."""
    for move, *words in moves:
        answer = shell.act(number, move, *words)
        assert answer.code == 0, (move, answer.err)


def refused(shell: Shell, number: int, *words: str, now: str = MONDAY) -> str:
    """Try a move that must be refused; return what was said. Nothing may have changed."""
    before = shell.done("case", number, "--json").json()
    answer = shell("act", number, *words, "--now", now)
    assert answer.code in (1, 2), answer.out
    after = shell.done("case", number, "--json").json()
    assert {**after, "events": 0} == {**before, "events": 0}
    return answer.err


def test_a_case_lives_from_its_opening_to_its_close(amends: Shell):
    stages = [amends.stage(1)]
    for move, *words in (
        ("draft", "--text", REPLY, "--as", "sam@elm.example"),
        ("approve",),
        ("posted", "--url", "https://reviews.example/1"),
        ("match", *MATCH),
        ("contact", "--outcome", "voicemail", "--note", "left our number"),
        ("write", *LETTER),
        ("received", "--text", "Do call me.", "--channel", "email"),
        ("contact", "--outcome", "reached"),
        ("hear", "--happened", "They waited.", "--wants", "An apology",
         "--promise", "Call back @ 2026-11-04T10:00"),
        ("identify", "--identifier", "name", "--identifier", "date_of_birth"),
        ("resolve", "--cause", "wait_time", "--done", "The desk tells of delays.", "--told"),
    ):  # fmt: skip
        go(amends, 1, (move, *words))
        if (now := amends.stage(1)) != stages[-1]:
            stages.append(now)
    tasks = amends.done("case", 1, "--json").json()["tasks"]
    promised = next(task["id"] for task in tasks if task["kind"] == "promise")
    go(amends, 1, ("task-done", "--task", promised, "--evidence", "called them"))
    for day, words in (
        ("2026-11-17T10:00", ("look", "--standing", "stands")),
        ("2026-11-18T10:00", ("follow-up", "--outcome", "reached")),
        ("2026-11-18T11:00", ("close", "--outcome", "satisfied")),
    ):
        assert amends("act", 1, *words, "--now", day).code == 0
        if (now := amends.stage(1)) != stages[-1]:
            stages.append(now)
    assert stages == [
        "acknowledge", "contact", "listen", "resolve", "monitor", "follow_up", "closed",
    ]  # fmt: skip
    again = ("reopen", "--why", "they called again")
    assert amends("act", 1, *again, "--now", "2026-11-20T10:00").code == 0
    assert amends.stage(1) == "contact"


def test_a_case_is_shown_with_all_that_was_said(amends: Shell):
    called = ("contact", "--outcome", "reached", "--note", "they had time")
    heard = ("hear", "--happened", "They waited two hours.")
    go(amends, 1, ("match", *MATCH), called, heard, ("note", "--text", "ask the desk"))
    shown = amends.done("case", 1).out
    for words in ("Pat Sample", "+12125550123", "they had time", "They waited two hours.",
                  "ask the desk", "owner Dana Field", "May be done now"):  # fmt: skip
        assert words in shown
    whole = amends.done("case", 1, "--json").json()
    assert whole["accounts"][0]["happened"] == "They waited two hours."
    assert whole["notes"][0]["text"] == "ask the desk"
    assert whole["correspondent"]["points"][0] == {
        "channel": "phone", "value": "+12125550123", "usable": True,
    }  # fmt: skip


def test_a_warning_is_explained_with_the_option_that_accepts_it(amends: Shell):
    go(amends, 1, ("draft", "--text", SHORT))
    assert "--acknowledge no_contact" in refused(amends, 1, "approve")
    go(amends, 1, ("approve", "--acknowledge", "no_contact"))


def test_what_may_not_stand_in_public_cannot_be_approved_away(amends: Shell):
    go(amends, 1, ("draft", "--text", f"{REPLY} Your treatment on Monday went well."))
    assert "approve" in refused(amends, 1, "approve", "--acknowledge", "no_contact")


def test_nobody_needs_to_answer_where_a_person_decided_so(amends: Shell):
    assert "the reasons:" in refused(amends, 1, "no-reply", "--why", "tired")
    go(amends, 1, ("no-reply", "--why", "counsel"), ("looked-for", "--not-found"))
    go(amends, 1, ("unidentified",))
    assert amends.stage(1) == "resolve"


def test_unreachable_wants_its_tries(amends: Shell):
    go(amends, 1, ("no-reply", "--why", "counsel"), ("match", *MATCH))
    assert "not tried yet: email, phone" in refused(amends, 1, "unreachable")
    go(amends, 1, ("contact", "--outcome", "no_answer"), ("write", *LETTER))
    for day in ("2026-11-03T10:00", "2026-11-04T10:00"):
        assert amends("act", 1, "contact", "--outcome", "no_answer", "--now", day).code == 0
    assert amends("act", 1, "unreachable", "--now", "2026-11-05T10:00").code == 0
    assert amends.stage(1) == "resolve"


def test_who_declines_is_left_alone(amends: Shell):
    go(amends, 1, ("match", *MATCH), ("declined",))
    case = amends.done("case", 1, "--json").json()
    assert [c["kind"] for c in case["clocks"] if c["ended_at"] is None].count("reach") == 0


def test_a_wrong_number_is_used_no_more(amends: Shell):
    go(amends, 1, ("match", *MATCH), ("contact", "--outcome", "wrong_number"))
    assert "phone +12125550123 (not to be used: wrong_number)" in amends.done("case", 1).out
    go(amends, 1, ("point", "--phone", "212 555 0124"))
    assert "+12125550124" in amends.done("case", 1).out


def test_stop_wins_over_what_was_approved(amends: Shell):
    go(amends, 1, ("match", *MATCH), ("stop", "--to", "pat@mail.example"))
    assert "may not be used" in refused(amends, 1, "write", *LETTER)


def test_a_troll_is_confirmed_by_a_person_and_dismissed(amends: Shell):
    assert "--evidence" in refused(amends, 1, "troll")
    assert "first: troll" in refused(amends, 1, "dismiss", "--why", "troll")
    go(amends, 1, ("draft", "--text", REPLY), ("troll", "--evidence", "forty copies"))
    assert "first: not-troll" in refused(amends, 1, "approve")
    go(amends, 1, ("not-troll",), ("troll", "--evidence", "forty-one copies"))
    go(amends, 1, ("dismiss", "--why", "troll"))
    assert amends.stage(1) == "closed"


def test_two_cases_become_one_and_two_again(amends: Shell):
    assert "--into N" in refused(amends, 2, "merge")
    assert "no case 99" in refused(amends, 2, "merge", "--into", "99", "--why", "same")
    go(amends, 2, ("merge", "--into", "1", "--why", "the same evening"))
    assert amends.stage(2) == "closed"
    go(amends, 2, ("unmerge",))
    assert amends.stage(2) == "acknowledge"


def test_a_hold_stops_what_goes_out(amends: Shell):
    go(amends, 1, ("draft", "--text", REPLY), ("hold", "--why", "counsel"))
    assert "HELD since" in amends.done("case", 1).out
    assert "first: release" in refused(amends, 1, "approve")
    go(amends, 1, ("release",), ("approve",))
    assert "no hold" in refused(amends, 1, "release")


def test_clocks_pause_and_run_on(amends: Shell):
    assert "--until" in refused(amends, 1, "pause", "--why", "on holiday")
    pause = ("pause", "--until", "2026-11-05", "--why", "on holiday", "--clock", "first_try")
    go(amends, 1, pause, ("resume",))
    assert "no pause" in refused(amends, 1, "resume")


def test_a_case_is_handed_over_and_kept_from_whom_it_is_about(amends: Shell):
    go(amends, 1, ("hand-over", "--to", "sam@elm.example", "--why", "on leave"))
    assert "owner Sam Brook" in amends.done("case", 1).out
    go(amends, 1, ("about", "--person", "sam@elm.example"))
    assert "It is about Sam Brook" in amends.done("case", 1).out
    assert "owner Dana Field" in amends.done("case", 1).out
    answer = amends("act", 1, "hand-over", "--to", "nobody@elm.example")
    assert (answer.code, DANA in answer.err) == (2, True)


def test_a_grave_case_is_taken(amends: Shell):
    assert "not grave" in refused(amends, 1, "take")
    go(amends, 1, ("severity", "--severity", "grave", "--why", "read again"), ("take",))
    clocks = amends.done("case", 1, "--json").json()["clocks"]
    assert next(c["ended_how"] for c in clocks if c["kind"] == "safety") == "met"


def test_a_task_is_set_and_done(amends: Shell):
    assert "give one" in refused(amends, 1, "task", "--text", "Train the desk")
    assert "has passed" in refused(amends, 1, "task", "--text", "x", "--due", "2020-01-01")
    go(amends, 1, ("task", "--text", "Train the desk", "--due", "2026-11-20"))
    task = amends.done("case", 1, "--json").json()["tasks"][0]["id"]
    assert task in refused(amends, 1, "task-done", "--task", "none", "--evidence", "x")
    go(amends, 1, ("task-done", "--task", task, "--evidence", "done on Friday"))


def test_a_follow_up_is_planned_ahead(amends: Shell):
    go(amends, 1, ("no-reply", "--why", "counsel"), ("match", *MATCH),
       ("contact", "--outcome", "reached"), ("hear", "--happened", "They waited."),
       ("identify", "--identifier", "name", "--identifier", "address"),
       ("resolve", "--cause", "wait_time", "--done", "Mended.", "--told"),
       ("plan-follow-up", *LETTER))  # fmt: skip
    assert "still watched" in refused(amends, 1, "follow-up", *LETTER)


def test_a_mistaken_match_is_taken_back(amends: Shell):
    go(amends, 1, ("match", *MATCH), ("unmatch", "--why", "another Pat"))
    assert amends.done("case", 1, "--json").json()["correspondent"] is None


def test_a_note_may_be_for_few_eyes_only(amends: Shell):
    go(amends, 1, ("note", "--text", "for the chief", "--visibility", "peer_review"))
    for who, seen in (("chris@elm.example", True), (DANA, False)):
        assert ("for the chief" in amends.done("case", 1, "--as", who).out) is seen
    assert "peer_review" in refused(amends, 1, "note", "--text", "x", "--visibility", "all")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("no-such-move",), "the moves are: about"),
        (("note", "--text", "x", "--as", "nobody@elm.example"), DANA),
        (("note", "--text", "x", "--as", ""), "--as EMAIL"),
        (("contact", "--outcome", "voicemail", "--at", "whenever"), "2026-11-27T16:30"),
        (("hear", "--happened", "x", "--promise", "soon"), "what @ 2026"),
        (("match", "--name", "Pat", "--basis", "x", "--phone", "12"), "+1 212 555 0100"),
        (("match", "--name", "Pat", "--basis", "x", "--email", "pat"), "no e-mail address"),
        (("received",), "--text"),
    ],
)
def test_what_cannot_be_meant_changes_nothing_and_ends_with_two(amends: Shell, words, said):
    if words[0] == "hear":
        go(amends, 1, ("match", *MATCH), ("contact", "--outcome", "reached"))
    answer = amends.act(1, *words)
    assert (answer.code, said in answer.err) == (2, True), answer.err
    refused(amends, 1, *words)


def test_a_case_of_another_clinic_is_not_found(amends: Shell):
    amends.done("clinic", "add", "harbor", "--zone", "America/Los_Angeles", "--hours",
                "mon-fri 09:00-17:00")  # fmt: skip
    amends.done("person", "add", "Lee Marsh", "--email", "lee@harbor.example", "--role",
                "director", "--clinic", "harbor")  # fmt: skip
    lee = ("--as", "lee@harbor.example")
    for words in (("act", 1, "note", "--text", "x"), ("case", 1), ("moves", "--case", 1)):
        answer = amends(*words, *lee)
        assert (answer.code, answer.err) == (1, "amends: there is no case 1\n")
    assert amends.done("cases", "--json", *lee).out == ""
    assert [e["kind"] for e in amends.done("case", 1, "--json").json()["events"]] == ["opened"]


def test_an_answer_as_json_says_where_the_case_stands(amends: Shell):
    said = amends.act(1, "no-reply", "--why", "counsel", "--json").json()
    assert {**said, "version": 0} == {
        "case": 1, "move": "no-reply", "stage": "contact", "version": 0,
    }  # fmt: skip


# The menu


def test_the_menu_holds_every_move_and_no_other():
    assert set(MENU) == set(BY_NAME)
    assert len(MENU) == sum(map(len, GROUPS.values()))


def test_the_menu_names_options_there_are_and_leaves_none_out():
    shared = {"number", "move", "who", "now", "data", "as_json"}
    there_are = {name.replace("_", "-") for name in inspect.signature(act).parameters} - shared
    there_are -= {"as-json"}
    named = {o for each in MENU.values() for o in re.findall(r"--([a-z-]+)", each.takes)}
    assert named == there_are
    assert all(option in MENU[move].takes for move, options in WORDS.items() for option in options)


def test_the_help_names_every_move(bare: Shell):
    shown = " ".join(bare.done("act", "--help").out.split())
    assert [move for move in MENU if not re.search(rf"[ :]{move}[,.]", shown)] == []


def test_moves_are_listed_with_their_options(bare: Shell):
    shown = bare.done("moves").out
    assert [move for move in MENU if f"  {move} " not in shown] == []
    one = bare.done("moves", "resolve").out
    assert "amends act N resolve --cause CAUSE --done TEXT [--told]" in one
    assert "wait_time" in one
    assert [line["move"] for line in bare.done("moves", "--json").lines()] == list(MENU)
    assert bare("moves", "sing").code == 2


def test_a_case_says_what_it_lacks_for_each_move(amends: Shell):
    lacks = {each["move"]: each for each in amends.done("moves", "--case", 1, "--json").lines()}
    assert lacks["draft"]["legal"]
    assert not lacks["close"]["legal"]
    assert any("first: hear" in each for each in lacks["close"]["lacks"])
    assert "- close" in amends.done("moves", "--case", 1).out
    assert amends("moves", "--case", 77).code == 1

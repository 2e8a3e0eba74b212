"""The reply's moves from the command line: drafts, cooling, overruling, an incident."""

import re

from tests.console.shell import MONDAY, Shell
from tests.console.test_act import REPLY, go, refused

ROBIN = ("--as", "robin@elm.example")
LIVE = (("approve",), ("posted", "--url", "https://reviews.example/1"))
BAD = f"{REPLY} We appreciate your recent visit to the office."


def with_officer(amends: Shell) -> Shell:
    amends.done("person", "add", "Robin Vale", "--email", "robin@elm.example",
                "--role", "privacy_officer")  # fmt: skip
    return amends


def test_drafts_are_offered_and_others_on_request(amends: Shell):
    first = [line["text"] for line in amends.done("drafts", 1, "--json").lines()]
    other = [line["text"] for line in amends.done("drafts", 1, "--other", 1, "--json").lines()]
    assert len(first) == len(other) == 3
    assert not set(first) & set(other)
    assert "Gracias" in amends.done("drafts", 1, "--language", "es").out
    go(amends, 1, ("draft", "--text", first[0]), ("approve",))
    answer = amends("drafts", 1, "--language", "tlh")
    assert (answer.code, "en, es" in answer.err) == (2, True)


def test_a_draft_cools_for_an_hour(amends: Shell):
    go(amends, 1, ("draft", "--text", REPLY), ("cool",))
    assert "cools until" in refused(amends, 1, "approve")
    assert amends("act", 1, "approve", "--now", MONDAY.replace("T09", "T10")).code == 0


def test_a_privacy_officer_overrules_one_finding(amends: Shell):
    with_officer(amends)
    go(amends, 1, ("draft", "--text", BAD))
    why = ("--why", "It answers the mayor.")
    assert "names:10-25" in refused(amends, 1, "overrule", "--finding", "names", *why)
    said = refused(amends, 1, "overrule", "--finding", "names:1-2", *why, *ROBIN)
    found = re.search(r"confirms_relationship (\d+-\d+)", said)
    assert found, said
    finding = ("--finding", f"confirms_relationship:{found[1]}")
    assert "only a privacy officer" in refused(amends, 1, "overrule", *finding, *why)
    go(amends, 1, ("overrule", *finding, *why, *ROBIN), ("approve",))


def test_an_approval_is_taken_back(amends: Shell):
    go(amends, 1, ("draft", "--text", REPLY), ("approve",), ("withdraw", "--why", "too early"))
    assert "no approved reply waits" in refused(amends, 1, "posted", "--url", "https://x.example")


def test_a_reply_that_stands_is_taken_down(amends: Shell):
    go(amends, 1, ("draft", "--text", REPLY), *LIVE, ("take-down", "--why", "a street name"))
    go(amends, 1, ("taken-down", "--evidence", "looked, it is gone"))
    assert "no reply of ours stands" in refused(amends, 1, "take-down")


def test_an_incident_runs_its_course(amends: Shell):
    with_officer(amends)
    assert "ever public" in refused(amends, 1, "incident", "--text", "It names a day.")
    go(amends, 1, ("draft", "--text", REPLY), *LIVE, ("incident", "--text", "It names a day."))
    assert "already" in refused(amends, 1, "incident", "--text", "It names a day.")
    assert "Keep evidence first" in refused(amends, 1, "incident-close", *ROBIN)
    decided = ("--outcome", "low_probability", "--text", "The four factors, weighed.")
    go(amends, 1, ("incident-decide", *decided, *ROBIN))
    tasks = amends.done("case", 1, "--json", *ROBIN).json()["tasks"]
    for task in tasks:
        if task["kind"] == "breach" and task["done_at"] is None:
            done = ("--task", task["id"], "--evidence", "in the folder")
            go(amends, 1, ("task-done", *done, *ROBIN))
    go(amends, 1, ("incident-close", *ROBIN))
    assert "breach" not in amends.done("case", 1).out
    assert "breach" in amends.done("case", 1, *ROBIN).out


def test_a_confirmed_troll_is_reported_by_the_platforms_own_route(amends: Shell):
    assert "first: troll" in refused(amends, 1, "shield", "--kind", "hide")
    go(amends, 1, ("troll", "--evidence", "forty copies"))
    tasks = amends.done("case", 1, "--json").json()["tasks"]
    (task,) = [each for each in tasks if each["kind"] == "report_to_platform"]
    assert "Report the review to" in task["what"]
    assert "report it instead" in refused(amends, 1, "shield", "--kind", "hide")

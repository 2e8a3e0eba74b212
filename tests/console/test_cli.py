"""The command line at large: what goes wrong is told with the remedy, and loses nothing."""

import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from cases.playbooks.playbook import PRACTICE
from console.commands.running import FLOWS
from tests.console.shell import DANA, MONDAY, REVIEWS, Shell

PEOPLE = ("person", "add", "Alex Stone", "--email")
HOURS = ("--hours", "mon-fri 09:00-17:00")


# A first day


def test_before_anything_is_founded_the_first_command_is_named(bare: Shell):
    for words in (("cases",), ("doctor",), ("run", "all"), ("person", "list")):
        answer = bare(*words)
        assert (answer.code, "run: amends db upgrade" in answer.err) == (1, True)


def test_to_found_twice_is_to_found_once(founded: Shell):
    keys = (founded.data / "keyring.json").read_bytes()
    again = founded.done("db", "upgrade")
    assert "keyring.json" in again.out
    assert (founded.data / "keyring.json").read_bytes() == keys
    assert len(founded.done("person", "list", "--json").lines()) == 3


def test_every_command_has_a_help_text(bare: Shell):
    pages = [()]
    while pages:
        page = pages.pop()
        shown = bare.done(*page, "--help").out
        listed = shown.partition("Commands")[2].splitlines()
        for line in listed:
            name = line.strip("│ ").split(" ")[0]
            if name.replace("-", "").isalpha() and line.startswith("│ " + name):
                pages.append((*page, name))
                words = line.strip("│ ").partition(" ")[2].strip()
                assert words, (*page, name)


def test_a_wrong_word_ends_with_two(bare: Shell):
    for words in (("sing",), ("cases", "--loud"), ("act", "one", "note"), ("cases", "--limit", 0)):
        answer = bare(*words)
        assert (answer.code, "--help" in answer.err) == (2, True)


# What a person or a clinic cannot be


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((*PEOPLE, "alex", "--role", "chief"), "'alex' is no e-mail address"),
        ((*PEOPLE, "alex@elm.example", "--role", "king"), "the roles are: responder"),
        ((*PEOPLE, DANA, "--role", "chief"), "belongs to somebody already"),
        ((*PEOPLE, "a@elm.example", "--role", "chief", "--phone", "12"), "+1 212 555 0100"),
        ((*PEOPLE, "a@elm.example", "--role", "chief", "--clinic", "moon"), "known are: elm"),
        (("person", "deactivate", "nobody@elm.example"), DANA),
        (("person", "away", DANA, "--from", "2026-12-05", "--until", "2026-12-01"), "the dates"),
        (("person", "away", DANA, "--from", "whenever"), "write it like 2026-11-27T16:30"),
        (("clinic", "add", "x", "--zone", "UTC"), "--hours"),
        (("clinic", "add", "x", "--zone", "UTC", "--hours", ""), "mon-fri 09:00-17:00"),
        (("clinic", "add", "x", "--zone", "UTC", "--hours", "mon-fri"), "opening time"),
        (("clinic", "add", "x", "--zone", "UTC", "--hours", "monday 9-5"), "clinic x"),
        (("clinic", "add", "x", "--zone", "UTC", "--hours", "mon 09:00-05:00"), "before it ends"),
        (("clinic", "add", "x", "--zone", "Mars/Olympus", *HOURS), "'Mars/Olympus' is no time"),
        (("clinic", "add", "x", "--zone", "UTC", *HOURS, "--phone", "123"), "'123' cannot be"),
        (("clinic", "add", "x", "--zone", "UTC", *HOURS, "--region", "ZZ"), "US-TX"),
        (
            ("clinic", "add", "x", "--zone", "UTC", *HOURS, "--region", "US", "--open-on", "Yule"),
            "Columbus Day",
        ),
        (("clinic", "add", "x", "--zone", "UTC", *HOURS, "--closed", "Yule"), "no date"),
        (("clinic", "add", "elm-street", "--zone", "UTC", *HOURS), "there is a clinic"),
        (("clinic", "add", "Elm Street", "--zone", "UTC", *HOURS), "write it like elm-street"),
        (("source", "add", "x", "--place", "nowhere"), "there is no folder"),
        (("source", "add", "x", "--place", ".", "--platform", "moon"), "it can to: "),
        (("cases", "--stage", "lost"), "the stages are: acknowledge"),
        (("cases", "--clinic", "moon"), "known are: elm-street"),
        (("cases", "--owner", "nobody@elm.example"), DANA),
        (("cases", "--now", "whenever"), "2026-11-27T16:30"),
        (("run", "dance"), "the flows are: intake"),
    ],
)
def test_what_cannot_be_meant_is_named_and_written_nowhere(founded: Shell, words, said):
    def record() -> list[str]:
        return [founded.done(noun, "list", "--json").out for noun in ("person", "clinic", "source")]

    before = record()
    answer = founded(*words)
    assert (answer.code, said in answer.err) == (2, True), answer.err
    assert record() == before


def test_hours_of_one_day_given_twice_are_both_kept(founded: Shell):
    founded.done("clinic", "add", "pier", "--zone", "UTC", "--hours", "mon 09:00-12:00",
                 "--hours", "mon 13:00-17:00", "--region", "US", "--open-on", "Columbus Day",
                 "--closed", "2026-12-24 09:00-12:00", "--closed", "2026-12-31")  # fmt: skip
    pier = founded.done("clinic", "list", "--json").lines()[-1]
    assert pier["open_on"] == ["Columbus Day"]
    assert pier["closures"] == {"2026-12-24": ["09:00-12:00"], "2026-12-31": []}
    assert pier["hours"] == {"mon": ["09:00-12:00", "13:00-17:00"]}


def test_people_come_go_and_are_away(founded: Shell):
    founded.done("person", "away", DANA, "--from", "2026-12-01", "--until", "2026-12-08",
                 "--substitute", "sam@elm.example")  # fmt: skip
    founded.done("person", "deactivate", "sam@elm.example")
    people = {each["email"]: each for each in founded.done("person", "list", "--json").lines()}
    assert not people["sam@elm.example"]["active"]
    assert "(left)" in founded.done("person", "list").out


def test_a_source_that_cannot_be_read_is_told_wherever_somebody_looks(founded: Shell):
    (founded.folder / "agg").mkdir()
    founded.done("source", "add", "agg", "--place", "agg", "--clinic", "elm-street")
    answer = founded("run", "intake", "--now", MONDAY)
    assert (answer.code, "source agg: nothing can be read" in answer.err) == (1, True)
    assert "source agg" in founded("doctor").out
    assert founded.done("source", "list", "--json").json()["failed"] == "folder-missing"
    (founded.folder / "agg" / "in").mkdir()
    founded.file("agg/in/r.csv", REVIEWS)
    waits = founded.done("run", "intake", "--now", MONDAY, "--json").json()
    assert waits["cases"] == 0  # what failed is left alone for a while, until somebody tries it
    assert "with 3 reviews" in founded.done("source", "test", "agg").out
    assert founded.done("source", "list", "--json").json()["state"] == "well"
    assert founded.done("run", "intake", "--now", MONDAY, "--json").json()["cases"] == 2


def test_a_source_is_paused_and_read_again(founded: Shell):
    (founded.folder / "agg" / "in").mkdir(parents=True)
    founded.done("source", "add", "agg", "--place", "agg", "--clinic", "elm-street")
    founded.file("agg/in/r.csv", REVIEWS)
    founded.done("source", "pause", "agg")
    assert founded.done("run", "intake", "--now", MONDAY, "--json").json()["seen"] == 0
    assert founded.done("source", "list", "--json").json()["state"] == "paused"
    founded.done("source", "pause", "agg", "--resume")
    assert founded.done("run", "intake", "--now", MONDAY, "--json").json()["cases"] == 2
    assert founded.done("source", "unread").out.strip() == "Everything that came was read."
    assert "healthgrades" in founded.done("source", "platforms").out
    assert "agg (folder) by itself: pull, reply" in founded("doctor").out


# The playbook


def test_every_mistake_in_a_playbook_is_named_with_its_line(founded: Shell):
    text = PRACTICE.read_text(encoding="utf-8")
    wrong = text.replace("[clocks.reach]", "[clocks.rech]", 1)
    line = next(n for n, each in enumerate(wrong.splitlines(), 1) if "[clocks.rech]" in each)
    path = founded.file("wrong.toml", wrong)
    for words in (("check", path), ("adopt", path), ("show", "--file", path)):
        answer = founded("playbook", *words)
        assert answer.code == 1
        assert f"wrong.toml, line {line}" in answer.err
        assert "add [clocks.reach]" in answer.err
    assert (
        founded.done("playbook", "try", "--at", "2026-11-27 16:30", "--json").json()["version"] == 1
    )


def test_a_negative_span_is_refused_with_its_line(bare: Shell):
    lines = PRACTICE.read_text(encoding="utf-8").splitlines()
    at = next(n for n, each in enumerate(lines) if each.startswith("span"))
    lines[at] = 'span = "-4 hours"'
    answer = bare("playbook", "check", bare.file("wrong.toml", "\n".join(lines)))
    assert answer.code == 1
    assert f"wrong.toml, line {at + 1}" in answer.err
    assert "-4 hours" in answer.err


def test_a_playbook_is_put_into_force_by_a_person(amends: Shell):
    path = amends.file("ours.toml", PRACTICE.read_text("utf-8").replace('"practice"', '"ours"', 1))
    assert amends("playbook", "adopt", path, "--as", "").code == 2
    assert "ours is in force as version 2" in amends.done("playbook", "adopt", path).out
    tried = amends.done("playbook", "try", "--at", "2026-11-27 16:30", "--json").json()
    assert (tried["playbook"], tried["version"]) == ("ours", 2)
    assert amends.act(1, "no-reply", "--why", "counsel").code == 0  # it keeps the one it began with


# What happens to a machine


def test_a_locked_database_is_told_and_nothing_is_lost(
    amends: Shell, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("AMENDS_SQLITE_WAIT_SECONDS", "0.1")
    other = sqlite3.connect(amends.data / "amends.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    more = amends.file("more.csv", REVIEWS.replace("Two hours", "Three hours"))
    for words in (
        ("act", 1, "no-reply", "--why", "counsel", "--now", MONDAY),
        ("import", more, "--clinic", "elm-street", "--now", MONDAY),
        ("person", "deactivate", "sam@elm.example"),
    ):
        answer = amends(*words)
        assert (answer.code, "another program holds the database" in answer.err) == (1, True)
    assert len(amends.done("cases", "--json").lines()) == 2  # to read is never held up
    other.execute("ROLLBACK")
    other.close()
    assert amends.stage(1) == "acknowledge"
    assert amends.act(1, "no-reply", "--why", "counsel").code == 0


_SMALL_DISK = (
    "import resource, sys; from console.cli import main; import flows.intake; "
    "resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536)); "
    "sys.argv = ['amends', *sys.argv[1:]]; main()"
)


def test_a_full_disk_is_told_and_nothing_is_lost(amends: Shell):
    many = "".join(f"2026-11-01,1,{n} times late.,author{n}\n" for n in range(400))
    path = amends.file("many.csv", f"Date,Rating,Review,Author\n{many}")
    words = ("import", str(path), "--clinic", "elm-street", "--now", MONDAY)
    root = Path(__file__).parents[2]
    ended = subprocess.run(
        [sys.executable, "-c", _SMALL_DISK, *words],
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 1
    assert "nothing was written" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert len(amends.done("cases", "--json").lines()) == 2
    assert "400 cases opened" in amends.done(*words).out


def test_a_lost_keyring_is_never_replaced_by_a_new_one(amends: Shell):
    ring = amends.data / "keyring.json"
    kept = ring.read_bytes()
    ring.unlink()
    for words in (("cases",), ("case", 1), ("db", "upgrade"), ("run", "sweep")):
        answer = amends(*words)
        assert (answer.code, "restore it from your key backup" in answer.err) == (1, True)
    assert not ring.exists()
    ring.write_bytes(kept)
    ring.chmod(0o644)
    assert f"chmod 600 {ring}" in " ".join(amends("cases").err.split())
    ring.chmod(0o600)
    assert amends.stage(1) == "acknowledge"


def test_another_practices_keyring_is_refused(amends: Shell):
    amends.done("db", "upgrade", "--data", "other")
    foreign = (amends.folder / "other" / "keyring.json").read_bytes()
    (amends.data / "keyring.json").write_bytes(foreign)
    answer = amends("case", 1)
    assert (answer.code, "restore the right one" in answer.err) == (1, True)


def test_a_file_that_is_no_database_is_told(founded: Shell):
    (founded.data / "amends.db").write_bytes(b"not at all a database" * 100)
    answer = founded("cases")
    assert (answer.code, "restore it from a backup" in answer.err) == (1, True)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("nonsense", "write it like postgresql+psycopg://"),
        ("mysql://u:secret@127.0.0.1:1/x", "write it like postgresql+psycopg://"),
        ("postgresql://u:secret@127.0.0.1:1/x", "check its address"),
        ("sqlite:////nowhere/at/all.db", "check that its folder exists"),
    ],
)
def test_a_wrong_database_address_is_told_without_its_password(
    founded: Shell, monkeypatch: pytest.MonkeyPatch, url, said
):
    monkeypatch.setenv("AMENDS_DATABASE_URL", url)
    answer = founded("cases")
    assert (answer.code, said in answer.err, "secret" in answer.err) == (1, True, False)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mail = ", "amends.toml"),
        ('mial = "smtp"', "setting mial: there is no such setting"),
        ('mail = "smtp"', "AMENDS_MAIL_FROM"),
        ('mail = "pigeon"', "setting mail"),
    ],
)
def test_a_wrong_setting_is_named(founded: Shell, text, said):
    (founded.data / "amends.toml").write_text(text, encoding="utf-8")
    answer = founded("cases")
    assert (answer.code, said in answer.err) == (1, True), answer.err


def test_what_nobody_foresaw_is_told_without_its_text(
    founded: Shell, monkeypatch: pytest.MonkeyPatch, typed
):
    def broken(*_: object) -> None:
        raise RuntimeError("Pat Sample, born 1970")

    monkeypatch.setattr("console.commands.cases.clinic_named", broken)
    answer = typed(["cases", "--clinic", "elm-street"])
    assert answer.code == 1
    assert "RuntimeError" in answer.err
    assert "Pat Sample" not in answer.err
    assert "Traceback" not in answer.err


# Lists, flows, the doctor, the demonstration


def test_cases_are_listed_for_people_and_for_programs(amends: Shell):
    two, one = amends.done("cases", "--json").lines()
    assert (two["number"], one["number"], one["clinic"], one["owner"]) == (2, 1, "elm-street", DANA)
    assert "2 cases." in amends.done("cases").out
    late = amends.done("cases", "--overdue", "--now", "2026-11-20T10:00").out
    assert "acknowledge overdue since" in late
    assert "No such case." in amends.done("cases", "--overdue", "--now", MONDAY).out
    assert amends.done("cases", "--stage", "contact", "--json").out == ""
    assert len(amends.done("cases", "--owner", DANA, "--limit", 1, "--json").lines()) == 1


def test_each_flow_runs_in_the_foreground_and_again(amends: Shell):
    flows = [each.replace("_", "-") for each in FLOWS if each != "audit"]  # it may well find flaws
    for flow in (*flows, *flows):
        said = amends.done("run", flow, "--now", "2026-11-02T15:00", "--json").json()
        assert said.pop("flow") == flow.replace("-", "_")
        assert all(isinstance(count, int) for count in said.values())
    told = amends("run", "all", "--now", "2026-11-02T15:00", "--json")
    assert [each["flow"] for each in told.lines()] == list(FLOWS)


def test_the_doctor_names_what_is_wrong_and_the_remedy(founded: Shell):
    answer = founded("doctor", "--json")
    problems = "\n".join(answer.json()["problems"])
    assert answer.code == 1
    assert "nobody is administrator" in problems
    assert "AMENDS_MAIL" in problems


def test_the_demonstration_empties_no_folder_but_its_own(founded: Shell):
    before = (founded.data / "amends.db").read_bytes()
    answer = founded("demo", "--data", founded.data)
    assert (answer.code, "give another folder" in answer.err) == (1, True)
    assert (founded.data / "amends.db").read_bytes() == before


def test_the_record_is_for_its_owners_eyes(founded: Shell):
    for name in ("amends.db", "keyring.json"):
        assert stat.S_IMODE((founded.data / name).stat().st_mode) == 0o600

"""The playbook on the command line: read, checked, tried."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from cases.playbooks.playbook import PRACTICE
from cases.settings import load
from cases.store import StoreError, open_store
from cases.viewers import ENGINE
from console.commands import playbook
from console.commands.shared import AskedWrongly, UserError
from tests.builders import a_clinic, a_seen_review, found_practice, moment, take

app = typer.Typer()
playbook.register(app)
FRIDAY = ["--at", "2026-11-27 16:30"]
HERE = ["--hours", "mon-fri=09:00-17:00", "--zone", "America/New_York"]


@pytest.fixture(autouse=True)
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AMENDS_DATA", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A founded practice with a clinic that opens at eight."""
    folder = tmp_path / "record"
    store = open_store(load(folder), moment())
    found_practice(store, a_clinic(hours={"mon-fri": ["08:00-16:00"]}))
    store.close()
    return folder


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    """A playbook with two mistakes."""
    text = PRACTICE.read_text("utf-8").replace('span = "4 hours"', 'span = "4 hous"')
    path = tmp_path / "bad.toml"
    path.write_text(text.replace('calendar = "duty"', 'calendar = "dusty"', 1), "utf-8")
    return path


def run(*words: object) -> Any:
    return CliRunner().invoke(app, ["playbook", *map(str, words)])


def said(*words: object) -> str:
    result = run(*words)
    assert result.exit_code == 0, result.exception
    output: str = result.stdout
    return output


def refused(*words: object) -> str:
    error = run(*words).exception
    assert isinstance(error, UserError)
    return str(error)


def test_without_a_record_the_shipped_policy_is_shown():
    assert said("show").startswith("Our policy for negative reviews: practice\n====")
    assert "(not adopted)" in said("show")
    assert said("show", "--markdown").startswith("# Our policy for negative reviews: practice\n")


def test_with_a_record_the_policy_in_force_is_shown(data: Path):
    assert "(version 1)" in said("show", "--data", data)


def test_a_file_is_shown_before_it_is_adopted(tmp_path: Path, data: Path):
    path = tmp_path / "mine.toml"
    path.write_text(PRACTICE.read_text("utf-8").replace('"practice"', '"mine"', 1), "utf-8")
    assert "negative reviews: mine" in said("show", "--file", path, "--data", data)


def test_the_policy_is_a_page_where_it_is_wanted():
    assert said("show", "--html").startswith("<!doctype html>")


def test_a_folder_without_a_record_is_told():
    assert isinstance(run("show", "--data", "elsewhere").exception, StoreError)


def test_every_mistake_is_told_with_its_line_and_remedy(bad: Path):
    told = refused("check", bad).splitlines()
    assert len(told) == 2
    for words in ("use one of: office", "'4 hous' is no span; write"):
        (line,) = [each for each in told if words in each]
        assert line.startswith(f"{bad}, line ")
        assert "clocks.acknowledge" in line


def test_a_file_that_is_not_there_is_told_with_those_that_come_along():
    told = refused("check", "none.toml")
    assert "cannot be read" in told
    assert "those that come along: dental, hospital, practice, urgent" in told


def broken(*words: object) -> str:
    result = run("check", *words)
    assert result.exit_code == 1, result.exception
    output: str = result.stdout
    return output


def test_a_sound_file_is_told_with_the_hours_it_cannot_keep():
    told = broken(PRACTICE, *HERE)
    assert "nothing is wrong with it" in told
    assert "acknowledge (4 duty hours, promised within 1 day): Fri 15:00 - Sun 13:00" in told
    assert "answer (1 office hour, promised within 1 day): Fri 16:00 - Sun 10:00" in told
    assert "later than promised by up to 41 h; counting it in duty hours would mend it" in told
    assert "Besides, in weeks with a holiday:" in told
    assert "answer: a Monday off (Mon Jan 12), Fri 16:00 - Mon 10:00" in told


def test_a_clinic_that_never_closes_keeps_its_promises():
    told = said("check", PRACTICE, "--hours", "mon-sun=00:00-24:00", "--zone", "UTC")
    assert told.count("kept at any hour") == 2


@pytest.mark.parametrize("name", ["dental", "hospital", "urgent"])
def test_the_playbooks_that_come_along_pass_by_name(name: str):
    told = said("check", name, *HERE)
    assert told.count("kept at any hour") >= 2
    assert run("check", name, "--strict", *HERE).exit_code == 1  # no holiday is promised


def test_what_is_broken_is_there_for_programs_too():
    found = json.loads(broken("practice", *HERE, "--region", "US", "--json"))
    first = found["broken"][0]
    assert found["kept"] is False
    assert (first["clock"], first["first_hour"], first["hours"]) == ("acknowledge", 4 * 24 + 15, 46)
    assert first["late_seconds"] == 23 * 3600
    assert "Saturday (10:00-14:00) and Sunday" in first["remedy"]
    assert {each["holiday"] for each in found["holidays"]} >= {"Christmas Day", "Labor Day"}
    assert json.loads(said("check", "dental", *HERE, "--json"))["kept"] is True


def test_the_hours_of_a_recorded_clinic_count(data: Path):
    told = broken(PRACTICE, "--clinic", "elm-street", "--data", data)
    assert "answer (1 office hour, promised within 1 day): Fri 15:00 - Sun 09:00" in told


def test_assumed_hours_are_said_to_be_assumed():
    assert "mon-fri 09:00-17:00, UTC (assumed; say --hours and --zone" in broken(PRACTICE)
    assert "assumed" not in broken(PRACTICE, *HERE)


def test_a_ready_made_playbook_is_adopted_by_name(data: Path):
    told = said("adopt", "dental", "--as", "dana@elm.example", "--data", data)
    assert "The playbook dental is in force as version 2." in told
    assert "negative reviews: dental" in said("show", "--data", data)


def test_running_cases_keep_theirs_unless_they_are_to_be_moved(data: Path):
    store = open_store(load(data))
    case = take(store, a_seen_review()).case.id
    words = ("--as", "dana@elm.example", "--data", data)

    def version() -> int:
        return store.case_file(case, ENGINE).case.playbook_version

    assert "follow" not in said("adopt", "dental", *words)
    assert version() == 1
    said("adopt", "urgent", "--for-running-cases", *words)
    assert version() == 3
    acknowledge = next(
        clock for clock in store.case_file(case, ENGINE).clocks if clock.kind == "acknowledge"
    )
    assert acknowledge.span == 2 * 3600
    store.close()


def test_an_override_for_a_clinic_nobody_knows_is_told(data: Path, tmp_path: Path):
    path = tmp_path / "mine.toml"
    more = '[[overrides]]\nwhen = {clinic = "oak"}\nclocks.reach = {span = "2 days"}\n'
    path.write_text(PRACTICE.read_text("utf-8") + more, "utf-8")
    told = said("adopt", path, "--as", "dana@elm.example", "--data", data)
    assert "the clinic 'oak', which the record does not know; known are: elm-street" in told
    assert "the clinic 'oak'" in broken(path, "--clinic", "elm-street", "--data", data)


def test_what_two_playbooks_say_otherwise_is_shown(data: Path):
    told = said("diff", "practice", "dental", "--data", data)
    assert "\n-| acknowledge | the case opens | 4 duty hours |" in told
    assert "\n+| acknowledge | the case opens | 3 duty hours |" in told
    assert "| listen |" not in told
    assert said("diff", "dental", "dental") == "They say the same.\n"
    assert "version 1" in said("diff", "1", "practice", "--data", data)
    assert "its versions are 1 to 1" in refused("diff", "7", "dental", "--data", data)


def test_hours_may_be_parted_or_repeated():
    apart = said("try", *FRIDAY, "--hours", "mon-fri=09:00-12:00,13:00-17:00; sat=10:00-12:00")
    again = said("try", *FRIDAY, "--hours", "mon-fri=09:00-12:00 13:00-17:00", "--hours",
                 "sat=10:00-12:00")  # fmt: skip
    assert apart.splitlines()[3:] == again.splitlines()[3:]
    assert "Fri 16:30 + 1 office hour: 30 min today; Sat 10:00-10:30" in apart


def test_a_trial_tells_when_why_and_whom():
    told = said("try", *FRIDAY, *HERE)
    assert "A case opened Fri Nov 27 16:30" in told
    assert "acknowledge: due Sun Nov 29 11:30" in told
    assert "why: Fri 16:30 + 4 duty hours: 30 min today; Sat 10:00-12:00" in told
    assert "due Sun Nov 29 11:30: later than the day this policy promises, by 19 h; 2 more" in told
    assert "more duty hours on Saturday (10:00-14:00) would mend it" in told
    assert "Sat Nov 28 11:30  remind owner (when 50 % of the time is gone; in the daily" in told
    assert "Mon Nov 30 09:00  escalate manager (when it is due)" in told
    assert "+ 7 days, round the clock: due" in told
    assert "1 day before it is due; in the daily digest)" in told


def test_a_trial_knows_the_holidays():
    told = said("try", "--at", "2026-11-25 16:30", *HERE, "--region", "US")
    assert "closed Thu (Thanksgiving Day)" in told


def test_a_trial_is_there_for_programs_too(data: Path):
    found = json.loads(said("try", *FRIDAY, "--json", "--clinic", "elm-street", "--data", data))
    assert (found["zone"], found["version"]) == ("America/New_York", 1)
    assert found["opened_at"] == "2026-11-27T16:30:00-05:00"
    first = found["clocks"][0]
    assert (first["clock"], first["due_at"]) == ("acknowledge", "2026-11-29T12:00:00-05:00")
    assert first["late_seconds"] == 19.5 * 3600
    assert first["remedy"] == "2 more duty hours on Saturday (10:00-14:00) would mend it"
    assert first["rungs"][0]["tell"] == ["owner"]
    assert "task" not in {each["clock"] for each in found["clocks"]}


def test_a_trial_may_be_of_a_grave_case_on_one_platform():
    grave = said("try", *FRIDAY, *HERE, "--file", "hospital", "--severity", "grave")
    there = said("try", *FRIDAY, *HERE, "--file", "hospital", "--platform", "facebook")
    assert "first_try: due Mon Nov 30 12:30" in grave
    assert "digest" not in grave
    assert "A case (on facebook) opened Fri Nov 27 16:30" in there
    assert "acknowledge: due Fri Nov 27 18:30" in there
    error = run("try", *FRIDAY, "--severity", "awful").exception
    assert isinstance(error, AskedWrongly)
    assert "use one of: routine, elevated, grave" in str(error)


def test_a_time_with_its_own_zone_keeps_it():
    assert "A case opened Fri Nov 27 10:30" in said("try", "--at", "2026-11-27T16:30+01:00", *HERE)


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (["--at", "yesterday"], "write it like 2026-11-27T16:30"),
        (["--at", "16:30"], "has no date"),
        (["--at", "2026-13-01 10:00"], "is no time; write it like"),
        (["--at", "1500-01-01"], "knows 1900 to 2200"),
        ([*FRIDAY, "--zone", "Mars/One"], "give an IANA name"),
        ([*FRIDAY, "--hours", "mon-fri=9-5"], 'write "09:00-17:00"'),
        ([*FRIDAY, "--hours", "someday=09:00-17:00"], "names no day"),
        ([*FRIDAY, "--hours", ""], "give at least one"),
        ([*FRIDAY, "--region", "ZZ"], "give a country"),
        ([*FRIDAY, "--clinic", "elm-street", "--zone", "UTC"], "leave those out"),
        ([*FRIDAY, "--file", "none.toml"], "cannot be read"),
    ],
)
def test_a_mistake_is_told_with_its_remedy(words: list[str], remedy: str):
    assert remedy in refused("try", *words)


def test_an_unknown_clinic_is_told_with_those_there_are(data: Path):
    told = refused("try", *FRIDAY, "--clinic", "oak", "--data", data)
    assert "known are: elm-street" in told

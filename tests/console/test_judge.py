"""Judging on the command line: one line in, one line out, and every bad line named."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from console.commands import judge
from console.commands.shared import UserError

app = typer.Typer()
judge.register(app)
REAL = [sys.executable, "-c", "from console.cli import main; main()"]
CLEAN = (
    "Thank you for telling us. We are sorry. Please reach Ana Ruiz, our clinical director, at "
    "212-555-0123 or ana@elm.example."
)


def run(*words: str, given: str | bytes = "") -> Any:
    return CliRunner().invoke(app, list(words), input=given)


def lines(*values: dict[str, Any]) -> str:
    return "".join(json.dumps(each) + "\n" for each in values)


def answers(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


def test_each_review_is_judged_in_its_turn():
    given = lines(
        {"id": "b", "text": "Everybody was kind and on time.", "rating": 5},
        {"id": 7, "text": "The front desk was rude.", "rating": 1},
    )
    result = run("triage", given=given)
    kind, rude = answers(result.stdout)
    assert (kind["id"], kind["negative"]) == ("b", False)
    assert (rude["id"], rude["negative"], rude["severity"]) == (7, True, "routine")
    assert {"themes", "troll", "because"} <= rude.keys()
    assert any(each["words"] == "rude" for each in rude["because"])
    assert result.exit_code == 0


def test_a_recommendation_is_enough_to_judge_by():
    result = run("triage", given=lines({"id": 1, "recommends": False}))
    assert answers(result.stdout)[0]["negative"] is True


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"not json", "not JSON"),
        (b'{"id": 1, "text": "x"', "not JSON"),
        (b"[1]", "not a JSON object"),
        (b'{"text": "x"}', '"id" is missing'),
        (b'{"id": null, "text": "x"}', '"id" is missing'),
        (b'{"id": true, "text": "x"}', '"id" is missing'),
        (b'{"id": 1}', "no text and no rating"),
        (b'{"id": 1, "text": "  "}', "no text and no rating"),
        (b'{"id": 1, "text": 5}', '"text" is not a text'),
        (b'{"id": 1, "text": "x", "rating": 5.1}', "not a number from 0 to 5"),
        (b'{"id": 1, "text": "x", "rating": NaN}', "not a number from 0 to 5"),
        (b'{"id": 1, "text": "x", "rating": "4"}', "not a number from 0 to 5"),
        (b'{"id": 1, "text": "x", "rating": true}', "not a number from 0 to 5"),
        (b'{"id": 1, "text": "x", "recommends": "no"}', "neither true nor false"),
        (b'{"id": 1, "text": "\xff"}', "not UTF-8"),
        (b"[" * 100_000, "beyond all measure"),
        (b'{"id": 1, "rating": ' + b"9" * 5000 + b"}", "beyond all measure"),
    ],
)
def test_a_line_nobody_can_read_is_named_and_skipped(line: bytes, why: str):
    good = lines({"id": "good", "text": "Rude.", "rating": 1}).encode()
    result = run("triage", given=good + line + b"\n" + good)
    assert [each["id"] for each in answers(result.stdout)] == ["good", "good"]
    assert "amends: line 2: " in result.stderr
    assert why in result.stderr
    assert ";" in result.stderr  # the remedy
    assert result.exit_code == 1


def test_what_a_bad_line_held_is_not_repeated():
    result = run("triage", given='{"id": 1, "text": "Jane Roe has asthma"\n')
    assert "Jane" not in result.stderr


def test_empty_lines_a_mark_and_a_missing_last_newline_do_no_harm():
    first, last = lines({"id": 1, "rating": 1}), lines({"id": 2, "rating": 5})
    given = b"\xef\xbb\xbf" + first.encode() + b"\r\n\n" + last.strip().encode()
    result = run("triage", given=given)
    assert [each["id"] for each in answers(result.stdout)] == [1, 2]
    assert result.exit_code == 0


def test_half_a_character_is_judged_and_given_back_as_json():
    result = run("triage", given='{"id": "\\ud800", "text": "Rude \\ud83d", "rating": 1}\n')
    assert answers(result.stdout)[0]["id"] == "\ud800"


def test_a_line_longer_than_a_pipe_holds_stays_one_line():
    long = {"id": 1, "text": "Rude. " * 50_000, "rating": 1}
    result = run("triage", given=lines(long, long))
    assert len(answers(result.stdout)) == 2


def test_one_review_is_judged_for_people():
    result = run("triage", "--text", "They were rude to my mother.", "--rating", "1")
    assert result.stdout.startswith("negative, routine\n")
    assert 'theme: front_office: "rude"' in result.stdout
    assert "written by: relative" in result.stdout


@pytest.mark.parametrize("rating", ["6", "-1", "nan"])
def test_stars_that_cannot_be_are_refused(rating: str):
    result = run("triage", "--text", "Rude.", "--rating", rating)
    assert isinstance(result.exception, UserError)
    assert "from 0 to 5" in str(result.exception)


def test_nothing_to_judge_is_refused():
    assert isinstance(run("triage", "--text", " ").exception, UserError)
    assert isinstance(run("check-reply", "--text", " ").exception, UserError)


def test_replies_are_checked_line_by_line():
    given = lines(
        {"id": 1, "reply": CLEAN},
        {"id": 2, "reply": "Your surgery went well.", "review": "My surgery went badly."},
    )
    clean, bad = answers(run("check-reply", given=given).stdout)
    assert clean == {"id": 1, "blocked": False, "findings": []}
    assert bad["blocked"] is True
    blocking = [each for each in bad["findings"] if each["level"] == "block"]
    assert "treatment" in {each["code"] for each in blocking}
    for each in blocking:
        start, end = each["span"]
        assert "Your surgery went well."[start:end] == each["words"]
        assert each["why"]
        assert each["instead"]


def test_what_is_missing_from_a_reply_is_a_warning():
    found = answers(run("check-reply", given=lines({"id": 1, "reply": "Hello."})).stdout)[0]
    assert found["blocked"] is False
    assert {each["code"]: each["level"] for each in found["findings"]} == {
        "no_thanks": "warn",
        "no_apology": "warn",
        "no_contact": "warn",
    }


def test_a_reply_without_words_is_skipped():
    result = run("check-reply", given=lines({"id": 1}, {"id": 2, "reply": CLEAN}))
    assert [each["id"] for each in answers(result.stdout)] == [2]
    assert 'line 1: there is no "reply"' in result.stderr
    assert result.exit_code == 1


def test_the_handle_a_review_shows_may_be_repeated_and_no_other_name():
    reply = f"Hello Juniper. {CLEAN}"
    given = lines(
        {"id": 1, "reply": reply, "author": "Juniper L."},
        {"id": 2, "reply": reply, "author": "blue_kite"},
    )
    handle, another = answers(run("check-reply", given=given).stdout)
    assert not handle["blocked"]
    assert [finding["words"] for finding in another["findings"]] == ["Juniper"]
    said = run("check-reply", "--text", reply, "--author", "blue_kite").stdout
    assert "block names" in said


def test_our_own_names_may_stand_and_recent_replies_are_not_repeated():
    reply = f"{CLEAN} Dr. April Crown reads every word."
    given = lines(
        {"id": 1, "reply": reply, "known": ["Dr. April Crown"], "recent": [reply]},
        {"id": 2, "reply": reply, "known": None, "recent": []},
    )
    known, unknown = answers(run("check-reply", given=given).stdout)
    assert not known["blocked"]
    assert "robotic" in {finding["code"] for finding in known["findings"]}
    assert "robotic" not in {finding["code"] for finding in unknown["findings"]}


@pytest.mark.parametrize("known", ["Dr. Crown", [1], {"a": "b"}])
def test_known_names_that_are_no_list_of_texts_are_refused(known: object):
    said = run("check-reply", given=lines({"id": 1, "reply": CLEAN, "known": known}))
    assert said.exit_code == 1
    assert '"known" is not a list of texts' in said.stderr


def test_the_words_in_question_are_underlined_where_they_stand():
    said = CLEAN + " " + "We look into every report with care. " * 2 + "Your surgery went well."
    shown = run("check-reply", "--text", said).stdout.splitlines()
    row = next(n for n, line in enumerate(shown) if "^" in line)
    marked = [char for char, mark in zip(shown[row - 1], shown[row], strict=False) if mark == "^"]
    assert "surgery" in "".join(marked)
    assert all(len(line) <= judge.WIDTH for line in shown[:row])
    assert any("instead: " in line for line in shown)
    assert "Blocked: nobody may approve it as it is." in shown


def test_underlining_keeps_step_with_wide_letters_and_shows_no_escapes():
    shown = run("check-reply", "--text", "\x1b[31m\u4f60\u597d your surgery").stdout.splitlines()
    assert "\x1b" not in "".join(shown)
    assert shown[1].index("^") == len(" [31m") + 4 + 1


def test_a_clean_reply_has_nothing_to_mend():
    assert "Nothing to mend" in run("check-reply", "--text", CLEAN).stdout


def test_an_answer_comes_before_the_next_question_is_asked():
    with subprocess.Popen(
        [*REAL, "triage"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as asked:
        assert asked.stdin is not None
        assert asked.stdout is not None
        for number in range(3):
            asked.stdin.write(lines({"id": number, "rating": 1}))
            asked.stdin.flush()
            assert json.loads(asked.stdout.readline())["id"] == number
        asked.stdin.close()
        assert asked.wait(30) == 0


def test_a_reader_who_has_seen_enough_ends_it_quietly():
    given = lines(*({"id": n, "text": "Rude. " * 40, "rating": 1} for n in range(4000)))
    with subprocess.Popen(
        [*REAL, "triage"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as asked:
        assert asked.stdin is not None
        assert asked.stdout is not None
        assert asked.stderr is not None
        asked.stdin.write(lines({"id": 0, "rating": 1}))
        asked.stdin.flush()
        asked.stdout.readline()
        asked.stdout.close()
        try:
            asked.stdin.write(given)
            asked.stdin.close()
        except BrokenPipeError:
            pass
        assert asked.stderr.read() == ""
        assert asked.wait(30) == 0


def test_a_closed_stdin_is_told_and_a_closed_stdout_is_not(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(UserError, match="nothing comes in on stdin"):
        judge.triage_command()
    monkeypatch.setattr(sys, "stdout", None)
    judge.triage_command()  # nobody listens: no error, and stdin is not even asked


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a full disk to write to")
def test_a_full_disk_is_told_without_a_traceback():
    with open("/dev/full", "w") as full:
        ended = subprocess.run(
            [*REAL, "triage"], input=lines({"id": 1, "rating": 1}), text=True, stdout=full,
            stderr=subprocess.PIPE, check=False,
        )  # fmt: skip
    assert ended.returncode == 1
    assert ended.stderr == "amends: the answers cannot be written: No space left on device\n"

"""The report on what was on time, on the command line."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from cases.settings import load
from cases.store import open_store
from console.commands import report
from console.commands.shared import AskedWrongly
from tests.builders import T0, a_seen_review, found_practice, moment, take

app = typer.Typer()
report.register(app)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A founded practice with one case nobody has touched, posted two days before it was seen."""
    store = open_store(load(tmp_path), moment())
    found_practice(store)
    take(store, a_seen_review(posted_at=T0 - timedelta(days=2)))
    store.close()
    return tmp_path


def run(*words: object) -> Any:
    return CliRunner().invoke(app, ["report", "on-time", *map(str, words)])


def said(*words: object) -> str:
    result = run(*words)
    assert result.exit_code == 0, result.exception
    output: str = result.stdout
    return output


def test_what_was_missed_is_told_from_seeing_and_from_posting(data: Path):
    found = json.loads(said("--data", data, "--now", "2026-11-20", "--json"))
    first = found["all"][0]
    assert (first["kind"], first["seen"]) == ("acknowledge", {"kept": 0, "of": 1, "share": 0.0})
    assert first["promise_posted"] == {"kept": 0, "of": 1, "share": 0.0}
    assert first["median_seen"] is None
    assert [each["group"] for each in found["by"]["platform"]] == ["google", "google"]
    assert set(found["by"]) == {"clinic", "severity", "platform"}


def test_nothing_in_that_time_is_said_plainly(data: Path):
    assert said("--data", data, "--from", "2020-01-01", "--to", "2020-02-01") == (
        "Nothing ran in that time.\n"
    )


def test_an_unknown_way_to_tell_apart_is_told(data: Path):
    error = run("--data", data, "--by", "star").exception
    assert isinstance(error, AskedWrongly)
    assert "use one of: clinic, severity, platform" in str(error)

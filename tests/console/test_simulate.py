"""`amends simulate`: a file of reviews, a guess at the staff, and what would have come of it."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
import typer
from typer.testing import CliRunner

from console.commands import simulate
from console.commands.shared import AskedWrongly, UserError

app = typer.Typer()
simulate.register(app)


@pytest.fixture(autouse=True)
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AMENDS_DATA", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def reviews(tmp_path: Path) -> Path:
    path = tmp_path / "reviews.csv"
    rows = ["id,platform,rating,posted_at,text"]
    for n in range(12):
        stars = 5 if n % 4 == 3 else 1
        rows.append(f"r{n},google,{stars},2026-03-{n + 1:02}T15:00:00Z,Two hours late. Number {n}")
    path.write_text("\n".join([*rows, "r99,google,1,,No date at all and late"]) + "\n")
    return path


def run(*words: str | Path) -> str:
    result = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_it_tells_what_was_kept_missed_and_what_more_would_change(reviews: Path) -> None:
    said = run("--reviews", reviews, "--staff", "1")
    assert "12 reviews, 9 cases." in said
    assert "1 reviews name no date and were left out." in said
    for words in ("acknowledge", "one more person", "an hour longer each day", "director-1"):
        assert words in said


def test_as_json_it_gives_every_scenario(reviews: Path) -> None:
    told = json.loads(run("--reviews", reviews, "--json"))
    assert told["undated"] == 1
    assert told["as given"]["cases"] == told["one more person"]["cases"] == 9
    assert set(told["as given"]["work"]) == {"director-1", "director-2"}
    assert "director-3" in told["one more person"]["work"]


def test_only_the_days_asked_for_are_lived(reviews: Path) -> None:
    words = ("--from", "2026-03-02", "--to", "2026-03-04", "--json", "--no-compare")
    told = json.loads(run("--reviews", reviews, *words))
    assert told["as given"]["reviews"] == 2
    assert set(told) == {"undated", "seed", "as given"}


def test_the_same_seed_writes_the_same_events_and_another_does_not(
    reviews: Path, tmp_path: Path
) -> None:
    files = [tmp_path / name for name in ("one", "two", "three")]
    for path, seed in zip(files, ("4", "4", "5"), strict=True):
        run("--reviews", reviews, "--seed", seed, "--events", path, "--no-compare")
    one, two, three = (path.read_bytes() for path in files)
    assert one == two != three
    assert json.loads(one.splitlines()[0])["what"] == "opened"


def test_it_draws_what_every_browser_shows(reviews: Path, tmp_path: Path) -> None:
    path = tmp_path / "year.svg"
    run("--reviews", reviews, "--plot", path)
    drawn = ElementTree.fromstring(path.read_text())
    words = {each.text for each in drawn.iter("{http://www.w3.org/2000/svg}text")}
    assert {"one more person", "acknowledge", "100 %"} <= words


def test_longer_hours_are_tried_to_midnight_at_most() -> None:
    assert simulate._stretched(["09:00-12:00", "13:00-17:30"]) == ["09:00-12:00", "13:00-18:30"]
    assert simulate._stretched(["08:00-23:30"]) == ["08:00-24:00"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--respond", "soon"], "lognormal:MEDIAN,SIGMA"),
        (["--staff", "0"], "from 1 to 500"),
        (["--from", "yesterday-ish"], "is no time"),
    ],
)
def test_what_is_asked_wrongly_is_told(reviews: Path, words: list[str], said: str) -> None:
    with pytest.raises(AskedWrongly, match=said):
        run("--reviews", reviews, *words)


def test_a_time_without_reviews_is_told_with_the_remedy(reviews: Path) -> None:
    with pytest.raises(UserError, match="no dated review of that time"):
        run("--reviews", reviews, "--from", "2030-01-01")

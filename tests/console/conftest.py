"""A terminal for the tests of the command line, with or without a practice behind it."""

import logging
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from console.cli import main
from tests.console.shell import DANA, ELM, MONDAY, REVIEWS, Answer, Shell


@pytest.fixture
def typed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[list[str]], Answer]:
    """`main()` with these words, as the shell calls it."""

    # Prefect's handler keeps the stderr of the test before, which is closed by now.
    monkeypatch.setattr(logging, "raiseExceptions", False)

    def run(words: list[str]) -> Answer:
        monkeypatch.setattr(sys, "argv", ["amends", *words])
        capsys.readouterr()
        try:
            main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        said = capsys.readouterr()
        return Answer(code, said.out, said.err)

    return run


@pytest.fixture
def bare(
    typed: Callable[[list[str]], Answer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Shell:
    """A terminal beside an empty folder: nothing is founded yet."""
    monkeypatch.setenv("AMENDS_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("AMENDS_AS", DANA)
    monkeypatch.chdir(tmp_path)
    return Shell(typed, tmp_path, tmp_path / "data")


@pytest.fixture(scope="session")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the founded practice is kept, so that each test gets a copy and not a founding."""
    return tmp_path_factory.mktemp("founded")


@pytest.fixture
def founded(bare: Shell, kept: Path) -> Shell:
    """A practice with one clinic, a director, a responder and a chief; no reviews yet."""
    if not (kept / "data").exists():
        bare.done("db", "upgrade", "--name", "Sample Practice")
        bare.done("person", "add", "Dana Field", "--email", DANA, "--role", "director")
        bare.done("person", "add", "Sam Brook", "--email", "sam@elm.example", "--role", "responder")
        bare.done("person", "add", "Chris Vale", "--email", "chris@elm.example", "--role", "chief")
        bare.done(*ELM)
        shutil.copytree(bare.data, kept / "data")
    elif not bare.data.exists():
        shutil.copytree(kept / "data", bare.data)
    return bare


@pytest.fixture
def amends(founded: Shell) -> Shell:
    """The practice with two cases, 1 and 2, just opened."""
    path = founded.file("reviews.csv", REVIEWS)
    founded.done("import", path, "--clinic", "elm-street", "--now", MONDAY)
    return founded

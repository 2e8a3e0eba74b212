"""`amends person password` and `amends token`: who may come in, from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cases import access
from cases.access import AccessError
from cases.settings import load
from cases.store import Store, open_store
from console.cli import app
from console.commands.shared import UserError
from console.web.passwords import Passwords
from tests.builders import DIRECTOR, found_practice, moment

PHRASE = "four words make one"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    store = open_store(load(tmp_path / "data"), moment(), "Sample")
    found_practice(store)
    store.close()
    return tmp_path / "data"


def amends(data: Path, *words: str, typed: str = "") -> Result:
    return CliRunner().invoke(app, [*words, "--data", str(data)], input=typed)


def opened(data: Path) -> Store:
    return open_store(load(data))


def test_a_password_read_from_a_pipe_fits_afterwards(data: Path) -> None:
    done = amends(data, "person", "password", "dana@elm.example", "--stdin", typed=PHRASE + "\n")
    assert done.exit_code == 0, done.output
    assert PHRASE not in done.output
    store = opened(data)
    login = store.login_of(DIRECTOR)
    assert login is not None
    assert Passwords().fits(PHRASE, login.hash) == (True, None)
    assert Passwords().fits(PHRASE + "!", login.hash)[0] is False
    store.close()


def test_a_password_is_asked_for_twice_and_not_shown(data: Path) -> None:
    done = amends(data, "person", "password", "dana@elm.example", typed=f"{PHRASE}\n{PHRASE}\n")
    assert done.exit_code == 0, done.output
    assert PHRASE not in done.output


def test_a_weak_password_and_a_stranger_are_refused(data: Path) -> None:
    weak = amends(data, "person", "password", "dana@elm.example", "--stdin", typed="short\n")
    assert isinstance(weak.exception, AccessError)
    unknown = amends(data, "person", "password", "x@y.example", "--stdin", typed=PHRASE + "\n")
    assert isinstance(unknown.exception, UserError)


def test_a_token_is_shown_once_and_kept_nowhere(data: Path) -> None:
    done = amends(data, "token", "issue", "website", "--as", "dana@elm.example", "--json")
    token = json.loads(done.stdout)["token"]
    assert len(token) >= 43  # 256 bits
    store = opened(data)
    assert store.api_token(access.digest_of(token)) is not None
    store.close()
    assert token.encode() not in (data / "amends.db").read_bytes()
    assert token not in amends(data, "token", "list").stdout
    twice = amends(data, "token", "issue", "website", "--as", "dana@elm.example")
    assert "already" in str(twice.exception)


def test_a_revoked_token_is_listed_as_such(data: Path) -> None:
    amends(data, "token", "issue", "website", "--as", "dana@elm.example")
    assert "in force" in amends(data, "token", "list").stdout
    assert amends(data, "token", "revoke", "website", "--as", "dana@elm.example").exit_code == 0
    listed = amends(data, "token", "list", "--json").stdout
    assert json.loads(listed)["revoked_at"] is not None
    again = amends(data, "token", "revoke", "website", "--as", "dana@elm.example")
    assert "no token" in str(again.exception)

"""`amends inbox` and `amends source try`: what waits, and what a mail would be taken for."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from cases.models import ArrivalState
from cases.settings import Settings
from cases.viewers import ENGINE
from console.cli import app
from console.commands import inbox as commands
from console.commands.shared import UserError
from tests.builders import T0, Desk
from tests.posting import MAILS, a_mail, let_a_mail_wait

DANA = ("--as", "dana@elm.example")


@pytest.fixture
def desk(sqlite_store, monkeypatch: pytest.MonkeyPatch, tmp_path) -> Desk:
    from contextlib import contextmanager

    found = Desk(sqlite_store)
    let_a_mail_wait(SimpleNamespace(now=T0, store=sqlite_store), "m1", a_mail("Any news?"))

    @contextmanager
    def opened(_data):
        yield Settings(data=tmp_path), sqlite_store

    monkeypatch.setattr(commands, "record", opened)
    return found


def run(*words: str) -> str:
    done = CliRunner().invoke(app, [*words])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


def test_what_waits_is_listed_and_shown(desk: Desk) -> None:
    (row,) = [json.loads(line) for line in run("inbox", "list", *DANA, "--json").splitlines()]
    assert (row["id"], row["from"], row["why"]) == ("m1", "pat@quill.example", "which_case")
    assert "Any news?" in run("inbox", "show", "m1", *DANA)


def test_a_mail_is_given_to_a_case(desk: Desk) -> None:
    run("inbox", "assign", "m1", "--case", "1", *DANA)
    assert [c.note for c in desk.read().contacts if c.inbound] == ["Any news?"]
    assert desk.store.unplaced(ENGINE) == []


def test_a_mail_is_put_aside(desk: Desk) -> None:
    run("inbox", "ignore", "m1", *DANA)
    kept = desk.store.arrival("m1")
    assert kept is not None
    assert (kept.state, kept.body) == (ArrivalState.REFUSED, None)


def test_what_does_not_wait_cannot_be_given_away(desk: Desk) -> None:
    with pytest.raises(UserError, match="none of what waits"):
        run("inbox", "ignore", "m2", *DANA)
    with pytest.raises(UserError, match="no case 9"):
        run("inbox", "assign", "m1", "--case", "9", *DANA)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("alerts/yelp", "Rude staff."),
        ("alerts/google-unreadable", "needs details by hand"),
        ("alerts/google-news", "nothing to do"),
        ("replies/gmail-web", "You may call me after five."),
        ("machines/vacation", "never answered"),
    ],
)
def test_a_mail_is_tried_without_keeping_it(name: str, says: str) -> None:
    assert says in run("source", "try", str(MAILS / f"{name}.eml"))

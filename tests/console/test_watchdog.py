"""The watchdog beside the engine: it writes, delivers and pings by itself, and never gives up."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from typer.testing import CliRunner

from cases.clockwork.watchdog import beat
from cases.settings import Settings
from cases.store import Store, open_store
from console.cli import app
from console.up.watchdog import Watchdog, ping
from tests.builders import MINUTE, T0, found_practice, moment


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AMENDS_DATA", str(tmp_path))
    monkeypatch.setenv("AMENDS_MAIL", "local")
    return tmp_path


@pytest.fixture
def store(home: Path) -> Iterator[Store]:
    store = open_store(Settings(data=home), moment(), "Sample Practice")
    found_practice(store)
    store.apply([beat(None, "sweep", moment(T0, "sweep"))])
    yield store
    store.close()


class Listener:
    """Somebody outside who waits for our heartbeat, on loopback."""

    def __init__(self, status: int = 200) -> None:
        heard = self.heard = []  # type: list[str]

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                heard.append(self.path)
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/beat"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    listening = Listener()
    yield listening
    listening.close()


def test_the_heartbeat_is_asked_for_only_while_all_is_well(
    store: Store, listener: Listener
) -> None:
    now = T0
    settings = Settings(heartbeat_url=listener.url)
    dog = Watchdog(settings, store, clock=lambda: now, carry=lambda: None)
    assert dog.turn() == ()
    assert listener.heard == ["/beat"]
    now = T0 + 5 * MINUTE
    assert [each.code for each in dog.turn()] == ["sweep_silent"]
    assert listener.heard == ["/beat"]


def test_nobody_at_the_other_end_is_no_reason_to_stop(store: Store) -> None:
    refusing = Listener(status=500)
    assert not ping(refusing.url)
    refusing.close()
    assert not ping(refusing.url)
    dog = Watchdog(Settings(heartbeat_url=refusing.url), store, clock=lambda: T0)
    assert dog.turn() == ()


def test_news_leaves_at_once_by_a_process_of_its_own(store: Store, home: Path) -> None:
    dog = Watchdog(Settings(data=home, mail="local"), store, clock=lambda: T0 + 5 * MINUTE)
    dog.turn()
    (letter,) = (home / "outbox").glob("*.eml")
    mail = message_from_bytes(letter.read_bytes(), policy=default)
    assert mail["To"] == "alex@elm.example"
    body = mail.get_body(("plain",))
    assert body is not None
    assert "sweep_silent" in body.get_content()
    dog.turn()
    assert len(list((home / "outbox").glob("*.eml"))) == 1


def test_a_record_that_cannot_be_reached_is_trouble_and_the_dog_looks_again(
    store: Store, home: Path
) -> None:
    dog = Watchdog(Settings(data=home), store, clock=lambda: T0, carry=lambda: None)
    engine = create_engine(f"sqlite:///{home / 'amends.db'}")
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE beats RENAME TO away"))
    assert [each.code for each in dog.turn()] == ["record_unreachable"]
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE away RENAME TO beats"))
    engine.dispose()
    assert dog.turn() == ()


def test_asked_once_it_says_what_stands_still_and_leaves_with_one(store: Store) -> None:
    told = CliRunner().invoke(app, ["watchdog", "--once"])
    assert told.exit_code == 1
    assert "the flow sweep has not done its work since then" in " ".join(told.output.split())

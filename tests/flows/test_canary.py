"""A word that stands in every patient field is found nowhere in Prefect, nor in our own logs.

Every flow runs well once and fails once while handling it; then Prefect's database, its storage and
all logs are searched, base64 decoded. A leak planted on purpose must be found, or the search proves
nothing.
"""

import base64
import re
import sys
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from cases import custody, following
from cases.answering import replies
from cases.changes import Change, Moment
from cases.identifiers import Identifiers
from cases.models import Visibility
from cases.store import Store, open_store
from cases.talking import conversation, correspondents
from cases.talking.correspondents import Point, Who
from cases.viewers import ENGINE
from console.up.environment import for_clients, for_server
from console.up.folder import Folder
from tests.builders import DIRECTOR, a_seen_review, take
from tests.running import PREFECT, a_port, a_practice, program, wait_for

CANARY, PLANTED, NUMBER = "zugvogel7q", "eisvogel9k", "+12125550187"


@pytest.mark.prefect
def test_no_word_about_a_patient_reaches_prefect_or_a_log(tmp_path: Path) -> None:
    settings = a_practice(tmp_path / "data")
    store = open_store(settings)
    _fill(store)
    store.close()
    folder, port = Folder(settings.data), a_port()
    folder.make()
    script = [sys.executable, str(Path(__file__).with_name("every_flow.py"))]
    env = for_clients(folder, port)
    env |= {"CANARY": CANARY, "PLANTED": PLANTED, "PYTHONPATH": ".", "AMENDS_MAIL": "local"}
    serve = [*PREFECT, "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    with program(serve, for_server(folder, port), tmp_path / "server.log"):
        wait_for(lambda: _healthy(port), 120)
        with program(script, env, tmp_path / "flows.log") as flows:
            assert flows.wait(180) == 0, _text(tmp_path / "flows.log")

    searched = [*_files(folder.prefect), tmp_path / "server.log", tmp_path / "flows.log"]
    found = {word: _where(word, searched) for word in (CANARY, NUMBER[2:], PLANTED)}

    assert len(searched) > 3
    assert found[PLANTED], "the search does not even find what was planted"
    assert (found[CANARY], found[NUMBER[2:]]) == ([], [])


def _fill(store: Store) -> None:
    """Put the canary into every field that is about a patient, and leave work for the flows."""
    now = datetime.now(UTC)
    text = f"Nobody helped {CANARY}."
    file = take(store, a_seen_review(text, author=CANARY, posted_at=now), now)

    def act(rule, *args):
        known = store.case_file(file.case.id, ENGINE)
        change: Change = rule(known, *args, Moment(datetime.now(UTC), DIRECTOR, Identifiers()))
        assert store.apply([change]).applied
        return store.case_file(file.case.id, ENGINE)

    act(replies.draft, f"Dear {CANARY}")
    act(custody.add_note, f"{CANARY} called", Visibility.TEAM)
    who = Who(CANARY, "relative", "adult", f"{CANARY} said so")
    mail = f"{CANARY}@mail.example"
    points = [Point(c, v, store.index(c, v)) for c, v in (("email", mail), ("sms", NUMBER))]
    act(correspondents.match, who, points)
    act(correspondents.identify, ["name", "address"], f"{CANARY} signed")
    known = act(conversation.contact, "phone", "reached", f"spoke with {CANARY}", now)
    by_mail = next(point for point in known.points if point.channel == "email")
    act(conversation.write, by_mail, f"Please call us, {CANARY}.", f"For {CANARY}")
    act(conversation.received, "email", f"It is {CANARY} again", now)
    promise = (f"call {CANARY}", now.replace(year=now.year + 1))
    act(conversation.hear, f"{CANARY} waited", f"an apology to {CANARY}", [promise])
    act(following.resolve, "wait_time", f"told {CANARY}", True)


def _healthy(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/api/health").status_code == 200
    except httpx.HTTPError:
        return False


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def _text(path: Path) -> str:
    return path.read_text(errors="replace") if path.exists() else ""


def _where(word: str, files: list[Path]) -> list[str]:
    return [path.name for path in files if any(word.encode() in b for b in _readings(path))]


def _readings(path: Path) -> Iterator[bytes]:
    """Yield a file as it is, and what is wrapped in it: base64, twice if need be, and zlib."""
    raw = path.read_bytes()
    yield raw
    for once in _unwrapped(raw):
        yield once
        yield from _unwrapped(once)


def _unwrapped(raw: bytes) -> Iterator[bytes]:
    for run in re.findall(rb"[A-Za-z0-9+/_-]{20,}={0,2}", raw):
        padded = run + b"=" * (-len(run) % 4)
        try:
            plain = base64.b64decode(padded.translate(bytes.maketrans(b"-_", b"+/")))
        except ValueError:
            continue
        yield plain
        if plain[:1] == b"\x78":  # zlib
            try:
                yield zlib.decompress(plain)
            except zlib.error:
                continue

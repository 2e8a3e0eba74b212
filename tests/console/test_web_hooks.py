"""Platforms call in without a session: verified, kept once; a forged call leaves nothing."""

from pathlib import Path

import pytest

from cases import practice
from cases.models import ArrivalState
from cases.store import Store
from console.web import hooks
from tests.builders import moment
from tests.console.web import Place, TestClient
from tests.pushing import Pusher, a_push, signed


@pytest.fixture
def outside(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    place = Place(store, tmp_path)
    store.apply([practice.add_source("profile", "folder", "there", moment())])
    monkeypatch.setattr(hooks, "pushes", lambda *_: Pusher())
    return TestClient(place.app)


def waiting(store: Store) -> int:
    return len(store.arrivals((ArrivalState.WAITING,)))


def test_a_push_is_kept_without_a_session(outside: TestClient, store: Store) -> None:
    answer = outside.post("/hooks/profile", content=a_push(), headers=signed(a_push()))
    assert (answer.status_code, answer.content) == (204, b"")
    assert waiting(store) == 1


def test_one_sent_twice_is_answered_alike_and_kept_once(outside: TestClient, store: Store) -> None:
    for _ in range(2):
        answer = outside.post("/hooks/profile", content=a_push(), headers=signed(a_push()))
        assert answer.status_code == 204
    assert waiting(store) == 1


@pytest.mark.parametrize("headers", [{}, {"x-signature": "00"}, signed(b"another body")])
def test_a_forged_one_is_refused_and_leaves_nothing(
    outside: TestClient, store: Store, headers: dict[str, str]
) -> None:
    before = store.count_events()
    answer = outside.post("/hooks/profile", content=a_push(), headers=headers)
    assert answer.status_code == 401
    assert (waiting(store), store.count_events()) == (0, before)


def test_one_larger_than_a_megabyte_is_not_read(outside: TestClient, store: Store) -> None:
    body = b"x" * (1024 * 1024 + 1)
    assert outside.post("/hooks/profile", content=body, headers=signed(body)).status_code == 413
    assert waiting(store) == 0


def test_a_source_nobody_has_is_not_found(outside: TestClient) -> None:
    answer = outside.post("/hooks/other", content=a_push(), headers=signed(a_push()))
    assert answer.status_code == 404


def test_a_source_that_takes_no_pushes_is_not_found(
    outside: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    assert outside.post("/hooks/profile", content=a_push()).status_code == 404


def test_hands_are_shaken_with_whoever_knows_the_word(outside: TestClient) -> None:
    good = outside.get("/hooks/profile?token=ours&challenge=1158201444")
    assert (good.status_code, good.text) == (200, "1158201444")
    assert outside.get("/hooks/profile?token=theirs&challenge=1").status_code == 403

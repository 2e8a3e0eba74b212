"""What `amends up` is made of, piece by piece."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from console.up import environment
from console.up.beat import Beat, last_runs, read_beat, trouble
from console.up.folder import Folder, InUse, claim, read_json, write_whole

NOW = datetime(2026, 11, 2, 14, 0, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = Folder(tmp_path / "data")
    made.make()
    return made


def test_a_folder_is_claimed_once(folder: Folder) -> None:
    claim(folder)

    with pytest.raises(InUse, match=r"is in use: .* process \d+"):
        claim(folder)


def test_the_password_is_made_up_once_and_kept_for_its_owner(folder: Folder) -> None:
    first = folder.password()

    assert folder.password() == first
    assert len(first) >= 32
    assert (folder.prefect / "password").stat().st_mode & 0o777 == 0o600


def test_the_server_is_told_none_of_our_secrets(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AMENDS_KEYRING", "secret")
    monkeypatch.setenv("AMENDS_SMTP_PASSWORD", "secret")

    for told in (environment.for_server(folder, 1), environment.for_deploying(folder, 1)):
        assert "secret" not in told.values()


def test_what_a_shell_says_to_prefect_is_not_heard(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_API_KEY", "of somebody's cloud")
    monkeypatch.setenv("PREFECT_API_URL", "https://elsewhere.example/api")

    told = environment.for_clients(folder, 4200)

    assert "PREFECT_API_KEY" not in told
    assert told["PREFECT_API_URL"] == "http://127.0.0.1:4200/api"


def test_nothing_is_deployed_again_unless_something_changed(tmp_path: Path) -> None:
    (tmp_path / "prefect.yaml").write_text("name: one")
    first = environment.mark(tmp_path)
    assert environment.mark(tmp_path) == first

    (tmp_path / "prefect.yaml").write_text("name: two")

    assert environment.mark(tmp_path) != first


def test_a_heartbeat_says_what_was_done_by_whom(tmp_path: Path) -> None:
    beat = Beat(tmp_path / "engine.json")
    beat.found("down", NOW)
    beat.ran("sweep", "prefect", "", NOW)
    beat.ran("sweep", "engine", "StoreError", NOW + timedelta(minutes=1))
    beat.write(NOW)

    said = read_beat(tmp_path, NOW)

    assert said["alive"]
    assert said["prefect"] == "down"
    assert said["flows"]["sweep"]["code"] == "StoreError"
    assert said["flows"]["sweep"]["done_at"] == NOW.isoformat()


def test_an_old_heartbeat_is_that_of_a_dead_engine(tmp_path: Path) -> None:
    Beat(tmp_path / "engine.json").write(NOW)

    assert not read_beat(tmp_path, NOW + timedelta(minutes=1))["alive"]
    assert read_beat(tmp_path / "elsewhere", NOW) == {"alive": False}


def test_a_failed_run_is_no_sweep(tmp_path: Path) -> None:
    beat = Beat(tmp_path / "engine.json")

    beat.ran("sweep", "prefect", "failed", NOW)

    assert beat.done_at("sweep") is None


def test_a_file_is_written_whole_and_half_a_one_is_none(tmp_path: Path) -> None:
    write_whole(tmp_path / "a.json", '{"a": 1}')
    (tmp_path / "b.json").write_text('{"a": ')

    assert read_json(tmp_path / "a.json") == {"a": 1}
    assert read_json(tmp_path / "b.json") == {}
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["a.json", "b.json"]


def test_the_console_is_told_when_prefect_is_down_and_when_the_engine_is_silent(
    tmp_path: Path,
) -> None:
    now = datetime(2026, 11, 2, 14, 0, tzinfo=UTC)
    assert trouble(tmp_path, now) == ""  # no engine ever ran here

    beat = Beat(tmp_path / "engine.json")
    beat.found("up", now)
    beat.ran("sweep", "prefect", "", now)
    beat.write(now)
    assert trouble(tmp_path, now) == ""
    assert last_runs(tmp_path) == {"sweep": now}

    beat.found("down", now)
    beat.write(now)
    assert trouble(tmp_path, now).startswith("Prefect does not answer since 14:00 UTC")
    assert "silent since 2026-11-02 14:00" in trouble(tmp_path, now + timedelta(minutes=5))

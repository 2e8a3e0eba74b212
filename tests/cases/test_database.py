"""The database itself: its tables fit the models, and what goes wrong is told with a remedy."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import event, text
from sqlmodel import SQLModel

from cases.changes import Change, Happened, about
from cases.settings import Settings, load
from cases.store import Store, StoreError, open_store
from cases.store.database import check_schema, open_engine, reading, schema, writing
from tests.builders import moment


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A record in a folder of its own."""
    found = load(tmp_path / "data")
    open_store(found, moment()).close()
    return found


def remark(store: Store, words: str = "") -> Change:
    event = Happened("remarked", words=words or None)
    return Change(about(store.practice()), moment(), events=[event])


def set_revision(store: Store, revision: str) -> None:
    with writing(store._engine) as connection:
        connection.execute(text("DELETE FROM alembic_version"))
        if revision:
            connection.execute(text("INSERT INTO alembic_version VALUES (:r)"), {"r": revision})


def open_and_set_revision(settings: Settings, revision: str) -> None:
    store = open_store(settings)
    set_revision(store, revision)
    store.close()


def assert_plain(told: pytest.ExceptionInfo[StoreError]) -> None:
    """It reads as a sentence: no driver's words, no statement, no trace of where it came from."""
    said = str(told.value)
    for trace in ("Traceback", "sqlalche", "psycopg.", "sqlite3.", "SELECT", "INSERT", 'File "'):
        assert trace not in said
    assert told.value.__cause__ is None
    assert told.value.__suppress_context__ or told.value.__context__ is None


# Tables and their versions


def test_the_migrations_make_the_tables_the_models_describe(store: Store) -> None:
    with reading(store._engine) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_upgrading_again_changes_nothing(store: Store) -> None:
    before = (store.practice(), store.count_events())
    store.upgrade(moment(), "Another Name")
    store.upgrade(moment(), "A Third Name")
    assert (store.practice(), store.count_events()) == before
    assert schema(store._engine) == "current"


@pytest.mark.parametrize(
    ("revision", "says"), [("", "older.*amends db upgrade"), ("9999", "newer version")]
)
def test_tables_of_another_version_are_refused(store: Store, revision: str, says: str) -> None:
    set_revision(store, revision)
    with pytest.raises(StoreError, match=says) as told:
        check_schema(store._engine)
    assert_plain(told)


@pytest.mark.parametrize(("revision", "says"), [("", "older"), ("9999", "newer version")])
def test_a_record_of_another_version_does_not_open(
    settings: Settings, revision: str, says: str
) -> None:
    open_and_set_revision(settings, revision)
    with pytest.raises(StoreError, match=says) as told:
        open_store(settings)
    assert_plain(told)


def test_a_record_of_a_newer_version_is_not_upgraded_either(settings: Settings) -> None:
    open_and_set_revision(settings, "9999")
    with pytest.raises(StoreError, match="newer version") as told:
        open_store(settings, moment())
    assert_plain(told)


def test_a_table_that_is_missing_is_told_with_the_remedy(store: Store) -> None:
    with writing(store._engine) as connection:
        connection.execute(text("DROP TABLE sources"))
    with pytest.raises(StoreError, match="amends db upgrade") as told:
        store.sources()
    assert_plain(told)


def test_a_column_that_is_missing_is_told_with_the_remedy(store: Store) -> None:
    with writing(store._engine) as connection:
        connection.execute(text("ALTER TABLE sources DROP COLUMN failed_code"))
    with pytest.raises(StoreError, match="amends db upgrade") as told:
        store.sources()
    assert_plain(told)


def test_a_database_without_tables_is_told_and_gets_no_keyring(tmp_path: Path) -> None:
    empty = load(tmp_path, database_url=f"sqlite:///{tmp_path / 'empty.db'}")
    with pytest.raises(StoreError, match="no tables; run: amends db upgrade") as told:
        open_store(empty)
    assert_plain(told)
    assert not empty.keyring_path.exists()


# What SQLite is told


def test_only_its_owner_can_read_a_new_database(settings: Settings) -> None:
    before = os.umask(0)
    try:
        store = open_store(settings)
        store.apply([remark(store)])
        files = list(settings.data.glob("amends.db*"))
        modes = {file.name: file.stat().st_mode & 0o777 for file in files}
        store.close()
    finally:
        os.umask(before)
    assert len(modes) > 1  # the write-ahead log, too
    assert set(modes.values()) == {0o600}


def test_sqlite_keeps_what_was_committed_and_minds_foreign_keys(sqlite_store: Store) -> None:
    with reading(sqlite_store._engine) as connection:
        asked = ("foreign_keys", "synchronous", "journal_mode", "busy_timeout")
        told = [connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in asked]
    assert told == [1, 2, "wal", 30_000]


# What goes wrong


def _each_connection(store: Store, pragma: str) -> None:
    def run(connection: Any, _record: Any) -> None:
        connection.execute(f"PRAGMA {pragma}")

    store._engine.dispose()
    event.listen(store._engine, "connect", run)


def test_a_database_another_program_holds_is_told(sqlite_store: Store) -> None:
    change = remark(sqlite_store)
    _each_connection(sqlite_store, "busy_timeout = 1")
    holder = sqlite3.connect(sqlite_store._engine.url.database or "", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="another program holds the database") as told:
        sqlite_store.apply([change])
    assert_plain(told)
    assert sqlite_store.practice().version == change.subject.version  # who only reads is not held
    holder.execute("ROLLBACK")
    holder.close()
    assert sqlite_store.apply([change]).applied


def test_a_full_disk_is_told_and_nothing_of_the_batch_is_written(sqlite_store: Store) -> None:
    small = remark(sqlite_store)
    later = small.subject._replace(version=small.subject.version + 1)
    big = Change(later, moment(), events=[Happened("remarked", words="x" * 500_000)])
    _each_connection(sqlite_store, "max_page_count = 1")  # no larger than it is now
    before = sqlite_store.count_events()
    with pytest.raises(StoreError, match="disk is full; nothing was written") as told:
        sqlite_store.apply([small, big])
    assert_plain(told)
    assert sqlite_store.count_events() == before
    assert sqlite_store.broken_chains() == []


def test_a_folder_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"no record in .*run: amends db upgrade --data") as told:
        open_store(load(tmp_path / "nowhere"))
    assert_plain(told)
    assert not (tmp_path / "nowhere").exists()


def test_the_missing_folder_of_a_database_named_by_address_is_told(tmp_path: Path) -> None:
    astray = load(tmp_path, database_url=f"sqlite:///{tmp_path / 'nowhere' / 'amends.db'}")
    for at in (None, moment()):
        with pytest.raises(StoreError, match="check that its folder exists") as told:
            open_store(astray, at)
        assert_plain(told)


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    for at in (None, moment()):
        with pytest.raises(StoreError) as told:
            open_store(load(tmp_path / "data"), at)
        assert_plain(told)


def test_a_file_that_is_no_database_is_told(settings: Settings) -> None:
    for each in settings.data.glob("amends.db*"):
        each.unlink()
    (settings.data / "amends.db").write_bytes(b"not a database at all" * 1_000)
    with pytest.raises(StoreError, match="no database; restore it from a backup") as told:
        open_store(settings)
    assert_plain(told)


def test_a_postgresql_that_does_not_answer_is_told() -> None:
    nobody = Store(open_engine("postgresql+psycopg://x:secret@127.0.0.1:1/x"), None)  # type: ignore[arg-type]
    with pytest.raises(StoreError, match="PostgreSQL does not answer") as told:
        nobody.find_practice()
    assert_plain(told)
    assert "secret" not in str(told.value)


@pytest.fixture
def commoner() -> Iterator[Path]:
    """A folder this process may not write to, as nobody in particular; root may write anywhere."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def _as_commoner(folder: Path, settings: Settings, upgrades: bool) -> None:
    """Open the record as somebody who may read the folder and not write in it."""
    folder.chmod(0o555)
    was_root = os.geteuid() == 0
    if was_root:
        os.setresuid(65534, 65534, 0)  # the saved id is the way back
    try:
        open_store(settings, moment() if upgrades else None).close()
    finally:
        if was_root:
            os.setresuid(0, 0, 0)
        folder.chmod(0o755)


@pytest.mark.parametrize("upgrades", [False, True])
def test_a_read_only_folder_is_told(commoner: Path, upgrades: bool) -> None:
    settings = load(commoner)
    (commoner / "amends.db").touch(mode=0o644)
    with pytest.raises(StoreError, match=r"cannot be (written|opened)") as told:
        _as_commoner(commoner, settings, upgrades)
    assert_plain(told)
    assert [each.name for each in commoner.iterdir()] == ["amends.db"]


def test_a_new_folder_in_a_read_only_one_is_told(commoner: Path) -> None:
    with pytest.raises(StoreError, match="Permission denied") as told:
        _as_commoner(commoner, load(commoner / "data"), True)
    assert_plain(told)


def test_a_refused_value_is_no_trouble_of_the_database(store: Store) -> None:
    # The words of a patient may sound like a driver's; only the one Change is set aside.
    change = remark(store)
    twice = Change(
        change.subject,
        moment(),
        events=[Happened("remarked")],
        notices=[
            {"key": "no such table", "kind": "x", "channel": "email"},
            {"key": "no such table", "kind": "x", "channel": "email"},
        ],
    )
    assert store.apply([twice]).refused == [twice]

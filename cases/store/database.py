"""The database itself: SQLite for one machine, PostgreSQL for more, and what each must be told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, DataError, IntegrityError, OperationalError

_MIGRATIONS = Path(__file__).parent.parent / "migrations"
_OLDER = "the database is older than this program; run: amends db upgrade"
_NEWER = (
    "the database belongs to a newer version of this program, or to another program; "
    "install that version, or set AMENDS_DATABASE_URL to a database of its own"
)
_NO_ADDRESS = (
    "AMENDS_DATABASE_URL is no address of a database; write it like "
    "postgresql+psycopg://user:password@host/name, or leave it out for a file in the data folder"
)
_REMEDIES = {
    "database is locked": "another program holds the database; close it, or try again",
    "database or disk is full": "the disk is full; nothing was written; make room and try again",
    "disk i/o error": "the disk refused to write; nothing was written; look at the disk",
    "unable to open database file": "the data folder cannot be opened; check that it exists",
    "readonly database": "the database cannot be written; check who owns the file",
    "no space left": "the disk is full; nothing was written; make room and try again",
    "connection refused": "PostgreSQL does not answer; check its address and that it runs",
    "no such table": _OLDER,
    "no such column": _OLDER,
    "undefinedtable": _OLDER,
    "undefinedcolumn": _OLDER,
    "file is not a database": "the file is no database; restore it from a backup",
    "is malformed": "the database is damaged; restore it from a backup",
}
# These speak of one row's values, which must not be taken for a sign above.
_ABOUT_VALUES = (DataError, IntegrityError)


class StoreError(Exception):
    """The database cannot be used right now. The message says why and what to do."""


def canonical(value: Any) -> str:
    """Return JSON that is the same for the same value, so that it can be signed."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=_plain)


def _plain(value: Any) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} does not belong in an event")


def open_engine(url: str, wait_seconds: float = 30) -> Engine:
    """Return an engine for a `sqlite:///` or `postgresql://` address. Raises StoreError.

    `wait_seconds`: how long SQLite waits for another who writes.
    """
    url = url.replace("postgresql://", "postgresql+psycopg://", 1)  # psycopg 3, whatever was said
    backend = _backend(url)
    if backend == "sqlite":
        return _sqlite(url, wait_seconds)
    if backend != "postgresql+psycopg":
        raise StoreError(_NO_ADDRESS)
    # The server's own zone must not matter: instants go in and out as UTC.
    return create_engine(
        url,
        json_serializer=canonical,
        hide_parameters=True,
        pool_pre_ping=True,
        connect_args={"options": "-c timezone=utc"},
    )


def _backend(url: str) -> str:
    """Return which database an address means. Its text is never told: it holds a password."""
    try:
        name = make_url(url).drivername
    except (ArgumentError, ValueError):
        raise StoreError(_NO_ADDRESS) from None
    return "sqlite" if name.partition("+")[0] == "sqlite" else name


def _sqlite(url: str, wait_seconds: float) -> Engine:
    path = make_url(url).database
    if path and path != ":memory:":
        _make_file(Path(path))
    engine = create_engine(
        url, json_serializer=canonical, hide_parameters=True, connect_args={"timeout": wait_seconds}
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _make_file(path: Path) -> None:
    try:
        path.touch(mode=0o600)  # before SQLite makes it readable by everybody
    except OSError as error:
        raise StoreError(
            f"the database {path} cannot be opened ({error.strerror}); "
            "check that its folder exists and who owns it"
        ) from None


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves
    for pragma in (
        "journal_mode = WAL",
        "foreign_keys = ON",
        "synchronous = FULL",  # a claim must be on the disk before anything is sent
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A deferred transaction that reads first and writes later fails at once with BUSY_SNAPSHOT,
    # whatever the timeout: one that will write says so when it begins.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Read from one snapshot. Raises StoreError."""
    with (
        told_plainly(),
        engine.connect().execution_options(**_one_snapshot(engine)) as connection,
        connection.begin(),
    ):
        yield connection


def _one_snapshot(engine: Engine) -> dict[str, Any]:
    # PostgreSQL's usual level shows each statement another state: clocks as they were, with the
    # version their case has now, would pass for fresh. SQLite keeps one state by itself.
    return {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Write in one transaction. Raises StoreError."""
    with (
        told_plainly(),
        engine.connect().execution_options(writes=True) as connection,
        connection.begin(),
    ):
        yield connection


@contextmanager
def told_plainly() -> Iterator[None]:
    """Turn what a database driver raises into a StoreError with a remedy and no data in it."""
    try:
        yield
    except DatabaseError as error:
        if isinstance(error, _ABOUT_VALUES):
            raise
        kind = type(error.orig).__name__
        said = f"{kind} {error.orig}".lower()
        remedy = next((fix for sign, fix in _REMEDIES.items() if sign in said), None)
        if remedy is None and not isinstance(error, OperationalError):
            raise
        raise StoreError(remedy or f"the database refused ({kind}); see `amends doctor`") from None


def schema(engine: Engine) -> Literal["empty", "older", "current", "newer"]:
    """Tell how old the tables are, beside this program's. Raises StoreError."""
    with reading(engine) as connection:
        found = MigrationContext.configure(connection).get_current_revision()
        if found is None:
            return "older" if inspect(connection).has_table("practices") else "empty"
    script = ScriptDirectory.from_config(_config(engine))
    if found == script.get_current_head():
        return "current"
    known = {each.revision for each in script.walk_revisions()}
    return "older" if found in known else "newer"


def check_schema(engine: Engine) -> None:
    """Refuse tables that are not this program's version. Raises StoreError with the remedy."""
    told = {
        "empty": "the database has no tables; run: amends db upgrade",
        "older": _OLDER,
        "newer": _NEWER,
    }.get(schema(engine))
    if told:
        raise StoreError(told)


def _config(engine: Engine) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["engine"] = engine
    return config


def upgrade(engine: Engine) -> None:
    """Bring the tables up to this program's version. Safe to repeat. Raises StoreError."""
    if schema(engine) == "newer":
        raise StoreError(_NEWER)
    with told_plainly():
        command.upgrade(_config(engine), "head")

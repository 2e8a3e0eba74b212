"""The floors: the same rows written by hand, with Core and with the bare driver.

What ours wrote is read back, wave by wave (one wave, one transaction), and written again to a copy
of the same database: once with everything ours owes its readers (what is due is read, versions are
checked, the chain is signed, numbers are reserved), once as bare rows without any of it. All values
are at hand before the time is taken: no rule is asked, no Change is made.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from sqlalchemy import Connection, Engine, Table, bindparam, insert, select, update
from sqlmodel import SQLModel

from cases.changes import Change
from cases.models import SUBJECTS, Event, Practice
from cases.sealing import Sealer
from cases.store import Applied, Store
from cases.store.chain import line
from cases.store.database import open_engine, writing
from cases.store.rows import table

Values = dict[str, Any]
Heads = dict[str, tuple[int, int, str]]  # subject id -> version, last line, its signature
TABLES = SQLModel.metadata.sorted_tables  # parents first
_SUBJECTS = {table(model).name: table(model) for model in SUBJECTS}
EVENTS, PRACTICES = table(Event), table(Practice)


class Recording(Store):
    """Ours, keeping what was applied: one list a transaction."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.waves: list[list[Change]] = []

    def apply(self, changes: Iterable[Change]) -> Applied:
        applied = super().apply(changes)
        if applied.applied:
            self.waves.append(applied.applied)
        return applied


@dataclass
class Wave:
    """What one transaction of ours wrote, as values; `chains` are the events of each subject."""

    inserts: dict[str, list[Values]] = field(default_factory=lambda: defaultdict(list))
    updates: dict[tuple[str, tuple[str, ...]], list[Values]] = field(
        default_factory=lambda: defaultdict(list)
    )
    chains: dict[tuple[str, str], list[Values]] = field(default_factory=lambda: defaultdict(list))
    old: set[str] = field(default_factory=set)  # subjects that stood before
    raw: list[tuple[str, list[Any]]] = field(default_factory=list)  # statement, its rows


def ids(engine: Engine) -> set[str]:
    """Return the identifiers of all rows there are."""
    with engine.connect() as connection:
        return {row.id for t in TABLES for row in connection.execute(select(t.c.id))}


def replayed(store: Recording, before: set[str]) -> list[Wave]:
    """Return what was written since, by wave. Raises ValueError for a subject in two waves."""
    waves = [Wave() for _ in store.waves]
    home: dict[str, Wave] = {}
    for wave, changes in zip(waves, store.waves, strict=True):
        for part in (each for change in changes for each in change.whole()):
            if part.subject.id in home:
                raise ValueError("a subject was written twice: its first state is lost")
            home[part.subject.id] = wave
            home.update({add.values["id"]: wave for add in part.adds})
            _note_updates(wave, part, before)
    with store._engine.connect() as connection:
        for t in TABLES:
            for row in _new_rows(connection, t, before):
                _file(t.name, row, home)
    _note_raw(store._engine, waves)
    return waves


def _note_updates(wave: Wave, part: Change, before: set[str]) -> None:
    if part.subject.id in before:
        wave.old.add(part.subject.id)
        wave.chains[table(part.subject.table).name, part.subject.id]
    for each in part.sets:
        if each.id in before and each.values:
            values = {"_id": each.id, **each.values}
            wave.updates[table(each.table).name, tuple(sorted(each.values))].append(values)


def _new_rows(connection: Connection, t: Table, before: set[str]) -> Iterator[Values]:
    for row in connection.execute(select(t).order_by(t.c.id)):
        if row.id not in before:
            yield dict(row._mapping)


def _file(name: str, row: Values, home: dict[str, Wave]) -> None:
    keys = (row["id"], row.get("subject_id"), row.get("case_id"))
    wave = next(home[key] for key in keys if key in home)
    if name == EVENTS.name:
        wave.chains[row["subject_kind"], row["subject_id"]].append(row)
    else:
        wave.inserts[name].append(row)


# By hand, with all that is owed


def by_hand(engine: Engine, wave: Wave, heads: Heads, sealer: Sealer) -> None:
    """Write one wave in one transaction: chain signed, versions checked, numbers reserved."""
    events, moved = _chained(wave, heads, sealer)
    with writing(engine) as connection:
        if cases := wave.inserts.get("cases"):
            _number(connection, cases)
        for t in TABLES:
            rows = events if t is EVENTS else wave.inserts.get(t.name)
            if rows:
                connection.execute(insert(t), rows)
        for (name, columns), rows in wave.updates.items():
            t = _named(name)
            connection.execute(_overwrite(t, columns), rows)
        for name, rows in moved.items():
            done = connection.execute(_move(_SUBJECTS[name]), rows)
            if done.rowcount != len(rows):
                raise RuntimeError("somebody else was there first")


def _chained(
    wave: Wave, heads: Heads, sealer: Sealer
) -> tuple[list[Values], dict[str, list[Values]]]:
    new = {row["id"]: row for rows in wave.inserts.values() for row in rows}
    events: list[Values] = []
    moved: dict[str, list[Values]] = defaultdict(list)
    for (kind, subject), history in wave.chains.items():
        version, seq, mac = heads.get(subject, (0, 0, ""))
        for event in history:
            seq += 1
            row = {**event, "seq": seq, "prev": mac}
            mac = row["mac"] = sealer.sign(line(row))
            events.append(row)
        if subject in wave.old:
            moved[kind].append({"_id": subject, "_version": version, "seq": seq, "mac": mac})
        else:
            new[subject].update(version=1, head_seq=seq, head_mac=mac)
    return events, moved


def _number(connection: Connection, cases: Sequence[Values]) -> None:
    last = PRACTICES.c.last_number
    connection.execute(update(PRACTICES).values(last_number=last + len(cases)))
    first = connection.execute(select(last)).scalar_one() - len(cases) + 1
    for offset, row in enumerate(sorted(cases, key=lambda each: int(each["number"]))):
        row["number"] = first + offset


def _named(name: str) -> Table:
    return SQLModel.metadata.tables[name]


def _overwrite(t: Table, columns: Sequence[str]) -> Any:
    return update(t).where(t.c.id == bindparam("_id")).values({c: bindparam(c) for c in columns})


def _move(t: Table) -> Any:
    stands = (t.c.id == bindparam("_id")) & (t.c.version == bindparam("_version"))
    to = {"version": t.c.version + 1, "head_seq": bindparam("seq"), "head_mac": bindparam("mac")}
    return update(t).where(stands).values(to)


# The bare rows


def bare(engine: Engine, waves: Sequence[Wave]) -> float:
    """Write the finished rows with the driver alone, a transaction a wave; return the seconds."""
    connection = engine.raw_connection()
    cursor = connection.cursor()
    is_sqlite = engine.dialect.name == "sqlite"
    begun = perf_counter()
    for wave in waves:
        if is_sqlite:
            cursor.execute("BEGIN IMMEDIATE")
        for statement, rows in wave.raw:
            cursor.executemany(statement, rows)
        cursor.execute("COMMIT") if is_sqlite else connection.commit()
    taken = perf_counter() - begun
    connection.close()
    return taken


def _note_raw(engine: Engine, waves: Sequence[Wave]) -> None:
    """Keep the rows as the driver itself has them, ready to be handed back."""
    connection = engine.raw_connection()
    cursor = connection.cursor()
    mark = "?"
    if engine.dialect.name == "postgresql":
        from psycopg.types.string import TextLoader

        mark = "%s"
        cursor.adapters.register_loader("json", TextLoader)
    for wave in waves:
        for t in TABLES:
            rows = _fetched(cursor, t, [c.name for c in t.c], _ids_in(wave, t), mark)
            if rows:
                wave.raw.append((_insertion(t, mark), rows))
        for name, columns, found in _overwritten(wave):
            rows = _fetched(cursor, _named(name), [*columns, "id"], found, mark)
            wave.raw.append((_rewriting(name, columns, mark), rows))
    connection.close()


def _ids_in(wave: Wave, t: Table) -> list[str]:
    if t is EVENTS:
        return [row["id"] for history in wave.chains.values() for row in history]
    return [row["id"] for row in wave.inserts.get(t.name, ())]


def _overwritten(wave: Wave) -> Iterator[tuple[str, tuple[str, ...], list[str]]]:
    for (name, columns), rows in wave.updates.items():
        yield name, columns, [row["_id"] for row in rows]
    moved: dict[str, list[str]] = defaultdict(list)
    for kind, subject in wave.chains:
        if subject in wave.old:
            moved[kind].append(subject)
    for kind, found in moved.items():
        yield kind, ("version", "head_seq", "head_mac"), found


def _fetched(
    cursor: Any, t: Table, columns: Sequence[str], wanted: Sequence[str], mark: str
) -> list[Any]:
    if not wanted:
        return []
    marks, names = ", ".join([mark] * len(wanted)), ", ".join(f'"{c}"' for c in columns)
    cursor.execute(f"SELECT {names} FROM {t.name} WHERE id IN ({marks})", tuple(wanted))
    return list(cursor.fetchall())


def _insertion(t: Table, mark: str) -> str:
    names = ", ".join(f'"{column.name}"' for column in t.c)
    return f"INSERT INTO {t.name} ({names}) VALUES ({', '.join([mark] * len(t.c))})"


def _rewriting(name: str, columns: Sequence[str], mark: str) -> str:
    values = ", ".join(f'"{column}" = {mark}' for column in columns)
    return f"UPDATE {name} SET {values} WHERE id = {mark}"


def same_record(one: str, other: str) -> None:
    """Raise RuntimeError unless two databases hold the very same rows: the floor did all of it."""
    engines = [open_engine(url) for url in (one, other)]
    for t in TABLES:
        found = []
        for engine in engines:
            with engine.connect() as connection:
                query = select(t).order_by(t.c.id)
                found.append([tuple(map(str, row)) for row in connection.execute(query)])
        if found[0] != found[1]:
            raise RuntimeError(f"the floor wrote other rows to {t.name} than ours")
    for engine in engines:
        engine.dispose()

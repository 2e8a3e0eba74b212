"""Patient fields at rest: what does not open, what is refused, what the files never show."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import Boolean, Column, Integer, select, text
from sqlmodel import SQLModel

from cases.changes import Add, Change, Happened, about
from cases.columns import SealedText, UtcDateTime
from cases.sealing import (
    Keyring,
    KeyringError,
    Sealer,
    SealError,
    create_keyring,
    new_keyring,
    parse_keyring,
    read_keyring,
)
from cases.settings import Settings, load
from cases.store import Store, open_store
from cases.store.database import reading
from cases.store.rows import opened, read, table
from tests.builders import T0, found_practice, moment

WORDS = "she waited two hours — and nobody came"


@pytest.fixture(scope="module")
def ring() -> Keyring:
    return new_keyring()


@pytest.fixture(scope="module")
def sealer(ring: Keyring) -> Sealer:
    return Sealer(ring)


# One sealed field


def test_a_sealed_field_opens_where_it_was_sealed(sealer: Sealer) -> None:
    sealed = sealer.seal("notes", "text", "n1", WORDS)
    assert sealer.open("notes", "text", "n1", sealed) == WORDS
    assert "waited" not in sealed


def test_an_empty_field_opens_as_empty(sealer: Sealer) -> None:
    assert sealer.open("notes", "text", "n1", sealer.seal("notes", "text", "n1", "")) == ""


def test_the_same_words_are_sealed_differently_each_time(sealer: Sealer) -> None:
    assert len({sealer.seal("notes", "text", "n1", WORDS) for _ in range(5)}) == 5


@pytest.mark.parametrize(
    "elsewhere",
    [("notes", "text", "n2"), ("notes", "other", "n1"), ("tasks", "text", "n1")],
    ids=["row", "column", "table"],
)
def test_a_ciphertext_moved_elsewhere_does_not_open(
    sealer: Sealer, elsewhere: tuple[str, str, str]
) -> None:
    sealed = sealer.seal("notes", "text", "n1", WORDS)
    with pytest.raises(SealError):
        sealer.open(*elsewhere, sealed)


def test_no_flipped_bit_opens(sealer: Sealer) -> None:
    form, kid, body = sealer.seal("notes", "text", "n1", "short").split(".")
    raw = base64.urlsafe_b64decode(body)
    for at in range(len(raw)):
        flipped = bytes([*raw[:at], raw[at] ^ 1, *raw[at + 1 :]])
        again = f"{form}.{kid}.{base64.urlsafe_b64encode(flipped).decode()}"
        with pytest.raises(SealError):
            sealer.open("notes", "text", "n1", again)


def test_no_truncated_field_opens(sealer: Sealer) -> None:
    sealed = sealer.seal("notes", "text", "n1", "short")
    for length in range(len(sealed)):
        with pytest.raises(SealError):
            sealer.open("notes", "text", "n1", sealed[:length])


@pytest.mark.parametrize("odd", ["", "plain words", "v1.k1", "v2.k1.AAAA", "v1.k9.AAAA", "v1.k1.é"])
def test_what_is_no_sealed_field_does_not_open(sealer: Sealer, odd: str) -> None:
    with pytest.raises(SealError):
        sealer.open("notes", "text", "n1", odd)


def test_another_keyring_opens_nothing(sealer: Sealer) -> None:
    sealed = sealer.seal("notes", "text", "n1", WORDS)
    with pytest.raises(SealError):
        Sealer(new_keyring()).open("notes", "text", "n1", sealed)


def test_what_an_older_key_sealed_still_opens_after_a_new_one_is_in_use(ring: Keyring) -> None:
    sealed = Sealer(ring).seal("notes", "text", "n1", WORDS)
    keys = {**ring.seal, "k2": new_keyring().seal["k1"]}
    turned = Sealer(Keyring("k2", keys, ring.index, ring.chain))
    assert turned.open("notes", "text", "n1", sealed) == WORDS
    assert turned.seal("notes", "text", "n1", WORDS).startswith("v1.k2.")


def test_a_field_that_does_not_open_says_which_and_shows_no_content(sealer: Sealer) -> None:
    sealed = sealer.seal("notes", "text", "n1", WORDS)
    with pytest.raises(SealError) as told:
        sealer.open("notes", "text", "n2", sealed)
    assert str(told.value) == "notes.text of n2 does not open"
    assert told.value.__suppress_context__


# The blind index


def test_equal_numbers_have_equal_indexes_and_others_have_not(sealer: Sealer) -> None:
    one = sealer.index("phone", "+12125550123")
    assert one == sealer.index("phone", "+12125550123")
    assert one != sealer.index("phone", "+12125550124")


def test_a_number_and_an_address_are_never_compared(sealer: Sealer) -> None:
    assert sealer.index("phone", "x@y.example") != sealer.index("email", "x@y.example")


def test_an_index_tells_nothing_without_the_key(sealer: Sealer) -> None:
    one = sealer.index("phone", "+12125550123")
    assert one != Sealer(new_keyring()).index("phone", "+12125550123")
    assert "2125550123" not in one


def test_a_number_is_found_whether_it_is_called_or_texted(sqlite_store: Store) -> None:
    called, texted, mailed = (
        sqlite_store.index(channel, "+12125550123") for channel in ("phone", "sms", "email")
    )
    assert called == texted != mailed


# The keyring


def test_a_keyring_reads_back_as_it_was_written(tmp_path: Path) -> None:
    made = create_keyring(tmp_path / "keyring.json")
    back = read_keyring(tmp_path / "keyring.json")
    assert (back.seal, back.index, back.chain) == (made.seal, made.index, made.chain)


def test_only_its_owner_can_read_a_new_keyring(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        create_keyring(tmp_path / "keyring.json")
    finally:
        os.umask(before)
    assert (tmp_path / "keyring.json").stat().st_mode & 0o777 == 0o600


def test_a_keyring_is_never_overwritten(tmp_path: Path) -> None:
    create_keyring(tmp_path / "keyring.json")
    before = (tmp_path / "keyring.json").read_text()
    with pytest.raises(FileExistsError):
        create_keyring(tmp_path / "keyring.json")
    assert (tmp_path / "keyring.json").read_text() == before


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o601])
def test_a_keyring_others_can_touch_is_refused_with_the_remedy(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "keyring.json"
    create_keyring(path)
    path.chmod(mode)
    with pytest.raises(KeyringError, match=f"chmod 600 {path}"):
        read_keyring(path)


def _without_current(ring: dict[str, Any]) -> dict[str, Any]:
    return {**ring, "current": "k7"}


def _short_key(ring: dict[str, Any]) -> dict[str, Any]:
    return {**ring, "index": base64.urlsafe_b64encode(b"short").decode()}


@pytest.mark.parametrize(
    "spoil", [_without_current, _short_key, lambda ring: {}, lambda ring: [], lambda ring: 7]
)
def test_a_spoilt_keyring_is_refused_with_the_remedy_and_shows_no_key(spoil: Any) -> None:
    ring = json.loads(new_keyring().dump())
    with pytest.raises(KeyringError, match="restore the file from your key backup") as told:
        parse_keyring(json.dumps(spoil(ring)), "keyring.json")
    assert ring["chain"] not in str(told.value)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe"])
def test_a_file_that_is_no_keyring_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "keyring.json"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(KeyringError, match="keyring"):
        read_keyring(path)


def test_nothing_that_is_printed_shows_a_key(ring: Keyring, sealer: Sealer) -> None:
    keys = [*ring.seal.values(), ring.index, ring.chain]
    shown = "".join([repr(ring), str(ring), f"{ring}", repr(sealer), repr([ring])])
    for key in keys:
        assert repr(key) not in shown
        assert base64.urlsafe_b64encode(key).decode() not in shown
        assert key.hex() not in shown


# A record and its keyring


@pytest.fixture
def founded(tmp_path: Path) -> Settings:
    settings = load(tmp_path)
    open_store(settings, moment()).close()
    return settings


def test_a_new_record_makes_its_keyring_and_opens_again_with_it(founded: Settings) -> None:
    assert founded.keyring_path.stat().st_mode & 0o777 == 0o600
    store = open_store(founded)
    assert store.practice().playbook_version == 1
    store.close()


@pytest.mark.parametrize("upgrades", [False, True])
def test_a_lost_keyring_is_refused_and_no_new_one_is_made(
    founded: Settings, upgrades: bool
) -> None:
    founded.keyring_path.unlink()
    with pytest.raises(KeyringError, match="restore it from your key backup"):
        open_store(founded, moment() if upgrades else None)
    assert not founded.keyring_path.exists()


@pytest.mark.parametrize("upgrades", [False, True])
def test_a_keyring_of_another_record_is_refused_before_anything_is_written(
    founded: Settings, upgrades: bool
) -> None:
    founded.keyring_path.write_text(new_keyring().dump())
    with pytest.raises(KeyringError, match="not the one the record was sealed with"):
        open_store(founded, moment() if upgrades else None)


def test_a_keyring_in_the_environment_needs_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AMENDS_KEYRING", new_keyring().dump())
    open_store(load(tmp_path), moment()).close()
    open_store(load(tmp_path)).close()
    assert not (tmp_path / "keyring.json").exists()


def test_a_wrong_keyring_in_the_environment_is_refused(
    founded: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AMENDS_KEYRING", new_keyring().dump())
    with pytest.raises(KeyringError, match="not the one"):
        open_store(load(founded.data))


def test_a_spoilt_keyring_in_the_environment_is_named_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AMENDS_KEYRING", "not a keyring")
    with pytest.raises(KeyringError, match="AMENDS_KEYRING is not a keyring"):
        open_store(load(tmp_path), moment())


# What lies on the disk

TABLES = {mapper.class_.__tablename__: mapper.class_ for mapper in SQLModel._sa_registry.mappers}
IN_ORDER: list[type[SQLModel]] = [TABLES[each.name] for each in SQLModel.metadata.sorted_tables]
MODELS = [
    model
    for model in IN_ORDER
    if any(isinstance(column.type, SealedText) for column in table(model).columns)
]
SEALED = [
    (model, column.name)
    for model in MODELS
    for column in table(model).columns
    if isinstance(column.type, SealedText)
]


def canary(model: type[SQLModel], column: str) -> str:
    return f"canary of {table(model).name} {column}"


def _value(model: type[SQLModel], column: Column[Any], known: dict[str, str]) -> Any:
    if isinstance(column.type, SealedText):
        return canary(model, column.name)
    if column.foreign_keys:
        target = next(iter(column.foreign_keys)).column.table.name
        return known.get(target)
    if isinstance(column.type, UtcDateTime):
        return T0
    return 1 if isinstance(column.type, Integer | Boolean) else "x"


def _with_parents(models: list[type[SQLModel]]) -> list[type[SQLModel]]:
    """Return these tables and all those a row of them cannot do without, parents first."""
    wanted: list[type[SQLModel]] = []
    asked = list(models)
    while asked:
        model = asked.pop()
        if model not in wanted:
            wanted.append(model)
            asked += [
                TABLES[key.column.table.name]
                for column in table(model).columns
                for key in column.foreign_keys
                if not column.nullable
            ]
    return [model for model in IN_ORDER if model in wanted]


def _planted(store: Store) -> None:
    """Write one row into each table that has sealed columns, a canary into each such column."""
    known = {"clinics": "elm", "people": "dana"}  # they are there already
    adds = []
    for model in _with_parents(MODELS):
        name, fields = table(model).name, model.model_fields
        if name in known:
            continue
        shared = [key.column.table.name for key in table(model).c.id.foreign_keys]
        known[name] = row_id = known[shared[0]] if shared else moment().new_id()
        values = {
            column.name: _value(model, column, known)
            for column in table(model).columns
            if fields[column.name].is_required()
            or isinstance(column.type, SealedText)
            or column.foreign_keys
        }
        adds.append(Add(model, {**values, "id": row_id}))
    change = Change(about(store.practice()), moment(), adds=adds, events=[Happened("planted")])
    assert store.apply([change]).applied


def _plain(store: Store) -> Iterator[str]:
    with reading(store._engine) as connection:
        for model in MODELS:
            row = opened(read(connection, model, select(table(model)))[0], store._sealer)
            yield from (cast(Any, row)._asdict()[name] for m, name in SEALED if m is model)


@pytest.fixture
def planted(store: Store) -> Store:
    found_practice(store)
    _planted(store)
    # The canaries are there for whoever has the keys.
    assert list(_plain(store)) == [canary(*each) for each in SEALED]
    return store


def _all_there_is(store: Store) -> bytes:
    """Every byte of the database's files; on PostgreSQL every row of every table, as text."""
    path = store._engine.url.database or ""
    if store._engine.dialect.name == "sqlite":
        return b"".join(file.read_bytes() for file in Path(path).parent.glob("amends.db*"))
    tables = text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    with reading(store._engine) as connection:
        names = [row[0] for row in connection.execute(tables)]
        rows = [
            row[0]
            for name in names
            for row in connection.execute(text(f'SELECT t::text FROM "{name}" t'))
        ]
    return "\n".join(rows).encode()


def test_nothing_on_the_disk_shows_what_any_sealed_column_holds(planted: Store) -> None:
    assert len(SEALED) > 15
    found = _all_there_is(planted)
    assert b"planted" in found  # what is not sealed is seen: we are looking in the right place
    assert b"canary" not in found
    assert base64.b64encode(b"canary")[:8] not in found


def test_words_about_an_event_are_sealed_too(store: Store) -> None:
    event = Happened("remarked", {"code": "seen-in-the-clear"}, words="canary words")
    assert store.apply([Change(about(store.practice()), moment(), events=[event])]).applied
    found = _all_there_is(store)
    assert b"seen-in-the-clear" in found
    assert b"canary" not in found

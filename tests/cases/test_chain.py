"""History cannot be changed, and where somebody with the database in hand does, it is found out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection, delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from cases.casefile import CaseFile
from cases.changes import Change, Happened, about
from cases.models import Case, Event, EventDetail, Person
from cases.sealing import Sealer, new_keyring
from cases.store import Store
from cases.store.database import writing
from cases.store.rows import table
from cases.viewers import ENGINE
from tests.builders import RESPONDER, T0, a_seen_review, found_practice, moment, take

EVENTS, DETAILS, CASES = table(Event), table(EventDetail), table(Case)


def remark(store: Store, file: CaseFile, **event: Any) -> None:
    case = store.case_file(file.case.id, ENGINE).case
    happened = Happened(event.pop("kind", "remarked"), **event)
    assert store.apply([Change(about(case), moment(), events=[happened])]).applied


@pytest.fixture
def file(store: Store) -> CaseFile:
    """A case with five lines of history; the third has words, the last has not."""
    found_practice(store)
    file = take(store, a_seen_review())
    remark(store, file, detail={"n": 2})
    remark(store, file, words="words about a patient", detail={"n": 3})
    remark(store, file, kind="called", detail={"n": 4})
    remark(store, file, kind="closed", detail={"n": 5})
    return store.case_file(file.case.id, ENGINE)


def history(connection: Connection, file: CaseFile) -> list[Any]:
    query = select(EVENTS).where(EVENTS.c.subject_id == file.case.id).order_by(EVENTS.c.seq)
    return list(connection.execute(query))


def set_line(connection: Connection, line: Any, **values: Any) -> None:
    connection.execute(update(EVENTS).where(EVENTS.c.id == line.id).values(**values))


def attack(store: Store, how: Callable[[Connection], None]) -> None:
    """Do something to the database as somebody who may do anything there, but has no key."""
    with writing(store._engine) as connection:
        if connection.dialect.name == "sqlite":
            connection.execute(text("DROP TRIGGER events_no_update"))
            connection.execute(text("DROP TRIGGER events_no_delete"))
        else:
            connection.execute(text("DROP TRIGGER events_no_change ON events"))
        how(connection)


def broken(store: Store) -> set[str]:
    return {each.subject_id for each in store.broken_chains()}


# While the triggers stand


@pytest.mark.parametrize(
    "statement",
    ["UPDATE events SET kind = 'forged'", "DELETE FROM events"],
    ids=["update", "delete"],
)
def test_the_database_itself_refuses_to_change_a_line(
    store: Store, file: CaseFile, statement: str
) -> None:
    before = store.count_events()
    with (
        pytest.raises(DBAPIError, match="events are never changed"),
        writing(store._engine) as connection,
    ):
        connection.execute(text(statement))
    assert store.count_events() == before
    assert store.broken_chains() == []


def test_postgresql_refuses_to_empty_the_history(postgres_store: Store) -> None:
    with (
        pytest.raises(DBAPIError, match="events are never changed"),
        writing(postgres_store._engine) as connection,
    ):
        connection.execute(text("TRUNCATE events"))


# What is whole


def test_an_untouched_history_holds(store: Store, file: CaseFile) -> None:
    assert store.broken_chains() == []


def test_facts_of_every_kind_hold_after_they_are_read_back(store: Store, file: CaseFile) -> None:
    detail = {
        "at": T0, "stars": Decimal("2.0"), "share": 0.1, "none": None, "yes": True,
        "people": ("dana", "sam"), "deep": {"b": [1, {"a": "é"}], "a": "☂"}, "big": 2**60,
    }  # fmt: skip
    remark(store, file, detail=detail)
    assert store.broken_chains() == []


def test_a_time_in_another_zone_holds_after_it_is_read_back(store: Store, file: CaseFile) -> None:
    remark(store, file, at=datetime.fromisoformat("2026-11-02T20:15:30.123456+05:30"))
    assert store.broken_chains() == []


def test_erasing_the_words_behind_an_event_breaks_nothing(store: Store, file: CaseFile) -> None:
    with writing(store._engine) as connection:
        assert connection.execute(delete(DETAILS)).rowcount > 0
    assert store.broken_chains() == []
    lines = store.timeline(file, ENGINE)
    assert len(lines) >= 5
    assert all(line.words is None for line in lines)


def test_blanking_the_words_behind_an_event_breaks_nothing(store: Store, file: CaseFile) -> None:
    with writing(store._engine) as connection:
        connection.execute(update(DETAILS).values(words=None))
    assert store.broken_chains() == []
    assert all(line.words is None for line in store.timeline(file, ENGINE))


# Once somebody has dropped the triggers


def _other(value: Any) -> Any:
    """A value of the same kind that is not this one; strings keep their length."""
    if isinstance(value, datetime):
        return value + timedelta(microseconds=1)
    if isinstance(value, int):
        return value + 100
    if isinstance(value, dict):
        return {**value, "forged": True}
    return value[:-1] + ("0" if value[-1] != "0" else "1") if value else "forged"


@pytest.mark.parametrize("column", [column.name for column in EVENTS.columns])
def test_a_line_with_any_column_changed_is_found(store: Store, file: CaseFile, column: str) -> None:
    def change_it(connection: Connection) -> None:
        line = history(connection, file)[2]
        set_line(connection, line, **{column: _other(getattr(line, column))})

    attack(store, change_it)
    assert file.case.id in broken(store)


@pytest.mark.parametrize("place", [0, -1], ids=["first", "last"])
def test_the_first_and_the_last_line_are_kept_like_any_other(
    store: Store, file: CaseFile, place: int
) -> None:
    attack(store, lambda c: set_line(c, history(c, file)[place], by="somebody else"))
    assert broken(store) == {file.case.id}


def test_a_line_taken_from_its_case_is_found(store: Store, file: CaseFile) -> None:
    attack(store, lambda c: set_line(c, history(c, file)[2], case_id=None))
    assert broken(store) == {file.case.id}


@pytest.mark.parametrize("seq", [1, 2, 3, 4])
def test_a_deleted_line_is_found(store: Store, file: CaseFile, seq: int) -> None:
    def cut(connection: Connection) -> None:
        line = history(connection, file)[seq - 1]
        connection.execute(delete(EVENTS).where(EVENTS.c.id == line.id))

    attack(store, cut)
    found = store.broken_chains()
    assert [(each.subject_id, each.seq, each.what) for each in found] == [
        (file.case.id, seq, "a line is missing")
    ]


def test_a_deleted_line_is_found_though_the_later_ones_move_up(
    store: Store, file: CaseFile
) -> None:
    def cut_and_close_ranks(connection: Connection) -> None:
        lines = history(connection, file)
        connection.execute(delete(EVENTS).where(EVENTS.c.id == lines[2].id))
        for line in lines[3:]:
            set_line(connection, line, seq=line.seq - 1)
        set_line(connection, lines[3], prev=lines[1].mac)
        connection.execute(
            update(CASES).where(CASES.c.id == file.case.id).values(head_seq=len(lines) - 1)
        )

    attack(store, cut_and_close_ranks)
    assert broken(store) == {file.case.id}


@pytest.mark.parametrize("cut", [1, 2, 4])
def test_newest_lines_cut_without_the_head_are_found(
    store: Store, file: CaseFile, cut: int
) -> None:
    def cut_tail(connection: Connection) -> None:
        ids = [line.id for line in history(connection, file)[-cut:]]
        connection.execute(delete(EVENTS).where(EVENTS.c.id.in_(ids)))

    attack(store, cut_tail)
    found = store.broken_chains()
    assert [(each.subject_id, each.what) for each in found] == [
        (file.case.id, "the newest lines are missing")
    ]


def test_a_history_cut_whole_is_found(store: Store, file: CaseFile) -> None:
    attack(store, lambda c: c.execute(delete(EVENTS).where(EVENTS.c.subject_id == file.case.id)))  # type: ignore[arg-type]
    found = store.broken_chains()
    assert [(each.subject_kind, each.subject_id, each.what) for each in found] == [
        ("cases", file.case.id, "all its events are gone")
    ]


def _copy(line: Any, **values: Any) -> dict[str, Any]:
    return {**line._asdict(), "id": moment().new_id(), **values}


def test_a_line_added_at_the_end_is_found(store: Store, file: CaseFile) -> None:
    def add(connection: Connection) -> None:
        last = history(connection, file)[-1]
        forged = _copy(last, seq=last.seq + 1, prev=last.mac, kind="released")
        connection.execute(insert(EVENTS).values(forged))
        head = {"head_seq": forged["seq"], "head_mac": forged["mac"]}
        connection.execute(update(CASES).where(CASES.c.id == file.case.id).values(head))

    attack(store, add)
    assert broken(store) == {file.case.id}


def test_a_line_slipped_in_between_is_found(store: Store, file: CaseFile) -> None:
    def slip_in(connection: Connection) -> None:
        lines = history(connection, file)
        for line in reversed(lines[2:]):
            set_line(connection, line, seq=line.seq + 1)
        forged = _copy(lines[1], seq=3, prev=lines[1].mac)
        connection.execute(insert(EVENTS).values(forged))
        set_line(connection, lines[2], prev=forged["mac"])
        connection.execute(
            update(CASES).where(CASES.c.id == file.case.id).values(head_seq=len(lines) + 1)
        )

    attack(store, slip_in)
    assert broken(store) == {file.case.id}


def test_a_line_of_a_subject_that_never_was_is_found(store: Store, file: CaseFile) -> None:
    def invent(connection: Connection) -> None:
        line = history(connection, file)[0]
        connection.execute(insert(EVENTS).values(_copy(line, subject_id="nobody")))

    attack(store, invent)
    assert broken(store) == {"nobody"}


def test_two_lines_that_changed_places_are_found(store: Store, file: CaseFile) -> None:
    def swap(connection: Connection) -> None:
        _, second, third, *_ = history(connection, file)
        set_line(connection, second, seq=99)
        set_line(connection, third, seq=second.seq, prev=second.prev)
        set_line(connection, second, seq=third.seq, prev=third.mac)

    attack(store, swap)
    assert broken(store) == {file.case.id}


def test_lines_two_cases_exchanged_are_found(store: Store, file: CaseFile) -> None:
    other = take(store, a_seen_review(external_id="r2"))

    def exchange(connection: Connection) -> None:
        mine, theirs = history(connection, file)[0], history(connection, other)[0]
        set_line(connection, mine, seq=99)
        set_line(connection, theirs, subject_id=mine.subject_id, case_id=mine.case_id)
        set_line(connection, mine, subject_id=theirs.subject_id, case_id=theirs.case_id, seq=1)

    attack(store, exchange)
    assert broken(store) == {file.case.id, other.case.id}


def test_words_exchanged_between_two_events_are_found(store: Store, file: CaseFile) -> None:
    remark(store, file, words="words about another patient")

    def exchange(connection: Connection) -> None:
        first, second = (line for line in history(connection, file) if line.digest)
        set_line(connection, first, id="for a moment")
        set_line(connection, second, id=first.id)
        connection.execute(update(EVENTS).where(EVENTS.c.id == "for a moment").values(id=second.id))

    attack(store, exchange)
    assert broken(store) == {file.case.id}


def test_a_subject_deleted_from_under_its_history_is_found(store: Store, file: CaseFile) -> None:
    people = table(Person)
    with writing(store._engine) as connection:
        connection.execute(delete(people).where(people.c.id == RESPONDER))
    found = store.broken_chains()
    assert [(each.subject_id, each.what) for each in found] == [
        (RESPONDER, "the subject itself is gone")
    ]


def test_a_head_set_back_without_its_lines_is_found(store: Store, file: CaseFile) -> None:
    with writing(store._engine) as connection:
        early = history(connection, file)[1]
        head = {"head_seq": early.seq, "head_mac": early.mac}
        connection.execute(update(CASES).where(CASES.c.id == file.case.id).values(head))
    assert broken(store) == {file.case.id}


def test_whoever_lacks_the_key_cannot_sign_a_line(store: Store, file: CaseFile) -> None:
    stranger = Store(store._engine, Sealer(new_keyring()))
    seen = stranger.broken_chains()
    assert len(seen) > 5
    assert {each.what for each in seen} == {"a line was changed"}


@pytest.mark.parametrize("column", ["at", "detail"])
def test_a_line_that_cannot_be_read_at_all_is_told_and_the_others_are_still_checked(
    sqlite_store: Store, column: str
) -> None:
    found_practice(sqlite_store)
    garbled = take(sqlite_store, a_seen_review())
    forged = take(sqlite_store, a_seen_review(external_id="r2"))

    def garble(connection: Connection) -> None:
        line = history(connection, garbled)[0]
        connection.exec_driver_sql(
            f"UPDATE events SET {column} = '{{' WHERE id = ?",
            (line.id,),
        )
        set_line(connection, history(connection, forged)[0], kind="forged")

    attack(sqlite_store, garble)
    assert broken(sqlite_store) == {garbled.case.id, forged.case.id}

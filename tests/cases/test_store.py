"""What applying Changes promises: all or nothing, nothing overwritten, nobody held up."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import text

from cases.arriving.opening import Practised, take_in
from cases.casefile import CaseFile
from cases.changes import About, Add, Change, Happened, Moment, Set, about
from cases.identifiers import Identifiers
from cases.judging.triage import triage
from cases.models import Case, Clinic, Clock, Note, Notice, Person, Review
from cases.store import Store
from cases.store.database import open_engine, reading
from cases.viewers import ENGINE
from tests.builders import (
    ADMIN,
    DIRECTOR,
    HOUR,
    IDS,
    MANAGER,
    T0,
    a_clinic,
    a_person,
    a_seen_review,
    found_practice,
    moment,
    take,
)


@pytest.fixture
def file(store: Store) -> CaseFile:
    """A case just opened."""
    found_practice(store)
    return take(store, a_seen_review())


def again(store: Store, file: CaseFile) -> CaseFile:
    return store.case_file(file.case.id, ENGINE)


def remark(file: CaseFile, ahead: int = 0, **more: Any) -> Change:
    """A small Change of a case; `ahead` counts the Changes before it in the same batch."""
    subject = about(file.case)
    return Change(
        subject._replace(version=subject.version + ahead),
        more.pop("moment", moment()),
        events=[Happened("remarked")],
        **more,
    )


def facts(file: CaseFile, **values: Any) -> Set:
    return Set(Case, file.case.id, values)


def note(case_id: str, words: str = "called back") -> Add:
    values = {"id": moment().new_id(), "case_id": case_id, "text": words, "by": "dana", "at": T0}
    return Add(Note, values)


def take_change(store: Store, seen: Any, at: Moment | None = None) -> Change:
    clinic = store.clinics()["elm"]
    known = Practised(clinic, store.people(), store.playbook())
    judged = triage(seen.text, seen.rating, seen.recommends)
    return take_in(seen, judged, known, None, at or moment(by="intake"))


def told(store: Store, kind: str) -> list[Notice]:
    later = T0 + timedelta(days=7)
    return [w.notice for w in store.waiting(later, ["email"]) if w.notice.kind == kind]


def practice_events(store: Store) -> list[str]:
    query = text("SELECT kind FROM events WHERE subject_kind = 'practices' ORDER BY seq")
    with reading(store._engine) as connection:
        return [row.kind for row in connection.execute(query)]


# One Change


def test_applying_nothing_writes_nothing(store: Store) -> None:
    before = store.count_events()
    assert store.apply([]).applied == []
    assert store.count_events() == before


def test_a_change_raises_the_version_by_one_and_leaves_an_event(
    store: Store, file: CaseFile
) -> None:
    change = remark(file, sets=[facts(file, cause="other")])
    assert store.apply([change]).applied == [change]
    after = again(store, file)
    assert (after.case.version, after.case.cause) == (file.case.version + 1, "other")
    assert store.timeline(after, ENGINE)[-1].event.kind == "remarked"


def test_a_change_of_what_somebody_else_changed_since_is_stale_and_writes_nothing(
    store: Store, file: CaseFile
) -> None:
    store.apply([remark(file, sets=[facts(file, cause="other")])])
    late = remark(file, sets=[facts(file, cause="privacy")], adds=[note(file.case.id)])
    events = store.count_events()
    done = store.apply([late])
    assert (done.applied, done.stale, done.refused) == ([], [late], [])
    after = again(store, file)
    assert (after.case.cause, after.notes) == ("other", [])
    assert store.count_events() == events


def test_a_change_of_a_row_that_never_was_is_stale(store: Store) -> None:
    gone = Change(About(Case, "nowhere", 3), moment(), events=[Happened("remarked")])
    assert store.apply([gone]).stale == [gone]


def test_a_change_that_leaves_no_event_cannot_even_be_made(store: Store, file: CaseFile) -> None:
    with pytest.raises(ValueError, match="leave no trace"):
        Change(about(file.case), moment(), sets=[facts(file, cause="other")])


def test_a_column_nobody_set_keeps_what_it_held(store: Store, file: CaseFile) -> None:
    store.apply([remark(file, sets=[facts(file, cause="other")])])
    after = again(store, file).case
    kept = set(Case.model_fields) - {"version", "head_seq", "head_mac", "cause"}
    assert {name: getattr(after, name) for name in kept} == {
        name: getattr(file.case, name) for name in kept
    }


# Parts and what a Change leans on


def test_parts_are_written_together_with_their_whole(store: Store, file: CaseFile) -> None:
    part = Change(about(file.review), moment(), events=[Happened("looked")])
    assert store.apply([remark(file).with_parts(part)]).applied
    after = again(store, file)
    assert (after.case.version, after.review.version) == (
        file.case.version + 1,
        file.review.version + 1,
    )


def test_one_stale_part_makes_the_whole_stale(store: Store, file: CaseFile) -> None:
    store.apply([Change(about(file.review), moment(), events=[Happened("looked")])])
    part = Change(about(file.review), moment(), events=[Happened("looked")])
    whole = remark(file, sets=[facts(file, cause="other")]).with_parts(part)
    assert store.apply([whole]).stale == [whole]
    assert again(store, file).case == file.case


def test_one_refused_part_undoes_the_whole(store: Store, file: CaseFile) -> None:
    part = Change(about(file.review), moment(), adds=[note("nowhere")], events=[Happened("looked")])
    whole = remark(file, sets=[facts(file, cause="other")]).with_parts(part)
    assert store.apply([whole]).refused == [whole]
    after = again(store, file)
    assert (after.case.cause, after.review.version) == ("", file.review.version)


def test_what_a_change_leans_on_must_still_stand(store: Store, file: CaseFile) -> None:
    owner = store.people()[DIRECTOR]
    leaning = remark(file, requires=[about(owner)])
    moved = Change(about(owner), moment(), events=[Happened("moved")])
    assert store.apply([moved]).applied
    assert store.apply([leaning]).stale == [leaning]


def test_what_a_change_only_leans_on_keeps_its_version(store: Store, file: CaseFile) -> None:
    owner = store.people()[DIRECTOR]
    assert store.apply([remark(file, requires=[about(owner)])]).applied
    assert store.people()[DIRECTOR].version == owner.version


# Several Changes in one batch


def test_of_two_changes_that_saw_the_same_version_the_second_is_stale(
    store: Store, file: CaseFile
) -> None:
    first = remark(file, sets=[facts(file, cause="other")])
    second = remark(file, sets=[facts(file, cause="privacy")])
    done = store.apply([first, second])
    assert (done.applied, done.stale) == ([first], [second])
    assert again(store, file).case.cause == "other"


def test_changes_of_one_case_that_build_on_each_other_are_all_written(
    store: Store, file: CaseFile
) -> None:
    wanted = [
        remark(file, 0, sets=[facts(file, cause="other")]),
        remark(file, 1, sets=[facts(file, outcome="closed", cause="privacy")]),
        remark(file, 2, sets=[facts(file, cause="not_ours")]),
    ]
    assert store.apply(wanted).applied == wanted
    after = again(store, file).case
    assert (after.cause, after.outcome) == ("not_ours", "closed")
    assert after.version == file.case.version + 3
    assert store.broken_chains() == []


def test_what_a_later_change_sets_on_a_clock_wins_whatever_else_is_set(
    store: Store, file: CaseFile
) -> None:
    clock = file.clocks[0].id
    at = [T0 + n * HOUR for n in range(3)]
    wanted = [
        remark(file, 0, sets=[Set(Clock, clock, {"look_at": at[0]})]),
        remark(file, 1, sets=[Set(Clock, clock, {"look_at": at[1], "missed_at": at[1]})]),
        remark(file, 2, sets=[Set(Clock, clock, {"look_at": at[2]})]),
    ]
    assert store.apply(wanted).applied == wanted
    written = next(c for c in again(store, file).clocks if c.id == clock)
    assert (written.look_at, written.missed_at) == (at[2], at[1])


def test_a_new_person_and_their_first_edit_fit_in_one_batch(store: Store) -> None:
    values = a_person("kim", a_person("x", "chief").role).model_dump(  # type: ignore[arg-type]
        exclude={"version", "head_seq", "head_mac"}
    )
    new = Change(
        About(Person, "kim", 0), moment(), adds=[Add(Person, values)], events=[Happened("added")]
    )
    edit = Change(
        About(Person, "kim", 1),
        moment(),
        sets=[Set(Person, "kim", {"phone": "+12125550123"})],
        events=[Happened("edited")],
    )
    assert store.apply([new, edit]).applied == [new, edit]
    kim = store.people()["kim"]
    assert (kim.phone, kim.version, kim.head_seq) == ("+12125550123", 2, 2)
    assert store.broken_chains() == []


# The same new thing, found twice


def test_a_review_taken_in_twice_is_late_the_second_time_and_parks_nothing(
    store: Store, file: CaseFile
) -> None:
    twice = take_change(store, a_seen_review())
    done = store.apply([twice])
    assert (done.stale, done.refused) == ([twice], [])
    assert len(store.cases(ENGINE)) == 1
    assert told(store, "refused") == told(store, "parked") == []


def test_a_review_twice_in_one_batch_opens_one_case_and_lets_the_others_in(store: Store) -> None:
    found_practice(store)
    seen = [a_seen_review(external_id=key) for key in ("r1", "r1", "r2")]
    wanted = [take_change(store, each) for each in seen]
    done = store.apply(wanted)
    assert (done.applied, done.stale) == ([wanted[0], wanted[2]], [wanted[1]])
    assert [short.case.number for short in store.cases(ENGINE)] == [2, 1]


# Whom the database refuses


BAD: dict[str, Callable[[CaseFile], dict[str, Any]]] = {
    "IntegrityError": lambda file: {"adds": [note("nowhere")]},
    "UnknownColumn": lambda file: {"sets": [facts(file, colour="red")]},
    "StatementError": lambda file: {"sets": [facts(file, held_at=T0.replace(tzinfo=None))]},
    "UnicodeEncodeError": lambda file: {"adds": [note(file.case.id, "half a smile \ud83d")]},
}


@pytest.mark.parametrize("code", BAD)
def test_a_change_the_database_refuses_is_parked_and_the_others_go_on(
    store: Store, file: CaseFile, code: str
) -> None:
    others = [take(store, a_seen_review(external_id=key)) for key in ("r2", "r3")]
    bad = remark(file, **BAD[code](file))
    good = [remark(each, sets=[facts(each, cause="other")]) for each in others]
    done = store.apply([good[0], bad, good[1]])
    assert (done.applied, done.stale, done.refused) == (good, [], [bad])
    assert [again(store, each).case.cause for each in others] == ["other", "other"]
    parked = again(store, file)
    assert (parked.case.parked_until, parked.case.parked_code) == (T0 + HOUR, code)
    assert all(c.look_at is None or c.look_at >= T0 + HOUR for c in parked.clocks)


def test_parking_leaves_an_event_and_tells_every_administrator(store: Store) -> None:
    found_practice(store, lee=a_person("lee", a_person(ADMIN, "administrator").role))  # type: ignore[arg-type]
    file = take(store, a_seen_review())
    store.apply([remark(file, adds=[note("nowhere")])])
    kinds = [line.event.kind for line in store.timeline(file, ENGINE)]
    assert kinds[-1] == "parked"
    assert "remarked" not in kinds
    assert {n.person_id for n in told(store, "parked")} == {ADMIN, "lee"}
    assert all(n.case_id == file.case.id for n in told(store, "parked"))


def test_a_refused_change_about_no_case_is_noted_on_the_practice(store: Store) -> None:
    found_practice(store)
    review = Add(
        Review,
        {"id": "r", "platform": "google", "external_id": "r1", "clinic_id": "gone", "seen_at": T0},
    )
    bad = Change(About(Review, "r", 0), moment(), adds=[review], events=[Happened("seen")])
    assert store.apply([bad]).refused == [bad]
    assert practice_events(store) == ["founded", "change_refused"]
    assert [n.person_id for n in told(store, "refused")] == [ADMIN]


def test_parking_tells_nothing_of_what_was_refused(store: Store, file: CaseFile) -> None:
    words = "canary words of a patient"
    store.apply([remark(file, adds=[note("nowhere", words)])])
    with reading(store._engine) as connection:
        events = connection.execute(text("SELECT * FROM events")).all()
        notices = connection.execute(text("SELECT * FROM notices")).all()
    assert "IntegrityError" in repr(events)
    assert "canary" not in repr([*events, *notices])


def test_a_note_of_a_case_that_is_not_there_is_refused_by_the_database(
    store: Store, file: CaseFile
) -> None:
    orphan = remark(file, adds=[note("nowhere")])
    assert store.apply([orphan]).refused == [orphan]
    assert again(store, file).case.parked_code == "IntegrityError"


# Instants


def test_instants_come_back_in_utc_to_the_microsecond(store: Store, file: CaseFile) -> None:
    kolkata = timezone(timedelta(hours=5, minutes=30))
    at = datetime(2026, 11, 2, 20, 15, 30, 123_456, tzinfo=kolkata)
    store.apply([remark(file, sets=[facts(file, held_at=at)])])
    back = again(store, file).case.held_at
    assert back == at
    assert back.tzinfo is UTC


def test_every_instant_of_a_case_is_aware_and_in_utc(store: Store, file: CaseFile) -> None:
    rows: list[Any] = [file.case, file.review, *file.clocks]
    instants = [value for row in rows for value in row if isinstance(value, datetime)]
    assert len(instants) > 4
    assert {instant.tzinfo for instant in instants} == {UTC}


def test_a_moment_without_a_zone_is_refused_before_anything_is_asked() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        Moment(T0.replace(tzinfo=None), DIRECTOR, IDS)


# Two at once


def _both(work: Callable[[int, Barrier], None]) -> None:
    barrier = Barrier(2, timeout=20)
    with ThreadPoolExecutor(2) as pool:
        for each in [pool.submit(work, number, barrier) for number in range(2)]:
            each.result()


def test_two_who_open_cases_at_once_leave_no_gap_and_no_double_in_the_numbers(
    store: Store,
) -> None:
    found_practice(store)

    def open_ten(who: int, barrier: Barrier) -> None:
        at = Moment(T0, "intake", Identifiers(seed=100 + who))
        seen = [a_seen_review(external_id=f"{who}-{n}") for n in range(10)]
        wanted = [take_change(store, each, at) for each in seen]
        barrier.wait()
        for change in wanted:
            assert store.apply([change]).applied

    _both(open_ten)
    numbers = [short.case.number for short in store.cases(ENGINE)]
    assert numbers == list(range(20, 0, -1))


def test_two_who_change_one_case_at_once_lose_nothing(store: Store, file: CaseFile) -> None:
    def remark_ten(who: int, barrier: Barrier) -> None:
        at = Moment(T0, f"writer {who}", Identifiers(seed=200 + who))
        barrier.wait()
        written, tries = 0, 0
        while written < 10 and (tries := tries + 1) < 500:
            change = remark(again(store, file), adds=[_by(at, file)], moment=at)
            written += len(store.apply([change]).applied)

    _both(remark_ten)
    after = again(store, file)
    assert (len(after.notes), after.case.version) == (20, file.case.version + 20)
    assert store.broken_chains() == []


def _by(at: Moment, file: CaseFile) -> Add:
    values = {"id": at.new_id(), "case_id": file.case.id, "text": "x", "by": at.by, "at": at.now}
    return Add(Note, values)


def test_of_two_who_take_in_one_review_at_once_one_is_late(store: Store) -> None:
    found_practice(store)
    done: list[int] = []

    def take_it(who: int, barrier: Barrier) -> None:
        change = take_change(
            store, a_seen_review(), Moment(T0, "intake", Identifiers(seed=300 + who))
        )
        barrier.wait()
        result = store.apply([change])
        assert not result.refused
        done.append(len(result.applied))

    _both(take_it)
    assert sorted(done) == [0, 1]
    assert len(store.cases(ENGINE)) == 1


def test_a_row_somebody_only_points_at_can_still_be_changed(postgres_store: Store) -> None:
    found_practice(postgres_store)
    file = take(postgres_store, a_seen_review())
    url = postgres_store._engine.url.render_as_string(hide_password=False)
    with postgres_store._engine.connect() as other:
        other.execute(text("ALTER DATABASE one SET lock_timeout = '2s'"))
        other.commit()
        # Somebody writes a reply's row that names the case, and has not finished.
        other.execute(
            text("INSERT INTO notes (id, case_id, by, at, visibility) VALUES (:i, :c, '', :a, '')"),
            {"i": "n", "c": file.case.id, "a": T0},
        )
        patient = Store(open_engine(url), postgres_store._sealer)
        assert patient.apply([remark(file)]).applied
        patient.close()
        other.rollback()


def test_a_clinic_is_founded_with_what_it_was_given(store: Store) -> None:
    found_practice(store, a_clinic(region="NY", closures={"2026-12-24": []}))
    clinic: Clinic = store.clinics()["elm"]
    assert (clinic.region, clinic.closures) == ("NY", {"2026-12-24": []})
    assert clinic.hours == {"mon-fri": ["09:00-17:00"]}
    assert {MANAGER, DIRECTOR} <= store.people().keys()


def test_a_review_the_database_refuses_at_each_intake_is_told_once_a_day(store: Store) -> None:
    found_practice(store)

    def refused(now: datetime) -> int:
        new = moment(now).new_id()
        row = {"id": new, "platform": "google", "external_id": "x", "clinic_id": "nowhere",
               "seen_at": now}  # fmt: skip
        bad = Change(
            About(Review, new, 0),
            moment(now, "intake"),
            adds=[Add(Review, row)],
            events=[Happened("seen")],
        )
        assert store.apply([bad]).refused == [bad]
        return len(told(store, "refused"))

    counts = [refused(T0 + hours * HOUR) for hours in (0, 1, 2, 24, 25)]
    assert counts == [1, 1, 1, 2, 2]

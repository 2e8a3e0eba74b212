"""What each person may read: their clinics, their visibility, and nothing unsealed in passing."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from cases.arriving.opening import Practised, take_in
from cases.casefile import CaseFile
from cases.changes import About, Add, Change, Happened, Set, about
from cases.judging.triage import triage
from cases.models import (
    Case,
    Clinic,
    Clock,
    ContactPoint,
    Correspondent,
    Note,
    Review,
    Role,
    Stage,
    Task,
    Visibility,
)
from cases.sealing import Sealer, SealError, new_keyring
from cases.store import Store
from cases.store.database import reading
from cases.store.views import NotFound
from cases.viewers import ENGINE, Viewer, viewer_of
from tests.builders import (
    DAY,
    DIRECTOR,
    HOUR,
    MANAGER,
    T0,
    a_clinic,
    a_person,
    a_seen_review,
    found_practice,
    moment,
)

OAK = a_clinic(id="oak", slug="oak-road", name="Oak Road", director_id=MANAGER)


def viewer(role: Role = Role.RESPONDER, *clinics: str) -> Viewer:
    return Viewer("sam", role, frozenset(clinics) or None)


def found(store: Store) -> None:
    """A practice with two clinics, Elm Street and Oak Road."""
    found_practice(store)
    values = OAK.model_dump(exclude={"version", "head_seq", "head_mac"})
    change = Change(
        About(Clinic, "oak", 0),
        moment(),
        adds=[Add(Clinic, values)],
        events=[Happened("added")],
    )
    assert store.apply([change]).applied


def take_at(store: Store, clinic: str, external_id: str, now: Any = T0) -> CaseFile:
    seen = a_seen_review(external_id=external_id)
    known = Practised(store.clinics()[clinic], store.people(), store.playbook())
    judged = triage(seen.text, seen.rating, seen.recommends)
    change = take_in(seen, judged, known, None, moment(now, "intake"))
    assert store.apply([change]).applied
    return store.case_file(change.subject.id, ENGINE)


def write(store: Store, file: CaseFile, *events: Happened, **more: Any) -> CaseFile:
    case = store.case_file(file.case.id, ENGINE).case
    at = more.pop("moment", moment())
    wanted = Change(about(case), at, events=events or [Happened("remarked")], **more)
    assert store.apply([wanted]).applied
    return store.case_file(file.case.id, ENGINE)


def set_case(store: Store, file: CaseFile, **facts: Any) -> CaseFile:
    return write(store, file, sets=[Set(Case, file.case.id, facts)])


def with_correspondent(store: Store, file: CaseFile) -> CaseFile:
    who: dict[str, Any] = {
        "id": moment().new_id(), "clinic_id": "elm", "name": "Jo Sample", "relation": "patient",
        "recorded_at": T0,
    }  # fmt: skip
    point = {
        "id": moment().new_id(), "correspondent_id": who["id"], "channel": "phone",
        "value": "+12125550123", "index": store.index("phone", "+12125550123"),
    }  # fmt: skip
    new = Change(
        About(Correspondent, who["id"], 0),
        moment(),
        adds=[Add(Correspondent, who), Add(ContactPoint, point)],
        events=[Happened("recorded")],
    )
    assert store.apply([new]).applied
    return set_case(store, file, correspondent_id=who["id"])


@pytest.fixture
def elm(store: Store) -> CaseFile:
    """A case at Elm Street."""
    found(store)
    return take_at(store, "elm", "r1")


# Clinics


def test_a_case_is_found_by_its_number_and_by_its_id(store: Store, elm: CaseFile) -> None:
    assert store.case_file(1, viewer()).case == store.case_file(elm.case.id, viewer()).case


def test_a_case_of_another_clinic_looks_exactly_like_no_case(store: Store, elm: CaseFile) -> None:
    told = []
    for which in (elm.case.number, 999):
        with pytest.raises(NotFound) as error:
            store.case_file(which, viewer(Role.CHIEF, "oak"))
        told.append(str(error.value).replace(str(which), "N"))
    assert told[0] == told[1]


def test_a_case_of_ones_own_clinic_is_shown(store: Store, elm: CaseFile) -> None:
    assert store.case_file(1, viewer(Role.RESPONDER, "elm", "oak")).clinic.id == "elm"


def test_a_list_holds_only_the_viewers_clinics(store: Store, elm: CaseFile) -> None:
    take_at(store, "oak", "r2")
    shown = {
        clinics: [short.case.number for short in store.cases(viewer(Role.DIRECTOR, *clinics))]
        for clinics in ((), ("elm",), ("oak",), ("elm", "oak"))
    }
    assert shown == {(): [2, 1], ("elm",): [1], ("oak",): [2], ("elm", "oak"): [2, 1]}


def test_asking_for_another_clinic_does_not_show_it(store: Store, elm: CaseFile) -> None:
    assert store.cases(viewer(Role.CHIEF, "oak"), clinic_id="elm") == []


def test_somebody_whose_clinics_have_no_case_sees_none(store: Store, elm: CaseFile) -> None:
    assert store.cases(Viewer("sam", Role.CHIEF, frozenset())) == []


def test_a_timeline_is_not_shown_to_another_clinic_though_somebody_hands_over_the_file(
    store: Store, elm: CaseFile
) -> None:
    with pytest.raises(NotFound):
        store.timeline(elm, viewer(Role.CHIEF, "oak"))


def test_a_person_without_named_clinics_reads_all_of_them() -> None:
    assert viewer_of(a_person("kim", Role.CHIEF)).may_see_clinic("elm")
    bound = viewer_of(a_person("kim", Role.CHIEF, clinics=["oak"]))
    assert (bound.may_see_clinic("elm"), bound.may_see_clinic("oak")) == (False, True)


# Visibility

SEEN = [
    (Role.RESPONDER, ["team"]),
    (Role.DIRECTOR, ["team"]),
    (Role.MANAGER, ["team", "risk"]),
    (Role.ADMINISTRATOR, ["team", "risk"]),
    (Role.AUDITOR, ["team", "risk"]),
    (Role.CHIEF, ["team", "risk", "peer_review"]),
    (Role.PRIVACY_OFFICER, ["team", "risk", "peer_review"]),
]


def _one_of_each(store: Store, file: CaseFile) -> None:
    for visibility in Visibility:
        row = {"case_id": file.case.id, "visibility": visibility}
        note = {"id": moment().new_id(), "text": visibility, "by": "dana", "at": T0}
        task = {"id": moment().new_id(), "what": visibility, "kind": "x"}
        adds = [
            Add(Note, {**row, **note}),
            Add(Task, {**row, **task, "created_at": T0, "due_at": T0}),
        ]
        write(store, file, Happened("said", words=visibility, visibility=visibility), adds=adds)


@pytest.mark.parametrize(("role", "seen"), SEEN)
def test_notes_tasks_and_history_are_for_as_many_eyes_as_they_say(
    sqlite_store: Store, role: Role, seen: list[str]
) -> None:
    found(sqlite_store)
    file = take_at(sqlite_store, "elm", "r1")
    _one_of_each(sqlite_store, file)
    shown = sqlite_store.case_file(1, viewer(role))
    assert [note.text for note in shown.notes] == seen
    assert [task.what for task in shown.tasks] == seen
    lines = sqlite_store.timeline(shown, viewer(role))
    assert [line.words for line in lines if line.event.kind == "said"] == seen


def test_the_engine_reads_everything(store: Store, elm: CaseFile) -> None:
    _one_of_each(store, elm)
    assert len(store.case_file(1, ENGINE).notes) == 3


def test_a_role_nobody_knows_sees_nothing_of_a_case_but_its_outline(
    store: Store, elm: CaseFile
) -> None:
    _one_of_each(store, elm)
    stranger = Viewer("x", "stranger")
    shown = store.case_file(1, stranger)
    assert (shown.notes, shown.tasks, store.timeline(shown, stranger)) == ([], [], [])


def test_a_timeline_is_told_in_the_order_it_happened(store: Store, elm: CaseFile) -> None:
    write(store, elm, Happened("second"), moment=moment(T0 + HOUR))
    review = store.case_file(1, ENGINE).review
    edit = Change(
        about(review),
        moment(T0 + 2 * HOUR),
        events=[Happened("third")],
        case_id=elm.case.id,
    )
    assert store.apply([edit]).applied
    write(store, elm, Happened("fourth"), Happened("fifth"), moment=moment(T0 + 3 * HOUR))
    kinds = [line.event.kind for line in store.timeline(elm, ENGINE)]
    assert kinds[-4:] == ["second", "third", "fourth", "fifth"]
    assert kinds[0] == "opened"


# What is opened, and what is not


def test_a_case_file_shows_its_patient_data_in_plain_words(store: Store, elm: CaseFile) -> None:
    file = with_correspondent(store, set_case(store, elm, done="called and apologised"))
    assert file.correspondent is not None
    assert (file.case.done, file.correspondent.name) == ("called and apologised", "Jo Sample")
    assert [point.value for point in file.points] == ["+12125550123"]


def test_lists_open_nothing_that_is_sealed(store: Store, elm: CaseFile) -> None:
    with_correspondent(store, set_case(store, elm, done="called and apologised"))
    review = store.case_file(1, ENGINE).review
    sealed = {"text": "", "sealed_text": "Two hours late."}
    change = Change(
        about(review),
        moment(),
        sets=[Set(Review, review.id, sealed)],
        events=[Happened("sealed")],
    )
    assert store.apply([change]).applied
    [short] = store.cases(ENGINE)
    assert (short.case.done, short.review.sealed_text, short.review.text) == (None, None, "")
    without_keys = Store(store._engine, Sealer(new_keyring()))
    assert without_keys.cases(ENGINE) == [short]
    with pytest.raises(SealError):
        without_keys.case_file(1, ENGINE)


def test_looking_at_a_correspondent_is_recorded_on_the_correspondent(
    store: Store, elm: CaseFile
) -> None:
    file = with_correspondent(store, elm)
    assert file.correspondent is not None
    assert len(store.apply(store.viewed(file, moment(by="sam"))).applied) == 1
    query = text(
        "SELECT by, kind, detail FROM events WHERE subject_kind = 'correspondents' "
        "AND subject_id = :id ORDER BY seq"
    )
    with reading(store._engine) as connection:
        lines = connection.execute(query, {"id": file.correspondent.id}).all()
    assert [(line.by, line.kind) for line in lines] == [(DIRECTOR, "recorded"), ("sam", "viewed")]
    assert elm.case.id in str(lines[-1].detail)


def test_looking_at_a_case_without_a_correspondent_records_nothing(
    store: Store, elm: CaseFile
) -> None:
    assert store.viewed(elm, moment(by="sam")) == []


# Filters and pages


def numbers(store: Store, **wanted: Any) -> list[int]:
    return [short.case.number for short in store.cases(ENGINE, **wanted)]


def test_closed_cases_are_left_out_until_asked_for(store: Store, elm: CaseFile) -> None:
    set_case(store, take_at(store, "elm", "r2"), stage=Stage.CLOSED)
    assert numbers(store) == [1]
    assert numbers(store, closed=True) == [2, 1]
    assert numbers(store, stage=Stage.CLOSED) == [2]


def test_cases_are_filtered_by_stage_clinic_and_owner(store: Store, elm: CaseFile) -> None:
    set_case(store, take_at(store, "oak", "r2"), stage=Stage.LISTEN)
    assert numbers(store, stage=Stage.LISTEN) == [2]
    assert numbers(store, clinic_id="elm") == [1]
    assert numbers(store, owner_id=MANAGER) == [2]
    assert numbers(store, owner_id=MANAGER, clinic_id="elm") == []


def test_a_case_is_overdue_once_an_open_clock_is_and_not_when_it_has_ended(
    store: Store, elm: CaseFile
) -> None:
    clocks = sorted((c for c in elm.clocks if c.due_at), key=lambda clock: clock.due_at)  # type: ignore[arg-type, return-value]
    first = clocks[0].due_at
    assert first is not None
    assert numbers(store, overdue_at=T0) == []
    assert numbers(store, overdue_at=first) == [1]
    ended = [Set(Clock, clock.id, {"ended_at": T0, "ended_how": "met"}) for clock in clocks]
    write(store, elm, sets=ended)
    assert numbers(store, overdue_at=first + 99 * DAY) == []


def test_a_list_names_the_open_clock_that_is_due_first(store: Store, elm: CaseFile) -> None:
    clocks = sorted((c for c in elm.clocks if c.due_at), key=lambda clock: clock.due_at)  # type: ignore[arg-type, return-value]
    [short] = store.cases(ENGINE)
    assert short.clock is not None
    assert short.clock.due_at == clocks[0].due_at
    write(store, elm, sets=[Set(Clock, c.id, {"ended_at": T0}) for c in clocks])
    assert store.cases(ENGINE)[0].clock is None


def test_pages_hold_every_case_once_the_newest_first(store: Store, elm: CaseFile) -> None:
    for n in range(2, 8):
        take_at(store, "elm" if n % 2 else "oak", f"r{n}")
    pages, after = [], None
    while page := numbers(store, limit=3, after=after):
        pages.append(page)
        after = page[-1]
    assert pages == [[7, 6, 5], [4, 3, 2], [1]]


def test_a_page_is_full_of_what_the_viewer_may_see(store: Store, elm: CaseFile) -> None:
    for n in range(2, 6):
        take_at(store, "elm" if n % 2 else "oak", f"r{n}")
    page = store.cases(viewer(Role.DIRECTOR, "elm"), limit=2)
    assert [short.case.number for short in page] == [5, 3]

"""What tests are made of: a time, a clinic, its people, a review, a case. All invented."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from cases.arriving.opening import Practised, open_case, take_in
from cases.casefile import CaseFile
from cases.changes import About, Add, Change, Happened, Moment
from cases.identifiers import Identifiers
from cases.judging.triage import triage
from cases.models import Case, Clinic, Person, Review, Role
from cases.playbooks.playbook import PRACTICE, Playbook, read_playbook
from cases.ports import SeenReview
from cases.store import Store
from cases.viewers import ENGINE

# A Monday, 9:00 in New York: the office has just opened.
T0 = datetime(2026, 11, 2, 14, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
PLAYBOOK: Playbook = read_playbook(PRACTICE, version=1)
IDS = Identifiers(seed=1)

OFFICE = {"mon-fri": ["09:00-17:00"]}
DIRECTOR, MANAGER, CHIEF, ADMIN, PRIVACY, RESPONDER = (
    "dana", "morgan", "chris", "alex", "robin", "sam",
)  # fmt: skip
STAFF: Mapping[str, Role] = {
    DIRECTOR: Role.DIRECTOR,
    MANAGER: Role.MANAGER,
    CHIEF: Role.CHIEF,
    ADMIN: Role.ADMINISTRATOR,
    PRIVACY: Role.PRIVACY_OFFICER,
    RESPONDER: Role.RESPONDER,
}


def moment(now: datetime = T0, by: str = DIRECTOR) -> Moment:
    """Return the moment a rule is asked at."""
    return Moment(now, by, IDS)


def a_clinic(**changes: Any) -> Clinic:
    """Return a clinic in New York, open Monday to Friday, 9 to 5."""
    usual: dict[str, Any] = {
        "id": "elm",
        "slug": "elm-street",
        "name": "Elm Street",
        "zone": "America/New_York",
        "hours": OFFICE,
        "phone": "+12125550100",
        "email": "care@elm.example",
        "point_person": "Dana Field",
        "point_role": "clinical director",
        "director_id": DIRECTOR,
    }
    return Clinic(**{**usual, **changes})


def a_person(name: str, role: Role, **changes: Any) -> Person:
    """Return somebody of the practice; the name is the id."""
    usual = {
        "id": name,
        "name": f"{name.title()} Field",
        "email": f"{name}@elm.example",
        "role": role,
    }
    return Person(**{**usual, **changes})


def the_people(**changes: Person) -> dict[str, Person]:
    """Return the practice's people by id."""
    return {name: a_person(name, role) for name, role in STAFF.items()} | changes


def a_seen_review(
    text: str = "Two hours late and nobody said sorry.", **changes: Any
) -> SeenReview:
    """Return a review as a platform shows it: two stars, posted an hour ago."""
    usual: dict[str, Any] = {
        "platform": "google",
        "external_id": "r1",
        "text": text,
        "author": "quiet_river",
        "rating": Decimal(2),
        "posted_at": T0 - HOUR,
        "clinic": "elm-street",
        "url": "https://reviews.example/r1",
    }
    return SeenReview(**{**usual, **changes})


def practised(**changes: Any) -> Practised:
    """Return what opening a case leans on."""
    usual: dict[str, Any] = {
        "clinic": a_clinic(),
        "people": the_people(),
        "playbook": PLAYBOOK,
    }
    return Practised(**{**usual, **changes})


def a_review(**changes: Any) -> Review:
    """Return a recorded review."""
    usual: dict[str, Any] = {
        "id": "review-1",
        "platform": "google",
        "external_id": "r1",
        "clinic_id": "elm",
        "case_id": "case-1",
        "author": "quiet_river",
        "rating": Decimal(2),
        "text": "Two hours late and nobody said sorry.",
        "seen_at": T0,
        "negative": True,
    }
    return Review(**{**usual, **changes})


def a_file(known: Practised | None = None, review: Review | None = None, **facts: Any) -> CaseFile:
    """Return a case as it was just opened, in memory only; `facts` are columns of the case."""
    known = known or practised()
    review = review or a_review()
    change = open_case(review, known, moment())
    row = next(add.values for add in change.adds if add.table is Case)
    from cases.models import Clock

    stage = next(s.values["stage"] for s in change.sets if s.table is Case)
    case = Case(**{**row, "version": 1, "number": 1, "stage": stage, **facts})
    clocks = [Clock(**add.values) for add in change.adds if add.table is Clock]
    return CaseFile(
        case=case,
        clinic=known.clinic,
        people=known.people,
        playbook=known.playbook,
        clocks=clocks,
        review=review,
        reviews=[review],
    )


def found_practice(store: Store, clinic: Clinic | None = None, **people: Person) -> None:
    """Write the clinic and its people into a store."""
    rows = [clinic or a_clinic(), *the_people(**people).values()]
    # The clinic names its director, who works for it: people first.
    for row in sorted(rows, key=lambda each: isinstance(each, Clinic)):
        values = row.model_dump(exclude={"version", "head_seq", "head_mac"})
        change = Change(
            About(type(row), row.id, 0),
            moment(by="setup"),
            adds=[Add(type(row), values)],
            events=[Happened("added")],
        )
        assert store.apply([change]).applied


def take(store: Store, seen: SeenReview, now: datetime = T0) -> CaseFile:
    """Take a review into a store and return its case."""
    clinic = next(iter(store.clinics().values()))
    known = Practised(clinic, store.people(), store.playbook())
    judged = triage(seen.text, seen.rating, seen.recommends)
    change = take_in(seen, judged, known, None, moment(now, "intake"))
    assert store.apply([change]).applied
    return store.case_file(change.subject.id, ENGINE)


class Desk:
    """A case in a store, worked on move by move: each must be written, and the case is read anew.

    `now` is the time at the desk; a test moves it on.
    """

    def __init__(self, store: Store, seen: SeenReview | None = None) -> None:
        self.store, self.now = store, T0
        if not store.clinics():
            found_practice(store)
        self.file = take(store, seen or a_seen_review())

    def do(
        self, rule: Callable[..., Change], *args: Any, by: str = DIRECTOR, **named: Any
    ) -> CaseFile:
        """Ask the rule about the case as it stands, write its answer, and read the case again."""
        return self.write(rule(self.file, *args, moment=moment(self.now, by), **named))

    def write(self, change: Change) -> CaseFile:
        done = self.store.apply([change])
        assert done.applied == [change], done
        return self.read()

    def read(self) -> CaseFile:
        self.file = self.store.case_file(self.file.case.id, ENGINE)
        return self.file

    def events(self) -> list[str]:
        return [line.event.kind for line in self.store.timeline(self.file, ENGINE)]

    def running(self) -> set[str]:
        return {clock.kind for clock in self.file.clocks if clock.ended_at is None}

"""Reads for people and for the rules they call on: one case whole, many cases in short.

Each takes its viewer. What the viewer may not see is not in the answer, and looking at a
correspondent's data is itself recorded (45 CFR 164.312(b)).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Select, exists, select
from sqlmodel import SQLModel

from cases.casefile import CaseFile
from cases.changes import Change, Happened, Moment, about
from cases.clockwork.clocks import CONFIDENTIAL
from cases.models import (
    Account,
    Case,
    Clock,
    Consent,
    Contact,
    ContactPoint,
    Correspondent,
    Event,
    EventDetail,
    Extension,
    Incident,
    Note,
    Notice,
    Pause,
    Receipt,
    Reply,
    ReplyState,
    Review,
    ReviewVersion,
    RungFired,
    Stage,
    Task,
    Visibility,
)
from cases.needs import ANSWERS
from cases.store.database import reading
from cases.store.people import PeopleReads
from cases.store.rows import first, grouped, opened, read, table, those
from cases.viewers import Viewer

Row = TypeVar("Row", bound=SQLModel)
_NEVER = datetime.max.replace(tzinfo=UTC)


class NotFound(LookupError):
    """There is no such case, or not for this viewer: the two cannot be told apart."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a case's timeline: the event, and its words where the viewer may read them."""

    event: Event
    words: str | None


@dataclass(frozen=True, slots=True)
class Short:
    """A case in a list: the case, its review, and the open clock that is due first."""

    case: Case
    review: Review
    clock: Clock | None


class Views(PeopleReads):
    """What a person, or a rule on behalf of one, may know."""

    def case_file(self, which: int | str, viewer: Viewer) -> CaseFile:
        """Return all a viewer may know of a case, by its number or id. Raises NotFound."""
        with reading(self._engine) as connection:
            case = self._find(connection, which, viewer)
            children = {model: self._children(connection, model, case, viewer) for model in _PARTS}
            clocks = _seen(read(connection, Clock, _of(Clock, case.id)), viewer)
            ids = [clock.id for clock in clocks]
            pauses = grouped(those(connection, Pause, "clock_id", ids), "clock_id")
            fired = grouped(those(connection, RungFired, "clock_id", ids), "clock_id")
            asked = [
                opened(each, self._sealer) for each in those(connection, Extension, "clock_id", ids)
            ]
            reviews = read(connection, Review, _of(Review, case.id))
            reviews = [opened(review, self._sealer) for review in reviews]
            versions = self._versions(connection, reviews)
            recent = self._recent_replies(connection, case)
            who, points, consents, notices = self._correspondent(connection, case)
            main = next((r for r in reviews if r.id == case.review_id), None)
            if main is None:  # it was given to the case this one was merged into
                main = first(connection, Review, table(Review).c.id == case.review_id)
        if main is None:
            raise NotFound(f"the review of case {case.number} is missing")
        clinic = self.clinics()[case.clinic_id]
        return CaseFile(
            case=opened(case, self._sealer),
            clinic=clinic,
            people=self.people(),
            playbook=self.playbook(case.playbook_version).for_case(
                case.severity, main.platform, clinic.slug
            ),
            clocks=clocks,
            pauses=pauses,
            fired=fired,
            review=opened(main, self._sealer) if main not in reviews else main,
            reviews=reviews,
            versions=versions,
            replies=children[Reply],
            contacts=children[Contact],
            tasks=children[Task],
            accounts=children[Account],
            notes=children[Note],
            incidents=children[Incident],
            recent_replies=recent,
            correspondent=who,
            points=points,
            consents=consents,
            notices=notices,
            extensions=grouped(asked, "clock_id"),
        )

    def viewed(self, file: CaseFile, moment: Moment) -> list[Change]:
        """Return what records that a person looked at a correspondent's data."""
        who = file.correspondent
        if who is None:
            return []
        event = Happened("viewed", {"case": file.case.id})
        return [Change(about(who), moment, events=[event])]

    def cases(
        self,
        viewer: Viewer,
        *,
        stage: str = "",
        clinic_id: str = "",
        owner_id: str = "",
        overdue_at: datetime | None = None,
        closed: bool = False,
        severity: str = "",
        words: str = "",
        drafted: bool = False,
        limit: int = 100,
        after: int | None = None,
    ) -> list[Short]:
        """Return cases in short, the newest number first; `after` pages on from a number.

        `words` stand in the review as it was published: once it is sealed no search finds it.
        `drafted`: only those whose newest reply is a draft that waits for an approval.
        """
        c = table(Case).c
        wanted = [
            viewer.clinics is None or c.clinic_id.in_(sorted(viewer.clinics)),
            c.stage == stage if stage else closed or (c.stage != Stage.CLOSED) | _wrote(),
            not clinic_id or c.clinic_id == clinic_id,
            not owner_id or c.owner_id == owner_id,
            after is None or c.number < after,
            overdue_at is None or c.id.in_(_overdue(overdue_at)),
            not severity or c.severity == severity,
            not words or c.id.in_(_saying(words)),
            not drafted or c.id.in_(_drafted()),
        ]
        query = select(table(Case)).order_by(c.number.desc()).limit(limit)
        with reading(self._engine) as connection:
            found = read(connection, Case, query.where(*(w for w in wanted if w is not True)))
            return _in_short(connection, found, viewer)

    def timeline(self, file: CaseFile, viewer: Viewer) -> list[Line]:
        """Return a case's history as this viewer may read it, oldest first. Raises NotFound."""
        if not viewer.may_see_clinic(file.case.clinic_id):
            raise NotFound(f"there is no case {file.case.number}")
        e = table(Event)
        with reading(self._engine) as connection:
            events = read(
                connection,
                Event,
                select(e).where(e.c.case_id == file.case.id).order_by(e.c.at, e.c.id),
            )
            events = [event for event in events if viewer.may_see(event.visibility)]
            details = those(connection, EventDetail, "id", [ev.id for ev in events if ev.digest])
        words = {each.id: opened(each, self._sealer).words for each in details}
        return [Line(event, words.get(event.id)) for event in events]

    def receipts(self, notice_ids: Sequence[str]) -> list[Receipt]:
        """Return what became of each attempt to hand these notices over."""
        with reading(self._engine) as connection:
            return those(connection, Receipt, "notice_id", notice_ids)

    def _versions(self, connection: Connection, reviews: Sequence[Review]) -> list[ReviewVersion]:
        found = those(connection, ReviewVersion, "review_id", (review.id for review in reviews))
        return [opened(each, self._sealer) for each in found]

    def _recent_replies(self, connection: Connection, case: Case) -> list[str]:
        """Return the practice's last approved replies to other reviews, the newest first."""
        t = table(Reply)
        wanted = select(t).where(t.c.case_id != case.id, t.c.digest != "")
        rows = read(connection, Reply, wanted.order_by(t.c.id.desc()).limit(_RECENT))
        return [text for row in rows if (text := opened(row, self._sealer).text)]

    def _find(self, connection: Connection, which: int | str, viewer: Viewer) -> Case:
        c = table(Case)
        where = c.c.number == which if isinstance(which, int) else c.c.id == which
        case = first(connection, Case, where)
        if case is None or not viewer.may_see_clinic(case.clinic_id):
            raise NotFound(f"there is no case {which}")
        return case

    def _children(
        self, connection: Connection, model: type[Any], case: Case, viewer: Viewer
    ) -> list[Any]:
        rows = read(connection, model, _of(model, case.id))
        return [
            opened(row, self._sealer)
            for row in rows
            if viewer.may_see(getattr(row, "visibility", "team"))
        ]

    def _correspondent(
        self, connection: Connection, case: Case
    ) -> tuple[Correspondent | None, list[ContactPoint], list[Consent], list[Notice]]:
        if case.correspondent_id is None:
            return None, [], [], []
        who = first(connection, Correspondent, table(Correspondent).c.id == case.correspondent_id)
        points = those(connection, ContactPoint, "correspondent_id", [case.correspondent_id])
        consents = those(connection, Consent, "index", (point.index for point in points))
        to_them = table(Notice).c.point_id.is_not(None)
        notices = read(connection, Notice, _of(Notice, case.id).where(to_them))
        return (
            opened(who, self._sealer) if who else None,
            [opened(point, self._sealer) for point in points],
            consents,
            [opened(notice, self._sealer) for notice in notices],
        )


_PARTS: tuple[type[SQLModel], ...] = (Reply, Contact, Task, Account, Note, Incident)
_RECENT = 20  # replies a new one is compared with: nobody reads further back


def _of(model: type[SQLModel], case_id: str) -> Select[Any]:
    t = table(model)
    return select(t).where(t.c.case_id == case_id).order_by(t.c.id)


def _seen(clocks: Sequence[Clock], viewer: Viewer) -> list[Clock]:
    """Return the clocks a viewer may know of: some would give away what they must not see."""
    sees = viewer.may_see(Visibility.RISK)
    return [clock for clock in clocks if sees or clock.kind not in CONFIDENTIAL]


def _in_short(connection: Connection, cases: Sequence[Case], viewer: Viewer) -> list[Short]:
    open_ = table(Clock).c.ended_at.is_(None)
    clocks = those(connection, Clock, "case_id", (case.id for case in cases), open_)
    found = those(connection, Review, "id", (case.review_id for case in cases))
    reviews = {review.id: review for review in found}
    first_due: dict[str, Clock] = {}
    for clock in sorted(_seen(clocks, viewer), key=lambda each: each.due_at or _NEVER):
        if clock.due_at is not None:
            first_due.setdefault(clock.case_id, clock)
    return [
        Short(
            _without(case, "done"),
            _without(reviews[case.review_id], "sealed_text"),
            first_due.get(case.id),
        )
        for case in cases
    ]


def _wrote() -> ColumnElement[bool]:
    """Return what holds for a case, closed or not, in which they wrote and nobody answered."""
    k, c = table(Clock).c, table(Case).c
    return exists().where(k.case_id == c.id, k.kind.in_(ANSWERS), k.ended_at.is_(None))


def _overdue(now: datetime) -> Select[Any]:
    k = table(Clock)
    return select(k.c.case_id).where(k.c.ended_at.is_(None), k.c.due_at <= now)


def _saying(words: str) -> Select[Any]:
    r = table(Review)
    return select(r.c.case_id).where(r.c.text.icontains(words, autoescape=True))


def _drafted() -> Select[Any]:
    r = table(Reply)
    return select(r.c.case_id).where(r.c.state == ReplyState.DRAFT)


def _without(row: Row, column: str) -> Row:
    """Return the row without a sealed column: a list opens nothing."""
    return row._replace(**{column: None})  # type: ignore[attr-defined, no-any-return]

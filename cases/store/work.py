"""Reads for the flows: what is due, what is new, what waits to be published or watched."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NoReturn, cast

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Table,
    and_,
    exists,
    func,
    or_,
    select,
    true,
)

from cases.casefile import OnTheClock
from cases.models import (
    Case,
    Clinic,
    Clock,
    Contact,
    Notice,
    NoticeState,
    Pause,
    Person,
    Reply,
    ReplyState,
    Review,
    ReviewAlias,
    ReviewVersion,
    RungFired,
    Stage,
    Task,
)
from cases.playbooks.playbook import Playbook, PlaybookError
from cases.store.database import reading
from cases.store.people import PeopleReads
from cases.store.rows import chunks, grouped, opened, read, table, those


class WorkReads(PeopleReads):
    """What a flow asks before it asks a rule."""

    def due(self, now: datetime, limit: int = 500) -> list[OnTheClock]:
        """Return the cases of the clocks that want a look by now, the longest waiting first.

        The cost follows `limit`, not how many clocks run: the index holds open clocks only. A case
        that cannot be worked on (its playbook is lost) comes along: it raises when a rule asks it.
        """
        clinics, people = self.clinics(), self.people()
        t = table(Clock)
        ripe = select(t).where(t.c.ended_at.is_(None), t.c.look_at <= now)
        with reading(self._engine) as connection:
            clocks = read(connection, Clock, ripe.order_by(t.c.look_at).limit(limit))
            cases = those(connection, Case, "id", (clock.case_id for clock in clocks))
            return self._files(connection, clinics, people, cases, clocks)

    def _playbooks_of(
        self, connection: Connection, cases: Sequence[Case], clinics: Mapping[str, Clinic]
    ) -> dict[str, Playbook]:
        """Return each case's playbook as it is for that case, by case."""
        found = {
            number: self._playbook_of(number) for number in {c.playbook_version for c in cases}
        }
        asking = [c for c in cases if found[c.playbook_version].asks("platform")]
        platforms = _platforms(connection, (case.review_id for case in asking))
        return {
            case.id: found[case.playbook_version].for_case(
                case.severity, platforms.get(case.review_id, ""), clinics[case.clinic_id].slug
            )
            for case in cases
        }

    def _playbook_of(self, number: int) -> Playbook:
        try:
            return self.playbook(number)
        except (LookupError, PlaybookError) as error:
            return cast(Playbook, _Lost(error))

    def running(self, clinic_id: str = "", after: str = "", limit: int = 500) -> list[OnTheClock]:
        """Return cases that are open or owe something still, with all their clocks, by id.

        `after`: the id of the last case of the page before; `clinic_id`: only that clinic's.
        """
        clinics, people = self.clinics(), self.people()
        c, k = table(Case), table(Clock)
        owing = exists().where(k.c.case_id == c.c.id, k.c.ended_at.is_(None))
        query = select(c).where(c.c.id > after, (c.c.stage != Stage.CLOSED) | owing)
        if clinic_id:
            query = query.where(c.c.clinic_id == clinic_id)
        with reading(self._engine) as connection:
            cases = read(connection, Case, query.order_by(c.c.id).limit(limit))
            clocks = those(connection, Clock, "case_id", (case.id for case in cases))
            said = those(connection, Contact, "case_id", (case.id for case in cases))
            return self._files(connection, clinics, people, cases, clocks, said)

    def _files(
        self,
        connection: Connection,
        clinics: Mapping[str, Clinic],
        people: Mapping[str, Person],
        cases: Sequence[Case],
        clocks: Sequence[Clock],
        contacts: Sequence[Contact] = (),
    ) -> list[OnTheClock]:
        """Return each of these cases with its own of these clocks and contacts."""
        ids = [clock.id for clock in clocks if clock.ended_at is None]
        pauses = grouped(those(connection, Pause, "clock_id", ids), "clock_id")
        fired = grouped(those(connection, RungFired, "clock_id", ids), "clock_id")
        playbooks = self._playbooks_of(connection, cases, clinics)
        mine, said = grouped(clocks, "case_id"), grouped(contacts, "case_id")
        return [
            OnTheClock(
                case=case,
                clinic=clinics[case.clinic_id],
                people=people,
                playbook=playbooks[case.id],
                clocks=mine[case.id],
                pauses=pauses,
                fired=fired,
                clinics=clinics,
                contacts=said[case.id],
            )
            for case in cases
        ]

    def policies(self, files: Sequence[OnTheClock], number: int) -> dict[str, Playbook]:
        """Return what a version of the playbook says for each of these cases, by case."""
        playbook = self.playbook(number)
        with reading(self._engine) as connection:
            platforms = _platforms(connection, (file.case.review_id for file in files))
        return {
            file.case.id: playbook.for_case(
                file.case.severity, platforms.get(file.case.review_id, ""), file.clinic.slug
            )
            for file in files
        }

    def page_messages(self, since: datetime, clinic_id: str = "") -> list[Clock]:
        """Return the clocks of the messages to our pages that came since then."""
        k, c = table(Clock), table(Case)
        query = select(k).where(k.c.kind == "message", k.c.started_at > since)
        if clinic_id:
            query = query.join(c, c.c.id == k.c.case_id).where(c.c.clinic_id == clinic_id)
        with reading(self._engine) as connection:
            return read(connection, Clock, query.order_by(k.c.started_at))

    def next_look(self) -> datetime | None:
        """Return when the next clock wants a look, whoever's it is."""
        with reading(self._engine) as connection:
            t = table(Clock)
            query = select(func.min(t.c.look_at)).where(t.c.ended_at.is_(None))
            found: datetime | None = connection.execute(query).scalar_one()
        return found

    def known_reviews(self, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Review]:
        """Return the reviews already recorded under these (platform, external id).

        One that reached us by two routes has an id of each, and is found by either.
        """
        found: dict[tuple[str, str], Review] = {}
        wanted = sorted(set(keys))
        with reading(self._engine) as connection:
            for some in chunks(wanted, 400):
                for review in read(connection, Review, _named(Review, some)):
                    found[review.platform, review.external_id] = opened(review, self._sealer)
            rest = [each for each in wanted if each not in found]
            aliases: list[ReviewAlias] = []
            for some in chunks(rest, 400):
                aliases += read(connection, ReviewAlias, _named(ReviewAlias, some))
            others = those(connection, Review, "id", (each.review_id for each in aliases))
        by_id = {review.id: opened(review, self._sealer) for review in others}
        return found | {(a.platform, a.external_id): by_id[a.review_id] for a in aliases}

    def replies_to_publish(self, now: datetime | None = None) -> list[tuple[str, str]]:
        """Return (case id, reply id) of the approved replies that wait, or may be tried by now."""
        c, r = table(Case), table(Reply)
        ripe = true() if now is None else _ripe(r, now)
        query = (
            select(r.c.case_id, r.c.id)
            .join(c, c.c.id == r.c.case_id)
            .where(r.c.state == ReplyState.APPROVED, c.c.held_at.is_(None), ripe)
            .order_by(r.c.approved_at)
        )
        with reading(self._engine) as connection:
            return [(row.case_id, row.id) for row in connection.execute(query)]

    def replies_to_ask_about(self, now: datetime) -> list[tuple[str, str]]:
        """Return (case id, reply id) of replies a platform has and looks at first."""
        r = table(Reply)
        held = (r.c.state == ReplyState.SUBMITTED) & (r.c.external_id != "")  # of an older version
        query = select(r.c.case_id, r.c.id).where(
            (r.c.state == ReplyState.PENDING) | held, _ripe(r, now)
        )
        with reading(self._engine) as connection:
            return [(row.case_id, row.id) for row in connection.execute(query.order_by(r.c.id))]

    def stuck_replies(self, before: datetime) -> list[tuple[str, str]]:
        """Return (case id, reply id) of replies handed over before then whose end nobody knows."""
        r = table(Reply)
        query = select(r.c.case_id, r.c.id).where(
            r.c.state == ReplyState.SUBMITTED, r.c.submitted_at < before, r.c.external_id == ""
        )
        with reading(self._engine) as connection:
            return [(row.case_id, row.id) for row in connection.execute(query)]

    def replies_to_take_down(self, now: datetime) -> list[tuple[str, str]]:
        """Return (case id, reply id) of recalled replies that a program takes down by now."""
        c, r = table(Case), table(Reply)
        query = (
            select(r.c.case_id, r.c.id)
            .join(c, c.c.id == r.c.case_id)
            .where(r.c.state == ReplyState.RECALLED, r.c.look_at <= now, c.c.held_at.is_(None))
        )
        with reading(self._engine) as connection:
            return [(row.case_id, row.id) for row in connection.execute(query.order_by(r.c.id))]

    def shields_asked(self, now: datetime) -> list[tuple[str, str]]:
        """Return (case id, task id) of what is to be hidden or blocked and is not late yet."""
        c, t = table(Case), table(Task)
        wanted = (t.c.kind.in_(("hide", "block")), t.c.done_at.is_(None), t.c.due_at > now)
        query = select(t.c.case_id, t.c.id).join(c, c.c.id == t.c.case_id)
        with reading(self._engine) as connection:
            found = connection.execute(query.where(*wanted, c.c.held_at.is_(None)).order_by(t.c.id))
            return [(row.case_id, row.id) for row in found]

    def cases_to_watch(self, closed_after: datetime) -> list[tuple[str, Review]]:
        """Return (case id, review) of cases in their window, and of those closed since then."""
        c, r = table(Case), table(Review)
        lately = (c.c.stage == Stage.CLOSED) & (c.c.closed_at > closed_after)
        watched = (c.c.stage == Stage.MONITOR) | (lately & c.c.merged_into_id.is_(None))
        query = select(r).join(c, c.c.id == r.c.case_id).where(watched).order_by(r.c.id)
        with reading(self._engine) as connection:
            found = read(connection, Review, query)
        return [(review.case_id or "", opened(review, self._sealer)) for review in found]

    def planned_follow_ups(self) -> list[tuple[str, Notice]]:
        """Return (case id, notice) of approved follow-ups whose window has ended."""
        c, n = table(Case), table(Notice)
        query = (
            select(n)
            .join(c, c.c.id == n.c.case_id)
            .where(n.c.state == NoticeState.PLANNED, c.c.stage == Stage.FOLLOW_UP)
            .order_by(n.c.id)
        )
        with reading(self._engine) as connection:
            return [(notice.case_id or "", notice) for notice in read(connection, Notice, query)]

    def overlooked(self, before: datetime) -> list[Clock]:
        """Return clocks that wanted a look before then and did not get it."""
        t = table(Clock)
        query = select(t).where(t.c.ended_at.is_(None), t.c.look_at < before)
        with reading(self._engine) as connection:
            return read(connection, Clock, query.order_by(t.c.look_at).limit(100))

    def old_texts(self, before: datetime, limit: int = 500) -> list[Review]:
        """Return reviews taken in before then whose published text is still kept."""
        t = table(Review)
        query = select(t).where(t.c.seen_at < before, t.c.purged_at.is_(None))
        with reading(self._engine) as connection:
            return read(connection, Review, query.order_by(t.c.seen_at).limit(limit))

    def old_versions(self, reviews: Sequence[Review]) -> dict[str, list[str]]:
        """Return the ids of the older states of these reviews, by review."""
        with reading(self._engine) as connection:
            ids = [review.id for review in reviews]
            found = those(connection, ReviewVersion, "review_id", ids)
        return {key: [v.id for v in rows] for key, rows in grouped(found, "review_id").items()}


def _platforms(connection: Connection, reviews: Iterable[str]) -> dict[str, str]:
    """Return where these reviews stand; asked only where a playbook turns on it."""
    t, found = table(Review), dict[str, str]()
    for some in chunks(sorted(set(reviews)), 400):
        query = select(t.c.id, t.c.platform).where(t.c.id.in_(some))
        found |= {row.id: row.platform for row in connection.execute(query)}
    return found


def _ripe(replies: Table, now: datetime) -> ColumnElement[bool]:
    return or_(replies.c.look_at.is_(None), replies.c.look_at <= now)


def _named(model: type[Any], keys: Sequence[tuple[str, str]]) -> Select[Any]:
    """Ask by platform: for pairs SQLite walks through the whole table, however few they are."""
    t, ids = table(model).c, defaultdict[str, list[str]](list)
    for platform, external_id in keys:
        ids[platform].append(external_id)
    return select(table(model)).where(
        or_(*(and_(t.platform == name, t.external_id.in_(some)) for name, some in ids.items()))
    )


class _Lost:
    """Stands where a playbook should be, and says why it is not there once a rule asks.

    So one case whose playbook is lost is parked, and the read for all the others goes on.
    """

    def __init__(self, why: Exception) -> None:
        self._why = why

    def asks(self, what: str) -> bool:  # noqa: ARG002 - reading must not fail yet
        return False

    def for_case(self, *_: str) -> _Lost:
        return self

    def __getattr__(self, name: str) -> NoReturn:
        raise type(self._why)(*self._why.args)

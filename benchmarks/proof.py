"""Whether a run lost or doubled anything, worked out from history and not from what was noted.

The rungs that had to fire are computed from each clock's start, its span and the playbook alone;
then they are looked for three times: in the rungs noted, in the events, in the notices. Each
notice is looked for where it had to arrive.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, select

from benchmarks.post import Post
from cases.casefile import calendars
from cases.clockwork import clocks
from cases.clockwork.clocks import Ripe
from cases.models import Case, Clock, Event, Notice, NoticeState, Person, Receipt, RungFired
from cases.people import told
from cases.playbooks.playbook import Playbook
from cases.store import Store
from cases.store.database import reading
from cases.store.rows import read, table

_CLIMBS = ("reminded", "escalated", "passed_over")


@dataclass
class Proof:
    """What had to be and what is, as counts of the same names; `checked` says how many of each."""

    checked: Counter[str] = field(default_factory=Counter)
    doubled: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)

    def compare(self, what: str, wanted: Mapping[Any, int], found: Mapping[Any, int]) -> None:
        """Count what is there too often, and what is not there."""
        there, due = Counter(found), Counter(wanted)
        self.checked[what] += due.total()
        self.doubled[what] += (there - due).total()
        self.lost[what] += (due - there).total()

    @property
    def holds(self) -> bool:
        return not self.doubled.total() and not self.lost.total()


def prove(store: Store, until: datetime, post: Post) -> Proof:
    """Compare a record in which nobody acted, and what arrived, with what had to happen."""
    wanted = _Wanted()
    people, clinics = store.people(), store.clinics()
    with reading(store._engine) as connection:
        cases = {case.id: case for case in read(connection, Case, select(table(Case)))}
        for clock in read(connection, Clock, select(table(Clock))):
            case = cases[clock.case_id]
            playbook = store.playbook(clock.playbook_version)
            hours = calendars(clinics[case.clinic_id], playbook)
            promise = playbook.clocks[clock.kind]
            ripe = clocks.due(clock, promise, (), (), hours, until).ripe
            wanted.note(case, clock, ripe, playbook, people)
        for case in cases.values():
            wanted.notices[f"opened:{case.id}:{case.round}:{case.owner_id}"] = 1
        return _compared(connection, wanted, post)


@dataclass
class _Wanted:
    rungs: Counter[tuple[str, int, int]] = field(default_factory=Counter)
    lines: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    notices: Counter[str] = field(default_factory=Counter)

    def note(
        self,
        case: Case,
        clock: Clock,
        ripe: Iterable[Ripe],
        playbook: Playbook,
        people: Mapping[str, Person],
    ) -> None:
        """Note what a clock owed: of rungs ripe at the same instant only the highest is told."""
        ladder = playbook.clocks[clock.kind].ladder
        for at, group in groupby(sorted(ripe, key=lambda r: r.at), key=lambda r: r.at):
            together = sorted(group, key=lambda r: (r.rung, r.occurrence))
            for each in together:
                self.rungs[clock.id, each.rung, each.occurrence] += 1
                self.lines[case.id, clock.kind, each.rung] += 1
            top = together[-1]
            for person in told(ladder[top.rung].tell, case, people, at):
                key = f"rung:{clock.id}:{top.rung}:{top.occurrence}:{person.id}"
                by_text = ladder[top.rung].at_once and person.phone  # besides the mail
                for channel in ("email", "sms") if by_text else ("email",):
                    self.notices[f"{key}:{channel}"] += 1


def _compared(connection: Connection, wanted: _Wanted, post: Post) -> Proof:
    proof = Proof()
    r, e = table(RungFired), table(Event)
    fired = connection.execute(select(r.c.clock_id, r.c.rung, r.c.occurrence))
    proof.compare("rungs", wanted.rungs, Counter((x[0], x[1], x[2]) for x in fired))
    told_of = connection.execute(select(e.c.case_id, e.c.detail).where(e.c.kind.in_(_CLIMBS)))
    found = Counter((x.case_id, x.detail["clock"], x.detail["rung"]) for x in told_of)
    proof.compare("lines of history", wanted.lines, found)
    _compare_notices(connection, wanted, post, proof)
    return proof


def _compare_notices(connection: Connection, wanted: _Wanted, post: Post, proof: Proof) -> None:
    n, p = table(Notice), table(Receipt)
    notices = connection.execute(
        select(n.c.id, n.c.key, n.c.state, n.c.channel, n.c.message_id, n.c.attempt_token)
    ).all()
    proof.compare("notices", wanted.notices, Counter(x.key for x in notices))
    taken = Counter(x.key for x in notices if x.state == NoticeState.ACCEPTED)
    proof.compare("accepted", wanted.notices, taken)
    yes = p.c.state == NoticeState.ACCEPTED
    receipts = connection.execute(select(p.c.notice_id).where(yes))
    proof.compare(
        "receipts", Counter(x.id for x in notices), Counter(x.notice_id for x in receipts)
    )
    mails = Counter(x.message_id for x in notices if x.channel == "email")
    proof.compare("mails arrived", mails, post.letters)
    texts = Counter(x.attempt_token for x in notices if x.channel == "sms")
    proof.compare("texts arrived", texts, post.texts)

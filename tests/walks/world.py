"""The real record beside the model of it: the same is done to both, then they are compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import event, select

from cases import clinics, practice
from cases.casefile import CaseFile
from cases.changes import Change, Moment
from cases.identifiers import Identifiers
from cases.models import Clock, Notice, NoticeState, Person, Role, RungFired
from cases.playbooks.playbook import Playbook
from cases.settings import Settings
from cases.store import Applied, Store
from cases.store.database import reading
from cases.store.rows import table
from cases.viewers import ENGINE
from flows import sweep
from flows.house import House
from tests.builders import a_clinic, a_person, a_seen_review, found_practice, moment, take
from tests.walks.matter import Matter
from tests.walks.minutes import CLINICS, Clinic, instant, seconds
from tests.walks.timer import Timer

DIGEST = "pat"  # a director who has low reminders by digest
HOLDERS = {
    Role.MANAGER: "morgan", Role.CHIEF: "chris", Role.ADMINISTRATOR: "alex",
    Role.PRIVACY_OFFICER: "robin", Role.RESPONDER: "sam",
}  # fmt: skip


class Killed(BaseException):
    """The process was ended in the middle of its work."""


class Diverged(AssertionError):
    """The record and the model do not say the same."""


def found(store: Store, policy: str) -> None:
    """Write the practice every walk begins with: its people, one clinic, a policy."""
    pat = a_person(DIGEST, Role.DIRECTOR, reminders="digest")
    found_practice(store, a_clinic(**CLINICS[0].record), pat=pat)
    first = moment(instant(0), "setup")
    change = practice.adopt(policy, "policy.toml", store.practice(), first)
    assert store.apply([change]).applied


class World:
    """One practice with one clinic. `now` is a second of the era."""

    def __init__(self, opened: Callable[[], Store], now: int) -> None:
        self.opened, self.store = opened, opened()
        self.clinic, self.now = CLINICS[0], now
        self.ids = Identifiers(seed=now)
        self.matters: list[Matter] = []
        self.notices: Counter[str] = Counter()
        self.owed_since: int | None = None  # new hours, not followed yet
        self.moving: Playbook | None = None  # a new policy, not followed yet
        self.policy = self.store.playbook()

    def moment(self, by: str = "dana") -> Moment:
        return Moment(instant(self.now), by, self.ids)

    def open(self, text: str) -> None:
        """Take in a review that opens a case."""
        seen = a_seen_review(text, external_id=f"r{len(self.matters)}")
        file = take(self.store, seen, instant(self.now))
        case = file.case
        matter = Matter(
            case.id, "dana", case.severity, case.severity, self.policy, self.clinic, self.now
        )
        matter.settle(self.now)
        self.matters.append(matter)

    def file(self, matter: Matter) -> CaseFile:
        return self.store.case_file(matter.id, ENGINE)

    def write(self, change: Change) -> None:
        done = self.store.apply([change])
        if done.applied != [change]:
            raise Diverged("a move of a person was not written")

    def timer(self, matter: Matter, clock_id: str) -> Timer:
        """Return the model's own of a clock of the record."""
        (row,) = [c for c in self.file(matter).clocks if c.id == clock_id]
        name = (row.kind, row.key, row.round)
        return next(t for t in matter.timers if (t.kind, t.key, t.round) == name)

    def person(self, name: str) -> Person:
        return self.store.people()[name]

    # Hours and policy

    def new_hours(self, clinic: Clinic) -> bool:
        """Edit the clinic; the sweep follows."""
        (row,) = self.store.clinics().values()
        given = {k: v for k, v in clinic.record.items() if getattr(row, k) != v}
        if not given:
            return False
        self.write(clinics.edit(row, self.policy, self.moment(), **given))
        for matter in self.matters:
            for timer in matter.running():
                timer.changes_hours(self.now)
        self.clinic, self.owed_since = clinic, self.now
        return True

    def adopt(self, text: str) -> None:
        """Put a policy into force for running cases, too; the sweep follows."""
        before = self.store.practice()
        self.write(practice.adopt(text, "policy.toml", before, self.moment(), running=True))
        self.policy = self.moving = self.store.playbook()

    # The sweep

    def sweep(self, apply: Callable[[House], Any] | None = None) -> None:
        """Sweep the record, then the model."""
        house = House(Settings(), self.store, "sweep", instant(self.now), self.ids)
        if apply is not None:
            apply(house)
        done = sweep.run(house)
        if done["parked"]:
            raise Diverged(f"a case was parked: {done}")
        self.follow()
        self.step()

    def overlapping(self) -> None:
        """Sweep while another sweep has read the same and writes first."""

        def twice(house: House) -> None:
            really = house.apply
            first: list[bool] = []

            def apply(*changes: Change) -> Applied:
                if not first:
                    first.append(True)
                    other = House(Settings(), self.store, "sweep", house.fixed, self.ids)
                    sweep.run(other)
                return really(*changes)

            house.apply = apply  # type: ignore[method-assign]

        self.sweep(twice)

    def crash(self, after: int) -> None:
        """Let a sweep be killed at that writing statement, and everything be opened anew."""
        house = House(Settings(), self.store, "sweep", instant(self.now), self.ids)
        try:
            with _killed(self.store, after):
                sweep.run(house)
        except Killed:
            pass
        self.reopen()
        self._find_out()

    def _find_out(self) -> None:
        """Take the model to whichever of its steps the record stands at: each is all or nothing."""
        wrong: list[str] = []
        steps: list[Callable[[], None]] = [lambda: None, self.follow, self.step]
        for forward in steps:
            forward()
            try:
                return self.compare()
            except Diverged as error:
                wrong.append(str(error))
        raise Diverged("after a crash the record stands at no step:\n" + "\n".join(wrong))

    def reopen(self) -> None:
        self.store.close()
        self.store = self.opened()

    def follow(self) -> None:
        """Let the model follow new hours and a new policy, where they are owed."""
        if self.moving is not None:
            for matter in self.matters:
                if matter.closed is None or matter.running():
                    old, matter.policy = matter.playbook, self.moving
                    matter.move_to(old, matter.playbook, self.now, [])
        if self.owed_since is not None:
            for matter in self.matters:
                matter.retime(self.clinic, self.owed_since, self.now)
        self.moving = self.owed_since = None

    def step(self) -> None:
        for matter in self.matters:
            for timer, rung, occurrence in matter.sweep(self.now):
                self._speak(matter, timer, rung, occurrence)

    def _speak(self, matter: Matter, timer: Timer, number: int, occurrence: int) -> None:
        """Work out who is told of a rung, and whom the owner had to hear it before."""
        rung = timer.ladder[number]
        roles = {"owner": matter.owner, **{str(role): who for role, who in HOLDERS.items()}}
        people = list(dict.fromkeys(roles[role] for role in rung.tell))
        may_wait = rung.low and matter.severity != "grave"
        later = [p for p in people if may_wait and p == DIGEST]
        boss = rung.means == "escalate"
        surprised = boss and "owner" not in rung.tell and not timer.owner_knows
        first = [matter.owner] if surprised and matter.owner not in people else []
        told = len(first) + len(people) - len(later)
        timer.told[number, occurrence] = told
        timer.owner_knows |= bool(told) and ("owner" in rung.tell or boss)
        place = f"{matter.id}:{timer.kind}:{timer.key}:{timer.round}:{number}:{occurrence}"
        for word, named in (("gone_up", first), ("rung", people)):
            for person in named:
                digest = " later" if word == "rung" and person in later else ""
                self.notices[f"{word}:{place}:{person}{digest}"] += 1

    # What is compared

    def compare(self) -> None:
        """Raise Diverged unless the record says what the model does."""
        wanted = dict(self._wanted())
        found = dict(self._found())
        wrong = [
            f"{place}: record {found.get(place)}, model {wanted.get(place)}"
            for place in sorted(wanted.keys() | found.keys())
            if wanted.get(place) != found.get(place)
        ]
        wrong += [f"notices only in the record: {(self.there - self.notices)}"] * bool(
            self.there - self.notices
        )
        wrong += [f"notices only in the model: {(self.notices - self.there)}"] * bool(
            self.notices - self.there
        )
        if wrong:
            raise Diverged(f"at {instant(self.now)}\n" + "\n".join(wrong))

    def _wanted(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for matter in self.matters:
            for t in matter.timers:
                yield f"{matter.id}:{t.kind}:{t.key}:{t.round}", {
                    "ended": t.ended, "how": t.how, "missed": t.missed,
                    "due": t.due if t.runs else None, "told": t.told,
                }  # fmt: skip

    def _found(self) -> Iterator[tuple[str, dict[str, Any]]]:
        k, f, n = table(Clock), table(RungFired), table(Notice)
        with reading(self.store._engine) as connection:
            clocks = connection.execute(select(k)).all()
            fired = connection.execute(select(f.c.clock_id, f.c.rung, f.c.occurrence, f.c.told))
            told: dict[str, dict[tuple[int, int], int]] = {}
            for row in fired:
                told.setdefault(row.clock_id, {})[row.rung, row.occurrence] = row.told
            climbed = n.c.key.like("rung:%") | n.c.key.like("gone_up:%")
            notices = connection.execute(select(n.c.key, n.c.state).where(climbed)).all()
        places = {}
        for row in clocks:
            places[row.id] = f"{row.case_id}:{row.kind}:{row.key}:{row.round}"
            yield places[row.id], {
                "ended": _sec(row.ended_at), "how": row.ended_how, "missed": _sec(row.missed_at),
                "due": _sec(row.due_at) if row.ended_at is None else None,
                "told": told.get(row.id, {}),
            }  # fmt: skip
        self.there: Counter[str] = Counter()
        for row in notices:
            word, clock, rung, occurrence, person, _ = row.key.split(":")
            digest = " later" if row.state == NoticeState.FOR_DIGEST else ""
            self.there[f"{word}:{places[clock]}:{rung}:{occurrence}:{person}{digest}"] += 1

    def finish(self) -> None:
        """Nothing owed is lost, and the history of all that happened holds."""
        if broken := self.store.broken_chains():
            raise Diverged(f"broken chains: {broken}")


def _sec(at: datetime | None) -> int | None:
    return None if at is None else seconds(at)


@contextmanager
def _killed(store: Store, after: int) -> Iterator[None]:
    """Raise Killed at that writing statement, or at the commit that follows."""
    left = [after]

    def count(*_: Any) -> None:
        left[0] -= 1
        if left[0] <= 0:
            raise Killed

    def statement(_c: Any, _cursor: Any, said: str, *_: Any) -> None:
        if said.lstrip()[:6] in ("INSERT", "UPDATE"):
            count()

    event.listen(store._engine, "before_cursor_execute", statement)
    event.listen(store._engine, "commit", count)
    try:
        yield
    finally:
        event.remove(store._engine, "before_cursor_execute", statement)
        event.remove(store._engine, "commit", count)

"""A history of reviews lived again, under a playbook and a guess at the staff, by the real rules.

Nothing is stored and nobody is told. Each case goes through the same moves as in earnest; what a
person would do, and when, is drawn by chance from a seed: the same seed gives the same events.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from typing import Any
from zoneinfo import ZoneInfo

from cases.arriving.opening import Practised, take_in
from cases.arriving.seeing import judge
from cases.casefile import CaseFile
from cases.changes import Change, Moment
from cases.clockwork import ladders
from cases.custody import task_done
from cases.identifiers import Identifiers
from cases.models import Case, Clinic, Person, Review, Role, Task
from cases.models.rows import new_row
from cases.playbooks.playbook import Playbook
from cases.ports import SeenReview
from cases.simulating.lived import Lived
from cases.simulating.memory import laid_over
from cases.simulating.staffing import Staffing
from cases.simulating.working import Worker, next_step, step, wanted
from cases.talking.conversation import received

Tell = Callable[[dict[str, Any]], None]
Rest = Callable[[CaseFile], None]
_MINUTE = timedelta(minutes=1)
_OTHERS = (Role.MANAGER, Role.CHIEF, Role.PRIVACY_OFFICER, Role.ADMINISTRATOR)


@dataclass(slots=True)
class _Live:
    file: CaseFile
    number: int
    worker: Worker
    look_at: datetime | None = None


def staff_of(count: int) -> dict[str, Person]:
    """Return invented people: so many directors, and one of each role a ladder may name."""
    directors = [(f"director-{n}", Role.DIRECTOR) for n in range(1, count + 1)]
    others = [(str(role).replace("_", "-"), role) for role in _OTHERS]
    return {
        name: new_row(
            Person, {"id": name, "name": name, "email": f"{name}@simulated.example", "role": role}
        )
        for name, role in (*directors, *others)
    }


def simulate(
    reviews: Iterable[SeenReview],
    playbook: Playbook,
    clinics: Mapping[str, Clinic],
    staffing: Staffing,
    seed: int = 1,
    tell: Tell | None = None,
    rest: Rest | None = None,
) -> Lived:
    """Live the reviews again, each seen when it was posted, until every case has come to rest.

    `clinics` by slug; the first takes what names none. `tell` hears each event: when, of which
    case, what; `rest` sees each case once it is closed. Raises ValueError for a review without
    posted_at; WorktimeError where a clinic's hours do not hold.
    """
    run = _Run(playbook, clinics, staffing, seed, tell or _nobody, rest or _nobody)
    for seen in reviews:
        if seen.posted_at is None:
            raise ValueError(f"review {seen.external_id} has no date; give posted_at")
        run.later(seen.posted_at, run.arrive, seen)
    run.live()
    return run.lived


def _nobody(_told: Any) -> None:
    pass


class _Run:
    def __init__(
        self,
        playbook: Playbook,
        clinics: Mapping[str, Clinic],
        staffing: Staffing,
        seed: int,
        tell: Tell,
        rest: Rest,
    ) -> None:
        self.playbook, self.staffing, self.tell, self.rest = playbook, staffing, tell, rest
        self.people = staff_of(staffing.people)
        self.owners = [p.id for p in self.people.values() if p.role == Role.DIRECTOR]
        self.clinics = {slug: _staffed(clinic, self.owners) for slug, clinic in clinics.items()}
        self.seed, self.ids = seed, Identifiers(seed)
        self.free: dict[str, datetime] = {}
        self.heap: list[tuple[datetime, int, Callable[..., None], Any]] = []
        self.now = datetime.min.replace(tzinfo=UTC)
        self.planned = 0
        self.lived = Lived()

    def later(self, at: datetime, what: Callable[..., None], about: Any) -> None:
        self.planned += 1
        heappush(self.heap, (at, self.planned, what, about))

    def live(self) -> None:
        while self.heap:
            self.now, _, what, about = heappop(self.heap)
            what(about)

    def moment(self, by: str) -> Moment:
        return Moment(self.now, by, self.ids)

    # What happens

    def arrive(self, seen: SeenReview) -> None:
        self.lived.reviews += 1
        judged = judge(seen, self.playbook)
        variants = self.clinics.get(seen.clinic) or next(iter(self.clinics.values()))
        clinic = variants[self.lived.cases % len(variants)]
        known = Practised(clinic, self.people, self.playbook)
        change = take_in(seen, judged, known, None, self.moment("intake"))
        if change.subject.table is not Case:
            return
        self.lived.cases += 1
        number = self.lived.cases
        # By the review and not by what came before it: with more people or hours, the same
        # authors answer the same calls, and only what was changed makes the difference.
        worker = Worker(f"{self.seed}/{seen.platform}/{seen.external_id}")
        self.take(_Live(_opened(change, known), number, worker), change)

    def look(self, live: _Live) -> None:
        """Do what the sweep would: climb what is ripe."""
        if live.look_at is not None and live.look_at <= self.now:
            self.take(live, ladders.step(live.file, self.moment("sweep")))

    def ready(self, turn: tuple[_Live, int]) -> None:
        """Somebody turns to the case, once done with what came before."""
        live, number = turn
        if number != live.worker.turn:
            return  # something more pressing came up
        live.worker.busy = True
        kind, owner = live.worker.job, live.file.case.owner_id or ""
        effort = self.staffing.effort[kind]
        if kind == "safety":  # everything else is dropped for it, at any hour
            begin, end = self.now, self.now + effort
        else:
            duty = live.file.calendars.duty
            begin = duty.opens(max(self.now, self.free.get(owner, self.now)))
            self.free[owner] = end = duty.add(begin, effort)
        self._work(live, owner, begin, effort)
        self.later(end, self.act, live)

    def act(self, live: _Live) -> None:
        kind, live.worker.job, live.worker.busy = live.worker.job, "", False
        if wanted(live.file, live.worker) != kind:
            self._plan(live)  # it is not wanted any more: they wrote, or somebody else was quicker
            return
        for rule in step(kind, live.file, live.worker, self.staffing):
            by, answer = rule(live.file, self.moment)
            if answer is not None:
                self._lay(live, answer, by)
        self._plan(live)
        if live.worker.writes_at is not None:
            self.later(live.worker.writes_at(self.now), self.writes, live)
            live.worker.writes_at = None

    def writes(self, live: _Live) -> None:
        """The correspondent writes once more, unless the case is over."""
        if live.file.case.closed_at is None:
            words = "One more thing about that day."
            self.take(live, received(live.file, "email", words, self.now, self.moment("intake")))

    def does(self, owed: tuple[_Live, str]) -> None:
        """See a task done that nothing else has settled meanwhile."""
        live, task_id = owed
        task = next(each for each in live.file.tasks if each.id == task_id)
        if task.done_at is None:
            owner = live.file.case.owner_id or ""
            self._work(live, owner, self.now, self.staffing.effort["task"])
            self.take(live, task_done(live.file, task, "Seen to.", self.moment(owner)))

    # What follows

    def take(self, live: _Live, change: Change) -> None:
        self._lay(live, change, change.moment.by)
        self._plan(live)

    def _lay(self, live: _Live, change: Change, by: str) -> None:
        live.file, number = laid_over(live.file, change), live.number
        for part in change.whole():
            for event in part.events:
                at = event.at or self.now
                self.tell({"at": at.isoformat(), "case": number, "by": by, "what": event.kind})
                if event.kind in ("reminded", "escalated", "passed_over"):
                    self.lived.rungs[event.kind] += 1
            for add in part.adds:
                if add.table is Task:
                    self._owe(live, add.values)
            for notice in part.notices:
                if notice.get("person_id"):
                    zone = ZoneInfo(live.file.clinic.zone)
                    self.lived.told[notice["person_id"]][self.now.astimezone(zone).date()] += 1

    def _owe(self, live: _Live, task: Mapping[str, Any]) -> None:
        """Plan to see to a task when most of its time is over, in office hours."""
        since, until = task["created_at"], task["due_at"]
        at = live.file.calendars.office.opens(since + (until - since) * 0.6)
        self.later(max(self.now, min(at, until - _MINUTE)), self.does, (live, task["id"]))

    def _work(self, live: _Live, owner: str, begin: datetime, effort: timedelta) -> None:
        day = begin.astimezone(ZoneInfo(live.file.clinic.zone)).date()
        self.lived.work[owner][day] += int(effort.total_seconds())

    def _plan(self, live: _Live) -> None:
        looks = [c.look_at for c in live.file.clocks if c.ended_at is None and c.look_at]
        look_at = min(looks, default=None)
        if look_at is not None and look_at != live.look_at:
            self.later(max(look_at, self.now), self.look, live)
        live.look_at = look_at
        if live.file.case.closed_at is not None:
            self._count(live)
            return
        if live.worker.free_for(wanted(live.file, live.worker)):
            planned = next_step(live.file, live.worker, self.staffing, self.now)
            live.worker.job, at = planned
            live.worker.turn += 1
            self.later(at, self.ready, (live, live.worker.turn))

    def _count(self, live: _Live) -> None:
        if live.worker.counted:
            return
        live.worker.counted = True
        self.lived.count(live.file)
        self.rest(live.file)


def _staffed(clinic: Clinic, owners: Sequence[str]) -> list[Clinic]:
    """Return the clinic once for each director: cases go to them in turn."""
    values = clinic._asdict() if hasattr(clinic, "_asdict") else clinic.model_dump()
    return [new_row(Clinic, {**values, "director_id": owner}) for owner in owners]


def _opened(change: Change, known: Practised) -> CaseFile:
    """Return the file of a case nobody has seen: what its Change adds is laid over it next."""
    parts = change.whole()
    case = next(add.values for part in parts for add in part.adds if add.table is Case)
    review = next(add.values for part in parts for add in part.adds if add.table is Review)
    return CaseFile(
        case=new_row(Case, case),
        clinic=known.clinic,
        people=known.people,
        playbook=known.playbook,
        review=new_row(Review, review),
    )

"""A walk: fifty random steps over the record and the model of it, the same for the same seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from cases.playbooks.playbook import PRACTICE
from cases.store import Store
from tests.walks.minutes import CLINICS, DAYS_OFF
from tests.walks.moves import FREE, REFUSED, Moves, next_move
from tests.walks.world import Diverged, World

MINUTE, HOUR, DAY = 60, 3_600, 86_400
_LAST = 200 * DAY  # of the era: what is owed by then is over before the era is
_TEXTS = (
    "Two hours late and nobody said sorry.",
    "They gave me the wrong medicine and I nearly died.",
)
_WEIGHTS = {
    "next": 26, "free": 34, "time": 26, "sweep": 16, "overlap": 4, "crash": 7, "restart": 2,
    "hours": 4, "policy": 2, "open": 1,
}  # fmt: skip
_PLAIN = PRACTICE.read_text(encoding="utf-8")
_GRAVE = """
[[overrides]]
when = {severity = "grave"}
clocks.acknowledge = {span = "2 hours"}
clocks.resolve = {span = "3 days"}
clocks.answer = {span = "30 minutes", calendar = "duty"}
"""
POLICIES = (
    _PLAIN + _GRAVE,
    _PLAIN,
    _PLAIN.replace('span = "4 hours"', 'span = "6 hours"', 1) + _GRAVE,
)


class Step(NamedTuple):
    """One step: what, and the seed of all chance in it."""

    name: str
    seed: int


def steps_of(seed: int, count: int) -> list[Step]:
    """Return the steps of a walk; what each does depends on its own seed and on the case."""
    chance = Random(seed)
    names = chance.choices(list(_WEIGHTS), list(_WEIGHTS.values()), k=count)
    return [Step(name, chance.randrange(2**32)) for name in names]


@dataclass
class Walk:
    """A walk under way. `done` counts what really happened: a refused move is none."""

    world: World
    done: Counter[str] = field(default_factory=Counter)

    def take(self, step: Step) -> None:
        world, chance = self.world, Random(step.seed)
        if world.owed_since is not None and step.name in ("next", "free", "hours", "open"):
            return self.take(Step("sweep", step.seed))  # nobody acts on hours not followed yet
        getattr(self, f"_{step.name}")(chance)
        world.compare()

    def _next(self, chance: Random) -> None:
        matter = chance.choice(self.world.matters)
        self._move(next_move(matter), chance)

    def _free(self, chance: Random) -> None:
        self._move(chance.choice(FREE), chance)

    def _move(self, name: str, chance: Random) -> None:
        moves = Moves(self.world, chance.choice(self.world.matters), chance)
        try:
            getattr(moves, name)()
        except REFUSED:
            self.done["refused"] += 1
        else:
            self.done[name] += 1

    def _time(self, chance: Random) -> None:
        world = self.world
        jump = chance.choice(
            ["minutes", "hours", "hours", "event", "event", "days", "weeks", "back"]
        )
        if jump == "event":
            coming = sorted(self._coming())
            at = (chance.choice(coming[:3]) if coming else world.now) + MINUTE - 1
            at = at // MINUTE * MINUTE - chance.choice([0, 0, 0, MINUTE])
        else:
            most = {"minutes": HOUR, "hours": DAY, "days": 9 * DAY, "weeks": 21 * DAY,
                    "back": -chance.choice([5 * MINUTE, 3 * HOUR, DAY])}[jump]  # fmt: skip
            at = world.now + int(chance.random() * most) // MINUTE * MINUTE
        world.now = max(10 * DAY, min(at, _LAST))
        self.done[f"time: {jump}"] += 1

    def _coming(self) -> Iterator[int]:
        """Yield what comes next by itself: due times, rungs, the ends of pauses and rests."""
        now = self.world.now
        for matter in self.world.matters:
            for timer in matter.running():
                ends = [timer.due, timer.rests_until or 0, *(p.end for p in timer.pauses)]
                rungs = [at for at, _ in timer.rungs(matter.clinic)]
                yield from (at for at in (*ends, *rungs) if at > now)

    def _sweep(self, chance: Random) -> None:
        self.world.sweep()
        self.done["sweep"] += 1

    def _overlap(self, chance: Random) -> None:
        self.world.overlapping()
        self.done["overlap"] += 1

    def _crash(self, chance: Random) -> None:
        self.world.crash(chance.randint(1, 9))
        self.done["crash"] += 1

    def _restart(self, chance: Random) -> None:
        self.world.reopen()
        self.done["restart"] += 1

    def _hours(self, chance: Random) -> None:
        world = self.world
        new = chance.choice([world.clinic, chance.choice(CLINICS)]).with_day(
            chance.choice(DAYS_OFF)
        )
        self.done["hours"] += world.new_hours(new)
        if chance.random() < 0.7:
            world.sweep()

    def _policy(self, chance: Random) -> None:
        self.world.adopt(chance.choice(POLICIES))
        self.done["policy"] += 1

    def _open(self, chance: Random) -> None:
        if len(self.world.matters) < 2:
            self.world.open(chance.choice(_TEXTS))
            self.done["open"] += 1


def begun(opened: Callable[[], Store], seed: int) -> Walk:
    """Return a walk at its start: a clinic with a case."""
    chance = Random(f"start {seed}")
    now = 10 * DAY + chance.randrange(60 * DAY) // MINUTE * MINUTE
    clinic = chance.choice(CLINICS).with_day(chance.choice(DAYS_OFF))
    world = World(opened, now)
    world.new_hours(clinic)
    world.sweep()
    world.open(chance.choice(_TEXTS))
    return Walk(world)


def walk(opened: Callable[[], Store], seed: int, steps: Sequence[Step]) -> Counter[str]:
    """Take these steps, then sweep once more at the end of it all. Raises Diverged."""
    under_way = begun(opened, seed)
    try:
        for number, step in enumerate(steps):
            try:
                under_way.take(step)
            except Diverged as error:
                raise Diverged(f"seed {seed}, step {number} ({step.name}): {error}") from None
        _end(under_way.world)
        return under_way.done
    finally:
        under_way.world.store.close()


def _end(world: World) -> None:
    for day in (30, 31):
        world.now = max(world.now, _LAST) + day * DAY
        world.sweep()
        world.compare()
    world.finish()


def shrunk(fails: Callable[[Sequence[Step]], bool], steps: Sequence[Step]) -> list[Step]:
    """Return as few of these steps as still fail: halves, quarters and so on are left out."""
    left = list(steps)
    size = len(left) // 2
    while size:
        at = 0
        while at < len(left):
            fewer = left[:at] + left[at + size :]
            if fails(fewer):
                left = fewer
            else:
                at += size
        size //= 2
    return left

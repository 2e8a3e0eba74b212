"""A month in which nobody acts: every clock of every case climbs its ladder, and all are told.

Reviews are taken in at once, then time jumps to whatever comes next: a clock's look, a notice's
hour, the next day. Mail goes to a real SMTP server, texts to a telephone company, both on this
machine. In the end history must show each rung once and the servers each message once.
"""

from __future__ import annotations

import argparse
import resource
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

from sqlalchemy import func, select

from benchmarks.figures import tell
from benchmarks.ground import CLINIC, KINDS, Kind, from_file, shelf, some_reviews
from benchmarks.post import Post, post_office
from benchmarks.proof import Proof, prove
from cases.identifiers import Identifiers
from cases.models import Clock, Notice, NoticeState
from cases.ports import SeenReview
from cases.store import Store
from cases.store.rows import table
from flows import audit, deliver, follow_up, intake, sweep, watch
from flows.house import Counts, House
from tests.builders import T0

SHORT_REVIEWS, SHORT_DAYS, LONG_REVIEWS, LONG_DAYS = 300, 5, 14_000, 30
_DAY, _MEGABYTE = timedelta(days=1), 1024


@dataclass
class Phases:
    """Wall seconds by what they were spent on."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        begun = perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + perf_counter() - begun


def month(kind: Kind, seen: Iterable[SeenReview], days: int) -> tuple[dict[str, Any], bool]:
    """Live through the days; return the figures, and whether nothing was lost or doubled."""
    phases = Phases()
    with shelf(kind) as ground, post_office() as post:
        store = ground.open(ground.found())
        house = House(post.settings(ground.folder), store, "month", T0, Identifiers(seed=11))
        with phases.of("import"):
            taken = intake.take(house, _told(seen), since=None, clinic=CLINIC)
        instants = _live(house, post, T0 + timedelta(days=days), phases)
        with phases.of("audit"):
            audited = audit.run(house)
        with phases.of("proof"):
            proof = prove(store, house.now, post)
        figures = _figures(kind, days, taken, instants, store, phases, proof, audited)
        store.close()
    return figures, proof.holds and not any(audited.values()) and not taken["refused"]


def _told(seen: Iterable[SeenReview]) -> Iterator[SeenReview]:
    """Pass the reviews on, and say on standard error how many there were so far."""
    count = 0
    for count, each in enumerate(seen, start=1):
        if count % 1_000 == 0:
            print(f"\r{count:,} reviews", end="", file=sys.stderr, flush=True)
        yield each
    print(f"\r{count:,} reviews read", file=sys.stderr)


def _live(house: House, post: Post, until: datetime, phases: Phases) -> int:
    """Run the flows at every instant something wants to happen; return how many there were."""
    instants, tomorrow = 0, house.now + _DAY
    while house.now <= until:
        instants += 1
        with phases.of("sweep"):
            swept = sweep.run(house)
        with phases.of("deliver"):
            sent = deliver.run(house)
            post.collect()
        _say(house.now, swept, sent)
        if house.now >= tomorrow:
            with phases.of("daily"):
                watch.run(house)
                follow_up.run(house)
            tomorrow += _DAY
        # What is overdue after its own turn would be asked for again and again: time must pass.
        house.fixed = max(_next(house.store, tomorrow), house.now + timedelta(microseconds=1))
    house.fixed = until
    return instants


def _say(now: datetime, swept: Counts, sent: Counts) -> None:
    if swept["stepped"] or sent["sent"]:
        line = f"{now:%a %d %b %H:%M}: {swept['stepped']:,} stepped, {sent['sent']:,} sent"
        print(line, file=sys.stderr)


def _next(store: Store, tomorrow: datetime) -> datetime:
    n = table(Notice)
    query = select(func.min(n.c.not_before)).where(n.c.state == NoticeState.PENDING)
    with store._engine.connect() as connection:
        notice: datetime | None = connection.execute(query).scalar_one()
    return min(each for each in (store.next_look(), notice, tomorrow) if each is not None)


def _figures(
    kind: Kind,
    days: int,
    taken: Counts,
    instants: int,
    store: Store,
    phases: Phases,
    proof: Proof,
    audited: Counts,
) -> dict[str, Any]:
    seconds = phases.seconds
    with store._engine.connect() as connection:
        clocks = connection.execute(select(func.count()).select_from(table(Clock))).scalar_one()
    sent = proof.checked["mails arrived"] + proof.checked["texts arrived"]
    return {
        "database": kind,
        "days": days,
        "reviews": taken["seen"],
        "refused": taken["refused"],
        "reviews /s": taken["seen"] / seconds["import"],
        "cases opened": taken["cases"],
        "clocks": clocks,
        "instants": instants,
        **proof.checked,
        "messages /s": sent / seconds["deliver"],
        **{f"doubled: {what}": count for what, count in proof.doubled.items() if count},
        **{f"lost: {what}": count for what, count in proof.lost.items() if count},
        **{f"audit: {what}": count for what, count in audited.items() if count},
        "doubled": proof.doubled.total(),
        "lost": proof.lost.total(),
        **{f"{name} s": taken_s for name, taken_s in seconds.items()},
        "peak MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // _MEGABYTE,
    }


def main() -> None:
    """Live through what the command line asks for; leave with 1 where anything got lost."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--reviews", type=Path, help="a file of reviews instead of the samples")
    asked.add_argument("--limit", type=int, help="as many reviews at most (default: 300)")
    asked.add_argument("--days", type=int, help="default: 5")
    asked.add_argument("--long", action="store_true", help="14,000 reviews, or the file; 30 days")
    asked.add_argument("--db", choices=KINDS, default="sqlite")
    asked.add_argument("--json", action="store_true")
    given = asked.parse_args()
    whole = given.long or given.reviews is not None
    limit = given.limit or (0 if given.reviews else LONG_REVIEWS if whole else SHORT_REVIEWS)
    days = given.days or (LONG_DAYS if whole else SHORT_DAYS)
    seen = from_file(given.reviews, limit) if given.reviews else some_reviews(limit)
    figures, holds = month(given.db, seen, days)
    if given.json:
        tell([figures], as_json=True)
    else:
        tell([{"what": name, "figure": value} for name, value in figures.items()])
    sys.exit(not holds)


if __name__ == "__main__":
    main()

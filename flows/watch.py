"""Every day: look how the reviews of resolved cases stand, where their platform can be asked."""

from __future__ import annotations

from datetime import datetime

from prefect import flow

from cases.arriving.opening import Practised, Route
from cases.arriving.seeing import absent, answer, is_news, judge
from cases.changes import Change
from cases.following import look
from cases.models import Review, Stage
from cases.ports import PlatformError
from cases.viewers import ENGINE
from flows.house import Counts, House, alone, at_work
from flows.platforms import Platforms, Way


@flow(name="watch")
def watch(now: datetime | None = None) -> Counts:
    """See edits, removals and the ends of windows. Looking twice changes nothing."""
    with at_work("watch", now) as house:
        return run(house)


def run(house: House) -> Counts:
    """Look at every review in its window, and at those of cases that could still be reopened."""
    done = {"looked": 0, "changed": 0, "unreachable": 0, "by_hand": 0, "failed": 0}
    since = house.now - house.store.playbook().reopen_within
    with Platforms(house) as platforms:
        for case_id, review in house.store.cases_to_watch(since):
            with alone(f"case {case_id}", done, "failed"):
                _watch(house, case_id, review, platforms, done)
    return done


def _watch(house: House, case_id: str, review: Review, platforms: Platforms, done: Counts) -> None:
    way = platforms.way_to(review)
    if way is None or not way.platform.can.look:
        done["by_hand"] += 1  # the monitor clock asks a person
        return
    try:
        change = _look(house, case_id, review, way)
    except PlatformError:
        done["unreachable"] += 1
        return
    done["looked"] += 1
    if change is not None:
        done["changed"] += len(house.apply(change).applied)


def _look(house: House, case_id: str, review: Review, way: Way) -> Change | None:
    seen = way.platform.look(way.external_id)
    file = house.store.case_file(case_id, ENGINE)
    if seen is None:
        return absent(review, file, house.moment())
    route = Route(way.source.id, way.platform.can)
    if is_news(seen, review, route):
        judged = judge(seen, file.playbook, route)
        practised = Practised(
            file.clinic,
            file.people,
            house.store.playbook(),
            route=route,
            loads=house.store.loads(),
        )
        return answer(seen, judged, review, file, practised, None, house.moment())
    if file.case.stage == Stage.MONITOR:
        return look(file, "stands", house.moment())
    return None

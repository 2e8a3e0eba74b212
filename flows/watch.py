"""Every day: look how the reviews of resolved cases stand, where their platform can be asked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from prefect import flow

from cases.changes import Change
from cases.following import look
from cases.models import Review, Source, Stage
from cases.opening import Practised
from cases.ports import PlatformError, ReviewPlatform
from cases.seeing import answer, is_news, judge, lost
from cases.viewers import ENGINE
from flows.house import Counts, House, alone, at_work
from reviews import platform_of


@flow(name="watch")
def watch(now: datetime | None = None) -> Counts:
    """See edits, removals and the ends of windows. Looking twice changes nothing."""
    with at_work("watch", now) as house:
        return run(house)


def run(house: House) -> Counts:
    """Look at every review in its window, and at those of cases that could still be reopened."""
    done = {"looked": 0, "changed": 0, "unreachable": 0, "by_hand": 0, "failed": 0}
    sources = house.store.sources()
    since = house.now - house.store.playbook().reopen_within
    for case_id, review in house.store.cases_to_watch(since):
        with alone(f"case {case_id}", done, "failed"):
            _watch(house, case_id, review, sources, done)
    return done


def _watch(
    house: House, case_id: str, review: Review, sources: Sequence[Source], done: Counts
) -> None:
    platform = platform_of(review.platform, sources)
    if platform is None or not platform.can.look:
        done["by_hand"] += 1  # the monitor clock asks a person
        return
    try:
        change = _look(house, case_id, review, platform)
    except PlatformError:
        done["unreachable"] += 1
        return
    done["looked"] += 1
    if change is not None:
        done["changed"] += len(house.apply(change).applied)


def _look(house: House, case_id: str, review: Review, platform: ReviewPlatform) -> Change | None:
    seen = platform.look(review.external_id)
    file = house.store.case_file(case_id, ENGINE)
    if seen is None:
        return lost(review, file, house.moment())
    if is_news(seen, review):
        judged = judge(seen, file.playbook)
        practised = Practised(file.clinic, file.people, house.store.playbook())
        return answer(seen, judged, review, file, practised, None, house.moment())
    if file.case.stage == Stage.MONITOR:
        return look(file, "stands", house.moment())
    return None

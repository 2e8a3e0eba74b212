"""Every quarter of an hour: fetch reviews, judge them, open the cases they need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice

from prefect import flow

from cases.changes import Change, Happened, Set, about
from cases.models import Review, Source
from cases.opening import Practised
from cases.ports import PlatformError, SeenReview
from cases.seeing import answer, is_news, judge
from cases.store import Applied, StoreError
from cases.viewers import ENGINE
from flows.house import Counts, House, alone, at_work, code_of, log
from reviews import connect

_BATCH = 500
_HISTORY = timedelta(days=14)  # what was posted longer ago is recorded, but opens no case
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@flow(name="intake", retries=0)
def intake(now: datetime | None = None) -> Counts:
    """Take in what every source shows. Safe to repeat: a review seen twice is one review."""
    with at_work("intake", now) as house:
        return run(house)


def run(house: House) -> Counts:
    """Fetch from every source; one that fails does not keep the others from being read."""
    done = {"seen": 0, "new": 0, "edited": 0, "cases": 0, "failed_sources": 0}
    for source in house.store.sources():
        try:
            taken = _fetch(house, source)
        except StoreError:
            raise
        except Exception as error:
            code = error.code if isinstance(error, PlatformError) else code_of(error)
            log.error("source %s: %s", source.id, code)
            done["failed_sources"] += 1
            house.apply(_failed(source, code, house))
        else:
            done = {key: done.get(key, 0) + taken.get(key, 0) for key in {**done, **taken}}
            house.apply(_read(source, house))
    if done.get("no_clinic"):
        log.warning("%s reviews name no clinic we know and were left out", done["no_clinic"])
    return done


def _fetch(house: House, source: Source) -> Counts:
    """Take in what one source shows. What is posted before the first reading is mostly history.

    Reviews reach us late (an export comes once a day, a platform holds them back to look at
    them), so those posted a while before the last reading are news all the same.
    """
    since = (source.read_until or house.now) - _HISTORY
    clinic = house.store.clinics().get(source.clinic_id or "")
    seen = connect(source).fetch(since if source.read_until else _LONG_AGO)
    return take(house, seen, since=since, clinic=clinic.slug if clinic else "")


def _failed(source: Source, code: str, house: House) -> Change:
    values = {"failed_at": house.now, "failed_code": code}
    events = [Happened("source_failed", {"code": code})]
    return Change(
        about(source), house.moment(), sets=[Set(Source, source.id, values)], events=events
    )


def _read(source: Source, house: House) -> Change:
    values = {"read_until": house.now, "failed_at": None, "failed_code": ""}
    return Change(
        about(source),
        house.moment(),
        sets=[Set(Source, source.id, values)],
        events=[Happened("source_read")],
    )


def take(
    house: House, seen: Iterable[SeenReview], *, since: datetime | None, clinic: str = ""
) -> Counts:
    """Take reviews in, in batches; `since`: older ones are history and open no case.

    Returns counts: seen, new, edited, cases, no_clinic.
    """
    done = {"seen": 0, "new": 0, "edited": 0, "cases": 0, "no_clinic": 0, "refused": 0}
    for batch in batches(seen, _BATCH):
        take_batch(house, batch, done, since, clinic)
    return done


def take_batch(
    house: House, batch: Sequence[SeenReview], done: Counts, since: datetime | None, clinic: str
) -> None:
    """Answer one batch and write the answers; counts go to `done`."""
    known = house.store.known_reviews((each.platform, each.external_id) for each in batch)
    by_slug = {c.slug: c for c in house.store.clinics().values()}
    only = next(iter(by_slug), "") if len(by_slug) == 1 else ""  # nobody need name the one clinic
    people, playbook = house.store.people(), house.store.playbook()
    changes: dict[tuple[str, str], Change] = {}
    for each in batch:
        done["seen"] += 1
        place = by_slug.get(each.clinic or clinic or only)
        if place is None:
            done["no_clinic"] += 1
            continue
        key = (each.platform, each.external_id)
        with alone("a review", done, "refused"):
            practised = Practised(place, people, playbook)
            change = _answer(house, each, known.get(key), practised, since)
            if change is not None:
                changes[key] = change  # of two in one batch, the later one is how it stands
    _count(house.apply(*changes.values()), done)


def _answer(
    house: House,
    seen: SeenReview,
    known: Review | None,
    practised: Practised,
    since: datetime | None,
) -> Change | None:
    if not is_news(seen, known):
        return None
    judged = judge(seen, practised.playbook)
    case_id = known.case_id if known is not None else None
    file = house.store.case_file(case_id, ENGINE) if case_id else None
    return answer(seen, judged, known, file, practised, since, house.moment())


def _count(applied: Applied, done: Counts) -> None:
    for change in applied.applied:
        kinds = [event.kind for part in change.whole() for event in part.events]
        done["new"] += kinds.count("seen")
        done["edited"] += kinds.count("edited")
        done["cases"] += kinds.count("opened")
    done["refused"] += len(applied.refused)


def batches(items: Iterable[SeenReview], size: int) -> Iterator[list[SeenReview]]:
    """Yield the items in lists of that size."""
    iterator = iter(items)
    while some := list(islice(iterator, size)):
        yield some

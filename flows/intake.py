"""Every quarter of an hour: fetch reviews, judge them, open the cases they need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import islice

from prefect import flow

from cases.arriving.arrivals import AUTOMATIC, is_stale, kept_since, let_go
from cases.arriving.opening import Route
from cases.arriving.seeing import absent, missed, purge
from cases.arriving.sources import (
    OVERLAP,
    Reading,
    fell_silent,
    read_whole,
    reading,
    turned,
    wants_reading,
)
from cases.models import Review, Source
from cases.ports import Page, PlatformError, ReviewPlatform, SeenReview
from cases.viewers import ENGINE
from flows.house import Counts, House, alone, at_work, log
from flows.platforms import Platforms, noted_there
from flows.taking import HISTORY, take_batch

_BATCH = 500
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
_SHORT = 20  # reviews that may be missing from a full list before their number is suspicious


@flow(name="intake", retries=0)
def intake(now: datetime | None = None) -> Counts:
    """Take in what every source shows. Safe to repeat: a review seen twice is one review."""
    with at_work("intake", now) as house:
        return run(house)


def run(house: House) -> Counts:
    """Fetch from every source; one that fails does not keep the others from being read."""
    done = dict.fromkeys(("seen", "new", "edited", "cases", "linked", "no_clinic", "refused"), 0)
    done |= {"failed_sources": 0, "missing": 0, "purged": 0}
    with Platforms(house) as platforms:
        for source in house.store.sources():
            if wants_reading(source, house.now):
                fetch(house, platforms, source, done)
    _ask_about_silence(house)
    with alone("texts to let go of", done, "refused"):
        _purge(house, done)
    with alone("mails to let go of", done, "refused"):
        _let_go(house, done)
    if done["no_clinic"]:
        log.warning("%s reviews name no clinic we know and were left out", done["no_clinic"])
    return done


def fetch(house: House, platforms: Platforms, source: Source, done: Counts) -> None:
    """Read one source; what is wrong with it is noted there and raised nowhere."""
    with noted_there(house, source, done):
        platform = platforms.of(source)
        if platform.can.pull:
            _read(house, source, platform, done)


def _read(house: House, source: Source, platform: ReviewPlatform, done: Counts) -> None:
    """Take in what one source shows, page by page; each page is kept before the next is asked for.

    Reviews reach us late (an export comes once a day, a platform holds them back to look at
    them), so those posted a while before the last reading are news all the same.
    """
    at = reading(source, platform.can, house.now)
    since = source.read_until - OVERLAP if source.read_until else _LONG_AGO
    before, whole = done["new"], False
    for page in platform.pages(since, at.cursor, at.full):
        _take_page(house, source, platform, page, at, done)
        whole = page.whole
        if (page.cursor or at.full) and not _turn(house, source, page, at):
            return
    if at.full and whole:
        _look_for_missing(house, source, platform, at, done)
    now_is = house.store.source(source.id) or source
    if now_is.read_until == source.read_until:  # otherwise another has read it meanwhile
        fresh, listed = done["new"] > before, at.full and whole
        moment = house.moment()
        house.apply(read_whole(now_is, at, platform.can, moment, fresh=fresh, listed=listed))


def _take_page(
    house: House, source: Source, platform: ReviewPlatform, page: Page, at: Reading, done: Counts
) -> None:
    since = (source.read_until or at.began_at) - HISTORY
    clinic = house.store.clinics().get(source.clinic_id or "")
    route = Route(source.id, platform.can)
    slug = clinic.slug if clinic else ""
    for batch in batches(page.reviews, _BATCH):
        take_batch(house, batch, done, since, slug, route)


def _turn(house: House, source: Source, page: Page, at: Reading) -> bool:
    """Keep the place behind a page; False where another has finished this reading meanwhile."""
    now_is = house.store.source(source.id) or source
    if now_is.read_until != source.read_until:
        return False
    keys = ((each.platform, each.external_id) for each in page.reviews) if at.full else ()
    listed = house.store.known_reviews(keys).values()
    house.apply(turned(now_is, at, page.cursor, listed, house.moment()))
    return True


def _look_for_missing(
    house: House, source: Source, platform: ReviewPlatform, at: Reading, done: Counts
) -> None:
    """Note what a full list did not show; what the one before did not show either is gone."""
    lacking, there = house.store.listing(source.id, at.began_at)
    if lacking > max(there, _SHORT):
        raise PlatformError("list-short", "most reviews were not listed", permanent=True)
    after = ""
    while some := house.store.unlisted(source.id, at.began_at, after):
        after = some[-1].id
        for review in some:
            with alone("a review not listed", done, "refused"):
                done["missing"] += _missing(house, platform, review, at)


def _missing(house: House, platform: ReviewPlatform, review: Review, at: Reading) -> bool:
    if review.missing_at is None:
        return bool(house.apply(missed(review, house.moment())).applied)
    if review.missing_at >= at.began_at or _still_there(platform, review):
        return False
    file = house.store.case_file(review.case_id, ENGINE) if review.case_id else None
    change = absent(review, file, house.moment())
    return change is not None and bool(house.apply(change).applied)


def _still_there(platform: ReviewPlatform, review: Review) -> bool:
    try:
        return platform.can.look and platform.look(review.external_id) is not None
    except PlatformError:
        return True  # nobody knows: the next list tells


def _ask_about_silence(house: House) -> None:
    people = house.store.people().values()
    for source in house.store.sources():
        change = fell_silent(source, people, house.moment())
        if change is not None:
            house.apply(change)


def _purge(house: House, done: Counts) -> None:
    """Let go of texts their platform's terms allow to be kept no longer."""
    while found := house.store.expired_texts(house.now):
        versions = house.store.old_versions(found)
        moment = house.moment()
        gone = house.apply(*(purge(each, versions.get(each.id, ()), moment) for each in found))
        done["purged"] += len(gone.applied)
        if not gone.applied:
            return


def _let_go(house: House, done: Counts) -> None:
    """Let go of mails as they came, once their words are taken in and nobody needs to look."""
    moment = house.moment()
    while found := house.store.spent_arrivals(kept_since(house.now), AUTOMATIC):
        spent = (each for each in found if is_stale(each, moment))
        gone = house.apply(*(let_go(each, moment) for each in spent))
        done["purged"] += len(gone.applied)
        if not gone.applied:
            return


def take(
    house: House,
    seen: Iterable[SeenReview],
    *,
    since: datetime | None,
    clinic: str = "",
    route: Route | None = None,
) -> Counts:
    """Take reviews in, in batches; `since`: older ones are history and open no case.

    Returns counts: seen, new, edited, cases, linked, no_clinic, refused.
    """
    done = dict.fromkeys(("seen", "new", "edited", "cases", "linked", "no_clinic", "refused"), 0)
    for batch in batches(seen, _BATCH):
        take_batch(house, batch, done, since, clinic, route)
    return done


def batches(items: Iterable[SeenReview], size: int) -> Iterator[list[SeenReview]]:
    """Yield the items in lists of that size."""
    iterator = iter(items)
    while some := list(islice(iterator, size)):
        yield some

"""Every minute: read what came by itself, and fetch where a push only hints that there is news."""

from __future__ import annotations

from datetime import datetime

from prefect import flow

from cases.arriving.arrivals import body_of, was_not_read, was_read
from cases.arriving.opening import Route
from cases.arriving.seeing import absent
from cases.arriving.sources import heard, wants_reading
from cases.models import Arrival, ArrivalState, Source
from cases.ports import Page, PlatformError
from cases.store import StoreError
from cases.talking import inbox, unplaced
from cases.viewers import ENGINE
from flows import mail, mailboxes
from flows.house import Counts, House, alone, at_work, code_of, log
from flows.intake import fetch, take
from flows.platforms import Platforms, access
from flows.taking import HISTORY
from reviews import ability, pushes
from reviews.webhook import Webhook


@flow(name="receive", retries=0)
def receive(now: datetime | None = None) -> Counts:
    """Take in what came by itself. Safe to repeat: an arrival is read once, a review is one."""
    with at_work("receive", now) as house:
        return run(house)


def run(house: House) -> Counts:
    """Fetch mail, read the arrivals that wait, oldest first; then the sources they hint at."""
    done = dict.fromkeys(("seen", "new", "edited", "cases", "linked", "no_clinic", "refused"), 0)
    done |= {"arrived": 0, "unread": 0, "failed_sources": 0, "missing": 0}
    done |= dict.fromkeys(mail.COUNTED, 0)
    mailboxes.poll(house, done)
    mail.read(house, done)
    hinted: dict[str, Source] = {}
    for waiting in house.store.arrivals((ArrivalState.WAITING,), ("push",)):
        _one(house, waiting, hinted, done)
    with Platforms(house) as platforms:
        for source in hinted.values():
            now_is = house.store.source(source.id) or source
            if wants_reading(now_is, house.now):
                fetch(house, platforms, now_is, done)
    with alone("what waits for its case", done, "unread"):
        _remind(house)
    return done


def _remind(house: House) -> None:
    """Tell somebody once a day of what nobody has said the case of."""
    store = house.store
    if not (waiting := store.arrivals(inbox.OPEN, inbox.KINDS)):
        return
    sources = {each.id: each for each in store.all_sources()}
    known = unplaced.Known(sources, store.clinics(), store.people(), store.playbook())
    told = store.beats().get(unplaced.NAME)
    change = unplaced.remind(waiting, known, told, house.moment())
    if change is not None:
        house.apply(change)  # stale where another run told them meanwhile


def _one(house: House, waiting: Arrival, hinted: dict[str, Source], done: Counts) -> None:
    """Read one arrival; what nobody can read stays where a person sees it."""
    done["arrived"] += 1
    source = house.store.source(waiting.source_id or "")
    try:
        if source is None:
            raise PlatformError("no-source", "its source is gone", permanent=True)
        page = _read(house, waiting, source)
        if page is None:
            hinted[source.id] = source
        else:
            _take(house, source, page, done)
    except StoreError:
        raise
    except Exception as error:
        found = error if isinstance(error, PlatformError) else PlatformError(code_of(error))
        log.error("arrival %s: %s", waiting.id, found.code)
        done["unread"] += 1
        house.apply(was_not_read(waiting, found.code, found.permanent, house.moment()))
    else:
        house.apply(was_read(waiting, house.moment()))
        house.apply(heard(house.store.source(source.id) or source, house.moment()))


def _read(house: House, waiting: Arrival, source: Source) -> Page | None:
    arrival = house.store.arrival(waiting.id) or waiting
    reader = pushes(source, access(house, source))
    if reader is None:
        raise PlatformError("no-reader", "this platform reads no pushes", permanent=True)
    return reader.read(body_of(arrival), arrival.headers)


def _take(house: House, source: Source, page: Page, done: Counts) -> None:
    clinic = house.store.clinics().get(source.clinic_id or "")
    taken = take(
        house,
        page.reviews,
        since=house.now - HISTORY,
        clinic=clinic.slug if clinic else "",
        route=Route(source.id, ability(source)),
    )
    for name, count in taken.items():
        done[name] += count
    gone = [_named(source, each) for each in page.gone]
    for review in house.store.known_reviews(gone).values():
        file = house.store.case_file(review.case_id, ENGINE) if review.case_id else None
        change = absent(review, file, house.moment())
        done["missing"] += len(house.apply(change).applied) if change is not None else 0
    if taken["no_clinic"]:  # it stays where a person sees it; what was taken in is known then
        raise PlatformError("no-clinic", "it names no clinic of ours", permanent=True)


def _named(source: Source, gone: str) -> tuple[str, str]:
    """Return the platform and id of what was taken down; who passes on for others names theirs."""
    if source.platform != Webhook.name:
        return source.platform, gone
    platform, _, rest = gone.partition(":")
    return platform, rest

"""What becomes of a source: read, failed, silent; and who is told, once, what to do about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any

from cases.changes import Change, Happened, Moment, Set, about
from cases.models import Person, Review, Role, Source
from cases.notices import to_person
from cases.ports import Capabilities, PlatformError, trouble_of

OVERLAP = timedelta(days=3)  # a live list shifts between its pages, and platforms hold reviews back
FULL_EVERY = timedelta(days=7)
_FIRST_WAIT = timedelta(minutes=10)  # just below the interval of the reading
_LONGEST_WAIT = timedelta(hours=6)
_TELL_AFTER = timedelta(hours=6)
_AT_ONCE = ("auth", "quota-zero")  # nothing but a person helps
# Hours without a new review after which a source is asked about; others may be silent for ever.
SILENT = {"google": 720, "facebook": 1440, "x": 2160, "yelp": 1440, "mail": 720, "webhook": 720}

REMEDIES = {
    "auth": "the sign-in expired or was revoked; connect it again, then: amends source test",
    "quota-zero": "the platform has not admitted this practice to its API yet; apply for access",
    "limit": "the platform asks to be left alone for a while; it is read again by itself",
    "budget": "the cap on what it may cost is reached; raise `budget` or wait for the next month",
    "gone": "what it points to is not there; check its place",
    "unsupported": "the platform offers this to programs no more; read its alert mails instead",
    "list-short": "half of its reviews were not listed; look at the platform before we believe it",
}


def remedy(code: str) -> str:
    """Return what to do about a source's trouble."""
    usual = "look at its place and settings, then: amends source test"
    return REMEDIES.get(trouble_of(code)) or REMEDIES.get(code) or usual


def as_data(can: Capabilities) -> dict[str, Any]:
    """Return capabilities as JSON holds them."""
    keep = can.keep_text.total_seconds() if can.keep_text is not None else None
    return {**asdict(replace(can, keep_text=None)), "keep_text": keep}


def probed(known: Mapping[str, Any], usual: Capabilities) -> Capabilities:
    """Return capabilities as they were probed; what an older version did not know is as usual."""
    names = {each.name for each in fields(Capabilities)}
    values = {name: value for name, value in known.items() if name in names}
    if isinstance(values.get("keep_text"), int | float):
        values["keep_text"] = timedelta(seconds=values["keep_text"])
    return replace(usual, **values)


def wants_reading(source: Source, now: datetime) -> bool:
    """Tell whether a source may be asked now: one that failed is left alone for a while."""
    return source.active and (source.retry_at is None or now >= source.retry_at)


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of a source: since when, and whether it is a full list; a kill does not end it.

    `read_until` will be when it began, not when it ended: nothing that came meanwhile is missed.
    """

    began_at: datetime
    full: bool
    cursor: str = ""


def reading(source: Source, can: Capabilities, now: datetime) -> Reading:
    """Return the reading to go on with, or a new one; a full list where one is due."""
    if source.began_at is not None and source.cursor:
        return Reading(source.began_at, source.full and can.lists_all, source.cursor)
    due = source.full_read_at is None or now - source.full_read_at >= FULL_EVERY
    return Reading(now, can.lists_all and due)


def turned(
    source: Source, at: Reading, cursor: str, listed: Iterable[Review], moment: Moment
) -> Change:
    """Note that a page was taken in whole: a reading that is killed goes on behind it.

    `listed`: the known reviews it showed, of a full list.
    """
    values = {"cursor": cursor, "began_at": at.began_at, "full": at.full}
    seen = {"listed_at": at.began_at, "missing_at": None}
    sets = [Set(Review, each.id, seen) for each in listed]
    change = _noted(source, values, Happened("source_page", {"listed": len(sets)}), moment)
    return replace(change, sets=(*change.sets, *sets))


def read_whole(
    source: Source, at: Reading, can: Capabilities, moment: Moment, *, fresh: bool, listed: bool
) -> Change:
    """Note that a reading is complete, and that whatever failed before is over.

    `fresh`: something new came; `listed`: it was a full list to its end.
    """
    seen = moment.now if fresh or source.last_seen_at is None else source.last_seen_at
    values = {
        **{"read_until": at.began_at, "began_at": None, "cursor": "", "full": False},
        **{"last_seen_at": seen, "can": as_data(can)},
        **_HEALTHY,
    }
    if listed:
        values["full_read_at"] = at.began_at
    return _noted(source, values, Happened("source_read"), moment)


_HEALTHY: Mapping[str, Any] = {
    "failed_at": None, "failed_since": None, "failed_code": "", "failed_count": 0, "retry_at": None,
}  # fmt: skip


def polled(source: Source, place: str, moment: Moment, *, fresh: bool) -> Change:
    """Note how far a mailbox was read ("UIDVALIDITY:UID"), and that whatever failed is over.

    The mails behind it are in the record already: a kill before this reads them once more.
    """
    seen = moment.now if fresh or source.last_seen_at is None else source.last_seen_at
    values = {"cursor": place, "read_until": moment.now, "last_seen_at": seen, **_HEALTHY}
    return _noted(source, values, Happened("source_read"), moment)


def heard(source: Source, moment: Moment) -> Change:
    """Note that something came by itself: the source is not silent."""
    return _noted(source, {"last_seen_at": moment.now}, Happened("source_heard"), moment)


def failed(
    source: Source, error: PlatformError, people: Iterable[Person], moment: Moment
) -> Change:
    """Note that a source cannot be read, and when it may be asked again; tell its owner once.

    A cursor the platform no longer takes is given up: the reading begins anew.
    """
    count, since = source.failed_count + 1, source.failed_since or moment.now
    values: dict[str, Any] = {
        **{"failed_at": moment.now, "failed_since": since, "failed_code": error.code},
        **{"failed_count": count, "retry_at": moment.now + wait(count, error)},
    }
    if error.permanent and source.cursor:
        values |= {"cursor": "", "began_at": None}
    events = [Happened("source_failed", {"code": error.code})]
    long_ago = moment.now - since >= _TELL_AFTER
    key = f"source_failing:{source.id}:{since.isoformat()}"
    if not (long_ago or error.trouble in _AT_ONCE):
        return _noted(source, values, events[0], moment)
    return _telling(source, values, events[0], key, {"since": since, "code": error.code},
                    people, moment)  # fmt: skip


def wait(count: int, error: PlatformError) -> timedelta:
    """Return how long a source is left alone after so many failures in a row."""
    doubled: int = 2 ** min(count - 1, 10)
    grown = min(_FIRST_WAIT * doubled, _LONGEST_WAIT)
    return max(grown, error.retry_after) if error.retry_after is not None else grown


def silent_since(source: Source, now: datetime) -> datetime | None:
    """Return since when a source has shown nothing new, if that is longer than it may."""
    hours = source.silent_after
    hours = SILENT.get(source.platform, 0) if hours is None else hours
    if not hours or source.last_seen_at is None:
        return None
    return source.last_seen_at if now - source.last_seen_at > timedelta(hours=hours) else None


def fell_silent(source: Source, people: Iterable[Person], moment: Moment) -> Change | None:
    """Return what tells its owner that a source fell silent; None where it has not, or is told."""
    since = silent_since(source, moment.now)
    if since is None:
        return None
    key = f"source_silent:{source.id}:{since.isoformat()}"
    if source.told == key:
        return None
    return _telling(source, {}, Happened("source_silent", {"since": since}), key, {"since": since},
                    people, moment)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Health:
    """How a source stands: "well", "paused", "failing" or "silent"; since when, what to do."""

    source: Source
    state: str
    since: datetime | None
    todo: str
    can: Capabilities


def health(source: Source, now: datetime, can: Capabilities) -> Health:
    """Return how a source stands at this instant."""
    if not source.active:
        return Health(source, "paused", None, "amends source pause --resume", can)
    if source.failed_since is not None:
        return Health(source, "failing", source.failed_since, remedy(source.failed_code), can)
    silent = silent_since(source, now)
    if silent is not None:
        return Health(source, "silent", silent, "look whether the platform has newer ones", can)
    return Health(source, "well", None, "", can)


def keep_tokens(source: Source, tokens: str, name: str, moment: Moment) -> Change:
    """Keep what a sign-in handed out, sealed; the event names it and never shows it."""
    return _noted(source, {"tokens": tokens}, Happened("token_kept", {"name": name}), moment)


def set_active(source: Source, active: bool, moment: Moment) -> Change:
    """Pause a source, or read it again; whatever failed before is forgotten."""
    values = {"active": active, **_HEALTHY}
    return _noted(source, values, Happened("resumed" if active else "paused"), moment)


def _telling(
    source: Source,
    values: dict[str, Any],
    event: Happened,
    key: str,
    detail: dict[str, Any],
    people: Iterable[Person],
    moment: Moment,
) -> Change:
    person = whose(source, people)
    if source.told == key or person is None:
        return _noted(source, values, event, moment)
    told = _noted(source, {**values, "told": key}, event, moment)
    facts = {
        "source": source.name,
        "code": detail.get("code", ""),
        "since": f"{detail['since']:%Y-%m-%d %H:%M} UTC",
        "remedy": remedy(detail["code"]) if "code" in detail else "",
    }
    return replace(told, notices=[to_person(key.partition(":")[0], key, person.id, facts)])


def whose(source: Source, people: Iterable[Person]) -> Person | None:
    """Return who looks after a source: its owner, else the first administrator there is."""
    here = [person for person in people if person.active]
    owner = next((person for person in here if person.id == source.owner_id), None)
    admins = sorted((p for p in here if p.role == Role.ADMINISTRATOR), key=lambda p: p.id)
    return owner or next(iter(admins), None)


def _noted(source: Source, values: dict[str, Any], event: Happened, moment: Moment) -> Change:
    sets = [Set(Source, source.id, values)] if values else []
    return Change(about(source), moment, sets=sets, events=[event])

"""Reviews out of anybody's JSON: a map (maps/*.toml, or one of yours) says what stands where.

A map is data: JMESPath for each field, and how its value is meant. What one field holds that cannot
be read is left out; an entry of which nothing can be read is announced all the same, for a person.
"""

from __future__ import annotations

import json
import logging
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, tzinfo
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from typing import Any, NamedTuple, Protocol
from zoneinfo import ZoneInfo

from jmespath.exceptions import JMESPathError  # type: ignore[import-untyped]

from cases.ports import Page, PlatformError, SeenReview
from cases.talking.markup import plain
from reviews import columns, wire
from reviews.signing import Signing
from reviews.values import instant, stars

MOST = 10_000  # entries of one body
LONGEST_NAME = 2_000  # characters of any value but a text
_LONGEST_NUMBER = 18  # digits; a longer one is an id and stays as written

_log = logging.getLogger(__name__)


class Expression(Protocol):
    """A compiled JMESPath expression."""

    def search(self, value: Any) -> Any: ...


@dataclass(frozen=True, slots=True)
class Field:
    """Where a field stands and how it is meant.

    `reads` is None where `value` holds for every entry. `words` are compared without case and go
    first: "" says nothing. `scale`: what the best rating counts there. `formats`: those of dates,
    as strptime takes them, or "epoch", "epoch-ms"; whatever else looks like a date is read too.
    `listed`: of a clinic's names, only those somebody gave a meaning count.
    """

    reads: Expression | None = None
    value: str = ""
    words: Mapping[str, str] = field(default_factory=dict)
    scale: Decimal = Decimal(5)
    formats: tuple[str, ...] = ()
    zone: tzinfo = UTC
    html: bool = False
    listed: bool = False


@dataclass(frozen=True, slots=True)
class Map:
    """What a body means. `items`: the entries in it; `numbered`: the pattern of keys they share.

    `only`: which entries are reviews; `gone`: which were taken down. `prefix` keeps an aggregator's
    own ids apart from the platforms'. `platforms` and `clinics` say whom their names mean.
    """

    name: str
    version: str
    fields: Mapping[str, Field]
    items: Expression | None = None
    only: Expression | None = None
    gone: Expression | None = None
    numbered: re.Pattern[str] | None = None
    prefix: str = ""
    platforms: Mapping[str, str] = field(default_factory=dict)
    clinics: Mapping[str, str] = field(default_factory=dict)
    signing: Signing = field(default_factory=Signing)


class Entry(NamedTuple):
    """One entry as it was read: the review, whether it is gone, and the fields that were not."""

    seen: SeenReview
    gone: bool = False
    unread: tuple[str, ...] = ()


def page(told: Map, body: bytes) -> Page:
    """Return the reviews of a body, and what is gone as "platform:id".

    Raises PlatformError("webhook-unreadable").
    """
    found = list(entries(told, body))
    if unread := sorted({name for each in found for name in each.unread}):
        _log.warning("map %s could not read: %s", told.name, ", ".join(unread))
    gone = {f"{each.seen.platform}:{each.seen.external_id}" for each in found if each.gone}
    return Page(tuple(each.seen for each in found if not each.gone), gone=tuple(sorted(gone)))


def entries(told: Map, body: bytes) -> Iterator[Entry]:
    """Yield what a JSON body holds, entry by entry. Raises PlatformError("webhook-unreadable")."""
    for item in items(told, parsed(body)):
        if told.only is None or _asked(told.only, item):
            yield entry(told, item)


def parsed(body: bytes) -> Any:
    """Return what JSON holds, in linear time: long numbers stay as written."""
    try:
        return json.loads(body, parse_int=_number, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        raise _unreadable("this is no JSON") from None


def _number(written: str) -> int | str:
    return int(written) if len(written) <= _LONGEST_NUMBER else written


def items(told: Map, body: Any) -> list[Any]:
    """Return the entries of a body: objects, each for itself, at most MOST."""
    found = _asked(told.items, body) if told.items is not None else body
    listed = found if isinstance(found, list) else [found]
    if told.numbered is not None:
        listed = [item for each in listed for item in _apart(told.numbered, each)]
    kept = [each for each in listed if isinstance(each, Mapping)]
    if listed and not kept and found is not None:
        raise _unreadable("there are no objects where the map looks for reviews")
    if len(kept) > MOST:
        raise _unreadable(f"these are more than {MOST} reviews")
    return kept


def _unreadable(why: str) -> PlatformError:
    return PlatformError("webhook-unreadable", why, permanent=True)


def _apart(pattern: re.Pattern[str], body: Any) -> list[dict[str, Any]]:
    """Return the objects that keys like "reviewText1" or "review_1_text" tell of, by number."""
    found: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    if not isinstance(body, Mapping):
        return []
    for key, value in body.items():
        if (match := pattern.fullmatch(key[:100])) is not None:
            found[match["n"]][match["field"]] = value
    return [found[n] for n in sorted(found, key=lambda n: (len(n), n))]


def _asked(expression: Expression, item: Any) -> Any:
    """Return what an expression finds; None where it does not fit what came."""
    try:
        return expression.search(item)
    except (JMESPathError, TypeError, ValueError, RecursionError):
        return None


def entry(told: Map, item: Any) -> Entry:
    """Return one entry, as far as it can be read.

    Of what says neither words nor stars a person reads the rest: `cut` says so.
    """
    raw = {name: _text_of(name, each, item) for name, each in told.fields.items()}
    found, unread = _meant(told, raw)
    platform = found.get("platform") or "webhook"
    said = found.get("text") or found.get("rating") is not None
    seen = SeenReview(
        platform=platform,
        external_id="",
        text=found.get("text") or "",
        author=found.get("author") or "",
        rating=found.get("rating"),
        recommends=found.get("recommends"),
        posted_at=found.get("posted_at"),
        url=found.get("url") or "",
        clinic=found.get("clinic") or "",
        author_id=found.get("author_id") or "",
        updated_at=found.get("updated_at"),
        reply=found.get("reply"),
        cut=not said and found.get("recommends") is None,
    )
    seen = replace(seen, external_id=_identity(told, found.get("id") or "", seen, item))
    gone = told.gone is not None and bool(_asked(told.gone, item))
    return Entry(seen, gone, unread)


def _identity(told: Map, given: str, seen: SeenReview, item: Any) -> str:
    """Return its id there; without one, one that who wrote what has again when it comes again."""
    if given:
        return f"{told.prefix}{given}"
    at = seen.posted_at.isoformat() if seen.posted_at else ""
    said = [seen.platform, seen.clinic, seen.author, at, seen.text or seen.url]
    if seen.cut and not seen.url:
        said = [json.dumps(item, sort_keys=True, default=str)]
    folded = "|".join(" ".join(each.split()).casefold() for each in said)
    return f"sha-{sha256(folded.encode('utf-8', 'replace')).hexdigest()[:32]}"


def _text_of(name: str, told: Field, item: Any) -> str | None:
    """Return a value as text; None where there is none, or what is no single value.

    Of several replies the last one counts; an empty list says that there is none.
    """
    if told.reads is None:
        return told.value
    found = _asked(told.reads, item)
    if name == "reply" and isinstance(found, list):
        found = found[-1] if found else ""
    if isinstance(found, bool):
        return str(found).lower()
    return str(found) if isinstance(found, (str, int, float)) else None


def _meant(told: Map, raw: Mapping[str, str | None]) -> tuple[dict[str, Any], tuple[str, ...]]:
    found: dict[str, Any] = {}
    unread: list[str] = []
    for name, value in raw.items():
        try:
            found[name] = None if value is None else _value(told, name, value)
        except (ValueError, OverflowError, InvalidOperation):
            unread.append(name)
    return found, tuple(unread)


def _value(told: Map, name: str, written: str) -> Any:
    """Return what a value means. Raises ValueError where it cannot mean that."""
    way = told.fields[name]
    value = wire.mended(written)
    if name in ("text", "reply"):
        return _words(plain(value) if way.html else value)
    value = value.strip()
    if len(value) > LONGEST_NAME:
        raise ValueError(name)
    value = way.words.get(value.casefold(), value)
    if name == "rating":
        return stars(value, way.scale)
    if name in ("posted_at", "updated_at"):
        return instant(value, way.formats, way.zone)
    return _named(told, name, value)


def _named(told: Map, name: str, value: str) -> Any:
    if name == "recommends":
        return columns.recommends(value)
    if name == "platform":
        meant = told.platforms.get(value.casefold())
        return meant or (columns.platform_name(value) if value else "")
    if name == "clinic":
        usual = "" if told.fields[name].listed else columns.slug(value)
        return told.clinics.get(value.casefold(), usual)
    if name == "url":
        return value if re.match(r"https?://\S+\Z", value) else ""
    return value


def _words(value: str) -> str:
    return value.replace("\r\n", "\n").replace("\r", "\n").strip()[: columns.LONGEST_TEXT]


def with_options(told: Map, zone: str, clinics: Mapping[str, Any]) -> Map:
    """Return the map as one source's settings complete it. Raises KeyError, ValueError."""
    known = {**told.clinics, **{str(k).casefold(): str(v) for k, v in clinics.items()}}
    fields: Iterable[tuple[str, Field]] = told.fields.items()
    if zone:
        there = ZoneInfo(zone)
        fields = ((name, replace(each, zone=there)) for name, each in fields)
    return replace(told, clinics=known, fields=dict(fields))

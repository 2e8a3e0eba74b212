"""Alert mails: what a platform writes to the practice when somebody has reviewed it.

No platform publishes how its mails are laid out, and they change. So the readers are data
(alerts/*.toml, one file a platform, versioned): who sends, which subjects announce a review, and
where in the mail stands what. What they cannot read is announced all the same, with its link.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any, NoReturn
from urllib.parse import urlsplit

import httpx
from cssselect import HTMLTranslator
from lxml import etree  # type: ignore[import-untyped]

from cases.models import Source
from cases.ports import Capabilities, Page, SeenReview, unsupported
from cases.talking.mails import Mail as Letter
from cases.talking.markup import tree
from cases.talking.senders import aligned
from reviews.access import Access

CAN = Capabilities(note="Reads alert mails; replies go out by hand, or by the platform's own API.")

_MOST_LINES, _LONGEST_LINE, _MOST_TEXT = 2_000, 2_000, 20_000
_LINK = re.compile(r"https://[^\s<>\"')\]]{3,1500}")
_SAID = ("rating", "recommends", "text")  # a layout that finds none of these has read nothing
_STARS = "★"


@dataclass(frozen=True, slots=True)
class Alert:
    """What an alert mail announces: the review as far as it could be read, and by which reader.

    `seen` is None where the platform writes of something else. `place`: the name the mail gives the
    location or provider. `contest_until`: the end of the window to contest it.
    """

    platform: str
    reader: str
    seen: SeenReview | None = None
    place: str = ""
    contest_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Reader:
    """One platform's readers, as its file says."""

    platform: str
    version: str
    senders: tuple[str, ...]
    hosts: tuple[str, ...]
    about: re.Pattern[str]
    layouts: tuple[Mapping[str, Any], ...]
    native: re.Pattern[str] | None


@dataclass(frozen=True, slots=True)
class _Sheet:
    """An alert mail as a layout looks at it: its lines, its links, its parsed HTML."""

    mail: Letter
    lines: tuple[str, ...]
    links: tuple[str, ...]
    root: Any = field(default=None, repr=False)


class Mail:
    """A mailbox alert mails come to. It is fetched by the inbox; nothing is asked of a platform."""

    name, can = "mail", CAN

    def __init__(self, *_: Source | Access | httpx.Client | None) -> None: ...

    def pages(self, *_: object, **__: object) -> Iterator[Page]:
        yield from ()

    def _cannot(self, *_: object) -> NoReturn:
        raise unsupported(self.name)

    look = publish = state = hide = block = delete_reply = _cannot


def alert(mail: Letter, places: Mapping[str, str] | None = None) -> Alert | None:
    """Read an alert mail; None where it says it is from none of the platforms we know.

    Whether it truly is from there must be asked of `senders.vouched`. `places` names clinics (their
    slugs) by what a platform calls them.
    """
    reader = reader_of(mail.sender)
    if reader is None:
        return None
    named = f"{reader.platform} {reader.version}"
    if not reader.about.search(mail.subject[:_LONGEST_LINE]):
        return Alert(reader.platform, named)
    return _announced(reader, _sheet(mail), places or {})


def reader_of(sender: str) -> _Reader | None:
    """Return what reads mails of a sender; by its domain, never by its name."""
    domain = sender.rpartition("@")[2]
    return next((r for r in readers() if any(_is_under(domain, s) for s in r.senders)), None)


def _is_under(domain: str, sender: str) -> bool:
    return aligned(sender, domain) and (domain == sender or domain.endswith(f".{sender}"))


@cache
def readers() -> tuple[_Reader, ...]:
    """Return every platform's readers, each with the layouts that are tried for any of them."""
    found = [tomllib.loads(each.read_text("utf-8")) for each in _files()]
    common = [layout for each in found if "platform" not in each for layout in each["layouts"]]
    return tuple(_reader(each, common) for each in found if "platform" in each)


def _files() -> Iterable[Any]:
    folder = files("reviews").joinpath("alerts")
    return sorted((f for f in folder.iterdir() if f.name.endswith(".toml")), key=lambda f: f.name)


def _reader(told: Mapping[str, Any], common: list[Mapping[str, Any]]) -> _Reader:
    native = told.get("native")
    return _Reader(
        platform=told["platform"],
        version=told["version"],
        senders=tuple(told["senders"]),
        hosts=tuple(told["hosts"]),
        about=re.compile(told["about"], re.IGNORECASE),
        layouts=(*told.get("layouts", ()), *common),
        native=re.compile(native) if native else None,
    )


def _sheet(mail: Letter) -> _Sheet:
    root = tree(mail.html) if mail.html.strip() else None
    lines = [line.strip().removeprefix("> ") for line in mail.text.splitlines()[:_MOST_LINES]]
    hrefs = [str(each) for each in root.xpath("//a/@href")[:500]] if root is not None else []
    found = [each for href in (*hrefs, *lines) for each in _LINK.findall(href[:_LONGEST_LINE])]
    return _Sheet(mail, tuple(filter(None, lines)), tuple(dict.fromkeys(found)), root)


def _announced(reader: _Reader, sheet: _Sheet, places: Mapping[str, str]) -> Alert:
    found, layout = _by_layout(reader, sheet)
    url = _url(reader, sheet, found.get("link", ""))
    place = found.get("place", "")
    seen = SeenReview(
        platform=reader.platform,
        external_id=_identity(reader, sheet.mail, found, url),
        text=found.get("text", "")[:_MOST_TEXT],
        author=found.get("author", "")[:300],
        rating=_stars(found.get("rating", "")),
        recommends=_recommends(found.get("recommends", "")),
        url=url,
        clinic=_slug(place, places),
        kind=layout.get("kind", "review"),
        cut=True,
    )
    seen = replace(seen, cut=_is_cut(seen))
    until = _contest_until(layout, sheet.mail, found.get("contest_until", ""))
    named = f"{reader.platform} {reader.version} {layout.get('name', 'unread')}"
    return Alert(reader.platform, named, seen, place, until)


def _is_cut(seen: SeenReview) -> bool:
    """Tell whether more of it stands at the platform than the mail shows."""
    text = seen.text.rstrip()
    return not text or text.endswith(("…", "..."))


def _by_layout(reader: _Reader, sheet: _Sheet) -> tuple[dict[str, str], Mapping[str, Any]]:
    for layout in reader.layouts:
        if "subject" in layout and not re.search(layout["subject"], sheet.mail.subject, re.I):
            continue
        found = {name: _found(sheet, ways) for name, ways in layout.get("fields", {}).items()}
        if any(found.get(name) for name in _SAID):
            return found, layout
    return {}, {}


def _found(sheet: _Sheet, ways: Iterable[Mapping[str, Any]]) -> str:
    return next((said for way in ways if (said := _by_way(sheet, way).strip())), "")


def _by_way(sheet: _Sheet, way: Mapping[str, Any]) -> str:
    """Read one field one way: by selector, between two lines, in the subject, or in a line."""
    if "css" in way:
        said = _selected(sheet.root, way["css"], way.get("attr", ""))
        return _first(way["pattern"], said.splitlines()) if "pattern" in way else said
    if "after" in way:
        return _between(sheet.lines, way["after"], way.get("until", r"$^"))
    if "subject" in way:
        return _first(way["subject"], [sheet.mail.subject])
    return _first(way["line"], sheet.lines)


def _selected(root: Any, selector: str, attr: str) -> str:
    if root is None:
        return ""
    for node in _xpath(selector)(root)[:5]:
        said = str(node.get(attr, "")) if attr else _words(node)
        if said.strip():
            return said[:_MOST_TEXT]
    return ""


@cache
def _xpath(selector: str) -> Any:
    return etree.XPath(HTMLTranslator().css_to_xpath(selector))


def _words(node: Any) -> str:
    return " ".join("".join(node.itertext()).split())


def _first(pattern: str, lines: Iterable[str]) -> str:
    for line in lines:
        if (found := re.search(pattern, line[:_LONGEST_LINE], re.IGNORECASE)) is not None:
            return str(next((each for each in found.groups() if each), found[0]))
    return ""


def _between(lines: tuple[str, ...], after: str, until: str) -> str:
    """Return the lines behind one that matches, up to one that ends them."""
    kept: list[str] = []
    begun = False
    for line in lines:
        start = line[:_LONGEST_LINE]
        if begun and re.search(until, start, re.IGNORECASE):
            break
        if begun:
            kept.append(line)
        begun = begun or re.search(after, start, re.IGNORECASE) is not None
    return "\n".join(kept).strip().strip('“”"')


def _url(reader: _Reader, sheet: _Sheet, wanted: str) -> str:
    """Return the address of the review; only one of the platform's own: a mail may name any."""
    ours = [each for each in sheet.links if _belongs(each, reader.hosts)]
    if reader.native is not None:
        named = [each for each in ours if reader.native.search(each)]
        ours = named or ours
    if wanted and _belongs(wanted, reader.hosts):
        return wanted
    likely = [each for each in ours if re.search(r"review|rating|recommend|comment|status", each)]
    return next(iter([*likely, *ours]), "")


def _belongs(url: str, hosts: tuple[str, ...]) -> bool:
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    return any(host == each or host.endswith(f".{each}") for each in hosts)


def _identity(reader: _Reader, mail: Letter, found: Mapping[str, str], url: str) -> str:
    """Return the platform's own id where its link holds it; else one of who says what of whom.

    A mail nobody can read is known by its link or, without one, by itself.
    """
    native = reader.native.search(url) if reader.native is not None else None
    if native is not None:
        return native[1]
    said = [found.get(name, "") for name in ("place", "author", "text", "rating", "recommends")]
    if not (found.get("text") or (found.get("author") and any(said[3:]))):
        said = [url or mail.message_id]
    folded = "|".join(" ".join(each.split()).casefold() for each in said)
    return f"mail-{sha256(folded.encode()).hexdigest()[:24]}"


def _slug(place: str, places: Mapping[str, str]) -> str:
    folded = {" ".join(name.split()).casefold(): str(slug) for name, slug in places.items()}
    return folded.get(" ".join(place.split()).casefold(), "")


def _stars(written: str) -> Decimal | None:
    if _STARS in written:
        return Decimal(min(written.count(_STARS), 5))
    words = ("zero", "one", "two", "three", "four", "five")
    if written.casefold() in words:
        return Decimal(words.index(written.casefold()))
    try:
        stars = Decimal(written.replace(",", "."))
    except InvalidOperation:
        return None
    return stars if stars.is_finite() and 0 <= stars <= 5 else None


def _recommends(written: str) -> bool | None:
    if not written:
        return None
    return re.search(r"n['’]t\b|\b(?:not|no)\b", written, re.IGNORECASE) is None


def _contest_until(layout: Mapping[str, Any], mail: Letter, written: str) -> datetime | None:
    """Return the end of the window the mail tells, or that many days from when it was sent."""
    for form in layout.get("dates", ("%B %d, %Y", "%m/%d/%Y", "%Y-%m-%d")):
        try:
            return datetime.strptime(written, form).replace(hour=12, tzinfo=UTC)
        except ValueError:
            continue
    days = layout.get("contest_days")
    if days is None or mail.sent_at is None:
        return None
    return mail.sent_at + timedelta(days=int(days))

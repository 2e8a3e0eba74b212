"""What the columns of a review file mean, and how a cell becomes a value."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from itertools import product
from typing import Any

from cases.ports import SeenReview

LONGEST_TEXT = 100_000  # characters
LONGEST_NAME = 2_000  # characters of any other cell: beyond that it is surely the wrong column

# The names a field goes by, the best first: where a file has several, the others are ignored.
# Names are compared whole, so that `staff_rating` or `reviewReply.comment` never pass for another.
ALIASES: dict[str, tuple[str, ...]] = {
    "platform": ("platform", "source", "site", "platformname", "sourcename"),
    "external_id": ("externalid", "reviewid", "id", "reviewname"),
    "text": (
        *("text", "reviewtext", "reviewbody", "review", "comment", "content", "body", "comments"),
        *("message", "feedback"),
    ),
    "author": (
        *("author", "reviewer", "reviewer.displayname", "displayname", "author.name"),
        *("reviewer.name", "authorname", "user.name", "username", "name"),
    ),
    "rating": (
        *("rating", "stars", "starrating", "reviewrating", "overallrating", "score"),
        *("reviewrating.ratingvalue", "ratingvalue"),
    ),
    "recommends": (
        *("recommends", "recommended", "recommend", "recommendationtype", "wouldrecommend"),
    ),
    "posted_at": (
        *("postedat", "date", "createtime", "createdtime", "timecreated", "publishedat"),
        *("createdat", "reviewdate", "dateposted", "datepublished", "publishtime", "timestamp"),
    ),
    "url": ("url", "link", "reviewurl", "reviewlink", "permalink", "permalinkurl"),
    "clinic": ("clinic", "clinicslug", "clinicid", "clinicname", "practice", "office"),
}

PLATFORMS: dict[str, str] = {
    alias: name
    for name, aliases in {
        "google": "google googlebusinessprofile googlemybusiness googlemaps googlereviews gbp gmb",
        "facebook": "facebook fb facebookpage facebookreviews facebookrecommendations",
        "x": "x twitter xtwitter xformerlytwitter twitterx",
        "yelp": "yelp yelpreviews",
        "healthgrades": "healthgrades",
        "vitals": "vitals",
        "ratemds": "ratemds ratemd",
        "email": "email mail",
        "file": "file",
    }.items()
    for alias in aliases.split()
}

_NOTHING = {"", "-", "n/a", "na", "none", "null", "nan"}
_WORDS = {
    **{word: Decimal(stars) for stars, word in enumerate(("zero", "one", "two", "three"))},
    **{"four": Decimal(4), "five": Decimal(5)},
}
_STARS = re.compile(
    r"([0-9]{1,3}(?:[.,][0-9]{1,20})?)\s*(?:(?:/|out of|of)\s*(5|10|100))?(?:[\s-]*stars?)?"
    r"(?:\s+rating)?"
)
_YES = {"positive", "yes", "y", "true", "1", "recommended", "recommends", "recommend"}
_NO = {
    *("negative", "no", "n", "false", "0", "not recommended", "does not recommend"),
    *("doesn't recommend", "doesn’t recommend", "not recommend"),
}
_EPOCH = re.compile(r"[0-9]{9,10}(?:\.[0-9]{1,9})?|[0-9]{13}")
_DAYS = ("%m/%d/%Y", "%m/%d/%y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%d %b %Y", "%d %B %Y")
_HOURS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", ", %I:%M %p")
_DATES = (
    *(day + hour for hour, day in product(_HOURS, _DAYS)),
    *("%a, %d %b %Y %H:%M:%S %z", "%a %b %d %H:%M:%S %z %Y"),  # mail's, and X's
)


@dataclass(frozen=True, slots=True)
class Given:
    """What holds for every row of a file that does not say otherwise itself."""

    platform: str
    clinic: str
    zone: tzinfo


class Unreadable(ValueError):
    """A row that cannot become a review. Says the column, the value and the remedy."""


def plain(name: str) -> str:
    """Return a column's name as it is compared: no case, spaces, hyphens or underscores."""
    return re.sub(r"[\s_-]+", "", name).casefold()


def choose(present: Iterable[str], wanted: Mapping[str, str]) -> dict[str, str]:
    """Return field -> column, as far as they are present: `wanted` first, then the aliases."""
    exact = list(present)
    named = {plain(column): column for column in reversed(exact)}
    chosen = {f: c if c in exact else named.get(plain(c), "") for f, c in wanted.items()}
    taken = set(chosen.values())
    for field, aliases in ALIASES.items():
        found = (named[alias] for alias in aliases if named.get(alias, "") not in {"", *taken})
        chosen.setdefault(field, next(found, ""))
    return {field: column for field, column in chosen.items() if column}


def check(present: Iterable[str], wanted: Mapping[str, str]) -> dict[str, str]:
    """Choose as above; raise ValueError where a wish cannot be met or nothing can be judged."""
    columns = list(present)
    listed = ", ".join(columns)[:500]
    if unknown := [field for field in wanted if field not in ALIASES]:
        raise ValueError(f"there is no field {unknown[0]!r}; the fields are {', '.join(ALIASES)}")
    chosen = choose(columns, wanted)
    if missing := [field for field in wanted if field not in chosen]:
        raise ValueError(
            f"there is no column {wanted[missing[0]]!r} to read {missing[0]} from; "
            f"the columns are {listed}"
        )
    if not chosen.keys() & {"text", "rating", "recommends"}:
        raise ValueError(
            f"no text and no rating column found among: {listed}; name them, "
            "for example --map text=COLUMN --map rating=COLUMN"
        )
    return chosen


def platform_name(name: str) -> str:
    """Return the platform's own name ("Twitter" -> "x"), or the lower-cased slug of another."""
    bare = re.sub(r"^\s*(https?://)?(www\.)?|\.com/?\s*$", "", name.casefold())
    return PLATFORMS.get(re.sub(r"[\W_]+", "", bare)) or slug(bare) or "file"


def slug(name: str) -> str:
    """Return the name in lower case with hyphens for everything but letters and digits."""
    return re.sub(r"[\W_]+", "-", name.casefold()).strip("-")


def review(cells: Mapping[str, str], names: Mapping[str, str], given: Given) -> SeenReview:
    """Make a review from field -> cell; `names` (field -> column) is for the words of an error.

    Raises Unreadable.
    """
    found: dict[str, Any] = {}
    for field, cell in cells.items():
        try:
            found[field] = _value(field, cell, given)
        except ValueError as error:
            raise Unreadable(f"{names[field]}: {_short(cell)} {error}") from None
    if not found.get("text") and found.get("rating") is None and found.get("recommends") is None:
        raise Unreadable("neither text nor rating; fill in one of them or leave the row out")
    found["text"] = found.get("text", "")
    found["platform"] = found.get("platform") or platform_name(given.platform)
    found["clinic"] = found.get("clinic") or slug(given.clinic)
    found["external_id"] = found.get("external_id") or _made_up_id(found)
    return SeenReview(**found)


def _value(field: str, cell: str, given: Given) -> object:
    """Return what a cell says; None or "" where it says nothing."""
    if "\0" in cell:
        raise ValueError("holds a NUL byte; remove it")
    longest = LONGEST_TEXT if field == "text" else LONGEST_NAME
    if len(cell) > longest:
        raise ValueError(f"is longer than {longest:,} characters; is it the right column?")
    value = _whole(cell.strip())
    if field == "text":
        return value.replace("\r\n", "\n").replace("\r", "\n")
    if value.casefold() in _NOTHING:
        value = ""
    if field == "posted_at":
        return posted_at(value, given.zone)
    return _READERS[field](value) if field in _READERS else value


def rating(value: str) -> Decimal | None:
    """Return stars from 0 to 5, to two places: "4", "3,5", "8/10", "FIVE", "2 stars", "★★".

    Raises ValueError. What is counted out of 10 or 100 is scaled to 5.
    """
    word = value.casefold()
    if word in {"", "star_rating_unspecified"}:
        return None
    stars = _WORDS.get(word.removesuffix("stars").removesuffix("star").strip())
    if stars is None:
        stars = _drawn(word) if set("★⭐½") & set(word) else _counted(word)
    if stars is None or stars > 5:
        raise ValueError("is no number of stars; write 0 to 5, such as 4 or 3.5, or leave it empty")
    return stars.quantize(Decimal("0.01"))


def _drawn(word: str) -> Decimal | None:
    if re.sub(r"[★⭐☆½\ufe0f\s]", "", word):
        return None
    return Decimal(word.count("★") + word.count("⭐")) + word.count("½") * Decimal("0.5")


def _counted(word: str) -> Decimal | None:
    match = _STARS.fullmatch(word)
    if not match:
        return None
    return Decimal(match[1].replace(",", ".")) * 5 / Decimal(match[2] or 5)


def recommends(value: str) -> bool | None:
    """Return whether the author recommends the practice: "positive", "No", "not recommended"."""
    word = " ".join(value.casefold().replace("_", " ").split())
    if word and word not in _YES | _NO:
        raise ValueError("is neither yes nor no; write positive or negative, or leave it empty")
    return word in _YES if word else None


def posted_at(value: str, zone: tzinfo) -> datetime | None:
    """Return the moment in UTC; a time without a zone of its own is read in `zone`.

    Raises ValueError, also for years before 1990: those are a spreadsheet's way of writing none.
    """
    if not value:
        return None
    moment = _moment(value)
    if moment is None or not 1990 <= moment.year <= 9000:
        raise ValueError("is no date; write it like 2026-11-05 or 2026-11-05T14:30, or empty it")
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)


def _moment(value: str) -> datetime | None:
    if _EPOCH.fullmatch(value):
        return datetime.fromtimestamp(float(value) / (1000 if len(value) == 13 else 1), UTC)
    try:
        return datetime.fromisoformat(re.sub(r"\s*(?:UTC|GMT)$", "+00:00", value))
    except ValueError:
        return _written_out(" ".join(value.split()))


def _written_out(value: str) -> datetime | None:
    if len(value) > 40 or not value.isascii():
        return None
    for form in _DATES:
        try:
            return datetime.strptime(value, form)  # noqa: DTZ007  its zone is given by the caller
        except ValueError:
            continue
    return None


def _url(value: str) -> str:
    """Return a web address; nothing else, since it becomes a link somebody clicks."""
    address = f"https://{value}" if value.casefold().startswith("www.") else value
    if address and not re.match(r"https?://[^\s]+$", address, re.IGNORECASE):
        raise ValueError("is no web address; write https://... or leave it empty")
    return address


def _author(value: str) -> str:
    return "" if "/reviews/" in value else value  # Google's `name` is the review's, not a person's


_READERS: dict[str, Callable[[str], object]] = {
    "platform": lambda value: platform_name(value) if value else "",
    "author": _author,
    "rating": rating,
    "recommends": recommends,
    "url": _url,
    "clinic": slug,
}


def _whole(value: str) -> str:
    """Replace halves of characters: exports that cut a text to length cut emoji in two."""
    return value if value.isascii() else re.sub("[\ud800-\udfff]", "\ufffd", value)


def _short(cell: str) -> str:
    return repr(cell if len(cell) <= 60 else cell[:57] + "...")


def _made_up_id(found: Mapping[str, Any]) -> str:
    """Return an id that is the same whenever the same review is read again.

    Two reviews alike in platform, clinic, author, moment and words count as one.
    """
    posted = found.get("posted_at")
    words = " ".join(unicodedata.normalize("NFKC", found["text"]).casefold().split())
    parts = (found["platform"], found["clinic"], found.get("author", ""), posted or "", words)
    told = "|".join(str(part) for part in parts)
    return "sha-" + hashlib.sha256(told.encode()).hexdigest()[:32]

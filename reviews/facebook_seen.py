"""What Facebook tells of recommendations, comments, mentions and messages, as reviews."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Literal

from cases.ports import SeenReview
from reviews.wire import Raw, part, parts, said, stars

Kind = Literal["comment", "mention"]
HASHED = "hash:"  # before the ids of those Facebook gives none
PRIVATE = ("m_", "mid.")  # how the ids of private messages begin
_ID = re.compile(r"[A-Za-z0-9_:=.$+/-]{1,255}")
_MILLISECONDS = 100_000_000_000  # beyond it a number of seconds lies in the year 5138
_TYPES = re.compile(r"[a-z_]{1,20}")


def rows_of(answer: object) -> list[Raw]:
    """Return the rows of an edge's answer, without what is none."""
    return parts(answer, "data") if isinstance(answer, Mapping) else []


def after_of(answer: Raw) -> str:
    """Return the cursor behind a page, "" on the last one: `next` says whether there is more."""
    paging = part(answer, "paging")
    after = part(paging, "cursors").get("after")
    return after if paging.get("next") and isinstance(after, str) else ""


def ident(value: object) -> str:
    """Return an id as text, "" where it is none: Facebook writes them as text and as numbers."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if 0 < value < 10**40 else ""
    return value if isinstance(value, str) and _ID.fullmatch(value) else ""


def when(value: object) -> datetime | None:
    """Return an instant: ISO 8601 as the API writes it, or seconds or milliseconds since 1970."""
    try:
        if isinstance(value, str) and not value.isdigit():
            found = datetime.fromisoformat(value)
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            return None
        number = float(value[:20] if isinstance(value, str) else value)
        return datetime.fromtimestamp(number / (1000 if number > _MILLISECONDS else 1), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def place_of(external_id: str) -> str:
    """Return the public address of a story or a comment; none for what has no id of its own."""
    plain = re.fullmatch(r"[0-9_]+", external_id)
    return f"https://www.facebook.com/{external_id}" if plain else ""


def recommendation(row: Raw, page: str, as_of: datetime) -> SeenReview | None:
    """Return a row of the ratings edge: a recommendation, or stars from before August 2018."""
    return _recommendation(
        row,
        page,
        as_of,
        story=ident(part(row, "open_graph_story").get("id")),
        author_id=ident(part(row, "reviewer").get("id")),
        author=said(part(row, "reviewer").get("name")),
    )


def pushed_recommendation(value: Raw, page: str, as_of: datetime) -> SeenReview | None:
    """Return what a webhook tells of one."""
    return _recommendation(
        value,
        page,
        as_of,
        story=ident(value.get("open_graph_story_id")),
        author_id=ident(value.get("reviewer_id")),
        author=said(value.get("reviewer_name")),
    )


def _recommendation(
    row: Raw, page: str, as_of: datetime, *, story: str, author_id: str, author: str
) -> SeenReview | None:
    recommends = {"positive": True, "negative": False}.get(str(row.get("recommendation_type")))
    rating = None if recommends is not None else stars(row.get("rating"))
    text = said(row.get("review_text"))
    external_id = story or _hashed(page, author_id, said(row.get("created_time")), text)
    if not external_id or (recommends is None and rating is None and not text.strip()):
        return None
    return SeenReview(
        "facebook",
        external_id,
        text,
        author,
        rating=rating,
        recommends=recommends,
        posted_at=when(row.get("created_time")),
        url=place_of(external_id),
        kind="review" if recommends is None else "recommendation",
        author_id=author_id,
        updated_at=as_of,
    )


def _hashed(page: str, author_id: str, created: str, text: str) -> str:
    """Return an id for a recommendation without one: a person writes one about a page at most."""
    if not author_id and not (created and text):
        return ""
    told = f"{page}|{author_id}" if author_id else f"{created}|{text}"
    return HASHED + hashlib.sha256(told.encode()).hexdigest()


def remark(
    row: Raw, page: str, as_of: datetime, kind: Kind = "comment", reply: str | None = None
) -> SeenReview | None:
    """Return a comment or a post of a visitor; None where it is our own, or has no words."""
    author = part(row, "from")
    text, external_id = said(row.get("message")), ident(row.get("id"))
    if not external_id or not text.strip() or is_ours(row, page):
        return None
    link = row.get("permalink_url")
    known = isinstance(link, str) and link.startswith("https://www.facebook.com/")
    return SeenReview(
        "facebook",
        external_id,
        text,
        said(author.get("name")),
        posted_at=when(row.get("created_time")),
        url=str(link)[:500] if known and str(link).isascii() else place_of(external_id),
        kind=kind,
        author_id=ident(author.get("id")),
        updated_at=as_of,
        reply=reply,
    )


def is_ours(row: Raw, page: str) -> bool:
    """Tell whether the page itself wrote this."""
    return ident(part(row, "from").get("id")) == page


def replies(rows: Iterable[Raw], page: str) -> dict[str, str]:
    """Return the page's first answer to each comment, by the comment's id."""
    found: dict[str, tuple[datetime, str]] = {}
    for row in rows:
        parent = ident(part(row, "parent").get("id"))
        if parent and is_ours(row, page):
            new = (when(row.get("created_time")) or datetime.max.replace(tzinfo=UTC),
                   said(row.get("message")))  # fmt: skip
            found[parent] = min(found.get(parent, new), new)
    return {parent: text for parent, (_, text) in found.items()}


def message(
    mid: object, sender: object, words: object, at: object, attachments: object, name: object = ""
) -> SeenReview | None:
    """Return a private message to the page; None where nobody can tell what or whose it is."""
    external_id, author_id = ident(mid), ident(sender)
    text = said(words).strip() or _attached(attachments)
    if not external_id or not author_id or not text:
        return None
    return SeenReview(
        "facebook",
        external_id,
        text,
        said(name),
        posted_at=when(at),
        kind="message",
        author_id=f"psid:{author_id}",
    )


def _attached(attachments: object) -> str:
    if isinstance(attachments, Mapping):
        attachments = attachments.get("data")
    if not isinstance(attachments, list) or not attachments:
        return ""
    kinds = (str(each.get("type", "")) for each in attachments[:10] if isinstance(each, Mapping))
    return f"[without words: {', '.join(filter(_TYPES.fullmatch, kinds)) or 'a file'}]"

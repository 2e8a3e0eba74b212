"""What X says, read from JSON, and how X counts: weighted letters, ids that hold their time."""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from cases.ports import PlatformError, SeenReview
from reviews.wire import Raw, instant, part, parts, text

LIMIT = 280
_LINK = 23  # what any link counts, however long it is
# One letter each; everything else counts two (twitter-text, configuration 3).
_LIGHT = re.compile(r"[\u0000-\u10ff\u2000-\u200d\u2010-\u201f\u2032-\u2037]")
_ENDS = (
    "com|org|net|edu|gov|info|biz|io|co|me|us|uk|ca|app|health|care|clinic|doctor|dental|hospital"
)
_URL = re.compile(
    r"https?://[^\s<>\"]{1,4000}"
    rf"|(?<![\w@.\-])(?:[a-z0-9][a-z0-9\-]{{0,62}}\.){{1,8}}(?:{_ENDS})\b(?:/[^\s<>\"]{{0,4000}})?",
    re.IGNORECASE,
)
_BASE = (
    r"[\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u23ff\u25a0-\u27bf\u2900-\u297f"
    r"\u2b00-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
)
_PERSON = rf"{_BASE}[\ufe0f\U0001f3fb-\U0001f3ff]{{0,2}}"
_EMOJI = re.compile(
    r"[\U0001f1e6-\U0001f1ff]{2}"  # a flag
    r"|[0-9#*]\ufe0f?\u20e3"  # a key
    rf"|{_PERSON}(?:\u200d{_PERSON})*[\U000e0020-\U000e007f]{{0,32}}"
)
_EMOJI_COST, _PLAIN = 2, ("\u00a9", "\u00ae")
_EPOCH = 1_288_834_974_657  # ms: where X's ids begin to count
_ID = re.compile(r"[0-9]{1,19}")


def is_id(value: str) -> bool:
    """Tell whether something can be an id of X's."""
    return _ID.fullmatch(value) is not None and value.isascii()


def length(words: str) -> int:
    """Return how long a post is as X counts: links 23, an emoji or a CJK letter 2, others 1.

    A sequence that shows as one emoji counts as one. Source: X's twitter-text, configuration 3.
    """
    left = unicodedata.normalize("NFC", words)
    total, end = 0, 0
    for match in _URL.finditer(left):
        link = match.group().rstrip(".,;:!?)'")
        total += _weight(left[end : match.start()]) + _LINK
        end = match.start() + len(link)
    return total + _weight(left[end:])


def _weight(words: str) -> int:
    emoji = [m.group() for m in _EMOJI.finditer(words) if m.group() not in _PLAIN]
    rest = _EMOJI.sub(lambda m: m.group() if m.group() in _PLAIN else "", words)
    return _EMOJI_COST * len(emoji) + 2 * len(rest) - len(_LIGHT.findall(rest))


def has_link(words: str) -> bool:
    """Tell whether X would make a link of some of these words; such a post costs more."""
    return _URL.search(words) is not None


def id_at(when: datetime) -> str:
    """Return the lowest id a post written then can have, "" before ids told the time."""
    since = int(when.timestamp() * 1000) - _EPOCH
    return str(since << 22) if since > 0 else ""


def time_of(post_id: str) -> datetime | None:
    """Return when a post was written, from its id; None for those before ids told the time."""
    since = int(post_id) >> 22 if is_id(post_id) else 0
    return datetime.fromtimestamp((since + _EPOCH) / 1000, UTC) if since else None


@dataclass(frozen=True, slots=True)
class Turn:
    """How far mentions were read: from which id on, the newest there was, the page that is next."""

    since: str = ""
    newest: str = ""
    token: str = ""

    def dump(self) -> str:
        return json.dumps(asdict(self))


def turn_of(cursor: str) -> Turn:
    """Return where a cursor points to. Raises PlatformError for one we did not hand out."""
    try:
        held = json.loads(cursor)
        return Turn(str(held["since"]), str(held["newest"]), str(held["token"]))
    except (ValueError, KeyError, TypeError, RecursionError):
        raise PlatformError("x-cursor", "no cursor of ours", permanent=True) from None


def history(post: Raw) -> tuple[str, ...]:
    """Return the ids of a post's states, the first one first: each edit has an id of its own."""
    for name in ("edit_history_post_ids", "edit_history_tweet_ids"):
        found = post.get(name)
        if isinstance(found, list):
            ids = [each for each in found if isinstance(each, str) and is_id(each)]
            if ids:
                return tuple(sorted(ids, key=int))
    own = text(post, "id")
    return (own,) if is_id(own) else ()


def seen(post: Raw, authors: Mapping[str, str], us: str) -> SeenReview | None:
    """Return a post that mentions us as a review: under its first id, for an edit is no new one.

    None for what we wrote ourselves, for a repost, which says nothing of its own, and for what
    has no id. `authors`: handles by id.
    """
    ids, author = history(post), text(post, "author_id")
    if not ids or author == us or "retweeted" in dict(referred(post)):
        return None
    posted = time_of(ids[0]) or instant(text(post, "created_at"))
    return SeenReview(
        "x",
        ids[0],
        said(post),
        author=authors.get(author, "") or text(post, "username"),
        posted_at=posted,
        updated_at=time_of(ids[-1]) or posted,
        url=f"https://x.com/i/status/{ids[0]}",
        kind="mention",
        author_id=author,
    )


def said(post: Raw) -> str:
    """Return the whole text of a post, a long one's too, with <, > and & as they were typed."""
    long = part(post, "note_post") or part(post, "note_tweet")
    return html.unescape(text(long, "text") or text(post, "text")).replace("\x00", "").strip()


def referred(post: Raw) -> Iterator[tuple[str, str]]:
    """Yield how a post refers to others: "quoted", "replied_to" or "retweeted", and their ids."""
    for each in parts(post, "referenced_posts") or parts(post, "referenced_tweets"):
        yield text(each, "type"), text(each, "id")


def handles(page: Raw) -> dict[str, str]:
    """Return the handles of the users a page includes, by id."""
    users = parts(part(page, "includes"), "users")
    return {text(each, "id"): text(each, "username") for each in users}


def summons(page: Raw, us: str) -> bool:
    """Tell whether the post of a look-up calls us: it mentions us, or quotes a post of ours.

    Only then may a program answer it (X, since 23 February 2026).
    """
    post, others = part(page, "data"), part(page, "includes")
    if any(text(each, "id") == us for each in parts(part(post, "entities"), "mentions")):
        return True
    posts = parts(others, "posts") or parts(others, "tweets")
    ours = {text(each, "id") for each in posts if text(each, "author_id") == us}
    return any(how == "quoted" and which in ours for how, which in referred(post))


def is_missing(page: Raw) -> bool:
    """Tell whether a look-up says that there is no such post (any more)."""
    return not part(page, "data") and any(
        text(each, "type").endswith("/resource-not-found") for each in parts(page, "errors")
    )

"""Yelp: three excerpts to look at, for a day, and never to analyse; replies by partners or hand."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

import httpx

from cases.models import Source
from cases.ports import (
    Capabilities,
    Page,
    PlatformError,
    PublicReply,
    Published,
    SeenReview,
    unsupported,
)
from reviews import web
from reviews.access import Access
from reviews.guide import Guide
from reviews.wire import error_in, part, said, stars
from reviews.yelp_partner import MOST_CHARACTERS, Partner

NAME = "yelp"
# Places API terms: cached for 24 hours at most, and no analysis of what it shows.
CAN = Capabilities(
    pull=True,
    reply_limit=MOST_CHARACTERS,
    keep_text=timedelta(hours=24),
    may_analyse=False,
    note="Yelp shows programs three excerpts and lets none analyse them: judged by stars alone; "
    "read its alert mails for all. Yelp wants nobody asked for a review: never invite to it.",
)
GUIDE = Guide(
    home="https://biz.yelp.com/",
    steps=(
        "Sign in to Yelp for Business; the owner's photo must be there before anybody can answer.",
        "Open Reviews, find it by its stars and first words, and choose to post a public comment.",
        "Paste the approved text and change no word; it takes no emoji.",
        "Come back with the address of the review and the time.",
    ),
    report_url="https://biz.yelp.com/",
    report_steps=(
        "Open the review in Yelp for Business, and the menu beside it, and choose Report review.",
        "Say which of Yelp's guidelines it breaks; name no patient and no fact of care.",
    ),
    report_kinds=(
        ("spam", "Promotional, or not by a customer"),
        ("conflict", "By somebody with an interest of their own"),
        ("privacy", "Shows private information"),
        ("threat", "Threats, lewdness or hate"),
        ("wrong_place", "About another business"),
    ),
    hosts=("yelp.com",),
)
_ZONE = ZoneInfo("America/Los_Angeles")  # times come without one, and are Pacific
_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")
_LATER = {"TOO_MANY_REQUESTS_PER_SECOND": timedelta(seconds=2)}
_AUTH = ("TOKEN_INVALID", "TOKEN_MISSING", "UNAUTHORIZED_ACCESS_TOKEN", "UNAUTHORIZED_API_KEY")


class Yelp:
    """One business. `place` is its Yelp id or alias.

    Settings: api_key; locale; and for practices that are Yelp's partners, partner_replies = true
    with client_id, client_secret and refresh_token (see reviews/yelp_partner.py).
    """

    name = NAME

    def __init__(self, source: Source, access: Access, http: httpx.Client | None = None) -> None:
        self._place, self._access = source.place, access
        self._http, self._mine = http or web.client(), http is None
        self._base = access.base_url("https://api.yelp.com")
        partner = access.switch("partner_replies")
        self._partner = Partner(access, self._http) if partner else None
        self.can = replace(CAN, reply=True) if partner else CAN

    def close(self) -> None:
        if self._mine:
            self._http.close()

    def pages(self, since: datetime, cursor: str = "", full: bool = False) -> Iterator[Page]:  # noqa: ARG002
        """Yield the three excerpts Yelp chooses to show, whatever their dates."""
        locale = self._access.text("locale", "en_US")
        request = self._http.build_request(
            "GET",
            f"{self._base}/v3/businesses/{quote(_sane(self._place), safe='')}/reviews",
            params={"limit": "3", "sort_by": "yelp_sort", "locale": locale},
            headers={"authorization": f"Bearer {self._access.need('api_key')}"},
        )
        answer = web.content(web.ask(self._http, request, NAME, explain=explain), NAME)
        rows = answer.get("reviews")
        seen = map(excerpt, rows if isinstance(rows, list) else [])
        yield Page(tuple(each for each in seen if each is not None))

    def look(self, external_id: str) -> SeenReview | None:  # noqa: ARG002
        """Raise: what is not among the three excerpts may stand there all the same."""
        raise unsupported(NAME)

    def publish(self, reply: PublicReply) -> Published:
        """Post as Yelp's partner, where the practice is one. Raises PlatformError."""
        if self._partner is None:
            raise unsupported(NAME)
        return self._partner.publish(reply)

    def state(self, reply: PublicReply) -> Published:  # noqa: ARG002
        """Raise: Yelp tells programs of no reply."""
        raise unsupported(NAME)

    def hide(self, external_id: str) -> None:  # noqa: ARG002
        """Raise: nobody hides a review at Yelp."""
        raise unsupported(NAME)

    def block(self, author_id: str) -> None:  # noqa: ARG002
        """Raise: Yelp blocks nobody for us."""
        raise unsupported(NAME)

    def delete_reply(self, external_id: str) -> None:  # noqa: ARG002
        """Raise: a person takes it back at biz.yelp.com."""
        raise unsupported(NAME)


def _sane(place: str) -> str:
    if not place.strip("./") or "/" in place:
        raise PlatformError(f"{NAME}-odd-id", "this is no business of Yelp's", permanent=True)
    return place


def excerpt(row: object) -> SeenReview | None:
    """Return an excerpt as a review that is cut short; None where it has no id or no stars."""
    if not isinstance(row, Mapping):
        return None
    external_id, rating = row.get("id"), stars(row.get("rating"))
    user = part(row, "user")
    if not isinstance(external_id, str) or not _ID.fullmatch(external_id) or rating is None:
        return None
    author_id = user.get("id")
    return SeenReview(
        NAME,
        external_id,
        said(row.get("text")),
        said(user.get("name")),
        rating=rating,
        posted_at=_when(row.get("time_created")),
        url=_link(row.get("url")),
        author_id=author_id if isinstance(author_id, str) and _ID.fullmatch(author_id) else "",
        cut=True,
    )


def _when(value: object) -> datetime | None:
    try:
        local = datetime.strptime(str(value), "%Y-%m-%d %H:%M:%S").replace(tzinfo=_ZONE)
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _link(value: object) -> str:
    """Return an address at Yelp without what says which program asked."""
    try:
        parts = urlsplit(value if isinstance(value, str) else "")
        host = parts.hostname or ""
    except ValueError:
        return ""
    ours = parts.scheme == "https" and (host == "yelp.com" or host.endswith(".yelp.com"))
    wanted = re.search(r"(?:^|&)(hrid=[A-Za-z0-9_-]+)", parts.query) if ours else None
    kept = f"?{wanted[1]}" if wanted else ""
    return f"https://{host}{parts.path}{kept}"[:500] if ours and parts.path.isascii() else ""


def explain(response: httpx.Response) -> PlatformError | None:
    """Return what Yelp's own code means; None where there is none."""
    error = error_in(response.content)
    code = error.get("code")
    if not isinstance(code, str) or not re.fullmatch(r"[A-Z_]{1,60}", code):
        return None
    short = f"{NAME}-{code.lower().replace('_', '-')}"
    if code in _AUTH or response.status_code == 401:
        words = "the key is not taken; see Yelp's developer pages"
        return PlatformError(f"{short}-auth", words, permanent=True)
    if response.status_code == 429:
        wait = _LATER.get(code) or _until_reset(response) or web.retry_after(response)
        return PlatformError(f"{short}-limit", "too many questions", retry_after=wait)
    if response.status_code == 404:
        return PlatformError(f"{short}-gone", "there is no such business", permanent=True)
    return None if response.status_code >= 500 else PlatformError(short, permanent=True)


def _until_reset(response: httpx.Response) -> timedelta | None:
    """Return how long until the day's questions begin anew (RateLimit-ResetTime, ISO 8601)."""
    try:
        until = datetime.fromisoformat(response.headers.get("ratelimit-resettime", ""))
        until = until if until.tzinfo else until.replace(tzinfo=UTC)
        left = until - datetime.now(UTC)
    except (ValueError, OverflowError):
        return None
    return min(max(left, timedelta(0)), web.LONGEST_WAIT)

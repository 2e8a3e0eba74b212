"""What Google's Business Profile API says, read from JSON; what it does not know is left out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal

import httpx

from cases.ports import PlatformError, Published, SeenReview
from reviews import web
from reviews.wire import Raw, instant, part, parts, text

LIMIT = 4096  # bytes of UTF-8 in a reply
_STARS = {"ONE": 1, "TWO": 2, "THREE": 3, "FOUR": 4, "FIVE": 5}
_TRANSLATED, _ORIGINAL = "(Translated by Google)", "(Original)"
_LONGEST_ID = 512
_REJECTED, _APPROVED = "REJECTED", "APPROVED"
_UNSAID = ("", "REVIEW_REPLY_STATE_UNSPECIFIED")


@dataclass(frozen=True, slots=True)
class Turn:
    """How far a list was read: the page that comes next, the one before it, how many there were."""

    token: str = ""
    back: str = ""
    total: int = -1

    def dump(self) -> str:
        return json.dumps(asdict(self))


def turn_of(cursor: str) -> Turn:
    """Return where a cursor points to. Raises PlatformError for one we did not hand out."""
    if not cursor:
        return Turn()
    try:
        held = json.loads(cursor)
        return Turn(str(held["token"]), str(held["back"]), int(held["total"]))
    except (ValueError, KeyError, TypeError, RecursionError, OverflowError):
        raise PlatformError("google-cursor", "no cursor of ours", permanent=True) from None


@dataclass(frozen=True, slots=True)
class OwnersReply:
    """The owner's reply as it stands there; `state` as Google names it, "" where it says none."""

    comment: str
    state: str = ""
    reason: str = ""

    @property
    def stands(self) -> bool:
        return bool(self.comment.strip()) and self.state != _REJECTED


def words(comment: str) -> str:
    """Return what the author wrote, and below it Google's translation where there is one.

    Google puts either first, and changes its mind: in one order no change is an edit.
    """
    before, mark, after = comment.partition(_TRANSLATED)
    if not mark:
        return comment.strip()
    original, translation = before, after
    if not original.strip():
        translation, _, original = after.partition(_ORIGINAL)
    told = f"{_TRANSLATED} {translation.strip()}"
    return f"{original.strip()}\n\n{told}" if original.strip() else told


def id_of(raw: Raw) -> str:
    """Return a review's id, "" where it has none that can be asked for again."""
    found = text(raw, "reviewId") or text(raw, "name").rpartition("/")[2]
    return found if len(found) <= _LONGEST_ID and found not in {".", ".."} else ""


def seen(raw: Raw) -> SeenReview | None:
    """Return a review as it stands there; None for one without an id.

    Stars of a name we do not know are none; so is the author of an anonymous review.
    """
    review_id = id_of(raw)
    if not review_id:
        return None
    stars, standing = _STARS.get(text(raw, "starRating")), reply_of(raw)
    return SeenReview(
        "google",
        review_id,
        words(text(raw, "comment")),
        author=_author(part(raw, "reviewer")),
        rating=Decimal(stars) if stars else None,
        posted_at=instant(text(raw, "createTime")),
        updated_at=instant(text(raw, "updateTime")),
        url=link_of(raw),
        reply=standing.comment if standing is not None and standing.stands else "",
    )


def _author(reviewer: Raw) -> str:
    return "" if reviewer.get("isAnonymous") is True else text(reviewer, "displayName").strip()


def link_of(raw: Raw) -> str:
    """Return where the owner answers this review by hand."""
    found = text(raw, "reviewReplyUrl")
    return found if found.startswith("https://") else ""


def reply_of(raw: Raw) -> OwnersReply | None:
    """Return the owner's reply to a review, None where there is none.

    Some answers carry its state at the review; what stands at the reply goes before that.
    """
    reply = part(raw, "reviewReply")
    return reply_from(reply, text(raw, "reviewReplyState")) if "comment" in reply else None


def reply_from(reply: Raw, usual: str = "") -> OwnersReply:
    """Return a reply from its own object; `usual`: its state where it names none itself."""
    state = text(reply, "reviewReplyState") or usual
    return OwnersReply(text(reply, "comment"), state, text(reply, "policyViolation"))


def published(name: str, url: str, reply: OwnersReply, *, read_back: bool) -> Published:
    """Return what Google's state of a reply means for us.

    That a PUT was taken says nothing yet. A reply without a state, as older answers have it, is
    live once it was `read_back`; one in a state we do not know is asked about again.
    """
    if reply.state == _REJECTED:
        return Published(name, url, state="rejected", live=False, reason=reply.reason)
    live = reply.state == _APPROVED or (read_back and reply.state in _UNSAID)
    return Published(name, url, live=live)


def refused(response: httpx.Response, *, never_read: bool) -> PlatformError | None:
    """Return what an error of Google's means; None where its status says all.

    A project that was not admitted has a quota of zero, and every call fails with 429 like those
    over a real limit. Google's details tell them apart; where they are missing and nothing was ever
    read (`never_read`), and it does not say when to come again, it is taken for the former.
    """
    details = _details(response)
    reasons = {text(each, "reason") for each in details}
    status = response.status_code
    if status == 401 or (status == 403 and "ACCESS_TOKEN_SCOPE_INSUFFICIENT" in reasons):
        return PlatformError("google-auth", "the sign-in does not hold, or not for this")
    if status == 403 and "SERVICE_DISABLED" in reasons:
        return PlatformError("google-disabled", "the API is switched off in the project")
    if status != 429:
        return None
    wait = web.retry_after(response) or _delay(details)
    value = next((v for each in details if (v := text(part(each, "metadata"), _VALUE))), "")
    if value == "0" or (not value and never_read and wait is None):
        return PlatformError("google-quota-zero", "this project is not admitted to the API yet")
    return PlatformError("google-429-limit", "HTTP 429", retry_after=wait)


_VALUE = "quota_limit_value"


def _details(response: httpx.Response) -> list[Raw]:
    try:
        return parts(part(web.content(response, "google"), "error"), "details")
    except PlatformError:
        return []


def _delay(details: list[Raw]) -> timedelta | None:
    """Return how long google.rpc.RetryInfo asks us to wait ("30s")."""
    for each in details:
        seconds = text(each, "retryDelay").removesuffix("s")[:12]
        if seconds.replace(".", "", 1).isdecimal() and seconds.isascii():
            return min(timedelta(seconds=float(seconds)), web.LONGEST_WAIT)
    return None


def not_signed_in(response: httpx.Response) -> PlatformError | None:
    """Return what a refused refresh means: expired or revoked, someone must connect it again."""
    if response.status_code in (400, 401, 403):
        return PlatformError("google-auth", "Google gives no access for this refresh token")
    return None


def all_seen(raw: Raw) -> Iterator[SeenReview]:
    """Yield the reviews of a page, leaving out what is none."""
    for each in parts(raw, "reviews"):
        if (found := seen(each)) is not None:
            yield found


def is_older(raw: Raw, since: datetime) -> bool:
    """Tell whether a page, the newest changes first, reaches back behind an instant."""
    times = [instant(text(each, "updateTime")) for each in parts(raw, "reviews")]
    known = [each for each in times if each is not None]
    return bool(known) and known[-1] < since

"""What the fake Google says, as Google writes it: reviews, times, refusals, tokens of pages."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from starlette.responses import JSONResponse, Response

PLACE = "accounts/11/locations/22"


@dataclass(slots=True)
class Kept:
    """A review as Google keeps it."""

    review_id: str
    created: datetime
    updated: datetime
    comment: str | None = None  # None: stars only
    stars: str = "TWO"
    name: str = "Quiet River"
    anonymous: bool = False
    reply: dict[str, Any] | None = None
    polls: int = 0  # looks until its reply is judged
    more: dict[str, Any] = field(default_factory=dict)  # fields nobody knows yet


def shown(kept: Kept) -> dict[str, Any]:
    """Return a review as the API shows it: what there is none of is absent."""
    name = f"{PLACE}/reviews/{kept.review_id}"
    reviewer = {"isAnonymous": True} if kept.anonymous else {"displayName": kept.name}
    told: dict[str, Any] = {
        "name": name, "reviewId": kept.review_id, "reviewer": reviewer, "starRating": kept.stars,
        "createTime": stamp(kept.created), "updateTime": stamp(kept.updated),
        "reviewReplyUrl": f"https://business.google.com/reviews/{kept.review_id}",
    }  # fmt: skip
    if kept.comment is not None:
        told["comment"] = kept.comment
    if kept.reply is not None:
        told["reviewReply"] = dict(kept.reply)
    return {**told, **kept.more}


def stamp(at: datetime) -> str:
    """Return a time as Google writes it: with 0, 3, 6 or 9 digits of a second."""
    digits = (0, 3, 6, 9)[at.minute % 4]
    fraction = f".{at.microsecond:06d}000"[: digits + 1] if digits else ""
    return f"{at:%Y-%m-%dT%H:%M:%S}{fraction}Z"


def error(code: int, status: str, message: str, *details: Any) -> dict[str, Any]:
    told = {"code": code, "message": message, "status": status}
    return {"error": {**told, "details": list(details)} if details else told}


def refusal(code: int, status: str, message: str, *details: Any) -> Response:
    return JSONResponse(error(code, status, message, *details), code)


def no_quota() -> Response:
    told = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "RATE_LIMIT_EXCEEDED",
        "domain": "googleapis.com", "metadata": {"quota_limit_value": "0"},
    }  # fmt: skip
    return refusal(429, "RESOURCE_EXHAUSTED", "Quota exceeded for quota metric 'Requests'.", told)


def offset(token: str) -> int | None:
    """Return where a page begins, None for a token we did not hand out."""
    if not token:
        return 0
    try:
        said = base64.urlsafe_b64decode(token).decode()
        return int(said.removeprefix("at:")) if said.startswith("at:") else None
    except ValueError:
        return None

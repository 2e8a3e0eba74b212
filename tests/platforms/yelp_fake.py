"""Yelp on this machine: three excerpts of a business's reviews, and replies for partners.

It refuses what Yelp refuses, by its codes, and goes wrong in the ways a test asks for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.platforms.serving import Served

BUSINESS, KEY = "elm-street-dental", "yelp-key-1"
PARTNER = {
    "partner_replies": "true",
    "client_id": "client-1",
    "client_secret": "s3cret",
    "refresh_token": "refresh-1",
}
_EXCERPT = 160


@dataclass
class YelpFake:
    """A business and its reviews, the one Yelp likes best first."""

    reviews: list[dict[str, Any]] = field(default_factory=list)
    replies: dict[str, str] = field(default_factory=dict)  # by review
    rotates: bool = True  # each refresh hands out another refresh token
    most_a_day: int = 20
    asked: list[tuple[str, str]] = field(default_factory=list)  # method and path
    faults: list[tuple[str, int, Any, dict[str, str], bool]] = field(default_factory=list)
    refresh_token: str = "refresh-1"
    token: str = ""
    refreshed: int = 0
    url: str = ""

    def review(self, review_id: str, text: str, stars: float = 2, **more: Any) -> None:
        """Let somebody review the business; a field that is None is missing."""
        row = {
            "id": review_id, "text": text[:_EXCERPT], "rating": stars,
            "url": f"https://www.yelp.com/biz/{BUSINESS}?adjust_creative=x&hrid={review_id}&utm=y",
            "time_created": "2026-11-02 05:30:00",  # Pacific, though nothing says so
            "user": {"id": "u1", "name": "Quiet R.", "image_url": None, "profile_url": "https://x"},
            "a_field_nobody_knows": [1],
        } | more  # fmt: skip
        self.reviews.insert(0, {k: v for k, v in row.items() if v is not None})

    def fail(
        self,
        part: str,
        status: int,
        error: dict[str, Any],
        headers: dict[str, str] | None = None,
        done: bool = False,
    ) -> None:
        """Refuse the next call to a path; `done`: after it was carried out."""
        self.faults.append((part, status, {"error": error}, headers or {}, done))

    @contextmanager
    def served(self) -> Iterator[YelpFake]:
        app = Starlette(
            routes=[
                Route("/v3/businesses/{business}/reviews", self._list),
                Route("/token/v1", self._renew, methods=["POST"]),
                Route("/reviews/v1/{review}", self._reply, methods=["POST"]),
            ]
        )
        with Served(app) as server:
            self.url = server.url
            yield self

    def _fault(self, request: Request, done: bool) -> Response | None:
        for each in self.faults:
            if each[0] in request.url.path and each[4] == done:
                self.faults.remove(each)
                return JSONResponse(each[2], each[1], each[3])
        return None

    async def _list(self, request: Request) -> Response:
        self.asked.append((request.method, request.url.path))
        if (fault := self._fault(request, False)) is not None:
            return fault
        if request.headers.get("authorization") != f"Bearer {KEY}":
            return _refusal(401, "TOKEN_INVALID")
        if request.path_params["business"] != BUSINESS:
            return _refusal(404, "BUSINESS_NOT_FOUND")
        if request.query_params.get("sort_by", "yelp_sort") != "yelp_sort":
            return _refusal(400, "VALIDATION_ERROR")
        told = {"total": len(self.reviews), "possible_languages": ["en"]}
        left = {"RateLimit-DailyLimit": "5000", "RateLimit-Remaining": "4999"}
        return JSONResponse(told | {"reviews": self.reviews[:3]}, headers=left)

    async def _renew(self, request: Request) -> Response:
        self.asked.append((request.method, request.url.path))
        form = await request.form()
        right = form.get("refresh_token") == self.refresh_token
        if not right or form.get("grant_type") != "refresh_token":
            return JSONResponse({"error": "invalid_grant"}, 400)
        self.refreshed += 1
        self.token = f"access-{self.refreshed}"
        told = {"access_token": self.token, "expires_in": 7 * 24 * 3600, "token_type": "Bearer"}
        if self.rotates:
            self.refresh_token = f"refresh-{self.refreshed + 1}"
            told["refresh_token"] = self.refresh_token
        return JSONResponse(told)

    async def _reply(self, request: Request) -> Response:
        self.asked.append((request.method, request.url.path))
        if (fault := self._fault(request, False)) is not None:
            return fault
        review, told = request.path_params["review"], await request.json()
        code = self._objection(request, review, told)
        if code:
            return _problem(401 if code == "INVALID_TOKEN" else 400, code)
        self.replies[review] = told["response_text"]
        return self._fault(request, True) or JSONResponse({}, 201)

    def _objection(self, request: Request, review: str, told: dict[str, Any]) -> str:
        text = str(told.get("response_text", ""))
        rules = (
            (request.headers.get("authorization") != f"Bearer {self.token}", "INVALID_TOKEN"),
            (review not in {r["id"] for r in self.reviews}, "R2R_REVIEW_DOES_NOT_EXIST"),
            (told.get("response_type") != "public_comment", "R2R_INVALID_RESPONSE_TYPE"),
            (not 0 < len(text) <= 5000, "R2R_INVALID_RESPONSE_TEXT"),
            (re.search("[\U0001f300-\U0001faff]", text), "R2R_INVALID_RESPONSE_TEXT"),
            (text in self.replies.values(), "R2R_INVALID_RESPONSE_TEXT"),
            (len(self.replies) >= self.most_a_day, "R2R_COMMENT_QUOTA_EXCEEDED"),
        )
        return next((code for wrong, code in rules if wrong), "")


def _refusal(status: int, code: str) -> Response:
    return JSONResponse({"error": {"code": code, "description": "scripted"}}, status)


def _problem(status: int, code: str) -> Response:
    told = {"id": code, "description": "scripted", "http_code": status}
    return JSONResponse({"error": told}, status)

"""Google Business Profile on this machine: reviews, replies under moderation, tokens, Pub/Sub.

It refuses what Google refuses, and it goes wrong in the ways a test asks for.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.platforms.google_says import PLACE, Kept, error, no_quota, offset, refusal, shown, stamp
from tests.platforms.serving import Served

__all__ = ["AUDIENCE", "EMAIL", "PLACE", "SECRETS", "SUBSCRIPTION", "GoogleFake", "error"]
SECRETS = {"client_id": "client-1", "client_secret": "s3cret", "refresh_token": "refresh-1"}
AUDIENCE, EMAIL = "https://amends.example/hooks/elm-google", "push@project.iam.example"
SUBSCRIPTION = "projects/p/subscriptions/s"
_STARS = ("STAR_RATING_UNSPECIFIED", "ONE", "TWO", "THREE", "FOUR", "FIVE")
_ORDERS = ("rating", "rating desc", "updateTime desc")
_NOT_FOUND = (404, "NOT_FOUND", "Requested entity was not found.")


@dataclass
class Fault:
    """What the next calls to a path get instead of an answer."""

    part: str
    status: int
    body: Any
    headers: dict[str, str]
    times: int


class GoogleFake:
    """One location. `url` once served; `lists` counts its pages, `calls` names every request."""

    def __init__(self) -> None:
        self.kept: dict[str, Kept] = {}
        self.calls: list[str] = []
        self.said: list[tuple[str, Any]] = []  # (what it is by the contract, JSON)
        self.before_list: Callable[[int], object] = lambda number: None
        self.lists = 0
        self.zero_quota, self.revoked = False, False
        self.judges_after, self.verdict, self.reason = 1, "APPROVED", ""
        self.states_reply = True  # False: the older shape, without a state
        self.location_known = True
        self.faults: list[Fault] = []
        self.messages: list[dict[str, Any]] = []
        self.acknowledged: list[str] = []
        self.key, self.kid = rsa.generate_private_key(public_exponent=65537, key_size=2048), "k1"
        self._tokens, self._order, self._number = {"none"}, list[Kept](), 0
        routes = [
            Route("/token", self._token, methods=["POST"]),
            Route("/certs", self._certs),
            Route(f"/v4/{PLACE}/reviews", self._list),
            Route(f"/v4/{PLACE}/reviews/{{id}}", self._get),
            Route(f"/v4/{PLACE}/reviews/{{id}}/reply", self._reply, methods=["PUT", "DELETE"]),
            Route("/pubsub/v1/{subscription:path}", self._pubsub, methods=["POST"]),
        ]
        self.served = Served(Starlette(routes=routes))

    def __enter__(self) -> GoogleFake:
        self.served.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.served.__exit__()

    # What a test does to it.

    @property
    def values(self) -> dict[str, str]:
        """Return the settings that let a source use this instead of Google."""
        url = self.served.url
        return {
            **SECRETS, "base_url": f"{url}/v4", "token_url": f"{url}/token",
            "jwks_url": f"{url}/certs", "pubsub_url": f"{url}/pubsub/v1",
        }  # fmt: skip

    def write(self, review_id: str, at: datetime, comment: str | None = None, **more: Any) -> Kept:
        """Let somebody write a review; an older one of this id is replaced."""
        self.kept[review_id] = Kept(review_id, at, at, comment, **more)
        self._order.clear()
        return self.kept[review_id]

    def edit(self, review_id: str, at: datetime, **changes: Any) -> None:
        for name, value in changes.items():
            setattr(self.kept[review_id], name, value)
        self.kept[review_id].updated = at
        self._order.clear()

    def remove(self, review_id: str) -> None:
        del self.kept[review_id]
        self._order.clear()

    def crowd(self, count: int, last: datetime, apart: timedelta = timedelta(minutes=9)) -> None:
        """Let many have written, the newest at `last`."""
        for number in range(count):
            comment = None if number % 5 == 0 else f"Number {number}: it was fine."
            stars = _STARS[5 if number % 3 else 4]
            self.write(
                f"g{number}", last - number * apart, comment, stars=stars, name=f"Visitor {number}"
            )

    def answer_there(self, review_id: str, text: str, at: datetime, **more: Any) -> None:
        """Let somebody of the practice reply in Google's own pages."""
        reply = {"comment": text, "updateTime": stamp(at), "reviewReplyState": "APPROVED", **more}
        self.kept[review_id].reply = reply

    def fail(
        self, status: int, part: str = "/v4/", times: int = 1, body: Any = None, **headers: str
    ) -> None:
        """Answer the next calls to a path so; status 0 cuts the line instead, -1 after the deed."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.faults.append(
            Fault(part, status, body or error(status, "UNKNOWN", "no"), named, times)
        )

    def expire_token(self) -> None:
        self._tokens = {"none"}

    def publish(self, review_id: str, location: str = "22", data: bytes | None = None) -> bytes:
        """Put a notification into the subscription, and return it as a push carries it."""
        name = f"accounts/11/locations/{location}/reviews/{review_id}"
        inner = json.dumps({"type": "NEW_REVIEW", "reviewName": name}).encode()
        number = f"m{len(self.messages) + 1}"
        message = {
            "data": base64.b64encode(inner if data is None else data).decode(),
            "messageId": number, "publishTime": stamp(datetime(2026, 11, 2, tzinfo=UTC)),
        }  # fmt: skip
        self.messages.append({"ackId": f"ack-{number}", "message": message})
        return json.dumps({"message": message, "subscription": SUBSCRIPTION}).encode()

    def token_for_push(self, now: datetime, key: Any = None, **changes: Any) -> str:
        """Return what stands in the header of a push."""
        at = int(now.timestamp())
        claims = {
            "iss": "https://accounts.google.com", "aud": AUDIENCE, "email": EMAIL,
            "email_verified": True, "iat": at, "exp": at + 3600, "sub": "1",
        } | changes  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(claims, key or self.key, "RS256", headers={"kid": self.kid})

    # What it answers.

    def _met(self, request: Request, signed: bool = True) -> Response | None:
        """Note a call, and return what goes wrong with it, if anything."""
        self.calls.append(f"{request.method} {request.url.path}")
        fault = next((f for f in self.faults if f.part in request.url.path and f.times > 0), None)
        if fault is not None and fault.status > 0:
            fault.times -= 1
            return JSONResponse(fault.body, fault.status, fault.headers)
        if not signed:
            return None
        if request.headers.get("authorization", "").removeprefix("Bearer ") not in self._tokens:
            return refusal(401, "UNAUTHENTICATED", "Request had invalid credentials.")
        if self.zero_quota:
            return no_quota()
        return None

    async def _token(self, request: Request) -> Response:
        if (wrong := self._met(request, signed=False)) is not None:
            return wrong
        form = dict(await request.form())
        if self.revoked or form != {**SECRETS, "grant_type": "refresh_token"}:
            told = {
                "error": "invalid_grant",
                "error_description": "Token has been expired or revoked.",
            }
            return JSONResponse(told, 400)
        self._number += 1
        self._tokens = {f"token-{self._number}"}
        token = f"token-{self._number}"
        return JSONResponse({"access_token": token, "expires_in": 3599, "token_type": "Bearer"})

    async def _certs(self, request: Request) -> Response:
        if (wrong := self._met(request, signed=False)) is not None:
            return wrong
        key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        return JSONResponse({"keys": [{**key, "kid": self.kid, "alg": "RS256", "use": "sig"}]})

    async def _list(self, request: Request) -> Response:
        if (wrong := self._met(request)) is not None:
            return wrong
        if not self.location_known:
            return refusal(*_NOT_FOUND)
        query = request.query_params
        size, token = int(query.get("pageSize", 50)), query.get("pageToken", "")
        start = offset(token)
        if not 1 <= size <= 50 or start is None or query.get("orderBy", _ORDERS[2]) not in _ORDERS:
            return refusal(400, "INVALID_ARGUMENT", "Request contains an invalid argument.")
        self.before_list(self.lists)
        self.lists += 1
        order = self._sorted()
        told: dict[str, Any] = {"reviews": [shown(each) for each in order[start : start + size]]}
        told |= {"totalReviewCount": len(order), "averageRating": 4.1}
        if start + size < len(order):
            told["nextPageToken"] = base64.urlsafe_b64encode(f"at:{start + size}".encode()).decode()
        return self._told("ListReviewsResponse", told)

    def _sorted(self) -> list[Kept]:
        if not self._order:
            self._order = sorted(self.kept.values(), key=lambda each: each.updated, reverse=True)
        return self._order

    async def _get(self, request: Request) -> Response:
        if (wrong := self._met(request)) is not None:
            return wrong
        found = self.kept.get(request.path_params["id"])
        if found is None:
            return refusal(*_NOT_FOUND)
        self._moderate(found)
        return self._told("Review", shown(found))

    def _moderate(self, review: Kept) -> None:
        """Judge a pending reply once it was asked about often enough."""
        if review.reply is None or review.reply.get("reviewReplyState") != "PENDING":
            return
        review.polls -= 1
        if review.polls > 0:
            return
        review.reply["reviewReplyState"] = self.verdict
        if self.verdict == "REJECTED":
            review.reply["policyViolation"] = self.reason

    async def _reply(self, request: Request) -> Response:
        if (wrong := self._met(request)) is not None:
            return wrong
        found = self.kept.get(request.path_params["id"])
        if found is None or (request.method == "DELETE" and found.reply is None):
            return refusal(*_NOT_FOUND)
        if request.method == "DELETE":
            found.reply = None
            return JSONResponse({})
        text = (await request.json())["comment"]
        if not text.strip() or len(text.encode()) > 4096:
            return refusal(400, "INVALID_ARGUMENT", "The reply is empty or too long.")
        found.reply = {"comment": text, "updateTime": stamp(datetime.now(UTC))}
        found.polls = self.judges_after
        if self.states_reply:
            found.reply["reviewReplyState"] = "PENDING"
        if self._cut():
            raise RuntimeError("the line is cut after the deed")
        return self._told("ReviewReply", dict(found.reply))

    def _cut(self) -> bool:
        fault = next((f for f in self.faults if f.status < 0 and f.times > 0), None)
        if fault is not None:
            fault.times -= 1
        return fault is not None

    async def _pubsub(self, request: Request) -> Response:
        if (wrong := self._met(request)) is not None:
            return wrong
        asked, path = await request.json(), request.path_params["subscription"]
        if path == f"{SUBSCRIPTION}:acknowledge":
            self.acknowledged += asked["ackIds"]
            self.messages = [m for m in self.messages if m["ackId"] not in asked["ackIds"]]
            return JSONResponse({})
        if path != f"{SUBSCRIPTION}:pull":
            return refusal(*_NOT_FOUND)
        waiting = self.messages[: asked["maxMessages"]]
        return self._told("PullResponse", {"receivedMessages": waiting} if waiting else {})

    def _told(self, what: str, told: Any) -> Response:
        if len(self.said) < 10_000:
            self.said.append((what, told))
        return JSONResponse(told)

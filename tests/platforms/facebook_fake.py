"""A Facebook page on this machine: recommendations, posts, comments, messages, pushes.

It wants the token and its proof with every call, refuses what the Graph API refuses in its words,
and goes wrong in the ways a test asks for.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.builders import T0
from tests.platforms.serving import Served

PAGE, TOKEN, SECRET, WORD = "1001", "page-token-1", "app-secret-1", "verify-word-1"
GONE = (400, 100, "Unsupported get request. Object does not exist", 33)


@dataclass
class Fault:
    """What the next calls to a path get instead of an answer; `done`: after it was carried out."""

    method: str
    part: str
    status: int
    body: Any
    headers: dict[str, str]
    done: bool
    times: int


@dataclass
class FacebookFake:
    """The page, and the hands that make it go wrong."""

    now: datetime = T0
    version: str = "v21.0"
    size: int = 100  # rows on a page of an edge, at most
    shows_ratings: bool = True
    expired: bool = False
    usage: dict[str, str] = field(default_factory=dict)  # headers of every answer
    ratings: list[dict[str, Any]] = field(default_factory=list)  # newest first, as all of these
    posts: list[dict[str, Any]] = field(default_factory=list)
    tagged: list[dict[str, Any]] = field(default_factory=list)
    conversations: list[dict[str, Any]] = field(default_factory=list)
    comments: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # by what they are on
    blocked: list[dict[str, str]] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)  # method and path of every call
    faults: list[Fault] = field(default_factory=list)
    refused: int = 0  # calls without a good token and proof
    url: str = ""

    # What people do there

    def recommend(
        self, story: str, text: str, likes: bool = False, who: str = "501", **more: Any
    ) -> None:
        """Let somebody (dis)recommend the page; a field that is None is missing."""
        row = {
            "created_time": _iso(self.now), "has_rating": False, "has_review": True,
            "recommendation_type": "positive" if likes else "negative", "review_text": text,
            "reviewer": {"id": who, "name": "Quiet River"}, "open_graph_story": {"id": story},
            "a_field_nobody_knows": {"x": [1]},
        } | more  # fmt: skip
        self.ratings = [r for r in self.ratings if _story(r) != story]
        self.ratings.insert(0, {k: v for k, v in row.items() if v is not None})

    def post(self, number: str, text: str, who: str = PAGE, **more: Any) -> None:
        at = _iso(self.now)
        row = {"id": number, "message": text, "from": {"id": who, "name": "N"}}
        self.posts.insert(0, {**row, "created_time": at, "updated_time": at, **more})

    def mention(self, number: str, text: str, who: str = "502") -> None:
        row = {"id": number, "message": text, "from": {"id": who, "name": "Blue Door"}}
        self.tagged.insert(0, {**row, "created_time": _iso(self.now)})

    def comment(self, on: str, number: str, text: str, who: str = "503", parent: str = "") -> None:
        """Let somebody comment on a post, on a recommendation, or (`parent`) on a comment of it."""
        row = {
            "id": number, "message": text, "from": {"id": who, "name": "Green Gate"},
            "created_time": _iso(self.now), "can_hide": True, "can_remove": True,
            "permalink_url": f"https://www.facebook.com/{PAGE}/posts/{number}",
        } | ({"parent": {"id": parent}} if parent else {})  # fmt: skip
        self.comments.setdefault(on, []).insert(0, row)
        for each in self.posts:
            if each["id"] == on:
                each["updated_time"] = _iso(self.now)

    def write(self, mid: str, text: str, who: str = "7001", after: timedelta = timedelta()) -> None:
        """Let somebody write to the page in private, or (who=PAGE) the page to them."""
        row = {"id": mid, "message": text, "from": {"id": who, "name": "Pat Doe"}}
        row["created_time"] = _iso(self.now + after)
        if not self.conversations:
            self.conversations.insert(0, {"id": "t_1", "messages": {"data": []}})
        self.conversations[0]["updated_time"] = row["created_time"]
        self.conversations[0]["messages"]["data"].insert(0, row)

    def take_down(self, number: str) -> None:
        self.ratings = [r for r in self.ratings if _story(r) != number]
        self.posts = [r for r in self.posts if r["id"] != number]
        for on, rows in self.comments.items():
            self.comments[on] = [r for r in rows if r["id"] != number]

    # What goes wrong

    def fail(
        self,
        code: int,
        *,
        method: str = "",
        part: str = "",
        status: int = 400,
        subcode: int | None = None,
        headers: dict[str, str] | None = None,
        done: bool = False,
        times: int = 1,
    ) -> None:
        """Refuse the next calls to a path with this code of the Graph API."""
        body = _problem(code, "scripted", subcode)
        self.faults.append(Fault(method, part, status, body, headers or {}, done, times))

    # Pushes, as Facebook signs them

    def push(self, *changes: tuple[str, dict[str, Any]], at: datetime | None = None) -> bytes:
        """Return the body of a push: each change is a field and its value."""
        rows = [{"field": name, "value": value} for name, value in changes]
        return self._body({"changes": rows}, at)

    def push_message(self, mid: str, text: str, who: str = "7001", **more: Any) -> bytes:
        told = {
            "sender": {"id": who}, "recipient": {"id": PAGE},
            "timestamp": int(self.now.timestamp() * 1000),
            "message": {"mid": mid, "text": text, **more},
        }  # fmt: skip
        return self._body({"messaging": [told]}, None)

    def _body(self, told: dict[str, Any], at: datetime | None) -> bytes:
        entry = {"id": PAGE, "time": int((at or self.now).timestamp()), **told}
        return json.dumps({"object": "page", "entry": [entry]}).encode()

    # Serving

    @contextmanager
    def served(self) -> Iterator[FacebookFake]:
        path = f"/{self.version}/{{path:path}}"
        app = Starlette(routes=[Route(path, self._take, methods=["GET", "POST", "DELETE"])])
        served = Served(app)
        served._server.config.date_header = False  # its clock is set by hand
        with served as server:
            self.url = server.url
            yield self

    async def _take(self, request: Request) -> Response:
        form = {k: str(v) for k, v in (await request.form()).items()}
        given = {**request.query_params, **form}
        path = str(request.path_params["path"])
        self.asked.append((request.method, path))
        fault = self._fault(request.method, path)
        if fault is not None and not fault.done:
            return self._say(fault.body, fault.status, fault.headers)
        wrong = self._refusal(request, given)
        status, answer = wrong or self._answer(request.method, path.split("/"), given)
        if fault is not None:
            return self._say(fault.body, fault.status, fault.headers)
        return self._say(answer, status, self.usage)

    def _say(self, body: Any, status: int, headers: dict[str, str]) -> Response:
        return JSONResponse(
            body, status, {"date": format_datetime(self.now, usegmt=True), **headers}
        )

    def _fault(self, method: str, path: str) -> Fault | None:
        for each in self.faults:
            if each.times and each.method in ("", method) and each.part in path:
                each.times -= 1
                return each
        return None

    def _refusal(self, request: Request, given: dict[str, str]) -> tuple[int, Any] | None:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        wanted = hmac.new(SECRET.encode(), token.encode(), hashlib.sha256).hexdigest()
        if token != TOKEN or self.expired:
            self.refused += 1
            return 401, _problem(190, "Error validating access token: it has expired", 463)
        if given.get("appsecret_proof") != wanted:
            self.refused += 1
            return 400, _problem(100, "Invalid appsecret_proof provided in the API argument")
        if "access_token" in given:
            return 400, _problem(1, "the token was written into the address")
        return None

    def _answer(self, method: str, path: list[str], given: dict[str, str]) -> tuple[int, Any]:
        if method == "DELETE":
            return self._delete(path[0])
        if path == [PAGE, "blocked"] and method == "POST":
            who = {k: v for k, v in given.items() if k in ("user", "psid", "asid", "uid")}
            self.blocked.append(who)
            return 200, {next(iter(who.values()), ""): bool(who)}
        if path[0] == PAGE and len(path) == 2:
            return self._edge(path[1], given)
        if path[1:] == ["comments"]:
            return self._comments(method, path[0], given)
        return self._change(path[0], given) if method == "POST" else self._node(path[0], given)

    def _edge(self, name: str, given: dict[str, str]) -> tuple[int, Any]:
        if name == "ratings" and not self.shows_ratings:
            words = "(#12) ratings field is deprecated for versions v22.0 and higher"
            return 400, _problem(12, words)
        edges = {
            "ratings": self.ratings, "feed": self.posts, "tagged": self.tagged,
            "conversations": self.conversations,
        }  # fmt: skip
        if name not in edges:
            return 400, _problem(100, f"Tried accessing nonexisting field ({name})")
        return 200, self._paged(edges[name], given)

    def _comments(self, method: str, on: str, given: dict[str, str]) -> tuple[int, Any]:
        if not self._exists(on):
            return _gone()
        if method == "POST":
            number = f"{on.rpartition('_')[2]}_{9000 + len(self.asked)}"
            thread, parent = (on, "") if self._found(on) is None else (self._found(on) or "", on)
            self.comment(thread, number, given["message"], PAGE, parent)
            return 200, {"id": number}
        rows = [r for r in self.comments.get(on, []) if given.get("filter") or "parent" not in r]
        rows += [r for rs in self.comments.values() for r in rs if _parent(r) == on]
        return 200, self._paged(rows, given)

    def _paged(self, rows: list[dict[str, Any]], given: dict[str, str]) -> dict[str, Any]:
        start, size = int(given.get("after", 0)), min(int(given.get("limit", 25)), self.size)
        paging: dict[str, Any] = {"cursors": {"before": str(start), "after": str(start + size)}}
        if start + size < len(rows):
            paging["next"] = f"https://graph.facebook.com/?access_token={TOKEN}&after={start}"
        return {"data": rows[start : start + size], "paging": paging}

    def _node(self, number: str, given: dict[str, str]) -> tuple[int, Any]:
        row = next((r for rs in self.comments.values() for r in rs if r["id"] == number), None)
        wanted = set(
            given.get("fields", "").replace("{id,name}", "").replace("{id}", "").split(",")
        )
        if row is not None:
            return 200, {k: v for k, v in row.items() if k in wanted | {"id"}}
        for each in [*self.posts, *self.tagged]:
            if each["id"] == number and "parent" not in wanted and "can_hide" not in wanted:
                return 200, each
        if not self._exists(number):
            return _gone()
        return 400, _problem(100, "Tried accessing nonexisting field (parent) on node type")

    def _change(self, number: str, given: dict[str, str]) -> tuple[int, Any]:
        for rows in self.comments.values():
            for row in rows:
                if row["id"] == number:
                    row |= {"message": given["message"]} if "message" in given else {}
                    row |= {"is_hidden": True} if given.get("is_hidden") == "true" else {}
                    return 200, {"success": True}
        return _gone()

    def _delete(self, number: str) -> tuple[int, Any]:
        if self._found(number) is None:
            return _gone()
        self.take_down(number)
        return 200, {"success": True}

    def _found(self, number: str) -> str | None:
        """Return what a comment stands on."""
        return next((on for on, rs in self.comments.items() for r in rs if r["id"] == number), None)

    def _exists(self, number: str) -> bool:
        known = {_story(r) for r in self.ratings} | {r["id"] for r in [*self.posts, *self.tagged]}
        return number in known or self._found(number) is not None


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    """Return the headers of a push."""
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"x-hub-signature-256": f"sha256={digest}", "content-type": "application/json"}


def rating(story: str, text: str, verb: str = "add", likes: bool = False, **more: Any) -> Any:
    """Return a change of the field "ratings"."""
    value = {
        "item": "rating", "verb": verb, "reviewer_id": "501", "reviewer_name": "Quiet River",
        "open_graph_story_id": story, "review_text": text, "created_time": int(T0.timestamp()),
        "recommendation_type": "positive" if likes else "negative",
    }  # fmt: skip
    return "ratings", {**value, **more}


def remarked(number: str, text: str, verb: str = "add", who: str = "503") -> Any:
    """Return a change of the field "feed": a comment."""
    return "feed", {
        "item": "comment", "verb": verb, "comment_id": number, "post_id": f"{PAGE}_1",
        "from": {"id": who, "name": "Green Gate"}, "message": text,
        "created_time": int(T0.timestamp()),
    }  # fmt: skip


def _problem(code: int, words: str, subcode: int | None = None) -> dict[str, Any]:
    error = {"message": words, "type": "OAuthException", "code": code, "fbtrace_id": "A1b2"}
    return {"error": error | ({"error_subcode": subcode} if subcode else {})}


def _gone() -> tuple[int, Any]:
    status, code, words, subcode = GONE
    return status, _problem(code, words, subcode)


def _story(row: dict[str, Any]) -> str:
    return str(row.get("open_graph_story", {}).get("id", ""))


def _parent(row: dict[str, Any]) -> str:
    return str(row.get("parent", {}).get("id", ""))


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")

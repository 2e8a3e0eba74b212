"""X on this machine: mentions, replies it takes or refuses, tokens that rotate, windows, prices."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from reviews.x_shapes import id_at
from tests.platforms.serving import Served

US, AUTHOR = "9001", "7001"
SECRETS = {"client_id": "client-1", "client_secret": "s3cret", "refresh_token": "refresh-0"}
_NEWEST = 800
_PROBLEM = "https://api.x.com/2/problems/"


@dataclass
class Post:
    """A post as X keeps it; `states` are its ids, the newest last."""

    states: list[str]
    text: str
    author: str
    created: datetime
    mentions: list[str] = field(default_factory=list)
    refers: list[tuple[str, str]] = field(default_factory=list)
    long: str = ""
    hidden: bool = False


class XFake:
    """One account. `old_names`: it knows the fields by their older names only."""

    def __init__(self, now: datetime = datetime(2026, 11, 2, 14, tzinfo=UTC)) -> None:
        self.now, self.posts = now, list[Post]()
        self.calls: list[str] = []
        self.said: list[tuple[str, Any]] = []
        self.blocked: list[str] = []
        self.handles = {US: "elmstreet", AUTHOR: "quiet_river"}
        self.old_names, self.revoked, self.rotates = False, False, True
        self.shows = {"remaining": 300, "reset": 0}  # what the headers say, when reset is set
        self.faults: list[tuple[str, int, Any, dict[str, str]]] = []
        self.before_renewal: Callable[[], object] = lambda: None
        self._number, self._refresh, self._token = 0, "refresh-0", "none"
        routes = [
            Route("/2/oauth2/token", self._renew, methods=["POST"]),
            Route("/2/users/{id}/mentions", self._mentions),
            Route("/2/users/{id}/blocking", self._block, methods=["POST"]),
            Route("/2/tweets", self._create, methods=["POST"]),
            Route("/2/tweets/{id}", self._get),
            Route("/2/tweets/{id}/hidden", self._hide, methods=["PUT"]),
        ]
        self.served = Served(Starlette(routes=routes))

    def __enter__(self) -> XFake:
        self.served.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.served.__exit__()

    # What a test does to it.

    @property
    def values(self) -> dict[str, str]:
        return {**SECRETS, "base_url": self.served.url}

    def write(
        self, text: str, minutes: float = 0, mentions: tuple[str, ...] = (US,), **more: Any
    ) -> Post:
        """Let somebody post, so many minutes after our time; returns it."""
        at = self.now + timedelta(minutes=minutes)
        post_id = str(int(id_at(at)) + len(self.posts))
        post = Post([post_id], text, more.pop("author", AUTHOR), at, list(mentions), **more)
        self.posts.append(post)
        return post

    def edit(self, post: Post, text: str, minutes: float = 5) -> None:
        at = post.created + timedelta(minutes=minutes)
        post.states.append(str(int(id_at(at)) + len(self.posts)))
        post.text = text

    def fail(self, status: int, part: str = "/2/", body: Any = None, **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        told = body or {"title": "No", "detail": "no", "type": "about:blank", "status": status}
        self.faults.append((part, status, told, named))

    def expire_token(self) -> None:
        self._token = "gone"

    @property
    def ours(self) -> list[Post]:
        return [post for post in self.posts if post.author == US]

    # What it answers.

    def _met(self, request: Request) -> Response | None:
        self.calls.append(f"{request.method} {request.url.path}")
        for fault in self.faults:
            part, status, body, headers = fault
            if part in request.url.path:
                self.faults.remove(fault)
                return JSONResponse(body, status, headers)
        if request.headers.get("authorization") != f"Bearer {self._token}":
            return JSONResponse({"title": "Unauthorized", "status": 401}, 401)
        return None

    async def _renew(self, request: Request) -> Response:
        self.calls.append(f"{request.method} {request.url.path}")
        self.before_renewal()
        form = dict(await request.form())
        basic = base64.b64encode(b"client-1:s3cret").decode()
        known = request.headers.get("authorization") == f"Basic {basic}"
        if self.revoked or not known or form.get("refresh_token") != self._refresh:
            told = {"error": "invalid_request", "error_description": "Value passed was invalid."}
            return JSONResponse(told, 400)
        return JSONResponse(self._next())

    def _next(self) -> dict[str, Any]:
        self._number += 1
        self._token = f"token-{self._number}"
        self._refresh = f"refresh-{self._number}" if self.rotates else self._refresh
        told = {"access_token": self._token, "refresh_token": self._refresh}
        return {**told, "expires_in": 7200, "token_type": "bearer"}

    async def _mentions(self, request: Request) -> Response:
        if (wrong := self._met(request) or self._wrong_names(request)) is not None:
            return wrong
        query = request.query_params
        size, since = int(query["max_results"]), int(query.get("since_id", "0"))
        if not 5 <= size <= 100 or request.path_params["id"] != US:
            return JSONResponse({"title": "Invalid Request", "status": 400}, 400)
        found = [post for post in self.posts if US in post.mentions]
        found = sorted(found, key=lambda post: int(post.states[-1]), reverse=True)[:_NEWEST]
        found = [post for post in found if int(post.states[-1]) > since]
        return self._page(found, int(query.get("pagination_token", "0")), size)

    def _page(self, found: list[Post], start: int, size: int) -> Response:
        some = found[start : start + size]
        told: dict[str, Any] = {"meta": {"result_count": len(some)}}
        if some:
            told["data"] = [self._shown(post) for post in some]
            told["includes"] = {"users": self._users(some)}
            told["meta"] |= {"newest_id": some[0].states[-1], "oldest_id": some[-1].states[-1]}
        if start + size < len(found):
            told["meta"]["next_token"] = str(start + size)
        return self._told("GetUsersMentionsResponse", told)

    async def _get(self, request: Request) -> Response:
        if (wrong := self._met(request) or self._wrong_names(request)) is not None:
            return wrong
        asked = request.path_params["id"]
        post = next((post for post in self.posts if asked in post.states), None)
        if post is None:
            return self._told("GetPostsByIdResponse", {"errors": [_missing(asked)]})
        others = [each for _, which in post.refers for each in self.posts if which in each.states]
        told = {
            "data": {**self._shown(post), "id": asked},
            "includes": {
                "users": self._users([post]),
                self._named("posts", "tweets"): [self._shown(each) for each in others],
            },
        }
        return self._told("GetPostsByIdResponse", told)

    async def _create(self, request: Request) -> Response:
        if (wrong := self._met(request)) is not None:
            return wrong
        asked = await request.json()
        if asked["text"] in [post.text for post in self.ours]:
            return _forbidden("You are not allowed to create a Tweet with duplicate content.")
        to = asked["reply"]["in_reply_to_tweet_id"]
        post = next((post for post in self.posts if to in post.states), None)
        if post is None or US not in post.mentions + self._quoted(post):
            return _forbidden("You may not reply to this conversation.")
        mine = self.write(asked["text"], 1, (), author=US, refers=[("replied_to", to)])
        told = {"data": {"id": mine.states[-1], "text": mine.text}}
        return self._told("CreatePostsResponse", told, 201)

    def _quoted(self, post: Post) -> list[str]:
        ids = [which for how, which in post.refers if how == "quoted"]
        return [each.author for each in self.posts if set(each.states) & set(ids)]

    async def _hide(self, request: Request) -> Response:
        if (wrong := self._met(request)) is not None:
            return wrong
        asked = request.path_params["id"]
        post = next((post for post in self.posts if asked in post.states), None)
        began = post is not None and any(
            each.author == US for how, which in post.refers for each in self.posts
            if how == "replied_to" and which in each.states
        )  # fmt: skip
        if post is None or not began:
            return _forbidden("You are not permitted to hide this reply.")
        post.hidden = bool((await request.json())["hidden"])
        return self._told("HidePostsReplyResponse", {"data": {"hidden": post.hidden}})

    async def _block(self, request: Request) -> Response:
        if (wrong := self._met(request)) is not None:
            return wrong
        self.blocked.append((await request.json())["target_user_id"])
        return JSONResponse({"data": {"blocking": True}})

    def _wrong_names(self, request: Request) -> Response | None:
        if not (self.old_names and "post.fields" in request.query_params):
            return None
        words = "The query parameter [post.fields] is not one of the known ones"
        told = {"errors": [{"message": words}], "title": "Invalid Request", "status": 400}
        return JSONResponse(told, 400)

    def _named(self, new: str, old: str) -> str:
        return old if self.old_names else new

    def _shown(self, post: Post) -> dict[str, Any]:
        mentions = [
            {"start": 0, "end": 3, "id": who, "username": self.handles.get(who, "")}
            for who in post.mentions
        ]
        told: dict[str, Any] = {
            "id": post.states[-1],
            "text": post.text.replace("&", "&amp;").replace("<", "&lt;"),
            "author_id": post.author,
            "created_at": f"{post.created:%Y-%m-%dT%H:%M:%S}.000Z",
            self._named("edit_history_post_ids", "edit_history_tweet_ids"): post.states,
        }
        if mentions:
            told["entities"] = {"mentions": mentions}
        if post.refers:
            refers = [{"type": how, "id": which} for how, which in post.refers]
            told[self._named("referenced_posts", "referenced_tweets")] = refers
        if post.long:
            told[self._named("note_post", "note_tweet")] = {"text": post.long}
        return told

    def _users(self, posts: list[Post]) -> list[dict[str, str]]:
        who = {post.author for post in posts}
        return [
            {"id": each, "name": "Somebody", "username": self.handles[each]}
            for each in sorted(who)
            if each in self.handles
        ]

    def _told(self, what: str, told: Any, status: int = 200) -> Response:
        self.said.append((what, told))
        headers = {}
        if self.shows["reset"]:
            headers = {f"x-rate-limit-{name}": str(value) for name, value in self.shows.items()}
        return JSONResponse(told, status, headers)


def _missing(post_id: str) -> dict[str, str]:
    return {
        "type": f"{_PROBLEM}resource-not-found", "title": "Not Found Error",
        "detail": f"Could not find post with id: [{post_id}].", "resource_type": "post",
        "resource_id": post_id, "parameter": "id", "value": post_id,
    }  # fmt: skip


def _forbidden(detail: str) -> Response:
    told = {"title": "Forbidden", "type": "about:blank", "status": 403, "detail": detail}
    return JSONResponse(told, 403, media_type="application/problem+json")

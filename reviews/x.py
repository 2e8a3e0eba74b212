"""X (Twitter): mentions of us in, replies out where the author called us, else by hand.

`place` is our account's numeric id. Needed to sign in: client_id and refresh_token, and
client_secret where the app is a confidential one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

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
from reviews import x_shapes as shapes
from reviews.access import Access
from reviews.guide import Guide
from reviews.wire import Raw, part, parts, text
from reviews.x_meter import Meter, Windows, problem
from reviews.x_sign_in import API, SignIn

_MOST, _LEAST = 100, 5  # mentions on a page; X allows no fewer than the latter
_LATE = timedelta(minutes=15)  # mentions may show up a little out of order
# By X's description of 2026 and, where it does not know those names, by the older ones.
_FIELDS: tuple[Mapping[str, str], ...] = (
    {
        "post.fields": "id,text,created_at,entities,note_post,conversation_id,lang",
        "expansions": "author_id,referenced_posts,edit_history_post_ids",
        "user.fields": "username",
    },
    {
        "tweet.fields": "author_id,created_at,entities,note_tweet,conversation_id,lang,"
        "referenced_tweets,edit_history_tweet_ids",
        "expansions": "author_id,referenced_tweets.id",
        "user.fields": "username",
    },
)

CAN = Capabilities(
    pull=True,
    reply=True,
    look=True,
    hide=True,
    reply_limit=shapes.LIMIT,
    reply_unit="weighted",
    note="X lets a program answer only who mentions us or quotes us; each call costs money.",
)
GUIDE = Guide(
    home="https://x.com/notifications/mentions",
    steps=(
        "Open the link, signed in with the practice's account.",
        "Choose Reply, paste the approved text without changing a word, and post it.",
        "Come back with the address of the reply and the time.",
    ),
    report_url="https://help.x.com/forms",
    report_steps=(
        "Open the post, choose the three dots, then Report post.",
        "Choose the rule it breaks; mute or block the account there if that was decided.",
    ),
    report_kinds=(
        ("hate", "Hate"),
        ("abuse", "Abuse and harassment"),
        ("threat", "Violent speech"),
        ("privacy", "Privacy"),
        ("spam", "Spam"),
        ("impersonation", "Impersonation"),
    ),
    hosts=("x.com", "twitter.com"),
)


def _now() -> datetime:
    return datetime.now(UTC)


class X:
    """One account's mentions. `enterprise`: a setting; such an app may answer and block anybody."""

    name = "x"

    def __init__(
        self,
        source: Source,
        access: Access,
        http: httpx.Client | None = None,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self.source, self.access, self.clock = source, access, clock
        self.http, self._mine = http or web.client(), http is None
        self.enterprise = access.switch("enterprise")
        self.can = replace(CAN, block=self.enterprise)
        self.meter, self._windows = Meter(access, clock), Windows(clock)
        self._sign_in, self._fields = SignIn(access, self.http), 0

    def close(self) -> None:
        if self._mine:
            self.http.close()

    def pages(self, since: datetime, cursor: str = "", full: bool = False) -> Iterator[Page]:  # noqa: ARG002
        """Yield mentions, the newest first, down to the newest one of the last whole reading.

        X shows the newest 800 only. Each one read costs, so what was read is not read again just
        because it is recent: `since` counts for the first reading only. Raises PlatformError.
        """
        turn = shapes.turn_of(cursor) if cursor else shapes.Turn(self._since(since))
        while True:
            raw = self._mentions(turn)
            newest = turn.newest or text(part(raw, "meta"), "newest_id")
            found, after = self._all_seen(raw), text(part(raw, "meta"), "next_token")
            if after and after == turn.token:
                raise PlatformError("x-odd", "a page leads to itself", permanent=True)
            turn = shapes.Turn(turn.since, newest, after)
            yield Page(found, turn.dump() if after else "")
            if not after:
                break
        if shapes.is_id(turn.newest) and turn.newest != self._newest():
            self.access.keep("newest_id", turn.newest)

    def look(self, external_id: str) -> SeenReview | None:
        """Return the newest state of a post, or None where it is gone. Raises PlatformError."""
        page = self._current(external_id)
        return shapes.seen(part(page, "data"), shapes.handles(page), "") if page else None

    def publish(self, reply: PublicReply) -> Published:
        """Post the reply, where a program may. Raises PlatformError; "...-unsupported": by hand."""
        if shapes.length(reply.text) > shapes.LIMIT:
            raise PlatformError("x-too-long", f"counts more than {shapes.LIMIT}", permanent=True)
        page = self._current(reply.external_id)
        if page is None:
            raise PlatformError("x-gone", "the post is not there any more", permanent=True)
        summoned = shapes.summons(page, self._us())
        if not (summoned or self.enterprise):
            words = "its author did not call us: X takes an answer by hand only"
            raise PlatformError("x-unsummoned-unsupported", words, permanent=True)
        return self._post(reply, text(part(page, "data"), "id"), summoned)

    def state(self, reply: PublicReply) -> Published:
        """Return whether our reply stands. Raises PlatformError, "x-gone" where it does not."""
        if not shapes.is_id(reply.posted_id):
            raise PlatformError("x-no-id", "the reply has no id of X's", permanent=True)
        if self._current(reply.posted_id) is None:
            raise PlatformError("x-gone", "our reply is not there any more", permanent=True)
        return _standing(reply.posted_id)

    def hide(self, external_id: str) -> None:
        """Hide a reply in a conversation we began; X refuses any other. Raises PlatformError."""
        path = f"2/tweets/{_checked(external_id)}/hidden"
        said = self._ask("PUT", path, "hide", writes=True, json={"hidden": True})
        if part(said, "data").get("hidden") is not True:
            raise PlatformError("x-not-hidden", "X did not hide it", permanent=True)

    def block(self, author_id: str) -> None:
        """Block an account, which only Enterprise apps may. Raises PlatformError."""
        if not self.enterprise:
            raise unsupported(self.name)
        asked = {"target_user_id": _checked(author_id)}
        self._ask("POST", f"2/users/{self._us()}/blocking", "block", writes=True, json=asked)

    def delete_reply(self, external_id: str) -> None:  # noqa: ARG002
        """Raise: a reply is known to X by its own id only; it is deleted by hand."""
        raise unsupported(self.name)

    def _post(self, reply: PublicReply, post_id: str, summoned: bool) -> Published:
        price = "price_reply" if summoned else "price_other"
        price = "price_link" if shapes.has_link(reply.text) else price
        self.meter.need(price)
        self._windows.enter("post")
        self.meter.spend(self.meter.price(price))
        asked = {"text": reply.text, "reply": {"in_reply_to_tweet_id": post_id}}
        said = self._ask("POST", "2/tweets", "post", writes=True, json=asked)
        found = text(part(said, "data"), "id")
        if not shapes.is_id(found):
            raise PlatformError("x-odd", "no id in the answer", sent=None)
        return _standing(found)

    def _since(self, since: datetime) -> str:
        """Return the id to read from: a little before the newest of the last whole reading."""
        newest = shapes.time_of(self._newest())
        return shapes.id_at(newest - _LATE if newest else since)

    def _newest(self) -> str:
        return self.access.secret("newest_id").get_secret_value()

    def _mentions(self, turn: shapes.Turn) -> Raw:
        self.meter.need("price_read", _LEAST)
        asked: dict[str, str | int] = {"max_results": self.meter.affords("price_read", _MOST)}
        asked |= {"since_id": turn.since} if turn.since else {}
        asked |= {"pagination_token": turn.token} if turn.token else {}
        raw = self._read(f"2/users/{self._us()}/mentions", "mentions", asked)
        self.meter.spend(len(parts(raw, "data")) * self.meter.price("price_read"))
        return raw

    def _all_seen(self, raw: Raw) -> tuple[SeenReview, ...]:
        authors = shapes.handles(raw)
        found = (shapes.seen(each, authors, self._us()) for each in parts(raw, "data"))
        return tuple(each for each in found if each is not None)

    def _current(self, post_id: str) -> Raw | None:
        """Return the look-up of a post's newest state, None where X says there is no such post."""
        page = self._lookup(_checked(post_id))
        newest = shapes.history(part(page, "data"))[-1:] if page else ()
        return self._lookup(newest[0]) if newest and newest[0] != post_id else page

    def _lookup(self, post_id: str) -> Raw | None:
        self.meter.need("price_read")
        try:
            page = self._read(f"2/tweets/{post_id}", "lookup", {})
        except PlatformError as error:
            if error.trouble == "gone":
                return None
            raise
        self.meter.spend(self.meter.price("price_read"))
        if shapes.is_missing(page):
            return None
        if not part(page, "data"):
            raise PlatformError("x-not-shown", "X does not show this post to us")
        return page

    def _us(self) -> str:
        return _checked(self.source.place)

    def _read(self, path: str, which: str, asked: Mapping[str, str | int]) -> Raw:
        """Read posts, by the names of fields X knows; a few years of names are about."""
        try:
            return self._ask("GET", path, which, params={**asked, **_FIELDS[self._fields]})
        except PlatformError as error:
            if error.code != "x-400-fields" or self._fields:
                raise
        self._fields = 1
        return self._ask("GET", path, which, params={**asked, **_FIELDS[1]})

    def _ask(self, method: str, path: str, which: str, *, writes: bool = False, **what: Any) -> Raw:
        """Ask the API, signed in; a token that is refused is renewed once. Raises PlatformError."""
        self._windows.enter(which)
        url, token, renewed = f"{self.access.base_url(API)}/{path}", self._sign_in.token(), False
        while True:
            headers = {"authorization": f"Bearer {token}"}
            request = self.http.build_request(method, url, headers=headers, **what)
            try:
                answer = web.ask(
                    self.http, request, self.name, writes=writes, explain=self._explain
                )
            except PlatformError as error:
                if error.trouble != "auth" or renewed:
                    raise
                token, renewed = self._sign_in.token(refused=token), True
                continue
            self._windows.note(which, answer)
            return web.content(answer, self.name, writes=writes)

    def _explain(self, response: httpx.Response) -> PlatformError | None:
        """Return what a refusal of X's means; None where its status says all."""
        status, words = response.status_code, problem(response)
        if status == 401:
            return PlatformError("x-auth", "the sign-in does not hold")
        if status == 402:
            return PlatformError("x-402-budget", "no credits are left at X")
        if status == 429:
            wait = self._windows.wait(response) or web.retry_after(response)
            return PlatformError("x-429-limit", "HTTP 429", retry_after=wait)
        if status == 400 and "post.fields" in words:
            return PlatformError("x-400-fields", "X does not know these fields", permanent=True)
        posts = response.request.method == "POST" and response.request.url.path == "/2/tweets"
        if status == 403 and posts and "duplicate" in words:
            return PlatformError("x-duplicate", "the same words stand there already", sent=None)
        if status == 403 and posts:
            return PlatformError("x-403-unsupported", "X takes no such answer", permanent=True)
        return None


def _standing(post_id: str) -> Published:
    return Published(post_id, f"https://x.com/i/status/{post_id}")


def _checked(value: str) -> str:
    if not shapes.is_id(value):
        raise PlatformError("x-no-id", "an id at X is a number", permanent=True)
    return value

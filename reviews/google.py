"""Google Business Profile: reviews in page by page, replies out by PUT and through moderation.

`place` is "accounts/1/locations/2". Needed to sign in: client_id, client_secret, refresh_token.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpx

from cases.models import Source
from cases.ports import (
    Capabilities,
    Page,
    PlatformError,
    PublicReply,
    Published,
    SeenReview,
    reply_mark,
    unsupported,
)
from reviews import google_shapes as shapes
from reviews import web
from reviews.access import Access
from reviews.google_push import GooglePushes, concerns, named, payload, renew_keys
from reviews.guide import Guide
from reviews.wire import Raw, count, part, parts, text

__all__ = ["CAN", "GUIDE", "Google", "GooglePushes"]
_API, _TOKEN = "https://mybusiness.googleapis.com/v4", "https://oauth2.googleapis.com/token"
_PUBSUB = "https://pubsub.googleapis.com/v1"
_PLACE = re.compile(r"accounts/[\w-]{1,99}/locations/[\w-]{1,99}")
_PAGE = 50  # reviews; Google's most
_PULLED, _ROUNDS = 100, 10  # messages of one pull, and pulls of one reading
_KEEP_DAYS = 30  # how long texts may be kept, as Google's terms are read; setting `keep_days`

_log = logging.getLogger(__name__)

CAN = Capabilities(
    pull=True,
    push=True,
    reply=True,
    edit_reply=True,
    delete_reply=True,
    look=True,
    lists_all=True,
    reply_limit=shapes.LIMIT,
    reply_unit="bytes",
    keep_text=timedelta(days=_KEEP_DAYS),
    note="Google forbids replies nobody approved, and looks at each before it is shown.",
)
GUIDE = Guide(
    home="https://business.google.com/reviews",
    steps=(
        "Open the link; sign in with an account that manages this Business Profile.",
        "Check that it is the right location, and find the review by its date and first words.",
        "If somebody has replied already, stop and tell the case's owner.",
        "Choose Reply, paste the approved text without changing a word, and post it.",
        "Google may look at it first: come back with the time once it shows.",
    ),
    report_url="https://support.google.com/business/workflow/9945796",
    report_steps=(
        "Open the Reviews Management Tool with the account that manages the profile.",
        "Choose the review and the rule of Google's it breaks; disagreeing with it is none.",
        "Look for the decision there after some days; it can be appealed once.",
    ),
    report_kinds=(
        ("off_topic", "Off topic"),
        ("spam", "Spam"),
        ("conflict", "Conflict of interest"),
        ("profanity", "Profanity"),
        ("harassment", "Bullying or harassment"),
        ("hate", "Discrimination or hate speech"),
        ("personal_info", "Personal information"),
        ("not_helpful", "Not helpful"),
    ),
    hosts=("google.com",),
)


class Google:
    """One location's reviews. An access token is fetched when needed, and anew when refused."""

    name = "google"

    def __init__(self, source: Source, access: Access, http: httpx.Client | None = None) -> None:
        self.source, self.access = source, access
        self.http, self._mine = http or web.client(), http is None
        self.can = replace(CAN, keep_text=timedelta(days=access.number("keep_days", _KEEP_DAYS)))
        self._token = ""
        self._never_read = not (source.read_until or source.cursor)

    def close(self) -> None:
        if self._mine:
            self.http.close()

    def pages(self, since: datetime, cursor: str = "", full: bool = False) -> Iterator[Page]:
        """Yield reviews, the latest changes first, to the first page that reaches behind `since`.

        The list is live. What is written meanwhile pushes others onto the next page, where they
        come twice; what is removed pulls them onto the page before, which is read again then. An
        edit moves its review to the front: the next reading finds it there. Raises PlatformError.
        """
        turn = shapes.turn_of(cursor)
        self._prepare()
        if not (cursor or full):
            yield from self._hinted()
        while True:
            raw = self._list(turn.token)
            total = count(raw, "totalReviewCount")
            found = tuple(shapes.all_seen(raw))
            if turn.token and 0 <= total < turn.total:
                found = (*shapes.all_seen(self._list(turn.back)), *found)
            after = text(raw, "nextPageToken")
            if after and after == turn.token:
                raise PlatformError("google-odd", "a page leads to itself", permanent=True)
            if not after or (not full and shapes.is_older(raw, since)):
                yield Page(found, whole=full)
                return
            turn = shapes.Turn(after, turn.token, total)
            yield Page(found, turn.dump())

    def look(self, external_id: str) -> SeenReview | None:
        """Return the review as it stands now, or None where it is gone. Raises PlatformError.

        Where Google knows nothing of the location either, nobody can say what became of it.
        """
        try:
            return shapes.seen(self._review(external_id))
        except PlatformError as error:
            if error.trouble != "gone":
                raise
        self._list("", size=1)
        return None

    def publish(self, reply: PublicReply) -> Published:
        """Put the reply there, unless it stands there already. Raises PlatformError.

        A PUT replaces whatever stands there, so that is looked at first. Google offers no
        condition: somebody who answers within the same second is overwritten all the same.
        """
        if len(reply.text.encode("utf-8", "replace")) > shapes.LIMIT:
            words = f"more than {shapes.LIMIT} bytes"
            raise PlatformError("google-too-long", words, permanent=True)
        review = self._review(reply.external_id)
        there, mark = shapes.reply_of(review), reply_mark(reply.text)
        if there is not None and there.stands:
            if reply_mark(there.comment) == mark:
                return self._said(reply.external_id, review, there, read_back=True)
            if reply_mark(there.comment) not in reply.may_replace:
                raise PlatformError("google-foreign-reply", "somebody has answered there")
        path = f"{self._path(reply.external_id)}/reply"
        put = self._ask("PUT", path, writes=True, json={"comment": reply.text})
        return self._said(reply.external_id, review, shapes.reply_from(put), read_back=False)

    def state(self, reply: PublicReply) -> Published:
        """Return how our reply stands: live, looked at, or rejected. Raises PlatformError."""
        review = self._review(reply.external_id)
        there = shapes.reply_of(review)
        if there is None:
            raise PlatformError("google-reply-gone", "no reply stands there", permanent=True)
        if reply_mark(there.comment) != reply_mark(reply.text):
            words = "another reply stands there"
            raise PlatformError("google-foreign-reply", words, permanent=True)
        return self._said(reply.external_id, review, there, read_back=True)

    def delete_reply(self, external_id: str) -> None:
        """Take the owner's reply to this review back. Raises PlatformError, "...-gone"."""
        self._ask("DELETE", f"{self._path(external_id)}/reply", writes=True)

    def hide(self, external_id: str) -> None:  # noqa: ARG002
        """Raise: Google lets nobody hide a review; it can be reported."""
        raise unsupported(self.name)

    def block(self, author_id: str) -> None:  # noqa: ARG002
        """Raise: Google lets nobody block an author."""
        raise unsupported(self.name)

    def _said(
        self, review_id: str, review: Raw, reply: shapes.OwnersReply, *, read_back: bool
    ) -> Published:
        name = f"{self._path(review_id)}/reply"
        return shapes.published(name, shapes.link_of(review), reply, read_back=read_back)

    def _review(self, external_id: str) -> Raw:
        return self._ask("GET", self._path(external_id))

    def _list(self, token: str, size: int = _PAGE) -> Raw:
        asked: dict[str, str | int] = {"pageSize": size, "orderBy": "updateTime desc"}
        if token:
            asked["pageToken"] = token
        return self._ask("GET", f"{self._place()}/reviews", params=asked)

    def _path(self, external_id: str) -> str:
        return f"{self._place()}/reviews/{quote(external_id, safe='')}"

    def _place(self) -> str:
        if not _PLACE.fullmatch(self.source.place):
            words = "a place at Google looks like accounts/1/locations/2"
            raise PlatformError("google-place", words, permanent=True)
        return self.source.place

    def _ask(self, method: str, path: str, *, writes: bool = False, **what: Any) -> Raw:
        """Ask the API, signed in; a token that is refused is renewed once. Raises PlatformError."""
        url = f"{self.access.base_url(_API)}/{path}"
        answer = self._signed(method, url, writes, what)
        self._never_read = False
        return web.content(answer, self.name, writes=writes)

    def _signed(
        self, method: str, url: str, writes: bool, what: Mapping[str, Any]
    ) -> httpx.Response:
        renewed = not self._token
        while True:
            self._token = self._token or self._sign_in()
            headers = {"authorization": f"Bearer {self._token}"}
            request = self.http.build_request(method, url, headers=headers, **what)
            try:
                return web.ask(self.http, request, self.name, writes=writes, explain=self._refused)
            except PlatformError as error:
                if error.trouble != "auth" or renewed:
                    raise
            self._token, renewed = "", True

    def _refused(self, response: httpx.Response) -> PlatformError | None:
        return shapes.refused(response, never_read=self._never_read)

    def _sign_in(self) -> str:
        """Return a new access token; it lasts an hour. Raises PlatformError("google-auth")."""
        names = ("client_id", "client_secret", "refresh_token")
        form = {"grant_type": "refresh_token", **{each: self.access.need(each) for each in names}}
        request = self.http.build_request(
            "POST", self.access.base_url(_TOKEN, "token_url"), data=form
        )
        answer = web.ask(self.http, request, self.name, explain=shapes.not_signed_in)
        found = text(web.content(answer, self.name), "access_token")
        if not found:
            raise PlatformError("google-odd", "no access token in the answer")
        return found

    def _prepare(self) -> None:
        """Fetch what pushes are verified with; reviews come in all the same without it."""
        try:
            renew_keys(self.http, self.access)
        except PlatformError as error:
            _log.warning("source %s: keys for pushes: %s", self.source.id, error.code)

    def _hinted(self) -> Iterator[Page]:
        """Yield what waits in the subscription, and acknowledge what was taken in, and only that.

        Where several sources share one subscription, each leaves the others' messages to them.
        The list is read anyway, so trouble here is logged and keeps nobody from that.
        """
        subscription = self.access.text("pubsub_subscription")
        try:
            for _ in range(_ROUNDS if subscription else 0):
                mine = self._pull(subscription)
                if not mine:
                    return
                yield Page(tuple(self._each(set(mine.values()) - {""})))
                asked = {"ackIds": list(mine)}
                self._at_pubsub(f"{subscription}:acknowledge", asked)
        except PlatformError as error:
            _log.warning("source %s: subscription: %s", self.source.id, error.code)

    def _pull(self, subscription: str) -> dict[str, str]:
        """Return the review each waiting message of ours names, by the id to acknowledge it by."""
        asked = {"maxMessages": _PULLED, "returnImmediately": True}
        mine = {}
        for each in parts(self._at_pubsub(f"{subscription}:pull", asked), "receivedMessages"):
            data = _carried(part(each, "message"))
            if concerns(self.source.place, data):
                mine[text(each, "ackId")] = named(data).rpartition("/")[2]
        return mine

    def _each(self, review_ids: set[str]) -> Iterator[SeenReview]:
        found = (self.look(each) for each in sorted(review_ids))
        return (each for each in found if each is not None)

    def _at_pubsub(self, path: str, asked: Mapping[str, Any]) -> Raw:
        url = f"{self.access.base_url(_PUBSUB, 'pubsub_url')}/{path}"
        return web.content(self._signed("POST", url, False, {"json": asked}), self.name)


def _carried(message: Raw) -> bytes:
    try:
        return payload(message)
    except PlatformError:
        return b""  # unreadable for ever: a hint that something happened, and acknowledged

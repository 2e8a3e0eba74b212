"""What Facebook pushes: signed batches about ratings, the feed, mentions and private messages."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from cases.models import Source
from cases.ports import Page, PlatformError, SeenReview
from reviews.access import Access
from reviews.facebook_seen import ident, message, pushed_recommendation, remark, when
from reviews.wire import Raw, part, parts, whole

_TAKEN_DOWN = ("remove", "delete", "removed")
_WRITTEN = ("add", "edit", "edited", "update")
_REMARKS = ("comment", "post", "status", "photo", "video", "share")
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{1,100}")
_MOST = 10_000  # things in one push; Facebook sends a thousand at most


class _News(NamedTuple):
    """One thing a push tells: a review as it stands, one taken down, or only that there is one."""

    seen: SeenReview | None = None
    gone: str = ""
    hint: bool = False
    at: datetime = datetime.min.replace(tzinfo=UTC)

    @property
    def about(self) -> str:
        return self.seen.external_id if self.seen is not None else self.gone


class FacebookPushes:
    """Verifies and reads one page's webhook. One app has one address: other pages are left out."""

    def __init__(self, source: Source, access: Access) -> None:
        self._page, self._access = source.place, access

    def verify(self, body: bytes, headers: Mapping[str, str], now: datetime) -> None:  # noqa: ARG002
        """Raise "facebook-forged" unless the app's secret signed these very bytes.

        Facebook signs no time and repeats for a day and a half; a repeated push changes nothing.
        """
        secret = self._access.secret("app_secret").get_secret_value()
        if not secret:
            raise PlatformError("facebook-no-secret", "app_secret is missing")
        wanted = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        given = headers.get("x-hub-signature-256", "")
        if not hmac.compare_digest(wanted.encode(), given.encode("utf-8", "replace")):
            raise PlatformError("facebook-forged", "the signature does not hold", permanent=True)

    def answer(self, query: Mapping[str, str]) -> str | None:
        """Return the challenge where somebody who knows our word asks to subscribe."""
        ours = self._access.secret("verify_token").get_secret_value()
        given, challenge = query.get("hub.verify_token", ""), query.get("hub.challenge", "")
        known = hmac.compare_digest(ours.encode(), given.encode("utf-8", "replace"))
        if not ours or not known or query.get("hub.mode") != "subscribe":
            return None
        return challenge if _CHALLENGE.fullmatch(challenge) else None

    def read(self, body: bytes, headers: Mapping[str, str]) -> Page | None:  # noqa: ARG002
        """Return what a batch tells; of several states of one thing, the latest."""
        found = list(self._news(_batch(body)))
        last: dict[str, _News] = {}
        for each in found:
            if each.about and (each.about not in last or each.at >= last[each.about].at):
                last[each.about] = each
        if not last and any(each.hint for each in found):
            return None
        seen = tuple(each.seen for each in last.values() if each.seen is not None)
        return Page(seen, gone=tuple(each.gone for each in last.values() if each.gone))

    def _news(self, batch: Raw) -> Iterator[_News]:
        left = _MOST
        for entry in parts(batch, "entry"):
            if ident(entry.get("id")) != self._page:
                continue
            at = when(entry.get("time")) or datetime.now(UTC)
            for change in parts(entry, "changes")[:left]:
                left -= 1
                yield self._change(str(change.get("field")), part(change, "value"), at)
            for each in parts(entry, "messaging")[:left]:
                left -= 1
                yield self._message(each)

    def _change(self, field: str, value: Raw, at: datetime) -> _News:
        if field == "ratings" and value.get("item") == "rating":
            return self._rating(value, at)
        if field == "mention":
            return _News(hint=True)  # it tells who and where, seldom what
        if field in ("feed", "ratings") and value.get("item") in _REMARKS:
            return self._remark(value, at)
        return _News()

    def _rating(self, value: Raw, at: datetime) -> _News:
        seen = pushed_recommendation(value, self._page, at)
        verb = value.get("verb")
        if verb in _TAKEN_DOWN:
            gone = seen.external_id if seen is not None else ident(value.get("open_graph_story_id"))
            return _News(gone=gone, at=at, hint=not gone)
        return _News(seen if verb in _WRITTEN else None, hint=True, at=at)

    def _remark(self, value: Raw, at: datetime) -> _News:
        about = ident(value.get("comment_id")) or ident(value.get("post_id"))
        author = part(value, "from") or {
            "id": value.get("reviewer_id"), "name": value.get("reviewer_name"),
        }  # fmt: skip
        if value.get("verb") in _TAKEN_DOWN:
            return _News(gone=about, at=at)
        if value.get("verb") not in _WRITTEN:
            return _News()
        row = {**value, "id": about, "from": author, "permalink_url": None}
        return _News(remark(row, self._page, at), at=at)

    def _message(self, each: Raw) -> _News:
        """Leave out our own words (echoes), and that something was delivered or read."""
        told, sender = part(each, "message"), part(each, "sender").get("id")
        if not told or told.get("is_echo") is True or ident(sender) == self._page:
            return _News()
        found = message(
            told.get("mid"), sender, told.get("text"), each.get("timestamp"),
            told.get("attachments"),
        )  # fmt: skip
        return _News(found)


def _batch(body: bytes) -> Raw:
    found = whole(body)
    if found is None or found.get("object") != "page":
        raise PlatformError("facebook-unreadable", "this tells of no page", permanent=True)
    return found

"""Yelp's Respond to Reviews, for its partners only: what is refused there is refused here first."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from cases.checking.likeness import alike
from cases.ports import PlatformError, PublicReply, Published, reply_mark
from reviews import web
from reviews.access import Access
from reviews.wire import error_in

NAME = "yelp"
MOST_CHARACTERS, MOST_A_DAY = 5000, 20
_REMEMBERED = 60  # replies; Yelp compares with what was posted before
_MARGIN = timedelta(minutes=5)
_PACIFIC = ZoneInfo("America/Los_Angeles")
_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")
# Pictographs, dingbats, flags and what joins them; © and ™ are none.
_EMOJI = re.compile(
    "[\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff\u231a-\u23ff\u20e3\ufe0f\u200d"
    "\U000e0020-\U000e007f]"
)
# By hand all the same: a person sees at Yelp what is missing there.
_BY_HAND = (
    "INSUFFICIENT_SCOPE", "R2R_COMMENTS_NOT_ALLOWED", "R2R_PROBLEM_WITH_USER_PHOTO",
    "R2R_UNACCEPTABLE_BIZ_USER_NAME", "R2R_PUBLIC_COMMENTS_DISABLED", "R2R_BUSINESS_NOT_CLAIMED",
    "R2R_PERMISSION_DENIED",
)  # fmt: skip


class Partner:
    """Posts replies with the owner's consent. The token lasts a week, the refresh token a year."""

    def __init__(self, access: Access, http: httpx.Client) -> None:
        self._access, self._http = access, http
        self._base = access.base_url("https://partner-api.yelp.com", "partner_url")

    def publish(self, reply: PublicReply) -> Published:
        """Post a reply, once. Raises PlatformError; `sent` None where nobody can know."""
        with self._access.lock:
            posted = self._posted()
            mine = [each for each in posted if each["review"] == reply.external_id]
            if mine:
                return _as_before(mine[-1], reply)
            refuse(reply.text, [str(each["text"]) for each in posted])
            _refuse_more_today(posted)
            if not _ID.fullmatch(reply.external_id):
                raise PlatformError(f"{NAME}-unsupported", "no review of Yelp's", permanent=True)
            return self._post(reply, posted)

    def _post(self, reply: PublicReply, posted: list[dict[str, Any]]) -> Published:
        new: dict[str, Any] = {"review": reply.external_id, "text": reply.text}
        new |= {"at": datetime.now(UTC).isoformat(), "known": True}
        try:
            self._send(reply)
        except PlatformError as error:
            if error.sent is None:
                self._keep([*posted, new | {"known": False}])
            raise
        self._keep([*posted, new])
        return Published(f"{reply.external_id}-reply")

    def _send(self, reply: PublicReply) -> None:
        """Post; a token that was taken back early is renewed once."""
        token = self._token()
        try:
            self._ask(reply, token)
        except PlatformError as error:
            if error.trouble != "auth":
                raise
            self._ask(reply, self._renewed())

    def _ask(self, reply: PublicReply, token: str) -> None:
        request = self._http.build_request(
            "POST",
            f"{self._base}/reviews/v1/{reply.external_id}",
            json={"response_text": reply.text, "response_type": "public_comment"},
            headers={"authorization": f"Bearer {token}"},
        )
        web.ask(self._http, request, NAME, writes=True, explain=explain)

    def _token(self) -> str:
        kept = _parsed(self._access.secret("partner_token").get_secret_value())
        until = _instant(kept.get("until"))
        if until is not None and datetime.now(UTC) + _MARGIN < until and kept.get("token"):
            return str(kept["token"])
        return self._renewed()

    def _renewed(self) -> str:
        """Return a fresh token; what Yelp hands out is kept before it is used."""
        wanted = ("client_id", "client_secret", "refresh_token")
        form = {"grant_type": "refresh_token"} | {n: self._access.need(n) for n in wanted}
        url = self._access.base_url(f"{self._base}/token/v1", "token_url")
        request = self._http.build_request("POST", url, data=form)
        answer = web.content(web.ask(self._http, request, NAME, explain=_no_token), NAME)
        token, refresh = answer.get("access_token"), answer.get("refresh_token")
        if not isinstance(token, str) or not token:
            raise PlatformError(f"{NAME}-odd", "no token in the answer")
        if isinstance(refresh, str) and refresh:
            self._access.keep("refresh_token", refresh)
        seconds = answer.get("expires_in")
        left = timedelta(seconds=seconds if isinstance(seconds, int) and 0 < seconds < 1e8 else 600)
        kept = {"token": token, "until": (datetime.now(UTC) + left).isoformat()}
        self._access.keep("partner_token", json.dumps(kept))
        return token

    def _posted(self) -> list[dict[str, Any]]:
        """Return what was posted lately, oldest first: Yelp tells programs of no reply."""
        found = _parsed(self._access.secret("posted").get_secret_value()).get("replies", [])
        return list(found)

    def _keep(self, posted: Sequence[Mapping[str, Any]]) -> None:
        self._access.keep("posted", json.dumps({"replies": list(posted)[-_REMEMBERED:]}))


def refuse(text: str, earlier: Sequence[str]) -> None:
    """Raise PlatformError where Yelp would refuse these words, or think them a template's."""
    why = ""
    if len(text) > MOST_CHARACTERS:
        why = "too-long"
    elif not text.strip():
        why = "empty"
    elif _EMOJI.search(text):
        why = "emoji"
    elif alike(text, earlier):
        why = "near-duplicate"
    if why:
        words = "Yelp would refuse these words; write them anew"
        raise PlatformError(f"{NAME}-{why}", words, permanent=True)


def _refuse_more_today(posted: Sequence[Mapping[str, Any]]) -> None:
    """Raise "-limit" where the day's twenty are used up; a day is the Pacific coast's."""
    now = datetime.now(_PACIFIC)
    times = (_instant(each.get("at")) for each in posted)
    today = sum(at is not None and at.astimezone(_PACIFIC).date() == now.date() for at in times)
    if today >= MOST_A_DAY:
        raise _used_up(now)


def _used_up(now: datetime) -> PlatformError:
    midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    words = "twenty replies a day is all Yelp takes"
    wait = midnight.astimezone(UTC) - now.astimezone(UTC)
    return PlatformError(f"{NAME}-day-limit", words, retry_after=wait)


def _as_before(known: Mapping[str, Any], reply: PublicReply) -> Published:
    """Return what is there already; Yelp's programs cannot change a reply."""
    if reply_mark(str(known["text"])) != reply_mark(reply.text):
        words = "Yelp changes replies by hand only"
        raise PlatformError(f"{NAME}-edit-unsupported", words, permanent=True)
    if not known.get("known"):
        raise PlatformError(f"{NAME}-in-doubt", "it may stand there already", sent=None)
    return Published(f"{reply.external_id}-reply")


def explain(response: httpx.Response) -> PlatformError | None:
    """Return what the partner API's own code means; None where there is none."""
    code = _code_of(response)
    short = f"{NAME}-{code.removeprefix('R2R_').lower().replace('_', '-')}"
    if not code:
        return None
    if code == "INVALID_TOKEN":
        words = "the partner's token expired or was revoked"
        return PlatformError(f"{short}-auth", words, permanent=True)
    if code == "R2R_COMMENT_QUOTA_EXCEEDED":
        return _used_up(datetime.now(_PACIFIC))
    if code in _BY_HAND:
        words = "Yelp lets no program answer here; see what is missing at biz.yelp.com"
        return PlatformError(f"{short}-unsupported", words, permanent=True)
    if code == "R2R_REVIEW_DOES_NOT_EXIST":
        return PlatformError(f"{short}-gone", "there is no such review", permanent=True)
    return None if response.status_code >= 500 else PlatformError(short, permanent=True)


def _no_token(response: httpx.Response) -> PlatformError | None:
    """A refused refresh token is a sign-in that is over, whatever status says so."""
    if response.status_code in (400, 401, 403):
        words = "the partner's sign-in expired or was revoked"
        return PlatformError(f"{NAME}-token-auth", words, permanent=True)
    return None


def _code_of(response: httpx.Response) -> str:
    code = error_in(response.content).get("id")
    return code if isinstance(code, str) and re.fullmatch(r"[A-Z0-9_]{1,60}", code) else ""


def _parsed(kept: str) -> dict[str, Any]:
    return dict(json.loads(kept)) if kept else {}


def _instant(value: object) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else None

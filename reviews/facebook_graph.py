"""How Facebook's Graph API is asked: each call proven to be ours, each refusal understood."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any
from urllib.parse import quote

import httpx

from cases.ports import PlatformError
from cases.settings import SettingsError
from reviews import web
from reviews.access import Access
from reviews.wire import error_in

NAME = "facebook"
VERSION = "v21.0"  # the last one that shows recommendations; it is switched off in January 2027
_BUSY = 80  # percent of what may be asked for; beyond it Facebook soon refuses
_A_WHILE = timedelta(minutes=15)
_A_DAY = timedelta(days=1)
_TOKEN = (102, 190, 463, 467)
_THROTTLED = (4, 17, 32, 341, 613)
_CLOSED, _PARAMETER, _GONE, _BLOCKED, _TWICE = 12, 100, 803, 368, 506
_PASSING = (1, 2)
_WORDS = {_PARAMETER: "it did not understand a parameter", _TWICE: "this was posted before"}
_NO_SUCH_OBJECT = 33  # a subcode of 100
_USAGE = ("x-app-usage", "x-page-usage")
_MUCH = 65_536  # characters of a header


class Graph:
    """Facebook as one page's token sees it.

    `busy`: how long to leave it alone, as the last answer's headers say, None where there is room.
    `as_of`: when the last answer was made, by Facebook's own clock.
    """

    def __init__(self, access: Access, http: httpx.Client | None = None) -> None:
        self._access, self._http = access, http or web.client()
        self._mine = http is None
        self.version = access.text("version", VERSION)
        if not re.fullmatch(r"v\d{1,3}\.\d{1,2}", self.version):
            raise SettingsError(f"source {access.source}: version is written like {VERSION}")
        self._base = f"{access.base_url('https://graph.facebook.com')}/{self.version}"
        self.busy: timedelta | None = None
        self.as_of = datetime.now(UTC)

    def close(self) -> None:
        if self._mine:
            self._http.close()

    def get(self, *path: str, **fields: str) -> dict[str, Any]:
        """Return what stands at a path. Raises PlatformError."""
        return self._ask("GET", path, fields)

    def post(self, *path: str, **fields: str) -> dict[str, Any]:
        """Write. Raises PlatformError; `sent` None where nobody can know."""
        return self._ask("POST", path, fields)

    def delete(self, *path: str) -> dict[str, Any]:
        """Take away. Raises PlatformError."""
        return self._ask("DELETE", path, {})

    def rest(self) -> None:
        """Raise where the last answer said that more questions would soon be refused."""
        if self.busy is not None:
            words = "most of what may be asked for is used up"
            raise PlatformError(f"{NAME}-usage-limit", words, retry_after=self.busy)

    def _ask(self, method: str, path: tuple[str, ...], fields: Mapping[str, str]) -> dict[str, Any]:
        request = self._request(method, path, fields)
        writes = method != "GET"
        told = partial(explain, writes=writes)
        response = web.ask(self._http, request, NAME, writes=writes, explain=told)
        self.busy, self.as_of = pause(response.headers), _made_at(response)
        return web.content(response, NAME, writes=writes)

    def _request(
        self, method: str, path: tuple[str, ...], fields: Mapping[str, str]
    ) -> httpx.Request:
        """The token goes into a header: an address may end up in somebody's log."""
        token = self._access.need("page_token")
        sent = {k: v for k, v in fields.items() if v}
        sent["appsecret_proof"] = proof(self._access.need("app_secret"), token)
        url = "/".join((self._base, *(quote(_sane(part), safe="") for part in path)))
        headers = {"authorization": f"Bearer {token}"}
        if method == "POST":
            return self._http.build_request(method, url, data=sent, headers=headers)
        return self._http.build_request(method, url, params=sent, headers=headers)


def proof(app_secret: str, token: str) -> str:
    """Return what shows Facebook that whoever has the token has the app's secret too."""
    return hmac.new(app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()


def _sane(part: str) -> str:
    if part.strip(".") == "" or "/" in part or len(part) > 500:
        raise PlatformError(f"{NAME}-odd-id", "this is no id of Facebook's", permanent=True)
    return part


def _made_at(response: httpx.Response) -> datetime:
    try:
        found = parsedate_to_datetime(response.headers.get("date", ""))
    except (ValueError, OverflowError):
        return datetime.now(UTC)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def explain(response: httpx.Response, *, writes: bool) -> PlatformError | None:
    """Return what a refusal of the Graph API means; None where it is none of its own.

    Facebook's own words are not repeated: they may quote what somebody wrote.
    """
    error = error_in(response.content)
    code = error.get("code")
    if not isinstance(code, int) or isinstance(code, bool):
        return None
    if code in _TOKEN:
        return _error(code, "auth", "the page's token expired or was revoked", permanent=True)
    if code in _THROTTLED or 80_000 <= code <= 80_099:
        wait = pause(response.headers) or web.retry_after(response) or _A_WHILE
        return _error(code, "limit", "too many questions", retry_after=wait)
    if code == _CLOSED:
        words = "programs of this version may not see this"
        return _error(code, "unsupported", words, permanent=True)
    if code == 10 or 200 <= code <= 299:
        return _not_permitted(code, writes)
    if code in _PASSING or error.get("is_transient") is True:
        return _error(code, "", "it asks to try again", sent=None if writes else False)
    return _about_object(code, error.get("error_subcode"), writes)


def _not_permitted(code: int, writes: bool) -> PlatformError:
    """What may not be written, a person does by hand; what may not be read needs a new sign-in."""
    words = "a permission is missing: see docs/platforms.md for those Facebook must grant"
    return _error(code, "unsupported" if writes else "auth", words, permanent=True)


def _about_object(code: int, subcode: object, writes: bool) -> PlatformError:
    if code == _GONE or (code == _PARAMETER and subcode == _NO_SUCH_OBJECT):
        return _error(code, "gone", "there is no such object, or it is hidden", permanent=True)
    if code == _BLOCKED:
        words = "Facebook has blocked the page, or these words, for a while"
        if writes:  # it may be the words: a person looks before anything is posted again
            return _error(code, "", words, permanent=True)
        return _error(code, "limit", words, retry_after=_A_DAY)
    return _error(code, "", _WORDS.get(code, "refused"), permanent=True)


def _error(code: int, ending: str, words: str, **more: Any) -> PlatformError:
    return PlatformError("-".join(filter(None, (NAME, str(code), ending))), words, **more)


def pause(headers: Mapping[str, str]) -> timedelta | None:
    """Return how long usage headers say to wait; None where there is room for more questions.

    X-App-Usage counts in percent of an hour's allowance; X-Business-Use-Case-Usage also tells in
    how many minutes a throttled page is let in again.
    """
    waits = [_A_WHILE for name in _USAGE if _full(_parsed(headers.get(name, "")))]
    by_page = _parsed(headers.get("x-business-use-case-usage", ""))
    for each in _uses(by_page):
        minutes = _number(each.get("estimated_time_to_regain_access"))
        if minutes > 0:
            waits.append(timedelta(minutes=min(minutes, 24 * 60)))
        elif _full(each):
            waits.append(_A_WHILE)
    return max(waits, default=None)


def _uses(by_page: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for uses in by_page.values():
        if isinstance(uses, list):
            yield from (each for each in uses if isinstance(each, dict))


def _full(use: Mapping[str, Any]) -> bool:
    counts = ("call_count", "total_time", "total_cputime")
    return any(_number(use.get(each)) >= _BUSY for each in counts)


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0
    return min(max(value, 0), 1e6) if value == value else 0  # NaN is not itself


def _parsed(value: str) -> Mapping[str, Any]:
    try:
        found = json.loads(value[:_MUCH]) if value else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}

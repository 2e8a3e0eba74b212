"""How every platform is asked over the web: patient but not endless, and silent about secrets."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from cases.ports import PlatformError

LARGEST = 20 * 1024 * 1024  # bytes of an answer; a page of reviews is a thousandth of that
LONGEST_WAIT = timedelta(days=1)  # whatever a Retry-After says
_TIMEOUT = httpx.Timeout(connect=5, read=20, write=20, pool=5)
Explain = Callable[[httpx.Response], PlatformError | None]

# It would log each address, and some platforms want their token in it.
logging.getLogger("httpx").setLevel(logging.WARNING)


def client() -> httpx.Client:
    """Return a client with explicit timeouts that follows no redirect and obeys no proxy file."""
    agent = {"user-agent": "Amends (patient reviews; self-hosted)"}
    return httpx.Client(timeout=_TIMEOUT, follow_redirects=False, headers=agent)


def ask(
    http: httpx.Client,
    request: httpx.Request,
    name: str,
    *,
    writes: bool = False,
    explain: Explain | None = None,
) -> httpx.Response:
    """Send a request and return its answer, read whole, where its status is 2xx.

    `name` begins each code ("google"). `writes`: the request publishes something, so a timeout or
    a 5xx leaves open whether it did (`sent` None). `explain` is asked first what a refusal means
    and returns None for the usual: 401 "-auth", 404 and 410 "-gone", 429 "-limit", else the status.
    Raises PlatformError, whose text holds no address, token or body.
    """
    doubt = None if writes else False
    try:
        response = http.send(request, stream=True)
        try:
            _read(response, name, doubt)
        finally:
            response.close()
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        raise PlatformError(f"{name}-unreachable", type(error).__name__) from None
    except httpx.TimeoutException:
        raise PlatformError(f"{name}-timeout", "no answer in time", sent=doubt) from None
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
        raise PlatformError(f"{name}-broken", type(error).__name__, sent=doubt) from None
    if response.is_success:
        return response
    told = explain(response) if explain else None
    raise told or refusal(response, name, writes=writes)


def _read(response: httpx.Response, name: str, doubt: bool | None) -> None:
    """Read the body, no further than LARGEST."""
    parts, size = [], 0
    for part in response.iter_bytes():
        size += len(part)
        if size > LARGEST:
            raise PlatformError(f"{name}-too-large", f"more than {LARGEST} bytes", sent=doubt)
        parts.append(part)
    response._content = b"".join(parts)  # what Response.read() does, with an end


def refusal(response: httpx.Response, name: str, *, writes: bool = False) -> PlatformError:
    """Return what a status usually means, as an error to raise."""
    status = response.status_code
    words = f"HTTP {status}"
    if status == 429:
        return PlatformError(f"{name}-429-limit", words, retry_after=retry_after(response))
    if status >= 500:
        doubt = None if writes else False
        wait = retry_after(response)
        return PlatformError(f"{name}-{status}", words, sent=doubt, retry_after=wait)
    ends = {401: "-auth", 404: "-gone", 410: "-gone"}
    return PlatformError(f"{name}-{status}{ends.get(status, '')}", words, permanent=status != 408)


def retry_after(response: httpx.Response) -> timedelta | None:
    """Return how long a platform asks to be left alone (RFC 9110, 10.2.3: seconds or a date).

    A date counts from the answer's own Date, so that our clock need not be right.
    """
    value = response.headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return min(timedelta(seconds=int(value[:9])), LONGEST_WAIT)
    until = _date(value)
    if until is None:
        return None
    since = _date(response.headers.get("date", "")) or datetime.now(UTC)
    return min(max(until - since, timedelta(0)), LONGEST_WAIT)


def _date(value: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def reset_after(response: httpx.Response, header: str, now: datetime) -> timedelta | None:
    """Return how long until the instant a header names in Unix seconds; None where it does not."""
    value = response.headers.get(header, "")
    if not (value.isascii() and value.isdigit()):
        return None
    left = int(value[:12]) - now.timestamp()
    return timedelta(seconds=min(max(left, 0), LONGEST_WAIT.total_seconds()))


def content(response: httpx.Response, name: str, *, writes: bool = False) -> dict[str, Any]:
    """Return the JSON object an answer holds. Raises PlatformError("...-odd") where it is none."""
    try:
        found = response.json()
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        doubt = None if writes else False
        raise PlatformError(f"{name}-odd", "the answer is no JSON object", sent=doubt)
    return found

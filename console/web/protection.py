"""What every answer carries and no request may exceed: headers, sizes, errors without traces."""

from __future__ import annotations

import logging
from typing import Any

from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cases.talking.privately import LARGEST, MOST_FILES

log = logging.getLogger("amends")
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "script-src 'self'; connect-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS = (
    (b"content-security-policy", _POLICY.encode()),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_LARGEST_FILES = MOST_FILES * LARGEST + 256 * 1024  # a patient's photos, all in one form
_LARGEST_FORM, _LARGEST_API, _LARGEST_PUSH = 256 * 1024, 2 * 1024 * 1024, 1024 * 1024  # bytes


class Guarded:
    """Adds the headers, and turns what nobody caught into a page that tells nothing.

    Where an error got as far as the server, its text, with whatever is in it, would be logged.
    """

    def __init__(self, app: ASGIApp, secure: bool = False) -> None:
        self._app = app
        more = ((b"strict-transport-security", b"max-age=31536000"),) if secure else ()
        self._headers = (*_HEADERS, *more)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                message = {**message, "headers": self._with_headers(scope, message)}
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except Exception as error:
            log.error("console: %s", type(error).__name__)  # its text may hold a patient's words
            if begun:
                raise RuntimeError("console: an answer broke off") from None
            await _broken(scope)(scope, receive, sending)

    def _with_headers(self, scope: Scope, message: Message) -> list[tuple[bytes, bytes]]:
        kept = list(message.get("headers", ()))
        given = {name.lower() for name, _ in kept}
        stays = scope["path"].startswith("/static/")
        cache = b"public, max-age=86400" if stays else b"no-store"
        wanted = (*self._headers, (b"cache-control", cache))
        return [*kept, *(each for each in wanted if each[0] not in given)]


def _broken(scope: Scope) -> Response:
    if scope["path"].startswith("/api/"):
        said = {"error": "internal", "message": "something went wrong here; it is in the log"}
        return JSONResponse(said, 500)
    return PlainTextResponse("Something went wrong here. It is in the log.", 500)


class TooLarge(Exception):
    """More was sent than a request may carry."""


class Limited:
    """Stops reading a request that is too large, whatever it said its length was."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        api = scope["path"].startswith("/api/")
        pushed = _LARGEST_PUSH if scope["path"].startswith("/hooks/") else _LARGEST_FORM
        files = scope["path"].startswith("/p/") and scope["path"].endswith("/files")
        left = _LARGEST_API if api else _LARGEST_FILES if files else pushed

        async def receiving() -> Message:
            nonlocal left
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                raise TooLarge
            return message

        if _length(scope) > left:
            await _refused(api)(scope, receive, send)
            return
        try:
            await self._app(scope, receiving, send)
        except TooLarge:
            await _refused(api)(scope, receive, send)


def _length(scope: Scope) -> int:
    said: dict[bytes, Any] = dict(scope["headers"])
    value = said.get(b"content-length", b"0")
    return int(value) if value.isdigit() else 0


def _refused(api: bool) -> Response:
    if api:
        said = {"error": "too_large", "message": "send fewer reviews at a time"}
        return JSONResponse(said, 413)
    return PlainTextResponse("More was sent than a form may carry.", 413)

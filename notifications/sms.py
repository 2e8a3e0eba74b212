"""Texts: one message to one number through Twilio, posted once."""

from __future__ import annotations

import asyncio
import io
import logging
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import requests
from twilio.base.exceptions import (  # type: ignore[import-untyped]
    TwilioRestException,
    TwilioServiceException,
)
from twilio.http.http_client import TwilioHttpClient  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from cases.ports import Accepted, ChannelError, Found, Message
from notifications.faults import what_broke

CALLBACK_PATH = "/hooks/twilio/status/"  # the attempt's token follows; no patient data in a URL

_E164 = re.compile(r"\+[1-9]\d{6,14}")
# Twilio's error reference: no such number, opted out, not mobile, region off, no route, no callee;
# blocked by the carrier, no such subscriber, a landline.
_DEAD = frozenset({21211, 21610, 21614, 21408, 21612, 21217, 30004, 30005, 30006})
# Ours to mend: sign-in, suspended, our number, the sender's registration. No text can leave.
_OURS = frozenset({20003, 20005, 30002, 21212, 21603, 21606, 21608, 30032, 30034})
_LATER = frozenset({408, 429})  # the request was not worked on
_BUSY = frozenset({20429, 21611, 30001})  # their queue is full: later
_LISTED = 50  # texts to one number within minutes are fewer
# Not empty, or the client would read TWILIO_EDGE and TWILIO_REGION from ours and change the host.
_NO_ENVIRONMENT = {"TWILIO_EDGE": "", "TWILIO_REGION": ""}


class _Form(io.BytesIO):
    """A request's body that knows whether anybody began to send it.

    It is read only once a checked connection stands, so a failure before that sent nothing.
    """

    begun = False

    def read(self, size: int | None = -1, /) -> bytes:
        self.begun = True
        return super().read(size)


class _Line(requests.Session):
    """A connection for one request. A kept one may be dead, and that would look like a doubt."""

    form: _Form | None = None

    def send(self, request: requests.PreparedRequest, **how: Any) -> requests.Response:
        self.form = _Form(str(request.body or "").encode())
        request.body = self.form
        return super().send(request, **how)


class _Post(TwilioHttpClient):  # type: ignore[misc]
    """One POST to Twilio, or to wherever `base_url` points, never repeated."""

    def __init__(self, base_url: str, timeout: float) -> None:
        super().__init__(pool_connections=False, timeout=timeout, max_retries=None)
        self.session, self._base = _Line(), urlsplit(base_url)

    @property
    def begun(self) -> bool:
        """Whether any of the request's body may have left."""
        return self.session.form is not None and self.session.form.begun

    def request(self, method: str, url: str, *given: Any, **named: Any) -> Any:
        return super().request(method, self._moved(url), *given, **named)

    def _moved(self, url: str) -> str:
        if not self._base.netloc:
            return url
        return urlunsplit(
            urlsplit(url)._replace(scheme=self._base.scheme, netloc=self._base.netloc)
        )


@dataclass(kw_only=True, eq=False)
class Sms:
    """The text channel. `timeout` in seconds; raises ValueError for settings that cannot work.

    A refusal, or a failure before the request was written, is raised as ChannelError with `sent`
    False; an HTTP 5xx, a timeout or a lost line after that with `sent` None.
    """

    account_sid: str
    auth_token: str = field(repr=False)
    messaging_service_sid: str = ""
    from_: str = ""
    public_url: str = ""  # where Twilio can reach our webhooks; without it no status comes back
    base_url: str = ""  # another Twilio, for tests
    timeout: float = 10.0
    name: str = field(default="sms", init=False)

    def __post_init__(self) -> None:
        if bool(self.messaging_service_sid) == bool(self.from_):
            raise ValueError("set either messaging_service_sid or from_, and not both")
        if self.timeout <= 0:
            raise ValueError("timeout must be more than 0 seconds: without one a call can hang")
        if self.public_url and urlsplit(self.public_url).scheme not in ("http", "https"):
            raise ValueError("public_url must begin with https://")
        log = logging.getLogger("twilio")  # at INFO it writes addresses and parameters
        log.setLevel(max(log.level, logging.WARNING))

    async def send(self, message: Message) -> Accepted:
        """Hand the text to Twilio, once. Raises ChannelError and nothing else."""
        if not _E164.fullmatch(message.to):
            raise ChannelError("bad-number", permanent=True, dead_address=True)
        if not message.text:
            raise ChannelError("bad-message", permanent=True)
        return await asyncio.to_thread(self._post, message)

    async def find(self, message: Message, since: datetime, until: datetime) -> list[Found]:
        """Return what Twilio sent to this number in these words, in that time.

        Its list can be asked by number and time only; the words are compared here. Raises
        ChannelError.
        """
        return await asyncio.to_thread(self._find, message, since, until)

    def _find(self, message: Message, since: datetime, until: datetime) -> list[Found]:
        post = _Post(self.base_url, self.timeout)
        # The client writes a time's figures with a Z behind them, whatever its zone: UTC first.
        span = {"date_sent_after": since.astimezone(UTC), "date_sent_before": until.astimezone(UTC)}
        try:
            with post.session:
                listed = self._client(post).messages.list(to=message.to, limit=_LISTED, **span)
                return [_found(each) for each in listed if _is_this(each, message, since, until)]
        except Exception as error:
            fault = _fault(error, begun=post.begun)
        raise fault

    def _post(self, message: Message) -> Accepted:
        post = _Post(self.base_url, self.timeout)
        try:
            with post.session:
                sid = self._client(post).messages.create(**self._form(message)).sid
        except Exception as error:
            fault = _fault(error, begun=post.begun)
        else:
            if sid:
                return Accepted(provider_id=str(sid), code="twilio-201")
            fault = ChannelError("twilio-unreadable", sent=None)
        raise fault  # out here, so that the original (it may hold the number) is not its context

    def _client(self, post: _Post) -> Any:
        return Client(
            self.account_sid, self.auth_token, http_client=post, environment=_NO_ENVIRONMENT
        )

    def _form(self, message: Message) -> dict[str, str]:
        form = {"to": message.to, "body": message.text}
        if self.messaging_service_sid:
            form["messaging_service_sid"] = self.messaging_service_sid
        else:
            form["from_"] = self.from_
        if self.public_url and message.token:
            form["status_callback"] = self._callback(message.token)
        return form

    def _callback(self, token: str) -> str:
        return self.public_url.rstrip("/") + CALLBACK_PATH + quote(token, safe="")


def _is_this(listed: Any, message: Message, since: datetime, until: datetime) -> bool:
    made = listed.date_created
    ours = str(listed.direction).startswith("outbound") and listed.body == message.text
    return ours and made is not None and since <= made <= until


def _found(listed: Any) -> Found:
    return Found(str(listed.sid), str(listed.status), str(listed.error_code or ""))


def _fault(error: Exception, *, begun: bool) -> ChannelError:
    if isinstance(error, TwilioRestException | TwilioServiceException):
        return _refusal(error.status, error.code)
    code = what_broke(error) or "twilio-unreadable"
    return ChannelError(
        code,
        f"{code} {'after' if begun else 'before'} the request was written",
        sent=None if begun else False,
    )


def _refusal(status: int, code: object) -> ChannelError:
    """Map Twilio's answer. A 4xx it does not explain is final for this text; a person looks.

    Twilio advises against relying on codes alone (changelog, July 2024), so the status decides
    and only known codes condemn a number.
    """
    number = code if isinstance(code, int) else status
    named = f"twilio-{number}"
    if status >= 500:
        return ChannelError(named, sent=None)
    if status in _LATER or number in _BUSY:
        return ChannelError(named)
    if number in _OURS or status == 401:
        return ChannelError(named, ours=True)
    return ChannelError(named, permanent=True, dead_address=number in _DEAD)

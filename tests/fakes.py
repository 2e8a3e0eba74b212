"""A mail server and a telephone company on loopback that keep a journal and fail on request."""

from __future__ import annotations

import asyncio
import base64
import email
import email.policy
import json
import re
import ssl
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Self, cast
from urllib.parse import parse_qsl

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from twilio.request_validator import RequestValidator


class Letter(NamedTuple):
    """A mail the server took: who it came from and went to on the envelope, and what it says."""

    sender: str
    to: str
    message: EmailMessage


@dataclass
class Fault:
    """Something to go wrong at one SMTP verb: "start" is DATA's, "data" the final dot's answer."""

    at: str
    answer: str = ""
    seconds: float = 0.0
    hang_up: bool = False
    times: int = 1


class Mailbox:
    """A mail server in a thread. `tls` is the authority its certificate comes from.

    >>> with Mailbox() as box:
    ...     box.refuse(550, at="rcpt")
    """

    host = "127.0.0.1"

    def __init__(
        self,
        *,
        tls: trustme.CA | None = None,
        implicit: bool = False,  # TLS from the first byte instead of STARTTLS
        certified_for: str = "127.0.0.1",
        login: tuple[str, str] | None = None,
    ) -> None:
        self.port = 0
        self.accepted: list[Letter] = []
        self.raw: list[bytes] = []  # the same, to the byte
        self.greetings = 0  # how often somebody said EHLO
        self.attempts = 0  # how often somebody said MAIL FROM
        self._faults: list[Fault] = []
        self._lines: set[SMTP] = set()
        self._login, self._implicit = login, implicit
        self._context = _server_context(tls, certified_for)
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mailbox", daemon=True)

    def refuse(self, code: int, *, at: str = "rcpt", times: int = 1, text: str = "no") -> None:
        self._faults.append(Fault(at, answer=f"{code} {text}", times=times))

    def drop_after_data(self, times: int = 1) -> None:
        """Take the mail, then cut the line without a word."""
        self._faults.append(Fault("data", hang_up=True, times=times))

    def drop(self, at: str, times: int = 1) -> None:
        """Cut the line instead of answering that verb."""
        self._faults.append(Fault(at, hang_up=True, times=times))

    def stall(self, seconds: float, *, at: str = "data", times: int = 1) -> None:
        """Answer late; at "data" the mail is taken first."""
        self._faults.append(Fault(at, seconds=seconds, times=times))

    def hang_up(self) -> None:
        """Cut every line there is, as a server does with idle ones, and wait until it is done."""
        asyncio.run_coroutine_threadsafe(self._hang_up(), self._loop).result(5)

    @property
    def open_lines(self) -> int:
        return len(self._lines)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(5)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.set_exception_handler(lambda *_: None)  # a broken handshake is no news here
        server = self._loop.run_until_complete(self._listen())
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()
        self._loop.run_until_complete(self._end())
        self._loop.close()

    async def _listen(self) -> asyncio.Server:
        implicit = self._context if self._implicit else None
        return await self._loop.create_server(self._line, self.host, 0, ssl=implicit)

    def _line(self) -> SMTP:
        starttls = None if self._implicit else self._context
        return _Line(
            self,
            hostname="mailbox.test",
            tls_context=starttls,
            require_starttls=starttls is not None,
            auth_required=self._login is not None,
            authenticator=self._check,
            loop=self._loop,
        )

    def _check(self, *arguments: Any) -> AuthResult:
        given = cast(LoginPassword, arguments[-1])
        right = self._login == (given.login.decode(), given.password.decode())
        return AuthResult(success=right, handled=False)

    async def _hang_up(self) -> None:
        for line in list(self._lines):
            _cut(line)
        while self._lines:
            await asyncio.sleep(0)

    async def _end(self) -> None:
        await self._hang_up()
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    async def _met(self, verb: str, line: SMTP) -> str | None:
        """Let the next fault meant for this verb happen; None where all is well."""
        fault = next((found for found in self._faults if found.at == verb and found.times), None)
        if fault is None:
            return None
        fault.times -= 1
        await asyncio.sleep(fault.seconds)
        if fault.hang_up:
            _cut(line)
            raise asyncio.CancelledError  # the session ends here
        return fault.answer or None

    def _refuses(self, verb: str) -> bool:
        return any(found.at == verb and found.times and found.answer for found in self._faults)

    async def handle_EHLO(
        self, line: SMTP, session: Session, _: Envelope, name: str, answers: list[str]
    ) -> list[str]:
        self.greetings += 1
        session.host_name = name
        return answers

    async def handle_MAIL(
        self, line: SMTP, _: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.attempts += 1
        refused = await self._met("mail", line)
        if refused is None:
            envelope.mail_from = address
        return refused or "250 2.1.0 ok"

    async def handle_RCPT(
        self, line: SMTP, _: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refused = await self._met("rcpt", line)
        if refused is None:
            envelope.rcpt_tos.append(address)
        return refused or "250 2.1.5 ok"

    async def handle_DATA(self, line: SMTP, _: Session, envelope: Envelope) -> str:
        if not self._refuses("data"):
            self.accepted += [_letter(envelope, to) for to in envelope.rcpt_tos]
            self.raw += [cast(bytes, envelope.original_content) for _ in envelope.rcpt_tos]
        return await self._met("data", line) or "250 2.0.0 taken"


class _Line(SMTP):
    """One connection, known to its mailbox while it lasts."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.event_handler._lines.add(self)

    async def smtp_DATA(self, arg: str) -> None:
        """Refuse the command itself where that is scripted ("start"), before any word is sent."""
        refused = await self.event_handler._met("start", self)
        if refused is not None:
            await self.push(refused)
            return
        await super().smtp_DATA(arg)

    def connection_lost(self, error: Exception | None) -> None:
        self.event_handler._lines.discard(self)
        super().connection_lost(error)


def _cut(line: SMTP) -> None:
    if isinstance(line.transport, asyncio.WriteTransport):
        line.transport.abort()


def _letter(envelope: Envelope, to: str) -> Letter:
    content = cast(bytes, envelope.original_content)
    message = email.message_from_bytes(content, policy=email.policy.default)
    return Letter(envelope.mail_from or "", to, message)


def _server_context(authority: trustme.CA | None, name: str) -> ssl.SSLContext | None:
    if authority is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


@dataclass
class Refusal:
    """An answer Twilio is made to give; `taken` where the text goes out all the same."""

    status: int
    code: int = 0
    taken: bool = False
    seconds: float = 0.0
    times: int = 1
    report: str = ""  # a status that is called back before the answer is given


Callback = Callable[[str, dict[str, str], str], object]  # (address, form, signature)


class Phone:
    """Twilio's Messages resource in a thread, with a memory: what was sent, who said STOP.

    `sent` holds the form of every text taken, in order, with the sid it got. `clock` says when that
    was; `calls_back` takes what Twilio would post to us, signed.
    """

    def __init__(self) -> None:
        self.account_sid, self.auth_token = "AC" + "0" * 31 + "1", "a-token-for-tests"
        self.sent: list[dict[str, str]] = []
        self.requests = 0
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.calls_back: Callback = lambda *_: None
        self._stopped: set[str] = set()
        self._refusals: list[Refusal] = []
        self._leaving = threading.Event()
        self._lock = threading.Lock()
        self._server = _Exchange(("127.0.0.1", 0), _Call)
        self._server.phone = self
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.005,), name="phone", daemon=True
        )

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def stop(self, number: str) -> None:
        """Let the owner of this number have answered STOP."""
        self._stopped.add(number)

    def start(self, number: str) -> None:
        self._stopped.discard(number)

    def fail(self, status: int, code: int = 0, times: int = 1) -> None:
        """Answer with that HTTP status and Twilio code instead of sending."""
        self._refusals.append(Refusal(status, code, times=times))

    def accept_then_500(self, times: int = 1) -> None:
        self._refusals.append(Refusal(500, taken=True, times=times))

    def accept_then_hang(self, seconds: float, times: int = 1) -> None:
        self._refusals.append(Refusal(201, taken=True, seconds=seconds, times=times))

    def accept_then_drop(self, times: int = 1) -> None:
        """Send the text, then cut the line without an answer."""
        self._refusals.append(Refusal(0, taken=True, times=times))

    def report_first(self, state: str, times: int = 1) -> None:
        """Call back how the text stands before its sender has an answer."""
        self._refusals.append(Refusal(201, taken=True, report=state, times=times))

    def report(self, text: dict[str, str], state: str, error: str = "", **more: str) -> object:
        """Call back how a text stands: a signed form to the address that came with it."""
        form = {
            "AccountSid": self.account_sid, "MessageSid": text["Sid"], "MessageStatus": state,
            "SmsSid": text["Sid"], "SmsStatus": state, "To": text["To"], "From": "",
        } | more  # fmt: skip
        return self.call(text["StatusCallback"], form | ({"ErrorCode": error} if error else {}))

    def text(self, address: str, number: str, words: str, sid: str = "", **more: str) -> object:
        """Post to us what somebody texted."""
        sid = sid or "SM" + uuid.uuid4().hex
        form = {
            "AccountSid": self.account_sid, "MessageSid": sid, "From": number, "Body": words,
            "To": "+12125550199", "NumMedia": "0",
        }  # fmt: skip
        return self.call(address, form | more)

    def call(self, address: str, form: dict[str, str]) -> object:
        signature = RequestValidator(self.auth_token).compute_signature(address, form)
        return self.calls_back(address, form, signature)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._leaving.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def answer(self, sid: str, authorization: str, form: dict[str, str]) -> tuple[int, Any]:
        """Return (HTTP status, JSON body); status 0 means to cut the line."""
        with self._lock:
            self.requests += 1
            refusal = self._next_refusal()
            objection = self._objection(sid, authorization, form)
            if objection is not None:
                return objection
            if refusal is not None and not refusal.taken:
                return _problem(refusal.status, refusal.code, "scripted")
            taken = self._take(form)
        return self._after(refusal, taken)

    def _after(self, refusal: Refusal | None, taken: dict[str, Any]) -> tuple[int, Any]:
        if refusal is None:
            return 201, taken
        if refusal.report:
            self.report(self.sent[-1], refusal.report)
        self._leaving.wait(refusal.seconds)
        return (201, taken) if refusal.status == 201 else (refusal.status, {})

    def _next_refusal(self) -> Refusal | None:
        found = next((refusal for refusal in self._refusals if refusal.times), None)
        if found is not None:
            found.times -= 1
        return found

    def _objection(
        self, sid: str, authorization: str, form: dict[str, str]
    ) -> tuple[int, Any] | None:
        pair = f"{self.account_sid}:{self.auth_token}".encode()
        to = form.get("To", "")
        rules: list[tuple[bool, int, int, str]] = [
            (
                authorization != "Basic " + base64.b64encode(pair).decode(),
                401,
                20003,
                "Authenticate",
            ),
            (sid != self.account_sid, 404, 20404, "The requested resource was not found"),
            (not to, 400, 21604, "A 'To' phone number is required."),
            (not re.fullmatch(r"\+[1-9]\d{6,14}", to), 400, 21211, f"Invalid 'To' number: {to}"),
            (
                not (form.keys() & {"From", "MessagingServiceSid"}),
                400,
                21603,
                "A 'From' is required.",
            ),
            (not form.get("Body"), 400, 21602, "Message body is required."),
            (len(form.get("Body", "")) > 1600, 400, 21617, "The message body is too long."),
            (to in self._stopped, 400, 21610, f"Unsubscribed recipient: {to}"),
        ]
        return next((_problem(*rule[1:]) for rule in rules if rule[0]), None)

    def _take(self, form: dict[str, str]) -> dict[str, Any]:
        sid = "SM" + uuid.uuid4().hex
        at = self.clock().strftime("%a, %d %b %Y %H:%M:%S +0000")
        self.sent.append({**form, "Sid": sid, "At": at})
        return self._shown(self.sent[-1])

    def list(self, to: str) -> dict[str, Any]:
        """Return what was sent to a number, the newest first, as a page of Twilio's list."""
        found = [self._shown(form) for form in reversed(self.sent) if form["To"] == to]
        return {"messages": found, "next_page_uri": None, "page": 0, "page_size": 50}

    def _shown(self, form: dict[str, str]) -> dict[str, Any]:
        sid = form["Sid"]
        return {
            "sid": sid,
            "account_sid": self.account_sid,
            "to": form["To"],
            "from": form.get("From"),
            "messaging_service_sid": form.get("MessagingServiceSid"),
            "body": form["Body"],
            "status": "queued",
            "date_created": form["At"],
            "date_updated": form["At"],
            "date_sent": form["At"],
            "error_code": None,
            "error_message": None,
            "num_segments": "1",
            "direction": "outbound-api",
            "uri": f"/2010-04-01/Accounts/{self.account_sid}/Messages/{sid}.json",
        }


def _problem(status: int, code: int, words: str) -> tuple[int, Any]:
    """Word a refusal like Twilio does, or like something in front of it where there is no code."""
    if not code:
        return status, {}
    more = f"https://www.twilio.com/docs/errors/{code}"
    return status, {"code": code, "message": words, "more_info": more, "status": status}


class _Exchange(ThreadingHTTPServer):
    daemon_threads = True
    phone: Phone


class _Call(BaseHTTPRequestHandler):
    """One request to the Messages resource."""

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        phone = cast(_Exchange, self.server).phone
        asked = dict(parse_qsl(query))
        if path != f"/2010-04-01/Accounts/{phone.account_sid}/Messages.json" or "To" not in asked:
            self._say(404, b"{}")
            return
        self._say(200, json.dumps(phone.list(asked["To"])).encode())

    def do_POST(self) -> None:
        found = re.fullmatch(r"/2010-04-01/Accounts/(\w+)/Messages\.json", self.path)
        length = int(self.headers.get("Content-Length", 0))
        form = dict(parse_qsl(self.rfile.read(length).decode(), keep_blank_values=True))
        phone = cast(_Exchange, self.server).phone
        sid = found.group(1) if found else ""
        status, body = phone.answer(sid, self.headers.get("Authorization", ""), form)
        if status:
            self._say(status, json.dumps(body).encode())

    def _say(self, status: int, body: bytes) -> None:
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except ConnectionError:
            return  # the caller lost patience

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the journal is `Phone.sent`."""

"""E-mail: one message to one recipient, tried once, over a line whose certificate was checked."""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
import ssl
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

import aiosmtplib
from aiosmtplib.protocol import SMTPProtocol
from emails.exc import BadHeaderError
from emails.message import Message as Letter

from cases.ports import Accepted, ChannelError, Message
from notifications.addressing import bounces
from notifications.dkim import Signature
from notifications.faults import what_broke
from notifications.mime import compose, one_sender

Security = Literal["starttls", "tls", "none"]
Stage = Literal["build", "open", "mail", "rcpt", "data", "dot"]

_ENHANCED = re.compile(r"5\.\d{1,3}\.\d{1,3}\b")
_NO_SUCH_RECIPIENT = re.compile(r"5\.1\.(?![78]\b)|5\.2\.1\b")  # 5.1.7 and 5.1.8 blame the sender
_QUIT_SECONDS = 2.0
_AT_ONCE = 64 * 1024  # bytes; a longer body must be gone before the dot follows


@cache
def _own_name() -> str:
    return socket.getfqdn()  # can take seconds where the name service is slow: asked once


class _Line(aiosmtplib.SMTP):
    """A connection cut when it closes: TLS would wait for its peer, and outlive the loop."""

    def close(self) -> None:
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()
        super().close()


class _Lines:
    """The SMTP lines of one event loop: idle ones are used again, a few may be open at once."""

    def __init__(self, server: Email) -> None:
        self.server, self.free = server, asyncio.Semaphore(server.connections)
        self.ending: AsyncGenerator[None, None] | None = None
        self._idle: list[_Line] = []

    def idle(self) -> _Line | None:
        while self._idle:
            line = self._idle.pop()
            if line.is_connected:
                return line
        return None

    def put_back(self, line: _Line) -> None:
        self._idle.append(line)

    async def open(self) -> _Line:
        line = self.server.new_line(await asyncio.to_thread(_own_name))
        try:
            await line.connect()
            if self.server.security == "starttls":
                await _secure(line)
            if self.server.username:
                await line.login(self.server.username, self.server.password)
        except BaseException:
            line.close()
            raise
        return line

    async def close(self) -> None:
        idle, self._idle = self._idle, []
        await asyncio.gather(*map(_hang_up, idle))
        await asyncio.sleep(0)  # the loop closes a socket one turn after it was told to


async def _secure(line: _Line) -> None:
    await line.ehlo()
    if not line.supports_extension("starttls"):
        raise ChannelError("tls", "the mail server offers no STARTTLS")
    await line.starttls()


async def _hang_up(line: _Line) -> None:
    with suppress(aiosmtplib.SMTPException, OSError):  # we are leaving anyway
        await line.quit(timeout=_QUIT_SECONDS)
    line.close()


class _Attempt:
    """The end python-emails sends through. One attempt; `stage` tells how far it got.

    The library's own backend hands a message over again when the line breaks, even after the
    server took it. Here nothing after MAIL FROM is ever repeated.
    """

    def __init__(self, lines: _Lines, envelope: str = "") -> None:
        self.lines, self.server, self.envelope = lines, lines.server, envelope
        self.stage: Stage = "build"

    async def sendmail(
        self, from_addr: str, to_addrs: Sequence[str], msg: Letter, **_: Any
    ) -> None:
        """What send_async calls. Raises whatever broke; `stage` then says where."""
        (recipient,) = to_addrs
        mime = msg.as_bytes()
        body = _stuffed(self.server.signature.sign(mime) if self.server.signature else mime)
        async with self.lines.free:
            line = await self._begin(self.envelope or from_addr)
            sound = False
            try:
                await self._hand_over(line, recipient, body)
                sound = True
            except aiosmtplib.SMTPResponseException as refusal:
                sound = await self._reset(line, refusal.code)
                raise
            finally:
                self.lines.put_back(line) if sound else line.close()

    async def _begin(self, sender: str) -> _Line:
        """Return a line that accepted MAIL FROM. One gone stale while idle is replaced, once."""
        idle = self.lines.idle()
        if idle is not None:
            try:
                return await self._mail(idle, sender)
            except (
                aiosmtplib.SMTPServerDisconnected,
                aiosmtplib.SMTPTimeoutError,
                aiosmtplib.SMTPSenderRefused,
            ) as error:
                if getattr(error, "code", 421) != 421:  # 421: the server is closing the line
                    raise
        self.stage = "open"
        return await self._mail(await self.lines.open(), sender)

    async def _mail(self, line: _Line, sender: str) -> _Line:
        self.stage = "mail"
        try:
            await line.mail(sender, timeout=self.server.step_timeout)
        except BaseException:
            line.close()
            raise
        return line

    async def _hand_over(self, line: _Line, recipient: str, body: bytes) -> None:
        self.stage = "rcpt"
        await line.rcpt(recipient, timeout=self.server.step_timeout)
        self.stage = "data"
        start = await line.execute_command(b"DATA", timeout=self.server.step_timeout)
        if start.code != aiosmtplib.SMTPStatus.start_input:
            raise aiosmtplib.SMTPDataError(start.code, start.message)
        if len(body) > _AT_ONCE:
            _write(line, body)
            await self._gone(line)
            body = b""
        await self._end(line, body)

    async def _gone(self, line: _Line) -> None:
        """Wait until the body left our hands: a line lost before that took no mail."""
        async with asyncio.timeout(self.server.final_timeout):
            while isinstance(line.transport, asyncio.WriteTransport):
                if not line.transport.get_write_buffer_size():
                    return
                await asyncio.sleep(0.01)

    async def _end(self, line: _Line, rest: bytes) -> None:
        """Write the final dot. Once it is out, only the server's answer tells what became of it."""
        wire = _write(line, rest + b".\r\n")
        self.stage = "dot"
        answer = await wire.read_response(timeout=self.server.final_timeout)
        if answer.code // 100 != 2:
            raise aiosmtplib.SMTPDataError(answer.code, answer.message)

    async def _reset(self, line: _Line, code: int) -> bool:
        """Make the line fit for the next message after a refusal; False where it is not."""
        if code == aiosmtplib.SMTPStatus.domain_unavailable or not 400 <= code < 600:
            return False
        try:
            await line.rset(timeout=self.server.connect_timeout)
        except (aiosmtplib.SMTPException, OSError):
            return False
        return True


def _write(line: _Line, data: bytes) -> SMTPProtocol:
    """Write to a line that still stands. Raises SMTPServerDisconnected before anything is out."""
    if line.protocol is None:
        raise aiosmtplib.SMTPServerDisconnected("line lost")
    line.protocol.write(data)
    return line.protocol


def _stuffed(mime: bytes) -> bytes:
    """Return the message as DATA wants it (RFC 5321, section 4.5.2), without the final dot."""
    body = re.sub(rb"(?m)^\.", b"..", mime)
    return body if body.endswith(b"\r\n") else body + b"\r\n"


def _fault(stage: Stage, error: Exception) -> ChannelError:
    """Say what broke without saying to whom: a server's words often hold the address."""
    if isinstance(error, ChannelError):
        return error
    if isinstance(error, aiosmtplib.SMTPResponseException) and 400 <= error.code < 600:
        return _refusal(stage, error.code, error.message)
    if stage == "build":
        code = "bad-header" if isinstance(error, BadHeaderError) else "bad-message"
        return ChannelError(code, permanent=True)
    code = what_broke(error) or ("auth" if stage == "open" else "smtp-error")  # auth: not offered
    return ChannelError(code, f"{code} at {stage}", sent=None if stage == "dot" else False)


def _refusal(stage: Stage, code: int, words: str) -> ChannelError:
    """A 5xx to the letter itself is final; one to the line or the login is ours to mend."""
    final = code >= 500 and stage != "open"
    enhanced = _ENHANCED.match(words)
    if enhanced:
        dead = final and stage != "mail" and bool(_NO_SUCH_RECIPIENT.match(words))
    else:
        dead = stage == "rcpt" and code in (550, 551, 553)
    return ChannelError(
        f"smtp-{code}", f"refused with {code} at {stage}", permanent=final, dead_address=dead
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _context(host: str, security: str, ca_bundle: str | None) -> ssl.SSLContext | None:
    if security in ("starttls", "tls"):
        try:
            return ssl.create_default_context(cafile=ca_bundle)
        except OSError as error:  # ssl.SSLError is one too
            raise ValueError("ca_bundle must be a readable PEM file of certificates") from error
    if security != "none":
        raise ValueError("security must be 'starttls', 'tls' or 'none'")
    if not _is_loopback(host):
        raise ValueError(
            "mail would leave this machine in clear text: set security to 'starttls' or 'tls', "
            "or hand it to a relay on this machine (host 127.0.0.1)"
        )
    return None


@dataclass(kw_only=True, eq=False)
class Email:
    """The e-mail channel. Times are in seconds; raises ValueError for settings that are not safe.

    `final_timeout` is the wait for the answer to the final dot (RFC 5321, section 4.5.3.2.6: ten
    minutes); `step_timeout` the wait for the answers before it. A refusal or a failure before the
    final dot is raised as ChannelError with `sent` False, any doubt after it with `sent` None.
    """

    host: str
    port: int
    sender: str  # "Elm Street <care@elm.example>"
    security: Security = "starttls"
    username: str = ""
    password: str = field(default="", repr=False)
    ca_bundle: str | None = None  # a PEM file; without it the machine's own authorities count
    connect_timeout: float = 10.0
    step_timeout: float = 60.0
    final_timeout: float = 600.0
    connections: int = 4
    signature: Signature | None = field(default=None, repr=False)  # none: the server signs
    bounce_domain: str = ""  # where bounces of a message with a token go; none: to the sender
    name: str = field(default="email", init=False)

    def __post_init__(self) -> None:
        self._from = one_sender(self.sender)
        self._context = _context(self.host, self.security, self.ca_bundle)
        self._open: dict[asyncio.AbstractEventLoop, _Lines] = {}

    def new_line(self, own_name: str) -> _Line:
        """Return a line not yet connected; `own_name` is what this machine calls itself."""
        return _Line(
            hostname=self.host,
            port=self.port,
            local_hostname=own_name,
            timeout=self.connect_timeout,
            use_tls=self.security == "tls",
            start_tls=False,  # done by hand, so that its absence has a name
            tls_context=self._context,
        )

    async def send(self, message: Message) -> Accepted:
        """Hand the message to the mail server, once. Raises ChannelError and nothing else."""
        attempt = _Attempt(await self._lines(), self._envelope(message))
        try:
            await compose(message, self._from).send_async(smtp=attempt)
        except Exception as error:
            fault = _fault(attempt.stage, error)
        else:
            return Accepted(provider_id=message.message_id, code="smtp-250")
        raise fault  # out here, so that the original (it may name the recipient) is not its context

    def _envelope(self, message: Message) -> str:
        if not (message.bounce_token and self.bounce_domain):
            return ""
        return bounces(message.bounce_token, self.bounce_domain)

    async def close(self) -> None:
        """Hang up the lines of the running loop. Sending again opens new ones."""
        lines = self._open.get(asyncio.get_running_loop())
        if lines is not None and lines.ending is not None:
            await lines.ending.aclose()

    async def _lines(self) -> _Lines:
        loop = asyncio.get_running_loop()
        if loop not in self._open:
            self._open = {
                known: kept for known, kept in self._open.items() if not known.is_closed()
            }
            lines = self._open[loop] = _Lines(self)
            lines.ending = self._until_the_loop_ends(loop, lines)
            await anext(lines.ending)
        return self._open[loop]

    async def _until_the_loop_ends(
        self, loop: asyncio.AbstractEventLoop, lines: _Lines
    ) -> AsyncGenerator[None, None]:
        """Close the lines with their loop: asyncio.run ends open generators before the loop."""
        try:
            yield
        finally:
            self._open.pop(loop, None)
            await lines.close()

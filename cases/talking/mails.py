"""A mail as it came, taken apart: who says they wrote it, to whom, about which mail, its words.

Whatever bytes come in, this neither fails nor takes long: what cannot be read is left empty, and
nesting, headers and text are bounded. Nothing here is believed yet: see `senders`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from hashlib import sha256

from cases.talking.markup import plain

LARGEST = 25 * 1024 * 1024  # bytes of one mail; what most servers take
_MOST_HEADERS, _LONGEST_HEADER = 400, 4_000
_MOST_TEXT = 256 * 1024  # characters; a mail is read by people
_MOST_PARTS = 60
_ID = re.compile(r"<[^<>\s]{1,250}>")
_ADDRESS = re.compile(r"[^@\s\"<>(),;:]{1,64}@[A-Za-z0-9._-]{1,190}")
_ADDRESSED = ("to", "cc", "delivered-to", "x-original-to", "envelope-to", "x-envelope-to")


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail taken apart. Header names are in lower case, addresses too; `text` is plain.

    `returned_ids`: Message-IDs of mails it brings back as attachments, as a bounce does.
    `return_path`: the envelope's sender; None where nobody noted it, "" where it was empty.
    `signed_as`: how many addresses its From names; only one can be believed.
    """

    message_id: str = ""
    sender: str = ""
    sender_name: str = ""
    signed_as: int = 0
    recipients: tuple[str, ...] = ()
    subject: str = ""
    sent_at: datetime | None = None
    about_ids: tuple[str, ...] = ()
    returned_ids: tuple[str, ...] = ()
    return_path: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    text: str = ""
    html: str = ""
    is_report: bool = False
    links: tuple[str, ...] = field(default=())

    def header(self, name: str) -> str:
        """Return the topmost header of that name, "" where there is none."""
        return next((value for each, value in self.headers if each == name), "")

    def has(self, name: str) -> bool:
        """Tell whether there is such a header, be it empty."""
        return any(each == name for each, _ in self.headers)


def identity(raw: bytes) -> str:
    """Return what makes a mail fetched twice, or by two routes, the same arrival.

    Servers on the way add headers, so its id, who, when and what count. The body does too: nobody
    can keep a mail out by sending another one under its id first.
    """
    head, _, body = raw.replace(b"\r\n", b"\n").partition(b"\n\n")
    named = [_first(head, name) for name in (b"message-id", b"from", b"date", b"subject")]
    return sha256(b"\0".join([*named, body.strip()])).hexdigest()


def _first(head: bytes, name: bytes) -> bytes:
    found = re.search(rb"(?im)^" + name + rb":(.*(?:\n[ \t].*)*)", head)
    return b" ".join(found[1].split()) if found else b""


def read(raw: bytes) -> Mail:
    """Take a mail apart. Anything goes in; what cannot be read is left empty."""
    if raw.count(b"boundary") > _MOST_PARTS or raw.count(b"message/rfc822") > _MOST_PARTS:
        raw = raw[: raw.find(b"\n\n") + 2 or 4096][:65536]  # a bomb: its headers are enough
    try:
        return _read(message_from_bytes(raw))
    except (RecursionError, ValueError, LookupError, TypeError, AttributeError):
        return Mail()  # the parser's own defects: a person can still open the raw mail


def _read(message: Message) -> Mail:
    headers = tuple(_headers(message))
    kept = dict(reversed(headers))  # the topmost of each name
    senders = _addresses(kept.get("from", ""))
    text, html = _bodies(message)
    path = kept.get("return-path")
    return Mail(
        message_id=next(iter(_ID.findall(kept.get("message-id", ""))), ""),
        sender=senders[0][1] if senders else "",
        sender_name=senders[0][0] if senders else "",
        signed_as=len(senders) * sum(name == "from" for name, _ in headers),
        recipients=tuple(_recipients(headers)),
        subject=kept.get("subject", ""),
        sent_at=_date(kept.get("date", "")),
        about_ids=tuple(_ids(kept)),
        returned_ids=tuple(_returned(message)),
        return_path=None if path is None else next((a for _, a in _addresses(path)), ""),
        headers=headers,
        text=(text or plain(html))[:_MOST_TEXT],
        html=html,
        is_report=message.get_content_type() == "multipart/report",
    )


def _headers(message: Message) -> Iterator[tuple[str, str]]:
    for name, value in message.items()[:_MOST_HEADERS]:
        yield name.lower(), " ".join(_decoded(str(value)[:_LONGEST_HEADER]).split())


def _decoded(value: str) -> str:
    if "=?" not in value:
        return value.encode("utf-8", "replace").decode()
    try:
        parts = decode_header(value)
        told = (p if isinstance(p, str) else _in(p, charset or "utf-8") for p, charset in parts)
        return "".join(told)
    except (ValueError, LookupError, IndexError):
        return value


def _in(body: bytes, charset: str) -> str:
    try:
        found = body.decode(charset, "replace")
    except (LookupError, ValueError):  # a charset nobody knows
        found = body.decode("utf-8", "replace")
    return found.replace("\0", "").encode("utf-8", "replace").decode()


def _addresses(value: str) -> list[tuple[str, str]]:
    try:
        pairs = getaddresses([value])
    except (RecursionError, ValueError, IndexError, AttributeError):
        pairs = []
    found = [(n.strip(), a.lower()) for n, a in pairs if _ADDRESS.fullmatch(a)]
    return found or [("", a.lower()) for a in _ADDRESS.findall(value)[:1]]


def _recipients(headers: tuple[tuple[str, str], ...]) -> Iterator[str]:
    named = [value for name, value in headers if name in _ADDRESSED]
    yield from dict.fromkeys(a for value in named for _, a in _addresses(value))


def _ids(kept: dict[str, str]) -> Iterator[str]:
    """Return the mails it answers, the nearest first."""
    nearest = _ID.findall(kept.get("in-reply-to", ""))
    older = _ID.findall(kept.get("references", ""))
    yield from dict.fromkeys([*nearest, *reversed(older)])


def _date(value: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(value)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _bodies(message: Message) -> tuple[str, str]:
    """Return its plain text and its HTML, each the first that is no attachment."""
    text = html = ""
    for part in _parts(message):
        if part.get_content_disposition() == "attachment":
            continue
        kind = part.get_content_type()
        if kind == "text/plain" and not text.strip():
            text = _content(part)
        elif kind == "text/html" and not html:
            html = _content(part)
    return text.replace("\r\n", "\n").replace("\r", "\n"), html


def _parts(message: Message) -> Iterator[Message]:
    """Yield what it holds, not looking into mails it brings along."""
    waiting = [message]
    for _ in range(_MOST_PARTS):
        if not waiting:
            return
        part = waiting.pop(0)
        inner = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(inner, list):
            waiting = [*(p for p in inner if isinstance(p, Message)), *waiting]
        else:
            yield part


def _content(part: Message) -> str:
    body = part.get_payload(decode=True)
    if not isinstance(body, bytes):
        return ""
    charset = part.get_content_charset() or "utf-8"
    return _in(body[: _MOST_TEXT * 4], charset)[:_MOST_TEXT]


def _returned(message: Message) -> Iterator[str]:
    for part in _parts(message):
        kind = part.get_content_type()
        if kind == "message/rfc822":
            inner = part.get_payload()
            brought = inner[0] if isinstance(inner, list) and inner else None
            named = brought.get("Message-ID", "") if isinstance(brought, Message) else ""
            yield from _ID.findall(str(named))
        elif kind == "text/rfc822-headers":
            found = re.search(r"(?im)^message-id:\s*(<[^<>\s]{1,250}>)", _content(part))
            yield from [found[1]] if found else []

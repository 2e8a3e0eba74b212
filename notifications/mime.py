"""A message put into MIME, once nothing in it can smuggle in a header or a recipient."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parseaddr

from email_validator import EmailNotValidError, validate_email
from emails.message import Message as Letter

from cases.ports import ChannelError, Message

Sender = tuple[str | None, str]

_LINE_BREAKER = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\x85\u2028\u2029]")
_HEADER_NAME = re.compile(r"[!-9;-~]+")
_MESSAGE_ID = re.compile(r"(?!.{251})<[!-;=?-~]+@[!-;=?-~]+>")
# What this module writes itself: a second copy would contradict the first, or add a recipient.
_OURS = re.compile(
    r"(?i:bcc|cc|content-.*|date|from|message-id|mime-version|resent-.*|return-path|sender|subject|to)"
)
_MARKS = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}


def one_sender(written: str) -> Sender:
    """Split 'Name <address>'. Raises ValueError where there is not exactly one address in it."""
    name, address = parseaddr(written)
    try:
        return name or None, one_address("" if _LINE_BREAKER.search(written) else address)
    except ValueError as error:
        raise ValueError("sender must read like 'Elm Street <care@elm.example>'") from error


def one_address(written: str) -> str:
    """Return the address as it travels (its domain in ASCII). Raises ValueError."""
    try:
        found = validate_email(
            written, allow_smtputf8=False, check_deliverability=False, globally_deliverable=False
        )
    except EmailNotValidError:
        found = None
    if found is None or found.ascii_email is None:
        raise ValueError("not one usable e-mail address")
    return found.ascii_email


def compose(message: Message, sender: Sender) -> Letter:
    """Put a message into MIME: text and HTML, its own Message-ID, marked if no person wrote it.

    Raises ChannelError (permanent) for an unusable recipient, a missing Message-ID and whatever
    would smuggle a header in. The marks against answering machines follow RFC 3834, section 5.
    """
    headers = _headers(message)
    return Letter(
        mail_from=(message.sender_name or sender[0], sender[1]),
        mail_to=[(None, _recipient(message.to))],
        subject=message.subject,
        text=message.text or None,
        html=message.html or None,
        message_id=message.message_id,
        # A string: the library drops the zone of a datetime.
        date=format_datetime(datetime.now(UTC)),
        headers=headers,
    )


def _recipient(written: str) -> str:
    try:
        return one_address(written)
    except ValueError:
        fault = ChannelError("bad-address", permanent=True, dead_address=True)
    raise fault


def _headers(message: Message) -> dict[str, str]:
    lines = (message.subject, message.message_id, message.sender_name, *message.headers.values())
    if any(map(_LINE_BREAKER.search, lines)) or not _allowed(message.headers):
        raise ChannelError("bad-header", permanent=True)
    if not _MESSAGE_ID.fullmatch(message.message_id):
        raise ChannelError("no-message-id", permanent=True)
    given = {name.lower() for name in message.headers}
    marks = {} if message.by_a_person else _MARKS
    marks = {name: value for name, value in marks.items() if name.lower() not in given}
    return {**marks, **message.headers}


def _allowed(headers: Mapping[str, str]) -> bool:
    return all(_HEADER_NAME.fullmatch(name) and not _OURS.fullmatch(name) for name in headers)

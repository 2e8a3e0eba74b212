"""What Twilio tells us: how a text stands, and what somebody texted. Signed, or it is nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from cases.addresses import AddressError, phone
from notifications.sms import CALLBACK_PATH

TEXT_PATH = "/hooks/twilio/sms"
SILENCE = '<?xml version="1.0" encoding="UTF-8"?><Response/>'  # nothing is texted back by Twilio
_LONGEST = 1600  # characters Twilio passes on


class Forged(Exception):
    """The call is not Twilio's, or not for us. It changes nothing."""


class Unreadable(Exception):
    """It is Twilio's and lacks what it must have."""


@dataclass(frozen=True, slots=True)
class Report:
    """How a text stands, in Twilio's word; `error` is a code or ""."""

    sid: str
    state: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class Texted:
    """What somebody texted. `answered`: Twilio saw to STOP, START or HELP by itself."""

    sid: str
    number: str  # in E.164
    text: str
    answered: bool = False
    pictures: int = 0


def form_of(body: bytes) -> dict[str, str]:
    """Return the form; blank values are part of what is signed. Raises Unreadable."""
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=200))
    except ValueError:
        raise Unreadable from None


def verify(token: str, public_url: str, path: str, form: Mapping[str, str], signature: str) -> None:
    """Raise Forged unless Twilio signed this form for this address of ours.

    The address is the one we gave it, never the one the request came to: a proxy stands between.
    The signature has no time in it, so a replay holds; who takes it in sees that it is not new.
    """
    url = public_url.rstrip("/") + path
    if not token or not signature:
        raise Forged
    if not RequestValidator(token).validate(url, dict(form), signature):  # in constant time
        raise Forged


def report(form: Mapping[str, str], account: str) -> Report:
    """Return what a status callback says. Raises Forged for another account's, Unreadable."""
    _of_ours(form, account)
    sid = form.get("MessageSid") or form.get("SmsSid", "")
    state = form.get("MessageStatus") or form.get("SmsStatus", "")
    if not sid or not state:
        raise Unreadable
    return Report(sid, state, form.get("ErrorCode", ""))


def texted(form: Mapping[str, str], account: str) -> Texted:
    """Return what somebody texted. Raises Forged, Unreadable."""
    _of_ours(form, account)
    sid, body = form.get("MessageSid", ""), form.get("Body", "")
    try:
        number = phone(form.get("From", ""))
    except AddressError:
        raise Unreadable from None
    if not sid:
        raise Unreadable
    pictures = form.get("NumMedia", "0")
    count = int(pictures) if pictures.isascii() and pictures.isdigit() else 0
    return Texted(sid, number, body[:_LONGEST], bool(form.get("OptOutType")), count)


def _of_ours(form: Mapping[str, str], account: str) -> None:
    if form.get("AccountSid", account) != account:
        raise Forged


def saying(text: str) -> str:
    """Return what makes Twilio text this back, once."""
    plain = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f'<?xml version="1.0" encoding="UTF-8"?><Response><Message>{plain}</Message></Response>'


__all__ = [
    "CALLBACK_PATH", "SILENCE", "TEXT_PATH", "Forged", "Report", "Texted", "Unreadable",
    "form_of", "report", "saying", "texted", "verify",
]  # fmt: skip

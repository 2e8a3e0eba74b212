"""Calls: our own person's telephone is rung through Twilio; who presses 1 is put through.

Nothing is recorded. Nobody is rung before a named person asked for this very call, and the other
side hears a person, never a machine (47 CFR 64.1200(a)(1) is about prerecorded voices).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import requests

from cases.ports import Accepted, ChannelError
from cases.settings import Settings

PATH = "/hooks/twilio/voice/"  # the call's id and a step follow; no patient data in a URL
_RING_FOR = 25  # seconds: a voicemail answers later than that
_AT_MOST = 3600  # seconds a call may last
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
SILENCE = f"{_HEAD}<Response><Hangup/></Response>"


@dataclass(kw_only=True, frozen=True)
class Voice:
    """The telephone. `timeout` in seconds."""

    account_sid: str
    auth_token: str = field(repr=False)
    public_url: str  # where Twilio asks how a call goes on
    from_: str = ""  # shown to our own person; none: the clinic's number
    base_url: str = "https://api.twilio.com"
    timeout: float = 10.0

    def address(self, call_id: str, step: str) -> str:
        """Return where Twilio asks about a call."""
        return f"{self.public_url.rstrip('/')}{PATH}{call_id}/{step}"

    def ring(self, call_id: str, staff: str, clinic: str) -> Accepted:
        """Ring our own person (`staff`, E.164), once. Raises ChannelError.

        `sent` is None where nobody can know: then the telephone may ring all the same.
        """
        fault = ChannelError("twilio-unreadable", sent=None)
        try:
            answer = requests.post(
                f"{self.base_url}/2010-04-01/Accounts/{self.account_sid}/Calls.json",
                data=self._form(call_id, staff, clinic),
                auth=(self.account_sid, self.auth_token),
                timeout=self.timeout,
                allow_redirects=False,
            )
        except requests.ConnectTimeout:
            fault = ChannelError("unreachable")
        except requests.ConnectionError as error:
            began = "NewConnectionError" not in repr(error)
            fault = ChannelError("unreachable", sent=None if began else False)
        except requests.RequestException:
            fault = ChannelError("timeout", sent=None)
        else:
            return _read(answer)
        raise fault  # out here, so that the original (it may hold the number) is not its context

    def _form(self, call_id: str, staff: str, clinic: str) -> list[tuple[str, str]]:
        return [
            ("To", staff),
            ("From", self.from_ or clinic),
            ("Url", self.address(call_id, "answer")),
            ("Method", "POST"),
            ("Timeout", str(_RING_FOR)),
            ("Record", "false"),
            ("StatusCallback", self.address(call_id, "status")),
            *(("StatusCallbackEvent", each) for each in ("initiated", "ringing", "answered",
                                                         "completed")),
        ]  # fmt: skip


def _read(answer: requests.Response) -> Accepted:
    try:
        said: Any = answer.json()
    except ValueError:
        said = {}
    said = said if isinstance(said, dict) else {}
    status = answer.status_code
    if status in (200, 201) and said.get("sid"):
        return Accepted(provider_id=str(said["sid"]), code=f"twilio-{status}")
    code = said.get("code") if isinstance(said.get("code"), int) else status
    doubt = status >= 500 or status < 400
    raise ChannelError(f"twilio-{code}", permanent=not doubt, sent=None if doubt else False)


def ask_to_press(connect: str) -> str:
    """Return what our own person hears, nothing of whom it is for. A voicemail cannot press 1."""
    said = escape("This is the call you asked for. Press 1 to be connected.")
    return (
        f'{_HEAD}<Response><Gather numDigits="1" timeout="8" method="POST" '
        f'action={quoteattr(connect)}><Say>{said}</Say><Pause length="2"/><Say>{said}</Say>'
        "</Gather><Hangup/></Response>"
    )


def connect(number: str, clinic: str, dialed: str) -> str:
    """Return what puts them through: the clinic's number is shown, and nothing is recorded."""
    return (
        f'{_HEAD}<Response><Dial callerId={quoteattr(clinic)} answerOnBridge="true" '
        f'record="do-not-record" timeout="{_RING_FOR}" timeLimit="{_AT_MOST}" '
        f'method="POST" action={quoteattr(dialed)}><Number>{escape(number)}</Number></Dial>'
        "</Response>"
    )


def voice(settings: Settings) -> Voice | None:
    """Return the telephone somebody configured, or None: then a call is a `tel:` link."""
    if settings.calls != "twilio":
        return None
    return Voice(
        account_sid=settings.twilio_account,
        auth_token=settings.twilio_token.get_secret_value(),
        public_url=settings.public_url,
        from_=settings.twilio_from,
        base_url=settings.twilio_url,
        timeout=settings.twilio_timeout,
    )

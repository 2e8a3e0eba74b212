"""What the outside must offer: a platform reviews come from, a channel people are told through.

The rules know these shapes and no adapter. Each boundary has one error type, and it says what
the caller must know: whether trying again can help, and whether anything left the house.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class SeenReview:
    """A review as a platform shows it now. Times are aware; `rating` counts stars from 0 to 5.

    `rating` and `recommends` are None where the platform gives none: stars are never invented.
    """

    platform: str
    external_id: str
    text: str
    author: str = ""
    rating: Decimal | None = None
    recommends: bool | None = None
    posted_at: datetime | None = None
    url: str = ""
    clinic: str = ""  # the clinic's slug, where the source knows it
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a platform can do by itself; what it cannot is a task for a person.

    `reply_limit` is counted in `reply_unit`.
    """

    pull: bool = False
    reply: bool = False
    look: bool = False
    reply_limit: int = 4000
    reply_unit: Literal["characters", "bytes", "weighted"] = "characters"


@dataclass(frozen=True, slots=True)
class PublicReply:
    """An approved reply on its way out: exactly the text somebody approved."""

    reply_id: str
    platform: str
    external_id: str  # of the review it answers
    text: str


@dataclass(frozen=True, slots=True)
class Published:
    """What the platform said: the reply's id and address there; `live` once the public sees it."""

    external_id: str
    url: str = ""
    live: bool = True


class PlatformError(Exception):
    """A platform refused or could not be reached.

    `permanent`: asking again will not help. `sent` is False where nothing was published, and None
    where nobody can know (then a person looks before anything is published again).
    """

    def __init__(
        self, code: str, message: str, *, permanent: bool = False, sent: bool | None = False
    ) -> None:
        super().__init__(message)
        self.code, self.permanent, self.sent = code, permanent, sent


class ReviewPlatform(Protocol):
    """One place where people write reviews."""

    name: str
    can: Capabilities

    def fetch(self, since: datetime) -> Iterable[SeenReview]:
        """Yield every review posted or changed since then; more is harmless, less is not."""

    def look(self, external_id: str) -> SeenReview | None:
        """Return the review as it stands now, or None where it is gone."""

    def publish(self, reply: PublicReply) -> Published:
        """Post the reply in public. Raises PlatformError."""


@dataclass(frozen=True, slots=True)
class Message:
    """A notice put into words for one channel, for exactly one recipient.

    `message_id` is fixed before the first attempt ("<...@domain>"), so that a repeat can be
    recognised by every mailbox. `token` names this attempt; a provider's callback carries it.
    """

    channel: Literal["email", "sms"]
    to: str  # one e-mail address, or one number in E.164
    text: str
    subject: str = ""
    html: str = ""
    message_id: str = ""
    token: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider took the message: its id there, and the code it answered with."""

    provider_id: str
    code: str = ""


class ChannelError(Exception):
    """A message did not go through.

    `code` is short and free of patient data ("smtp-550", "twilio-21610", "timeout").
    `sent` is False where the provider surely did not take it, None where nobody can know.
    `permanent`: the same message to the same recipient will never work.
    `dead_address`: this address or number is of no use any more (unknown, opted out).
    """

    def __init__(
        self,
        code: str,
        message: str = "",
        *,
        permanent: bool = False,
        sent: bool | None = False,
        dead_address: bool = False,
    ) -> None:
        super().__init__(message or code)
        self.code, self.permanent, self.sent, self.dead_address = (
            code,
            permanent,
            sent,
            dead_address,
        )


class Channel(Protocol):
    """One way of telling somebody something."""

    name: str

    async def send(self, message: Message) -> Accepted:
        """Hand the message over, once. Raises ChannelError."""

"""What the outside must offer: a platform reviews come from, a channel people are told through.

The rules know these shapes and no adapter. Each boundary has one error type, and it says what
the caller must know: whether trying again can help, and whether anything left the house.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import sha256
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
    kind: Literal["review", "comment", "message", "recommendation", "mention"] = "review"
    author_id: str = ""  # the platform's own id of the handle, where it has one
    updated_at: datetime | None = None
    reply: str | None = None  # the owner's reply as it stands there; None: unknown, "": none
    cut: bool = False  # the source shows the beginning only (an alert mail, an excerpt)


@dataclass(frozen=True, slots=True)
class Page:
    """Some reviews, and where to go on.

    `cursor`: give it back to `pages` to go on behind this page, also after a kill; "": from the
    start. What it means is the platform's affair. `whole`: this was the last page of a full list,
    so that what was on none of its pages is gone. `gone`: ids a push said were taken down; they are
    looked for again before that is believed.
    """

    reviews: tuple[SeenReview, ...]
    cursor: str = ""
    whole: bool = False
    gone: tuple[str, ...] = ()


ABILITIES = ("pull", "push", "reply", "edit_reply", "delete_reply", "look", "hide", "block")


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a platform can do by itself; what it cannot is a task for a person.

    `lists_all`: a full list is possible, so absence means gone. `relays`: it looks after reviews
    of other platforms too, as an aggregator does. `reply_limit` is counted in `reply_unit`:
    "weighted" as X counts. `keep_text`: how long the text may be kept; None: as long as the
    practice likes. `may_analyse`: False where the platform's terms forbid to classify it.
    `note`: what a person must know, in one sentence.
    """

    pull: bool = False
    push: bool = False
    reply: bool = False
    edit_reply: bool = False
    delete_reply: bool = False
    look: bool = False
    hide: bool = False
    block: bool = False
    lists_all: bool = False
    relays: bool = False
    reply_limit: int = 4000
    reply_unit: Literal["characters", "bytes", "weighted"] = "characters"
    keep_text: timedelta | None = None
    may_analyse: bool = True
    note: str = ""

    def named(self) -> tuple[str, ...]:
        """Return what it can do by itself, by name."""
        return tuple(each for each in ABILITIES if getattr(self, each))


def reply_mark(text: str) -> str:
    """Return what tells one public reply from another; platforms trim and re-wrap white space."""
    return sha256(" ".join(text.split()).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class PublicReply:
    """An approved reply on its way out: exactly the text somebody approved.

    `may_replace`: the `reply_mark`s of replies that may be overwritten: our own earlier ones, and
    one that somebody saw and decided to replace. Where another stands there: "...-foreign-reply".
    """

    reply_id: str
    platform: str
    external_id: str  # of the review it answers
    text: str
    posted_id: str = ""  # the reply's own id at the platform, once it has one
    may_replace: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Published:
    """What the platform said: the reply's id and address there; `live` once the public sees it.

    "pending": it is looked at there first, ask `state` again. `reason`: why it was rejected, as a
    code of the platform's ("PERSONAL_INFO").
    """

    external_id: str
    url: str = ""
    live: bool = True
    state: Literal["live", "pending", "rejected"] = "live"
    reason: str = ""

    def __post_init__(self) -> None:
        if self.state == "live" and not self.live:
            object.__setattr__(self, "state", "pending")
        object.__setattr__(self, "live", self.state == "live")


# What callers tell apart, by the end of a code: "google-auth", "facebook-190-auth", "x-429-limit".
TROUBLES = (
    "auth",  # the sign-in expired or was revoked: somebody must connect it again
    "quota-zero",  # the platform has not admitted this practice yet
    "limit",  # too many requests: later, see `retry_after`
    "budget",  # our own cap on what it may cost
    "gone",  # what was asked for is not there any more
    "unsupported",  # the platform offers no such thing to programs
    "foreign-reply",  # somebody answered there directly; a person decides
    "forged",  # a push whose signature does not hold
    "unreadable",  # what came cannot be understood
)


class PlatformError(Exception):
    """A platform refused or could not be reached.

    `code` is short and free of data ("google-500"); its end may be one of TROUBLES, see `trouble`.
    `permanent`: asking again will not help. `sent` is False where nothing was published, and None
    where nobody can know (then a person looks before anything is published again).
    `retry_after`: how long the platform asks to be left alone.
    """

    def __init__(
        self,
        code: str,
        message: str = "",
        *,
        permanent: bool = False,
        sent: bool | None = False,
        retry_after: timedelta | None = None,
    ) -> None:
        super().__init__(message or code)
        self.code, self.permanent, self.sent = code, permanent, sent
        self.retry_after = retry_after

    @property
    def trouble(self) -> str:
        return trouble_of(self.code)


def trouble_of(code: str) -> str:
    """Return which of TROUBLES a code tells of, "" where none."""
    return next((each for each in TROUBLES if code == each or code.endswith(f"-{each}")), "")


def unsupported(name: str) -> PlatformError:
    """Return what a platform raises that offers programs no such thing."""
    return PlatformError(f"{name}-unsupported", "the platform offers no such thing", permanent=True)


class ReviewPlatform(Protocol):
    """One place where people write reviews. What it does not offer raises "...-unsupported"."""

    @property
    def name(self) -> str: ...

    @property
    def can(self) -> Capabilities: ...

    def pages(self, since: datetime, cursor: str = "", full: bool = False) -> Iterator[Page]:
        """Yield every review posted or changed since then; more is harmless, less is not.

        `cursor`: of the last page that was kept; go on behind it. `full`: all there are, the last
        page being `whole`; only asked for where `can.lists_all`. Raises PlatformError.
        """

    def look(self, external_id: str) -> SeenReview | None:
        """Return the review as it stands now, or None where it is gone. Raises PlatformError."""

    def publish(self, reply: PublicReply) -> Published:
        """Post the reply in public. Raises PlatformError; `sent` None where nobody can know."""

    def state(self, reply: PublicReply) -> Published:
        """Return how a reply that was posted stands now. Raises PlatformError, "...-gone"."""

    def hide(self, external_id: str) -> None:
        """Hide what somebody wrote at our own place. Raises PlatformError."""

    def block(self, author_id: str) -> None:
        """Keep an author from writing at our own place. Raises PlatformError."""

    def delete_reply(self, external_id: str) -> None:
        """Take our reply to this review back. Raises PlatformError."""


class Pushes(Protocol):
    """What comes by itself: a platform's webhook. It is verified, kept, and read a little later."""

    def verify(self, body: bytes, headers: Mapping[str, str], now: datetime) -> None:
        """Raise PlatformError("...-forged") unless this came from the platform, and lately.

        Header names are in lower case. No network: keys are fetched beforehand or kept.
        """

    def read(self, body: bytes, headers: Mapping[str, str]) -> Page | None:
        """Return what it tells; None where it only hints that there is something to fetch.

        Raises PlatformError("...-unreadable").
        """

    def answer(self, query: Mapping[str, str]) -> str | None:
        """Return what a handshake (GET) is answered with; None where it is not ours."""


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
    by_a_person: bool = False  # somebody wrote or approved this very text: no automatic answer
    sender_name: str = ""  # instead of the practice's own, where that would say too much
    bounce_token: str = ""  # what its bounces come back with, where there is an address for them


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
    `ours`: it is for us to mend (a wrong password, an account that is suspended); no message can
    leave until then, so none is given up.
    """

    def __init__(
        self,
        code: str,
        message: str = "",
        *,
        permanent: bool = False,
        sent: bool | None = False,
        dead_address: bool = False,
        ours: bool = False,
    ) -> None:
        super().__init__(message or code)
        self.code, self.permanent, self.sent = code, permanent, sent
        self.dead_address, self.ours = dead_address, ours


class Channel(Protocol):
    """One way of telling somebody something."""

    name: str

    async def send(self, message: Message) -> Accepted:
        """Hand the message over, once. Raises ChannelError."""


@dataclass(frozen=True, slots=True)
class Found:
    """A message as the provider has it: its id there, how it stands, an error's code or ""."""

    provider_id: str
    state: str
    code: str = ""


class Remembers(Protocol):
    """A channel that can say what became of a message whose answer was lost."""

    async def find(self, message: Message, since: datetime, until: datetime) -> list[Found]:
        """Return what was sent to that recipient, in these very words, in that time.

        Raises ChannelError.
        """

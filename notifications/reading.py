"""What a mail is: an answer somebody wrote, a bounce, a machine's reply, or our own coming back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from email import message_from_bytes

from flufl.bounce import all_failures

from cases.addresses import AddressError
from cases.addresses import email as one_address
from cases.talking.mails import Mail, read
from cases.talking.senders import vouched
from notifications.quoting import new_text

_MOST = 512 * 1024  # bytes of a bounce that are looked at; the rest is our own mail coming back
_ROBOTS = ("mailer-daemon", "postmaster", "no-reply", "noreply", "donotreply", "do-not-reply")
_BULK = ("bulk", "junk", "list", "auto_reply")
_LISTS = ("list-id", "list-post", "list-unsubscribe", "mailing-list")
_STATUS = b"status:"


@dataclass(frozen=True, slots=True)
class Ours:
    """What is ours: the names our mail server signs its findings with, our addresses, our domain.

    `domain` is the one our Message-IDs carry.
    """

    servers: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()
    domain: str = ""


@dataclass(frozen=True, slots=True)
class Bounce:
    """A mail of ours that did not arrive: the status (RFC 3463), and whether that is final."""

    recipients: tuple[str, ...] = ()
    status: str = ""
    is_final: bool = True


@dataclass(frozen=True, slots=True)
class Understood:
    """A mail, and what it is.

    `automatic`: why no person wrote it ("vacation", "list", "loop", "robot"); then nobody is owed
    an answer and none is ever sent. `vouched`: how our own server found it to be from its sender,
    "" where it did not.
    """

    mail: Mail
    new_text: str = ""
    automatic: str = ""
    bounce: Bounce | None = None
    vouched: str = ""
    ours: Ours = field(default=Ours(), repr=False)


def understand(raw: bytes, ours: Ours) -> Understood:
    """Say what a mail is. Any bytes go in; nothing in them makes this fail or take long."""
    mail = read(raw)
    found = _bounce(raw, mail)
    return Understood(
        mail,
        new_text(mail.text) if found is None else "",
        automatic(mail, ours) if found is None else "",
        found,
        vouched(mail, ours.servers),
        ours,
    )


def automatic(mail: Mail, ours: Ours) -> str:
    """Return why no person wrote a mail, "" where one may have (RFC 3834, section 2; RFC 5230)."""
    if _is_loop(mail, ours):
        return "loop"
    if mail.header("auto-submitted").partition(";")[0].strip().lower() not in ("", "no"):
        return "vacation"
    if mail.header("precedence").lower() in _BULK:
        return "vacation" if mail.header("precedence").lower() == "auto_reply" else "list"
    if mail.has("x-autoreply") or mail.has("x-autorespond") or mail.has("x-auto-reply"):
        return "vacation"
    if any(mail.has(each) for each in _LISTS):
        return "list"
    if mail.return_path == "" or mail.is_report or _robot(mail.sender):
        return "robot"
    return ""


def _is_loop(mail: Mail, ours: Ours) -> bool:
    """Tell whether our own mail came back, be it under another's name."""
    ending = f"@{ours.domain}>" if ours.domain else None
    own = ending is not None and mail.message_id.lower().endswith(ending.lower())
    return own or mail.sender in ours.addresses


def _robot(sender: str) -> bool:
    name = sender.partition("@")[0].partition("+")[0]
    return any(name == each or name.startswith(f"{each}-") for each in _ROBOTS)


def _bounce(raw: bytes, mail: Mail) -> Bounce | None:
    """Return what a delivery report tells; None for any other mail."""
    if not (mail.is_report or mail.return_path == "" or _robot(mail.sender)):
        return None
    cut = raw[:_MOST]
    try:
        temporary, permanent = all_failures(message_from_bytes(cut))
    except Exception:  # its many readers each know one server's habits, and fail on others'
        temporary, permanent = frozenset(), frozenset()
    failed = permanent or temporary
    if not failed and not (mail.is_report and b"action: failed" in cut.lower()):
        return None
    status = _status(cut)
    final = not status.startswith("4") if status else bool(permanent)
    return Bounce(tuple(sorted(filter(None, map(_address, failed)))), status, final)


def _status(cut: bytes) -> str:
    """Return the first status a report gives: "5.1.1"."""
    for line in cut.splitlines():
        if line[:7].lower() == _STATUS:
            status = line[7:40].split()
            told = status[0].decode("ascii", "replace") if status else ""
            if told[:1] in "45" and told.replace(".", "").isdecimal():
                return told
    return ""


def _address(written: bytes | str) -> str:
    text = written.decode("ascii", "replace") if isinstance(written, bytes) else written
    try:
        return one_address(text)
    except AddressError:
        return ""


def our_addresses(*written: str) -> frozenset[str]:
    """Return addresses as they are compared, from settings like "Elm Street <care@elm.example>"."""
    bare = (each.rpartition("<")[2].strip(" >").lower() for each in written)
    return frozenset(each for each in bare if "@" in each)


def what_is_ours(
    mail_from: str, place: str, domain: str, addresses: Iterable[str], servers: Iterable[str]
) -> Ours:
    """Return what is ours, from the settings and a source's options (`addresses`, `servers`)."""
    named = our_addresses(mail_from, place, *addresses)
    return Ours(frozenset(servers), named, domain)

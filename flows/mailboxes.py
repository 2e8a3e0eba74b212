"""Mailboxes: what is new in each is fetched every minute and kept as it came, before it is read."""

from __future__ import annotations

from typing import Literal, cast

from cases.arriving.arrivals import arrive
from cases.arriving.sources import polled, wants_reading
from cases.models import Source
from cases.store import StoreError
from cases.talking.mails import identity
from flows.house import Counts, House
from flows.platforms import access, noted_there
from notifications.inbox.imap import Imap
from reviews.access import Access

PLATFORM = "mail"


def poll(house: House, done: Counts) -> None:
    """Fetch what is new in every mailbox; one that fails does not keep the others from it."""
    for source in house.store.sources():
        if source.platform == PLATFORM and wants_reading(source, house.now):
            with noted_there(house, source, done):
                done["fetched"] += fetch(house, source)


def fetch(house: House, source: Source) -> int:
    """Keep what is new in one mailbox; return how many. Raises PlatformError, SettingsError."""
    box = mailbox(access(house, source))
    if box is None:
        return 0  # a mail server hands its mail over
    new, behind = 0, source.cursor
    for mail in box.fetch(source.cursor, house.now):
        new += keep(house, source, mail.raw)
        behind = mail.place
    now_is = house.store.source(source.id) or source
    if behind != source.cursor or now_is.failed_since is not None or now_is.read_until is None:
        house.apply(polled(now_is, behind, house.moment(), fresh=new > 0))
    return new


def mailbox(given: Access) -> Imap | None:
    """Return the mailbox a source names in amends.toml, None where it names none."""
    host = given.text("host")
    if not host:
        return None
    security = cast(Literal["tls", "starttls", "none"], given.text("security", "tls"))
    return Imap(
        host=host,
        port=int(given.number("port", 0)),
        username=given.need("username"),
        password=given.need("password"),
        folder=given.text("folder", "INBOX"),
        security=security,
        ca=given.text("ca") or None,
    )


def keep(house: House, source: Source, raw: bytes) -> bool:
    """Keep a mail as it came, once; False where it came before. Raises StoreError."""
    digest = identity(raw)
    if house.store.has_arrived(digest):
        return False
    change = arrive("mail", source.id, raw, {}, house.moment(), digest)
    applied = house.apply(change)
    if applied.refused:
        raise StoreError("the database refused a mail")
    return bool(applied.applied)

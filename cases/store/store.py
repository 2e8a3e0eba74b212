"""The record as the rest of the program knows it: apply Changes, ask questions."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import Engine, func, select

from cases.changes import About, Add, Change, Happened, Moment
from cases.models import Event, Practice
from cases.playbooks.playbook import PRACTICE, read_playbook
from cases.practice import adopted
from cases.sealing import (
    Keyring,
    KeyringError,
    Sealer,
    SealError,
    create_keyring,
    parse_keyring,
    read_keyring,
)
from cases.settings import Settings
from cases.store import database
from cases.store.access import AccessReads
from cases.store.chain import Broken, verify
from cases.store.clocks import ClockReads
from cases.store.comparing import ComparingReads
from cases.store.desks import DeskReads
from cases.store.evidence import EvidenceReads
from cases.store.inbox import InboxReads
from cases.store.invitations import InvitationReads
from cases.store.links import LinkReads
from cases.store.ontime import OnTimeReads
from cases.store.replies import ReplyReads
from cases.store.reviews import ReviewReads
from cases.store.rows import table
from cases.store.sources import SourceReads
from cases.store.views import Views
from cases.store.watch import WatchReads
from cases.store.writer import Applied, Writer

_KNOWN_WORD = "amends"


class Store(
    LinkReads,
    ComparingReads,
    OnTimeReads,
    ClockReads,
    ReplyReads,
    ReviewReads,
    WatchReads,
    SourceReads,
    EvidenceReads,
    InboxReads,
    InvitationReads,
    AccessReads,
    Views,
    DeskReads,
):
    """One practice's record. `apply` writes; every other method reads."""

    def __init__(self, engine: Engine, sealer: Sealer, mail_domain: str = "amends.invalid") -> None:
        super().__init__(engine, sealer)
        self._writer = Writer(engine, sealer, mail_domain)

    def apply(self, changes: Iterable[Change]) -> Applied:
        """Write the Changes that still hold, in one transaction. Raises StoreError."""
        return self._writer.apply(changes)

    @property
    def sealer(self) -> Sealer:
        """Return what signs the tokens in our addresses and links."""
        return self._sealer

    def index(self, channel: str, value: str) -> str:
        """Return the blind index of a normalised number or address."""
        kind = "phone" if channel in ("phone", "sms") else channel
        return self._sealer.index(kind, value)

    def broken_chains(self) -> list[Broken]:
        """Return every subject whose history was tampered with."""
        with database.reading(self._engine) as connection:
            return list(verify(connection, self._sealer))

    def count_events(self) -> int:
        """Return how many lines of history there are."""
        with database.reading(self._engine) as connection:
            return connection.execute(select(func.count()).select_from(table(Event))).scalar_one()

    def practice_as_subject(self) -> About:
        """Return the practice as what a Change is about."""
        practice = self.practice()
        return About(Practice, practice.id, practice.version)

    def describe(self) -> str:
        """Return in words where the record is, without any password."""
        return self._engine.url.render_as_string(hide_password=True)

    def upgrade(self, moment: Moment, name: str = "") -> None:
        """Bring the tables up to date; on a new database found the practice, too."""
        database.upgrade(self._engine)
        if self.find_practice() is not None:
            return
        if self.apply([_found(name, self._sealer, moment)]).refused:
            raise database.StoreError("the database refused to be founded; make a new one")

    def check_keys(self) -> None:
        """Refuse a keyring that is not the one this record was sealed with, before any harm."""
        practice = self.find_practice()
        if practice is None:
            return
        try:
            self._sealer.open("practices", "key_check", practice.id, practice.key_check)
        except SealError:
            raise KeyringError(
                "this keyring is not the one the record was sealed with; restore the right one "
                "from your key backup"
            ) from None

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()


def _found(name: str, sealer: Sealer, moment: Moment) -> Change:
    practice_id = moment.new_id()
    playbook = read_playbook(PRACTICE)
    check = sealer.seal("practices", "key_check", practice_id, _KNOWN_WORD)
    row = {"id": practice_id, "name": name, "playbook_version": 1, "key_check": check}
    return Change(
        About(Practice, practice_id, 0),
        moment,
        adds=[Add(Practice, row), adopted(playbook, 1, moment)],
        events=[Happened("founded", {"playbook": playbook.name})],
    )


def open_store(settings: Settings, moment: Moment | None = None, name: str = "") -> Store:
    """Open the record; with a Moment, found or upgrade it first.

    Raises StoreError where the database cannot be used or is another version's, KeyringError
    where the keys are missing: a new keyring is made for a new database only, never for an old one.
    """
    if moment is not None:
        _make_folder(settings.data)
    elif not settings.database_url and not os.path.exists(settings.data / "amends.db"):
        raise database.StoreError(
            f"there is no record in {settings.data}; run: amends db upgrade --data {settings.data}"
        )
    engine = database.open_engine(settings.url, settings.sqlite_wait_seconds)
    try:
        return _opened(engine, settings, moment, name)
    except BaseException:
        engine.dispose()
        raise


def _opened(engine: Engine, settings: Settings, moment: Moment | None, name: str) -> Store:
    if moment is None:
        database.check_schema(engine)
    is_new = database.schema(engine) == "empty"
    store = Store(engine, Sealer(_keys(settings, is_new)), settings.mail_domain)
    if moment is not None:
        store.upgrade(moment, name)
    store.check_keys()
    return store


def _make_folder(data: Path) -> None:
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise database.StoreError(
            f"the data folder {data} cannot be made ({error.strerror}); choose another with --data"
        ) from None
    if not os.access(data, os.W_OK):
        raise database.StoreError(f"the data folder {data} cannot be written; check who owns it")


def _keys(settings: Settings, is_new: bool) -> Keyring:
    if given := settings.keyring.get_secret_value():
        return parse_keyring(given, "AMENDS_KEYRING")
    if is_new and not settings.keyring_path.exists():
        try:
            return create_keyring(settings.keyring_path)
        except OSError as error:
            raise KeyringError(f"{settings.keyring_path}: {error.strerror}") from None
    return read_keyring(settings.keyring_path)

"""What every flow needs at hand, opened once and closed again; and the one way errors leave."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import TypeVar

from cases.changes import Change, Moment
from cases.identifiers import Identifiers
from cases.ports import Channel
from cases.sealing import KeyringError
from cases.settings import Settings, SettingsError, load
from cases.store import Applied, Store, StoreError, open_store
from notifications import channels

log = logging.getLogger("amends")
Counts = dict[str, int]
T = TypeVar("T")


class FlowError(Exception):
    """A flow did not do its work. A code, no text: Prefect keeps what it is told for days."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class House:
    """The record, the channels and the clock, as one flow has them.

    `now` fixed: a run for a given time, the same each time it is repeated; None: the present.
    """

    settings: Settings
    store: Store
    flow: str
    fixed: datetime | None = None
    ids: Identifiers = field(default_factory=Identifiers)

    @property
    def now(self) -> datetime:
        return self.fixed or datetime.now(UTC)

    def moment(self) -> Moment:
        return Moment(self.now, self.flow, self.ids)

    @cached_property
    def channels(self) -> dict[str, Channel]:
        return channels(self.settings)

    def apply(self, *changes: Change) -> Applied:
        return self.store.apply(changes)


@contextmanager
def at_work(flow: str, now: datetime | None) -> Iterator[House]:
    """Open the house for one run of a flow, as the environment says where it is.

    Whatever is raised leaves as a FlowError with a code: exception texts carry data, and Prefect
    stores them in six places (facts about Prefect 3.8).
    """
    code = ""
    try:
        store = open_store(settings := load())
        try:
            yield House(settings, store, flow, now)
        finally:
            store.close()
    except FlowError:
        raise
    except (StoreError, KeyringError, SettingsError) as error:
        log.error("%s: %s", flow, error)  # these are written for people and carry no data
        code = type(error).__name__
    except Exception as error:
        code = f"{flow}-{type(error).__name__}"
    if code:
        raise FlowError(code) from None


def code_of(error: BaseException) -> str:
    """Return what may be told of an exception: its kind, never its text."""
    return type(error).__name__

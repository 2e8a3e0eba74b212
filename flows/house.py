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
from cases.clockwork.watchdog import beat
from cases.identifiers import Identifiers
from cases.ports import Channel
from cases.sealing import KeyringError
from cases.settings import Settings, SettingsError, load
from cases.store import Applied, Store, StoreError, open_store
from flows import notify
from notifications import channels
from notifications.addressing import Ways, ways

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
    notices: int = 0  # how many this run left to be delivered

    @property
    def now(self) -> datetime:
        return self.fixed or datetime.now(UTC)

    def moment(self) -> Moment:
        return Moment(self.now, self.flow, self.ids)

    @cached_property
    def channels(self) -> dict[str, Channel]:
        return channels(self.settings)

    @cached_property
    def ways(self) -> Ways:
        return ways(self.settings, self.store.sealer)

    def apply(self, *changes: Change) -> Applied:
        applied = self.store.apply(changes)
        parts = (part for change in applied.applied for part in change.whole())
        self.notices += sum(len(part.notices) for part in parts)
        return applied


@contextmanager
def at_work(flow: str, now: datetime | None) -> Iterator[House]:
    """Open the house for one run of a flow, as the environment says where it is.

    Whatever is raised leaves as a FlowError with a code: exception texts carry data, and Prefect
    stores them in six places (as of 3.8).
    """
    code = ""
    try:
        store = open_store(settings := load())
        try:
            yield (house := House(settings, store, flow, now))
            house.apply(beat(store.beats().get(flow), flow, house.moment()))
            if house.notices and flow != "deliver":  # it delivers what it leaves itself
                notify.waiting(flow, house.notices)
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


@contextmanager
def alone(what: str, done: Counts, key: str) -> Iterator[None]:
    """Keep what is wrong with one case from stopping the others: it is counted and logged.

    Only its kind is told. A StoreError passes: then nothing can be written for the others either.
    """
    try:
        yield
    except StoreError:
        raise
    except Exception as error:
        log.error("%s: %s", what, code_of(error))
        done[key] += 1


def code_of(error: BaseException) -> str:
    """Return what may be told of an exception: its kind, never its text."""
    return type(error).__name__

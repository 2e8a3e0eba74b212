"""What a platform needs to sign in: from the settings or a Prefect block, never from the code."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from cases.models import Source
from cases.settings import Settings, SettingsError

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_LOCKS: defaultdict[str, threading.RLock] = defaultdict(threading.RLock)


def _nothing_kept() -> Mapping[str, str]:
    return {}


def _not_kept(name: str, value: str) -> None:
    """Keep nothing: whoever only looks at what a source can do has no record to write to."""


@dataclass(frozen=True)
class Access:
    """One source's secrets and options, by name, as [sources.NAME] in amends.toml gives them.

    `kept` reads what was kept in the record (sealed), `keeps` writes it. A kept value goes before
    the setting it grew from (a refresh token that rotates) until somebody changes that setting.
    """

    source: str = ""
    values: Mapping[str, Any] = field(default_factory=dict, repr=False)
    kept: Callable[[], Mapping[str, str]] = field(default=_nothing_kept, repr=False)
    keeps: Callable[[str, str], None] = field(default=_not_kept, repr=False)

    def secret(self, name: str) -> SecretStr:
        """Return a secret as it stands now, read anew each time; empty where there is none.

        Another process may have rotated it meanwhile, so ask again after a refusal.
        """
        given = self._given(name)
        grown = _grown(self.kept().get(name, ""), given)
        return SecretStr(given if grown is None else grown)

    def need(self, name: str) -> str:
        """Return a secret's text, at the place where it is used. Raises SettingsError."""
        found = self.secret(name).get_secret_value()
        if not found:
            raise SettingsError(
                f"source {self.source}: {name} is missing; set it under [sources.{self.source}] "
                "in amends.toml, or in the Prefect block named there"
            )
        return found

    def keep(self, name: str, value: str) -> None:
        """Keep a value in the record, sealed, before it is used: some tokens work once only."""
        mark = _mark(self._given(name))
        self.keeps(name, json.dumps({"value": value, "from": mark}))

    @property
    def lock(self) -> threading.RLock:
        """Return the lock under which one source's token is renewed: two at once void each other's.

        It holds within one process; between two, ask `secret` again after a refusal.
        """
        return _LOCKS[self.source]

    def text(self, name: str, default: str = "") -> str:
        """Return an option that is no secret."""
        return self._given(name) or default

    def number(self, name: str, default: float) -> float:
        """Return an option that is a number. Raises SettingsError."""
        try:
            return float(self._given(name) or default)
        except ValueError:
            raise SettingsError(f"source {self.source}: {name} must be a number") from None

    def switch(self, name: str, default: bool = False) -> bool:
        """Return an option that is on or off."""
        given = self._given(name).casefold()
        return given in {"1", "true", "yes", "on"} if given else default

    def listed(self, name: str) -> tuple[str, ...]:
        """Return an option that is a list, or words separated by commas."""
        given = self.values.get(name, ())
        if isinstance(given, str):
            given = given.split(",")
        return tuple(str(each).strip() for each in given if str(each).strip())

    def table(self, name: str) -> Mapping[str, Any]:
        """Return an option that is a table of its own."""
        given = self.values.get(name, {})
        return given if isinstance(given, Mapping) else {}

    def base_url(self, default: str, name: str = "base_url") -> str:
        """Return the platform's address without a slash at its end. Raises SettingsError."""
        url = self.text(name, default).rstrip("/")
        parts = urlsplit(url)
        if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
            raise SettingsError(f"source {self.source}: {name} must begin with https://")
        return url

    def _given(self, name: str) -> str:
        value = self.values.get(name, "")
        if isinstance(value, SecretStr):
            return value.get_secret_value()
        return str(value).lower() if isinstance(value, bool) else str(value)


def access_for(
    source: Source,
    settings: Settings,
    kept: Callable[[], Mapping[str, str]] = _nothing_kept,
    keeps: Callable[[str, str], None] = _not_kept,
) -> Access:
    """Return a source's access: [sources.NAME], and the Prefect block its `block` names.

    Raises SettingsError where that block is missing or holds no JSON object.
    """
    given = dict(settings.sources.get(source.name, {}))
    block = str(given.pop("block", ""))
    values = {**given, **_from_block(source.name, block)} if block else given
    return Access(source.name, values, kept, keeps)


def _from_block(source: str, block: str) -> Mapping[str, Any]:
    """Return what a Prefect Secret block holds. Only who names a block needs Prefect for it."""
    from prefect.blocks.system import Secret

    try:
        read: Any = Secret.load
        found = read(block, _sync=True).get()  # a flow's run may have a loop of its own
    except Exception as error:
        raise SettingsError(
            f"source {source}: the Prefect block secret/{block} cannot be read "
            f"({type(error).__name__}); create it, or take `block` out of amends.toml"
        ) from None
    held = found.get_secret_value() if isinstance(found, SecretStr) else found
    if isinstance(held, str):
        try:
            held = json.loads(held)
        except ValueError:
            held = None
    if not isinstance(held, Mapping):
        raise SettingsError(f"source {source}: the Prefect block secret/{block} holds no object")
    return held


def _grown(kept: str, given: str) -> str | None:
    """Return the kept value, None where there is none or its setting has changed since."""
    if not kept:
        return None
    held = json.loads(kept)
    return str(held["value"]) if held.get("from") == _mark(given) else None


def _mark(given: str) -> str:
    return sha256(given.encode()).hexdigest()[:16]

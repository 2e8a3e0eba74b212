"""The practice's written policy as the engine enforces it: which clocks, how long, who is told.

A Playbook is frozen and read from TOML. Every mistake in the file is found at once, and its
message names the file, the line, the value and the remedy.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from cases.playbooks.overrides import Override, applied, in_order
from cases.playbooks.playbook_reader import PlaybookReader
from cases.playbooks.promises import Promise, Span

_FOLDER = Path(__file__).parent
PRACTICE = _FOLDER / "practice.toml"
_TWO_HOURS = Span(timedelta(hours=2))


class PlaybookError(ValueError):
    """The playbook does not hold. Each line of the message is one mistake, with its remedy."""


@dataclass(frozen=True, slots=True)
class Playbook:
    """The whole policy. `version` is its number in the record; 0 until it is adopted.

    `warnings` are what a stored text says that this program does not know, one a line.
    """

    name: str
    clocks: Mapping[str, Promise]
    duty: Mapping[str, tuple[str, ...]]
    negative_at: float = 2
    reopen_within: timedelta = timedelta(days=30)
    contact_tries: int = 3
    contact_days: int = 3
    contact_channels: tuple[str, ...] = ("phone", "email")
    longest_pause: timedelta = timedelta(days=30)
    monitor_window: timedelta | None = None  # None: until the clock `monitor` is due
    extension_approvers: tuple[str, ...] = ("manager", "chief")
    taken_for: Span = _TWO_HOURS  # office time that "I have it" holds a ladder
    digest_at: time = time(7, 30)  # by each clinic's own clock
    assignment: str = "clinic_director"
    assign_to: tuple[str, ...] = ("director",)  # who takes turns: directors, managers or both
    open_cases_at_most: int | None = None  # of one owner; None: no limit
    overrides: tuple[Override, ...] = ()
    version: int = 0
    text: str = field(default="", repr=False)
    warnings: tuple[str, ...] = field(default=(), repr=False, compare=False)
    # The playbook this one was made from for a case, and those made from this one.
    whole: Playbook | None = field(default=None, repr=False, compare=False)
    _made: dict[tuple[str, str, str], Playbook] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @property
    def threshold(self) -> Decimal:
        """Return the stars at and below which a review is negative."""
        return Decimal(str(self.negative_at))

    def for_case(self, severity: str, platform: str, clinic: str) -> Playbook:
        """Return the playbook as it is for a case like that: its overrides applied.

        `clinic` is the short name. The answer is kept; asking one that was made so asks its whole.
        """
        whole = self.whole or self
        if not whole.overrides:
            return whole
        key = (severity, platform, clinic)
        if key not in whole._made:
            whole._made[key] = whole._with(in_order(whole.overrides, *key))
        return whole._made[key]

    def _with(self, overrides: list[Override]) -> Playbook:
        if not overrides:
            return self
        settings: dict[str, Any] = {}
        for each in overrides:
            settings |= each.settings
        return replace(self, clocks=applied(self.clocks, overrides), whole=self, **settings)

    def changed_by(self, override: Override) -> dict[str, Promise]:
        """Return the clocks an override says something about, as it alone leaves them."""
        changed = applied(self.clocks, [override])
        return {kind: changed[kind] for kind in override.clocks}

    def asks(self, what: str) -> bool:
        """Tell whether some override turns on the "severity", the "platform" or the "clinic"."""
        return any(what in each.when for each in self.overrides)

    def held_for(self, kind: str) -> Span:
        """Return how long "I have it" holds the ladder of this clock, in office time."""
        return self.clocks[kind].taken_for or self.taken_for


def ready_made() -> dict[str, Path]:
    """Return the playbooks that come with the program, by name."""
    return {path.stem: path for path in sorted(_FOLDER.glob("*.toml"))}


def read_playbook(path: Path, version: int = 0) -> Playbook:
    """Read a playbook's file. Raises PlaybookError."""
    try:
        text = path.read_text(encoding="utf-8-sig")  # some editors write a mark first
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise PlaybookError(f"{path}: cannot be read: {reason}") from None
    return parse_playbook(text, str(path), version)


def parse_playbook(
    text: str, where: str = "the playbook", version: int = 0, *, stored: bool = False
) -> Playbook:
    """Read a playbook; raises PlaybookError that lists every mistake, one a line.

    A `stored` text was checked when it was adopted: what another version of this program wrote in
    it and this one does not know is a warning there, since running cases must go on.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PlaybookError(f"{where}: not readable as TOML: {error}") from None
    reader = PlaybookReader(where, text, stored=stored)
    values = reader.values(raw)
    if reader.mistakes:
        raise PlaybookError("\n".join(reader.mistakes))
    return Playbook(**values, version=version, text=text, warnings=tuple(reader.warnings))

"""What a playbook says otherwise for some cases: by severity, by platform, by clinic."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from cases.playbooks.promises import Promise

WHEN = ("severity", "platform", "clinic")


@dataclass(frozen=True, slots=True)
class Override:
    """For the cases it names: other figures for some clocks, or another setting.

    `when` has, for one to three of WHEN, the values it holds for. `clocks` has for each kind the
    fields of its Promise that differ; `settings` fields of the Playbook.
    """

    when: Mapping[str, tuple[str, ...]]
    clocks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)

    def holds(self, severity: str, platform: str, clinic: str) -> bool:
        """Tell whether a case like that is meant."""
        case = {"severity": severity, "platform": platform, "clinic": clinic}
        return all(case[key] in values for key, values in self.when.items())

    def __str__(self) -> str:
        return ", ".join(f"{key} {' or '.join(self.when[key])}" for key in WHEN if key in self.when)


def in_order(
    overrides: Iterable[Override], severity: str, platform: str, clinic: str
) -> list[Override]:
    """Return those that hold for a case like that, the one that wins last.

    The more it names, the later it comes; of two that name as much, the later in the file wins.
    """
    mine = (each for each in overrides if each.holds(severity, platform, clinic))
    return sorted(mine, key=lambda each: len(each.when))


def applied(clocks: Mapping[str, Promise], overrides: Iterable[Override]) -> dict[str, Promise]:
    """Return the clocks as these overrides, in their order, leave them; a new kind is added."""
    found = dict(clocks)
    for each in overrides:
        for kind, fields in each.clocks.items():
            found[kind] = replace(found.get(kind) or Promise(kind), **fields)
    return found

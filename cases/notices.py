"""What somebody of the staff must be told, as values: of which kind, and once for each key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cases.casefile import OnTheClock


def to_person(
    kind: str,
    key: str,
    person_id: str | None,
    detail: Mapping[str, Any] | None = None,
    *,
    case_id: str | None = None,
    channel: str = "email",
    **more: Any,
) -> dict[str, Any]:
    """Return a notice to one person. `more`: columns of it that are not as usual."""
    return {
        "key": key,
        "case_id": case_id,
        "kind": kind,
        "channel": channel,
        "person_id": person_id,
        "detail": dict(detail or {}),
        **more,
    }


def to_owner(
    file: OnTheClock, kind: str, key: str, detail: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """Return what tells the owner of a case, whose id ends the key.

    Nothing where nobody owns it: then the ladders of its clocks tell others.
    """
    owner = file.case.owner_id
    if not owner:
        return []
    return [to_person(kind, f"{key}:{owner}", owner, detail, case_id=file.case.id)]

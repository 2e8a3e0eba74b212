"""What all commands share: how they are asked, how they answer, how they find the record."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import pendulum
import typer
from rich.console import Console

from cases.changes import Change, Moment
from cases.identifiers import Identifiers
from cases.models import Clinic, Person
from cases.settings import Settings, load
from cases.store import Store, open_store


class UserError(Exception):
    """Somebody asked for what cannot be done. The message says the value and the remedy."""


class AskedWrongly(UserError):
    """The command itself is wrong: a word, name or time it cannot mean. Exit code 2."""


DataDir = Annotated[
    Path | None,
    typer.Option("--data", envvar="AMENDS_DATA", help="The data folder.", show_default="./data"),
]
Json = Annotated[bool, typer.Option("--json", help="Answer as JSON, for programs.")]
Who = Annotated[
    str,
    typer.Option("--as", envvar="AMENDS_AS", help="Who acts: a person's e-mail address."),
]
Now = Annotated[
    str,
    typer.Option("--now", help="Act as if it were then: 2026-11-27T16:30 (with or without zone)."),
]

# Into a file or a pipe, a table is as wide as it needs to be.
_WIDE = None if sys.stdout and sys.stdout.isatty() else 160
out = Console(highlight=False, soft_wrap=True, width=_WIDE)
err = Console(stderr=True, highlight=False, soft_wrap=True)


@contextmanager
def record(data: Path | None) -> Iterator[tuple[Settings, Store]]:
    """Open the record in a data folder. Raises StoreError, KeyringError, SettingsError."""
    settings = load(data)
    store = open_store(settings)
    try:
        yield settings, store
    finally:
        store.close()


def instant(written: str, zone: str = "UTC") -> datetime:
    """Read a time as people write it; one without a zone is in `zone`. Raises AskedWrongly."""
    key = zone_named(zone)
    try:
        found = pendulum.parse(written.strip(), tz=key, strict=False)
    except (ValueError, TypeError, KeyError, OverflowError):
        found = None
    if not isinstance(found, pendulum.DateTime):
        raise AskedWrongly(f"{written.strip()!r} is no time; write it like 2026-11-27T16:30")
    return datetime.fromtimestamp(found.timestamp(), UTC)


def zone_named(zone: str) -> str:
    """Return the name of a time zone there is. Raises AskedWrongly."""
    try:
        return ZoneInfo(zone).key
    except (ValueError, OSError, KeyError):  # nothing, a path, a folder, an unknown name
        raise AskedWrongly(
            f"there is no time zone {zone!r}; write one like America/New_York"
        ) from None


def present(by: str, now: str = "", zone: str = "UTC") -> Moment:
    """Return the moment a command acts at, and for whom."""
    at = instant(now, zone) if now else datetime.now(UTC)
    return Moment(at, by, Identifiers())


def person_named(store: Store, who: str) -> Person:
    """Return the active person with this e-mail address or id. Raises AskedWrongly."""
    people = store.people()
    if not who:
        raise AskedWrongly("say who acts: --as EMAIL (or set AMENDS_AS)")
    for person in people.values():
        if who.lower() in (person.email, person.id) and person.active:
            return person
    known = ", ".join(sorted(p.email for p in people.values() if p.active)) or "nobody yet"
    raise AskedWrongly(f"nobody active is called {who!r}; known are: {known}")


def clinic_named(store: Store, slug: str) -> Clinic:
    """Return the clinic with this short name. Raises AskedWrongly."""
    clinics = {clinic.slug: clinic for clinic in store.clinics().values()}
    if slug in clinics:
        return clinics[slug]
    known = ", ".join(sorted(clinics)) or "none yet; add one: amends clinic add"
    raise AskedWrongly(f"there is no clinic {slug!r}; known are: {known}")


def written(store: Store, change: Change) -> None:
    """Write one Change for a person. Raises UserError where it came too late or was refused."""
    applied = store.apply([change])
    if applied.stale:
        raise UserError("somebody changed it at the same moment; look again, then repeat")
    if applied.refused:
        raise UserError("the database refused it; the administrators were told. See: amends doctor")


def emit(value: Any) -> None:
    """Print one JSON value on a line of its own."""
    sys.stdout.write(json.dumps(value, default=_plain, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def local(at: datetime | None, zone: str) -> str:
    """Return an instant in a clinic's own time: "Fri Nov 27 16:30"."""
    if at is None:
        return ""
    return f"{at.astimezone(ZoneInfo(zone)):%a %b %d %H:%M}"

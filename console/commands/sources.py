"""Where reviews come from, on the command line: add a source, look, try it, pause it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from cases import practice
from cases.arriving.sources import Health, health, remedy, set_active
from cases.models import ArrivalState, Source
from cases.ports import Page, PlatformError
from cases.settings import SettingsError
from cases.store import Store
from console.commands.shared import (
    AskedWrongly,
    DataDir,
    Json,
    UserError,
    clinic_named,
    emit,
    out,
    person_named,
    present,
    record,
    written,
)
from reviews import ability, modules, sources_can_have
from reviews.map_file import MapError, named
from reviews.mapping import Entry, Map, entries

source = typer.Typer(no_args_is_help=True, help="Where reviews come from.")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_LATELY = timedelta(days=7)
Name = Annotated[str, typer.Argument(help="The source's name.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(source, name="source")


@source.command("add")
def add_source(
    name: Annotated[str, typer.Argument(help="Short: its secrets go under [sources.NAME].")],
    place: Annotated[str, typer.Option(help="A folder, a location, a page: see docs/platforms.md")],
    platform: Annotated[str, typer.Option(help="amends source platforms shows them.")] = "folder",
    clinic: Annotated[str, typer.Option(help="The clinic of reviews that name none.")] = "",
    owner: Annotated[str, typer.Option(help="E-mail of who looks after it.")] = "",
    silent_after: Annotated[
        int, typer.Option(min=-1, help="Hours without a review; 0: never, -1: as usual.")
    ] = -1,
    data: DataDir = None,
) -> None:
    """Record where `amends run intake` fetches reviews from."""
    if platform not in sources_can_have():
        known = ", ".join(sources_can_have())
        raise AskedWrongly(f"no source can be connected to {platform!r}; it can to: {known}")
    spot = _spot(name, platform, place)
    with record(data) as (_, store):
        usual = clinic_named(store, clinic) if clinic else None
        keeper = person_named(store, owner) if owner else None
        change = practice.add_source(
            name,
            platform,
            spot,
            present("setup"),
            known=store.all_sources(),
            clinic=usual,
            owner=keeper,
            silent_after=silent_after if silent_after >= 0 else None,
        )
        written(store, change)
    out.print(f"Reviews are fetched from {place}.", markup=False)
    if platform == "webhook":
        told = WANTED[map_named(place).signing.kind]
        out.print(
            f"Put {told} under [sources.{name}] in amends.toml; pushes come to /hooks/{name}",
            markup=False,
        )
    elif platform != "folder":
        out.print(
            f"Put what it needs to sign in under [sources.{name}] in amends.toml, "
            f"then: amends source test {name}",
            markup=False,
        )


def _spot(name: str, platform: str, place: str) -> str:
    if platform == "folder":
        return _folder(place)
    if platform == "webhook":
        map_named(place)
        path = Path(place).expanduser()
        place = str(path.absolute()) if path.is_file() else place
    return _named_well(name, place)


def _folder(place: str) -> str:
    spot = Path(place).expanduser().absolute()
    if not spot.is_dir():
        raise AskedWrongly(f"there is no folder {spot}; make it, with a folder in/ inside")
    return str(spot)


def _named_well(name: str, place: str) -> str:
    if not _NAME.fullmatch(name):
        raise AskedWrongly(
            f"{name!r} goes into addresses and amends.toml: use a-z, 0-9 and -, at most 40"
        )
    return place


@source.command("try-map")
def try_map(
    place: Annotated[str, typer.Argument(metavar="MAP", help="A shipped map's name, or a file.")],
    file: Annotated[Path, typer.Argument(help="What they send, as JSON.")],
    as_json: Json = False,
) -> None:
    """Show what a map reads out of a file, keeping nothing."""
    told = map_named(place)
    try:
        found = list(entries(told, file.read_bytes()))
    except OSError as error:
        raise UserError(f"{file}: {error.strerror}; name a file you may read") from None
    except PlatformError as error:
        raise UserError(f"{file}: {error}") from None
    for each in found:
        if as_json:
            emit({**asdict(each.seen), "gone": each.gone, "unread": each.unread})
        else:
            _show(each)
    if not as_json:
        out.print(f"{len(found)} reviews by map {told.name}. Nothing was kept.", markup=False)


def _show(each: Entry) -> None:
    for name, value in asdict(each.seen).items():
        if value not in (None, "", {}, False):
            out.print(f"{name:>12}  {value}", markup=False)
    if each.gone:
        out.print("        gone  yes")
    if each.unread:
        out.print(f"  not read  {', '.join(each.unread)}", markup=False)
    out.print()


def map_named(place: str) -> Map:
    """Return a shipped map, or one of a file. Raises UserError."""
    try:
        return named(place)
    except MapError as error:
        raise UserError(str(error)) from None


WANTED = {"hmac": "secret", "bearer": "token", "basic": "user and password"}


@source.command("platforms")
def list_platforms(as_json: Json = False) -> None:
    """Show every platform: what a program can do there, and what a person must know."""
    table = Table("platform", "by itself", "reply", "text kept", "note", box=None)
    for name, module in sorted(modules().items()):
        can = module.CAN
        kept = (
            f"{can.keep_text.days} {'day' if can.keep_text.days == 1 else 'days'}"
            if can.keep_text
            else "as long as you like"
        )
        if as_json:
            emit({"platform": name, "can": can.named(), "reply_limit": can.reply_limit,
                  "reply_unit": can.reply_unit, "note": can.note})  # fmt: skip
        limit = f"{can.reply_limit} {can.reply_unit}"
        table.add_row(name, ", ".join(can.named()) or "nothing", limit, kept, can.note)
    if not as_json:
        out.print(table)


@source.command("list")
def list_sources(data: DataDir = None, as_json: Json = False) -> None:
    """Show where reviews come from, how each source stands, since when, and what to do."""
    with record(data) as (_, store):
        found, clinics = _healths(store), store.clinics()
        people, unread = store.people(), len(store.arrivals((ArrivalState.UNREAD,)))
    columns = ("source", "platform", "place", "clinic", "owner", "read until", "state", "to do")
    table = Table(*columns, box=None)
    for each in found:
        row = each.source
        where = clinics[row.clinic_id].slug if row.clinic_id in clinics else ""
        owner = people[row.owner_id].name if row.owner_id in people else "administrator"
        if as_json:
            emit(_told(each, where, owner))
        table.add_row(row.name, row.platform, row.place, where, owner, _at(row.read_until),
                      _state(each), each.todo)  # fmt: skip
    if not as_json:
        out.print(table if found else "No source yet: amends source add")
        if unread:
            out.print(f"{unread} pushes or mails could not be read: amends source unread")


def _healths(store: Store) -> list[Health]:
    now = datetime.now(UTC)
    return [health(each, now, ability(each)) for each in store.all_sources()]


def _told(each: Health, clinic: str, owner: str) -> dict[str, Any]:
    row = each.source
    return {
        "name": row.name, "platform": row.platform, "place": row.place, "clinic": clinic,
        "owner": owner, "read_until": row.read_until, "failed": row.failed_code,
        "state": each.state, "since": each.since, "todo": each.todo, "can": each.can.named(),
    }  # fmt: skip


def _state(each: Health) -> str:
    since = f" since {_at(each.since)}" if each.since else ""
    code = f" ({each.source.failed_code})" if each.source.failed_code else ""
    return f"{each.state}{since}{code}"


def _at(when: datetime | None) -> str:
    return f"{when:%Y-%m-%d %H:%M} UTC" if when else "never"


@source.command("test")
def connect_and_look(name: Name, data: DataDir = None) -> None:
    """Connect and read one page, keeping nothing; then let the next reading begin at once."""
    from flows.house import House  # Prefect takes a second to import
    from flows.platforms import Platforms

    with record(data) as (settings, store):
        row = _named(store, name)
        with Platforms(House(settings, store, "source-test")) as platforms:
            try:
                platform = platforms.of(row)
                page = next(_some(platform), Page(()))
            except PlatformError as error:
                raise UserError(f"{name}: {error.code}: {error}; {remedy(error.code)}") from None
            except (SettingsError, ValueError) as error:
                raise UserError(str(error)) from None
        fresh = _named(store, name)
        if fresh.active and fresh.failed_since is not None:
            written(store, set_active(fresh, True, present("setup")))
    out.print(f"{name}: it answers, with {len(page.reviews)} reviews on its first page.")
    out.print(f"By itself it can: {', '.join(platform.can.named()) or 'nothing'}.")
    if platform.can.note:
        out.print(platform.can.note)


def _some(platform: Any) -> Iterator[Page]:
    if platform.can.pull:
        yield from platform.pages(datetime.now(UTC) - _LATELY)


@source.command("pause")
def pause_source(
    name: Name,
    resume: Annotated[bool, typer.Option("--resume", help="Read it again.")] = False,
    data: DataDir = None,
) -> None:
    """Read a source no more, or again with --resume; nothing that came is lost."""
    with record(data) as (_, store):
        written(store, set_active(_named(store, name), resume, present("setup")))
    out.print(f"{name} is {'read again' if resume else 'paused'}.")


@source.command("unread")
def list_unread(data: DataDir = None, as_json: Json = False) -> None:
    """Show what came by itself and could not be read: when, from where, and why."""
    with record(data) as (_, store):
        names = {each.id: each.name for each in store.all_sources()}
        found = store.arrivals((ArrivalState.UNREAD,))
    table = Table("arrived", "kind", "source", "why", "id", box=None)
    for each in found:
        name = names.get(each.source_id or "", "")
        if as_json:
            emit({"id": each.id, "kind": each.kind, "source": name, "at": each.received_at,
                  "code": each.code})  # fmt: skip
        table.add_row(_at(each.received_at), each.kind, name, each.code, each.id)
    if not as_json:
        out.print(table if found else "Everything that came was read.")


def _named(store: Store, name: str) -> Source:
    found = next((each for each in store.all_sources() if each.name == name), None)
    if found is None:
        known = ", ".join(each.name for each in store.all_sources()) or "none yet"
        raise UserError(f"there is no source {name!r}; the sources: {known}")
    return found

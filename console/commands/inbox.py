"""Mail that came in, on the command line: what waits, whose it is, and the receiver itself."""

from __future__ import annotations

import signal
from pathlib import Path
from threading import Event
from typing import Annotated, Any

import typer
from rich.table import Table

from cases.arriving.arrivals import arrive, body_of
from cases.models import Arrival, Source
from cases.store import Store
from cases.store.views import NotFound
from cases.talking import inbox as rules
from cases.talking.mails import LARGEST, identity
from cases.viewers import viewer_of
from console.commands.shared import (
    AskedWrongly,
    DataDir,
    Json,
    UserError,
    Who,
    emit,
    out,
    person_named,
    present,
    record,
    written,
)
from console.commands.sources import source
from notifications.inbox.lmtp import receiver
from notifications.reading import Ours, Understood, understand
from reviews.access import access_for
from reviews.mail import alert, reader_of

inbox = typer.Typer(no_args_is_help=True, help="Mail that came in and names no case.")
Id = Annotated[str, typer.Argument(help="As amends inbox list shows it; its end is enough.")]
_TEXT = 2_000


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(inbox, name="inbox")


@inbox.command("list")
def list_waiting(who: Who = "", data: DataDir = None, as_json: Json = False) -> None:
    """Show what waits for somebody to say its case: when it came, from whom, and why it waits."""
    with record(data) as (_, store):
        found = store.unplaced(viewer_of(person_named(store, who)))
    table = Table("came", "kind", "from", "about", "waits because", "id", box=None)
    for each in found:
        told = understand(body_of(each), Ours())
        row = (told.mail.sender or told.mail.header("from"), told.mail.subject, each.code)
        if as_json:
            emit({"id": each.id, "kind": each.kind, "at": each.received_at, "from": row[0],
                  "subject": row[1], "why": row[2]})  # fmt: skip
        table.add_row(f"{each.received_at:%Y-%m-%d %H:%M} UTC", each.kind, *row, each.id)
    if not as_json:
        out.print(table if found else "Nothing waits: everything that came in has its case.")


@inbox.command("show")
def show(which: Id, who: Who = "", data: DataDir = None) -> None:
    """Show the words of one that waits."""
    with record(data) as (_, store):
        told = understand(body_of(_waiting(store, which, who)), Ours())
    out.print(told.new_text or told.mail.text or "(no words)", markup=False)


@inbox.command("assign")
def assign(
    which: Id,
    case: Annotated[int, typer.Option("--case", help="The number of its case.")],
    who: Who = "",
    data: DataDir = None,
) -> None:
    """Give it to a case: somebody is owed an answer from now on."""
    with record(data) as (_, store):
        person, arrival = person_named(store, who), _waiting(store, which, who)
        try:
            file = store.case_file(case, viewer_of(person))
        except NotFound:
            raise UserError(f"there is no case {case}, or not for {who}") from None
        told = understand(body_of(arrival), Ours())
        channel = "email" if arrival.kind == "mail" else "sms"
        index = store.index("email", told.mail.sender) if told.mail.sender else ""
        words = told.new_text or told.mail.text
        point = rules.point_of(file, channel, index)
        moment = present(person.id)
        written(store, rules.assigned(arrival, file, channel, words, moment, point))
    out.print(f"It is in case {case}; an answer is owed.")


@inbox.command("ignore")
def ignore(which: Id, who: Who = "", data: DataDir = None) -> None:
    """Put it aside: nothing is to be done, and its words are let go of."""
    with record(data) as (_, store):
        person = person_named(store, who)
        written(store, rules.ignored(_waiting(store, which, who), present(person.id)))
    out.print("It is put aside.")


@inbox.command("serve")
def serve(
    name: Annotated[str, typer.Argument(help="A source of the platform mail.")],
    data: DataDir = None,
) -> None:
    """Take mail a mail server on this machine hands over, by LMTP or SMTP, until stopped.

    [sources.NAME] in amends.toml: listen = "127.0.0.1", port = 2424, protocol = "lmtp".
    """
    with record(data) as (settings, store):
        row = _source(store, name)
        given = access_for(row, settings)
        protocol = given.text("protocol", "lmtp")
        if protocol not in ("lmtp", "smtp"):
            raise AskedWrongly(f"protocol = {protocol!r}: it is lmtp or smtp")
        ours = frozenset((row.place, *given.listed("addresses")))
        host, port = given.text("listen", "127.0.0.1"), int(given.number("port", 2424))
        try:
            server = receiver(
                lambda raw: keep(store, row, raw), ours, host=host, port=port,
                protocol="lmtp" if protocol == "lmtp" else "smtp",
            )  # fmt: skip
        except ValueError as error:
            raise UserError(str(error)) from None
        _until_stopped(server, f"{protocol} on {host}:{port}")


def keep(store: Store, row: Source, raw: bytes) -> None:
    """Keep a mail once. Raises where it cannot be written: then it must stay where it is."""
    digest = identity(raw)
    if store.has_arrived(digest):
        return
    applied = store.apply([arrive("mail", row.id, raw, {}, present("inbox"), digest)])
    if applied.refused:
        raise UserError("the database refused a mail")


def _until_stopped(server: Any, where: str) -> None:
    stopped = Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: stopped.set())
    server.start()
    out.print(f"Mail is taken by {where}.")
    stopped.wait()
    server.stop()


@source.command("try")
def try_mail(
    file: Annotated[Path, typer.Argument(help="A mail as a file: .eml")],
    server: Annotated[
        str, typer.Option(help="The name our mail server signs its findings with.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Say what a mail would be taken for, keeping nothing: an alert, an answer, a bounce."""
    try:
        raw = file.read_bytes()[:LARGEST]
    except OSError as error:
        raise AskedWrongly(f"{file}: {error.strerror}") from None
    told = understand(raw, Ours(frozenset(filter(None, [server]))))
    found = _as_alert(told) if reader_of(told.mail.sender) else _as_letter(told)
    found = {"from": told.mail.sender, "subject": told.mail.subject,
             "vouched for by": told.vouched or "nobody", **found}  # fmt: skip
    if as_json:
        emit(found)
        return
    for name, value in found.items():
        out.print(f"{name:<15} {value if value not in (None, '') else '-'}", markup=False)


def _as_alert(told: Understood) -> dict[str, Any]:
    announced = alert(told.mail)
    if announced is None or announced.seen is None:
        return {"taken for": "platform news: nothing to do"}
    seen = announced.seen
    unread = not (seen.text or seen.rating is not None or seen.recommends is not None)
    return {
        "taken for": "alert, unreadable: needs details by hand" if unread else "alert",
        "read by": announced.reader, "platform": seen.platform, "id": seen.external_id,
        "author": seen.author, "stars": seen.rating, "recommends": seen.recommends,
        "place": announced.place, "link": seen.url, "cut short": seen.cut,
        "contest until": announced.contest_until, "text": seen.text[:_TEXT],
    }  # fmt: skip


def _as_letter(told: Understood) -> dict[str, Any]:
    if told.bounce is not None:
        bounce = told.bounce
        return {"taken for": "bounce", "status": bounce.status, "final": bounce.is_final,
                "to": ", ".join(bounce.recipients)}  # fmt: skip
    if told.automatic:
        return {"taken for": f"written by a program ({told.automatic}): never answered"}
    return {"taken for": "somebody's words", "new text": told.new_text[:_TEXT]}


def _waiting(store: Store, which: str, who: str) -> Arrival:
    found = store.unplaced(viewer_of(person_named(store, who)))
    fitting = [each for each in found if which and each.id.endswith(which)]
    if len(fitting) != 1:
        raise UserError(f"{which!r} is {'none' if not fitting else 'several'} of what waits; "
                        "see: amends inbox list")  # fmt: skip
    return fitting[0]


def _source(store: Store, name: str) -> Source:
    found = next((each for each in store.sources() if each.name == name), None)
    if found is None or found.platform != "mail":
        raise UserError(
            f"there is no mailbox {name!r}; add one: "
            f"amends source add {name} --platform mail --place care@yourpractice.example"
        )
    return found

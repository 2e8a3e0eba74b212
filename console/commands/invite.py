"""Inviting reviews: a list and one text prepared, looked at, approved, and what became of it."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from cases.models import InvitationList
from cases.settings import Settings
from cases.store import Store
from cases.talking import invitations
from cases.talking.invitations import EVERY, Words
from cases.talking.invitees import InvitationError, read_list
from console.commands.shared import (
    AskedWrongly,
    DataDir,
    Json,
    Now,
    UserError,
    Who,
    clinic_named,
    emit,
    out,
    person_named,
    present,
    record,
    written,
)

invite = typer.Typer(no_args_is_help=True, help="Invite reviews: all on a list alike, in one text.")
Named = Annotated[str, typer.Argument(metavar="LIST", help="Its id, or the end of it.")]
_LARGEST = 4 * 1024 * 1024  # bytes


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.add_typer(invite, name="invite")


@invite.command("prepare")
def prepare(
    file: Annotated[Path, typer.Argument(help="CSV: name, email or phone; the whole list.")],
    clinic: Annotated[str, typer.Option(help="Who invites them.")],
    consent: Annotated[str, typer.Option(help="How all of them agreed to be invited.")],
    subject: Annotated[str, typer.Option(help="Of the e-mail.")] = "",
    mail: Annotated[Path | None, typer.Option(help="A file with the e-mail's text.")] = None,
    sms: Annotated[str, typer.Option(help="The text message; ends with Reply STOP ...")] = "",
    who: Who = "",
    now: Now = "",
    data: DataDir = None,
) -> None:
    """Keep a list and its text. Nothing is sent before somebody approved both."""
    words = Words(subject.strip(), _text(mail).strip() if mail else "", sms.strip())
    with record(data) as (settings, store):
        by = person_named(store, who)
        try:
            people, passed = read_list(_rows(file))
            _can_unsubscribe(settings, any(each.channel == "email" for each in people))
            change = invitations.prepare(
                clinic_named(store, clinic), words, people, passed, consent, present(by.id, now)
            )
        except InvitationError as error:
            raise UserError("\n".join(error.faults)) from None
        written(store, change)
        row = store.invitation_list(change.subject.id)
    if row is not None:
        _show(row, {})


def _can_unsubscribe(settings: Settings, by_mail: bool) -> None:
    if by_mail and not settings.public_url.startswith("https://"):
        raise UserError(
            "an invitation by e-mail carries a link that ends them (RFC 8058): "
            "set AMENDS_PUBLIC_URL to the https address patients can reach"
        )


def _text(path: Path) -> str:
    try:
        return path.read_bytes()[:_LARGEST].decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "save it as UTF-8"
        raise AskedWrongly(f"{path}: {why}") from None


def _rows(path: Path) -> list[Mapping[str, str]]:
    try:
        rows = list(csv.DictReader(_text(path).splitlines(), strict=True))
    except csv.Error as error:
        raise UserError(f"{path}: {error}; mend the quotes") from None
    return [{k: v for k, v in row.items() if isinstance(k, str) and isinstance(v, str)}
            for row in rows]  # fmt: skip


@invite.command("list")
def list_lists(data: DataDir = None, as_json: Json = False) -> None:
    """Show all lists, and what became of each."""
    with record(data) as (_, store):
        found = [(row, store.invitations_sent(row.id)) for row in store.invitation_lists()]
    table = Table("list", "prepared", "state", "people", "invitations", box=None)
    for row, sent in found:
        if as_json:
            emit(_told(row, sent))
        table.add_row(row.id[-8:], f"{row.prepared_at:%Y-%m-%d}", _state(row),
                      _counted(row.counts), _counted(sent))  # fmt: skip
    if not as_json:
        out.print(table if found else "No list was prepared.")


@invite.command("show")
def show(named: Named, data: DataDir = None, as_json: Json = False) -> None:
    """Show a list's exact text, its mark, and how its invitations stand."""
    with record(data) as (_, store):
        row = _list(store, named)
        sent = store.invitations_sent(row.id)
    if as_json:
        emit(_told(row, sent))
    else:
        _show(row, sent)


@invite.command("approve")
def approve(
    named: Named,
    mark: Annotated[str, typer.Option(help="The mark of this text and this list, as shown.")],
    who: Who = "",
    now: Now = "",
    data: DataDir = None,
) -> None:
    """Invite everybody on the list, in exactly these words; who said no is left out."""
    with record(data) as (settings, store):
        by, row = person_named(store, who), _list(store, named)
        _can_unsubscribe(settings, bool(row.body))
        moment = present(by.id, now)
        ways = {(each.channel, each.value) for each in invitations.people_of(row)}
        indexes = {way: store.index(*way) for way in ways}
        known = store.known_to_invite(indexes.values(), moment.now - EVERY)
        practice = store.practice_as_subject()
        try:
            change = invitations.approve(row, mark, by, known, indexes, practice, moment)
        except InvitationError as error:
            raise UserError("\n".join(error.faults)) from None
        written(store, change)
        _show(_list(store, named), store.invitations_sent(row.id))


@invite.command("cancel")
def cancel(named: Named, who: Who = "", now: Now = "", data: DataDir = None) -> None:
    """Put a list aside; what of it has not left is never sent."""
    with record(data) as (_, store):
        by, row = person_named(store, who), _list(store, named)
        waiting = store.invitations_waiting(row.id)
        try:
            written(store, invitations.cancel(row, waiting, present(by.id, now)))
        except InvitationError as error:
            raise UserError("\n".join(error.faults)) from None
    out.print(f"Put aside; {len(waiting)} invitations are not sent.")


def _list(store: Store, named: str) -> InvitationList:
    found = store.invitation_list(named)
    if found is None:
        raise AskedWrongly(f"there is no one list {named!r}; see: amends invite list")
    return found


def _state(row: InvitationList) -> str:
    if row.cancelled_at is not None:
        return "put aside"
    return "approved" if row.approved_at is not None else "waits for approval"


def _counted(counts: Mapping[str, Any]) -> str:
    return ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items() if count)


def _told(row: InvitationList, sent: Mapping[str, int]) -> dict[str, Any]:
    """Return a list for programs: its text and counts, nobody's name or address."""
    return {
        "id": row.id, "state": _state(row), "mark": row.digest[:12], "subject": row.subject_line,
        "mail": row.body, "sms": row.text, "consent": row.consent, "people": row.counts,
        "invitations": dict(sent), "prepared_at": row.prepared_at, "approved_at": row.approved_at,
    }  # fmt: skip


def _show(row: InvitationList, sent: Mapping[str, int]) -> None:
    out.print(f"List {row.id[-8:]}, {_state(row)}: {_counted(row.counts)}", markup=False)
    for title, words in (("Subject", row.subject_line), ("E-mail", row.body), ("Text", row.text)):
        if words:
            out.print(f"\n{title}:\n{words}", markup=False)
    out.print(f"\nThey agreed by: {row.consent}", markup=False)
    if sent:
        out.print(f"Invitations: {_counted(sent)}", markup=False)
    if row.approved_at is None and row.cancelled_at is None:
        out.print(f"Approve exactly this: amends invite approve {row.id[-8:]} "
                  f"--mark {row.digest[:12]}", markup=False)  # fmt: skip

"""Who may come in, on the command line: passwords of people, tokens of programs."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.table import Table

from cases import access
from console.commands.people import person
from console.commands.shared import (
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

token = typer.Typer(no_args_is_help=True, help="Keys for programs that use the API.")


def register(app: typer.Typer) -> None:
    """Add the commands; `password` joins those about people."""
    person.command("password")(set_password)
    app.add_typer(token, name="token")


def set_password(
    who: Annotated[str, typer.Argument(metavar="EMAIL")],
    stdin: Annotated[bool, typer.Option("--stdin", help="Read it from the first line.")] = False,
    data: DataDir = None,
) -> None:
    """Set a person's password for the console; whoever is signed in with the old one is not."""
    from console.web.passwords import Passwords  # hashing takes a moment to load: only when asked

    with record(data) as (_, store):
        whose = person_named(store, who)
        plain = _typed(stdin)
        access.check_password(plain, whose)
        login, sessions = store.login_of(whose.id), store.open_sessions(whose.id)
        hashed = Passwords().hash(plain)
        written(store, access.set_password(whose, login, hashed, sessions, present("setup")))
    out.print(f"{whose.name} can sign in with {whose.email}.")


def _typed(stdin: bool) -> str:
    if stdin:
        return sys.stdin.readline().rstrip("\r\n")
    plain: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return plain


@token.command("issue")
def issue(name: str, who: Who = "", data: DataDir = None, as_json: Json = False) -> None:
    """Make a token for a program that acts for a person. It is shown once, and kept nowhere."""
    from console.web.visits import new_token

    with record(data) as (_, store):
        whose = person_named(store, who)
        if any(t.name == name and t.revoked_at is None for t in store.api_tokens([whose.id])):
            raise UserError(
                f"{whose.name} has a token {name!r} already; revoke it, or name another"
            )
        secret = new_token()
        digest = access.digest_of(secret)
        written(store, access.issue_token(whose, name, digest, present("setup")))
    if as_json:
        emit({"name": name, "as": whose.email, "token": secret})
        return
    out.print(secret, markup=False)
    out.print("Keep it now: it is not shown again. A program sends it as: Authorization: Bearer")


@token.command("list")
def list_tokens(data: DataDir = None, as_json: Json = False) -> None:
    """Show every token: its name, whom it acts for, whether it is in force."""
    with record(data) as (_, store):
        people = store.people()
        tokens = store.api_tokens(people)
    if as_json:
        for each in tokens:
            emit({"name": each.name, "as": people[each.person_id].email,
                  "issued_at": each.issued_at, "revoked_at": each.revoked_at})  # fmt: skip
        return
    table = Table("name", "acts for", "issued", "state", box=None)
    for each in tokens:
        state = "revoked" if each.revoked_at else "in force"
        table.add_row(each.name, people[each.person_id].email, f"{each.issued_at:%Y-%m-%d}", state)
    out.print(table)


@token.command("revoke")
def revoke(name: str, who: Who = "", data: DataDir = None) -> None:
    """Let a token open nothing any more."""
    with record(data) as (_, store):
        whose = person_named(store, who)
        mine = [t for t in store.api_tokens([whose.id]) if t.name == name and not t.revoked_at]
        if not mine:
            raise UserError(f"{whose.name} has no token {name!r} in force; see: amends token list")
        written(store, access.revoke_token(mine[0], present("setup")))
    out.print(f"The token {name} opens nothing any more.")

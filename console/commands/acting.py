"""Every move of a case: `amends act N MOVE`. The console's buttons will ask the same rules."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cases.viewers import viewer_of
from console.commands.moves import BY_NAME, Ask
from console.commands.shared import (
    DataDir,
    Json,
    Now,
    UserError,
    Who,
    emit,
    instant,
    out,
    person_named,
    present,
    record,
)

_TRIES = 5
Text = Annotated[str, typer.Option()]
Texts = Annotated[list[str] | None, typer.Option()]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("act", help=_help())(act)


def _help() -> str:
    return (
        "Make a move in a case, as a named person.\n\nThe moves: "
        + ", ".join(sorted(BY_NAME))
        + ".\n\n`amends case N` says which are legal now, and what the others lack."
    )


def act(
    number: int,
    move: str,
    who: Who = "",
    text: Annotated[str, typer.Option(help="Of a reply, message or note.")] = "",
    subject: Annotated[str, typer.Option(help="Of an e-mail.")] = "",
    to: Annotated[str, typer.Option(help="The number or address, or a colleague's e-mail.")] = "",
    channel: Annotated[str, typer.Option(help="phone, email, sms, letter, in_person.")] = "",
    outcome: Annotated[str, typer.Option(help="reached, voicemail, no_answer, ...")] = "",
    note: Text = "",
    why: Annotated[str, typer.Option(help="The reason, where a move wants one.")] = "",
    at: Annotated[str, typer.Option(help="When it happened, if not now.")] = "",
    name: Annotated[str, typer.Option(help="Who the correspondent is.")] = "",
    relation: Annotated[str, typer.Option(help="patient, parent, relative, ...")] = "patient",
    care_of: Annotated[str, typer.Option(help="self, minor, adult, deceased, unknown.")] = "",
    basis: Annotated[str, typer.Option(help="How we know who it is.")] = "",
    sureness: Text = "likely",
    language: Text = "en",
    phone: Texts = None,
    email: Texts = None,
    sms: Texts = None,
    identifier: Annotated[list[str] | None, typer.Option(help="What was checked; two.")] = None,
    authority: Text = "",
    found: Annotated[bool, typer.Option("--found/--not-found")] = False,
    happened: Annotated[str, typer.Option(help="Their account, in their words.")] = "",
    wants: Text = "",
    promise: Annotated[
        list[str] | None, typer.Option(help='"Call back @ 2026-11-30T10:00"; repeat.')
    ] = None,
    cause: Text = "",
    done: Annotated[str, typer.Option(help="What was done about it.")] = "",
    told: Annotated[bool, typer.Option("--told", help="They heard what was done.")] = False,
    url: Annotated[str, typer.Option(help="Where the reply stands.")] = "",
    acknowledge: Annotated[
        list[str] | None, typer.Option(help="A warning's code, seen and accepted.")
    ] = None,
    standing: Annotated[str, typer.Option(help="stands, raised, lowered, edited, removed.")] = "",
    until: Text = "",
    clock: Annotated[list[str] | None, typer.Option(help="The clock to pause.")] = None,
    person: Annotated[list[str] | None, typer.Option(help="Staff the case is about.")] = None,
    severity: Text = "",
    evidence: Text = "",
    into: Annotated[int, typer.Option(help="The case it belongs to.")] = 0,
    task: Annotated[str, typer.Option(help="A task's id.")] = "",
    kind: Text = "corrective_action",
    due: Text = "",
    visibility: Text = "team",
    now: Now = "",
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Make a move in a case."""
    given = dict(locals())
    rule = BY_NAME.get(move)
    if rule is None:
        raise UserError(f"there is no move {move!r}; the moves are: {', '.join(sorted(BY_NAME))}")
    with record(data) as (_, store):
        actor = person_named(store, who)
        viewer = viewer_of(actor)
        for _attempt in range(_TRIES):
            file = store.case_file(number, viewer)
            zone = file.clinic.zone
            moment = present(actor.id, now, zone)
            change = rule(Ask(store, file, moment, viewer, _Given(given, zone)))
            applied = store.apply([change])
            if not applied.stale:
                break
        else:
            raise UserError("the case is being changed by others just now; try again")
        if applied.refused:
            raise UserError("the database refused it; the administrators were told: amends doctor")
        after = store.case_file(number, viewer).case
    if as_json:
        emit({"case": number, "move": move, "stage": after.stage, "version": after.version})
    else:
        out.print(f"Case {number}: {move} is noted; it stands at {after.stage}.")


class _Given:
    """The options somebody gave, by name; times are read in the clinic's zone."""

    def __init__(self, options: dict[str, Any], zone: str) -> None:
        self._options, self._zone = options, zone

    def __getattr__(self, name: str) -> Any:
        try:
            return self._options[name]
        except KeyError:
            raise AttributeError(name) from None

    def when(self, name: str) -> Any:
        """Return a time somebody gave, or None."""
        said = self._options[name]
        return instant(said, self._zone) if said else None

    def instant(self, said: str) -> Any:
        return instant(said, self._zone)

"""Every move of a case: `amends act N MOVE`. The console's buttons ask the same rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from cases.changes import Change
from cases.models import Case
from cases.store import Store
from cases.talking.links import Pages
from cases.viewers import viewer_of
from console.commands.menu import brief, known
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


def _option(panel: str, words: str, *names: str) -> Any:
    return typer.Option(*names, help=words, rich_help_panel=panel)


_WORDS, _WHEN, _OTHERS = "What is said", "When and why", "Staff, tasks and other cases"
_PERSON, _TALK = "Who the correspondent is", "The conversation and its result"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("act", help=_help())(act)


def _help() -> str:
    return (
        "Make a move in a case, as a named person.\n\n"
        + brief()
        + "\n\n`amends moves` shows each with its options, `amends moves MOVE` one in full, "
        "`amends moves --case N` what a case lacks for each."
    )


Number = Annotated[int, typer.Argument(help="The case.")]
Move = Annotated[str, typer.Argument(help="One of those above.")]
Texts = list[str] | None


def act(
    number: Number,
    move: Move,
    who: Who = "",
    text: Annotated[str, _option(_WORDS, "Of a reply, message, note or task.")] = "",
    subject: Annotated[str, _option(_WORDS, "Of an e-mail.")] = "",
    note: Annotated[str, _option(_WORDS, "A remark on a call, a search, a dismissal.")] = "",
    acknowledge: Annotated[Texts, _option(_WORDS, "A warning's code, seen and accepted.")] = None,
    finding: Annotated[str, _option(_WORDS, "A finding, and where: names:10-25.")] = "",
    url: Annotated[str, _option(_WORDS, "Where the public reply stands.")] = "",
    to: Annotated[str, _option(_TALK, "Their number or address; a colleague's e-mail.")] = "",
    channel: Annotated[str, _option(_TALK, "phone, email, sms, letter, in_person, ...")] = "",
    outcome: Annotated[str, _option(_TALK, "Of a contact: reached, ...; of a case.")] = "",
    flag: Annotated[Texts, _option(_TALK, "Of a call: no_voicemail, interpreter; repeat.")] = None,
    happened: Annotated[str, _option(_TALK, "Their account, in their words.")] = "",
    wants: Annotated[str, _option(_TALK, "What they want.")] = "",
    promise: Annotated[Texts, _option(_TALK, '"Call back @ 2026-11-30T10:00"; repeat.')] = None,
    cause: Annotated[str, _option(_TALK, "What it came from: wait_time, billing, ...")] = "",
    done: Annotated[str, _option(_TALK, "What was done about it.")] = "",
    told: Annotated[bool, _option(_TALK, "They heard what was done.", "--told")] = False,
    standing: Annotated[str, _option(_TALK, "stands, raised, lowered, edited, removed.")] = "",
    name: Annotated[str, _option(_PERSON, "Their name.")] = "",
    relation: Annotated[
        str, _option(_PERSON, "patient, parent, relative, representative.")
    ] = "patient",
    care_of: Annotated[
        str, _option(_PERSON, "Whose care: self, minor, adult, deceased, unknown.")
    ] = "",
    basis: Annotated[str, _option(_PERSON, "How we know who it is.")] = "",
    sureness: Annotated[str, _option(_PERSON, "How sure we are.")] = "likely",
    language: Annotated[str, _option(_PERSON, "The one they speak.")] = "en",
    phone: Annotated[Texts, _option(_PERSON, "A number to call; repeat.")] = None,
    email: Annotated[Texts, _option(_PERSON, "An e-mail address; repeat.")] = None,
    sms: Annotated[Texts, _option(_PERSON, "A number to text; repeat.")] = None,
    identifier: Annotated[Texts, _option(_PERSON, "A kind that was checked; two.")] = None,
    authority: Annotated[str, _option(_PERSON, "Why they may hear of another's care.")] = "",
    zone: Annotated[str, _option(_PERSON, "Where they live: America/Chicago.")] = "",
    purpose: Annotated[str, _option(_TALK, "Of a consent: case, follow_up, invitation.")] = "case",
    found: Annotated[
        bool, _option(_PERSON, "Was the author in the records?", "--found/--not-found")
    ] = False,
    at: Annotated[str, _option(_WHEN, "When it happened, or is to leave; else now.")] = "",
    why: Annotated[str, _option(_WHEN, "The reason, where a move wants one.")] = "",
    until: Annotated[str, _option(_WHEN, "When a pause ends, or more time.")] = "",
    due: Annotated[str, _option(_WHEN, "When a task is owed.")] = "",
    person: Annotated[Texts, _option(_OTHERS, "Staff the case is about; repeat.")] = None,
    severity: Annotated[str, _option(_OTHERS, "routine, elevated, grave.")] = "",
    evidence: Annotated[str, _option(_OTHERS, "What shows it: a troll, a task done.")] = "",
    clock: Annotated[Texts, _option(_OTHERS, "A clock to pause, or to extend; repeat.")] = None,
    into: Annotated[int, _option(_OTHERS, "The case it belongs to.")] = 0,
    task: Annotated[str, _option(_OTHERS, "A task's id; `amends case N` shows it.")] = "",
    kind: Annotated[str, _option(_OTHERS, "Of a task.")] = "corrective_action",
    visibility: Annotated[str, _option(_OTHERS, "team, risk, peer_review.")] = "team",
    now: Now = "",
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Make a move in a case."""
    given = dict(locals())
    rule = BY_NAME[known(move)]
    with record(data) as (settings, store):
        pages = Pages(store.sealer.sign, settings.public_url, settings.private_page_days)
        after = _moved(store, number, rule, given, pages)
    if as_json:
        emit({"case": number, "move": move, "stage": after.stage, "version": after.version})
    else:
        out.print(f"Case {number}: {move} is noted; it stands at {after.stage}.")


def _moved(
    store: Store, number: int, rule: Callable[[Ask], Change], given: dict[str, Any], pages: Pages
) -> Case:
    """Make the move and return the case after it; where others were quicker, ask again."""
    actor = person_named(store, given["who"])
    viewer = viewer_of(actor)
    for _attempt in range(_TRIES):
        file = store.case_file(number, viewer)
        zone = file.clinic.zone
        moment = present(actor.id, given["now"], zone)
        applied = store.apply([rule(Ask(store, file, moment, viewer, _Given(given, zone), pages))])
        if applied.refused:
            raise UserError("the database refused it; the administrators were told: amends doctor")
        if applied.applied:
            return store.case_file(number, viewer).case
    raise UserError("the case is being changed by others just now; try again")


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

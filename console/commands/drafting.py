"""Replies to begin with, on the command line: `amends drafts N`."""

from __future__ import annotations

from typing import Annotated

import typer

from cases.answering.drafts import LANGUAGES, compose
from cases.viewers import ENGINE, viewer_of
from console.commands.shared import (
    AskedWrongly,
    DataDir,
    Json,
    UserError,
    Who,
    emit,
    out,
    person_named,
    record,
)
from reviews import capabilities


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("drafts")(drafts)


def drafts(
    number: Annotated[int, typer.Argument(help="The case.")],
    other: Annotated[int, typer.Option("--other", help="Other ones: 1, 2, ...")] = 0,
    language: Annotated[str, typer.Option("--language", help="en or es; else the review's.")] = "",
    who: Who = "",
    data: DataDir = None,
    as_json: Json = False,
) -> None:
    """Show replies to begin with, each safe to approve and unlike the last ones."""
    if language not in ("", *LANGUAGES):
        raise AskedWrongly(f"--language {language!r}: say one of {', '.join(LANGUAGES)}")
    with record(data) as (_, store):
        viewer = viewer_of(person_named(store, who)) if who else ENGINE
        file = store.case_file(number, viewer)
        can = capabilities(file.review, store.sources())
        found = compose(file, can, other, language)
    if not found:
        raise UserError("the clinic has no point person, telephone or e-mail: amends clinic show")
    for place, text in enumerate(found, 1):
        if as_json:
            emit({"case": number, "text": text})
        else:
            out.print(f"{place}. {text}\n", markup=False)

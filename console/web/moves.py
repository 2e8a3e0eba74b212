"""The moves of a case as forms: each reads the case anew, asks one rule and writes its answer."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from cases.casefile import CaseFile
from cases.changes import Change
from cases.needs import IllegalMove
from console.web.asked import CaseNumber, Form, Given
from console.web.asking import BY_NAME, Ask
from console.web.case import noted_by, page, pages_of, seen_as
from console.web.pages import ChangedMeanwhile, Trouble, acted
from console.web.saying import plain
from console.web.visits import Signed, Visit

router = APIRouter(include_in_schema=False)

# What is added to a case, or corrected in it, is right whatever else was done meanwhile.
ANYTIME = frozenset(
    {
        "note",
        "task",
        "task-done",
        "contact",
        "received",
        "stop",
        "consent",
        "point",
        "looked-for",
        "take",
        "have-it",
    }
)
_SAID: Mapping[str, str] = {
    "draft": "drafted",
    "approve": "approved",
    "take": "taken",
    "have-it": "yours",
}


@router.post("/cases/{number}/check")
def check(request: Request, visit: Signed, number: CaseNumber, form: Form) -> Response:
    """Show what the checker finds in a reply; nothing is kept."""
    return page(request, visit, number, given=Given("check", form))


@router.post("/cases/{number}/{move}")
def make(request: Request, visit: Signed, number: CaseNumber, move: str, form: Form) -> Response:
    """Make a move, or show the page again with what is missing and all that was typed."""
    if move not in BY_NAME:
        raise HTTPException(404)
    given = Given(move, form)
    return acted(
        visit,
        lambda: _asked(visit, number, given),
        f"/cases/{number}",
        lambda trouble: _again(request, visit, number, given, trouble),
        said=_SAID.get(move, "saved"),
    )


def _asked(visit: Visit, number: int, given: Given) -> Change:
    file = visit.store.case_file(number, visit.viewer)
    _refuse_stale(visit, file, given)
    return BY_NAME[given.move](
        Ask(visit.store, file, visit.moment(), visit.viewer, given, pages_of(visit.console))
    )


def _refuse_stale(visit: Visit, file: CaseFile, given: Given) -> None:
    if given.move not in ANYTIME:
        if given.one("seen") != seen_as(file):
            raise ChangedMeanwhile
    elif given.one("mine") != noted_by(file, visit.person.id):
        raise IllegalMove(
            given.move, ["you noted something since you opened this page: see whether it was this"]
        )


def _again(request: Request, visit: Visit, number: int, given: Given, trouble: Trouble) -> Response:
    told = Trouble(plain(trouble.missing), trouble.status)
    return page(request, visit, number, trouble=told, given=given)


@router.get("/cases/{number}/{move}")
def reloaded(visit: Signed, number: CaseNumber, move: str) -> Response:
    """Lead whoever reloads the answer to a form back to the case."""
    del visit, move
    return RedirectResponse(f"/cases/{number}", 303)

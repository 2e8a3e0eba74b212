"""The people of the practice: who they are, how each is told, and cases handed on in bulk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fastapi import APIRouter, Request
from fastapi.responses import Response

from cases.calendars.hours import WorktimeError
from cases.casefile import CaseFile
from cases.handing import Handed, hand_all
from cases.models import Stage
from cases.practice import PracticeError, prefer
from cases.store.views import NotFound
from console.web.asked import Form, Given
from console.web.lists import colleagues
from console.web.pages import Trouble, go_on, render
from console.web.visits import Signed, Visit

router = APIRouter(include_in_schema=False)
REMINDERS: Mapping[str, str] = {
    "at_once": "at once",
    "digest": "once a day, in one mail",
    "off": "never",
}


@router.get("/people")
def people(request: Request, visit: Signed) -> Response:
    """Show who works with the viewer, in which role, and who is away."""
    return _page(request, visit, Given())


@router.post("/people/me")
def prefer_like_this(request: Request, visit: Signed, form: Form) -> Response:
    """Record how the viewer wants to be told."""
    given = Given("me", form)
    clinics = visit.store.clinics()
    clinic = next((clinics[c] for c in visit.person.clinics if c in clinics), None)
    try:
        reminders, quiet = given.word("reminders") or None, _hours(given.one("quiet"))
        moment = visit.moment()
        change = prefer(visit.person, moment, reminders=reminders, quiet=quiet, clinic=clinic)
    except (PracticeError, WorktimeError) as error:
        return _page(request, visit, given, Trouble([str(error)], 422))
    if not visit.store.apply([change]).applied:
        return _page(request, visit, given, Trouble(["somebody changed it meanwhile; repeat it"]))
    return go_on("/people", "saved")


@router.post("/people/hand-over")
def hand_over(request: Request, visit: Signed, form: Form) -> Response:
    """Hand all open cases of somebody, of one clinic or in one stage only, to a colleague."""
    visit.needs("hand_over")
    given = Given("hand-over", form)
    everybody = visit.store.people()
    taker, giver = everybody.get(given.word("to")), everybody.get(given.word("from"))
    if taker is None or giver is None or taker not in colleagues(visit):
        return _page(
            request, visit, given, Trouble(["choose who has them, and who gets them"], 422)
        )
    stage = given.word("stage")
    ids = visit.store.owned_by(
        giver.id, given.word("clinic"), stage if stage in list(Stage) else ""
    )
    handed = hand_all(_seen(visit, ids), taker, given.word("why"), visit.moment())
    applied = visit.store.apply(handed.changes)
    if applied.stale or applied.refused:
        late = f"{len(applied.stale) + len(applied.refused)} were changed meanwhile; repeat it"
        return _page(request, visit, given, Trouble([late]))
    return _page(request, visit, Given(), handed=handed)


def _seen(visit: Visit, ids: Sequence[str]) -> list[CaseFile]:
    """Return those of the cases that the viewer may see: no others are moved."""
    files = []
    for each in ids:
        try:
            files.append(visit.store.case_file(each, visit.viewer))
        except NotFound:
            continue
    return files


def _hours(written: str) -> dict[str, list[str]]:
    """Read quiet hours, one day or range a line. Raises PracticeError."""
    hours: dict[str, list[str]] = {}
    for line in written.splitlines():
        days, *spans = line.split() or [""]
        if not days:
            continue
        if days in hours or not spans:
            raise PracticeError(f"{line.strip()!r}: write a day and its hours: tue,thu 08:00-12:00")
        hours[days] = spans
    return hours


def _page(
    request: Request,
    visit: Visit,
    given: Given,
    trouble: Trouble | None = None,
    handed: Handed | None = None,
) -> Response:
    quiet = "\n".join(f"{day} {' '.join(spans)}" for day, spans in visit.person.quiet.items())
    return render(
        request,
        "people.html",
        trouble.status if trouble else 200,
        people=colleagues(visit),
        everybody=visit.store.people(),
        clinics=visit.store.clinics(),
        given=given,
        trouble=trouble,
        handed=handed,
        quiet=quiet,
        REMINDERS=REMINDERS,
    )

"""Many cases: what needs somebody now, and all of them with filters and search."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import PlainTextResponse, RedirectResponse, Response

from cases.models import Person
from cases.store.views import Short
from console.web.alerts import visible
from console.web.needs import AT_MOST, needed
from console.web.pages import render
from console.web.visits import Signed, Visit, console_of

router = APIRouter(include_in_schema=False)
_PAGE = 50
_MANY = 2_000  # of one person's own cases: more than anybody can have


@router.get("/healthz")
def healthz(request: Request) -> Response:
    """Say that the console answers and its record can be read; nothing else."""
    console_of(request).store.find_practice()
    return PlainTextResponse("ok")


@router.get("/")
def needs_you(request: Request, visit: Signed) -> Response:
    """Show the five cases that can wait least, and where all the others are."""
    own = visit.store.cases(visit.viewer, owner_id=visit.person.id, limit=_MANY)
    approves = visit.may("approve") and visit.may("act")
    drafted = visit.store.cases(visit.viewer, drafted=True, limit=_MANY) if approves else []
    cards = needed(own, [d for d in drafted if visit.person.id not in d.case.about], visit.now)
    return render(
        request,
        "needs.html",
        cards=cards[:AT_MOST],
        more=max(len(cards) - AT_MOST, 0),
        owned=len(own),
        clinics=visit.store.clinics(),
        alerts=[each for each in visible(visit) if each.seen_at is None],
    )


@dataclass(frozen=True, slots=True)
class Filters:
    """What a list is narrowed to. Each is empty where it narrows nothing."""

    stage: str = ""
    clinic: str = ""  # its short name
    owner: str = ""  # a person's id, or "me"
    severity: str = ""
    overdue: bool = False
    closed: bool = False

    def address(self, **more: Any) -> str:
        """Return the list's address with these filters."""
        chosen = {k: v for k, v in {**asdict(self), **more}.items() if v}
        return "/cases" + (f"?{urlencode(chosen)}" if chosen else "")


def find(visit: Visit, by: Filters, words: str = "", after: int | None = None) -> list[Short]:
    """Return a page of cases and, where there are more, one beyond it."""
    by_slug = {clinic.slug: clinic.id for clinic in visit.store.clinics().values()}
    return visit.store.cases(
        visit.viewer,
        stage=by.stage,
        clinic_id=by_slug.get(by.clinic, "none") if by.clinic else "",
        owner_id=visit.person.id if by.owner == "me" else by.owner,
        severity=by.severity,
        overdue_at=visit.now if by.overdue else None,
        closed=by.closed or bool(words),
        words=words,
        after=after,
        limit=_PAGE + 1,
    )


@router.get("/cases")
def all_cases(
    request: Request,
    visit: Signed,
    stage: str = "",
    clinic: str = "",
    owner: str = "",
    severity: str = "",
    overdue: bool = False,
    closed: bool = False,
    after: Annotated[int | None, Query(ge=0, le=2**31)] = None,
) -> Response:
    """Show cases, the newest first."""
    by = Filters(stage, clinic, owner, severity, overdue, closed)
    return _list(request, visit, by, "", after)


@router.post("/cases")
def search(
    request: Request,
    visit: Signed,
    words: Annotated[str, Form(max_length=200)] = "",
    after: Annotated[int | None, Form(ge=0, le=2**31)] = None,
) -> Response:
    """Find a case by its number, or by words of its review. Posted: names stay out of addresses."""
    words = words.strip()
    number = words.removeprefix("#")
    if not words:
        return RedirectResponse("/cases", 303)
    if number.isdecimal() and len(number) < 10:
        return RedirectResponse(f"/cases/{int(number)}", 303)
    return _list(request, visit, Filters(), words, after)


def _list(request: Request, visit: Visit, by: Filters, words: str, after: int | None) -> Response:
    found = find(visit, by, words, after)
    shown, last = found[:_PAGE], found[_PAGE - 1].case.number if len(found) > _PAGE else None
    return render(
        request,
        "list.html",
        shown=shown,
        by=by,
        words=words,
        last=last,
        clinics=visit.store.clinics(),
        places=[c for c in visit.store.clinics().values() if visit.viewer.may_see_clinic(c.id)],
        people=visit.store.people(),
        owners=colleagues(visit),
    )


def colleagues(visit: Visit) -> list[Person]:
    """Return the active people a viewer shares a clinic with, by name."""
    seen = visit.viewer.clinics
    return sorted(
        (
            person
            for person in visit.store.people().values()
            if person.active
            and (seen is None or not person.clinics or seen.intersection(person.clinics))
        ),
        key=lambda person: person.name,
    )

"""Several complaints about one thing, shown together to who runs the clinic."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from cases.judging import clusters
from cases.models import Alert
from console.web.pages import acted, render, templates
from console.web.saying import in_words
from console.web.visits import Signed, Visit

router = APIRouter(include_in_schema=False)
templates.filters.update(in_words=in_words)
_SHOWN = timedelta(days=90)


@router.get("/alerts")
def alerts(request: Request, visit: Signed) -> Response:
    """Show what was complained of three times within a fortnight, the newest first."""
    return _page(request, visit)


@router.post("/alerts/{alert_id}/seen")
def seen(request: Request, visit: Signed, alert_id: str) -> Response:
    """Note that somebody has looked into it."""
    visit.needs("act")
    found = [each for each in visible(visit) if each.id == alert_id]
    if not found:
        raise HTTPException(404)
    clinic = visit.store.clinics()[found[0].clinic_id]
    return acted(
        visit,
        lambda: clusters.seen(clinic, found[0], visit.moment()),
        "/alerts",
        lambda trouble: _page(request, visit, trouble.status),
    )


def visible(visit: Visit) -> list[Alert]:
    """Return the alerts of the visitor's clinics, but those about the visitor."""
    mine = visit.viewer.clinics
    return [
        each
        for each in visit.store.alerts(visit.now - _SHOWN)
        if (mine is None or each.clinic_id in mine)
        and not (each.kind == "person" and each.what == visit.person.id)
    ]


def _page(request: Request, visit: Visit, status: int = 200) -> Response:
    found = visible(visit)
    cases = visit.store.cases_behind(review for each in found for review in each.reviews)
    return render(
        request,
        "alerts.html",
        status,
        alerts=found,
        cases=cases,
        clinics=visit.store.clinics(),
        people=visit.store.people(),
    )

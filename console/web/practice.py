"""The practice, to read: its clinics, sources and the playbook in force."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from cases.arriving.sources import health
from cases.models import ArrivalState
from cases.playbooks.policy import policy
from console.web.pages import render
from console.web.visits import Signed
from reviews import ability

router = APIRouter(include_in_schema=False)


@router.get("/clinics")
def clinics(request: Request, visit: Signed) -> Response:
    """Show the clinics the viewer works for, as replies name them."""
    places = [c for c in visit.store.clinics().values() if visit.viewer.may_see_clinic(c.id)]
    return render(request, "clinics.html", places=places, people=visit.store.people())


@router.get("/playbook")
def playbook(request: Request, visit: Signed) -> Response:
    """Show the written policy: the same words the engine keeps."""
    in_force = visit.store.playbook()
    return render(request, "playbook.html", sections=policy(in_force))


@router.get("/sources")
def sources(request: Request, visit: Signed) -> Response:
    """Show where reviews come from, and which of them failed."""
    visit.needs("sources")
    store, known = visit.store, visit.store.all_sources()
    return render(
        request,
        "sources.html",
        sources=[health(each, visit.now, ability(each)) for each in known],
        clinics=store.clinics(),
        people=store.people(),
        unread=len(store.arrivals((ArrivalState.UNREAD,))),
    )

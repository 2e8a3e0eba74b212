"""The practice, to read: its people, clinics, sources and the playbook in force."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from cases.policy import policy
from console.web.lists import colleagues
from console.web.pages import render
from console.web.visits import Signed

router = APIRouter(include_in_schema=False)


@router.get("/people")
def people(request: Request, visit: Signed) -> Response:
    """Show who works with the viewer, in which role, and who is away."""
    return render(
        request,
        "people.html",
        people=colleagues(visit),
        everybody=visit.store.people(),
        clinics=visit.store.clinics(),
    )


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
    return render(
        request, "sources.html", sources=visit.store.sources(), clinics=visit.store.clinics()
    )

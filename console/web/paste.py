"""Reviews that come by hand: pasted into a form. And what nobody has assigned yet."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from hashlib import sha256

from fastapi import APIRouter, Request
from fastapi.responses import Response

from cases.models import Clinic
from cases.needs import IllegalMove
from cases.ports import SeenReview
from console.web.asked import Form, Given
from console.web.pages import Trouble, go_on, render
from console.web.saying import plain
from console.web.taking import Taken, take
from console.web.visits import Signed, Visit

router = APIRouter(include_in_schema=False)
PLATFORMS = ("google", "yelp", "facebook", "x", "healthgrades", "zocdoc", "vitals", "other")
_LONGEST, _MANY = 20_000, 2_000
_REFUSED = {
    "no_clinic": "choose the clinic it is about",
    "busy": "others were at it at the same moment; send it again",
    "refused": "the database refused it; the administrators were told",
}


@router.get("/paste")
def ask(request: Request, visit: Signed) -> Response:
    """Show the form."""
    return _page(request, visit, Given())


@router.post("/paste")
def pasted(request: Request, visit: Signed, form: Form) -> Response:
    """Take a pasted review in, as one from any platform: it is judged, and may open a case."""
    given = Given("paste", form)
    try:
        seen = _seen(visit, given)
    except IllegalMove as error:
        return _page(request, visit, given, Trouble(plain(error.missing), 422))
    (taken,) = take(visit.store, [seen], visit.viewer, visit.moment())
    if taken.how in _REFUSED:
        return _page(request, visit, given, Trouble([_REFUSED[taken.how]], 422))
    return go_on(_where(taken), {"changed": "saved"}.get(taken.how, taken.how))


def _where(taken: Taken) -> str:
    return f"/cases/{taken.case_number}" if taken.case_number else "/paste"


def _page(request: Request, visit: Visit, given: Given, trouble: Trouble | None = None) -> Response:
    return render(
        request,
        "paste.html",
        trouble.status if trouble else 200,
        given=given,
        trouble=trouble,
        places=_places(visit),
        platforms=PLATFORMS,
    )


def _places(visit: Visit) -> list[Clinic]:
    return [
        clinic
        for clinic in visit.store.clinics().values()
        if clinic.active and visit.viewer.may_see_clinic(clinic.id)
    ]


def _seen(visit: Visit, given: Given) -> SeenReview:
    """Return the review as it was pasted. Raises IllegalMove."""
    text, stars, url = given.word("text"), _stars(given), given.word("url")
    clinic = next((c for c in _places(visit) if c.slug == given.word("clinic")), None)
    missing = []
    if clinic is None:
        missing.append("choose the clinic it is about")
    if given.word("platform") not in PLATFORMS:
        missing.append("choose where it was written")
    if not text and stars is None:
        missing.append("paste its words, or say how many stars it gave")
    if len(text) > _LONGEST:
        missing.append(f"it is longer than {_LONGEST} characters")
    if url and not url.lower().startswith(("https://", "http://")):
        missing.append("a link begins with https://")
    if missing or clinic is None:
        raise IllegalMove("paste", missing)
    return SeenReview(
        platform=given.word("platform"),
        external_id=_identity(given, clinic.slug),
        text=text,
        author=given.word("author")[:300],
        rating=stars,
        posted_at=given.when("posted", clinic.zone),
        url=url[:2_000],
        clinic=clinic.slug,
    )


def _stars(given: Given) -> Decimal | None:
    written = given.word("stars").replace(",", ".")
    if not written:
        return None
    try:
        stars = Decimal(written)
    except InvalidOperation:
        raise IllegalMove("paste", [f"{written!r} is no number of stars"]) from None
    if not (stars.is_finite() and 0 <= stars <= 5):
        raise IllegalMove("paste", ["stars are counted from 0 to 5"])
    return stars.quantize(Decimal("0.01"))


def _identity(given: Given, slug: str) -> str:
    """Name a review by who says what of which clinic: pasted twice, it is taken in once.

    Not by its link: people paste the practice's page, which all its reviews share.
    """
    text = " ".join(given.word("text").split())
    said = "|".join((slug, given.word("author"), text or given.word("stars")))
    return f"pasted-{sha256(said.encode()).hexdigest()[:24]}"


@router.get("/queue")
def queue(request: Request, visit: Signed) -> Response:
    """Show what nobody has assigned: cases without an owner, and those set aside."""
    found = visit.store.cases(visit.viewer, limit=_MANY)
    return render(
        request,
        "queue.html",
        ownerless=[short for short in found if short.case.owner_id is None],
        parked=[short for short in found if short.case.parked_until is not None],
        clinics=visit.store.clinics(),
    )

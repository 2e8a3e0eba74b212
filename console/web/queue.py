"""Which case is this? Mails and texts nobody could place: read, then given to a case or put aside.

And a mail as it came, for whoever may see the case it belongs to.
"""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from cases.addresses import AddressError, normal
from cases.arriving.arrivals import body_of
from cases.arriving.opening import PRIVATE
from cases.changes import Change
from cases.models import Arrival, Clinic, Source
from cases.needs import IllegalMove
from cases.ports import SeenReview
from cases.store.views import NotFound
from cases.talking import inbox
from console.web.asked import Form, Given
from console.web.pages import Trouble, acted, go_on, render
from console.web.taking import take
from console.web.visits import Number, Signed, Visit
from notifications.reading import Understood, understand, what_is_ours
from reviews.access import Access, access_for
from reviews.mail import alert

router = APIRouter(include_in_schema=False)
_SHOWN = 20_000  # characters of a mail's text on its page
WHY = {
    "which_case": "it names no case we know",
    "unverified_alert": "it says it is a platform's alert, and our mail server does not vouch "
    "for that: look at the platform itself before you believe it",
    "unplaced_bounce": "a mail of ours came back, and nothing sure says which",
    "no_clinic": "nothing says which clinic it is about",
    "no_such_case": "its case cannot take it in",
}


@dataclass(frozen=True, slots=True)
class Letter:
    """What came, as a page shows it. `cases`: numbers of open cases with that address."""

    arrival: Arrival
    told: Understood
    sender: str
    cases: tuple[int, ...] = ()

    @property
    def words(self) -> str:
        """Return what is new in it; all there is where nothing is."""
        return (self.told.new_text or self.told.mail.text).strip()[:_SHOWN]

    @property
    def why(self) -> str:
        return WHY.get(self.arrival.code, "it could not be read by itself")


@router.get("/inbox")
def waiting(request: Request, visit: Signed) -> Response:
    """Show what waits for somebody who knows its case, the oldest first."""
    sources = {each.id: each for each in visit.store.all_sources()}
    letters = [_letter(visit, each, sources) for each in visit.store.unplaced(visit.viewer)]
    return render(request, "inbox.html", letters=letters, number=0)


@router.get("/cases/{number}/mails")
def of_case(request: Request, visit: Signed, number: Number) -> Response:
    """Show the mails of a case as they came, with who sent them."""
    file = visit.store.case_file(number, visit.viewer)
    sources = {each.id: each for each in visit.store.all_sources()}
    letters = [_letter(visit, each, sources) for each in visit.store.mails_of(file.case.id)]
    return render(request, "inbox.html", letters=letters, number=number)


@router.get("/inbox/{arrival_id}")
def show(request: Request, visit: Signed, arrival_id: str) -> Response:
    """Show one mail as it came."""
    return _page(request, visit, _seen(visit, arrival_id))


@router.post("/inbox/{arrival_id}/assign")
def assign(request: Request, visit: Signed, arrival_id: str, form: Form) -> Response:
    """Give it to a case: somebody is owed an answer from now on."""
    given, letter = Given("assign", form), _waiting(visit, arrival_id)
    number = given.number("case")
    if not number:
        return _page(request, visit, letter, Trouble(["say which case: its number"], 422))

    def ask() -> Change:
        try:
            file = visit.store.case_file(number, visit.viewer)
        except NotFound:
            raise IllegalMove("assign", [f"there is no case {number}, or not for you"]) from None
        channel = "email" if letter.arrival.kind == "mail" else "sms"
        point = inbox.point_of(file, channel, _index(visit, channel, letter.sender))
        words = letter.words
        return inbox.assigned(letter.arrival, file, channel, words, visit.moment(), point)

    return acted(visit, ask, f"/cases/{number}", lambda t: _page(request, visit, letter, t))


@router.post("/inbox/{arrival_id}/open")
def open_one(request: Request, visit: Signed, arrival_id: str, form: Form) -> Response:
    """Open a case on it: a complaint nobody recognised, or an alert a person believes."""
    given, letter = Given("open", form), _waiting(visit, arrival_id)
    clinic = next((c for c in _places(visit) if c.slug == given.word("clinic")), None)
    if clinic is None:
        missing = Trouble(["choose the clinic it is about"], 422)
        return _page(request, visit, letter, missing)
    (taken,) = take(visit.store, [_review(letter, clinic)], visit.viewer, visit.moment())
    if taken.how in ("busy", "refused"):
        again = Trouble(["it could not be taken in; send it again"], 409)
        return _page(request, visit, letter, again)
    fresh = visit.store.arrival(arrival_id) or letter.arrival
    case_id = _case_id(visit, taken.case_number)
    visit.store.apply([inbox.taken_in(fresh, "opened_by_hand", visit.moment(), case_id)])
    return go_on(f"/cases/{taken.case_number}" if taken.case_number else "/inbox", taken.how)


@router.post("/inbox/{arrival_id}/ignore")
def ignore(request: Request, visit: Signed, arrival_id: str) -> Response:
    """Put it aside: nothing is to be done, and its words are let go of."""
    letter = _waiting(visit, arrival_id)
    return acted(
        visit,
        lambda: inbox.ignored(letter.arrival, visit.moment()),
        "/inbox",
        lambda trouble: _page(request, visit, letter, trouble),
    )


def _page(
    request: Request, visit: Visit, letter: Letter, trouble: Trouble | None = None
) -> Response:
    status = trouble.status if trouble else 200
    waits = letter.arrival.state in inbox.OPEN
    return render(
        request, "inbox_one.html", status,
        letter=letter, waits=waits, places=_places(visit), trouble=trouble,
    )  # fmt: skip


def _waiting(visit: Visit, arrival_id: str) -> Letter:
    """Return one that waits. Raises HTTPException where it does not, or not for this viewer."""
    found = next((a for a in visit.store.unplaced(visit.viewer) if a.id == arrival_id), None)
    if found is None:
        raise HTTPException(404)
    return _letter(visit, found, {each.id: each for each in visit.store.all_sources()})


def _seen(visit: Visit, arrival_id: str) -> Letter:
    """Return a mail that waits, or one of a case the viewer may see. Raises HTTPException."""
    found = visit.store.arrival(arrival_id)
    if found is None or found.kind not in inbox.KINDS or found.case_id is None:
        return _waiting(visit, arrival_id)
    visit.store.case_file(found.case_id, visit.viewer)  # NotFound: not for them
    return _letter(visit, found, {each.id: each for each in visit.store.all_sources()})


def _letter(visit: Visit, arrival: Arrival, sources: dict[str, Source]) -> Letter:
    source, settings = sources.get(arrival.source_id or ""), visit.settings
    given = access_for(source, settings) if source is not None else Access()
    ours = what_is_ours(
        settings.mail_from, source.place if source is not None else "", settings.mail_domain,
        given.listed("addresses"), given.listed("servers"),
    )  # fmt: skip
    told = understand(body_of(arrival), ours)
    sender = told.mail.sender or told.mail.header("from")
    index = _index(visit, "email" if arrival.kind == "mail" else "sms", sender)
    known = visit.store.open_cases_of(index, visit.viewer) if index else ()
    return Letter(arrival, told, sender, tuple(known))


def _index(visit: Visit, channel: str, sender: str) -> str:
    try:
        return visit.store.index(channel, normal(channel, sender))
    except AddressError:
        return ""


def _review(letter: Letter, clinic: Clinic) -> SeenReview:
    mail = letter.told.mail
    announced = alert(mail, {}) if letter.arrival.code == "unverified_alert" else None
    if announced is not None and announced.seen is not None:
        seen = announced.seen
        return SeenReview(
            seen.platform, seen.external_id, seen.text, seen.author, seen.rating, seen.recommends,
            url=seen.url, clinic=clinic.slug, cut=True,
        )  # fmt: skip
    return SeenReview(
        platform=PRIVATE,
        external_id=f"mail-{letter.arrival.digest[:32]}",
        text="\n\n".join(filter(None, (mail.subject, letter.words))),
        posted_at=letter.arrival.received_at,
        clinic=clinic.slug,
        kind="message",
    )


def _case_id(visit: Visit, number: int) -> str | None:
    return visit.store.case_file(number, visit.viewer).case.id if number else None


def _places(visit: Visit) -> list[Clinic]:
    return [
        clinic
        for clinic in visit.store.clinics().values()
        if clinic.active and visit.viewer.may_see_clinic(clinic.id)
    ]

"""The API for programs: hand reviews in, see how cases stand. A token, never a cookie."""

from __future__ import annotations

from collections import defaultdict, deque
from datetime import datetime, timedelta
from decimal import Decimal
from threading import Lock
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import HTMLResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator

from cases import access
from cases.changes import Moment
from cases.identifiers import Identifiers
from cases.models import Person, Stage
from cases.ports import SeenReview
from cases.store.views import Short
from cases.viewers import viewer_of
from console.web.pages import templates
from console.web.taking import take
from console.web.visits import Console, console_of

_MINUTE, _EACH_MINUTE = timedelta(minutes=1), 120  # requests of one token
_AT_ONCE = 500  # reviews
bearer = HTTPBearer(auto_error=False, description="From `amends token issue`.")


class Refused(HTTPException):
    """The API's no: a status, a code for programs, and words for whoever reads the log."""

    def __init__(self, status: int, code: str, message: str, **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        super().__init__(status, code, named)
        self.message = message


class Strict(BaseModel):
    """A shape that takes what it names and nothing else."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class ReviewIn(Strict):
    """A review as its platform shows it. The same platform and id again is an edit, or nothing."""

    platform: str = Field(min_length=1, max_length=50, pattern=r"^[a-z0-9_.-]+$")
    external_id: str = Field(min_length=1, max_length=300)
    clinic: str = Field(min_length=1, max_length=100, description="The clinic's short name.")
    text: str = Field(default="", max_length=20_000)
    author: str = Field(default="", max_length=300)
    rating: Decimal | None = Field(default=None, ge=0, le=5, description="Stars, from 0 to 5.")
    recommends: bool | None = None
    posted_at: AwareDatetime | None = None
    url: str = Field(default="", max_length=2_000, pattern=r"^(https?://.+)?$")

    @field_validator("*")
    @classmethod
    def _storable(cls, value: object) -> object:
        if isinstance(value, str) and "\0" in value:
            raise ValueError("a character no database takes")
        return value

    def seen(self) -> SeenReview:
        """Return it as the rules know it."""
        return SeenReview(**self.model_dump())


class TakenOut(Strict):
    """What became of one review that was handed in; `case` is the number of its case."""

    platform: str
    external_id: str
    result: Literal["opened", "recorded", "changed", "known", "no_clinic", "busy", "refused"]
    case: int | None


class CaseOut(Strict):
    """A case in short: how it stands, and the clock that is due first. Nothing about a patient."""

    number: int
    clinic: str
    stage: str
    severity: str
    outcome: str
    platform: str
    external_id: str
    rating: float | None
    owner: str | None = Field(description="An e-mail address.")
    opened_at: datetime
    closed_at: datetime | None
    clock: str | None
    due_at: datetime | None
    overdue: bool


class CasesOut(Strict):
    """A page of cases; `next` goes into `after` for the page after it."""

    cases: list[CaseOut]
    next: int | None


class Fault(Strict):
    """How the API says no."""

    error: str
    message: str


_FAULTS: dict[int | str, dict[str, object]] = {
    401: {"model": Fault, "description": "No token, or none that opens anything."},
    403: {"model": Fault, "description": "The role of the token's person does not permit it."},
    413: {"model": Fault, "description": "More than 2 MB."},
    422: {"model": Fault, "description": "Fields are missing, unknown or not as they must be."},
    429: {"model": Fault, "description": "Too many requests in a minute."},
}
router = APIRouter(prefix="/api", tags=["reviews and cases"])


class Caller:
    """A program, acting for a person within their role and clinics as they stand now."""

    def __init__(self, console: Console, person: Person) -> None:
        self.console, self.person, self.now = console, person, console.clock()
        self.store, self.viewer = console.store, viewer_of(person)

    def moment(self) -> Moment:
        return Moment(self.now, self.person.id, Identifiers())


class Pace:
    """How often each token was used in the last minute, as far as this console knows."""

    def __init__(self) -> None:
        self._used: dict[str, deque[datetime]] = defaultdict(deque)
        self._lock = Lock()

    def take(self, token_id: str, now: datetime) -> bool:
        """Count a request; False where it is one too many."""
        with self._lock:
            used = self._used[token_id]
            while used and used[0] <= now - _MINUTE:
                used.popleft()
            if len(used) >= _EACH_MINUTE:
                return False
            used.append(now)
            return True


def calling(
    request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
) -> Caller:
    """Return who calls. Raises Refused: 401, 429."""
    console = console_of(request)
    token = console.store.api_token(access.digest_of(given.credentials)) if given else None
    person = console.store.people().get(token.person_id) if token else None
    if token is None or token.revoked_at is not None or person is None or not person.active:
        raise Refused(
            401, "not_authorized", "send a token that is in force", WWW_Authenticate="Bearer"
        )
    caller = Caller(console, person)
    pace: Pace = request.app.state.pace
    if not pace.take(token.id, caller.now):
        raise Refused(429, "too_many_requests", "wait a minute", Retry_After="60")
    return caller


Calling = Annotated[Caller, Depends(calling)]


@router.post("/reviews", response_model=list[TakenOut], responses=_FAULTS)
def hand_in(reviews: ReviewIn | list[ReviewIn], caller: Calling) -> list[TakenOut]:
    """Hand in one review or up to 500. Safe to repeat; negative ones open cases."""
    many = reviews if isinstance(reviews, list) else [reviews]
    if not access.may(caller.person.role, "act"):
        raise Refused(403, "read_only", "the role of the token's person changes nothing")
    if len(many) > _AT_ONCE:
        raise Refused(413, "too_large", f"send at most {_AT_ONCE} reviews at a time")
    taken = take(caller.store, [each.seen() for each in many], caller.viewer, caller.moment())
    return [
        TakenOut(
            platform=each.seen.platform,
            external_id=each.seen.external_id,
            result=each.how,
            case=each.case_number or None,
        )
        for each in taken
    ]


@router.get("/cases", response_model=CasesOut, responses=_FAULTS)
def list_cases(
    caller: Calling,
    stage: Annotated[Stage | None, Query()] = None,
    clinic: Annotated[str, Query(max_length=100)] = "",
    severity: Annotated[Literal["", "routine", "elevated", "grave"], Query()] = "",
    overdue: bool = False,
    closed: bool = False,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    after: Annotated[int | None, Query(ge=0, le=2**31)] = None,
) -> CasesOut:
    """Return cases the token's person may see, the newest first."""
    clinics, people = caller.store.clinics(), caller.store.people()
    wanted = next((c.id for c in clinics.values() if c.slug == clinic), "none") if clinic else ""
    found = caller.store.cases(
        caller.viewer,
        stage=stage or "",
        clinic_id=wanted,
        severity=severity,
        overdue_at=caller.now if overdue else None,
        closed=closed,
        limit=limit + 1,
        after=after,
    )
    shown = found[:limit]
    return CasesOut(
        cases=[
            _out(s, clinics[s.case.clinic_id].slug, people.get(s.case.owner_id or ""), caller.now)
            for s in shown
        ],
        next=shown[-1].case.number if len(found) > limit else None,
    )


def _out(short: Short, clinic: str, owner: Person | None, now: datetime) -> CaseOut:
    case, review, clock = short.case, short.review, short.clock
    due_at = clock.due_at if clock else None
    return CaseOut(
        number=case.number,
        clinic=clinic,
        stage=case.stage,
        severity=case.severity,
        outcome=case.outcome,
        platform=review.platform,
        external_id=review.external_id,
        rating=None if review.rating is None else float(review.rating),
        owner=owner.email if owner else None,
        opened_at=case.opened_at,
        closed_at=case.closed_at,
        clock=clock.kind if clock else None,
        due_at=due_at,
        overdue=due_at is not None and due_at <= now,
    )


@router.get("/docs", include_in_schema=False)
def docs(request: Request) -> HTMLResponse:
    """Show the API's description as a page: the same as /api/openapi.json, for people."""
    page = templates.get_template("api.html")
    return HTMLResponse(page.render(schema=request.app.openapi()))

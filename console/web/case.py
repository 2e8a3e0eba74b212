"""The page of one case: how it stands, the one next step, and every move as a form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from cases import custody, following
from cases.access import may
from cases.answering import incidents, replies, reporting
from cases.casefile import CaseFile
from cases.clockwork.extensions import waiting
from cases.models import Person, ReplyState, Visibility
from cases.needs import lacking
from cases.store.views import NotFound
from cases.talking import calls, correspondents
from cases.talking.consent import PURPOSES as AGREED_TO
from cases.talking.links import Pages
from cases.talking.templates import PURPOSES
from cases.talking.texting import measure
from console.web import answer, history, nextstep, talk
from console.web.asked import CaseNumber, Given
from console.web.begin import beginnings
from console.web.lists import colleagues
from console.web.pages import Trouble, render, templates
from console.web.path import path
from console.web.promises import due_words, kept, owed
from console.web.saying import CLOCKS, in_words, plain, task_words
from console.web.visits import Console, Signed, Visit

router = APIRouter(include_in_schema=False)
templates.filters.update(in_words=in_words, due_words=due_words)
templates.globals.update(measured=measure, task_words=task_words)

# Some moves are asked of the table of moves under another name.
_ASKED: Mapping[str, str] = {"not-troll": "troll", "plan-follow-up": "look", "stop": "point"}
# Where on the page a move's form stands.
SECTIONS: Mapping[str, tuple[str, ...]] = {
    "reply": (
        "draft",
        "check",
        "cool",
        "overrule",
        "withdraw",
        "take-down",
        "taken-down",
        "approve",
        "posted",
        "replace-reply",
        "no-reply",
        "report",
        "report-answered",
    ),
    "who": ("looked-for", "match", "unmatch", "point", "consent", "identify", "care-of",
            "unidentified"),
    "call": ("contact",),
    "write": ("write", "link"),
    "talk": ("received", "no-answer", "stop", "unreachable", "declined"),
    "hear": ("hear",),
    "resolve": ("resolve",),
    "after": ("look", "follow-up", "plan-follow-up"),
    "close": ("close", "dismiss", "reopen"),
    "tasks": ("task", "task-done"),
    "notes": ("note",),
    "incident": ("incident", "incident-decide", "incident-close"),
    "kind": ("troll", "not-troll", "shield", "severity", "about"),
    "desk": (
        "hand-over", "hold", "release", "pause", "resume", "extend", "grant", "refuse", "merge",
        "unmerge", "take",
    ),
}  # fmt: skip
_WORDS: Mapping[str, Sequence[str]] = {
    "no_reply": replies.NO_REPLY,
    "report": reporting.REASONS,
    "report_results": reporting.RESULTS,
    "agreed_to": AGREED_TO,
    "relations": correspondents.RELATIONS,
    "care_of": correspondents.CARE_OF,
    "identifiers": correspondents.IDENTIFIERS,
    "causes": following.CAUSES,
    "standings": following.STANDINGS,
    "outcomes": following.OUTCOMES,
    "dismissals": following.DISMISSALS,
    "holds": custody.HOLDS,
    "severities": custody.SEVERITIES,
    "visibilities": tuple(Visibility),
    "calls": calls.OUTCOMES,
    "flags": calls.FLAGS,
    "last_calls": ("reached", "voicemail", "declined"),
    "decisions": incidents.DECISIONS,
    "sureness": ("certain", "likely", "unsure"),
    "themes": ("corrective_action", "promise", "physician_account", "appeal", "other"),
}
_TRIES = 5  # others may be noting at the same correspondent that they looked
_FACTS = (
    "round", "contact_how", "heard_at", "resolved_at", "monitor_ended_at", "followed_up_at",
    "closed_at", "held_at", "owner_id", "correspondent_id", "severity", "troll", "about",
    "merged_into_id",
)  # fmt: skip


@router.get("/cases/{number}")
def show(request: Request, visit: Signed, number: CaseNumber) -> Response:
    """Show a case whole."""
    return page(request, visit, number)


def seen_as(file: CaseFile) -> str:
    """Return what tells whether a form was filled in on the case as it still stands.

    Not the version: a reminder of the engine's is no reason to send anybody back to reading.
    """
    draft = replies.newest(file, ReplyState.DRAFT)
    wrote = sum(contact.inbound for contact in file.contacts)
    facts = [*(getattr(file.case, name) for name in _FACTS), draft.id if draft else "", wrote]
    return sha256(repr(facts).encode()).hexdigest()[:16]


def noted_by(file: CaseFile, person_id: str) -> str:
    """Return how much this person noted in the case: a form sent twice is told from two."""
    by = [*(contact.by for contact in file.contacts), *(note.by for note in file.notes)]
    return str(by.count(person_id) + len(file.tasks))


def page(
    request: Request,
    visit: Visit,
    number: int,
    trouble: Trouble | None = None,
    given: Given | None = None,
) -> HTMLResponse:
    """Return the page; with what somebody typed, where their move was not made. Raises NotFound."""
    given = given or Given()
    file = _looked_at(visit, number)
    step = nextstep.next_step(file, visit.now, visit.person)
    return render(
        request,
        "case.html",
        trouble.status if trouble else 200,
        file=file,
        case=file.case,
        zone=file.clinic.zone,
        next=step,
        owed=owed(file, visit.now),
        kept=kept(file),
        path=path(file),
        history=history.told(file, visit.store.timeline(file, visit.viewer)),
        reply=answer.public(visit, file, given),
        form=Forms(visit, file, given, _open(request, step, given)),
        names=_names(file),
        staff=_staff(visit, file),
        others=_others(visit, file),
        twins=visit.store.cases_numbered(file.case.twins),
        incident=(found := incidents.newest_open(file)),
        incident_items=incidents.open_items(file, found) if found else [],
        items=incidents.ITEMS,
        choices=_WORDS,
        talk=talk.about_them(visit, file),
        begins=beginnings(request, visit, file),
        purposes=PURPOSES,
        clock_names=CLOCKS,
        asked=waiting(file),
        trouble=trouble,
        tried=_section_of(given.move),
    )


def pages_of(console: Console) -> Pages:
    """Return what the private pages of this installation hang on."""
    settings = console.settings
    return Pages(console.store.sealer.sign, settings.public_url, settings.private_page_days)


def _looked_at(visit: Visit, number: int) -> CaseFile:
    """Read a case, and record that somebody looked where it shows a correspondent's data."""
    for _ in range(_TRIES):
        file = visit.store.case_file(number, visit.viewer)
        seen = visit.store.viewed(file, visit.moment())
        if not seen or visit.store.apply(seen).applied:
            break
    return file


def _section_of(move: str) -> str:
    return next((name for name, moves in SECTIONS.items() if move in moves), "")


def _open(request: Request, step: nextstep.Next, given: Given) -> frozenset[str]:
    asked = request.query_params.get("open", "")
    return frozenset({asked, step.section, _section_of(given.move)} & SECTIONS.keys())


@dataclass(frozen=True, slots=True)
class Forms:
    """What a form asks of the page: is it legal, is it open, what stood in it."""

    visit: Visit
    file: CaseFile
    given: Given
    opened: frozenset[str]

    @property
    def seen(self) -> str:
        return seen_as(self.file)

    @property
    def mine(self) -> str:
        return noted_by(self.file, self.visit.person.id)

    @property
    def allowed(self) -> bool:
        return self.visit.may("act")

    def lacks(self, move: str) -> list[str]:
        """Return what is missing for a move, in plain words."""
        if move in ("unreachable", "unidentified"):
            return plain(nextstep.lacks(self.file, move, self.visit.now))
        if move == "resume":
            running = any(each.paused for each in owed(self.file, self.visit.now))
            return [] if running else ["no pause is running"]
        return plain(lacking(_ASKED.get(move, move), self.file))

    def shows(self, move: str) -> bool:
        """Tell whether its fields are shown: it is legal, or was tried and must lose nothing."""
        return self.given.move == move or not self.lacks(move)

    def typed(self, move: str, name: str, default: str = "") -> str:
        """Return what stood in a field when this move was tried."""
        return self.given.one(name) if self.given.move == move else default

    def ticked(self, move: str, name: str, value: str) -> bool:
        """Tell whether a box was ticked, or a choice chosen, when this move was tried."""
        return self.given.move == move and value in self.given.all(name)

    def rows(self, move: str, *names: str) -> list[tuple[str, ...]]:
        """Return rows of fields as they were typed: always three."""
        columns = [self.given.all(n) if self.given.move == move else [] for n in names]
        return [tuple(c[i] if i < len(c) else "" for c in columns) for i in range(3)]


def _names(file: CaseFile) -> dict[str, str]:
    return {person.id: person.name for person in file.people.values()}


def _staff(visit: Visit, file: CaseFile) -> list[Person]:
    """Return who could have this case: active, of this clinic, who acts, and none it is about."""
    return [
        person
        for person in colleagues(visit)
        if (not person.clinics or file.clinic.id in person.clinics)
        and person.id not in file.case.about
        and may(person.role, "act")
    ]


def _others(visit: Visit, file: CaseFile) -> dict[str, int]:
    """Return the numbers of the cases this one hangs together with, where the viewer sees them."""
    linked: dict[str, Any] = {
        "merged": file.case.merged_into_id, "previous": file.case.previous_id,
    }  # fmt: skip
    found = {}
    for name, which in linked.items():
        try:
            found[name] = visit.store.case_file(which, visit.viewer).case.number if which else 0
        except NotFound:
            found[name] = 0
    return found

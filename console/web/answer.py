"""The public reply's part of the case page: the editor, what is found in it, what may be done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from cases.answering import cooling, drafts, replies, reporting
from cases.casefile import CaseFile
from cases.checking import compliance
from cases.checking.compliance import Finding, blocked
from cases.models import Reply, ReplyState, Role
from cases.ports import Capabilities, trouble_of
from console.web import nextstep
from console.web.asked import CaseNumber, Form, Given
from console.web.marks import Piece, Told, mended, pieces, starter, told, warnings
from console.web.pages import templates
from console.web.visits import Signed, Visit
from reviews import capabilities, guide
from reviews.guide import Guide

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Editor:
    """What stands in the editor, what is found in it, and what could stand there instead."""

    text: str
    checked: bool
    findings: Sequence[Told]
    pieces: Sequence[Piece]
    length: int
    offers: Sequence[str] = ()  # drafts of the library
    offered: int = 0  # which of its choices these are


@dataclass(frozen=True, slots=True)
class Drafted:
    """The draft that is kept: what stands against it, and what may be done about that."""

    reply: Reply
    findings: Sequence[Told]  # but for one that was overruled
    pieces: Sequence[Piece]
    warnings: Sequence[Finding]
    blocked: bool
    overrulable: Sequence[Told]
    ruled: Told | None  # the finding somebody overruled
    heated: bool  # it sounds like it, and nobody let it cool yet
    cooling: bool


@dataclass(frozen=True, slots=True)
class Public:
    """The public reply on the page."""

    editor: Editor
    draft: Drafted | None
    waiting: Reply | None  # approved, and not live yet
    live: Reply | None
    recalled: Reply | None
    may_approve: bool
    limit: int
    unit: str
    can: Capabilities
    guide: Guide
    link: str  # nearest to where the review is answered
    foreign: bool  # another's reply stands there
    reported: bool


def public(visit: Visit, file: CaseFile, given: Given) -> Public:
    """Return the reply's part of the page: as drafted, or as typed where a move was tried."""
    can = capabilities(file.review, visit.store.sources())
    draft = replies.newest(file, ReplyState.DRAFT)
    way = guide(file.review.platform)
    return Public(
        editor=_editor(file, can, given, (draft.text or "") if draft else ""),
        draft=_drafted(visit, file, can, draft) if draft else None,
        waiting=replies.newest(file, *_WAITING),
        live=replies.newest(file, ReplyState.LIVE),
        recalled=replies.newest(file, ReplyState.RECALLED),
        may_approve=nextstep.may_approve(file, visit.person),
        limit=can.reply_limit,
        unit=can.reply_unit,
        can=can,
        guide=way,
        link=way.deep_link(file.review),
        foreign=any(trouble_of(each.code) == "foreign-reply" for each in file.replies),
        reported=reporting.open_report(file) is not None,
    )


def _editor(file: CaseFile, can: Capabilities, given: Given, drafted: str) -> Editor:
    typed, number = _typed(file, can, given), given.number("another")
    offers = drafts.compose(file, can, number)
    text = typed or drafted or next(iter(offers), "") or starter(file)
    return replace(_checked(file, can, text, bool(typed)), offers=offers, offered=number)


def _checked(file: CaseFile, can: Capabilities, text: str, checked: bool) -> Editor:
    found = replies.findings(file, text, can) if checked else ()
    length = compliance.length(text, can.reply_unit)
    return Editor(text, checked, told(file, text, found), pieces(text, found), length)


def _drafted(visit: Visit, file: CaseFile, can: Capabilities, draft: Reply) -> Drafted:
    text = draft.text or ""
    found = replies.findings(file, text, can)
    stands = replies.standing(draft, found)
    return Drafted(
        reply=draft,
        findings=told(file, text, stands),
        pieces=pieces(text, stands),
        warnings=warnings(stands),
        blocked=blocked(stands),
        overrulable=_overrulable(visit, file, draft, stands),
        ruled=next((t for t in told(file, text, found) if t.finding not in stands), None),
        heated=cooling.heated(stands) and draft.cool_until is None,
        cooling=draft.cool_until is not None and draft.cool_until > visit.now,
    )


def _typed(file: CaseFile, can: Capabilities, given: Given) -> str:
    """Return what stands in the editor: as typed, a draft taken over, or a suggestion applied."""
    if given.move not in ("check", "draft"):
        return ""
    text = given.one("use") or given.one("text")
    if value := given.word("apply"):
        text = mended(file, text, replies.findings(file, text, can), value)
    return text


def _overrulable(
    visit: Visit, file: CaseFile, draft: Reply, found: Sequence[Finding]
) -> list[Told]:
    """Return the blocks this person may overrule one of."""
    person = visit.person
    if draft.overruled or person.role != Role.PRIVACY_OFFICER:
        return []
    if person.id in (draft.drafted_by, *file.case.about):
        return []
    blocks = [each for each in found if each.level is compliance.Level.BLOCK]
    return told(file, draft.text or "", blocks)


@router.post("/cases/{number}/findings")
def findings(visit: Signed, number: CaseNumber, form: Form) -> JSONResponse:
    """Say what the checker finds in a text while it is typed; nothing is kept, nothing recorded."""
    file = visit.store.case_file(number, visit.viewer)
    can = capabilities(file.review, visit.store.sources())
    text = Given("check", form).one("text")
    editor = _checked(file, can, text, bool(text.strip()))
    part = templates.get_template("case_findings.html").render(editor=editor, case=file.case)
    said = {"length": editor.length, "limit": can.reply_limit, "html": part}
    return JSONResponse(said)


_WAITING = (
    ReplyState.APPROVED, ReplyState.BY_HAND, ReplyState.SUBMITTED, ReplyState.PENDING,
    ReplyState.REJECTED, ReplyState.UNKNOWN,
)  # fmt: skip

"""What our messages look like: mails to staff to see, templates to patients to see and edit."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Request
from fastapi.responses import HTMLResponse, Response

from cases.ports import Message
from cases.talking import templates
from cases.talking.templates import Template, TemplateFault
from console.web.asked import Form, Given
from console.web.pages import Trouble, go_on, render
from console.web.visits import Signed, Visit
from notifications import previews
from notifications.messages import RenderError

router = APIRouter(include_in_schema=False)
_FIXED = {"automatic": "It has come in (automatic)", "stop_confirmation": "A STOP was taken in"}
# The mail stands in a frame of our own page, and may do nothing there but look as it does.
_FRAMED = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox; "
    "frame-ancestors 'self'",
    "x-frame-options": "SAMEORIGIN",
}
_FRAMING = {
    "content-security-policy": "default-src 'none'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; script-src 'self'; frame-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
}
_Word = Annotated[str, Path(max_length=40)]


@router.get("/templates")
def listed(request: Request, visit: Signed) -> Response:
    """Show what patients and staff are written."""
    versions = visit.store.templates()
    own = {(v.purpose, v.channel, v.language): v for v in versions}  # the newest counts
    return render(
        request,
        "letters.html",
        own=own,
        people=visit.store.people(),
        purposes=templates.PURPOSES,
        fixed=_FIXED,
        languages=templates.LANGUAGES,
        kinds=previews.kinds(),
    )


@router.get("/templates/{purpose}/{channel}/{language}")
def edit(
    request: Request, visit: Signed, purpose: _Word, channel: _Word, language: _Word
) -> Response:
    """Show a template as it stands, for whoever may to change it."""
    return _editor(request, visit, purpose, channel, language)


@router.post("/templates/{purpose}/{channel}/{language}")
def save(
    request: Request, visit: Signed, purpose: _Word, channel: _Word, language: _Word, form: Form
) -> Response:
    """Keep a new version, checked and tried; the shipped one is a version like others."""
    visit.needs("templates")
    given = Given("template", form)
    _in_force(visit, purpose, channel, language)  # 404 for what there is none of
    subject, body = given.word("subject"), given.one("body").strip()
    template = Template(purpose, channel, language, body, subject)
    if given.word("do") == "preview":
        return _editor(request, visit, purpose, channel, language, given, tried=template)
    try:
        change = templates.save(
            template, visit.store.templates(), visit.store.practice(), visit.moment()
        )
    except TemplateFault as fault:
        trouble = Trouble(fault.faults, 422)
        return _editor(request, visit, purpose, channel, language, given, trouble)
    if not visit.store.apply([change]).applied:
        trouble = Trouble(["somebody changed something meanwhile; save it again"])
        return _editor(request, visit, purpose, channel, language, given, trouble)
    return go_on(request.url.path, "saved")


@router.get("/mails/{kind}/{language}")
def preview(request: Request, visit: Signed, kind: _Word, language: _Word) -> Response:
    """Show a mail as it will look, beside its plain text."""
    found = _mail(visit, kind, language)
    page = render(
        request,
        "letter_preview.html",
        mail=found,
        kind=kind,
        language=language,
        languages=templates.LANGUAGES if _is_for_patients(kind) else ("en",),
        title=({**templates.PURPOSES, **_FIXED}).get(kind, kind.replace("_", " ")),
    )
    page.headers.update(_FRAMING)
    return page


@router.get("/mails/{kind}/{language}/html")
def framed(visit: Signed, kind: _Word, language: _Word) -> Response:
    """Return the mail's HTML alone, for the frame of its preview."""
    return HTMLResponse(_mail(visit, kind, language).html, headers=_FRAMED)


def _is_for_patients(kind: str) -> bool:
    return kind in templates.PURPOSES or kind in _FIXED


def _mail(visit: Visit, kind: str, language: str) -> Message:
    """Return an example of a mail. Answers 404 for a kind or language there is none of."""
    if language not in templates.LANGUAGES:
        raise HTTPException(404)
    if _is_for_patients(kind):
        return previews.to_patient(kind, language, visit.store.templates())
    try:
        return previews.to_staff(kind, visit.settings.public_url)
    except RenderError:
        raise HTTPException(404) from None


def _in_force(visit: Visit, purpose: str, channel: str, language: str) -> Template:
    known = (templates.PURPOSES, templates.CHANNELS, templates.LANGUAGES)
    if any(
        each not in ones for each, ones in zip((purpose, channel, language), known, strict=True)
    ):
        raise HTTPException(404)
    return templates.in_force(visit.store.templates(), purpose, channel, language)


def _editor(
    request: Request,
    visit: Visit,
    purpose: str,
    channel: str,
    language: str,
    given: Given | None = None,
    trouble: Trouble | None = None,
    tried: Template | None = None,
) -> Response:
    stands = _in_force(visit, purpose, channel, language)
    shown = tried or stands
    found = templates.faults(shown)
    key = (purpose, channel, language)
    return render(
        request,
        "letter_edit.html",
        trouble.status if trouble else 200,
        stands=stands,
        shipped=templates.shipped(*key),
        subject=given.one("subject") if given else stands.subject,
        body=given.one("body") if given else stands.body,
        trouble=trouble or (Trouble(found, 422) if found else None),
        sample=None if found else templates.fill(shown, templates.SAMPLE),
        slots=templates.SLOTS,
        longest=templates.ONE_TEXT if channel == "sms" else templates.LONGEST_BODY,
        versions=[v for v in visit.store.templates() if (v.purpose, v.channel, v.language) == key][
            ::-1
        ],
        people=visit.store.people(),
        title=templates.PURPOSES[purpose],
    )

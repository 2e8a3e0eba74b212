"""What the case page says about reaching them: tries, the next one, calls, pages, files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter, HTTPException
from fastapi.responses import Response

from cases.casefile import CaseFile
from cases.changes import Change, Happened, about
from cases.models import Call, Link, Upload
from cases.needs import NEEDS
from cases.talking import calls, links, privately, tries
from cases.talking.callers import caller_of
from console.web.asked import CaseNumber
from console.web.visits import Signed, Visit
from console.web.words import local
from notifications.voice import voice

router = APIRouter(include_in_schema=False)
_KINDS = {"jpeg": ("image/jpeg", "jpg"), "png": ("image/png", "png"),
          "pdf": ("application/pdf", "pdf")}  # fmt: skip
_WAYS = {"phone": "call them", "email": "write an e-mail"}


@dataclass(frozen=True, slots=True)
class Talk:
    """What there is to know before one calls or writes."""

    tally: str
    next_try: str
    voicemail: str
    language: str
    rings: bool  # a tap rings one's own telephone
    barred: Sequence[str]
    last: Call | None
    pages: Sequence[Link]
    invitation: tuple[str, str]  # as a mail
    invitation_sms: str
    files: Sequence[Upload]
    identified: bool
    story: str  # as they wrote it on their private page, in this round
    senior: str


def about_them(visit: Visit, file: CaseFile) -> Talk:
    """Return what the page shows beside the forms for calling and writing."""
    who, found = file.correspondent, visit.store.calls(file.case.id)
    phones = [point for point in file.points if point.channel == "phone"]
    usable = [point for point in phones if file.usable(point)]
    first = next(iter([*usable, *phones]), None)
    senior = caller_of(file) if who is not None and who.care_of == "deceased" else None
    return Talk(
        tally=tries.tally(file).in_words(),
        next_try=_proposed(visit, file),
        voicemail=calls.voicemail(file, visit.person.name),
        language=who.language if who else "en",
        rings=voice(visit.settings) is not None and bool(visit.person.phone),
        barred=calls.barred(file, first, visit.now) if phones else (),
        last=found[-1] if found else None,
        pages=links.live(visit.store.links(file.case.id), visit.now),
        invitation=links.invitation(file, "email"),
        invitation_sms=links.invitation(file, "sms")[1],
        files=visit.store.uploads(file.case.id),
        story=_story(file),
        identified=NEEDS["identified"].holds(file),
        senior=file.people[senior].name if senior else "",
    )


def _story(file: CaseFile) -> str:
    """Return their own account, where they wrote one: whoever writes it down need not type it."""
    told = [c.note for c in file.round_contacts if c.inbound and c.channel == privately.CHANNEL]
    return "\n\n".join(each for each in told if each)


def _proposed(visit: Visit, file: CaseFile) -> str:
    found = tries.next_try(file, visit.now)
    if found is None:
        return ""
    spoken = any(p.channel == "phone" for p in file.points if file.usable(p))
    way = "write a text" if found.way == "phone" and not spoken else _WAYS[found.way]
    return f"{way}, {local(found.at, file.clinic.zone)} ({found.part})"


@router.get("/cases/{number}/files/{upload_id}")
def download(visit: Signed, number: CaseNumber, upload_id: str) -> Response:
    """Hand a file of theirs to somebody who may see the case; that is on record."""
    file = visit.store.case_file(number, visit.viewer)
    upload = next((u for u in visit.store.uploads(file.case.id) if u.id == upload_id), None)
    if upload is None:
        raise HTTPException(404)
    content = visit.store.upload_content(upload.id)
    if file.correspondent is not None:
        seen = Happened("file_opened", {"file": upload.id, "case": file.case.id})
        moment = visit.moment()
        visit.store.apply([Change(about(file.correspondent), moment, events=[seen])])
    kind, ending = _KINDS[upload.kind]
    # A name of our own: theirs could say anything, and a browser must never open it by itself.
    name = f"case-{number}-{upload.id[-6:]}.{ending}"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, media_type=kind, headers=headers)

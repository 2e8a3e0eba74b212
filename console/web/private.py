"""A patient's private page: opened by an address and a code, works without JavaScript or accounts.

Mail programs and scanners open links by themselves, so opening the address shows a button and does
nothing: only forms act. Nothing is shown there of the case or of anybody's name.
"""

from __future__ import annotations

import secrets
import tomllib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData, UploadFile

from cases.access import digest_of
from cases.casefile import CaseFile
from cases.changes import Change, Moment
from cases.models import ContactPoint, Link
from cases.needs import IllegalMove
from cases.store import Store
from cases.talking import consent, links, privately
from cases.viewers import ENGINE
from console.web.asked import Given
from console.web.pages import templates
from console.web.visits import Console, console_of, csrf_of, from_here, new_token

router = APIRouter(include_in_schema=False)
_AGAIN = 8  # others may be writing in the same case
_TEXTS = Path(__file__).parent / "templates" / "private_words.toml"
LANGUAGES = ("en", "es")
_HEADERS = {"X-Robots-Tag": "noindex, nofollow, noarchive"}


@cache
def spoken(language: str) -> Mapping[str, Any]:
    """Return what the page says in a language."""
    found: Mapping[str, Any] = tomllib.loads(_TEXTS.read_text(encoding="utf-8"))[language]
    return found


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody at a private page: the page, its case, their cookie, and how the page stands."""

    console: Console
    token: str
    link: Link
    file: CaseFile
    cookie: str
    language: str

    @property
    def store(self) -> Store:
        return self.console.store

    @property
    def broken(self) -> str:
        return links.works(self.link, self.file, self.console.clock())

    @property
    def is_in(self) -> bool:
        now = self.console.clock()
        return not self.broken and links.is_open(self.link, self.cookie, now)

    @property
    def here(self) -> str:
        return f"/p/{self.token}?lang={self.language}"

    def moment(self) -> Moment:
        return self.console.moment(links.BY)

    def again(self) -> Guest:
        """Return the same guest, as the record stands now."""
        return _guest(self.console, self.token, self.cookie, self.language)


class NoPage(HTTPException):
    """There is no page behind this address, or its form has expired (403)."""

    def __init__(self, status: int = 404) -> None:
        super().__init__(status)


def nowhere(_: Request, error: Exception) -> Response:
    """Tell whoever stands before no page, in both languages: nobody knows who it is."""
    status = getattr(error, "status_code", 404)
    html = templates.get_template("private_nowhere.html").render(
        status=status, said=[(each, spoken(each)) for each in LANGUAGES]
    )
    return HTMLResponse(html, status, _HEADERS)


def _cookie_name(console: Console) -> str:
    return "__Secure-amends-page" if console.is_https else "amends-page"


def _guest(console: Console, token: str, cookie: str, language: str) -> Guest:
    store = console.store
    link = store.link(digest_of(token.strip().lower()))
    if link is None:
        raise NoPage
    file = store.case_file(link.case_id, ENGINE)
    if file.case.merged_into_id is not None:  # what they say belongs to the case that goes on
        file = store.case_file(file.case.merged_into_id, ENGINE)
    known = file.correspondent.language[:2] if file.correspondent else ""
    chosen = next((each for each in (language, known) if each in LANGUAGES), "en")
    return Guest(console, token, link, file, cookie, chosen)


def arrived(request: Request, token: str, lang: str = "") -> Guest:
    """Find the page somebody asks for. Raises NoPage."""
    console = console_of(request)
    return _guest(console, token, request.cookies.get(_cookie_name(console), ""), lang)


At = Annotated[Guest, Depends(arrived)]


async def sent(request: Request, at: At) -> AsyncIterator[FormData]:
    """Read a form of ours; files only from somebody who showed the code."""
    if not from_here(request):
        raise NoPage(403)
    if request.url.path.endswith("/files") and not at.is_in:
        raise NoPage(403)
    form = await request.form(max_files=privately.MOST_FILES + 1, max_fields=60)
    given = str(form.get("csrf") or "")
    try:
        if not at.cookie or not secrets.compare_digest(given.encode(), csrf_of(at.cookie).encode()):
            raise NoPage(403)
        yield form
    finally:
        await form.close()


Sent = Annotated[FormData, Depends(sent)]


@router.get("/p/{token}")
def show(at: At, done: str = "") -> Response:
    """Show the page as it stands: a button, a field for the code, or all there is to do."""
    return _page(at, done=done if done in spoken(at.language)["done"] else "")


@router.post("/p/{token}/code")
def ask_code(at: At, form: Sent) -> Response:
    """Send a code to them."""
    del form
    if at.broken:
        return _page(at)
    trouble = _made(at, lambda guest: links.ask_code(guest.link, guest.file, guest.moment()))
    return _page(at.again(), trouble) if trouble else RedirectResponse(at.here, 303)


@router.post("/p/{token}/open")
def open_page(at: At, form: Sent) -> Response:
    """Look at a code; the right one opens the page for this browser, under a new cookie."""
    if at.broken:
        return _page(at)
    fresh, code = new_token(), str(form.get("code") or "")[:20]
    tried: list[Change] = []

    def ask(guest: Guest) -> Change:
        sign = guest.store.sealer.sign
        change = links.try_code(guest.link, guest.file, code, fresh, sign, guest.moment())
        tried.append(change)
        return change

    if trouble := _made(at, ask):
        return _page(at.again(), trouble)
    if not tried[-1].sets[0].values.get("opened"):
        return _page(at.again(), "wrong")
    answer = RedirectResponse(at.here, 303)
    _keep(answer, at.console, fresh)
    return answer


@router.post("/p/{token}/stop")
def stop(at: At, form: Sent) -> Response:
    """End a way of reaching them; without the code only the one this page came by."""
    if at.broken not in ("", "locked"):
        return _page(at)
    chosen = {str(each) for each in form.getlist("point")}
    own = [each for each in at.file.points if at.is_in and each.id in chosen]
    came_by = [each for each in at.file.points if each.id == at.link.point_id]
    points = own if at.is_in else came_by
    if not points:
        return _page(at, "choose")
    for point in points:
        if trouble := _made(at, lambda guest, point=point: _stopped(guest, point)):  # type: ignore[misc]
            return _page(at.again(), trouble)
    return RedirectResponse(f"{at.here}&done=stop", 303)


def _stopped(guest: Guest, point: ContactPoint) -> Change:
    store = guest.store
    known, waiting = store.behind(store.known_points([point.channel], point.index))
    how, practice = "on their private page", store.practice_as_subject()
    moment = guest.moment()
    return consent.stop(point.index, point.channel, how, moment, known, waiting, practice)


@router.post("/p/{token}/files")
def hand_in(at: At, form: Sent) -> Response:
    """Take in photos and documents."""
    uploads = [each for each in form.getlist("file") if isinstance(each, UploadFile)]
    files = [
        privately.Handed(each.filename or "", each.file.read(privately.LARGEST + 1))
        for each in uploads
        if each.filename
    ]

    def ask(guest: Guest) -> Change:
        there = guest.store.count_uploads(guest.link.id)
        return privately.hand_in(guest.file, guest.link, files, there, guest.moment())

    return _done(at, "files", ask, Given())


@router.post("/p/{token}/leave")
def leave(at: At, form: Sent) -> Response:
    """Close the page in this browser."""
    del form
    _made(at, lambda guest: links.left(guest.link, guest.moment()))
    return RedirectResponse(at.here, 303)


@router.post("/p/{token}/{what}")
def say(at: At, form: Sent, what: str) -> Response:
    """Take in what they tell: their story or its draft, their wishes, their answers afterwards."""
    given = Given(what, form)
    asks = {"story": _story, "draft": _draft, "call": _wished, "after": _afterwards}
    if what not in asks:
        raise NoPage
    name = "draft" if given.word("keep") else what
    return _done(at, name, lambda guest: asks[name](guest, given), given)


def _story(guest: Guest, given: Given) -> Change:
    return privately.tell(guest.file, guest.link, given.one("story"), guest.moment())


def _draft(guest: Guest, given: Given) -> Change:
    return privately.keep_draft(guest.link, given.one("story"), guest.moment())


def _wished(guest: Guest, given: Given) -> Change:
    wishes = privately.Wishes(
        way=given.word("way") if given.word("way") in privately.WAYS else "",
        days=[each for each in privately.DAYS if each in given.many("day")],
        parts=[each for each in privately.PARTS if each in given.many("part")],
        note=given.word("note"),
        no_voicemail=bool(given.word("no_voicemail")),
        interpreter=bool(given.word("interpreter")),
    )
    return privately.wish(guest.file, wishes, guest.moment())


def _afterwards(guest: Guest, given: Given) -> Change:
    said = privately.Afterwards(given.word("resolved"), given.word("feels"), given.word("words"))
    playbook = guest.store.playbook()
    return privately.say_afterwards(guest.file, guest.link, said, playbook, guest.moment())


def _done(at: Guest, what: str, ask: Callable[[Guest], Change], given: Given) -> Response:
    """Make a move of somebody who showed the code, and lead them on; or say what is wrong."""
    if not at.is_in:
        return _page(at, "closed" if not at.broken else "", given=given)
    if trouble := _made(at, ask):
        return _page(at.again(), trouble, what, given)
    return RedirectResponse(f"{at.here}&done={what}", 303)


def _made(at: Guest, ask: Callable[[Guest], Change]) -> str:
    """Ask the rule and write its answer; return a code of why not, or ""."""
    for _ in range(_AGAIN):
        try:
            applied = at.store.apply([ask(at)])
        except IllegalMove as error:
            known = spoken(at.language)["trouble"]
            return error.missing[0] if error.missing[0] in known else "later"
        if applied.applied:
            return ""
        at = at.again()
    return "later"


def _page(at: Guest, trouble: str = "", what: str = "", given: Given | None = None,
          *, done: str = "") -> HTMLResponse:  # fmt: skip
    cookie = at.cookie or new_token()
    given = given or Given()
    words, file, now = spoken(at.language), at.file, at.console.clock()
    template, status = _which(at)
    html = templates.get_template(template).render(
        words=words,
        language=at.language,
        other=next(each for each in LANGUAGES if each != at.language),
        base=f"/p/{at.token}",
        csrf=csrf_of(cookie),
        clinic=file.clinic.sender_name or file.clinic.name,
        phone=file.clinic.phone,
        trouble=words["trouble"].get(trouble, "") if trouble else "",
        what=what,
        done=words["done"].get(done, ""),
        given=given,
        why=at.broken,
        waits=at.link.code_at is not None and now - at.link.code_at < links.CODE_HOLDS,
        code_to=at.link.code_to,
        left=links.TRIES - at.link.tries,
        draft=given.one("story") if given.move in ("story", "draft") else at.link.draft or "",
        longest=privately.LONGEST,
        points=[(p, masked(p)) for p in file.points if file.usable(p)] if at.is_in else [],
        choices=privately,
        resolved=file.case.resolved_at is not None,
        files=at.store.count_uploads(at.link.id) if at.is_in else 0,
    )
    if trouble and status == 200:
        status = 429 if trouble in ("wait", "too_many") else 422
    answer = HTMLResponse(html, status, _HEADERS)
    if not at.cookie:
        _keep(answer, at.console, cookie)
    return answer


def _which(at: Guest) -> tuple[str, int]:
    if at.broken:
        return "private_gone.html", 410
    return ("private_page.html" if at.is_in else "private_door.html"), 200


def masked(point: ContactPoint) -> str:
    """Return the end of a number, or the beginning of an address: enough to know one's own."""
    value = point.value or ""
    if point.channel == "email":
        name, _, domain = value.partition("@")
        return f"{name[:1]}…@{domain}"
    return f"…{value[-2:]}"


def _keep(answer: Response, console: Console, cookie: str) -> None:
    answer.set_cookie(
        _cookie_name(console), cookie, secure=console.is_https, httponly=True,
        samesite="lax", path="/p/", max_age=int(links.OPEN_FOR.total_seconds()),
    )  # fmt: skip

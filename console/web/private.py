"""A patient's private page: opened by an address and a code, works without JavaScript or accounts.

Mail programs and scanners open links by themselves, so opening the address shows a button and does
nothing: only forms act. Nothing is shown there of the case or of anybody's name.
"""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import UploadFile

from cases.changes import Change
from cases.models import ContactPoint
from cases.needs import IllegalMove
from cases.talking import consent, links, privately
from console.web.asked import Given
from console.web.guests import HEADERS, LANGUAGES, At, Guest, NoPage, Sent, cookie_name, spoken
from console.web.pages import templates
from console.web.visits import Console, csrf_of, new_token

router = APIRouter(include_in_schema=False)
_AGAIN = 8  # others may be writing in the same case


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
    answer = HTMLResponse(html, status, HEADERS)
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
        cookie_name(console), cookie, secure=console.is_https, httponly=True,
        samesite="lax", path="/p/", max_age=int(links.OPEN_FOR.total_seconds()),
    )  # fmt: skip

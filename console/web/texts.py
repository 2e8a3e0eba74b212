"""Where Twilio calls in: how a text of ours stands, and what somebody texted.

Its signature lets it in; a wrong one, another account's, an old report or an unknown token changes
nothing. A STOP is written before Twilio gets its answer.
"""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response
from starlette.concurrency import run_in_threadpool

from cases.casefile import CaseFile
from cases.changes import Change, Moment
from cases.models import Clinic, ContactPoint, Person, Role
from cases.store import Store
from cases.talking import evidence, texted
from cases.talking.delivery import OPTED_OUT
from cases.talking.opt_out import asked
from cases.talking.texted import Caller
from cases.viewers import ENGINE
from console.web.visits import Console, console_of
from notifications import twilio_hooks as twilio
from notifications.messages import fixed

router = APIRouter(include_in_schema=False)
_TRIES = 8  # others may be writing about the same person
_BY = "texts"


@router.post(twilio.CALLBACK_PATH + "{token}")
async def status(request: Request, token: str) -> Response:
    """Take in how a text stands. 204, also for what is no news."""
    return await _answered(request, lambda console, form: _status(console, token, form))


@router.post(twilio.TEXT_PATH)
async def text(request: Request) -> Response:
    """Take in what somebody texted; answered with the text that is sent back, mostly none."""
    return await _answered(request, _text)


Handler = Callable[[Console, dict[str, str]], Response]


async def _answered(request: Request, handler: Handler) -> Response:
    body, console = await request.body(), console_of(request)
    signature = request.headers.get("x-twilio-signature", "")
    return await run_in_threadpool(_checked, console, request.url.path, body, signature, handler)


def _checked(
    console: Console, path: str, body: bytes, signature: str, handler: Handler
) -> Response:
    settings = console.settings
    secret = settings.twilio_token.get_secret_value() if settings.texts == "twilio" else ""
    try:
        form = twilio.form_of(body)
        twilio.verify(secret, settings.public_url, path, form, signature)
        return handler(console, form)
    except twilio.Forged:
        return PlainTextResponse("not from there", 403)
    except twilio.Unreadable:
        return PlainTextResponse("unreadable", 400)


def _status(console: Console, token: str, form: dict[str, str]) -> Response:
    said = twilio.report(form, console.settings.twilio_account)
    moment = console.moment(_BY)
    for _ in range(_TRIES):
        waiting = console.store.by_token(token, moment.now)
        if waiting is None:
            break
        untold = console.store.untold(waiting.notice)
        change = evidence.reported(waiting, said.sid, said.state, said.error, moment, untold)
        if change is None:
            break
        if console.store.apply([change]).applied:
            _call_is_needless(console.store, change.subject.id, moment)
            break
    else:
        return PlainTextResponse("later", 503)  # Twilio asks again
    return Response(status_code=204)


def _call_is_needless(store: Store, notice_id: str, moment: Moment) -> None:
    notice = store.notice(notice_id)
    if notice is None or notice.task_id in ("", evidence.NO_TASK) or notice.code == OPTED_OUT:
        return
    file = store.case_file(notice.case_id or "", ENGINE)
    if change := evidence.needless(file, notice, moment):
        store.apply([change])


def _text(console: Console, form: dict[str, str]) -> Response:
    came = twilio.texted(form, console.settings.twilio_account)
    for _ in range(_TRIES):
        if console.store.has_arrived(texted.digest_of(came.sid)):
            return _xml(twilio.SILENCE)
        change, answer = _what_follows(console, came)
        if console.store.apply([change]).applied:
            return _xml(twilio.saying(answer) if answer else twilio.SILENCE)
    return PlainTextResponse("later", 503)


def _what_follows(console: Console, came: twilio.Texted) -> tuple[Change, str]:
    """Return what is written, and the fixed words that are texted back at once, if any."""
    store, moment = console.store, console.moment(_BY)
    caller, found = _caller(store, came.number), asked(came.text)
    practice, sid, words = store.practice_as_subject(), came.sid, _words(came)
    if found.meaning == "stop":
        confirm = not came.answered
        return texted.stopped(caller, found, words, sid, confirm, practice, moment), ""
    if found.meaning == "start" and texted.may_start(caller):
        change = texted.started(caller, words, sid, practice, moment)
        return change, "" if came.answered else _fixed("started_sms", store, caller)
    if found.meaning == "help":
        change = texted.asked_for_help(caller, words, sid, moment)
        return change, "" if came.answered else _fixed("help_sms", store, caller)
    if found.meaning == "wrong" and caller.points:
        return texted.wrong_number(caller, words, sid, moment), ""
    if caller.file is not None:
        return texted.words(caller.file, caller, words, sid, moment), ""
    return texted.which_case(words, sid, came.number, _readers(store), moment), ""


def _words(came: twilio.Texted) -> str:
    """Return what they texted; pictures stay with Twilio, and staff are told of them."""
    more = f"({came.pictures} picture{'s' * (came.pictures > 1)} with it)" if came.pictures else ""
    return "\n".join(filter(None, [came.text, more])) or "(an empty text)"


def _caller(store: Store, number: str) -> Caller:
    index = store.index("sms", number)
    points = store.known_points(["sms", "phone"], index)
    people, waiting = store.behind(points)
    people = [each for each in people if each.undone_at is None]
    file = _file(store, points)
    return Caller(index, points, people, waiting, store.consents_of(index), file)


def _file(store: Store, points: list[ContactPoint]) -> CaseFile | None:
    """Return the case a text is about: the only one, or the one we texted about last."""
    cases = store.cases_of(points)
    last = store.last_message(points)
    about = {case.id for case in cases}
    if last is not None and last.case_id in about:
        return store.case_file(last.case_id or "", ENGINE)
    open_ones = [case for case in cases if case.closed_at is None] or cases
    return store.case_file(open_ones[0].id, ENGINE) if len(open_ones) == 1 else None


def _fixed(name: str, store: Store, caller: Caller) -> str:
    return fixed(name, _clinic(store, caller), _language(caller))


def _clinic(store: Store, caller: Caller) -> Clinic | None:
    """Return who we are to them; a number nobody knows is told of the only clinic there is."""
    if caller.file is not None:
        return caller.file.clinic
    clinics = list(store.clinics().values())
    mine = [c for c in clinics if c.id in {who.clinic_id for who in caller.people}]
    return next(iter(mine or clinics * (len(clinics) == 1)), None)


def _language(caller: Caller) -> str:
    return next((who.language for who in caller.people), "en")


def _readers(store: Store) -> list[Person]:
    """Return who finds out whose a text is: the clinics' directors, else the administrators."""
    people = store.people()
    directors = {clinic.director_id for clinic in store.clinics().values()}
    found = [p for p in people.values() if p.active and p.id in directors]
    return found or [p for p in people.values() if p.active and p.role == Role.ADMINISTRATOR]


def _xml(content: str) -> Response:
    return Response(content, media_type="text/xml")

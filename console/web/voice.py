"""Calls from the case: one tap rings whoever is signed in, and what Twilio asks and tells of it.

The only page that calls outside: a tap that rings at the engine's next round would be no tap. It
is written down before, so a call nobody heard back of is known to be one.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import PlainTextResponse, Response

from cases.addresses import AddressError, phone
from cases.casefile import CaseFile
from cases.changes import Change, Moment
from cases.models import Call, ContactPoint
from cases.needs import IllegalMove
from cases.ports import ChannelError
from cases.talking import calls
from cases.viewers import ENGINE
from console.web.asked import CaseNumber, Form, Given
from console.web.case import page
from console.web.pages import Trouble, go_on
from console.web.saying import plain
from console.web.visits import Console, Signed, Visit, console_of
from notifications import twilio_hooks
from notifications.voice import PATH, SILENCE, Voice, ask_to_press, connect, voice

router = APIRouter(include_in_schema=False)
_AGAIN = 5
_RINGS = timedelta(seconds=60)  # so long a second tap is taken for the first one, repeated
_STALE = timedelta(minutes=10)  # nobody presses 1 later than that


@router.post("/cases/{number}/ring")
def ring(request: Request, visit: Signed, number: CaseNumber, form: Form) -> Response:
    """Ring whoever is signed in; who presses 1 is put through to the correspondent."""
    given = Given("contact", form)
    try:
        _ring(visit, number, given)
    except IllegalMove as error:
        return page(request, visit, number, Trouble(plain(error.missing)), given)
    return go_on(f"/cases/{number}?open=call#call", "ringing")


def _ring(visit: Visit, number: int, given: Given) -> None:
    file = visit.store.case_file(number, visit.viewer)
    found, mine = voice(visit.settings), _own_number(visit)
    if found is None:
        raise IllegalMove("call", ["no telephone company is set: dial the number yourself"])
    _refuse_twice(visit, file)
    chosen = given.word("point")
    change = calls.dial(
        file, next((p for p in file.points if p.id == chosen), None), visit.moment()
    )
    if not visit.store.apply([change]).applied:
        raise IllegalMove("call", ["somebody changed it meanwhile: look at it as it is now"])
    try:
        said = found.ring(change.subject.id, mine, file.clinic.phone)
    except ChannelError as error:
        fault = error
        _note(visit.console, change.subject.id, lambda call, moment: calls.not_rung(
            call, fault.code, fault.sent, moment), visit.person.id)  # fmt: skip
        doubt = "it cannot be known whether your telephone will ring"
        told = doubt if error.sent is None else "your telephone could not be rung: dial yourself"
        raise IllegalMove("call", [f"{told} ({error.code})"]) from None
    provider_id = said.provider_id
    _note(visit.console, change.subject.id,
          lambda call, moment: calls.rung(call, provider_id, moment), visit.person.id)  # fmt: skip


def _own_number(visit: Visit) -> str:
    try:
        return phone(visit.person.phone)
    except AddressError:
        raise IllegalMove(
            "call", ["no telephone number of yours is recorded: an administrator adds it"]
        ) from None


def _refuse_twice(visit: Visit, file: CaseFile) -> None:
    for call in visit.store.calls(file.case.id):
        recent = visit.now - call.asked_at < _RINGS and call.ended_at is None
        if recent and call.person_id == visit.person.id:
            raise IllegalMove("call", ["your telephone rings for this call already"])


def _note(
    console: Console, call_id: str, ask: Callable[[Call, Moment], Change | None], by: str
) -> None:
    """Write what is heard of a call; where Twilio tells several things at once, one by one."""
    for _ in range(_AGAIN):
        call = console.store.call(call_id)
        change = ask(call, console.moment(by)) if call is not None else None
        if change is None or console.store.apply([change]).applied:
            return


# What Twilio asks and tells

_BY = "twilio"


async def _body(request: Request) -> bytes:
    return await request.body()


Body = Annotated[bytes, Depends(_body)]


@router.post(PATH + "{call_id}/{step}")
def told(request: Request, call_id: str, step: str, body: Body) -> Response:
    """Answer Twilio: what to say, whom to put through; or take in how the call stands."""
    console = console_of(request)
    found = voice(console.settings)
    steps = {"answer": _answer, "connect": _connect, "dialed": _dialed, "status": _status}
    if found is None or step not in steps:
        return PlainTextResponse("not here", 404)
    try:
        form = _signed(console, request, body)
    except twilio_hooks.Forged:
        return PlainTextResponse("not from there", 403)
    except twilio_hooks.Unreadable:
        return PlainTextResponse("unreadable", 422)
    call = console.store.call(call_id)
    if call is None or (call.provider_id and form.get("CallSid") != call.provider_id):
        return PlainTextResponse("not here", 404)
    said = steps[step](console, found, call, form)
    return Response(said, media_type="text/xml")


def _signed(console: Console, request: Request, body: bytes) -> dict[str, str]:
    settings, form = console.settings, twilio_hooks.form_of(body)
    token = settings.twilio_token.get_secret_value()
    signature = request.headers.get("x-twilio-signature", "")
    twilio_hooks.verify(token, settings.public_url, request.url.path, form, signature)
    if form.get("AccountSid") != settings.twilio_account:
        raise twilio_hooks.Forged
    return form


def _answer(console: Console, found: Voice, call: Call, form: dict[str, str]) -> str:
    del form
    _note(console, call.id, lambda now, moment: calls.heard_of(now, "answered", moment), _BY)
    return ask_to_press(found.address(call.id, "connect")) if _is_fresh(console, call) else SILENCE


def _is_fresh(console: Console, call: Call) -> bool:
    """Tell whether a call still goes on: a replay of what Twilio asked earlier rings nobody."""
    return call.ended_at is None and console.clock() - call.asked_at < _STALE


def _connect(console: Console, found: Voice, call: Call, form: dict[str, str]) -> str:
    """Put them through, if the number may still be rung: a STOP or a hold may have come."""
    if form.get("Digits") != "1" or not _is_fresh(console, call):
        return SILENCE
    file = console.store.case_file(call.case_id, ENGINE)
    point = _point(file, call)
    if point is None or not point.value or calls.barred(file, point, console.clock()):
        _note(console, call.id, calls.stopped, _BY)
        return SILENCE
    _note(console, call.id, calls.answered, _BY)
    return connect(point.value, file.clinic.phone, found.address(call.id, "dialed"))


def _point(file: CaseFile, call: Call) -> ContactPoint | None:
    return next((point for point in file.points if point.id == call.point_id), None)


def _dialed(console: Console, found: Voice, call: Call, form: dict[str, str]) -> str:
    del found
    status, lasted = form.get("DialCallStatus", ""), form.get("DialCallDuration", "0")
    seconds = int(lasted) if lasted.isascii() and lasted.isdigit() and len(lasted) < 7 else 0
    _note(console, call.id, lambda now, at: calls.leg_over(now, status, seconds, at), _BY)
    return SILENCE


def _status(console: Console, found: Voice, call: Call, form: dict[str, str]) -> str:
    del found
    status = form.get("CallStatus", "")
    _note(console, call.id, lambda now, at: calls.heard_of(now, status, at), _BY)
    return SILENCE

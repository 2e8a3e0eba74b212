"""Where platforms call in: a push is verified, kept sealed and answered at once; read it is later.

No session and no form of ours is behind these calls: the platform's signature is what lets them
in. So nothing here reads what came, and a forged call costs one digest and leaves nothing.
"""

from __future__ import annotations

from functools import partial

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response
from starlette.concurrency import run_in_threadpool

from cases.arriving.arrivals import LARGEST, arrive
from cases.models import Source
from cases.ports import PlatformError, Pushes
from cases.settings import SettingsError
from console.web.visits import Console, console_of
from reviews import pushes
from reviews.access import access_for

router = APIRouter(include_in_schema=False)


@router.get("/hooks/{name}")
def shake_hands(request: Request, name: str) -> Response:
    """Answer a platform that asks whether this address is ours."""
    console = console_of(request)
    found = _reader(console, name)
    answer = found[1].answer(dict(request.query_params)) if found else None
    if answer is None:
        return PlainTextResponse("not here", 404 if found is None else 403)
    kind = "application/json" if answer.startswith("{") else "text/plain"
    return Response(answer, media_type=kind)


@router.post("/hooks/{name}")
async def take(request: Request, name: str) -> Response:
    """Keep what a platform pushes, once; 204 also for what came before."""
    body = await request.body()
    if len(body) > LARGEST:
        return PlainTextResponse("too large", 413)
    headers = {key.lower(): value for key, value in request.headers.items()}
    # The database and the signature's arithmetic must not hold up other calls.
    return await run_in_threadpool(_kept, console_of(request), name, body, headers)


def _kept(console: Console, name: str, body: bytes, headers: dict[str, str]) -> Response:
    found = _reader(console, name)
    if found is None:
        return PlainTextResponse("not here", 404)
    source, reader = found
    try:
        reader.verify(body, headers, console.clock())
    except PlatformError as error:
        # What cannot be checked now (a key that is not there yet) is pushed again by the platform.
        forged = error.trouble == "forged"
        return PlainTextResponse("not from there" if forged else "later", 401 if forged else 503)
    change = arrive("push", source.id, body, headers, console.moment(f"hook:{source.name}"))
    if not console.store.has_arrived(change.adds[0].values["digest"]):
        console.store.apply([change])  # stale where its twin was quicker
    return Response(status_code=204)


def _reader(console: Console, name: str) -> tuple[Source, Pushes] | None:
    """Return the source of that name and what reads its pushes; None where it takes none."""
    source = next((s for s in console.store.sources() if s.name == name), None)
    if source is None:
        return None
    try:
        kept = partial(console.store.tokens, source.id)
        reader = pushes(source, access_for(source, console.settings, kept))
    except SettingsError:
        return None
    return (source, reader) if reader is not None else None

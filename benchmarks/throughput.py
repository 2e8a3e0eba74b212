"""E-mails and texts a second through the outbox, beside the bare libraries' own loops.

Both hand the same messages to the same server on this machine, in a process of its own, in the same
run. Bare is what somebody would write without an outbox: python-emails' send_async over one shared
connection, and Twilio's client with a connection kept open; nothing is claimed, settled or kept.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from datetime import timedelta
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

from emails.backend.smtp import AsyncSMTPBackend
from emails.message import Message as Letter
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from benchmarks.figures import Row, in_turn, tell
from benchmarks.ground import KINDS, Kind, Shelf, shelf, some_reviews
from benchmarks.post import Post, post_office
from cases.arriving.opening import Practised, take_in
from cases.judging.triage import triage
from cases.ports import Message
from cases.store import Store
from cases.talking import conversation, correspondents
from cases.talking.correspondents import Point, Who
from cases.viewers import ENGINE
from flows import deliver
from flows.house import House
from notifications.messages import render
from tests.builders import DIRECTOR, T0, moment

GOAL = 0.7  # of the bare loop, with the outbox's safety
MESSAGES, ROUNDS = 400, 3
_NOW = T0 + timedelta(hours=2)  # late morning: texts may leave
_AREAS = ("212", "646", "917", "718", "347", "929")  # one zone; a hundred sample numbers each
_MAIL = (
    "Thank you for telling us.\n\nWe would like to hear from you. "
    "Please call Dana Field at +1 212-555-0100.",
    "A word from Elm Street",
)
_TEXT = ("Elm Street here: please call Dana Field, +1 212-555-0100. Reply STOP to opt out.", "")
LIBRARY = {"email": "python-emails", "sms": "twilio"}


def figures(kind: Kind, channel: str, count: int, rounds: int) -> Row:
    """Return how many leave a second, ours beside the bare library's."""
    with shelf(kind) as ground, post_office() as post:
        ground.found()
        messages = _approved(ground, post, channel, count)
        letters = [_bare_letter(each) for each in messages] if channel == "email" else []
        taken = in_turn(
            rounds,
            ours=lambda: _ours(ground, post, count),
            bare=lambda: _bare(post, letters, messages),
        )
    return {
        "what": f"{channel} to patients",
        "database": kind,
        "size": count,
        "ours /s": count / taken["ours"],
        "beside": f"{LIBRARY[channel]}'s loop",
        "bare /s": count / taken["bare"],
        "share": taken["bare"] / taken["ours"],
    }


def _approved(ground: Shelf, post: Post, channel: str, count: int) -> list[Message]:
    """Fill "approved": so many cases, each with one message that waits; return what they say."""
    store = ground.open("founded")
    _open_cases(store, count)
    house = _house(store, ground, post)
    deliver.run(house)  # what the owners are told
    for number in range(1, count + 1):
        _approve(store, number, channel)
    waiting = store.waiting(_NOW, [channel], count)
    messages = [render(each, house.settings.public_url, "", house.ways) for each in waiting]
    store.close()
    return messages


def _open_cases(store: Store, count: int) -> None:
    clinic = next(iter(store.clinics().values()))
    known = Practised(clinic, store.people(), store.playbook())
    changes = []
    for each in some_reviews(count):
        judged = triage(each.text, 1, None)
        changes.append(take_in(each, judged, known, None, moment(T0, "intake")))
    if len(store.apply(changes).applied) != count:
        raise RuntimeError("not every review became a case")


def _approve(store: Store, number: int, channel: str) -> None:
    value = f"patient{number}@mail.example"
    if channel == "sms":
        value = f"+1{_AREAS[number // 100 % 6]}55501{number % 100:02}"
    at = moment(_NOW - timedelta(hours=1), DIRECTOR)
    who = Who(f"Sample {number}", "patient", "self", "they wrote to us themselves")
    point = Point(channel, value, store.index(channel, value))
    store.apply([correspondents.match(store.case_file(number, ENGINE), who, [point], at)])
    file = store.case_file(number, ENGINE)
    words = _MAIL if channel == "email" else _TEXT
    applied = store.apply([conversation.write(file, file.points[0], *words, at)])
    if not applied.applied:
        raise RuntimeError("a message was not approved")


def _house(store: Store, ground: Shelf, post: Post) -> House:
    return House(post.settings(ground.folder), store, "deliver", _NOW)


def _ours(ground: Shelf, post: Post, count: int) -> float:
    """Deliver what waits in a fresh copy: claimed, handed over, settled."""
    store = ground.open(ground.copy("founded", "run"))
    house = _house(store, ground, post)
    begun = perf_counter()
    sent = deliver.run(house)["sent"]
    taken = perf_counter() - begun
    store.close()
    ground.drop("run")
    post.collect()
    if sent != count:
        raise RuntimeError(f"{sent} of {count} left")
    return taken


def _bare(post: Post, letters: Sequence[Letter], texts: Sequence[Message]) -> float:
    begun = perf_counter()
    asyncio.run(_mail_loop(post.address[0], letters)) if letters else _text_loop(post, texts)
    taken = perf_counter() - begun
    post.collect()
    return taken


async def _mail_loop(port: int, letters: Sequence[Letter]) -> None:
    backend = AsyncSMTPBackend(host="127.0.0.1", port=port, timeout=60)
    for each in letters:
        answer = await each.send_async(smtp=backend)
        if answer is None or not answer.success:
            raise RuntimeError("the bare loop was refused")
    await backend.close()


def _bare_letter(message: Message) -> Letter:
    return Letter(
        mail_from=("Sample Practice", "care@practice.example"),
        mail_to=message.to,
        subject=message.subject,
        text=message.text,
        html=message.html,
        message_id=message.message_id,
    )


class _ToOurs(TwilioHttpClient):  # type: ignore[misc]
    """Twilio's own client, sent to our server: only scheme and host are another's."""

    def __init__(self, base: str) -> None:
        super().__init__(timeout=10)
        self._base = base

    def request(self, method: str, url: str, *given: Any, **more: Any) -> Any:
        return super().request(method, self._base + urlsplit(url).path, *given, **more)


def _text_loop(post: Post, texts: Sequence[Message]) -> None:
    _, base, account, token = post.address
    client = Client(account, token, http_client=_ToOurs(base))
    for number, each in enumerate(texts):
        back = f"https://amends.example/hooks/twilio/status/bare-{number}"
        client.messages.create(
            to=each.to, from_="+12125550199", body=each.text, status_callback=back
        )


def main() -> None:
    """Print the figures; leave with 1 where the goal is missed."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--count", type=int, default=MESSAGES)
    asked.add_argument("--rounds", type=int, default=ROUNDS)
    asked.add_argument("--json", action="store_true")
    given = asked.parse_args()
    rows = [
        figures(kind, channel, given.count, given.rounds) for kind in KINDS for channel in LIBRARY
    ]
    tell(rows, as_json=given.json)
    sys.exit(any(float(row["share"]) < GOAL for row in rows))


if __name__ == "__main__":
    main()

"""What each fault of a mail server comes to, from the claim to the last try, over real sockets.

A patient never gets a second copy; what is in doubt is shown to a person instead. Beside it, what
the library does by itself.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiosmtplib
import pytest
import trustme
from emails.backend.smtp import AsyncSMTPBackend
from emails.message import Message as Letter
from pydantic import SecretStr

from cases.changes import Moment
from cases.models import Notice, NoticeState
from cases.talking import conversation
from flows import deliver
from flows.house import House
from tests.builders import DIRECTOR, HOUR
from tests.fakes import Mailbox
from tests.story import Story

PATIENT = "pat@mail.example"
WORDS = ("We would like to hear from you. Please call +1 212-555-0100.", "A word from Elm Street")
_LATER = (timedelta(minutes=2), timedelta(minutes=10), HOUR, HOUR * 5, HOUR * 20)
ACCEPTED, REFUSED, UNKNOWN = NoticeState.ACCEPTED, NoticeState.REFUSED, NoticeState.UNKNOWN
PENDING = NoticeState.PENDING


@dataclass(frozen=True)
class Cell:
    """A fault that happens once; the notice after the first try and in the end; copies taken."""

    fault: Callable[[Mailbox], None]
    first: str
    end: str
    copies: int
    code: str = ""
    settings: dict[str, Any] = field(default_factory=dict)


CELLS = {
    "no fault": Cell(lambda b: None, ACCEPTED, ACCEPTED, 1, "smtp-250"),
    "5xx at MAIL": Cell(lambda b: b.refuse(550, at="mail"), REFUSED, REFUSED, 0, "smtp-550"),
    "5xx at RCPT": Cell(lambda b: b.refuse(550, at="rcpt"), REFUSED, REFUSED, 0, "smtp-550"),
    "5xx at DATA": Cell(lambda b: b.refuse(554, at="start"), REFUSED, REFUSED, 0, "smtp-554"),
    "5xx at the dot": Cell(lambda b: b.refuse(554, at="data"), REFUSED, REFUSED, 0, "smtp-554"),
    "4xx at MAIL": Cell(lambda b: b.refuse(451, at="mail"), PENDING, ACCEPTED, 1, "smtp-451"),
    "4xx at RCPT": Cell(lambda b: b.refuse(450, at="rcpt"), PENDING, ACCEPTED, 1, "smtp-450"),
    "4xx at DATA": Cell(lambda b: b.refuse(421, at="start"), PENDING, ACCEPTED, 1, "smtp-421"),
    "4xx at the dot": Cell(lambda b: b.refuse(452, at="data"), PENDING, ACCEPTED, 1, "smtp-452"),
    "dropped at MAIL": Cell(lambda b: b.drop("mail"), PENDING, ACCEPTED, 1, "dropped"),
    "dropped at RCPT": Cell(lambda b: b.drop("rcpt"), PENDING, ACCEPTED, 1, "dropped"),
    "dropped at DATA": Cell(lambda b: b.drop("start"), PENDING, ACCEPTED, 1, "dropped"),
    "dropped before 250": Cell(lambda b: b.drop_after_data(), UNKNOWN, UNKNOWN, 1, "dropped"),
    "stalled before 250": Cell(
        lambda b: b.stall(30), UNKNOWN, UNKNOWN, 1, "timeout", {"smtp_timeout": 0.2}
    ),
}


def house_of(story: Story, settings: dict[str, Any]) -> House:
    told = story.settings.model_copy(update=settings)
    return House(told, story.store, "deliver", story.now, story.ids)


def approve(story: Story) -> Notice:
    """Approve a mail to the patient; nothing is sent yet."""
    moment = Moment(story.now, DIRECTOR, story.ids)
    change = conversation.write(story.case(), story.way("email"), *WORDS, moment)
    assert story.store.apply([change]).applied
    return story.case().notices[-1]


def now_is(story: Story, notice: Notice) -> Notice:
    return next(each for each in story.case().notices if each.id == notice.id)


def copies(box: Mailbox) -> int:
    return sum(letter.to == PATIENT for letter in box.accepted)


def try_on(story: Story, settings: dict[str, Any]) -> None:
    """Let a day go by, with a delivery every now and then."""
    for later in _LATER:
        story.now += later
        deliver.run(house_of(story, settings))


@pytest.mark.parametrize("cell", CELLS.values(), ids=list(CELLS))
def test_a_fault_ends_as_designed_and_never_in_two_copies(known: Story, cell: Cell) -> None:
    notice = approve(known)
    cell.fault(known.mail)
    deliver.run(house_of(known, cell.settings))
    first = now_is(known, notice)
    assert (first.state, first.code) == (cell.first, cell.code)
    try_on(known, cell.settings)
    assert now_is(known, notice).state == cell.end
    assert copies(known.mail) == cell.copies <= 1
    told = [subject for subject in known.mail_to(DIRECTOR) if "please phone" in subject]
    assert len(told) == (cell.end == UNKNOWN)


def test_one_refused_recipient_does_not_cost_the_other_theirs(known: Story) -> None:
    first, second = approve(known), approve(known)
    known.mail.refuse(452, at="rcpt")
    deliver.run(house_of(known, {}))
    states = sorted(now_is(known, each).state for each in (first, second))
    assert states == [ACCEPTED, PENDING]
    try_on(known, {})
    ids = [letter.message["Message-ID"] for letter in known.mail.accepted if letter.to == PATIENT]
    assert sorted(ids) == sorted([first.message_id, second.message_id])


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def bundle(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


@pytest.fixture
def guarded(authority: trustme.CA) -> Iterator[Mailbox]:
    with Mailbox(tls=authority, login=("care", "right")) as box:
        yield box


def over_tls(box: Mailbox, bundle: Path | None, password: str = "right") -> dict[str, Any]:
    return {
        "smtp_port": box.port,
        "smtp_security": "starttls",
        "smtp_ca": bundle,
        "smtp_user": "care",
        "smtp_password": SecretStr(password),
    }


@pytest.mark.parametrize("flaw", ["bad certificate", "wrong password", "no STARTTLS"])
def test_nothing_leaves_an_unsafe_line_and_it_leaves_once_that_is_mended(
    known: Story, guarded: Mailbox, bundle: Path, flaw: str
) -> None:
    right = over_tls(guarded, bundle)
    wrong = {
        "bad certificate": over_tls(guarded, None),
        "wrong password": over_tls(guarded, bundle, "wrong"),
        "no STARTTLS": right | {"smtp_port": known.mail.port},
    }[flaw]
    notice = approve(known)
    deliver.run(house_of(known, wrong))
    stands = now_is(known, notice)
    assert stands.state == PENDING
    assert stands.code == ("smtp-535" if flaw == "wrong password" else "tls")
    assert copies(guarded) + copies(known.mail) == 0
    try_on(known, right)
    assert now_is(known, notice).state == ACCEPTED
    assert copies(guarded) == 1


# Beside it: the library as it comes


def a_letter() -> Letter:
    return Letter(
        mail_from="care@elm.example", mail_to=PATIENT, subject="A word", text="Please call us."
    )


def by_its_own_loop(box: Mailbox, timeout: float) -> None:
    async def send() -> None:
        backend = AsyncSMTPBackend(host=box.host, port=box.port, timeout=timeout)
        with suppress(aiosmtplib.SMTPException):
            await a_letter().send_async(smtp=backend)

    asyncio.run(send())


def by_its_usual_send(box: Mailbox, timeout: float) -> None:
    with suppress(OSError):
        a_letter().send(smtp={"host": box.host, "port": box.port, "timeout": timeout})
    gc.collect()  # it leaves its socket open: that is told here, and not in another test


its_leak = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@its_leak
@pytest.mark.parametrize("send", [by_its_own_loop, by_its_usual_send])
def test_the_stock_library_sends_two_copies_where_the_line_drops_before_250(
    send: Callable[[Mailbox, float], None],
) -> None:
    with Mailbox() as box:
        box.drop_after_data()
        send(box, 5)
        assert copies(box) == 2


@its_leak
def test_the_stock_library_sends_two_copies_where_the_server_thinks_too_long() -> None:
    with Mailbox() as box:
        box.stall(30)
        by_its_usual_send(box, 0.3)
        assert copies(box) == 2

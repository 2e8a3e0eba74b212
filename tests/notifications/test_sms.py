"""The text channel against a Twilio that refuses, breaks after it sent, and falls silent."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import trustme

from cases.ports import Accepted, ChannelError, Found, Message
from notifications.sms import Sms, _Post
from tests.fakes import Phone

NUMBER = "+12125550123"


def text(**changes: Any) -> Message:
    given: dict[str, Any] = {
        "channel": "sms",
        "to": NUMBER,
        "text": "Elm Street asks you to call +1 212 555 0100. Reply STOP to opt out.",
        "token": "attempt-7",
    }
    return Message(**given | changes)


def channel(phone: Phone, **changes: Any) -> Sms:
    given: dict[str, Any] = {
        "account_sid": phone.account_sid,
        "auth_token": phone.auth_token,
        "messaging_service_sid": "MG" + "0" * 32,
        "base_url": phone.base_url,
        "timeout": 5.0,
    }
    return Sms(**given | changes)


def refused(sms: Sms, one: Message | None = None) -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        asyncio.run(sms.send(one or text()))
    return caught.value


@pytest.fixture
def phone() -> Iterator[Phone]:
    with Phone() as server:
        yield server


def test_a_text_is_taken_once_and_brings_back_its_sid(phone: Phone) -> None:
    accepted = asyncio.run(channel(phone).send(text()))
    (form,) = phone.sent
    assert accepted == Accepted(form["Sid"], "twilio-201")
    assert (form["To"], form["Body"]) == (NUMBER, text().text)
    assert form["MessagingServiceSid"] == "MG" + "0" * 32
    assert form.keys().isdisjoint({"From", "StatusCallback"})


def test_without_a_messaging_service_the_text_comes_from_our_number(phone: Phone) -> None:
    asyncio.run(channel(phone, messaging_service_sid="", from_="+12125550100").send(text()))
    assert phone.sent[0]["From"] == "+12125550100"


def test_the_callback_names_the_attempt_and_nobody_else(phone: Phone) -> None:
    sms = channel(phone, public_url="https://amends.elm.example/")
    asyncio.run(sms.send(text(token="a/b")))
    callback = phone.sent[0]["StatusCallback"]
    assert callback == "https://amends.elm.example/hooks/twilio/status/a%2Fb"


def test_several_texts_at_once_are_each_taken_once(phone: Phone) -> None:
    sms = channel(phone)

    async def all_at_once() -> None:
        await asyncio.gather(*(sms.send(text(text=f"number {n}")) for n in range(12)))

    asyncio.run(all_at_once())
    assert sorted(form["Body"] for form in phone.sent) == sorted(f"number {n}" for n in range(12))


@dataclass(frozen=True)
class Row:
    """A fault, and what the caller must be told."""

    fault: Callable[[Phone], None]
    code: str
    sent: bool | None = False
    permanent: bool = False
    dead: bool = False
    copies: int = 0
    ours: bool = False


def _dead(code: int) -> Row:
    return Row(lambda p: p.fail(400, code), f"twilio-{code}", permanent=True, dead=True)


def _ours(status: int, code: int) -> Row:
    return Row(lambda p: p.fail(status, code), f"twilio-{code}", ours=True)


def _final(status: int, code: int) -> Row:
    return Row(lambda p: p.fail(status, code), f"twilio-{code}", permanent=True)


FAULTS = {
    "said STOP": Row(lambda p: p.stop(NUMBER), "twilio-21610", permanent=True, dead=True),
    **{f"dead number, {code}": _dead(code) for code in (21211, 21614, 21408, 21612, 21217)},
    **{f"ours to mend, {code}": _ours(400, code) for code in (21606, 21212, 21603, 21608, 30034)},
    "too long": _final(400, 21617),
    "not our account": _ours(401, 20003),
    "a refusal nobody knows": _final(400, 29999),
    "too many requests": Row(lambda p: p.fail(429, 20429), "twilio-20429"),
    "too many requests, no code": Row(lambda p: p.fail(429), "twilio-429"),
    "broken": Row(lambda p: p.fail(503, 20503), "twilio-20503", sent=None),
    "sent, then 500": Row(lambda p: p.accept_then_500(), "twilio-500", sent=None, copies=1),
    "sent, then silent": Row(lambda p: p.accept_then_hang(60), "timeout", sent=None, copies=1),
    "sent, then cut": Row(lambda p: p.accept_then_drop(), "dropped", sent=None, copies=1),
}


@pytest.mark.parametrize("row", FAULTS.values(), ids=list(FAULTS))
def test_a_fault_is_told_by_what_it_means_for_the_text(phone: Phone, row: Row) -> None:
    row.fault(phone)
    error = refused(channel(phone, timeout=0.2))
    told = (error.code, error.sent, error.permanent, error.dead_address, error.ours)
    assert told == (row.code, row.sent, row.permanent, row.dead, row.ours)
    assert len(phone.sent) == row.copies
    assert phone.requests == 1


def test_a_wrong_token_reaches_nobody(phone: Phone) -> None:
    error = refused(channel(phone, auth_token="another"))
    assert (error.code, error.sent, error.permanent) == ("twilio-20003", False, False)
    assert error.ours
    assert phone.sent == []


def test_nobody_listening_means_nothing_was_sent() -> None:
    with Phone() as phone:
        sms = channel(phone)
    error = refused(sms)
    assert (error.code, error.sent, error.permanent) == ("refused", False, False)


def test_a_name_nobody_knows_means_nothing_was_sent(phone: Phone) -> None:
    error = refused(channel(phone, base_url="http://twilio.invalid"))
    assert (error.code, error.sent) == ("dns", False)


def test_a_bad_certificate_means_nothing_was_sent() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    heard: list[bytes] = []

    def answer(server: socket.socket) -> None:
        line, _ = server.accept()
        try:
            with context.wrap_socket(line, server_side=True) as secured:
                heard.append(secured.recv(10))
        except ssl.SSLError:
            line.close()

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=answer, args=(server,))
        thread.start()
        with Phone() as phone:
            url = f"https://127.0.0.1:{server.getsockname()[1]}"
            error = refused(channel(phone, base_url=url))
        thread.join(5)
    assert (error.code, error.sent, error.permanent) == ("tls", False, False)
    assert heard == []


def test_an_answer_that_cannot_be_read_is_a_doubt() -> None:
    def answer(server: socket.socket) -> None:
        line, _ = server.accept()
        with line, line.makefile("rb") as request:
            while request.readline().strip():
                pass
            line.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\n<html")

    with socket.create_server(("127.0.0.1", 0)) as server, Phone() as phone:
        thread = threading.Thread(target=answer, args=(server,))
        thread.start()
        error = refused(channel(phone, base_url=f"http://127.0.0.1:{server.getsockname()[1]}"))
        thread.join(5)
    assert (error.code, error.sent) == ("twilio-unreadable", None)


@pytest.mark.parametrize("to", ["", "2125550123", "+1 212 555 0123", f"{NUMBER}\r\nX: y", "+0123"])
def test_what_is_no_number_is_not_tried(phone: Phone, to: str) -> None:
    error = refused(channel(phone), text(to=to))
    assert (error.code, error.permanent, error.dead_address) == ("bad-number", True, True)
    assert phone.requests == 0


def test_an_empty_text_is_not_tried(phone: Phone) -> None:
    assert refused(channel(phone), text(text="")).code == "bad-message"
    assert phone.requests == 0


def test_an_error_and_the_log_name_neither_the_number_nor_the_words(
    phone: Phone, caplog: pytest.LogCaptureFixture
) -> None:
    phone.stop(NUMBER)
    with caplog.at_level(logging.INFO):
        error = refused(channel(phone))
    assert "555" not in f"{error!r} {error} {error.code} {caplog.text}"
    assert (error.__cause__, error.__context__) == (None, None)
    assert "Twilio API Request" not in caplog.text


def test_the_environment_cannot_move_the_texts_elsewhere(
    phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWILIO_EDGE", "sydney")
    monkeypatch.setenv("TWILIO_REGION", "au1")
    client = channel(phone)._client(_Post("", 5.0))
    assert client.get_hostname("https://api.twilio.com/x") == "https://api.twilio.com/x"


@pytest.mark.parametrize(
    ("changes", "remedy"),
    [
        ({"messaging_service_sid": ""}, "either messaging_service_sid or from_"),
        ({"from_": "+12125550100"}, "not both"),
        ({"timeout": 0}, "more than 0 seconds"),
        ({"public_url": "amends.elm.example"}, "https://"),
    ],
)
def test_settings_that_cannot_work_are_refused(changes: dict[str, Any], remedy: str) -> None:
    given = {"account_sid": "AC1", "auth_token": "x", "messaging_service_sid": "MG1"}
    with pytest.raises(ValueError, match=remedy):
        Sms(**given | changes)


def test_the_token_stays_out_of_sight(phone: Phone) -> None:
    assert phone.auth_token not in repr(channel(phone))


# What Twilio has


def find(phone: Phone, one: Message, since: datetime, until: datetime) -> list[Found]:
    return asyncio.run(channel(phone).find(one, since, until))


def test_a_text_whose_answer_was_lost_is_found_by_number_time_and_words(phone: Phone) -> None:
    at = datetime(2026, 11, 3, 15, 0, tzinfo=UTC)
    phone.clock = lambda: at
    phone.accept_then_drop()
    assert refused(channel(phone)).sent is None
    (form,) = phone.sent
    hour = timedelta(hours=1)
    assert find(phone, text(), at - hour, at + hour) == [Found(form["Sid"], "queued")]
    assert find(phone, text(text="other words"), at - hour, at + hour) == []
    assert find(phone, text(to="+12125550124"), at - hour, at + hour) == []
    assert find(phone, text(), at + hour, at + 2 * hour) == []


def test_nobody_listening_finds_nothing_and_says_so() -> None:
    with Phone() as phone:
        sms = channel(phone)
    now = datetime.now(UTC)
    with pytest.raises(ChannelError, match="refused"):
        asyncio.run(sms.find(text(), now, now))

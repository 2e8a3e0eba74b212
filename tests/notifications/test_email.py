"""The e-mail channel against a mail server that refuses, drops, stalls and lies."""

from __future__ import annotations

import asyncio
import smtplib
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, NoReturn

import pytest
import trustme

from cases.ports import Accepted, Channel, ChannelError, Message
from notifications.email import Email
from tests.fakes import Mailbox

SECRET = "jamie.rivers@patient.example"


def letter(number: int = 1, **changes: Any) -> Message:
    given: dict[str, Any] = {
        "channel": "email",
        "to": SECRET,
        "subject": "A word from Elm Street – à bientôt",
        "text": "Please call us.\n.\n.a line that begins with a dot\n",
        "html": "<p>Please call us.</p>",
        "message_id": f"<case-{number}.reach.1@elm.example>",
    }
    return Message(**given | changes)


def channel(box: Mailbox, **changes: Any) -> Email:
    given: dict[str, Any] = {
        "host": box.host,
        "port": box.port,
        "sender": "Elm Street <care@elm.example>",
        "security": "none",
        "connect_timeout": 5.0,
    }
    return Email(**given | changes)


def sent(email: Email, *letters: Message) -> list[Accepted | ChannelError]:
    """Send them one after the other in one loop; what each came to."""

    async def each() -> list[Accepted | ChannelError]:
        return [await outcome(email, one) for one in letters]

    return asyncio.run(each())


async def outcome(email: Channel, one: Message) -> Accepted | ChannelError:
    try:
        return await email.send(one)
    except ChannelError as error:
        return error


def refused(email: Email, one: Message | None = None) -> ChannelError:
    (error,) = sent(email, one or letter())
    assert isinstance(error, ChannelError)
    return error


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with Mailbox() as server:
        yield server


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def bundle(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    path: Path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


def test_a_mail_arrives_once_whole_and_marked_as_sent_by_a_machine(box: Mailbox) -> None:
    (accepted,) = sent(channel(box), letter(headers={"Reply-To": "case+7.x9@elm.example"}))
    assert accepted == Accepted("<case-1.reach.1@elm.example>", "smtp-250")
    ((sender, to, mail),) = box.accepted
    assert (sender, to) == ("care@elm.example", SECRET)
    assert mail["From"] == "Elm Street <care@elm.example>"
    assert mail["To"] == SECRET
    assert mail["Subject"] == "A word from Elm Street – à bientôt"
    assert mail["Reply-To"] == "case+7.x9@elm.example"
    assert mail.get_all("Message-ID") == ["<case-1.reach.1@elm.example>"]
    assert mail.get_all("Auto-Submitted") == ["auto-generated"]
    assert mail["X-Auto-Response-Suppress"] == "All"


def test_both_parts_arrive_to_the_letter_dots_included(box: Mailbox) -> None:
    sent(channel(box), letter())
    mail = box.accepted[0].message
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content().splitlines() == letter().text.splitlines()
    assert html.get_content().strip() == "<p>Please call us.</p>"


def test_the_date_is_now_whatever_the_zone_of_the_machine(
    box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    sent(channel(box), letter())
    dated = parsedate_to_datetime(box.accepted[0].message["Date"])
    assert abs(dated - datetime.now(UTC)) < timedelta(minutes=1)


def test_no_mail_goes_through_smtplib(box: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    def poisoned(*_: object, **__: object) -> NoReturn:
        raise AssertionError("smtplib was used")

    monkeypatch.setattr(smtplib.SMTP, "connect", poisoned)
    monkeypatch.setattr(smtplib.SMTP, "_get_socket", poisoned)
    assert isinstance(sent(channel(box), letter())[0], Accepted)
    assert len(box.accepted) == 1


@dataclass(frozen=True)
class Row:
    """A fault, and what the caller must be told."""

    fault: Callable[[Mailbox], None]
    code: str
    sent: bool | None = False
    permanent: bool = False
    dead: bool = False
    copies: int = 0


FAULTS = {
    "unknown recipient": Row(lambda b: b.refuse(550), "smtp-550", permanent=True, dead=True),
    "unknown recipient, enhanced": Row(
        lambda b: b.refuse(550, text="5.1.1 no such user"), "smtp-550", permanent=True, dead=True
    ),
    "moved": Row(lambda b: b.refuse(551), "smtp-551", permanent=True, dead=True),
    "bad mailbox name": Row(lambda b: b.refuse(553), "smtp-553", permanent=True, dead=True),
    "refused by policy": Row(
        lambda b: b.refuse(550, text="5.7.1 blocked"), "smtp-550", permanent=True
    ),
    "mailbox full for good": Row(lambda b: b.refuse(552), "smtp-552", permanent=True),
    "greylisted": Row(lambda b: b.refuse(451), "smtp-451"),
    "sender refused": Row(lambda b: b.refuse(550, at="mail"), "smtp-550", permanent=True),
    "sender refused for now": Row(lambda b: b.refuse(452, at="mail"), "smtp-452"),
    "content refused": Row(lambda b: b.refuse(554, at="data"), "smtp-554", permanent=True),
    "no room for the content": Row(lambda b: b.refuse(452, at="data"), "smtp-452"),
    "dropped at MAIL": Row(lambda b: b.drop("mail"), "dropped"),
    "dropped at RCPT": Row(lambda b: b.drop("rcpt"), "dropped"),
    "stalled at MAIL": Row(lambda b: b.stall(60, at="mail"), "timeout"),
    "stalled at RCPT": Row(lambda b: b.stall(60, at="rcpt"), "timeout"),
    "dropped after the dot": Row(lambda b: b.drop_after_data(), "dropped", sent=None, copies=1),
    "stalled after the dot": Row(lambda b: b.stall(60), "timeout", sent=None, copies=1),
}


@pytest.mark.parametrize("row", FAULTS.values(), ids=list(FAULTS))
def test_a_fault_is_told_by_what_it_means_for_the_message(box: Mailbox, row: Row) -> None:
    row.fault(box)
    error = refused(channel(box, step_timeout=0.1, final_timeout=0.1))
    told = (error.code, error.sent, error.permanent, error.dead_address)
    assert told == (row.code, row.sent, row.permanent, row.dead)
    assert len(box.accepted) == row.copies
    assert box.attempts == 1


@pytest.mark.parametrize("row", FAULTS.values(), ids=list(FAULTS))
def test_after_any_fault_the_next_mail_goes_through(box: Mailbox, row: Row) -> None:
    row.fault(box)
    email = channel(box, step_timeout=0.1, final_timeout=0.1)
    _, after = sent(email, letter(1), letter(2))
    assert isinstance(after, Accepted)
    assert [mail["Message-ID"] for *_, mail in box.accepted].count(letter(2).message_id) == 1


def test_an_error_names_neither_the_recipient_nor_what_was_said(box: Mailbox) -> None:
    box.refuse(550, text=f"5.1.1 <{SECRET}> is unknown here")
    error = refused(channel(box))
    assert "jamie" not in f"{error!r} {error} {error.code}"
    assert error.__cause__ is None
    assert error.__context__ is None


def test_a_line_lost_while_a_long_body_is_under_way_proves_nothing_was_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"220 hello\r\n")
            for answer in (b"250 hello", b"250 ok", b"250 ok", b"354 go on"):
                await reader.readline()
                writer.write(answer + b"\r\n")
            await reader.readexactly(1000)
            writer.transport.abort()

        async def story() -> Accepted | ChannelError:
            email = Email(
                host="127.0.0.1",
                port=server.getsockname()[1],
                sender="care@elm.example",
                security="none",
            )
            async with await asyncio.start_server(deaf, sock=server):
                return await outcome(email, letter(text="long " * 2_500_000))

        error = asyncio.run(story())
    assert isinstance(error, ChannelError)
    assert (error.code, error.sent) == ("dropped", False)


def test_nobody_listening_means_nothing_was_sent() -> None:
    with Mailbox() as box:
        email = channel(box)
    error = refused(email)
    assert (error.code, error.sent, error.permanent) == ("refused", False, False)


INJECTIONS = {
    "subject": {"subject": "Hello\r\nBcc: other@elm.example"},
    "subject, line feed": {"subject": "Hello\nBcc: other@elm.example"},
    "header value": {"headers": {"X-Case": "1\r\nBcc: other@elm.example"}},
    "header name": {"headers": {"X-Case: 1\r\nBcc": "other@elm.example"}},
    "second recipient": {"headers": {"bcc": "other@elm.example"}},
    "second Message-ID": {"headers": {"Message-Id": "<2@elm.example>"}},
}


@pytest.mark.parametrize("changes", INJECTIONS.values(), ids=list(INJECTIONS))
def test_a_header_smuggled_in_is_refused_for_good(box: Mailbox, changes: dict[str, Any]) -> None:
    error = refused(channel(box), letter(**changes))
    assert (error.code, error.sent, error.permanent) == ("bad-header", False, True)
    assert box.attempts == 0


@pytest.mark.parametrize(
    "to",
    ["", "jamie", "a@elm.example, b@elm.example", "jamie@elm.example\r\nRCPT TO:<b@elm.example>"],
)
def test_what_is_not_exactly_one_address_is_dead(box: Mailbox, to: str) -> None:
    error = refused(channel(box), letter(to=to))
    assert (error.code, error.permanent, error.dead_address) == ("bad-address", True, True)
    assert box.attempts == 0


@pytest.mark.parametrize(
    "message_id", ["", "case-1@elm.example", "<a b@elm.example>", f"<{'a' * 250}@elm.example>"]
)
def test_a_mail_without_its_fixed_message_id_is_not_sent(box: Mailbox, message_id: str) -> None:
    assert refused(channel(box), letter(message_id=message_id)).code == "no-message-id"


def test_a_mail_that_says_nothing_is_not_sent(box: Mailbox) -> None:
    error = refused(channel(box), letter(text="", html=""))
    assert (error.code, error.permanent) == ("bad-message", True)


def test_an_automatic_answer_may_say_that_it_is_one(box: Mailbox) -> None:
    sent(channel(box), letter(headers={"auto-submitted": "auto-replied"}))
    assert box.accepted[0].message.get_all("Auto-Submitted") == ["auto-replied"]


def test_many_mails_share_a_few_lines(box: Mailbox) -> None:
    email = channel(box, connections=2)

    async def all_at_once() -> None:
        await asyncio.gather(*(email.send(letter(number)) for number in range(20)))

    asyncio.run(all_at_once())
    assert len({mail["Message-ID"] for *_, mail in box.accepted}) == 20
    assert len(box.accepted) == 20
    assert box.greetings <= 2


def test_a_line_gone_stale_between_two_mails_is_opened_again(box: Mailbox) -> None:
    email = channel(box)

    async def story() -> None:
        await email.send(letter(1))
        box.hang_up()
        await email.send(letter(2))

    asyncio.run(story())
    assert len(box.accepted) == 2
    assert box.greetings == 2


@pytest.mark.parametrize("fault", [lambda b: b.drop("mail"), lambda b: b.refuse(421, at="mail")])
def test_a_used_line_that_ends_at_mail_from_is_replaced_once(
    box: Mailbox, fault: Callable[[Mailbox], None]
) -> None:
    email = channel(box)

    async def story() -> None:
        await email.send(letter(1))
        fault(box)
        await email.send(letter(2))

    asyncio.run(story())
    assert len(box.accepted) == 2


def test_a_line_lost_after_mail_from_is_never_replaced(box: Mailbox) -> None:
    email = channel(box)

    async def story() -> Accepted | ChannelError:
        await email.send(letter(1))
        box.drop("rcpt")
        return await outcome(email, letter(2))

    error = asyncio.run(story())
    assert isinstance(error, ChannelError)
    assert (error.code, error.sent) == ("dropped", False)
    assert box.attempts == 2


def test_each_loop_gets_lines_of_its_own_and_leaves_none_behind(box: Mailbox) -> None:
    email = channel(box)
    for number in range(3):
        sent(email, letter(number))
    assert len(box.accepted) == 3
    assert box.greetings == 3
    box.hang_up()
    assert box.open_lines == 0


def test_a_closed_channel_opens_again_when_it_is_needed(box: Mailbox) -> None:
    email = channel(box)

    async def story() -> None:
        await email.close()
        await email.send(letter(1))
        await email.close()
        await email.send(letter(2))

    asyncio.run(story())
    assert box.greetings == 2


def test_a_send_given_up_on_does_not_spoil_the_line_for_the_next(box: Mailbox) -> None:
    email = channel(box, connections=1)
    box.stall(60)

    async def story() -> Accepted:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(email.send(letter(1)), 0.1)
        return await email.send(letter(2))

    assert asyncio.run(story()).provider_id == letter(2).message_id
    assert len(box.accepted) == 2


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_mail_goes_over_a_checked_certificate(
    authority: trustme.CA, bundle: str, security: str
) -> None:
    with Mailbox(tls=authority, implicit=security == "tls") as box:
        outcomes = sent(channel(box, security=security, ca_bundle=bundle), letter(1), letter(2))
        assert [type(one) for one in outcomes] == [Accepted, Accepted]
        assert len(box.accepted) == 2


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize("flaw", ["unknown authority", "another name"])
def test_nothing_leaves_over_a_bad_certificate(
    authority: trustme.CA, bundle: str, security: str, flaw: str
) -> None:
    named = "127.0.0.1" if flaw == "unknown authority" else "evil.example"
    trusted = None if flaw == "unknown authority" else bundle
    with Mailbox(tls=authority, implicit=security == "tls", certified_for=named) as box:
        error = refused(channel(box, security=security, ca_bundle=trusted))
        assert (error.code, error.sent, error.permanent) == ("tls", False, False)
        assert (box.attempts, box.accepted) == (0, [])


def test_nothing_leaves_where_no_starttls_is_offered(box: Mailbox) -> None:
    error = refused(channel(box, security="starttls"))
    assert (error.code, error.sent, error.permanent) == ("tls", False, False)
    assert (box.attempts, box.accepted) == (0, [])


def test_the_right_password_opens_the_line(authority: trustme.CA, bundle: str) -> None:
    with Mailbox(tls=authority, login=("care", "right")) as box:
        email = channel(
            box, security="starttls", ca_bundle=bundle, username="care", password="right"
        )
        assert isinstance(sent(email, letter())[0], Accepted)


def test_a_wrong_password_is_ours_to_mend_and_stays_out_of_sight(
    authority: trustme.CA, bundle: str
) -> None:
    with Mailbox(tls=authority, login=("care", "right")) as box:
        email = channel(
            box, security="starttls", ca_bundle=bundle, username="care", password="wr0ng"
        )
        error = refused(email)
        assert (error.code, error.sent, error.permanent) == ("smtp-535", False, False)
        assert box.accepted == []
    assert "wr0ng" not in f"{email!r} {error!r}"


def test_a_server_without_logins_is_told_apart(box: Mailbox) -> None:
    error = refused(channel(box, username="care", password="right"))
    assert (error.code, error.sent) == ("auth", False)


@pytest.mark.parametrize(
    ("changes", "remedy"),
    [
        ({"host": "mail.elm.example", "security": "none"}, "set security to 'starttls' or 'tls'"),
        ({"host": "192.0.2.1", "security": "none"}, "set security to 'starttls' or 'tls'"),
        ({"security": "ssl"}, "'starttls', 'tls' or 'none'"),
        ({"sender": "Elm Street"}, "care@elm.example"),
        ({"security": "tls", "ca_bundle": "/nowhere/ca.pem"}, "PEM file"),
    ],
)
def test_unsafe_settings_are_refused_with_the_remedy(changes: dict[str, Any], remedy: str) -> None:
    given: dict[str, Any] = {"host": "127.0.0.1", "port": 25, "sender": "care@elm.example"}
    with pytest.raises(ValueError, match=remedy):
        Email(**given | changes)

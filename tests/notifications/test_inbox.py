"""Mail fetched by IMAP and handed over by LMTP, over real sockets: none lost, none taken twice."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
import trustme

from cases.ports import PlatformError
from cases.talking.mails import read
from notifications.inbox.imap import Imap
from notifications.inbox.lmtp import bare, receiver
from tests.builders import T0
from tests.mailserver import imap, running
from tests.posting import a_mail
from tests.running import a_port


def test_a_poll_yields_what_is_behind_the_place_and_marks_nothing() -> None:
    with running() as server:
        server.mails.update({1: a_mail("one"), 2: a_mail("two"), 5: a_mail("five")})
        first = list(imap(server).fetch("", T0))
        assert [each.place for each in first] == ["7:1", "7:2", "7:5"]
        assert first[1].raw == a_mail("two")
        assert list(imap(server).fetch("7:5", T0)) == []  # "6:*" is answered with the last one
        server.mails[9] = a_mail("nine")
        assert [each.place for each in imap(server).fetch("7:5", T0)] == ["7:9"]
        assert all("PEEK" in each for each in server.heard if "FETCH" in each)
        assert not any("STORE" in each for each in server.heard)


def test_when_all_numbers_are_new_the_last_days_are_read_again() -> None:
    with running() as server:
        server.mails.update({1: a_mail("one")})
        server.validity = 8
        assert [each.place for each in imap(server).fetch("7:500", T0)] == ["8:1"]
        assert any("SINCE" in each for each in server.heard)


def test_a_wrong_password_is_told_as_what_only_a_person_can_mend() -> None:
    with running() as server, pytest.raises(PlatformError) as told:
        list(imap(server, password="wrong").fetch("", T0))
    assert (told.value.trouble, told.value.permanent) == ("auth", True)
    assert "wrong" not in str(told.value)


def test_a_missing_folder_and_a_server_that_is_away_have_codes() -> None:
    with running() as server:
        with pytest.raises(PlatformError, match="no such folder"):
            list(imap(server, folder="Alerts").fetch("", T0))
        port = server.port
    with pytest.raises(PlatformError) as told:
        list(Imap(host="127.0.0.1", port=port, username="a", password="b", security="none")
             .fetch("", T0))  # fmt: skip
    assert told.value.code == "imap-refused"


def test_the_line_is_encrypted_and_its_certificate_checked(tmp_path) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    with running(context) as server:
        server.mails[1] = a_mail("one")
        safe = imap(server, host="localhost", security="tls", ca=str(tmp_path / "ca.pem"))
        assert [each.place for each in safe.fetch("", T0)] == ["7:1"]
        with pytest.raises(PlatformError) as told:
            list(imap(server, host="localhost", security="tls").fetch("", T0))
        assert told.value.code == "imap-tls"


def test_mail_is_never_read_in_the_clear_from_another_machine() -> None:
    with pytest.raises(ValueError, match="clear text"):
        Imap(host="mail.example", username="a", password="b", security="none")


class Kept:
    def __init__(self, broken: bool = False) -> None:
        self.mails: list[bytes] = []
        self.broken = broken

    def __call__(self, raw: bytes) -> None:
        if self.broken:
            raise OSError("disk full")
        self.mails.append(raw)


@contextmanager
def taking(kept: Kept, protocol: str = "lmtp") -> Iterator[smtplib.SMTP]:
    server = receiver(kept, frozenset({"care@elm.example"}), port=a_port(), protocol=protocol)
    server.start()
    kind = smtplib.LMTP if protocol == "lmtp" else smtplib.SMTP
    try:
        with closing(kind("127.0.0.1", server.port, timeout=5)) as line:
            yield line
            line.quit()
    finally:
        server.stop()


@pytest.mark.parametrize("protocol", ["lmtp", "smtp"])
def test_a_mail_handed_over_is_kept_with_its_envelope(protocol: str) -> None:
    kept = Kept()
    with taking(kept, protocol) as line:
        line.sendmail("pat@quill.example", ["care+token@elm.example"], a_mail("Hello"))
    (raw,) = kept.mails
    mail = read(raw)
    assert (mail.return_path, mail.text.strip()) == ("pat@quill.example", "Hello")
    assert "care+token@elm.example" in mail.recipients


def test_lmtp_answers_for_each_recipient_and_keeps_one_mail() -> None:
    kept = Kept()
    with taking(kept) as line:
        line.docmd("LHLO", "here")
        line.mail("a@b.example")
        line.rcpt("care+x@elm.example")
        line.rcpt("care@elm.example")
        assert line.data(a_mail("Hello"))[0] == 250
        assert line.getreply()[0] == 250  # RFC 2033, 4.2: one answer for each
        line.sendmail("a@b.example", ["care@elm.example"], a_mail("Again"))
    assert len(kept.mails) == 2


@pytest.mark.parametrize("protocol", ["lmtp", "smtp"])
def test_what_cannot_be_written_is_not_taken(protocol: str) -> None:
    kept = Kept(broken=True)
    with taking(kept, protocol) as line:
        line.ehlo() if protocol == "smtp" else line.docmd("LHLO", "here")
        line.mail("a@b.example")
        line.rcpt("care@elm.example")
        assert line.data(a_mail("Hello"))[0] == 451
        kept.broken = False
        line.rset()
        line.sendmail("a@b.example", ["care@elm.example"], a_mail("Hello"))
    assert len(kept.mails) == 1


def test_mail_for_others_is_refused() -> None:
    kept = Kept()
    with taking(kept) as line, pytest.raises(smtplib.SMTPRecipientsRefused):
        line.sendmail("a@b.example", ["someone@else.example"], a_mail("Hello"))
    assert kept.mails == []


def test_lines_longer_than_the_standard_allows_are_taken() -> None:
    kept = Kept()
    with taking(kept) as line:
        line.sendmail("a@b.example", ["care@elm.example"], a_mail("x" * 20_000))
    assert len(kept.mails) == 1


def test_the_receiver_listens_on_this_machine_only() -> None:
    with pytest.raises(ValueError, match="this machine only"):
        receiver(Kept(), frozenset(), host="0.0.0.0")


def test_what_follows_a_plus_is_no_part_of_the_address() -> None:
    assert bare("Care+Token@Elm.example") == "care@elm.example"

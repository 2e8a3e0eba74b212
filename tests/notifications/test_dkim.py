"""A signed mail is verified by whoever gets it, and by nobody once something was added."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from cases.ports import Message
from cases.settings import load
from notifications import channels
from notifications.dkim import SIGNED, DkimError, Signature
from notifications.email import Email
from tests.fakes import Mailbox

Dns = Callable[..., bytes]


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture
def pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


@pytest.fixture
def dns(key: rsa.RSAPrivateKey) -> Dns:
    """What the name service says under the selector's name, and under no other."""
    public = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)
    return lambda name, timeout=5: record if name == b"a1._domainkey.elm.example." else b""


def sent(pem: bytes) -> bytes:
    """Return a mail as the server got it from us, every optional header in it."""
    with Mailbox() as box:
        email = Email(
            host=box.host,
            port=box.port,
            sender="Elm Street <care@elm.example>",
            security="none",
            signature=Signature("elm.example", "a1", pem),
        )
        message = Message(
            channel="email",
            to="pat@mail.example",
            subject="À bientôt",
            text="Please call us.\n.\n.dots\n",
            html="<p>Please call us.</p>",
            message_id="<1@elm.example>",
            headers={
                "Reply-To": "care+token@elm.example",
                "List-Unsubscribe": "<https://elm.example/no-more/x>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            },
        )
        asyncio.run(email.send(message))
        return box.raw[0]


def test_whoever_gets_it_can_verify_it(pem: bytes, dns: Dns) -> None:
    assert dkim.verify(sent(pem), dnsfunc=dns)


@pytest.mark.parametrize("name", SIGNED)
def test_a_header_that_counts_cannot_be_added(pem: bytes, dns: Dns, name: str) -> None:
    added = f"{name}: somebody@else.example\r\n".encode() + sent(pem)
    assert not dkim.verify(added, dnsfunc=dns)


def test_neither_words_nor_the_way_to_want_no_more_can_be_changed(pem: bytes, dns: Dns) -> None:
    mime = sent(pem)
    for old, new in (
        (b"/no-more/x", b"/no-more/y"),
        (b"One-Click", b"Two-Click"),
        (b"<1@", b"<2@"),
    ):
        assert old in mime
        assert not dkim.verify(mime.replace(old, new), dnsfunc=dns)
    assert not dkim.verify(mime + b"more words\r\n", dnsfunc=dns)


def test_a_relay_may_wrap_lines_anew(pem: bytes, dns: Dns) -> None:
    mime = sent(pem)
    wrapped = mime.replace(b"Reply-To: ", b"Reply-To:\r\n  ")
    assert wrapped != mime
    assert dkim.verify(wrapped, dnsfunc=dns)


def test_settings_name_the_key_and_the_domain_is_the_senders(
    pem: bytes, dns: Dns, tmp_path: Path
) -> None:
    (tmp_path / "dkim.pem").write_bytes(pem)
    settings = load(
        tmp_path, mail="smtp", mail_from="Elm <care@elm.example>", smtp_host="127.0.0.1",
        smtp_security="none", dkim_key=tmp_path / "dkim.pem", dkim_selector="a1",
    )  # fmt: skip
    email = channels(settings)["email"]
    assert isinstance(email, Email)
    assert email.signature is not None
    assert email.signature.domain == "elm.example"
    signed = email.signature.sign(b"From: care@elm.example\r\n\r\nHello\r\n")
    assert dkim.verify(signed, dnsfunc=dns)


def test_a_key_that_is_none_or_too_short_is_refused_with_the_remedy() -> None:
    short = rsa.generate_private_key(65537, 1024).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    assert Signature("elm.example", "a1", short).domain  # RFC 8301: the least that is allowed
    for bad in (b"", b"no key", short[:200]):
        with pytest.raises(DkimError, match="openssl genrsa"):
            Signature("elm.example", "a1", bad)


def test_the_key_is_in_no_words(pem: bytes) -> None:
    assert pem.decode().splitlines()[1] not in repr(Signature("elm.example", "a1", pem))

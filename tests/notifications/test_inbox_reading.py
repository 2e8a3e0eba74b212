"""What is new in a reply, what no person wrote; and nothing makes it fail or stall."""

from __future__ import annotations

import time
import tomllib

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cases.talking.mails import identity, read
from notifications.quoting import new_text
from notifications.reading import Ours, automatic, our_addresses, understand
from tests.posting import MAILS, SERVER, a_mail, sample

OURS = Ours(frozenset({SERVER}), our_addresses("Elm Street <care@elm.example>"), "elm.example")
EXPECTED = tomllib.loads((MAILS / "replies" / "expected.toml").read_text("utf-8"))
SLOW = {
    "attributions": "On " * 8000,
    "attribution lines": "On x wrote\n" * 2400,
    "attributions of one line": "On 1 a@b wrote:\n" * 4000,
    "quotes": "> a\n" * 16000,
    "marks": ">" * 64000,
    "colons": "a:\n" * 20000,
    "headers": "From: a\n" * 8000,
    "rules": "_" * 64000,
    "a long attribution": "On " + "a, " * 20000 + " wrote:",
}


def test_there_are_samples_of_all_common_programs() -> None:
    assert len(EXPECTED) >= 20
    assert {path.stem for path in (MAILS / "replies").glob("*.eml")} == set(EXPECTED)


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_the_new_text_of_a_reply_is_all_that_is_new(name: str) -> None:
    told = understand(sample(f"replies/{name}"), OURS)
    assert told.new_text == EXPECTED[name]
    assert (told.automatic, told.bounce, told.vouched) == ("", None, "dmarc")


@pytest.mark.parametrize("name", sorted(SLOW))
def test_no_text_takes_long(name: str) -> None:
    began = time.process_time()
    new_text(SLOW[name])
    assert time.process_time() - began < 0.5  # as measured: 0.06 s at most


def test_24_kb_of_on_lines_take_less_than_50_ms() -> None:
    lines = ("On " * 30 + "\n") * 267
    assert len(lines) >= 24_000
    took = []
    for _ in range(3):
        began = time.process_time()
        new_text(lines)
        took.append(time.process_time() - began)
    assert min(took) < 0.05


@settings(max_examples=150)
@given(st.binary(max_size=3000))
@example(b"From: ((((((((((\nTo: <<<<\n\n")
@example(b"Content-Type: multipart/mixed; boundary=a\n\n" + b"--a\n" * 500)
@example(b"From: =?utf-8?q?=ff?= <a@b.example>\nDate: 99999999999 Jan 99999\n\nx")
@example(b"Content-Type: text/plain; charset=no-such\n\n\xff\xfe")
@example(b"Return-Path: <>\nContent-Type: multipart/report; boundary=b\n\n--b\nStatus: 5\n")
def test_any_bytes_are_read_without_failing(raw: bytes) -> None:
    told = understand(raw, OURS)
    assert told.new_text == told.new_text.strip()
    assert len(identity(raw)) == 64


_HEADERS = st.sampled_from(
    ["From", "To", "Subject", "Message-ID", "References", "Date", "Authentication-Results",
     "Content-Type", "Auto-Submitted", "Return-Path"],
)  # fmt: skip


@settings(max_examples=150)
@given(st.lists(st.tuples(_HEADERS, st.text(max_size=60)), max_size=12), st.text(max_size=400))
def test_any_headers_and_words_are_read_without_failing(
    headers: list[tuple[str, str]], words: str
) -> None:
    head = "".join(f"{name}: {value}\n" for name, value in headers)
    understand((head + "\n" + words).encode("utf-8", "surrogatepass"), OURS)


def test_deep_nesting_is_no_bomb() -> None:
    raw = b"From: a@b.example\nSubject: deep\n"
    for depth in range(400):
        raw += b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (depth, depth)
    began = time.process_time()
    assert read(raw + b"\nx\n" * 20_000).subject == "deep"
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({"Auto_Submitted": "auto-replied"}, "vacation"),
        ({"Auto_Submitted": "auto-generated; x=y"}, "vacation"),
        ({"Auto_Submitted": "no"}, ""),
        ({"Precedence": "bulk"}, "list"),
        ({"Precedence": "auto_reply"}, "vacation"),
        ({"X_Autoreply": "yes"}, "vacation"),
        ({"List_Id": "<x.example>"}, "list"),
        ({"Return_Path": "<>"}, "robot"),
        ({}, ""),
    ],
)
def test_what_a_machine_wrote_is_known_by_its_headers(headers: dict[str, str], why: str) -> None:
    assert automatic(read(a_mail("I am away.", **headers)), OURS) == why


def test_our_own_mail_coming_back_is_a_loop() -> None:
    assert automatic(read(a_mail("x", message_id="<n1@elm.example>")), OURS) == "loop"
    assert automatic(read(a_mail("x", sender="Elm <care@elm.example>")), OURS) == "loop"


def test_servers_on_the_way_add_headers_and_it_is_the_same_mail() -> None:
    raw = a_mail("Hello")
    other = b"Received: by far.example\nX-Spam: no\n" + raw.replace(b"\n", b"\r\n")
    assert identity(raw) == identity(other)
    assert identity(raw) != identity(a_mail("Hello!"))

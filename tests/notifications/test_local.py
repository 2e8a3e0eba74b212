"""The channels that write to a folder: openable, private, and the same twice."""

from __future__ import annotations

import asyncio
import email
import email.policy
import json
import stat
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from cases.ports import Accepted, ChannelError, Message
from notifications.local import LocalMail, LocalTexts


def letter(**changes: Any) -> Message:
    given: dict[str, Any] = {
        "channel": "email",
        "to": "jamie@patient.example",
        "subject": "A word from Elm Street",
        "text": "Please call us.",
        "html": "<p>Please call us.</p>",
        "message_id": "<case-1.reach.1@elm.example>",
    }
    return Message(**given | changes)


def text(**changes: Any) -> Message:
    given: dict[str, Any] = {
        "channel": "sms",
        "to": "+12125550123",
        "text": "Please call us – Elm Street",
        "token": "attempt-1",
    }
    return Message(**given | changes)


def mails(folder: Path) -> list[EmailMessage]:
    paths = sorted(folder.iterdir())
    assert [path.suffix for path in paths] == [".eml"] * len(paths)
    return [email.message_from_bytes(p.read_bytes(), policy=email.policy.default) for p in paths]


def texts(folder: Path) -> list[dict[str, str]]:
    lines = (folder / "texts.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_mail_becomes_a_file_a_mail_program_opens(tmp_path: Path) -> None:
    channel = LocalMail(tmp_path / "outbox", sender="Elm Street <care@elm.example>")
    accepted = asyncio.run(channel.send(letter()))
    assert accepted == Accepted("<case-1.reach.1@elm.example>", "local")
    (mail,) = mails(tmp_path / "outbox")
    assert (mail["From"], mail["To"]) == (
        "Elm Street <care@elm.example>",
        "jamie@patient.example",
    )
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content().strip() == "Please call us."
    assert html.get_content().strip() == "<p>Please call us.</p>"


def test_the_file_is_named_after_the_message_id(tmp_path: Path) -> None:
    asyncio.run(LocalMail(tmp_path).send(letter()))
    assert [path.name for path in tmp_path.iterdir()] == ["case-1.reach.1@elm.example.eml"]


def test_the_same_mail_again_makes_no_second_file(tmp_path: Path) -> None:
    channel = LocalMail(tmp_path)
    first = asyncio.run(channel.send(letter()))
    before = (tmp_path / "case-1.reach.1@elm.example.eml").read_bytes()
    assert asyncio.run(channel.send(letter(text="Other words"))) == first
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [before]


def test_ids_that_make_odd_file_names_stay_inside_the_folder_and_apart(tmp_path: Path) -> None:
    folder = tmp_path / "outbox"
    ids = ["<../../a@elm.example>", "<..|..|a@elm.example>", f"<{'a' * 200}@elm.example>"]
    for message_id in ids:
        asyncio.run(LocalMail(folder).send(letter(message_id=message_id)))
    assert {mail["Message-ID"].strip() for mail in mails(folder)} == set(ids)
    assert list(tmp_path.iterdir()) == [folder]


def test_nobody_else_can_read_what_was_written(tmp_path: Path) -> None:
    folder = tmp_path / "outbox"
    folder.mkdir(mode=0o755)
    asyncio.run(LocalMail(folder).send(letter()))
    asyncio.run(LocalTexts(folder).send(text()))
    assert mode(folder) == 0o700
    assert {mode(path) for path in folder.iterdir()} == {0o600}


def test_a_header_smuggled_in_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(ChannelError) as caught:
        asyncio.run(LocalMail(tmp_path).send(letter(subject="Hello\r\nBcc: b@elm.example")))
    assert (caught.value.code, caught.value.permanent) == ("bad-header", True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("kind", "message"), [(LocalMail, letter()), (LocalTexts, text())])
def test_a_folder_that_cannot_be_written_is_worth_another_try(
    tmp_path: Path, kind: type[LocalMail] | type[LocalTexts], message: Message
) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ChannelError) as caught:
        asyncio.run(kind(tmp_path / "file" / "outbox").send(message))
    told = caught.value
    assert (told.code, told.sent, told.permanent) == ("disk", False, False)
    assert str(tmp_path) not in str(told)
    assert told.__context__ is None


def test_a_text_becomes_a_line(tmp_path: Path) -> None:
    accepted = asyncio.run(LocalTexts(tmp_path).send(text()))
    assert accepted == Accepted("attempt-1", "local")
    (line,) = texts(tmp_path)
    assert (line["to"], line["text"]) == ("+12125550123", "Please call us – Elm Street")
    assert line["at"].endswith("+00:00")


def test_the_same_attempt_again_adds_no_line(tmp_path: Path) -> None:
    channel = LocalTexts(tmp_path)

    async def often() -> None:
        await asyncio.gather(*(channel.send(text(token=f"t{n % 3}")) for n in range(12)))

    asyncio.run(often())
    asyncio.run(LocalTexts(tmp_path).send(text(token="t1")))
    assert sorted(line["token"] for line in texts(tmp_path)) == ["t0", "t1", "t2"]


def test_texts_without_an_attempt_are_all_written(tmp_path: Path) -> None:
    channel = LocalTexts(tmp_path)
    for _ in range(2):
        asyncio.run(channel.send(text(token="")))
    assert len(texts(tmp_path)) == 2


def test_a_line_torn_by_a_crash_spoils_neither_the_next_nor_its_own_repeat(tmp_path: Path) -> None:
    asyncio.run(LocalTexts(tmp_path).send(text(token="t1")))
    with (tmp_path / "texts.jsonl").open("ab") as file:
        file.write(b'{"at": "2026-01-01", "token": "t2"')
    channel = LocalTexts(tmp_path)
    for token in ("t2", "t3", "t3"):
        asyncio.run(channel.send(text(token=token)))
    lines = (tmp_path / "texts.jsonl").read_bytes().splitlines()
    assert [json.loads(lines[at])["token"] for at in (0, 2, 3)] == ["t1", "t2", "t3"]
    assert len(lines) == 4

"""Which case a mail is about, whether it is from whom it says, and what its tokens are worth."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.identifiers import Identifiers
from cases.models import Notice
from cases.sealing import Sealer, new_keyring
from cases.talking import tokens
from cases.talking.mails import read
from cases.talking.senders import findings, vouched
from cases.talking.stopping import asks_to_stop
from cases.talking.threading import Thread, answered, place
from tests.builders import T0
from tests.posting import SERVER, a_mail

SEALER = Sealer(new_keyring())
CASE, OTHER = (Identifiers(seed=n).new(T0) for n in (1, 2))
TOKEN = tokens.for_case(SEALER, CASE)


def case_of(token: str) -> str | None:
    return tokens.case_of(SEALER, token)


def test_a_token_names_its_case_whatever_a_server_does_to_its_case() -> None:
    assert case_of(TOKEN) == case_of(TOKEN.upper()) == CASE
    assert len(f"followup+{TOKEN}") <= 64  # RFC 5321, 4.5.3.1.1


def test_a_token_of_a_notice_is_no_token_of_a_case() -> None:
    assert case_of(tokens.for_notice(SEALER, CASE)) is None
    assert tokens.notice_of(SEALER, tokens.for_notice(SEALER, CASE)) == CASE


def test_another_practice_s_token_is_worth_nothing() -> None:
    assert case_of(tokens.for_case(Sealer(new_keyring()), CASE)) is None


@given(st.integers(0, tokens.LENGTH - 1), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_a_token_with_one_letter_changed_names_nothing_else(at: int, letter: str) -> None:
    changed = TOKEN[:at] + letter + TOKEN[at + 1 :]
    assert case_of(changed) == (CASE if changed == TOKEN else None)


@given(st.text(max_size=80))
def test_no_text_is_a_token_by_chance(text: str) -> None:
    assert case_of(text) is None


def a_notice(notice_id: str = OTHER, **facts: object) -> Notice:
    usual = {
        "id": notice_id, "key": "k", "kind": "message", "channel": "email", "not_before": T0,
        "created_at": T0, "case_id": CASE, "point_id": "p",
        "message_id": f"<{notice_id}@elm.example>",
    }  # fmt: skip
    return Notice(**{**usual, **facts})


def test_the_token_says_the_case_before_the_mail_it_answers() -> None:
    told = {OTHER: a_notice(case_id="another")}
    mail = read(a_mail("x", to=f"care+{TOKEN}@elm.example", In_Reply_To=f"<{OTHER}@elm.example>"))
    found = place(mail, case_of, told)
    assert (found.case_id, found.how) == (CASE, "token")


def test_the_mail_it_answers_says_the_case() -> None:
    mail = read(a_mail("x", References=f"<far@b.example> <{OTHER}@elm.example>"))
    assert answered(mail.about_ids) == [OTHER]
    assert place(mail, case_of, {OTHER: a_notice()}).how == "answer"


def test_a_known_id_under_a_strange_domain_is_no_answer() -> None:
    mail = read(a_mail("x", In_Reply_To=f"<{OTHER}@evil.example>"))
    assert place(mail, case_of, {OTHER: a_notice()}) == Thread()


def test_what_answers_a_mail_to_staff_is_no_word_of_the_correspondent_s() -> None:
    mail = read(a_mail("x", In_Reply_To=f"<{OTHER}@elm.example>"))
    assert place(mail, case_of, {OTHER: a_notice(point_id=None)}) == Thread()


def test_subject_and_sender_alone_say_nothing() -> None:
    assert place(read(a_mail("x", subject=f"Re: case {CASE}")), case_of, {}) == Thread()


def test_a_forged_token_says_nothing() -> None:
    assert place(read(a_mail("x", to=f"care+{'a' * 43}@elm.example")), case_of, {}) == Thread()


@pytest.mark.parametrize(
    ("header", "how"),
    [
        (f"{SERVER}; dmarc=pass header.from=quill.example", "dmarc"),
        (f"{SERVER}; dkim=pass header.d=quill.example", "dkim"),
        (f"{SERVER}; dkim=pass header.d=mail.quill.example", "dkim"),
        (f"{SERVER}; dkim=pass (good; really) header.i=@quill.example", "dkim"),
        (f"{SERVER}; spf=pass smtp.mailfrom=bounce@quill.example", "spf"),
        (f'{SERVER} 1; dkim = pass reason="a;b" header.d=quill.example', "dkim"),
        (f"{SERVER}; dkim=fail header.d=quill.example; spf=fail smtp.mailfrom=quill.example", ""),
        (f"{SERVER}; dkim=pass header.d=evil.example", ""),
        (f"{SERVER}; dkim=pass header.d=example", ""),
        (f"{SERVER}; dkim=pass header.d=notquill.example", ""),
        (f'{SERVER}; none reason="dkim=pass header.d=quill.example"', ""),
        (f"{SERVER}; (dkim=pass header.d=quill.example)", ""),
        ("mx.evil.example; dkim=pass header.d=quill.example", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_only_what_our_own_server_found_vouches_for_a_sender(header: str, how: str) -> None:
    raw = a_mail("x", vouched=False, Authentication_Results=header)
    assert vouched(read(raw), {SERVER}) == how


def test_findings_further_down_are_anybody_s() -> None:
    raw = b"Authentication-Results: mx.elm.example; none\n" + a_mail("x")
    assert vouched(read(raw), {SERVER}) == ""


def test_a_mail_of_two_senders_is_nobody_s() -> None:
    two = a_mail("x").replace(b"From: ", b"From: Eve <eve@evil.example>, ")
    assert vouched(read(two), {SERVER}) == ""
    assert vouched(read(b"From: eve@evil.example\n" + a_mail("x")), {SERVER}) == ""


@given(st.text(max_size=300))
def test_any_header_is_read_without_failing(text: str) -> None:
    findings(text, {SERVER})
    findings(f"{SERVER}; {text}", {SERVER})


@pytest.mark.parametrize(
    "text",
    ["STOP", "unsubscribe", "please stop writing to me.", "Don't email me again", "Leave me alone!",
     "please remove me from your mailing list", "No me escriban más", "Dejen de escribirme"],
)  # fmt: skip
def test_no_more_is_heard_in_their_own_words(text: str) -> None:
    assert asks_to_stop(text)


@pytest.mark.parametrize(
    "text",
    ["I could not stop crying.", "They would not stop the bleeding.", "Please write to me.",
     "The bus stop is far.", "Call me, do not text."],
)  # fmt: skip
def test_a_story_with_stop_in_it_is_no_stop(text: str) -> None:
    assert not asks_to_stop(text)

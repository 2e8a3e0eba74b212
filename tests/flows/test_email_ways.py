"""What a mail carries besides its words: the way back, the way out, the envelope, the sender."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from cases import clinics
from cases.changes import Change, Happened, Moment
from cases.settings import SettingsError, load
from cases.talking import consent, conversation, tokens
from flows import deliver
from flows.house import House
from notifications.addressing import OPT_OUT, plus
from tests.builders import DIRECTOR
from tests.fakes import Letter
from tests.story import Story

PATIENT = "pat@mail.example"
WORDS = ("We would like to hear from you. Please call +1 212-555-0100.", "A word from Elm Street")
WAYS = {
    "public_url": "https://amends.elm.example",
    "mail_reply_to": "care@elm.example",
    "bounce_domain": "bounce.elm.example",
}


def sent(story: Story, kind: str = "message", **settings: Any) -> Letter:
    """Approve a mail of this kind to the patient and let it go; return it as it arrived."""
    moment = Moment(story.now, DIRECTOR, story.ids)
    change = conversation.write(story.case(), story.way("email"), *WORDS, moment, kind=kind)
    assert story.store.apply([change]).applied
    told = story.settings.model_copy(update=WAYS | settings)
    deliver.run(House(told, story.store, "deliver", story.now, story.ids))
    return next(letter for letter in reversed(story.mail.accepted) if letter.to == PATIENT)


def agreed(story: Story, purpose: str) -> None:
    """Let them have said yes to mail for a purpose."""
    moment = Moment(story.now, DIRECTOR, story.ids)
    index = story.way("email").index
    row = consent.said(index, "email", True, "by telephone", moment, purpose=purpose)
    events = [Happened("agreed")]
    practice = story.store.practice_as_subject()
    assert story.store.apply([Change(practice, moment, adds=[row], events=events)]).applied


def test_an_answer_comes_back_to_an_address_that_names_its_case(known: Story) -> None:
    mail = sent(known).message
    local, _, domain = mail["Reply-To"].partition("@")
    word, _, token = local.partition("+")
    assert (word, domain) == ("care", "elm.example")
    assert len(local) <= 64
    assert tokens.case_of(known.store.sealer, token) == known.case().case.id
    assert str(known.case().case.number) not in local


def test_a_bounce_comes_back_to_an_address_that_names_its_notice(known: Story) -> None:
    letter = sent(known)
    found = re.fullmatch(r"bounces\+(\w+)@bounce\.elm\.example", letter.sender)
    assert found
    assert tokens.notice_of(known.store.sealer, found[1]) == known.case().notices[-1].id
    assert letter.message["From"] == "Elm Street <care@elm.example>"


def test_staff_mail_bounces_to_us_too_and_says_that_a_machine_wrote_it(known: Story) -> None:
    known.settings = known.settings.model_copy(update=WAYS)
    known.review("r9", "Nobody called me back for a week.", stars=1, author="other_author")
    known.run("intake", "deliver")
    letter = known.mail.accepted[-1]
    assert letter.sender.startswith("bounces+")
    assert letter.message["Auto-Submitted"] == "auto-generated"
    assert letter.message["Reply-To"] is None
    assert letter.message["List-Unsubscribe"] is None


def test_what_a_person_wrote_is_not_marked_as_automatic(known: Story) -> None:
    mail = sent(known).message
    assert mail["Auto-Submitted"] is None
    assert mail["X-Auto-Response-Suppress"] is None


def test_an_answer_to_them_is_not_optional_and_a_follow_up_is(known: Story) -> None:
    assert sent(known).message["List-Unsubscribe"] is None
    mail = sent(known, "follow_up").message
    (link,) = re.findall(
        r"<(https://amends\.elm\.example/no-more/(\w+))>", mail["List-Unsubscribe"]
    )
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    notice_id = tokens.named(known.store.sealer, OPT_OUT, link[1])
    assert notice_id == known.case().notices[-1].id
    for kind in ("plain", "html"):
        part = mail.get_body((kind,))
        assert part is not None
        assert link[0] in part.get_content()


def test_an_invitation_goes_only_where_they_said_yes_and_says_how_to_end_it(known: Story) -> None:
    agreed(known, "invitation")
    assert sent(known, "invitation").message["List-Unsubscribe"] is not None


def test_no_link_is_offered_that_nobody_could_open(known: Story) -> None:
    mail = sent(known, "follow_up", public_url="http://localhost:8000").message
    assert mail["List-Unsubscribe"] is None


def test_without_settings_for_them_there_are_no_ways_back(known: Story) -> None:
    letter = sent(known, mail_reply_to="", bounce_domain="")
    assert letter.message["Reply-To"] is None
    assert letter.sender == "care@elm.example"


def test_a_clinic_whose_name_says_too_much_writes_under_another(known: Story) -> None:
    clinic = known.case().clinic
    moment = Moment(known.now, DIRECTOR, known.ids)
    change = clinics.edit(clinic, known.store.playbook(), moment, sender_name="Elm Care, Inc.")
    assert known.store.apply([change]).applied
    mail = sent(known).message
    assert mail["From"] == '"Elm Care, Inc." <care@elm.example>'
    whole = mail.as_string() + mail.get_body(("plain",)).get_content()
    assert clinic.name not in whole.replace(WORDS[1], "")


@pytest.mark.parametrize(
    "address", ["care", "a@b@elm.example", f"{'a' * 21}@elm.example", "a+b@c.example"]
)
def test_an_address_that_leaves_no_room_for_a_token_is_refused_at_the_start(
    address: str, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match="mail_reply_to"):
        load(tmp_path, mail_reply_to=address)


def test_an_address_with_a_token_is_never_too_long() -> None:
    with pytest.raises(ValueError, match="too long"):
        plus("somebody-with-a-long-name@elm.example", "a" * 43)

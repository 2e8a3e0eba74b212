"""What people read: staff about their cases, correspondents in the words that were approved."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from html.parser import HTMLParser
from typing import Any, cast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cases import custody, handing, reopening
from cases.answering import publishing, replies
from cases.answering.replies import fingerprint
from cases.arriving import opening
from cases.assignment import Load
from cases.casefile import CaseFile, calendars
from cases.changes import About, Change, Moment
from cases.clockwork import clocks, ladders, parking
from cases.custody import SEVERITIES
from cases.identifiers import Identifiers
from cases.models import (
    Case,
    Clinic,
    Clock,
    ContactPoint,
    Correspondent,
    Notice,
    Person,
    Practice,
    Reply,
    Review,
)
from cases.playbooks.playbook import PRACTICE, read_playbook
from cases.playbooks.promises import CLOCKS, TELLS
from cases.ports import Capabilities, ChannelError, Message, PlatformError
from cases.talking import delivery
from cases.talking.conversation import CHANNELS, received
from cases.talking.waiting import Waiting
from notifications.messages import RenderError, render
from notifications.mime import compose, one_sender

URL = "https://amends.example"
DUE = "2026-11-24T17:30:00+00:00"  # half past noon in New York
NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
PLAYBOOK = read_playbook(PRACTICE)

OWED = {
    "acknowledge": "the public reply",
    "first_try": "a first try to reach the author",
    "reach": "reaching them",
    "listen": "writing down their account",
    "resolve": "a solution",
    "monitor": "a look at the review",
    "follow_up": "the follow-up",
    "answer": "an answer to their message",
    "safety": "somebody to take the safety of this case",
    "task": "a task",
    "promise": "what was promised to them",
    "appeal": "the appeal to the platform",
    "message": "an answer to their message to our page",
    "in_touch": "a word from us to them",
    "grievance": "the written answer to a grievance",
    "breach": "what a reply that revealed too much asks for",
}
PROMISE = {"clock": "acknowledge", "due_at": DUE, "next": ["manager"]}
DETAILS: dict[str, dict[str, Any]] = {
    "remind": PROMISE,
    "escalate": PROMISE | {"next": ["chief", "administrator"]},
    "safety": PROMISE | {"clock": "safety", "next": ["chief", "privacy_officer", "administrator"]},
    "opened": {"severity": "grave"},
    "reopened": {"severity": "routine"},
    "handed_over": {},
    "received": {"channel": "sms"},
    "publish_by_hand": {},
    "reply_rejected": {"code": "google-403"},
    "reply_unknown": {"code": "timeout"},
    "unknown_delivery": {"channel": "email"},
    "bounced": {"channel": "email", "code": "smtp-550"},
    "not_sent": {"channel": "sms"},
    "parked": {"code": "WorktimeError"},
    "refused": {"about": "review", "code": "IntegrityError"},
}


def clinic(**changes: Any) -> Clinic:
    given: dict[str, Any] = {
        "id": "clinic-1", "slug": "elm", "name": "Elm Street", "zone": "America/New_York",
        "hours": {day: ["09:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")},
        "phone": "+12125550123", "email": "care@elm.example", "point_person": "Dana Reyes",
    }  # fmt: skip
    return Clinic(**given | changes)


def person(role: str = "director", **changes: Any) -> Person:
    given: dict[str, Any] = {
        "id": role, "name": "Dana Reyes", "email": f"{role}@elm.example",
        "phone": "+12125550100", "role": role,
    }  # fmt: skip
    return Person(**given | changes)


def case(**changes: Any) -> Case:
    given: dict[str, Any] = {
        "id": "case-1", "number": 12, "clinic_id": "clinic-1", "review_id": "review-1",
        "owner_id": "director", "severity": "routine", "playbook_version": 1,
        "opened_at": NOW, "began_at": NOW,
    }  # fmt: skip
    return Case(**given | changes)


def to_staff(
    kind: str,
    detail: dict[str, Any] | None = None,
    at: Clinic | None = None,
    who: Person | None = None,
    **changes: Any,
) -> Waiting:
    given: dict[str, Any] = {
        "id": "notice-1", "key": "k", "case_id": "case-1", "kind": kind, "channel": "email",
        "person_id": "director", "detail": DETAILS[kind] if detail is None else detail,
        "message_id": "<notice-1@amends.example>", "not_before": NOW, "created_at": NOW,
    }  # fmt: skip
    notice = Notice(**given | changes)
    return Waiting(notice, case(), at or clinic(), who or person(), None, None, ())


def to_correspondent(
    body: str | None = "Please call us.",
    at: Clinic | None = None,
    language: str = "en",
    **changes: Any,
) -> Waiting:
    given: dict[str, Any] = {
        "id": "notice-2", "key": "k", "case_id": "case-1", "kind": "message", "channel": "email",
        "point_id": "point-1", "subject_line": "A word from Elm Street", "body": body,
        "message_id": "<notice-2@amends.example>", "not_before": NOW, "created_at": NOW,
    }  # fmt: skip
    notice = Notice(**given | changes)
    value = "jamie@patient.example" if notice.channel == "email" else "+12125550123"
    point = ContactPoint(id="point-1", correspondent_id="c-1", channel=notice.channel, value=value)
    who = Correspondent(id="c-1", clinic_id="clinic-1", relation="patient", language=language)
    return Waiting(notice, case(), at or clinic(), None, point, who, ())


def said(waiting: Waiting) -> Message:
    return render(waiting, URL, token="attempt-1")


def words_of(page: str) -> str:
    """Return what somebody reads of an HTML mail, blanks made one."""
    body = re.sub(r"<title>.*?</title>|<[^>]+>", " ", page)
    return " ".join(html.unescape(body).split())


def unlike_gsm(text: str) -> bool:
    doubled = sum(letter in "^{}\\[~]|" for letter in text)
    return not text.isascii() or "`" in text or len(text) + doubled > 160


# Staff, by mail


def test_a_reminder_says_which_case_what_is_owed_until_when_and_who_hears_of_it_next() -> None:
    mail = said(to_staff("remind"))
    assert mail.subject == "Case 12, Elm Street: public reply due Tue Nov 24, 12:30"
    assert "the public reply is due Tue Nov 24, 12:30 EST." in mail.text
    assert "It goes to the manager unless you act." in mail.text


def test_an_escalation_says_what_is_still_open_and_that_it_goes_higher() -> None:
    mail = said(to_staff("escalate"))
    assert mail.subject.endswith("public reply still open, due Tue Nov 24, 12:30")
    assert "Next it goes to the chief and the administrator." in mail.text


def test_who_stands_on_the_last_rung_is_told_so() -> None:
    mail = said(to_staff("escalate", PROMISE | {"next": []}))
    assert "nobody is told after you" in mail.text


def test_a_grave_matter_names_all_who_are_told_next() -> None:
    mail = said(to_staff("safety"))
    assert "somebody to take the safety of this case by Tue Nov 24, 12:30 EST" in mail.text
    assert "the chief, the privacy officer and the administrator" in mail.text


def test_a_mail_to_staff_goes_to_its_person_with_the_notices_own_id_and_token() -> None:
    mail = said(to_staff("remind"))
    assert (mail.channel, mail.to) == ("email", "director@elm.example")
    assert (mail.message_id, mail.token) == ("<notice-1@amends.example>", "attempt-1")
    assert mail.text.startswith("Case 12, Elm Street\n\nHello Dana Reyes,\n\n")
    assert not mail.headers


@pytest.mark.parametrize("url", [URL, URL + "/", URL + "/amends"])
@pytest.mark.parametrize("kind", [kind for kind in DETAILS if kind != "refused"])
def test_every_mail_to_staff_has_one_link_and_it_opens_the_case(kind: str, url: str) -> None:
    mail = render(to_staff(kind), url)
    link = url.rstrip("/") + "/cases/12"
    assert re.findall(r"https?://\S+", mail.text) == [link]
    assert re.findall(r'href="([^"]*)"', mail.html) == [link]


def test_what_is_about_no_case_leads_to_the_front_door() -> None:
    no_case = Waiting(
        to_staff("refused", case_id=None).notice,
        None,
        None,
        person("administrator"),
        None,
        None,
        (),
    )
    mail = said(no_case)
    assert mail.subject == "Amends: a change could not be written"
    assert f"Open Amends: {URL}\n" in mail.text


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("Pacific/Kiritimati", "Wed Nov 25, 07:30 UTC+14"),
        ("Europe/Madrid", "Tue Nov 24, 18:30 CET"),
        ("America/Los_Angeles", "Tue Nov 24, 09:30 PST"),
        ("America/Sao_Paulo", "Tue Nov 24, 14:30 UTC-03"),
    ],
)
def test_a_deadline_is_told_in_the_clinics_own_time(zone: str, words: str) -> None:
    assert f"is due {words}." in said(to_staff("remind", at=clinic(zone=zone))).text


def test_a_deadline_in_summer_is_told_in_summer_time() -> None:
    summer = PROMISE | {"due_at": "2026-07-01T16:00:00Z"}
    assert "is due Wed Jul 1, 12:00 EDT." in said(to_staff("remind", summer)).text


@pytest.mark.parametrize("clock", CLOCKS)
def test_every_clock_of_a_playbook_has_plain_words(clock: str) -> None:
    mail = said(to_staff("remind", PROMISE | {"clock": clock}))
    assert f"A reminder: {OWED[clock]} is due " in mail.text


@pytest.mark.parametrize("role", TELLS)
def test_every_role_a_rung_can_tell_has_words(role: str) -> None:
    assert "It goes to the " in said(to_staff("remind", PROMISE | {"next": [role]})).text


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("kind", ["received", "unknown_delivery", "bounced", "not_sent"])
def test_every_way_of_talking_has_words(kind: str, channel: str) -> None:
    mail = said(to_staff(kind, {"channel": channel, "code": "x-1"}))
    assert re.search(
        r": (please phone, )?(an e-mail|a text|a call|a letter|a word|a message)", mail.subject
    )


@pytest.mark.parametrize("severity", SEVERITIES)
def test_a_new_case_says_how_grave_it_is_unless_it_is_not(severity: str) -> None:
    subject = said(to_staff("opened", {"severity": severity})).subject
    words = {"routine": "a new case", "elevated": "a new more urgent case"}
    assert words.get(severity, "a new grave case") + " is yours" in subject


def test_every_kind_speaks_for_itself() -> None:
    mails = [said(to_staff(kind)) for kind in DETAILS]
    subjects = [mail.subject.split(": ", 1)[1] for mail in mails]
    assert len(set(subjects)) == len({mail.text for mail in mails}) == len(DETAILS)
    assert all(len(mail.subject) <= 78 for mail in mails)


@pytest.mark.parametrize("kind", DETAILS)
def test_the_html_says_what_the_text_says(kind: str) -> None:
    mail = said(to_staff(kind))
    page = words_of(mail.html)
    button = mail.text.split("Open ")[1].split(":")[0]
    for line in filter(None, mail.text.splitlines()):
        assert line.startswith("Open ") or line == "--" or line in page
    assert f"Open {button}" in page


def test_why_a_message_was_held_back_is_left_to_the_case() -> None:
    mail = said(to_staff("not_sent", {"channel": "sms", "code": "deceased"}))
    assert "deceased" not in mail.text + mail.html + mail.subject


def test_a_code_that_is_somebodys_words_is_not_passed_on() -> None:
    mail = said(to_staff("parked", {"code": "no room for Jamie Rivers, born 1970"}))
    assert "Jamie" not in mail.text + mail.html


# Staff, by text


@pytest.mark.parametrize("kind", DETAILS)
def test_every_kind_fits_into_one_text_of_plain_letters(kind: str) -> None:
    text = said(to_staff(kind, channel="sms"))
    assert (text.channel, text.to) == ("sms", "+12125550100")
    assert not unlike_gsm(text.text)
    assert text.text.startswith("Case 12, Elm Street: ")
    assert text.text.endswith(f" {URL}/cases/12")
    assert (text.subject, text.html) == ("", "")


def test_a_text_about_safety_says_until_when_and_who_is_told_next() -> None:
    text = said(to_staff("safety", channel="sms")).text
    assert "somebody must take its safety by Tue Nov 24, 12:30." in text
    assert "Next: chief, privacy officer, administrator." in text


@example(name="~" * 30, url=URL, kind="escalate")  # each takes the room of two letters
@given(
    name=st.text(min_size=1).filter(str.strip),
    url=st.sampled_from([URL, "https://" + "a" * 200 + ".example", "https://ñandú.example", ""]),
    kind=st.sampled_from(sorted(DETAILS)),
)
def test_no_name_and_no_address_makes_a_text_longer_than_one(
    name: str, url: str, kind: str
) -> None:
    text = render(to_staff(kind, at=clinic(name=name), channel="sms"), url).text
    assert not unlike_gsm(text)
    assert text.startswith("Case 12")


def test_a_text_loses_its_link_before_it_loses_what_must_be_done() -> None:
    text = render(to_staff("safety", channel="sms"), "https://" + "a" * 200).text
    assert text == "Case 12, Elm Street: somebody must take its safety by Tue Nov 24, 12:30."


def test_accents_in_a_clinics_name_become_plain_letters() -> None:
    text = said(to_staff("remind", at=clinic(name="Clínica Núñez"), channel="sms")).text
    assert text.startswith("Case 12, Clinica Nunez: ")


# What is missing


@pytest.mark.parametrize(
    ("kind", "name"), [(kind, name) for kind, detail in DETAILS.items() for name in detail]
)
def test_a_value_missing_in_a_notice_is_named(kind: str, name: str) -> None:
    lacking = {key: value for key, value in DETAILS[kind].items() if key != name}
    with pytest.raises(RenderError) as raised:
        said(to_staff(kind, lacking))
    assert (raised.value.kind, raised.value.missing) == (kind, name)
    assert raised.value.__context__ is None


@pytest.mark.parametrize(
    ("detail", "name"),
    [
        ({"clock": "lunch"}, "clock"),
        ({"clock": ["acknowledge"]}, "clock"),
        ({"due_at": "soon"}, "due_at"),
        ({"due_at": None}, "due_at"),
        ({"due_at": "9999-12-31T23:59:59-12:00"}, "due_at"),
        ({"due_at": "2026-11-24T12:30:00"}, "the zone of due_at"),
        ({"next": ["emperor"]}, "next"),
        ({"next": "manager"}, "next"),
    ],
)
def test_a_value_nobody_understands_is_as_good_as_missing(
    detail: dict[str, Any], name: str
) -> None:
    with pytest.raises(RenderError) as raised:
        said(to_staff("remind", PROMISE | detail))
    assert raised.value.missing == name


@pytest.mark.parametrize("zone", ["", "Europe/Atlantis", "America", "/etc/passwd", "../x"])
def test_a_zone_that_does_not_exist_is_named_as_missing(zone: str) -> None:
    with pytest.raises(RenderError, match="the clinic's zone"):
        said(to_staff("remind", at=clinic(zone=zone)))


@pytest.mark.parametrize(
    ("waiting", "missing"),
    [
        (to_staff("remind", who=person(email="")), "the person's e-mail"),
        (to_staff("remind", who=person(phone=""), channel="sms"), "the person's phone"),
        (to_staff("remind", channel="fax"), "a channel that can be written to"),
        (to_staff("birthday", {}), "words for this kind"),
        (to_correspondent(body=None), "the approved words"),
        (to_correspondent(subject_line=None), "the approved subject"),
    ],
)
def test_a_notice_that_cannot_be_addressed_or_said_is_refused(
    waiting: Waiting, missing: str
) -> None:
    with pytest.raises(RenderError) as raised:
        said(waiting)
    assert raised.value.missing == missing
    assert waiting.notice.kind in str(raised.value)


@pytest.mark.parametrize("gone", ["case", "clinic", "person"])
def test_a_row_that_is_gone_is_named(gone: str) -> None:
    with pytest.raises(RenderError) as raised:
        said(replace(to_staff("remind"), **cast(Any, {gone: None})))
    assert raised.value.missing == f"the {gone}"


# Correspondents


def test_a_text_to_a_correspondent_is_what_was_approved_and_nothing_else() -> None:
    body = "Elm Street: we’d like to talk. {{ 7 * 7 }} <b>Call</b> 212-555-0123.\n "
    text = said(to_correspondent(body, channel="sms"))
    assert text == Message(
        "sms", "+12125550123", body, message_id="<notice-2@amends.example>", token="attempt-1"
    )


def test_a_mail_to_a_correspondent_is_the_approved_text_above_a_fixed_foot() -> None:
    body = "Dear Jamie,\r\n\r\nplease call {{ us }} & ask for <Dana>.\n\n{% endif %}\n"
    mail = said(to_correspondent(body))
    assert mail.to == "jamie@patient.example"
    assert mail.subject == "A word from Elm Street"
    assert mail.text == body + (
        "\n\n--\nElm Street\nPhone: +12125550123\nE-mail: care@elm.example\n"
        "If you want no more e-mails from us, answer this one with the word STOP.\n"
    )


def test_the_html_of_a_mail_shows_paragraphs_and_lines_and_escapes_the_rest() -> None:
    page = said(to_correspondent("Dear Jamie,\r\n\r\n<script>alert(1)</script> & co\nDana")).html
    assert ">Dear Jamie,</p>" in page
    assert ">&lt;script&gt;alert(1)&lt;/script&gt; &amp; co<br>Dana</p>" in page
    assert "<script" not in page


def test_a_script_in_a_clinics_name_comes_out_escaped() -> None:
    here = clinic(name="<script>alert('x')</script> & Sons")
    for mail in (said(to_staff("remind", at=here)), said(to_correspondent(at=here))):
        assert "<script" not in mail.html
        assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; Sons" in mail.html
        assert "<script>alert('x')</script> & Sons" in mail.text


@pytest.mark.parametrize("language", ["es", "es-MX", "ES", "es_US"])
def test_the_foot_is_spanish_for_who_speaks_spanish(language: str) -> None:
    mail = said(to_correspondent("Por favor, llámenos.", language=language))
    assert mail.text.startswith("Por favor, llámenos.\n\n--\nElm Street\nTeléfono: ")
    assert "responda a este con la palabra STOP" in mail.text
    assert '<html lang="es">' in mail.html


@pytest.mark.parametrize("language", ["en", "fr", "", "estonian"])
def test_the_foot_is_english_for_everybody_else(language: str) -> None:
    mail = said(to_correspondent(language=language))
    assert "Phone: " in mail.text
    assert '<html lang="en">' in mail.html


def test_a_clinic_without_a_telephone_has_no_empty_line_in_the_foot() -> None:
    mail = said(to_correspondent(at=clinic(phone="")))
    assert "Phone" not in mail.text
    assert "E-mail: care@elm.example" in mail.text


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("name", ["Elm Street", "Ñ" * 90, "a~^[]{}|\\`" * 30])
def test_a_stop_is_confirmed_in_one_short_text_of_fixed_words(name: str, language: str) -> None:
    here = to_correspondent(
        "an offer", clinic(name=name), language, channel="sms", kind="stop_confirmation"
    )
    text = said(here).text
    assert re.search(r"you will get no more texts from us\.$|ya no le enviaremos", text)
    assert "an offer" not in text
    assert not unlike_gsm(text)


def test_a_stop_from_a_number_of_no_case_is_confirmed_without_a_name() -> None:
    here = to_correspondent(None, channel="sms", kind="stop_confirmation", case_id=None)
    bare = Waiting(here.notice, None, None, None, here.point, None, ())
    assert said(bare).text == "You will get no more texts from us."


def test_a_stop_by_mail_is_confirmed_without_saying_again_how_to_stop() -> None:
    mail = said(to_correspondent(None, kind="stop_confirmation", subject_line=None))
    assert mail.subject == "No more e-mails from us"
    assert mail.text.startswith("As you asked, you will get no more e-mails from us.\n\n--\nElm")
    assert "STOP" not in mail.text


# The markup


class _Tags(HTMLParser):
    """Checks that tags nest, and keeps what a mail client would have to load."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "br"):
            self.open.append(tag)
        self.loads += [f"{tag} {name}" for name, _ in attrs if name in ("src", "background")]
        if tag in ("img", "link", "script", "iframe", "form"):
            self.loads.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize(
    "waiting", [*map(to_staff, DETAILS), to_correspondent("One.\n\nTwo,\nthree.")]
)
def test_the_markup_nests_and_loads_nothing(waiting: Waiting) -> None:
    page = said(waiting).html
    tags = _Tags()
    tags.feed(page)
    tags.close()
    assert (tags.open, tags.loads) == ([], [])
    assert "url(" not in page
    assert "@import" not in page
    assert "font-size:16px" in page


@pytest.mark.parametrize("waiting", [to_staff("remind"), to_correspondent("¡Hola!", language="es")])
def test_the_mail_channel_takes_every_mail_as_it_is(waiting: Waiting) -> None:
    mail = said(waiting)
    mime = compose(mail, one_sender("Elm Street <care@elm.example>")).as_bytes()
    read = message_from_bytes(mime, policy=policy.default)
    for form, words in (("plain", mail.text), ("html", mail.html)):
        part = read.get_body((form,))
        assert part is not None
        assert part.get_content().splitlines() == words.splitlines()
    assert read["Message-ID"] == mail.message_id


# Nothing about a patient


@given(
    marks=st.lists(st.text("abcdxyz<&é ", min_size=1, max_size=8), min_size=8, max_size=8),
    kind=st.sampled_from(sorted(DETAILS)),
    channel=st.sampled_from(["email", "sms"]),
)
def test_nothing_about_a_patient_gets_into_a_message_to_staff(
    marks: list[str], kind: str, channel: str
) -> None:
    secrets = [f"QZ{number}{mark}QZ" for number, mark in enumerate(marks)]
    handle, name, review, body, subject, done, held, value = secrets
    here = to_staff(
        kind,
        DETAILS[kind] | {"author": handle, "review": review, "words": name},
        channel=channel,
        body=body,
        subject_line=subject,
    )
    about = case(done=done, held_why=held, cause=review, outcome=review, contact_how=name)
    who = Correspondent(id="c-1", clinic_id="clinic-1", relation="patient", name=name)
    point = ContactPoint(id="point-1", correspondent_id="c-1", channel="sms", value=value)
    message = said(Waiting(here.notice, about, here.clinic, here.person, point, who, ()))
    told = f"{message.to}{message.subject}{message.text}{html.unescape(message.html)}"
    assert "QZ" not in told


# What the rules ask for


def moment(by: str = "director") -> Moment:
    return Moment(NOW, by, Identifiers(7))


def file(**changes: Any) -> CaseFile:
    roles = ("director", "manager", "chief", "administrator")
    given: dict[str, Any] = {
        "case": case(), "clinic": clinic(), "playbook": PLAYBOOK,
        "people": {role: person(role) for role in roles},
        "review": Review(id="review-1", platform="google", external_id="r", clinic_id="clinic-1",
                         seen_at=NOW, text="They were rude.", author="jr"),
    }  # fmt: skip
    return CaseFile(**given | changes)


def stepped(kind: str, at: datetime) -> Change:
    begun = clocks.start(
        kind, "case-1", NOW, PLAYBOOK.clocks[kind], calendars(clinic(), PLAYBOOK), moment()
    )
    late = Moment(at, "sweep", Identifiers(8))
    return ladders.step(file(clocks=[Clock(**begun.values)]), late)


def a_reply(**changes: Any) -> Reply:
    given: dict[str, Any] = {
        "id": "reply-1", "case_id": "case-1", "review_id": "review-1", "state": "draft",
        "text": "Thank you for telling us. We are sorry. Please call Dana Reyes, our clinical "
        "director, at +12125550123 or write to care@elm.example.",
        "drafted_by": "director", "drafted_at": NOW,
    }  # fmt: skip
    return Reply(**given | changes)


def by_hand() -> Change:
    ours = file(replies=[a_reply()])
    able = Capabilities()
    warned = {each.code for each in replies.findings(ours, str(a_reply().text), able)}
    return replies.approve(ours, able, warned, moment())


def not_live(sent: bool | None) -> Change:
    error = PlatformError("google-403", "no", permanent=True, sent=sent)
    return publishing.did_not_go_live(file(), a_reply(state="submitted"), error, moment())


def on_its_way(**changes: Any) -> Waiting:
    words = "email|i|A word from Elm Street|Please call us."
    there = to_correspondent(approved_by="director", digest=fingerprint(words))
    point = ContactPoint(
        id="point-1",
        correspondent_id="c-1",
        channel="email",
        value="jamie@patient.example",
        index="i",
    )
    return Waiting(
        there.notice, case(**changes), there.clinic, None, point, there.correspondent, (), person()
    )


def held_back() -> Change:
    return delivery.claim(on_its_way(held_at=NOW), moment(), timedelta(hours=1))


def undelivered(error: ChannelError) -> Change:
    claimed = delivery.claim(on_its_way(), moment(), timedelta(hours=1))
    return delivery.failed(on_its_way(), claimed, error, moment())


def opened() -> Change:
    known = opening.Practised(clinic(), file().people, PLAYBOOK)
    return opening.open_case(file().review, known, moment())


def full() -> Change:
    limited = replace(PLAYBOOK, open_cases_at_most=1)
    loads = {"director": Load(3)}
    known = opening.Practised(clinic(), file().people, limited, loads=loads)
    return opening.open_case(file().review, known, moment())


ASKED: dict[str, Callable[[], Change]] = {
    "reminders": lambda: stepped("acknowledge", NOW + timedelta(hours=3)),
    "escalations": lambda: stepped("reach", NOW + timedelta(days=20)),
    "safety": lambda: stepped("safety", NOW),
    "gone up": lambda: stepped("acknowledge", NOW + timedelta(days=20)),
    "over the limit": full,
    "handed over, many": lambda: handing.hand_all(
        [file()], person("manager"), "", moment()
    ).changes[-1],
    "opened": opened,
    "reopened": lambda: reopening.begin_again(file(), "lowered", moment()),
    "handed over": lambda: custody.hand_over(file(), person("manager"), "", moment()),
    "received": lambda: received(file(), "email", "Hello?", NOW, moment()),
    "by hand": by_hand,
    "reply refused": lambda: not_live(False),
    "reply in doubt": lambda: not_live(None),
    "delivery in doubt": lambda: undelivered(ChannelError("timeout", sent=None)),
    "bounced": lambda: undelivered(ChannelError("smtp-550", permanent=True)),
    "held back": held_back,
    "parked": lambda: parking.park(case(), (), "WorktimeError", moment(), [person()]),
    "refused": lambda: parking.note_refusal(
        About(Practice, "p", 1), About(Review, "r", 1), "IntegrityError", moment(), [person()]
    ),
}


@pytest.mark.parametrize("asked", ASKED)
def test_what_a_rule_asks_for_can_be_said(asked: str) -> None:
    notices = [notice for part in ASKED[asked]().whole() for notice in part.notices]
    assert notices
    for values in notices:
        given = {"case_id": None, "channel": "email", **values}
        assert said(to_staff(**given)).text.count(URL) == 1

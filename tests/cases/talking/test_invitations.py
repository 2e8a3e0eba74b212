"""Everybody on a list is invited alike, in one approved text; a no is a no, Yelp is left out."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from cases.changes import Change
from cases.models import InvitationList, NoticeState
from cases.store import Store
from cases.talking import invitations
from cases.talking.consent import stop
from cases.talking.invitations import EVERY, Words, faults, prepare
from cases.talking.invitees import InvitationError, read_list
from cases.talking.neutral import unfair
from console.web.app import create_app
from tests.builders import DIRECTOR, moment
from tests.console.web import TestClient
from tests.story import Story, a_story

MAIL = (
    "Thank you for choosing Elm Street. Many people read reviews before they choose a practice. "
    "Whatever you think of us, you may write it here: https://g.page/elm-street/review\n"
    "Elm Street Clinic, 1 Elm Street, Albany, NY 12207"
)
SMS = (
    "Elm Street: whatever you think of us, you may write it: https://g.page/e Reply STOP to opt out"
)
WORDS = Words("Your view of Elm Street", MAIL, SMS)
CONSENT = "the intake form of 2026, box 4: I agree to be asked for a review"
ROWS = [
    {"Name": "Pat Quill", "E-mail": "Pat@quill.example", "Phone": "", "Visit date": "2026-10-01"},
    {"Name": "Sam Reed", "E-mail": "", "Phone": "+1 212-555-0142", "Visit date": ""},
    {"Name": "Pat Quill", "E-mail": "pat@quill.example", "Phone": "", "Visit date": ""},
    {"Name": "Nobody", "E-mail": "not an address", "Phone": "12", "Visit date": ""},
]


@pytest.fixture
def story(store: Store, tmp_path: Path) -> Iterator[Story]:
    with a_story(store, tmp_path / "board") as found:
        found.settings.public_url = "https://elm.example"
        yield found


def prepared(story: Story, words: Words = WORDS) -> InvitationList:
    (clinic,) = story.store.clinics().values()
    people, passed = read_list(ROWS)
    change = prepare(clinic, words, people, passed, CONSENT, moment(story.now))
    assert story.store.apply([change]).applied
    row = story.store.invitation_list(change.subject.id)
    assert row is not None
    return row


def approval(story: Story, row: InvitationList, mark: str = "", by: str = DIRECTOR) -> Change:
    store, at = story.store, moment(story.now, by)
    ways = {(each.channel, each.value) for each in invitations.people_of(row)}
    indexes = {way: store.index(*way) for way in ways}
    known = store.known_to_invite(indexes.values(), story.now - EVERY)
    who = store.people()[by]
    practice = store.practice_as_subject()
    return invitations.approve(row, mark or row.digest[:12], who, known, indexes, practice, at)


def approved(story: Story, row: InvitationList) -> InvitationList:
    assert story.store.apply([approval(story, row)]).applied
    story.run("deliver")
    found = story.store.invitation_list(row.id)
    assert found is not None
    return found


def mails(story: Story) -> list[str]:
    """Return whom invitations went to by e-mail."""
    return [letter.to for letter in story.mail.accepted if letter.to.endswith("quill.example")]


def test_everybody_on_the_list_is_invited_once_in_the_very_same_words(story: Story) -> None:
    story.now += timedelta(hours=2)
    row = approved(story, prepared(story))
    assert row.counts == {"listed": 2, "twice": 1, "no_address": 1, "invited": 2}
    assert mails(story) == ["pat@quill.example"]
    (letter,) = story.mail.accepted
    plain = letter.message.get_body(("plain",))
    assert plain is not None
    assert "you may write it here: https://g.page/elm-street/review" in plain.get_content()
    assert letter.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "2026-10-01" not in str(letter.message)  # when they came is nobody's to read
    assert [each["Body"] for each in story.phone.sent] == [SMS]
    assert story.store.invitations_sent(row.id) == {NoticeState.ACCEPTED: 2}
    assert row.people is None  # the list itself is let go of
    assert story.store.broken_chains() == []


def test_nothing_leaves_before_somebody_approved_this_text_and_this_list(story: Story) -> None:
    row = prepared(story)
    story.run("deliver")
    assert mails(story) == []
    for mark, by in (("0" * 12, DIRECTOR), (row.digest[:4], DIRECTOR), (row.digest[:12], "alex")):
        with pytest.raises(InvitationError):
            approval(story, row, mark, by)
    other = row._replace(body=row.body + " Thanks!")  # type: ignore[attr-defined]
    with pytest.raises(InvitationError, match="not the mark"):
        approval(story, other)


def test_who_said_no_is_not_invited_and_another_list_does_not_undo_it(story: Story) -> None:
    index = story.store.index("email", "pat@quill.example")
    practice = story.store.practice_as_subject()
    said_no = stop(index, "email", "by telephone", moment(story.now), [], [], practice)
    assert story.store.apply([said_no]).applied
    row = approved(story, prepared(story))
    assert (row.counts["stop"], row.counts["invited"]) == (1, 1)
    assert mails(story) == []


def test_a_no_after_the_approval_stops_what_waits(story: Story) -> None:
    row = prepared(story)
    assert story.store.apply([approval(story, row)]).applied
    index = story.store.index("email", "pat@quill.example")
    known, waiting = story.store.behind(story.store.known_points(["email"], index))
    practice = story.store.practice_as_subject()
    assert len(waiting) == 1
    said_no = stop(index, "email", "the link", moment(story.now), known, waiting, practice,
                   purpose="invitation")  # fmt: skip
    assert story.store.apply([said_no]).applied
    story.run("deliver")
    assert mails(story) == []


def test_the_link_in_the_mail_ends_invitations(story: Story) -> None:
    approved(story, prepared(story))
    (letter,) = story.mail.accepted
    link = re.search(r"/no-more/[a-z0-9-]+", str(letter.message["List-Unsubscribe"]))
    assert link is not None
    door = TestClient(create_app(story.settings, story.store, clock=lambda: story.now))
    assert door.post(link[0]).status_code == 200
    story.now += EVERY + timedelta(days=1)
    assert approved(story, prepared(story)).counts["stop"] == 1


def test_nobody_is_invited_twice_within_half_a_year(story: Story) -> None:
    approved(story, prepared(story))
    story.now += timedelta(days=30)
    again = approved(story, prepared(story))
    assert again.counts["lately"] == 2
    story.now += EVERY
    assert approved(story, prepared(story)).counts["invited"] == 2
    assert mails(story) == ["pat@quill.example"] * 2


def test_of_two_approvals_at_once_one_counts(story: Story) -> None:
    first, second = (approval(story, prepared(story)) for _ in range(2))
    applied = story.store.apply([first, second])
    assert (len(applied.applied), len(applied.stale)) == (1, 1)


def test_what_is_cancelled_is_not_sent(story: Story) -> None:
    row = prepared(story)
    story.store.apply([approval(story, row)])
    now_is = story.store.invitation_list(row.id)
    assert now_is is not None
    waiting = story.store.invitations_waiting(row.id)
    assert story.store.apply([invitations.cancel(now_is, waiting, moment(story.now))]).applied
    story.run("deliver")
    assert mails(story) == []
    assert story.store.invitations_sent(row.id) == {NoticeState.SUPPRESSED: 2}


def test_who_is_on_a_list_lies_sealed(story: Story) -> None:
    prepared(story)
    (row,) = story.store.invitation_lists()
    assert "quill" not in str(row.people)


@pytest.mark.parametrize("column", ["Rating", "NPS score", "satisfaction", "happy?", "stars"])
def test_a_list_that_says_how_content_people_are_is_refused(column: str) -> None:
    with pytest.raises(InvitationError, match="never by sentiment"):
        read_list([{"email": "pat@quill.example", column: "5"}])


def test_a_list_without_addresses_is_refused() -> None:
    for rows in ([{"name": "Pat"}], [{"email": "x"}], []):
        with pytest.raises(InvitationError):
            read_list(rows)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Write us on Yelp: https://yelp.example/elm", "Yelp forbids"),
        ("Please leave a 5-star review: https://g.page/e", "content ones only"),
        ("If you were happy with us, write: https://g.page/e", "content ones only"),
        ("Share your positive experience: https://g.page/e", "content ones only"),
        ("Escriba una buena reseña: https://g.page/e", "content ones only"),
        ("Write a review and get a $10 gift card: https://g.page/e", "gift card"),
        ("Your visit on 10/01/2026: tell others, https://g.page/e", "leave it out"),
        ("Hello {{ name }}: https://g.page/e", "no slots"),
        ("Whatever you think of us, write it.", "a link"),
    ],
)
def test_a_text_that_chooses_rewards_or_tells_is_refused(text: str, why: str) -> None:
    assert any(why in each for each in unfair(text)), unfair(text)


def test_the_neutral_text_is_let_through() -> None:
    assert faults(WORDS, ("email", "sms")) == []
    assert faults(Words("", "", SMS.replace("STOP", "stop")), ("sms",))
    assert faults(Words(text=SMS), ("email", "sms"))


def test_without_consent_in_words_nobody_is_invited(story: Story) -> None:
    (clinic,) = story.store.clinics().values()
    people, passed = read_list(ROWS)
    with pytest.raises(InvitationError, match="how they agreed"):
        prepare(clinic, WORDS, people, passed, "yes", moment(story.now))

"""The whole story of one review, and five others. Read this first.

Somebody writes two stars. The practice is slow, is reminded and escalated, answers in public
without saying a word too much, writes to the patient, who answers and later wants no more texts,
listens, mends what was wrong, watches, asks once more, and closes. The clock is moved by hand;
everything else is real, on both databases.
"""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from cases import custody, following
from cases.answering import replies
from cases.clockwork.pauses import pause
from cases.needs import IllegalMove
from cases.ports import Capabilities
from cases.store import Store
from cases.talking import conversation, correspondents
from cases.talking.correspondents import Who
from tests.posting import a_mail, add_mailbox, post
from tests.story import GOOD_REPLY, Story, a_story
from tests.texting import connect, says

CAN = Capabilities(pull=True, reply=True, look=True)
THEIRS = "+12125550142"
WAITED = "Waited two hours past my time and the front desk shrugged. Nobody said sorry."


@pytest.fixture
def story(store: Store, tmp_path: Path) -> Iterator[Story]:
    with a_story(store, tmp_path / "board") as found:
        yield found


def test_one_review_from_arrival_to_close(story: Story) -> None:
    # Answers by mail and by text come back to Amends.
    add_mailbox(story)
    connect(story, mail_reply_to="care@elm.example")

    # Monday, 9:00. A review appears; a case opens; its owner is told.
    story.review("r1", WAITED, stars=2)
    story.it_is(2, "09:00")
    assert story.case().case.stage == "acknowledge"
    assert story.case().case.owner_id == "dana"
    assert len(story.mail_to("dana")) == 1

    # Four duty hours for the public reply: reminded at half, and again at four fifths.
    story.it_is(2, "11:00")
    story.it_is(2, "12:12")
    assert len(story.mail_to("dana")) == 3
    assert story.mail_to("morgan") == []

    # One o'clock passes without an answer: missed, and the manager is told, once.
    story.it_is(2, "13:00")
    story.it_is(2, "13:01")
    assert len(story.mail_to("morgan")) == 1
    assert "missed" in story.events()

    # A careless reply does not get past the checker, whoever approves it.
    story.act(replies.draft, "Thank you for choosing us! Our records show your visit on Friday.")
    with pytest.raises(IllegalMove, match="confirms_relationship"):
        story.act(replies.approve, CAN, ())

    # A good one does, as that exact text, and stands in public a moment later.
    story.act(replies.draft, GOOD_REPLY)
    story.act(replies.approve, CAN, ())
    posted = [json.loads(path.read_text()) for path in (story.folder / "replies").iterdir()]
    assert [each["text"] for each in posted] == [GOOD_REPLY]
    assert story.case().case.stage == "contact"
    acknowledge = story.clock("acknowledge")
    assert (acknowledge.ended_how, acknowledge.missed_at is not None) == ("met", True)

    # Dana finds out who it may be, and says how she knows. From now on the text is sealed.
    who = Who("Pat Doe", "patient", "self", "they gave their name at the front desk", "sure")
    points = [story.point("email", "pat@mail.example"), story.point("sms", THEIRS)]
    story.it_is(2, "14:00")
    file = story.act(correspondents.match, who, points)
    assert (file.review.text, file.review.sealed_text) == ("", WAITED)

    # Nobody answers the telephone; a mail goes out, and next day a text, exactly as written.
    story.act(conversation.contact, "phone", "no_answer", "", story.now)
    letter = "We would like to hear from you. Please call Dana Field at +1 212-555-0100."
    story.act(conversation.write, story.way("email"), letter, "A word from Elm Street")
    assert story.mail_to("pat") == ["A word from Elm Street"]
    story.it_is(3, "10:00")
    text = "Elm Street here: please call Dana Field, +1 212-555-0100. Reply STOP to opt out."
    story.act(conversation.write, story.way("sms"), text, "")
    assert [each["Body"] for each in story.phone.sent] == [text]

    # Wednesday, 9:12, they answer the mail: the clock says 10:12, and Dana is reminded in between.
    story.it_is(4, "09:12")
    assert post(story, an_answer(story, "Yes, call me today please."))["replies"] == 1
    assert [each.note for each in story.case().contacts if each.inbound] == [
        "Yes, call me today please."
    ]
    assert story.clock("answer").due_at == story.at(4, "10:12")
    assert story.case().case.stage == "listen"
    story.it_is(4, "09:45")
    assert any("answer" in subject for subject in story.mail_to("dana"))
    story.it_is(4, "10:05")
    story.act(conversation.contact, "phone", "reached", "long talk", story.now)
    answer = story.clock("answer")
    assert (answer.ended_how, answer.missed_at) == ("met", None)

    # They tell it in their own words; what Dana promises becomes a task with a clock.
    promise = ("Send the new waiting-time rule", story.now + timedelta(days=1))
    story.act(conversation.hear, "Waited two hours; nobody spoke to them.", "An apology", [promise])
    (task,) = story.case().tasks
    story.it_is(4, "16:00")
    story.act(custody.task_done, task, "sent by letter")
    assert story.clock("promise").ended_how == "met"

    # Friday: care is discussed only after two identifiers are checked.
    story.it_is(6, "16:00")
    done = "The desk now tells everybody of a delay after fifteen minutes."
    with pytest.raises(IllegalMove, match="two identifiers"):
        story.act(following.resolve, "wait_time", done, True)
    story.act(correspondents.identify, ["name", "date_of_birth"], "")
    story.act(following.resolve, "wait_time", done, True)
    assert story.case().case.stage == "monitor"

    # The follow-up is approved now and waits for its day. Asking for removal is refused, always.
    asks = "If you are happy now, please take down your review."
    with pytest.raises(IllegalMove, match="asks_removal"):
        story.act(following.plan_follow_up, story.way("email"), asks, "Elm Street")
    kind = "We hope all is well. Is there anything else we can do? Dana Field, +1 212-555-0100."
    story.act(following.plan_follow_up, story.way("email"), kind, "Anything else?")

    # Two weeks pass. Amends looks every day, and asks nobody for anything.
    wait(story, 7, 9)

    # On Tuesday they text STOP. That is confirmed, once, and no text ever follows it.
    story.it_is(10, "10:00")
    says(story, "STOP", THEIRS)
    story.it_is(10, "10:01")
    (_, confirmed) = [each["Body"] for each in story.phone.sent]
    assert "no more texts" in confirmed
    with pytest.raises(IllegalMove, match="stopped"):
        story.act(conversation.write, story.way("sms"), text, "")

    # On Friday the window has ended: the follow-up goes by e-mail, the way they left open.
    wait(story, 11, 19)
    assert story.mail_to("pat") == ["A word from Elm Street"]
    story.it_is(20, "16:30")
    story.run("watch", "follow_up", "deliver")
    assert story.mail_to("pat") == ["A word from Elm Street", "Anything else?"]
    assert len(story.phone.sent) == 2

    # Everything is shown: it can be closed. Nothing was lost, doubled or rewritten.
    story.act(following.close, "satisfied")
    assert story.case().case.stage == "closed"
    assert all(clock.ended_at is not None for clock in story.case().clocks)
    assert not any(story.run("audit").values())
    ids = Counter(letter.message["Message-ID"] for letter in story.mail.accepted)
    assert set(ids.values()) == {1}


def test_everything_is_missed(story: Story) -> None:
    """Nobody acts: every rung tells its people once, up to the top, and then the engine rests."""
    story.review("r1", WAITED, stars=1)
    story.it_is(2, "09:00")
    while look := story.store.next_look():
        story.now = max(look, story.now)
        story.run("sweep", "deliver")
    kinds = Counter(kind for kind in story.events() if kind in ("reminded", "escalated", "missed"))
    # Two clocks run, acknowledge and first_try: two reminders, then 1 + 1 + 3 escalations each.
    assert kinds == {"reminded": 4, "escalated": 10, "missed": 2}
    assert len(story.mail_to("dana")) == 1 + 4
    assert len(story.mail_to("morgan")) == 2
    assert len(story.mail_to("chris")) == 2 + 6
    assert len(story.mail_to("alex")) == 6
    assert not any(story.run("audit").values())


def test_a_grave_review_tells_two_people_at_once_by_night(story: Story) -> None:
    """The safety clock runs round the clock; nobody else is woken."""
    story.review("r1", "The wound got infected after surgery and I nearly died.", stars=1)
    story.it_is(2, "23:30")
    assert story.case().case.severity == "grave"
    assert sorted(each["To"] for each in story.phone.sent) == ["+12125550111", "+12125550111"]
    assert story.mail_to("morgan") == []
    story.act(custody.take, by="chris")
    story.it_is(3, "08:59")
    assert len(story.phone.sent) == 2


def test_a_troll_gets_no_reply_but_only_a_person_says_so(story: Story) -> None:
    story.review("r1", "idiots idiots idiots, total scum, you all suck", stars=1)
    story.it_is(2, "09:00")
    with pytest.raises(IllegalMove, match="confirm"):
        story.act(following.dismiss, "troll", "")
    story.act(custody.judge_troll, True, "abuse only; the same words at four other practices")
    (task,) = story.case().tasks
    assert task.kind == "report_to_platform"
    story.act(following.dismiss, "troll", "")
    assert story.case().case.stage == "closed"
    # The report outlives the case: its clock still runs.
    assert [c.kind for c in story.case().clocks if c.ended_at is None] == ["task"]
    story.act(custody.task_done, task, "reported; reference 12")
    assert story.store.next_look() is None


def test_nobody_ever_answers(story: Story) -> None:
    """Every way was tried as the playbook wants it; then, and only then, they are unreachable."""
    story.review("r1", WAITED, stars=2)
    story.it_is(2, "09:00")
    _acknowledge(story)
    who = Who("Pat Doe", "patient", "self", "the handle is their e-mail name")
    points = [story.point("phone", "+12125550142"), story.point("email", "pat@mail.example")]
    story.act(correspondents.match, who, points)
    story.act(conversation.contact, "phone", "voicemail", "", story.now)
    with pytest.raises(IllegalMove, match="not tried yet: email"):
        story.act(conversation.give_up, "unreachable")
    story.it_is(3, "10:00")
    story.act(conversation.write, story.way("email"), "Please call us.", "Elm Street")
    story.it_is(4, "10:00")
    story.act(conversation.contact, "phone", "no_answer", "", story.now)
    story.act(conversation.give_up, "unreachable")
    assert story.case().case.stage == "resolve"
    story.act(following.resolve, "wait_time", "The desk tells people of delays.", False)
    story.it_is(18, "11:00")
    story.run("watch", "deliver")
    assert story.case().case.stage == "follow_up"
    story.act(following.follow_up, story.way("email"), "Can we do anything else?", "Elm Street")
    story.act(following.close, "unknown")
    assert not any(story.run("audit").values())


def test_a_daughter_writes_about_her_mother(story: Story) -> None:
    """She is heard at once; what was done is told only once she may hear it."""
    story.review("r1", "They left my mother in the hallway for an hour. Unkind.", stars=2)
    story.it_is(2, "09:00")
    _acknowledge(story)
    who = Who("Kim Doe", "relative", "adult", "she telephoned and said so")
    story.act(correspondents.match, who, [story.point("phone", "+12125550143")])
    story.act(conversation.contact, "phone", "reached", "", story.now)
    story.act(conversation.hear, "Her mother waited in the hallway.", "That it stops", [])
    with pytest.raises(IllegalMove, match="authority"):
        story.act(correspondents.identify, ["name", "date_of_birth"], "")
    story.act(correspondents.identify, ["name", "date_of_birth"], "the mother signed a release")
    story.act(following.resolve, "bedside_manner", "Chairs, and a nurse who looks.", True)
    story.it_is(17, "09:00")
    story.run("watch")
    story.act(following.follow_up_by_phone, "reached", "all is well")
    story.act(following.close, "satisfied")
    assert story.case().case.stage == "closed"


def test_the_author_edits_two_stars_to_one_after_the_close(story: Story) -> None:
    story.review("r1", WAITED, stars=2)
    story.it_is(2, "09:00")
    story.act(following.dismiss, "no_follow_up_needed", "the desk apologised on the spot")
    assert story.case().case.stage == "closed"
    told = len(story.mail_to("dana"))

    story.it_is(12, "09:00")
    story.review("r1", WAITED + " And now nobody calls back.", stars=1)
    story.it_is(12, "09:15")
    file = story.case()
    assert (file.case.stage, file.case.round) == ("contact", 2)
    assert len(story.mail_to("dana")) == told + 1
    (old,) = file.versions
    assert (old.text, float(old.rating or 0)) == (WAITED, 2.0)
    assert [c.kind for c in file.clocks if c.ended_at is None] == ["first_try"]

    # Waiting for them stops the clock, with a reason and an end of its own.
    due_at = story.clock("first_try").due_at
    assert due_at is not None
    story.act(pause, ["first_try"], story.now + timedelta(hours=2), "they asked for the afternoon")
    assert story.clock("first_try").due_at == due_at + timedelta(hours=2)


def an_answer(story: Story, words: str) -> bytes:
    """Return what they write back, as their mail program does: to the address it was told."""
    asked = next(x.message for x in story.mail.accepted if x.to == "pat@mail.example")
    below = "\n".join(f"> {line}" for line in asked.get_body(["plain"]).get_content().splitlines())
    quoted = f"{words}\n\nOn Mon, Nov 2, 2026 at 2:00 PM Elm Street wrote:\n{below}"
    sender = "Pat Doe <pat@mail.example>"
    return a_mail(
        quoted, sender=sender, to=str(asked["Reply-To"]), subject=f"Re: {asked['Subject']}"
    )


def wait(story: Story, first: int, last: int) -> None:
    """Let days pass in which Amends only looks."""
    for day in range(first, last + 1):
        story.it_is(day, "10:00")
        story.run("receive", "watch", "follow_up", "deliver")


def _acknowledge(story: Story) -> None:
    story.act(replies.draft, GOOD_REPLY)
    story.act(replies.approve, CAN, ())
    assert story.case().case.stage == "contact"

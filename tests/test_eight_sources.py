"""The life of a review from each of the eight places where patients write.

By the platform's own interface where it has one, over real sockets; by alert mail and by hand where
it has none. A review comes in, a case opens, a reply is approved and goes out, what becomes of the
review is seen, and the case ends as it should.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cases import following
from cases.answering import replies, reporting
from cases.arriving.sources import set_active
from cases.models import ReplyState
from cases.practice import add_source
from cases.store import Store
from cases.talking import conversation, correspondents
from cases.talking.correspondents import Who
from reviews import capabilities, guide
from tests.builders import DAY, HOUR, moment
from tests.platforms.facebook_fake import PAGE, SECRET, TOKEN, WORD, FacebookFake
from tests.platforms.google_fake import PLACE, GoogleFake
from tests.platforms.x_fake import US, XFake
from tests.platforms.yelp_fake import BUSINESS, KEY, YelpFake
from tests.posting import a_mail, add_mailbox, post, sample
from tests.story import GOOD_REPLY, Story, a_story

WORDS = "Two hours late and nobody said sorry. Terrible."
SHORT = (
    "Thank you for writing; we are sorry to hear this. Privacy law keeps us from saying more here. "
    "Please reach Dana Field, our clinical director: +1 212-555-0100, care@elm.example."
)


@pytest.fixture
def story(store: Store, tmp_path: Path) -> Iterator[Story]:
    with a_story(store, tmp_path / "board") as found:
        (folder,) = found.store.sources()
        found.store.apply([set_active(folder, False, moment(found.now))])
        yield found


def connect(story: Story, platform: str, place: str, **values: object) -> None:
    name = f"elm-{platform}"
    assert story.store.apply([add_source(name, platform, place, moment(story.now))]).applied
    story.settings.sources[name] = values


def answer(story: Story, text: str = GOOD_REPLY) -> str:
    """Approve exactly this text and let it go out; return how it stands."""
    can = capabilities(story.case().review, story.store.sources())
    story.act(replies.draft, text)
    file = story.act(replies.approve, can, ())
    return str(file.replies[-1].state)


def answer_by_hand(story: Story, home: str) -> None:
    """Post it as the guide says, and attest to it."""
    assert answer(story) == ReplyState.BY_HAND
    way = guide(story.case().review.platform)
    assert way.steps
    assert way.deep_link(story.case().review).startswith(home)
    story.now += HOUR
    file = story.act(replies.posted, f"{home}/answered", story.now)
    assert file.case.acknowledged_how == "attested"


def find_nobody(story: Story) -> None:
    """Resolve it without them: the public invitation stands."""
    story.act(conversation.looked_for, False, "no such name")
    story.act(conversation.give_up, "unidentified")
    file = story.act(following.resolve, "wait_time", "The desk tells people of delays.", False)
    assert file.case.stage == "monitor"


def find_pat(story: Story) -> None:
    """Resolve it with them."""
    who = Who("Pat Doe", "patient", "self", "they gave their name at the front desk")
    story.act(correspondents.match, who, [story.point("phone", "+12125550142")])
    story.act(conversation.contact, "phone", "reached", "", story.now)
    story.act(conversation.hear, "Waited two hours.", "An apology", [])
    story.act(correspondents.identify, ["name", "date_of_birth"], "")
    story.act(following.resolve, "wait_time", "The desk tells people of delays.", True)


def ends(story: Story, how: str, outcome: str) -> None:
    """Close it: what became of the review stands in the record, and the audit finds nothing."""
    file = story.act(following.close, outcome)
    assert (file.case.stage, file.case.monitor_how) == ("closed", how)
    assert file.case.outcome == outcome
    story.run("sweep", "deliver")
    assert not any(story.run("audit").values())
    assert story.store.broken_chains() == []


def test_google_answered_by_its_interface_and_raised_by_its_author(story: Story) -> None:
    with GoogleFake() as google:
        connect(story, "google", PLACE, **google.values)
        google.write("g1", story.now - HOUR, WORDS, stars="ONE")
        story.it_is(2, "09:15")
        assert answer(story) == ReplyState.PENDING
        story.it_is(2, "09:30")
        assert story.case().replies[-1].state == ReplyState.LIVE
        assert (google.kept["g1"].reply or {})["comment"] == GOOD_REPLY
        find_pat(story)
        google.edit("g1", story.now, comment="They called and made it right.", stars="FIVE")
        story.it_is(3, "10:00")
        assert story.case().review.revision == 2
        ends(story, "raised", "satisfied")


def test_facebook_answered_by_its_interface_and_taken_back_by_its_author(story: Story) -> None:
    with FacebookFake().served() as facebook:
        keys = {"page_token": TOKEN, "app_secret": SECRET, "verify_token": WORD}
        connect(story, "facebook", PAGE, base_url=facebook.url, **keys)
        facebook.recommend("201", WORDS)
        story.it_is(2, "09:15")
        assert story.case().review.rating is None  # a recommendation is no number of stars
        assert answer(story) == ReplyState.LIVE
        assert [row["message"] for row in facebook.comments["201"]] == [GOOD_REPLY]
        find_nobody(story)
        facebook.take_down("201")
        for _ in range(2):
            assert story.case().case.stage == "monitor"  # once is no proof
            story.now += DAY
            story.run("watch")
        ends(story, "removed", "unknown")


def test_x_answered_where_we_were_mentioned_and_deleted_by_its_author(story: Story) -> None:
    with XFake(story.now) as x:
        connect(story, "x", US, **x.values)
        wrote = x.write(f"@elmstreet {WORDS}", 1)
        story.it_is(2, "09:15")
        assert answer(story, SHORT) == ReplyState.LIVE
        assert [each.text for each in x.ours] == [SHORT]
        find_nobody(story)
        x.posts.remove(wrote)
        for _ in range(2):
            assert story.case().case.stage == "monitor"
            story.now += DAY
            story.run("watch")
        ends(story, "removed", "unknown")


def test_yelp_answered_by_hand_and_raised_by_its_author(story: Story) -> None:
    with YelpFake().served() as yelp:
        connect(story, "yelp", BUSINESS, api_key=KEY, base_url=yelp.url, partner_url=yelp.url)
        yelp.review("r1", WORDS, stars=1)
        story.it_is(2, "09:15")
        answer_by_hand(story, "https://")
        assert yelp.replies == {}  # only partners may
        find_nobody(story)
        yelp.reviews.clear()
        yelp.review("r1", "They made it right.", stars=5)
        story.it_is(3, "10:00")
        assert story.case().review.rating == 5
        ends(story, "raised", "satisfied")


def test_healthgrades_by_its_alert_mail_and_by_hand(story: Story) -> None:
    add_mailbox(story)
    assert post(story, sample("alerts/healthgrades"))["cases"] == 1
    assert post(story, sample("alerts/healthgrades"))["arrived"] == 0  # fetched twice
    review = story.case().review
    assert (review.platform, review.rating) == ("healthgrades", 2)
    answer_by_hand(story, "https://update.healthgrades.com")
    find_nobody(story)
    story.now += 7 * DAY
    assert story.run("watch")["by_hand"] == 1  # no program can look: a person is asked to
    story.act(following.look, "removed")
    ends(story, "removed", "unknown")


def test_vitals_by_its_alert_mail_and_by_hand(story: Story) -> None:
    add_mailbox(story)
    assert post(story, sample("alerts/vitals"))["cases"] == 1
    assert story.case().review.platform == "vitals"
    answer_by_hand(story, "https://care.webmd.com")
    find_pat(story)
    story.now += 7 * DAY
    assert story.run("watch")["by_hand"] == 1
    story.act(following.look, "raised")
    ends(story, "raised", "satisfied")


def test_ratemds_contested_within_its_window_and_removed(story: Story) -> None:
    add_mailbox(story)
    assert post(story, sample("alerts/ratemds-contest"))["cases"] == 1
    (task,) = [each for each in story.case().tasks if each.kind == "appeal"]
    assert story.clock("appeal").due_at == task.due_at
    route = guide("ratemds").report_url
    story.act(reporting.report, "spam", route, "It advertises another office.")
    answer_by_hand(story, "https://www.ratemds.com")
    find_nobody(story)
    story.act(reporting.answered, "accepted", "They took it down.")
    story.act(following.look, "removed")
    ends(story, "removed", "unknown")


def test_a_complaint_by_plain_e_mail_is_answered_by_e_mail(story: Story) -> None:
    add_mailbox(story)
    words = "I waited two hours, nobody said sorry, and the front desk was rude."
    assert post(story, a_mail(words, subject="A complaint"))["complaints"] == 1
    file = story.case()
    assert (file.review.platform, file.review.text) == ("email", "")
    assert file.case.acknowledged_how.startswith("none")  # nothing of it is public
    who = Who("Pat Quill", "patient", "self", "wrote to us")
    story.act(correspondents.match, who, [story.point("email", "pat@quill.example")])
    story.act(conversation.write, story.way("email"), "When may we call you?", "Your visit")
    (letter,) = [each for each in story.mail.accepted if each.to == "pat@quill.example"]
    plain = letter.message.get_body(("plain",))
    assert plain is not None
    assert "When may we call you?" in plain.get_content()
    story.act(conversation.contact, "phone", "reached", "", story.now)
    story.act(conversation.hear, "Waited two hours.", "An apology", [])
    story.act(correspondents.identify, ["name", "date_of_birth"], "")
    story.act(following.resolve, "wait_time", "The desk tells people of delays.", True)
    story.now += 15 * DAY
    story.act(following.look, "stands")
    story.act(following.follow_up_by_phone, "reached", "They are content.")
    ends(story, "stands", "satisfied")

"""Facebook, lived through: pushes by the console's door, readings, replies, an expired token."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from cases import following
from cases.answering import replies, shielding
from cases.arriving.sources import health, set_active
from cases.clockwork.promptness import promptness
from cases.custody import judge_troll
from cases.models import ArrivalState, ReplyState, Source
from cases.practice import add_source
from cases.store import Store
from cases.store.views import NotFound
from cases.talking import conversation, correspondents
from cases.talking.correspondents import Who
from console.web.app import create_app
from reviews import ability
from reviews.facebook import CAN
from tests.builders import DAY, HOUR, MANAGER, MINUTE, moment
from tests.console.web import TestClient
from tests.platforms.facebook_fake import (
    PAGE,
    SECRET,
    TOKEN,
    WORD,
    FacebookFake,
    rating,
    remarked,
    signed,
)
from tests.story import GOOD_REPLY, Story, a_story

WORDS = "Waited two hours past my time and nobody said sorry."


@pytest.fixture
def fake() -> Iterator[FacebookFake]:
    with FacebookFake().served() as found:
        yield found


@pytest.fixture
def story(sqlite_store: Store, tmp_path: Path, fake: FacebookFake) -> Iterator[Story]:
    with a_story(sqlite_store, tmp_path / "board") as found:
        (folder,) = found.store.sources()
        added = add_source("elm-page", "facebook", PAGE, moment(found.now))
        found.store.apply([set_active(folder, False, moment(found.now)), added])
        found.settings.sources["elm-page"] = {
            "base_url": fake.url, "page_token": TOKEN, "app_secret": SECRET, "verify_token": WORD,
        }  # fmt: skip
        yield found


@pytest.fixture
def door(story: Story) -> TestClient:
    return TestClient(create_app(story.settings, story.store, clock=lambda: story.now))


def push(door: TestClient, body: bytes, **headers: str) -> int:
    answer = door.post("/hooks/elm-page", content=body, headers=signed(body) | headers)
    return int(answer.status_code)


def waits(story: Story) -> int:
    return len(story.store.arrivals((ArrivalState.WAITING,)))


def source(story: Story) -> Source:
    (found,) = story.store.sources()
    return found


def resolve(story: Story) -> None:
    who = Who("Pat Doe", "patient", "self", "they gave their name at the front desk")
    story.act(correspondents.match, who, [story.point("phone", "+12125550142")])
    story.act(conversation.contact, "phone", "reached", "", story.now)
    story.act(conversation.hear, "Waited two hours.", "An apology", [])
    story.act(correspondents.identify, ["name", "date_of_birth"], "")
    story.act(following.resolve, "wait_time", "The desk tells people of delays.", True)


def test_the_door_shakes_hands_with_facebook(door: TestClient) -> None:
    query = f"hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token={WORD}"
    answer = door.get(f"/hooks/elm-page?{query}")
    assert (answer.status_code, answer.text) == (200, "1158201444")
    assert door.get(f"/hooks/elm-page?{query}x").status_code == 403


def test_a_push_sent_twice_and_out_of_order_is_one_review(
    story: Story, door: TestClient, fake: FacebookFake
) -> None:
    first = fake.push(rating("201", WORDS), at=story.now)
    edited = fake.push(rating("201", WORDS + " Twice now.", "edit"), at=story.now + MINUTE)
    both = fake.push(rating("201", WORDS), remarked("1_9", "Nice pictures."), at=story.now)
    for body in (edited, first, edited, first, both):
        assert push(door, body) == 204
        story.now += timedelta(seconds=1)
    done = story.run("receive")
    assert (done["cases"], done["edited"], done["unread"]) == (1, 0, 0)
    review = story.case().review
    assert (review.text, review.revision) == (WORDS + " Twice now.", 1)
    assert (review.recommends, review.rating) == (False, None)


def test_a_forged_push_changes_nothing(story: Story, door: TestClient, fake: FacebookFake) -> None:
    body, before = fake.push(rating("201", WORDS)), story.store.count_events()
    for forged in ({"x-hub-signature-256": "sha256=00"}, signed(body, "another secret")):
        assert push(door, body, **forged) == 401
    assert (waits(story), story.store.count_events()) == (0, before)
    assert story.run("receive")["arrived"] == 0


def test_what_was_pushed_and_is_read_later_is_one(
    story: Story, door: TestClient, fake: FacebookFake
) -> None:
    fake.recommend("201", WORDS)
    push(door, fake.push(rating("201", WORDS)))
    story.run("receive")
    done = story.run("intake")
    assert (done["seen"], done["new"], done["edited"], done["cases"]) == (1, 0, 0, 0)


def test_a_life_from_a_recommendation_to_one_taken_back(story: Story, fake: FacebookFake) -> None:
    fake.recommend("201", WORDS)
    story.it_is(2, "09:05")
    story.act(replies.draft, GOOD_REPLY)
    file = story.act(replies.approve, CAN, ())
    assert [r.state for r in file.replies] == [ReplyState.LIVE]
    assert [row["message"] for row in fake.comments["201"]] == [GOOD_REPLY]
    resolve(story)
    fake.now += DAY
    fake.recommend("201", "They called and made it right.", likes=True)
    story.it_is(3, "10:00")
    story.run("watch")
    file = story.act(following.close, "satisfied")
    assert (file.case.stage, file.case.monitor_how) == ("closed", "raised")
    assert (file.review.recommends, file.review.revision) == (True, 2)
    assert not any(story.run("audit").values())


def test_a_recommendation_taken_down_ends_the_window(story: Story, fake: FacebookFake) -> None:
    fake.recommend("201", WORDS)
    story.it_is(2, "09:05")
    story.act(replies.draft, GOOD_REPLY)
    story.act(replies.approve, CAN, ())
    resolve(story)
    fake.take_down("201")
    for _ in range(2):
        assert story.case().case.stage == "monitor"  # once is no proof
        story.now += DAY
        story.run("watch")
    file = story.case()
    assert (file.case.monitor_how, file.review.gone_at) == ("removed", story.now)


def test_a_reply_somebody_took_away_is_told(story: Story, fake: FacebookFake) -> None:
    fake.recommend("201", WORDS)
    story.it_is(2, "09:05")
    story.act(replies.draft, GOOD_REPLY)
    story.act(replies.approve, CAN, ())
    resolve(story)
    story.run("watch")  # it stands there
    fake.comments.clear()
    story.now += DAY
    story.run("watch", "deliver")
    assert "the public reply is gone" in story.mail_to("dana")[-1]


def test_a_recommendation_in_other_words_is_an_edit(story: Story, fake: FacebookFake) -> None:
    fake.recommend("201", WORDS)
    story.it_is(2, "09:05")
    fake.ratings[0]["review_text"] = WORDS + " Still waiting."
    story.it_is(2, "09:20")
    review = story.case().review
    assert (review.revision, review.text) == (2, WORDS + " Still waiting.")
    assert "review_edited" in story.events()


def test_a_message_runs_the_fifteen_minutes_and_is_counted(
    story: Story, door: TestClient, fake: FacebookFake
) -> None:
    push(door, fake.push_message("m_1", "Do you take walk-ins today?"))
    story.run("receive")
    clock = story.clock("message")
    assert clock.due_at == story.now + 15 * MINUTE
    assert story.case().case.acknowledged_how == "none: platform_allows_none"
    story.now += 10 * MINUTE
    story.act(conversation.contact, "page_message", "sent", "Yes, until five.", story.now)
    assert story.clock("message").ended_how == "met"
    fake.now = story.now
    push(door, fake.push_message("m_2", "My chart is lost, and I am angry.", "7002"))
    story.run("receive")
    story.now += HOUR
    story.run("sweep")
    found = promptness(story.store.page_messages(story.now - 7 * DAY), story.now)
    assert (found.in_time, found.of) == (1, 2)


def test_who_writes_again_is_in_the_same_case(
    story: Story, door: TestClient, fake: FacebookFake
) -> None:
    push(door, fake.push_message("m_1", "Do you take walk-ins today?"))
    story.run("receive")
    story.now = fake.now = story.now + 5 * MINUTE
    again = fake.push_message("m_2", "Hello? Anybody?")
    push(door, again)
    push(door, again + b" ")  # the same one, in other bytes
    story.run("receive")
    file = story.case()
    assert [r.external_id for r in file.reviews] == ["m_1", "m_2"]
    assert sum(c.kind == "message" for c in file.clocks) == 2
    assert len([c for c in file.contacts if c.inbound]) == 1
    with pytest.raises(NotFound):
        story.case(2)
    file = story.act(conversation.contact, "page_message", "sent", "Yes.", story.now)
    assert all(c.ended_how == "met" for c in file.clocks if c.kind == "message")


@pytest.mark.parametrize(("later", "joins"), [(5 * DAY, True), (31 * DAY, False)])
def test_who_writes_after_the_case_was_closed_is_in_it_for_a_month(
    story: Story, door: TestClient, fake: FacebookFake, later: timedelta, joins: bool
) -> None:
    push(door, fake.push_message("m_1", "Do you take walk-ins today?"))
    story.run("receive")
    story.act(conversation.contact, "page_message", "sent", "Yes.", story.now)
    story.act(following.dismiss, "not_ours", "A question, and answered.")
    story.now = fake.now = story.now + later
    push(door, fake.push_message("m_2", "My chart is lost now."))
    story.run("receive")
    file = story.case(1 if joins else 2)
    owed = [c for c in file.clocks if c.kind == "message" and c.ended_at is None]
    assert [c.due_at is not None for c in owed] == [True]
    assert ("m_2" in {r.external_id for r in story.case().reviews}) is joins


def test_two_messages_read_at_once_are_one_case(story: Story, fake: FacebookFake) -> None:
    fake.write("m_1", "Do you take walk-ins?", after=timedelta(minutes=-3))
    fake.write("m_2", "Hello?", after=timedelta(minutes=-1))
    done = story.run("intake")
    assert (done["seen"], done["cases"]) == (2, 1)
    assert [r.external_id for r in story.case().reviews] == ["m_1", "m_2"]


def test_a_private_message_lies_sealed(story: Story, door: TestClient, fake: FacebookFake) -> None:
    push(door, fake.push_message("m_1", "My results from Tuesday, please."))
    story.run("receive")
    review = story.case().review
    assert (review.text, review.sealed_text) == ("", "My results from Tuesday, please.")
    on_disk = b"".join(p.read_bytes() for p in story.folder.parent.glob("amends.db*"))
    assert on_disk
    assert b"results from Tuesday" not in on_disk


def test_an_expired_token_is_shown_with_its_remedy_and_keeps_the_reply(
    story: Story, fake: FacebookFake
) -> None:
    fake.recommend("201", WORDS)
    story.it_is(2, "09:05")
    story.act(replies.draft, GOOD_REPLY)
    fake.expired = True
    file = story.act(replies.approve, CAN, ())
    assert [r.state for r in file.replies] == [ReplyState.APPROVED]
    story.it_is(2, "09:20")
    shown = health(source(story), story.now, ability(source(story)))
    assert (shown.state, shown.source.failed_code) == ("failing", "facebook-190-auth")
    assert "connect it again" in shown.todo
    assert any("elm-page" in subject for subject in story.mail_to("alex"))
    fake.expired = False
    story.it_is(2, "12:00")
    assert [r.state for r in story.case().replies] == [ReplyState.LIVE]
    assert source(story).failed_since is None


def test_a_throttled_page_is_left_alone_as_long_as_it_asks(
    story: Story, fake: FacebookFake
) -> None:
    use = '{"1001": [{"type": "pages", "estimated_time_to_regain_access": 90}]}'
    fake.fail(80001, headers={"X-Business-Use-Case-Usage": use})
    story.run("intake")
    assert source(story).retry_at == story.now + 90 * MINUTE
    calls = len(fake.asked)
    story.now += HOUR
    story.run("intake")
    assert len(fake.asked) == calls
    story.now += HOUR
    story.run("intake")
    assert source(story).failed_since is None


def test_where_recommendations_are_closed_the_source_stays_well_and_says_so(
    story: Story, fake: FacebookFake
) -> None:
    fake.shows_ratings = False
    fake.mention("900_1", "They lost my chart and never called back.")
    assert story.run("intake")["cases"] == 1
    can = ability(source(story))
    assert "error 12" in can.note
    assert can.reply
    assert health(source(story), story.now, can).state == "well"
    calls = len(fake.asked)
    story.now += HOUR
    story.run("intake")
    assert f"{PAGE}/ratings" not in {path for _, path in fake.asked[calls:]}


def test_a_removal_that_is_pushed_is_confirmed_before_it_is_believed(
    story: Story, door: TestClient, fake: FacebookFake
) -> None:
    push(door, fake.push(rating("201", WORDS)))
    story.run("receive")
    push(door, fake.push(rating("201", "", "remove"), at=story.now + MINUTE))
    story.run("receive")
    review = story.case().review
    assert (review.missing_at, review.gone_at) == (story.now, None)


def test_a_troll_s_comment_is_hidden_and_its_author_blocked(
    story: Story, fake: FacebookFake
) -> None:
    fake.post(f"{PAGE}_1", "We are open on Saturdays now.")
    fake.comment(f"{PAGE}_1", "1_5", "Worst place ever. Horrible, rude, terrible liars!")
    story.it_is(2, "09:05")
    story.act(judge_troll, True, "The same words under forty pages today.", by=MANAGER)
    for way in ("hide", "block"):
        story.act(shielding.shield, way, ability(source(story)), by=MANAGER)
    assert fake.comments[f"{PAGE}_1"][0]["is_hidden"] is True
    assert fake.blocked == [{"user": "503"}]

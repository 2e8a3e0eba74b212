"""An approved reply stands in public once, as exactly that text; what went wrong is a person's."""

import json
import logging
import threading
from typing import cast

import pytest

from cases import custody, following
from cases.answering import publishing, replies
from cases.answering.publishing import went_live
from cases.changes import Change, Happened, Moment, Set, about
from cases.models import Case, Reply, ReplyState, Source
from cases.ports import (
    Capabilities,
    PlatformError,
    PublicReply,
    Published,
    ReviewPlatform,
    SeenReview,
    reply_mark,
    unsupported,
)
from flows import publish
from flows.house import House
from flows.platforms import Platforms, Way
from tests.builders import ADMIN, DAY, DIRECTOR, MINUTE, PRIVACY, a_seen_review
from tests.story import GOOD_REPLY, Story

CAN = Capabilities(pull=True, reply=True, look=True)
ANOTHER = GOOD_REPLY.replace("we take long waits seriously", "a long wait is hard")


class Platform:
    """A platform that does what a test tells it to."""

    name, can = "folder", CAN

    def __init__(self, *answers: Published | Exception) -> None:
        self.answers, self.posted = list(answers), list[PublicReply]()

    def publish(self, reply: PublicReply) -> Published:
        self.posted.append(reply)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def approved(story: Story) -> Story:
    story.review("r1", "Waited two hours and nobody said sorry.", stars=2)
    story.it_is(2, "09:00")
    approve(story, GOOD_REPLY)
    return story


def approve(story: Story, text: str, number: int = 1) -> None:
    """Let a reply be approved, and wait."""
    moment = Moment(story.now, DIRECTOR, story.ids)
    story.store.apply([replies.draft(story.case(number), text, moment)])
    approved = replies.approve(story.case(number), CAN, ("robotic",), moment)
    assert story.store.apply([approved]).applied


def house_of(story: Story) -> House:
    return House(story.settings, story.store, "publish", story.now)


def on(platform: Platform | None, story: Story) -> dict[str, int]:
    """Publish on that platform."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Platforms, "way_to", lambda *_: way(platform))
        return story.run("publish")


def way(platform: Platform | None) -> Way | None:
    if platform is None:
        return None
    source = Source(id="board", name="board", platform="folder", place="")
    return Way(cast(ReviewPlatform, platform), source, "r1")


def reply(story: Story) -> Reply:
    return story.case().replies[-1]


def posted(story: Story) -> list[str]:
    folder = story.folder / "replies"
    files = sorted(folder.iterdir()) if folder.exists() else []
    return [json.loads(path.read_text())["text"] for path in files]


def submit(story: Story) -> None:
    """Claim the reply as a publisher would, and go no further."""
    moment = Moment(story.now, "publish", story.ids)
    assert story.store.apply([publishing.submit(story.case(), reply(story), moment)]).applied


def test_an_approved_reply_stands_in_public_as_that_text(approved: Story) -> None:
    assert approved.run("publish") == {"live": 1, "pending": 0, "failed": 0}
    assert posted(approved) == [GOOD_REPLY]
    assert reply(approved).state == ReplyState.LIVE
    assert approved.case().case.acknowledged_how == "live"
    assert approved.run("publish") == {"live": 0, "pending": 0, "failed": 0}


def test_publishers_at_once_post_once(approved: Story) -> None:
    class Slow(Platform):
        lock = threading.Lock()

        def publish(self, reply: PublicReply) -> Published:
            with self.lock:
                return super().publish(reply)

    platform = Slow(*[Published("x")] * 4)
    start, done = threading.Barrier(4), list[dict[str, int]]()

    def work() -> None:
        start.wait()
        done.append(publish.run(house_of(approved)))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Platforms, "way_to", lambda *_: way(platform))
        workers = [threading.Thread(target=work) for _ in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(60)
    assert [each.text for each in platform.posted] == [GOOD_REPLY]
    assert sum(each["live"] for each in done) == 1
    assert sum(each["failed"] for each in done) == 0


def test_what_a_platform_refuses_for_good_is_rejected_and_the_owner_is_told(
    approved: Story,
) -> None:
    platform = Platform(PlatformError("too-long", "no", permanent=True))
    assert on(platform, approved)["failed"] == 1
    assert (reply(approved).state, reply(approved).code) == ("rejected", "too-long")
    assert on(platform, approved) == {"live": 0, "pending": 0, "failed": 0}
    approved.run("deliver")
    assert "reply" in approved.mail_to("dana")[-1]
    assert approved.case().case.stage == "acknowledge"


def test_what_a_platform_cannot_take_now_is_posted_later(approved: Story) -> None:
    platform = Platform(PlatformError("busy", "later"), Published("x"))
    assert on(platform, approved)["failed"] == 1
    assert reply(approved).state == ReplyState.APPROVED
    assert on(platform, approved)["live"] == 0  # it is left alone for a while
    approved.now += 5 * MINUTE
    assert on(platform, approved)["live"] == 1
    assert [each.text for each in platform.posted] == [GOOD_REPLY] * 2


@pytest.mark.parametrize(
    "broken", [PlatformError("timeout", "no answer", sent=None), RuntimeError("canary")]
)
def test_what_nobody_can_know_is_never_posted_again_by_itself(
    approved: Story, broken: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    platform = Platform(broken)
    assert on(platform, approved)["failed"] == 1
    assert reply(approved).state == ReplyState.UNKNOWN
    approved.now += 60 * MINUTE
    assert on(platform, approved)["failed"] == 0
    approved.run("deliver")
    assert "reply" in approved.mail_to("dana")[-1]
    assert "canary" not in caplog.text


def test_a_reply_the_platform_looks_at_first_is_pending_and_nothing_is_promised(
    approved: Story,
) -> None:
    assert on(Platform(Published("there-1", live=False)), approved)["pending"] == 1
    assert reply(approved).external_id == "there-1"
    assert approved.case().case.acknowledged_at is None
    assert reply(approved).state == ReplyState.PENDING
    assert on(Platform(), approved) == {"live": 0, "pending": 0, "failed": 0}  # not asked yet


def test_a_publisher_killed_in_between_leaves_a_doubt_for_a_person(approved: Story) -> None:
    submit(approved)
    approved.now += 15 * MINUTE
    assert approved.run("publish")["failed"] == 0  # whoever has it may still be at it
    approved.now += MINUTE
    assert approved.run("publish")["failed"] == 1
    assert (reply(approved).state, reply(approved).code) == ("unknown", "lost")
    assert approved.run("publish")["failed"] == 0
    assert posted(approved) == []
    approved.act(replies.posted, "https://reviews.example/r1", approved.now)
    assert approved.case().case.acknowledged_how == "attested"


def test_a_reply_gone_live_since_it_was_found_stuck_stays_live(approved: Story) -> None:
    submit(approved)
    approved.now += 20 * MINUTE
    (stuck,) = approved.store.stuck_replies(approved.now)
    moment = Moment(approved.now, "publish", approved.ids)
    live = went_live(approved.case(), reply(approved), Published("x"), moment)
    assert approved.store.apply([live]).applied
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(approved.store), "stuck_replies", lambda *_: [stuck])
        assert approved.run("publish")["failed"] == 0
    assert reply(approved).state == ReplyState.LIVE


def test_a_slow_publisher_tells_what_it_knows_after_the_doubt(approved: Story) -> None:
    """It took so long that another called it lost; that it is live is still the truth."""

    class Slow(Platform):
        def publish(self, reply: PublicReply) -> Published:
            approved.now += 20 * MINUTE
            approved.run("publish")
            return super().publish(reply)

    assert on(Slow(Published("x")), approved)["live"] == 1
    assert reply(approved).state == ReplyState.LIVE


def test_the_end_of_a_reply_is_written_although_the_case_changes_meanwhile(
    approved: Story,
) -> None:
    class Busy(Platform):
        def publish(self, reply: PublicReply) -> Published:
            moment = Moment(approved.now, DIRECTOR, approved.ids)
            approved.store.apply([custody.hold(approved.case(), "media", moment)])
            return super().publish(reply)

    assert on(Busy(Published("x")), approved)["live"] == 1
    assert reply(approved).state == ReplyState.LIVE


def test_a_hold_keeps_a_reply_in_until_it_is_released(approved: Story) -> None:
    moment = Moment(approved.now, DIRECTOR, approved.ids)
    approved.store.apply([custody.hold(approved.case(), "counsel", moment)])
    approved.run("publish")
    assert posted(approved) == []
    approved.act(custody.release)
    assert posted(approved) == [GOOD_REPLY]


def test_a_hold_between_finding_and_claiming_keeps_it_in(approved: Story) -> None:
    found = approved.store.replies_to_publish()
    moment = Moment(approved.now, DIRECTOR, approved.ids)
    approved.store.apply([custody.hold(approved.case(), "counsel", moment)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(approved.store), "replies_to_publish", lambda *_: found)
        assert approved.run("publish")["live"] == 0
    assert posted(approved) == []


def test_a_text_tampered_with_is_refused_and_the_privacy_officer_is_told(
    approved: Story, caplog: pytest.LogCaptureFixture
) -> None:
    case, changed = approved.case().case, {"text": "We saw Pat on Friday."}
    moment, event = Moment(approved.now, "x", approved.ids), Happened("noted")
    sets = [Set(Reply, reply(approved).id, changed)]
    approved.store.apply([Change(about(case), moment, sets=sets, events=[event])])
    with caplog.at_level(logging.ERROR):
        assert approved.run("publish") == {"live": 0, "pending": 0, "failed": 1}
    assert posted(approved) == []
    assert (reply(approved).state, reply(approved).code) == ("rejected", "text-changed")
    assert "not the one that was approved" in caplog.text
    assert "Pat" not in caplog.text
    approved.run("deliver")
    assert any("changed and is not sent" in each for each in approved.mail_to(PRIVACY))


def test_a_dismissed_case_publishes_nothing(approved: Story) -> None:
    moment = Moment(approved.now, DIRECTOR, approved.ids)
    approved.store.apply([following.dismiss(approved.case(), "not_ours", "", moment)])
    assert approved.run("publish")["live"] == 0
    assert posted(approved) == []


def test_the_newest_approved_reply_is_the_one_published(approved: Story) -> None:
    approve(approved, ANOTHER)
    assert approved.run("publish")["live"] == 1
    assert posted(approved) == [ANOTHER]


def test_a_reply_whose_source_is_gone_is_rejected(approved: Story) -> None:
    assert on(None, approved)["failed"] == 1
    assert (reply(approved).state, reply(approved).code) == ("rejected", "no-source")


def test_one_reply_that_cannot_be_worked_on_stops_no_other(
    approved: Story, caplog: pytest.LogCaptureFixture
) -> None:
    case = approved.case().case

    lost = [Set(Case, case.id, {"playbook_version": 77})]
    moment, event = Moment(approved.now, "x", approved.ids), Happened("noted")
    approved.review("r2", "Waited three hours and nobody said sorry.", stars=1)
    approved.run("intake")
    approve(approved, ANOTHER, number=2)
    approved.store.apply([Change(about(case), moment, sets=lost, events=[event])])
    assert approved.run("publish") == {"live": 1, "pending": 0, "failed": 1}
    assert posted(approved) == [ANOTHER]
    assert "LookupError" in caplog.text


class Asked(Platform):
    """A platform that looks at replies first, and says how they stand when it is asked."""

    def __init__(self, *answers: Published | Exception) -> None:
        super().__init__(Published("there-1", state="pending"))
        self.standing = list(answers)

    def state(self, reply: PublicReply) -> Published:
        assert reply.posted_id == "there-1"
        answer = self.standing.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_a_pending_reply_is_asked_about_until_the_public_sees_it(approved: Story) -> None:
    platform = Asked(Published("there-1", state="pending"), Published("there-1"))
    on(platform, approved)
    approved.now += 10 * MINUTE
    assert on(platform, approved)["pending"] == 1
    assert on(platform, approved)["pending"] == 0  # ever more seldom
    approved.now += 20 * MINUTE
    assert on(platform, approved)["live"] == 1
    assert (reply(approved).state, approved.case().case.acknowledged_how) == ("live", "live")
    assert len(platform.posted) == 1


def test_a_pending_reply_that_is_refused_says_why_and_the_owner_is_told(approved: Story) -> None:
    refused = Published("there-1", state="rejected", reason="PERSONAL_INFO")
    platform = Asked(PlatformError("busy", "later"), refused)
    on(platform, approved)
    approved.now += 10 * MINUTE
    assert on(platform, approved)["failed"] == 1
    assert reply(approved).state == ReplyState.PENDING  # nobody knows, so it is asked again
    approved.now += 60 * MINUTE
    assert on(platform, approved)["failed"] == 1
    assert (reply(approved).state, reply(approved).reason) == ("rejected", "PERSONAL_INFO")
    approved.run("deliver")
    assert "refused the public reply" in approved.mail_to("dana")[-1]


def test_a_reply_pending_for_ever_becomes_a_doubt_for_a_person(approved: Story) -> None:
    platform = Asked(*[Published("there-1", state="pending")] * 40)
    on(platform, approved)
    for _ in range(40):
        approved.now += 720 * MINUTE
        on(platform, approved)
    assert (reply(approved).state, reply(approved).code) == ("unknown", "pending-too-long")


def test_a_platform_that_can_never_take_it_leaves_it_to_a_hand(approved: Story) -> None:
    platform = Platform(*[PlatformError("busy", "later")] * 8)
    for _ in range(8):
        on(platform, approved)
        approved.now += 240 * MINUTE
    assert reply(approved).state == ReplyState.BY_HAND
    assert [task.kind for task in approved.case().tasks] == ["publish_by_hand"]


def test_a_platform_that_asks_for_time_is_given_it(approved: Story) -> None:
    platform = Platform(
        PlatformError("busy-429-limit", "later", retry_after=90 * MINUTE), Published("x")
    )
    on(platform, approved)
    approved.now += 89 * MINUTE
    assert on(platform, approved)["live"] == 0
    approved.now += MINUTE
    assert on(platform, approved)["live"] == 1


def test_an_expired_sign_in_keeps_the_reply_and_shows_the_source_failing(approved: Story) -> None:
    platform = Platform(*[PlatformError("folder-auth", "expired", permanent=True)] * 9)
    for _ in range(9):
        on(platform, approved)
        approved.now += 240 * MINUTE
    assert reply(approved).state == ReplyState.APPROVED
    (source,) = approved.store.sources()
    assert source.failed_code == "folder-auth"
    approved.run("deliver")
    told = [each for each in approved.mail_to(ADMIN) if "no longer come in" in each]
    assert len(told) == 1


def test_a_reply_somebody_wrote_there_is_replaced_only_after_a_person_decided(
    approved: Story,
) -> None:
    theirs = "Call us any time!"

    class Answered(Platform):
        def look(self, external_id: str) -> SeenReview:
            text = "Waited two hours and nobody said sorry."
            return a_seen_review(text, external_id=external_id, platform="folder", reply=theirs)

        def publish(self, reply: PublicReply) -> Published:
            if reply_mark(theirs) not in reply.may_replace:
                raise PlatformError("folder-foreign-reply", "another stands there", permanent=True)
            return super().publish(reply)

    platform = Answered(Published("x"))
    assert on(platform, approved)["failed"] == 1
    assert reply(approved).state == ReplyState.REJECTED
    assert approved.case().review.reply_mark == reply_mark(theirs)
    approved.run("deliver")
    assert any("another reply stands" in each for each in approved.mail_to("dana"))
    moment = Moment(approved.now, DIRECTOR, approved.ids)
    approved.store.apply([publishing.replace_foreign(approved.case(), moment)])
    assert on(platform, approved)["live"] == 1
    assert [each.text for each in platform.posted] == [GOOD_REPLY]


def test_what_a_platform_offers_programs_no_more_is_posted_by_hand(approved: Story) -> None:
    assert on(Platform(unsupported("folder")), approved)["failed"] == 1
    assert (reply(approved).state, reply(approved).code) == ("by_hand", "folder-unsupported")


def test_two_days_after_a_reply_was_posted_by_hand_somebody_looks_for_it(approved: Story) -> None:
    on(Platform(unsupported("folder")), approved)
    approved.act(replies.posted, "https://reviews.example/r1", approved.now)
    asked = [t for t in approved.case().tasks if t.kind == "look_for_reply"]
    assert [task.due_at - approved.now for task in asked] == [2 * DAY]

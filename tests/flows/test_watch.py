"""Resolved cases are looked after: edits, removals and the ends of windows are seen."""

import pytest

from cases import following, reopening
from cases.answering import replies
from cases.changes import Change, Happened, Moment, Set, about
from cases.models import Case, Source
from cases.ports import Capabilities
from cases.talking import conversation, correspondents
from tests.builders import DAY, HOUR
from tests.story import GOOD_REPLY, Story

CAN = Capabilities(pull=True, reply=True, look=True)
WORDS = "Waited two hours and nobody said sorry."
NOTHING = {"looked": 1, "changed": 0, "unreachable": 0, "by_hand": 0, "failed": 0}


@pytest.fixture
def resolved(known: Story) -> Story:
    """A case resolved on Monday at 9, its correspondent reached and heard."""
    resolve(known)
    return known


def resolve(story: Story) -> None:
    if story.case().case.acknowledged_at is None:
        story.act(replies.draft, GOOD_REPLY)
        story.act(replies.approve, CAN, ())
    story.act(conversation.contact, "phone", "reached", "", story.now)
    story.act(conversation.hear, "Waited two hours.", "An apology", [])
    if not story.case().correspondent.identifiers:  # type: ignore[union-attr]
        story.act(correspondents.identify, ["name", "date_of_birth"], "")
    story.act(following.resolve, "wait_time", "The desk tells people of delays.", True)


def close(story: Story) -> None:
    story.now += 14 * DAY
    story.run("watch")
    story.act(following.follow_up_by_phone, "reached", "all is well")
    story.act(following.close, "satisfied")


def take_down(story: Story, review_id: str = "r1") -> None:
    (story.folder / "gone.txt").write_text(f"{review_id}\n")


def change_source(story: Story, **values: object) -> None:
    (source,) = story.store.sources()
    moment, event = Moment(story.now, "alex", story.ids), Happened("changed")
    sets = [Set(Source, source.id, values)]
    assert story.store.apply([Change(about(source), moment, sets=sets, events=[event])]).applied


def test_a_review_that_stands_is_looked_at_and_nothing_moves(resolved: Story) -> None:
    resolved.now += DAY
    assert resolved.run("watch")["looked"] == 1
    case = resolved.case().case
    assert (case.stage, case.monitor_ended_at, case.round) == ("monitor", None, 1)
    assert resolved.events()[-1] == "looked_at_review"


def test_stars_added_end_the_window_and_nobody_is_asked_again(resolved: Story) -> None:
    resolved.now += DAY
    resolved.review("r1", WORDS, stars=5)
    assert resolved.run("watch")["changed"] == 1
    case = resolved.case().case
    assert (case.monitor_how, case.followed_up_how) == ("raised", "not needed: raised")
    resolved.act(following.close, "satisfied")
    assert resolved.case().case.stage == "closed"


def test_stars_taken_away_begin_a_new_round(resolved: Story) -> None:
    resolved.now += DAY
    resolved.review("r1", WORDS + " And it happened again.", stars=1)
    assert resolved.run("watch")["changed"] == 1
    case = resolved.case().case
    assert (case.stage, case.round, case.resolved_at) == ("contact", 2, None)
    assert resolved.clock("first_try").round == 2


def test_looking_twice_at_an_edit_sees_it_once(resolved: Story) -> None:
    resolved.review("r1", WORDS + " And it happened again.", stars=1)
    resolved.run("watch", "watch")
    assert resolved.case().case.round == 2
    assert resolved.events().count("reopened") == 1


def test_intake_and_watch_see_the_same_edit_once(resolved: Story) -> None:
    resolved.review("r1", WORDS + " And it happened again.", stars=1)
    resolved.run("intake", "watch", "intake")
    assert resolved.case().case.round == 2


def test_a_review_taken_down_ends_the_window(resolved: Story) -> None:
    resolved.now += DAY
    take_down(resolved)
    assert resolved.run("watch")["changed"] == 1
    assert resolved.case().case.stage == "monitor"  # once is no proof
    assert resolved.run("watch")["changed"] == 0
    resolved.now += DAY
    assert resolved.run("watch")["changed"] == 1
    file = resolved.case()
    assert (file.case.stage, file.case.monitor_how) == ("follow_up", "removed")
    assert file.review.gone_at == resolved.now
    assert resolved.run("watch")["changed"] == 0


def test_a_review_taken_down_stops_the_planned_follow_up(resolved: Story) -> None:
    way = resolved.way("email")
    resolved.act(following.plan_follow_up, way, "Is there anything else we can do?", "Elm Street")
    take_down(resolved)
    resolved.now += 13 * DAY
    resolved.run("watch")
    resolved.now += 2 * DAY
    resolved.run("watch", "follow_up", "deliver")
    assert resolved.mail_to("pat") == []


def test_the_window_ends_after_fourteen_days_if_the_review_stands(resolved: Story) -> None:
    resolved.now += 14 * DAY - HOUR
    resolved.run("watch")
    assert resolved.case().case.stage == "monitor"
    resolved.now += HOUR
    resolved.run("watch")
    case = resolved.case().case
    assert (case.stage, case.monitor_how) == ("follow_up", "stands")
    assert resolved.clock("monitor").ended_how == "met"
    assert resolved.run("watch")["looked"] == 0


def test_a_review_taken_down_before_it_was_resolved_ends_the_window_too(resolved: Story) -> None:
    close(resolved)
    take_down(resolved)
    resolved.now += DAY
    resolved.run("watch")
    resolved.now += DAY
    resolved.run("watch")  # gone, while the case is closed
    resolved.act(reopening.reopen, "they called again")
    resolve(resolved)
    resolved.run("watch")
    assert resolved.case().case.monitor_how == "removed"


def test_a_platform_out_of_reach_is_counted_and_looked_at_another_day(
    resolved: Story, caplog: pytest.LogCaptureFixture
) -> None:
    (resolved.folder / "in").rename(resolved.folder / "away")
    assert resolved.run("watch") == {**NOTHING, "looked": 0, "unreachable": 1}
    (resolved.folder / "away").rename(resolved.folder / "in")
    assert resolved.run("watch")["looked"] == 1
    assert resolved.case().review.gone_at is None  # out of reach is not gone


def test_a_platform_nobody_can_ask_is_looked_at_by_hand(resolved: Story) -> None:
    change_source(resolved, active=False)
    assert resolved.run("watch") == {**NOTHING, "looked": 0, "by_hand": 1}


def test_one_case_that_cannot_be_looked_at_stops_no_other(
    resolved: Story, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    resolved.review("r2", "They lost my referral twice, and shrugged.", stars=2)
    resolved.run("intake")
    second = resolved.case(2).case
    resolved.act(following.dismiss, "not_ours", "", number=2)

    lost = [Set(Case, second.id, {"playbook_version": 77})]
    now_is = resolved.case(2).case
    moment, event = Moment(resolved.now, "x", resolved.ids), Happened("noted")
    resolved.store.apply([Change(about(now_is), moment, sets=lost, events=[event])])
    done = resolved.run("watch")
    assert (done["looked"], done["failed"]) == (1, 1)
    assert "LookupError" in caplog.text


def test_a_closed_case_is_begun_again_when_the_review_gets_worse(resolved: Story) -> None:
    close(resolved)
    resolved.now += 10 * DAY
    resolved.review("r1", WORDS + " And it happened again.", stars=1)
    resolved.run("watch")
    assert (resolved.case().case.stage, resolved.case().case.round) == ("contact", 2)


def test_a_case_closed_too_long_ago_is_watched_no_more_but_intake_opens_a_new_one(
    resolved: Story,
) -> None:
    close(resolved)
    resolved.now += 31 * DAY
    resolved.review("r1", WORDS + " And it happened again.", stars=1)
    assert resolved.run("watch")["looked"] == 0
    assert resolved.run("intake")["cases"] == 1
    second = resolved.case(2).case
    assert (resolved.case().case.stage, second.previous_id) == ("closed", resolved.case().case.id)


def test_a_review_that_was_only_out_of_sight_is_not_gone(resolved: Story) -> None:
    take_down(resolved)
    resolved.run("watch")
    assert resolved.case().review.missing_at == resolved.now
    (resolved.folder / "gone.txt").unlink()
    resolved.now += DAY
    resolved.run("watch")
    review = resolved.case().review
    assert (review.missing_at, review.gone_at) == (None, None)

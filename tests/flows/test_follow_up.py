"""What was approved as a follow-up leaves when its window has ended, once, if it still may."""

from collections.abc import Callable
from typing import Any

import pytest

from cases import custody, following
from cases.answering import replies
from cases.changes import Change, Happened, Moment, Set, about
from cases.models import Case, Notice
from cases.ports import Capabilities
from cases.talking import approving, consent, conversation, correspondents
from flows import follow_up
from tests.builders import DAY, DIRECTOR, HOUR
from tests.story import GOOD_REPLY, Story

CAN = Capabilities(pull=True, reply=True, look=True)
KIND = "We hope all is well. Is there anything else we can do? Dana Field, +1 212-555-0100."
SUBJECT = "Anything else?"


@pytest.fixture
def planned(known: Story) -> Story:
    """A resolved case whose follow-up was approved and waits for the window's end."""
    known.act(replies.draft, GOOD_REPLY)
    known.act(replies.approve, CAN, ())
    known.act(conversation.contact, "phone", "reached", "", known.now)
    known.act(conversation.hear, "Waited two hours.", "An apology", [])
    known.act(correspondents.identify, ["name", "date_of_birth"], "")
    known.act(following.resolve, "wait_time", "The desk tells people of delays.", True)
    known.act(following.plan_follow_up, known.way("email"), KIND, SUBJECT)
    return known


def decide(story: Story, rule: Callable[..., Change], *args: Any) -> None:
    change = rule(story.case(), *args, Moment(story.now, DIRECTOR, story.ids))
    assert story.store.apply([change]).applied


def the_window_ends(story: Story) -> None:
    story.now += 14 * DAY
    story.run("watch")
    assert story.case().case.stage == "follow_up"


def state(story: Story) -> tuple[str, str]:
    (notice,) = [n for n in story.case().notices if n.kind == "follow_up"]
    return notice.state, notice.code


def test_a_planned_follow_up_waits_for_the_windows_end(planned: Story) -> None:
    planned.now += 13 * DAY
    planned.run("watch")
    assert planned.run("follow_up") == {"released": 0, "not_yet": 0}
    assert planned.run("deliver")["sent"] == 0
    assert state(planned) == ("planned", "")


def test_it_leaves_once_when_the_window_has_ended(planned: Story) -> None:
    the_window_ends(planned)
    assert planned.run("follow_up") == {"released": 1, "not_yet": 0}
    assert planned.run("follow_up") == {"released": 0, "not_yet": 0}
    planned.run("deliver", "deliver")
    assert planned.mail_to("pat") == [SUBJECT]
    assert planned.case().case.followed_up_how == "email"
    assert planned.clock("follow_up").ended_how == "met"


def test_two_at_once_release_it_once(planned: Story) -> None:
    the_window_ends(planned)
    found = planned.store.planned_follow_ups()
    planned.run("follow_up")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(planned.store), "planned_follow_ups", lambda *_: found)
        assert planned.run("follow_up") == {"released": 0, "not_yet": 1}
    planned.run("deliver")
    assert planned.mail_to("pat") == [SUBJECT]
    assert planned.events().count("followed_up") == 1


def test_a_hold_keeps_it_back_and_it_does_not_leave_when_released(planned: Story) -> None:
    the_window_ends(planned)
    decide(planned, custody.hold, "counsel")
    assert planned.run("follow_up") == {"released": 0, "not_yet": 1}
    decide(planned, custody.release)
    assert planned.run("follow_up") == {"released": 0, "not_yet": 0}
    assert state(planned) == ("suppressed", "held")


def test_who_writes_first_is_answered_by_a_person_instead(planned: Story) -> None:
    the_window_ends(planned)
    decide(planned, conversation.received, "email", "One more thing.", planned.now)
    assert planned.run("follow_up")["released"] == 0
    assert state(planned) == ("suppressed", "they_wrote_first")


def test_who_opted_out_after_the_release_hears_nothing(planned: Story) -> None:
    the_window_ends(planned)
    planned.run("follow_up")
    point = planned.way("email")
    known, waiting = planned.store.behind(planned.store.known_points(["email"], point.index))
    moment = Moment(planned.now, DIRECTOR, planned.ids)
    practice = planned.store.practice_as_subject()
    stop = consent.stop(point.index, "email", "said so", moment, known, waiting, practice)
    assert planned.store.apply([stop]).applied
    planned.run("deliver")
    assert planned.mail_to("pat") == []
    assert state(planned) == ("suppressed", "stop")
    assert planned.case().case.followed_up_at is None  # another way is left


def test_a_follow_up_that_never_left_is_still_owed(planned: Story) -> None:
    the_window_ends(planned)
    planned.run("follow_up")
    assert planned.case().case.followed_up_at is not None
    decide(planned, conversation.received, "email", "One more thing.", planned.now)
    assert state(planned) == ("suppressed", "they_wrote_first")
    planned.run("deliver", "deliver")
    case = planned.case().case
    assert (case.followed_up_at, case.followed_up_how) == (None, "")
    assert planned.clock("follow_up").ended_at is None
    decide(planned, following.follow_up_by_phone, "reached", "all is well")
    planned.run("deliver")
    assert planned.case().case.followed_up_how == "phone: reached"


def test_a_call_made_by_hand_takes_its_place(planned: Story) -> None:
    the_window_ends(planned)
    decide(planned, following.follow_up_by_phone, "reached", "all is well")
    assert planned.run("follow_up")["released"] == 0
    assert state(planned) == ("suppressed", "replaced")


def test_words_changed_since_the_approval_do_not_leave(planned: Story) -> None:
    the_window_ends(planned)
    (notice,) = [n for n in planned.case().notices if n.kind == "follow_up"]
    moment = Moment(planned.now, "x", planned.ids)
    sets = [Set(Notice, notice.id, {"body": "Please change your review."})]
    planned.store.apply([Change(about(notice), moment, sets=sets)])
    planned.run("follow_up", "deliver")
    assert planned.mail_to("pat") == []
    assert state(planned) == ("suppressed", "not_what_was_approved")


def test_words_that_may_not_be_said_by_the_day_they_leave_do_not_leave(planned: Story) -> None:
    """Approved when the rules did not know better: they are asked again as it leaves."""
    the_window_ends(planned)
    (notice,) = [n for n in planned.case().notices if n.kind == "follow_up"]
    asks, index = "If you are happy now, please take down your review.", planned.way("email").index
    digest = approving.approval("email", index, notice.subject_line or "", asks)
    moment = Moment(planned.now, "x", planned.ids)
    sets = [Set(Notice, notice.id, {"body": asks, "digest": digest})]
    planned.store.apply([Change(about(notice), moment, sets=sets)])
    planned.run("follow_up")
    told = len(planned.mail_to("dana"))
    planned.run("deliver", "deliver")
    assert planned.mail_to("pat") == []
    assert state(planned) == ("suppressed", "may_not_be_said")
    assert planned.case().case.followed_up_at is None  # it counts for nothing
    assert planned.clock("follow_up").ended_at is None
    assert len(planned.mail_to("dana")) == told + 1


def test_a_follow_up_is_a_contact_by_whoever_approved_it(planned: Story) -> None:
    the_window_ends(planned)
    planned.run("follow_up")
    made = planned.case().contacts[-1]
    assert (made.channel, made.outcome, made.by) == ("email", "sent", DIRECTOR)
    assert made.point_id == planned.way("email").id


def test_a_change_of_the_case_cancels_it(planned: Story) -> None:
    decide(planned, following.look, "removed")
    assert state(planned) == ("suppressed", "removed")


def test_what_can_reach_nobody_any_more_ends_with_the_case(planned: Story) -> None:
    for point in planned.case().points:
        at = Moment(planned.now, DIRECTOR, planned.ids)
        wrong = conversation.contact(
            planned.case(), point.channel, "wrong_number", "", planned.now, at, point
        )
        assert planned.store.apply([wrong]).applied
    the_window_ends(planned)
    assert planned.case().case.followed_up_how == "nobody to contact"
    decide(planned, following.close, "satisfied")
    assert state(planned) == ("suppressed", "closed")


def test_who_opted_out_while_it_waited_hears_nothing(planned: Story) -> None:
    point = planned.way("email")
    known, waiting = planned.store.behind(planned.store.known_points(["email"], point.index))
    moment, practice = Moment(planned.now, "x", planned.ids), planned.store.practice_as_subject()
    stop = consent.stop(point.index, "email", "said so", moment, known, waiting, practice)
    assert planned.store.apply([stop]).applied
    assert state(planned) == ("suppressed", "stop")


def test_one_case_that_cannot_be_worked_on_stops_no_other(
    planned: Story, caplog: pytest.LogCaptureFixture
) -> None:
    the_window_ends(planned)
    found = planned.store.planned_follow_ups()
    with pytest.MonkeyPatch.context() as patch:
        both = [("no-such-case", found[0][1]), *found]
        patch.setattr(type(planned.store), "planned_follow_ups", lambda *_: both)
        assert planned.run("follow_up") == {"released": 1, "not_yet": 1}
    assert "NotFound" in caplog.text


def test_a_case_changed_in_between_is_released_at_the_next_run(planned: Story) -> None:
    the_window_ends(planned)

    def meanwhile(*given: Any) -> Change:
        change = following.release_follow_up(*given)
        case, event = planned.case().case, Happened("noted")
        moment = Moment(planned.now, DIRECTOR, planned.ids)
        sets = [Set(Case, case.id, {"outcome": "satisfied"})]
        planned.store.apply([Change(about(case), moment, sets=sets, events=[event])])
        return change

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(follow_up, "release_follow_up", meanwhile)
        assert planned.run("follow_up") == {"released": 0, "not_yet": 1}
    planned.now += HOUR
    assert planned.run("follow_up") == {"released": 1, "not_yet": 0}

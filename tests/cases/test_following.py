"""After it is resolved: watched, asked once more, closed; and every way a case comes to its end."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from cases import following, reopening
from cases.answering.publishing import submit, went_live
from cases.answering.replies import approve, decide_on_none, draft, posted
from cases.changes import about
from cases.custody import hold, judge_troll, release, task_done
from cases.models import ContactPoint, Notice, NoticeState
from cases.needs import IllegalMove
from cases.ports import Capabilities, Published
from cases.talking.consent import stop
from cases.talking.conversation import contact, give_up, hear, looked_for, received, write
from cases.talking.correspondents import Point, Who, identify, match, unmatch
from tests.builders import (
    DAY,
    DIRECTOR,
    HOUR,
    RESPONDER,
    T0,
    Desk,
    a_file,
    moment,
)

IVY = Who("Ivy Larkspur", "patient", "self", "the date fits")
MAIL, PHONE = "ivy@home.example", "+12125550123"
ASKS = "How are things now? Is there anything else we can do for you?"
REPLY = (
    "Thank you for taking the time to write. We are sorry to read this. "
    "Please reach Dana Field, our clinical director, at (212) 555-0100 or care@elm.example."
)
DONE = "The front desk now says how long the wait is."
WINDOW = timedelta(days=14, hours=1)


# The steps of a life, as far as a test needs them


def answered(desk: Desk) -> Desk:
    desk.do(draft, REPLY, by=RESPONDER)
    desk.do(approve, Capabilities(reply=True), ())
    desk.do(submit, desk.file.replies[0])
    desk.do(went_live, desk.file.replies[0], Published("x1"))
    return desk


def matched(desk: Desk, who: Who = IVY) -> Desk:
    points = [
        Point("phone", PHONE, desk.store.index("phone", PHONE)),
        Point("sms", PHONE, desk.store.index("sms", PHONE)),
        Point("email", MAIL, desk.store.index("email", MAIL)),
    ]
    desk.do(match, who, points)
    return desk


def heard(desk: Desk, authority: str = "") -> Desk:
    desk.now += HOUR
    desk.do(contact, "phone", "reached", "", desk.now)
    desk.do(hear, "They waited two hours.", "an apology", [])
    desk.do(identify, ["name", "date_of_birth"], authority)
    return desk


def resolved(desk: Desk, told: bool = True) -> Desk:
    desk.now += HOUR
    desk.do(following.resolve, "wait_time", DONE, told)
    return desk


def watched(desk: Desk) -> Desk:
    desk.now += WINDOW
    desk.do(following.look, "stands")
    return desk


@pytest.fixture
def watching(desk: Desk) -> Desk:
    """A case resolved with its correspondent; its review is being watched."""
    return resolved(heard(matched(answered(desk))))


def point(desk: Desk, channel: str = "email") -> ContactPoint:
    return next(each for each in desk.file.points if each.channel == channel)


def plan(desk: Desk, text: str = ASKS) -> None:
    desk.do(following.plan_follow_up, point(desk), text, "Your words to us")


def the_plan(desk: Desk) -> Notice:
    return next(notice for notice in desk.file.notices if notice.kind == "follow_up")


def left_waiting(desk: Desk) -> list[str]:
    waiting = desk.store.waiting(desk.now, ["email", "sms"])
    return [w.notice.kind for w in waiting if w.point is not None]


# Resolving


def test_resolving_starts_the_window_in_which_we_only_watch(watching: Desk) -> None:
    assert (watching.file.case.cause, watching.file.case.done) == ("wait_time", DONE)
    assert watching.file.case.stage == "monitor"
    assert watching.running() == {"monitor"}


def test_what_was_done_is_told_only_to_whom_was_identified(desk: Desk) -> None:
    matched(desk)
    desk.do(contact, "phone", "reached", "", desk.now)
    desk.do(hear, "They waited.", "", [])
    with pytest.raises(IllegalMove, match="two identifiers"):
        desk.do(following.resolve, "wait_time", DONE, True)
    desk.do(identify, ["name", "address"], "")
    desk.do(following.resolve, "wait_time", DONE, True)
    assert desk.file.case.resolved_at is not None


def test_who_was_reached_hears_what_was_done(desk: Desk) -> None:
    heard(matched(desk))
    with pytest.raises(IllegalMove, match="--told"):
        desk.do(following.resolve, "wait_time", DONE, False)


def test_where_the_match_was_taken_back_the_right_one_is_still_to_be_heard(desk: Desk) -> None:
    heard(matched(desk))
    desk.do(unmatch, "another Ivy")
    assert (desk.file.case.contact_how, desk.file.case.heard_at) == ("", None)
    with pytest.raises(IllegalMove, match="first: hear"):
        desk.do(following.resolve, "wait_time", DONE, False)


@pytest.mark.parametrize(("cause", "done"), [("bad_luck", DONE), ("wait_time", " ")])
def test_a_solution_names_its_cause_and_what_was_done(cause: str, done: str) -> None:
    with pytest.raises(IllegalMove):
        following.resolve(a_file(heard_at=T0), cause, done, False, moment())


def test_nothing_is_resolved_before_anybody_was_heard_or_given_up() -> None:
    with pytest.raises(IllegalMove, match="first: hear"):
        following.resolve(a_file(), "wait_time", DONE, False, moment())


# Watching


def test_a_look_within_the_window_changes_nothing_but_history(watching: Desk) -> None:
    watching.now += DAY
    watching.do(following.look, "stands")
    assert watching.file.case.stage == "monitor"
    assert watching.events()[-1] == "looked_at_review"


def test_the_window_ends_and_they_are_to_be_asked_once_more(watching: Desk) -> None:
    watched(watching)
    assert (watching.file.case.monitor_how, watching.file.case.stage) == ("stands", "follow_up")
    assert watching.running() == {"follow_up"}


@pytest.mark.parametrize("how", ["raised", "removed", "edited"])
def test_a_better_or_removed_review_ends_the_window_and_asks_nothing(
    watching: Desk, how: str
) -> None:
    plan(watching)
    watching.now += DAY
    watching.do(following.look, how)
    case = watching.file.case
    assert (case.monitor_how, case.followed_up_how) == (how, f"not needed: {how}")
    assert (the_plan(watching).state, the_plan(watching).code) == (NoticeState.SUPPRESSED, how)
    assert watching.running() == set()


def test_a_worse_review_begins_the_next_round(watching: Desk) -> None:
    plan(watching)
    watching.now += DAY
    watching.do(following.look, "lowered")
    case = watching.file.case
    assert (case.round, case.stage, case.began_at) == (2, "contact", watching.now)
    assert case.acknowledged_at is not None
    assert the_plan(watching).state == NoticeState.SUPPRESSED
    assert watching.running() == {"first_try"}


def test_a_look_says_how_the_review_stands(watching: Desk) -> None:
    with pytest.raises(IllegalMove, match="stands"):
        watching.do(following.look, "fine")


def test_nobody_watches_before_it_is_resolved() -> None:
    with pytest.raises(IllegalMove, match="not resolved"):
        following.look(a_file(), "stands", moment())


def test_where_nobody_may_be_contacted_nobody_is_asked(desk: Desk) -> None:
    answered(desk)
    desk.do(looked_for, False, "")
    desk.do(give_up, "unidentified")
    watched(resolved(desk, told=False))
    assert desk.file.case.followed_up_how == "nobody to contact"
    assert desk.running() == set()


# Asking once more


def test_a_planned_question_waits_for_the_end_of_the_window(watching: Desk) -> None:
    plan(watching)
    assert the_plan(watching).state == NoticeState.PLANNED
    assert left_waiting(watching) == []
    assert watching.store.planned_follow_ups() == []
    with pytest.raises(IllegalMove, match="still watched"):
        watching.do(following.release_follow_up, the_plan(watching))


def test_a_planned_question_leaves_when_the_window_has_ended(watching: Desk) -> None:
    plan(watching)
    watched(watching)
    ((case_id, notice),) = watching.store.planned_follow_ups()
    assert case_id == watching.file.case.id
    watching.do(following.release_follow_up, notice, by="follow-up")
    assert left_waiting(watching) == ["follow_up"]
    assert watching.file.case.followed_up_how == "email"
    assert watching.store.planned_follow_ups() == []
    assert watching.running() == set()


def test_a_newer_plan_takes_the_place_of_the_older(watching: Desk) -> None:
    plan(watching)
    plan(watching, "Would you like to speak with us once more?")
    assert sorted(notice.state for notice in watching.file.notices) == ["planned", "suppressed"]


def by_stop(desk: Desk) -> None:
    index = desk.store.index("email", MAIL)
    people, waiting = desk.store.behind(desk.store.known_points(["email"], index))
    practice = about(desk.store.practice())
    desk.write(stop(index, "email", "unsubscribe", moment(desk.now), people, waiting, practice))


STOPPERS: dict[str, Any] = {
    "they_wrote_first": lambda desk: desk.do(received, "email", "Call me.", desk.now),
    "stop": by_stop,
    "declined": lambda desk: desk.do(contact, "phone", "declined", "", desk.now),
    "unmatched": lambda desk: desk.do(unmatch, "another Ivy"),
    "dismissed": lambda desk: desk.do(following.dismiss, "no_follow_up_needed", ""),
    "held": lambda desk: (desk.do(hold, "counsel"), desk.do(release)),
}


@pytest.mark.parametrize("why", STOPPERS)
def test_a_planned_question_is_stopped_for_good(watching: Desk, why: str) -> None:
    plan(watching)
    notice = the_plan(watching)
    STOPPERS[why](watching)
    assert watching.store.count_states().get(NoticeState.PLANNED, 0) == 0
    watching.now += WINDOW
    stopped = notice._replace(state=NoticeState.SUPPRESSED)  # type: ignore[attr-defined]
    with pytest.raises(IllegalMove):
        watching.do(following.release_follow_up, stopped)


def test_a_call_that_asked_makes_the_planned_question_needless(watching: Desk) -> None:
    plan(watching)
    watched(watching)
    watching.do(following.follow_up_by_phone, "reached", "all well now")
    assert watching.file.case.followed_up_how == "phone: reached"
    assert the_plan(watching).state == NoticeState.SUPPRESSED
    assert watching.file.contacts[-1].note == "all well now"


@pytest.mark.parametrize("outcome", ["no_answer", "wrong_number", "other_person", "sent"])
def test_a_call_that_told_them_nothing_asked_nothing(watching: Desk, outcome: str) -> None:
    watched(watching)
    with pytest.raises(IllegalMove, match="told them nothing"):
        watching.do(following.follow_up_by_phone, outcome, "")


def test_they_are_asked_once_and_no_more(watching: Desk) -> None:
    watched(watching)
    watching.do(following.follow_up, point(watching), ASKS, "Your words to us")
    assert left_waiting(watching) == ["follow_up"]
    for again in (following.follow_up, following.plan_follow_up):
        with pytest.raises(IllegalMove, match="once is all"):
            watching.do(again, point(watching), ASKS, "Your words to us")


REMOVAL = [
    "Would you please remove your review?",
    "Could you take the review down?",
    "If you are happy now, please change your rating to five stars.",
    "We would love it if you updated your review.",
    "Please consider deleting what you wrote about us.",
]


@pytest.mark.parametrize("text", REMOVAL)
def test_nobody_is_ever_asked_to_remove_or_change_a_review(watching: Desk, text: str) -> None:
    with pytest.raises(IllegalMove):
        plan(watching, f"{ASKS} {text}")
    with pytest.raises(IllegalMove):
        watching.do(write, point(watching), f"{ASKS} {text}", "Your words to us")
    watched(watching)
    with pytest.raises(IllegalMove):
        watching.do(following.follow_up, point(watching), f"{ASKS} {text}", "Your words to us")
    assert watching.file.notices == []


def test_a_held_case_plans_nothing(watching: Desk) -> None:
    watching.do(hold, "board")
    with pytest.raises(IllegalMove, match="release"):
        plan(watching)


def test_nothing_scheduled_goes_out_about_the_dead(desk: Desk) -> None:
    who = replace(IVY, relation="relative", care_of="deceased")
    resolved(heard(matched(answered(desk), who), "executor, papers seen"))
    with pytest.raises(IllegalMove, match="has died"):
        plan(desk)
    watched(desk)
    desk.do(following.follow_up_by_phone, "reached", "")
    assert desk.file.case.followed_up_at is not None


def test_no_program_approves_a_question(watching: Desk) -> None:
    with pytest.raises(IllegalMove, match="named person"):
        watching.do(following.plan_follow_up, point(watching), ASKS, "Your words", by="follow-up")


# Closing


STEPS = ("acknowledged_at", "heard_at", "resolved_at", "monitor_ended_at", "followed_up_at")


def shown_all() -> dict[str, Any]:
    return dict.fromkeys(STEPS, T0)


@pytest.mark.parametrize("missing", STEPS[:4])
def test_no_case_closes_before_all_its_results_are_shown(missing: str) -> None:
    shown = shown_all()
    following.close(a_file(**shown), "satisfied", moment())
    with pytest.raises(IllegalMove):
        following.close(a_file(**{**shown, missing: None}), "satisfied", moment())


def test_no_case_closes_while_somebody_is_still_to_be_asked(watching: Desk) -> None:
    watched(watching)
    with pytest.raises(IllegalMove, match="first: follow-up"):
        watching.do(following.close, "unknown")


def test_who_opts_out_after_the_window_does_not_keep_the_case_open(watching: Desk) -> None:
    watched(watching)
    watching.do(unmatch, "another Ivy")
    watching.do(following.close, "unknown")
    assert watching.running() == set()


def test_closing_says_how_they_feel_about_it() -> None:
    with pytest.raises(IllegalMove, match="satisfied"):
        following.close(a_file(**shown_all()), "fine", moment())


@pytest.mark.parametrize("why", [why for why in following.DISMISSALS if why != "troll"])
def test_a_case_that_needs_no_work_is_dismissed_with_its_reason(why: str) -> None:
    change = following.dismiss(a_file(), why, "", moment())
    assert change.sets[0].values["outcome"] == f"dismissed: {why}"
    assert change.sets[0].values["stage"] == "closed"


def test_a_dismissal_has_a_reason_and_a_grave_one_has_words() -> None:
    with pytest.raises(IllegalMove, match="say one of"):
        following.dismiss(a_file(), "busy", "", moment())
    with pytest.raises(IllegalMove, match="--note"):
        following.dismiss(a_file(severity="grave"), "not_ours", " ", moment())
    assert following.dismiss(a_file(severity="grave"), "not_ours", "another Elm", moment())


def test_a_dismissed_case_publishes_nothing_that_waited(desk: Desk) -> None:
    desk.do(draft, REPLY, by=RESPONDER)
    desk.do(approve, Capabilities(reply=True), ())
    desk.do(following.dismiss, "not_ours", "")
    assert desk.store.replies_to_publish() == []


# Taking it up again


def closed(desk: Desk) -> Desk:
    watched(desk)
    desk.do(following.follow_up, point(desk), ASKS, "Your words to us")
    desk.do(following.close, "satisfied")
    return desk


def test_a_case_reopened_within_thirty_days_is_the_same_in_its_next_round(watching: Desk) -> None:
    closed(watching)
    watching.now += timedelta(days=30)
    watching.do(reopening.reopen, "they called again")
    case = watching.file.case
    assert (case.round, case.stage, case.outcome) == (2, "contact", "")
    assert (case.heard_at, case.resolved_at, case.done, case.cause) == (None, None, None, "")
    assert watching.running() == {"first_try"}
    assert {clock.round for clock in watching.file.clocks if clock.ended_at is None} == {2}
    assert watching.file.correspondent is not None


def test_a_case_closed_longer_ago_is_not_reopened(watching: Desk) -> None:
    closed(watching)
    watching.now += timedelta(days=30, seconds=1)
    with pytest.raises(IllegalMove, match="new, linked case"):
        watching.do(reopening.reopen, "they called again")


def test_an_open_case_is_not_reopened() -> None:
    with pytest.raises(IllegalMove, match="still open"):
        reopening.reopen(a_file(), "why not", moment())


def test_a_grave_case_taken_up_again_is_to_be_taken_again(desk: Desk) -> None:
    desk.do(following.dismiss, "not_ours", "")
    file = replace(desk.file, review=desk.file.review._replace(severity="grave"))  # type: ignore[attr-defined]
    desk.write(reopening.reopen(file, "it is ours", moment()))
    assert desk.running() == {"first_try", "safety"}


def test_a_second_round_can_be_walked_to_its_end(watching: Desk) -> None:
    watching.now += DAY
    watching.do(following.look, "lowered")
    closed(resolved(heard(watching)))
    assert (watching.file.case.stage, watching.file.case.round) == ("closed", 2)
    assert watching.running() == set()


# Every way to a proper close


def test_the_whole_way(watching: Desk) -> None:
    closed(watching)
    assert watching.file.case.outcome == "satisfied"
    assert {clock.ended_how for clock in watching.file.clocks} == {"met"}
    moves = [event for event in watching.events() if event == "moved"]
    assert len(moves) == 6


def test_an_author_nobody_can_identify(desk: Desk) -> None:
    answered(desk)
    desk.do(looked_for, False, "no visit fits")
    desk.do(give_up, "unidentified")
    watched(resolved(desk, told=False))
    desk.do(following.close, "unknown")
    assert desk.file.case.heard_how == "skipped: unidentified"
    assert desk.file.case.stage == "closed"


def test_a_correspondent_who_cannot_be_reached(desk: Desk) -> None:
    matched(answered(desk))
    for outcome in ("no_answer", "voicemail"):
        desk.do(contact, "phone", outcome, "", desk.now)
        desk.now += DAY
    desk.do(write, point(desk), "May we call you?", "Your words to us")
    desk.do(give_up, "unreachable")
    watched(resolved(desk, told=False))
    desk.do(following.follow_up, point(desk), ASKS, "Your words to us")
    desk.do(following.close, "unknown")
    assert desk.file.case.contact_how == "unreachable"
    assert desk.running() == set()


def test_a_correspondent_who_declines(desk: Desk) -> None:
    matched(answered(desk))
    desk.do(contact, "phone", "declined", "please do not call", desk.now)
    watched(resolved(desk, told=False))
    assert desk.file.case.followed_up_how == "nobody to contact"
    desk.do(following.close, "unsatisfied")
    assert left_waiting(desk) == []


def test_a_daughter_who_writes_about_her_mother(desk: Desk) -> None:
    daughter = Who("Iris Larkspur", "relative", "adult", "she said so on the telephone")
    matched(answered(desk), daughter)
    desk.do(contact, "phone", "reached", "", desk.now)
    desk.do(hear, "My mother waited.", "", [("Ask the front desk", desk.now + DAY)])
    with pytest.raises(IllegalMove, match="authority"):
        resolved(desk)
    with pytest.raises(IllegalMove, match="--authority"):
        desk.do(identify, ["name", "address"], "")
    desk.do(identify, ["name", "address"], "her mother agreed on the telephone")
    closed(resolved(desk))
    assert desk.running() == {"promise"}  # what was promised outlives the case
    desk.do(task_done, desk.file.tasks[0], "spoken with")
    assert desk.running() == set()


def test_a_review_that_needs_no_reply(desk: Desk) -> None:
    desk.do(decide_on_none, "no_reply_needed")
    closed(resolved(heard(matched(desk))))
    assert desk.file.case.acknowledged_how == "none: no_reply_needed"
    assert desk.file.case.stage == "closed"


def test_a_review_that_needs_nothing_at_all(desk: Desk) -> None:
    desk.do(decide_on_none, "no_reply_needed")
    desk.do(following.dismiss, "no_follow_up_needed", "a question, answered at the desk")
    assert desk.running() == set()


def test_a_troll(desk: Desk) -> None:
    with pytest.raises(IllegalMove, match="nobody confirmed"):
        desk.do(following.dismiss, "troll", "")
    desk.do(judge_troll, True, "The same words stand under forty practices.")
    assert desk.file.case.acknowledged_how == "none: troll"
    desk.do(following.dismiss, "troll", "")
    assert desk.file.case.outcome == "dismissed: troll"
    assert desk.running() == {"task"}  # the report to the platform
    desk.do(task_done, desk.file.tasks[0], "reported, case 17 there")
    assert desk.running() == set()


def test_a_reply_posted_by_hand_and_a_review_taken_down(desk: Desk) -> None:
    desk.do(draft, REPLY, by=RESPONDER)
    desk.do(approve, Capabilities(), ())
    desk.do(posted, "https://reviews.example/r1", desk.now)
    resolved(heard(matched(desk)))
    desk.now += DAY
    desk.do(following.look, "removed")
    desk.do(following.close, "satisfied")
    assert isinstance(desk.file.case.closed_at, datetime)
    assert desk.file.case.owner_id == DIRECTOR

"""Our public answer: drafted, approved as that exact text, published once or posted by hand."""

from dataclasses import replace
from typing import Any

import pytest

from cases.answering import publishing, replies
from cases.casefile import CaseFile
from cases.changes import Change
from cases.custody import hold, judge_troll
from cases.models import Reply, ReplyState
from cases.needs import IllegalMove
from cases.ports import Capabilities, PlatformError, Published
from cases.talking.correspondents import Who, match
from tests.builders import (
    CHIEF,
    DAY,
    DIRECTOR,
    HOUR,
    MANAGER,
    RESPONDER,
    T0,
    Desk,
    a_file,
    moment,
)

API, BY_HAND = Capabilities(reply=True), Capabilities(reply=False)
GOOD = (
    "Thank you for taking the time to write. We are sorry to read this. "
    "Please reach Dana Field, our clinical director, at (212) 555-0100 or care@elm.example."
)
TERSE = "Please reach Dana Field at (212) 555-0100 or care@elm.example. We are sorry."


def drafted(text: str = GOOD, by: str = RESPONDER, **facts: Any) -> CaseFile:
    """Return a case with a draft, in memory only."""
    file = a_file(**facts)
    reply = Reply(
        id="reply-1", case_id=file.case.id, review_id="review-1", text=text,
        drafted_by=by, drafted_at=T0,
    )  # fmt: skip
    return replace(file, replies=[reply])


def approved(file: CaseFile, by: str = DIRECTOR, *codes: str, can: Capabilities = API) -> Change:
    return replies.approve(file, can, codes, moment(T0, by))


def test_a_draft_may_say_anything_but_not_nothing() -> None:
    replies.draft(a_file(), "Liar! You were never our patient.", moment(by=RESPONDER))
    with pytest.raises(IllegalMove, match="no text"):
        replies.draft(a_file(), "  \n", moment())


def test_a_new_draft_takes_the_place_of_the_old(desk: Desk) -> None:
    desk.do(replies.draft, "First.", by=RESPONDER)
    desk.do(replies.draft, "Second.", by=RESPONDER)
    states = {reply.text: reply.state for reply in desk.file.replies}
    assert states == {"First.": ReplyState.WITHDRAWN, "Second.": ReplyState.DRAFT}
    found = replies.newest(desk.file, ReplyState.DRAFT)
    assert found is not None
    assert found.text == "Second."


def test_without_a_draft_there_is_nothing_to_approve() -> None:
    with pytest.raises(IllegalMove, match="first: draft"):
        approved(a_file())


def test_a_text_that_confirms_a_relationship_cannot_be_approved() -> None:
    with pytest.raises(IllegalMove) as refused:
        approved(drafted(f"{GOOD} We appreciate your recent visit to the office."))
    assert "confirms_relationship" in str(refused.value)


def test_a_block_cannot_be_acknowledged_away() -> None:
    file = drafted(f"{GOOD} Thank you for choosing our practice.")
    with pytest.raises(IllegalMove, match="confirms_relationship"):
        approved(file, DIRECTOR, "confirms_relationship")


def test_a_warning_is_acknowledged_by_its_code() -> None:
    file = drafted(TERSE)
    codes = {each.code for each in replies.findings(file, TERSE, API)}
    assert codes == {"no_thanks"}
    with pytest.raises(IllegalMove, match="warnings to acknowledge: no_thanks"):
        approved(file, DIRECTOR, "something_else")
    change = approved(file, DIRECTOR, "no_thanks")
    assert change.sets[-1].values["warned"] == ["no_thanks"]


def test_the_words_of_a_sealed_review_may_not_be_mirrored_either() -> None:
    text = f"{GOOD} Living with migraine is hard."
    file = drafted(text)
    assert replies.findings(file, text, API) == ()
    file.review.text, file.review.sealed_text = "", "My migraine was ignored."
    assert [each.words for each in replies.findings(file, text, API)] == ["migraine"]
    with pytest.raises(IllegalMove, match="migraine"):
        approved(file)


@pytest.mark.parametrize("by", [RESPONDER, "publish", "nobody"])
def test_only_approvers_approve(by: str) -> None:
    with pytest.raises(IllegalMove, match="approved by one of"):
        approved(drafted(), by)


def test_nobody_approves_the_reply_to_a_review_about_themselves() -> None:
    file = drafted(about=[DIRECTOR])
    with pytest.raises(IllegalMove, match="about themselves"):
        approved(file, DIRECTOR)
    assert approved(file, MANAGER)


def test_a_grave_review_is_not_answered_by_one_person_alone() -> None:
    file = drafted(by=DIRECTOR, severity="grave")
    with pytest.raises(IllegalMove, match="grave"):
        approved(file, DIRECTOR)
    assert approved(file, CHIEF)
    assert approved(drafted(by=DIRECTOR), DIRECTOR)


def test_a_held_case_approves_nothing_and_publishes_nothing() -> None:
    with pytest.raises(IllegalMove, match="release"):
        approved(drafted(held_at=T0))
    file = drafted(held_at=T0)
    with pytest.raises(IllegalMove, match="release"):
        publishing.submit(file, file.replies[0], moment())


def test_an_approved_reply_waits_for_its_platform(desk: Desk) -> None:
    desk.do(replies.draft, GOOD, by=RESPONDER)
    desk.do(replies.approve, API, ())
    (reply,) = desk.file.replies
    assert (reply.state, reply.approved_by) == (ReplyState.APPROVED, DIRECTOR)
    assert reply.digest == replies.fingerprint(GOOD)
    assert desk.store.replies_to_publish() == [(desk.file.case.id, reply.id)]
    assert desk.file.case.stage == "acknowledge"  # the public does not see it yet


def test_a_better_reply_takes_the_place_of_one_that_waits(desk: Desk) -> None:
    for text in (GOOD, f"{GOOD} We are listening."):
        desk.do(replies.draft, text, by=RESPONDER)
        desk.do(replies.approve, API, ())
    ((_, waiting),) = desk.store.replies_to_publish()
    assert next(r.text for r in desk.file.replies if r.id == waiting) == f"{GOOD} We are listening."


def test_where_no_program_may_post_somebody_owes_it_by_hand(desk: Desk) -> None:
    desk.do(replies.draft, GOOD, by=RESPONDER)
    desk.do(replies.approve, BY_HAND, ())
    assert desk.file.replies[0].state == ReplyState.BY_HAND
    (task,) = desk.file.tasks
    assert (task.kind, task.owner_id, task.due_at) == ("publish_by_hand", DIRECTOR, T0 + DAY)
    (clock,) = [clock for clock in desk.file.clocks if clock.kind == "task"]
    assert (clock.key, clock.due_at) == (task.id, T0 + DAY)
    told = [w.notice for w in desk.store.waiting(T0, ["email"])]
    assert "publish_by_hand" in {notice.kind for notice in told}
    assert desk.store.replies_to_publish() == []


def test_posting_by_hand_is_attested_with_its_address(desk: Desk) -> None:
    desk.do(replies.draft, GOOD, by=RESPONDER)
    desk.do(replies.approve, BY_HAND, ())
    desk.now = T0 + 2 * HOUR
    with pytest.raises(IllegalMove, match="--url"):
        desk.do(replies.posted, " ", T0 + HOUR)
    desk.do(replies.posted, "https://reviews.example/r1#reply", T0 + HOUR, by=RESPONDER)
    (reply,), (task, look) = desk.file.replies, desk.file.tasks
    assert (look.kind, look.due_at) == ("look_for_reply", T0 + 2 * HOUR + 2 * DAY)
    assert (reply.state, reply.live_at, reply.attested_by) == ("live", T0 + HOUR, RESPONDER)
    assert (task.done_at, task.evidence) == (T0 + 2 * HOUR, "https://reviews.example/r1#reply")
    assert desk.file.case.acknowledged_at == T0 + HOUR
    assert desk.file.case.acknowledged_how == "attested"
    assert desk.running() == {"first_try", "task"}
    assert desk.file.case.stage == "contact"


def test_what_is_said_to_stand_since_tomorrow_stands_since_now(desk: Desk) -> None:
    desk.do(replies.draft, GOOD, by=RESPONDER)
    desk.do(replies.approve, BY_HAND, ())
    desk.do(replies.posted, "https://reviews.example/r1", T0 + DAY)
    assert desk.file.case.acknowledged_at == T0


def test_nothing_approved_nothing_posted() -> None:
    with pytest.raises(IllegalMove, match="first: approve"):
        replies.posted(drafted(), "https://reviews.example/r1", T0, moment())


@pytest.fixture
def waiting(desk: Desk) -> Desk:
    """A case whose reply is approved and waits for its platform."""
    desk.do(replies.draft, GOOD, by=RESPONDER)
    desk.do(replies.approve, API, ())
    return desk


def the_reply(desk: Desk) -> Reply:
    return desk.file.replies[0]


def test_a_reply_is_claimed_once_before_it_is_handed_over(waiting: Desk) -> None:
    waiting.do(publishing.submit, the_reply(waiting))
    assert the_reply(waiting).state == ReplyState.SUBMITTED
    assert waiting.store.replies_to_publish() == []
    with pytest.raises(IllegalMove, match="submitted"):
        waiting.do(publishing.submit, the_reply(waiting))


def test_two_who_claim_a_reply_at_once_are_one(waiting: Desk) -> None:
    both = [publishing.submit(waiting.file, the_reply(waiting), moment()) for _ in range(2)]
    done = waiting.store.apply(both)
    assert (len(done.applied), len(done.stale)) == (1, 1)


def test_only_the_very_text_that_was_approved_is_published(waiting: Desk) -> None:
    other = the_reply(waiting)._replace(text=f"{GOOD} ")  # type: ignore[attr-defined]
    with pytest.raises(IllegalMove, match="not the one that was approved"):
        publishing.submit(waiting.file, other, moment())
    gone = the_reply(waiting)._replace(text=None)  # type: ignore[attr-defined]
    with pytest.raises(IllegalMove, match="not the one that was approved"):
        publishing.submit(waiting.file, gone, moment())


def test_the_review_is_acknowledged_once_the_public_sees_the_reply(waiting: Desk) -> None:
    waiting.do(publishing.submit, the_reply(waiting))
    waiting.do(
        publishing.went_live, the_reply(waiting), Published("x1", "https://reviews.example/x1")
    )
    assert (the_reply(waiting).state, the_reply(waiting).external_id) == ("live", "x1")
    assert waiting.file.case.acknowledged_how == "live"
    assert waiting.running() == {"first_try"}


def test_a_reply_the_platform_still_looks_at_acknowledges_nothing(waiting: Desk) -> None:
    waiting.do(publishing.submit, the_reply(waiting))
    waiting.do(publishing.went_live, the_reply(waiting), Published("x1", live=False))
    assert the_reply(waiting).state == ReplyState.PENDING
    assert waiting.file.case.acknowledged_at is None
    assert waiting.store.stuck_replies(T0 + DAY) == []  # the platform has it
    waiting.do(publishing.went_live, the_reply(waiting), Published("x1"))
    assert waiting.file.case.stage == "contact"


@pytest.mark.parametrize(
    ("error", "state", "told"),
    [
        (PlatformError("busy", "later"), ReplyState.APPROVED, 0),
        (PlatformError("policy", "no", permanent=True), ReplyState.REJECTED, 1),
        (PlatformError("timeout", "?", sent=None), ReplyState.UNKNOWN, 1),
        (PlatformError("timeout", "?", sent=None, permanent=True), ReplyState.UNKNOWN, 1),
    ],
)
def test_what_a_platform_refuses_is_tried_again_or_shown_to_a_person(
    waiting: Desk, error: PlatformError, state: str, told: int
) -> None:
    waiting.do(publishing.submit, the_reply(waiting))
    waiting.do(publishing.did_not_go_live, the_reply(waiting), error)
    assert (the_reply(waiting).state, the_reply(waiting).code) == (state, error.code)
    again = waiting.store.replies_to_publish()
    assert bool(again) == (state == ReplyState.APPROVED)
    notices = [w.notice.kind for w in waiting.store.waiting(T0, ["email"])]
    assert notices.count(f"reply_{state}") == told
    assert waiting.file.case.acknowledged_at is None


def test_a_person_who_looked_attests_a_reply_nobody_was_sure_of(waiting: Desk) -> None:
    waiting.do(publishing.submit, the_reply(waiting))
    doubt = PlatformError("timeout", "?", sent=None)
    waiting.do(publishing.did_not_go_live, the_reply(waiting), doubt)
    waiting.do(replies.posted, "https://reviews.example/x1", T0)
    assert waiting.file.case.acknowledged_how == "attested"


def test_a_second_reply_leaves_the_first_acknowledgement_as_it_was(waiting: Desk) -> None:
    waiting.do(publishing.went_live, the_reply(waiting), Published("x1"))
    waiting.now = T0 + DAY
    waiting.do(replies.draft, f"{GOOD} We are listening.", by=RESPONDER)
    waiting.do(replies.approve, replace(API, edit_reply=True), ())
    second = replies.newest(waiting.file, ReplyState.APPROVED)
    waiting.do(publishing.went_live, second, Published("x2"))
    assert waiting.file.case.acknowledged_at == T0


# No reply


@pytest.mark.parametrize("why", [why for why in replies.NO_REPLY if why != "troll"])
def test_a_person_may_decide_on_no_reply_with_a_reason(why: str) -> None:
    change = replies.decide_on_none(drafted(), why, moment())
    assert change.sets[0].values["acknowledged_how"] == f"none: {why}"
    assert change.sets[0].values["stage"] == "contact"


def test_no_reply_needs_one_of_the_reasons() -> None:
    with pytest.raises(IllegalMove, match="no reason"):
        replies.decide_on_none(a_file(), "busy", moment())


def test_only_a_confirmed_troll_goes_unanswered_as_one() -> None:
    with pytest.raises(IllegalMove, match="confirms a troll"):
        replies.decide_on_none(a_file(troll="suspected"), "troll", moment())
    assert replies.decide_on_none(a_file(troll="confirmed"), "troll", moment())


def test_who_answered_cannot_decide_on_no_reply() -> None:
    with pytest.raises(IllegalMove, match="already"):
        replies.decide_on_none(a_file(acknowledged_at=T0), "safety", moment())


def test_once_no_reply_is_owed_none_that_waits_is_published(waiting: Desk) -> None:
    waiting.do(replies.decide_on_none, "counsel")
    assert the_reply(waiting).state == ReplyState.WITHDRAWN
    assert waiting.store.replies_to_publish() == []
    with pytest.raises(IllegalMove):
        waiting.do(replies.posted, "https://reviews.example/x1", T0)


def test_no_reply_also_ends_the_posting_owed_by_hand(desk: Desk) -> None:
    desk.do(replies.draft, GOOD, by=RESPONDER)
    desk.do(replies.approve, BY_HAND, ())
    desk.do(replies.decide_on_none, "safety")
    assert desk.file.tasks[0].done_at == T0
    assert desk.running() == {"first_try"}


def test_a_confirmed_troll_gets_no_reply(waiting: Desk) -> None:
    waiting.do(judge_troll, True, "Forty such reviews in one day, all over the country.")
    assert the_reply(waiting).state == ReplyState.WITHDRAWN
    waiting.do(replies.draft, GOOD, by=RESPONDER)
    with pytest.raises(IllegalMove, match="gets no reply"):
        waiting.do(replies.approve, API, ())


def test_a_hold_keeps_an_approved_reply_from_being_published(waiting: Desk) -> None:
    waiting.do(hold, "counsel")
    assert waiting.store.replies_to_publish() == []


def test_the_name_of_the_correspondent_cannot_stand_in_public(desk: Desk) -> None:
    who = Who("Juniper Larkspur", "patient", "self", "the dates fit")
    desk.do(match, who, [])
    desk.do(replies.draft, f"{GOOD} Juniper, we are listening.", by=RESPONDER)
    with pytest.raises(IllegalMove, match="names"):
        desk.do(replies.approve, API, ())

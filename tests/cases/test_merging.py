"""Several reviews by one person are one case, if a person says so; and two again, if they erred."""

import pytest

from cases import merging
from cases.answering.replies import approve, decide_on_none, draft
from cases.custody import add_note, add_task
from cases.following import dismiss
from cases.models import Visibility
from cases.needs import IllegalMove
from cases.ports import Capabilities
from cases.store import Store
from cases.talking.conversation import contact, received, write
from cases.talking.correspondents import Point, Who, match
from tests.builders import (
    DAY,
    MINUTE,
    RESPONDER,
    T0,
    Desk,
    a_seen_review,
    moment,
)

IVY = Who("Ivy Larkspur", "patient", "self", "the date fits")
MAIL = "ivy@home.example"
REPLY = (
    "Thank you for taking the time to write. We are sorry to read this. "
    "Please reach Dana Field, our clinical director, at (212) 555-0100 or care@elm.example."
)


@pytest.fixture
def other(desk: Desk) -> Desk:
    """A second case, on another review in the same practice."""
    return Desk(desk.store, a_seen_review("Rude at the desk.", external_id="r2"))


def merge(desk: Desk, other: Desk, why: str = "the same words and day") -> None:
    other.do(merging.merge, desk.file, why)
    desk.read()


def unmerge(desk: Desk, other: Desk) -> None:
    other.do(merging.unmerge, desk.file)
    desk.read()


def matched(desk: Desk) -> None:
    desk.do(match, IVY, [Point("email", MAIL, desk.store.index("email", MAIL))])


def test_a_merge_gives_the_review_over_and_closes_the_case_it_came_from(
    desk: Desk, other: Desk
) -> None:
    merge(desk, other)
    assert [review.external_id for review in desk.file.reviews] == ["r1", "r2"]
    assert other.file.reviews == []
    assert other.file.review.external_id == "r2"  # it still knows which one it was about
    case = other.file.case
    assert (case.stage, case.outcome, case.merged_into_id) == (
        "closed",
        "merged",
        desk.file.case.id,
    )
    assert other.running() == set()
    assert desk.running() == {"acknowledge", "first_try"}
    assert "took_in" in desk.events()
    assert "merged" in other.events()


def test_a_merge_is_written_whole_or_not_at_all(desk: Desk, other: Desk) -> None:
    change = merging.merge(other.file, desk.file, "the same words", moment())
    desk.do(add_note, "meanwhile", Visibility.TEAM)
    done = desk.store.apply([change])
    assert done.stale == [change]
    other.read()
    assert other.file.case.closed_at is None
    assert [review.external_id for review in other.file.reviews] == ["r2"]
    assert [review.external_id for review in desk.file.reviews] == ["r1"]


def test_two_merges_at_once_let_one_in(desk: Desk, other: Desk) -> None:
    there = merging.merge(other.file, desk.file, "the same words", moment())
    back = merging.merge(desk.file, other.file, "the same words", moment())
    done = desk.store.apply([there, back])
    assert (done.applied, done.stale) == ([there], [back])


def test_a_task_outlives_the_merge(desk: Desk, other: Desk) -> None:
    other.do(add_task, "physician_account", "Ask for it", T0 + DAY)
    merge(desk, other)
    assert other.running() == {"task"}


def test_what_waited_to_be_said_in_the_merged_case_is_not_said(desk: Desk, other: Desk) -> None:
    other.do(draft, REPLY, by=RESPONDER)
    other.do(approve, Capabilities(reply=True), ())
    merge(desk, other)
    assert desk.store.replies_to_publish() == []


def test_a_review_given_to_a_matched_case_is_sealed(desk: Desk, other: Desk) -> None:
    matched(desk)
    merge(desk, other)
    assert {review.text for review in desk.file.reviews} == {""}
    assert {review.sealed_text for review in desk.file.reviews} == {
        "Two hours late and nobody said sorry.",
        "Rude at the desk.",
    }


def test_a_match_after_a_merge_seals_every_review(desk: Desk, other: Desk) -> None:
    merge(desk, other)
    matched(desk)
    assert {review.text for review in desk.file.reviews} == {""}


def test_a_merge_says_why_and_never_into_itself(desk: Desk, other: Desk) -> None:
    with pytest.raises(IllegalMove, match="--why"):
        other.do(merging.merge, desk.file, " ")
    with pytest.raises(IllegalMove, match="into itself"):
        desk.do(merging.merge, desk.file, "the same words")


def test_a_closed_case_is_not_merged_nor_merged_into(desk: Desk, other: Desk) -> None:
    desk.do(dismiss, "not_ours", "")
    with pytest.raises(IllegalMove, match="closed"):
        other.do(merging.merge, desk.file, "the same words")
    with pytest.raises(IllegalMove, match="closed"):
        desk.do(merging.merge, other.file, "the same words")


def test_cases_with_different_correspondents_are_not_one(desk: Desk, other: Desk) -> None:
    matched(desk)
    matched(other)
    with pytest.raises(IllegalMove, match="different correspondents"):
        other.do(merging.merge, desk.file, "the same words")


def test_a_case_that_took_one_in_is_not_given_away_itself(desk: Desk, other: Desk) -> None:
    third = Desk(desk.store, a_seen_review("Cold.", external_id="r3"))
    merge(desk, other)
    with pytest.raises(IllegalMove, match="took in another"):
        desk.do(merging.merge, third.file, "the same words")
    merge(desk, third)
    assert [review.external_id for review in desk.file.reviews] == ["r1", "r2", "r3"]


def test_an_unmerged_case_goes_on_in_its_next_round(desk: Desk, other: Desk) -> None:
    merge(desk, other)
    other.now = T0 + DAY
    unmerge(desk, other)
    case = other.file.case
    assert (case.round, case.merged_into_id, case.outcome) == (2, None, "")
    assert [review.external_id for review in desk.file.reviews] == ["r1"]
    assert [review.external_id for review in other.file.reviews] == ["r2"]
    assert "gave_back" in desk.events()


def test_what_only_the_merge_excused_is_owed_again(desk: Desk, other: Desk) -> None:
    merge(desk, other)
    unmerge(desk, other)
    assert other.file.case.stage == "acknowledge"
    assert other.running() == {"acknowledge", "first_try"}


def test_what_a_person_decided_before_the_merge_still_holds(desk: Desk, other: Desk) -> None:
    other.do(decide_on_none, "counsel")
    merge(desk, other)
    unmerge(desk, other)
    assert other.file.case.acknowledged_how == "none: counsel"
    assert other.file.case.stage == "contact"


def test_one_of_two_is_given_back_and_the_other_stays(desk: Desk, other: Desk) -> None:
    third = Desk(desk.store, a_seen_review("Cold.", external_id="r3"))
    merge(desk, other)
    merge(desk, third)
    unmerge(desk, other)
    assert [review.external_id for review in desk.file.reviews] == ["r1", "r3"]


def test_only_what_was_merged_is_unmerged(desk: Desk, other: Desk) -> None:
    with pytest.raises(IllegalMove, match="not merged"):
        other.do(merging.unmerge, desk.file)


def test_a_merged_case_is_unmerged_and_not_reopened(desk: Desk, other: Desk) -> None:
    from cases.reopening import reopen

    merge(desk, other)
    with pytest.raises(IllegalMove, match="first: unmerge"):
        other.do(reopen, "they called")


def test_a_message_that_waits_in_the_case_that_stays_still_goes(desk: Desk, other: Desk) -> None:
    matched(desk)
    desk.do(write, desk.file.points[0], "May we call you?", "Your words to us")
    merge(desk, other)
    unmerge(desk, other)
    assert [notice.state for notice in desk.file.notices] == ["pending"]


def test_what_nobody_has_answered_is_owed_an_answer_in_the_case_that_stays(
    desk: Desk, other: Desk
) -> None:
    other.do(received, "page_message", "Is anybody reading this?", T0)
    (before,) = [clock for clock in other.file.clocks if clock.key and clock.ended_at is None]
    desk.now = other.now = T0 + MINUTE
    merge(desk, other)
    assert other.running() == set()
    (owed,) = [clock for clock in desk.file.clocks if clock.key == before.key]
    assert (owed.kind, owed.started_at, owed.due_at) == (
        before.kind, before.started_at, before.due_at,
    )  # fmt: skip
    assert [each.note for each in desk.file.contacts] == ["Is anybody reading this?"]
    desk.do(contact, "phone", "reached", "", desk.now)
    (ended,) = [clock for clock in desk.file.clocks if clock.key == before.key]
    assert ended.ended_how == "met"


def test_what_waits_for_an_answer_stays_with_whoever_took_it_over(desk: Desk, other: Desk) -> None:
    other.do(received, "page_message", "Is anybody reading this?", T0)
    for _ in range(2):
        merge(desk, other)
        unmerge(desk, other)
    assert "answer" not in other.running()
    assert len([clock for clock in desk.file.clocks if clock.key and clock.ended_at is None]) == 1
    assert desk.store.broken_chains() == []


def test_merging_and_unmerging_again_and_again_keeps_every_chain(store: Store) -> None:
    desk = Desk(store)
    other = Desk(store, a_seen_review("Rude at the desk.", external_id="r2"))
    for _ in range(3):
        merge(desk, other)
        unmerge(desk, other)
    assert other.file.case.round == 4
    assert store.broken_chains() == []


def test_a_case_is_given_back_only_by_the_one_that_took_it_in(desk: Desk, other: Desk) -> None:
    merge(desk, other)
    with pytest.raises(IllegalMove, match="another one"):
        other.do(merging.unmerge, other.file)

"""How a review becomes a record, and a case where it needs one; and how its author changes it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from cases.arriving.editing import is_worse, take_edit, take_loss
from cases.arriving.opening import Practised, digest, open_case, take_in
from cases.changes import Change
from cases.judging.triage import triage
from cases.models import Case, Clock, Review, Role
from cases.people import told
from cases.store import Store
from cases.viewers import ENGINE
from tests.builders import (
    ADMIN,
    DAY,
    DIRECTOR,
    HOUR,
    MANAGER,
    T0,
    Desk,
    a_clinic,
    a_person,
    a_review,
    a_seen_review,
    found_practice,
    moment,
    practised,
    take,
    the_people,
)

GRAVE = "They gave me the wrong medication and I almost died."
SUNDAY_NIGHT = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)  # 22:00 in New York


def taken(
    text: str = "Two hours late and nobody said sorry.",
    *,
    since: datetime | None = None,
    known: Practised | None = None,
    now: datetime = T0,
    **seen: Any,
) -> Change:
    review = a_seen_review(text, **seen)
    judged = triage(text, review.rating, review.recommends)
    return take_in(review, judged, known or practised(), since, moment(now, "intake"))


def added(change: Change, table: type[Any]) -> list[Mapping[str, Any]]:
    return [add.values for each in change.whole() for add in each.adds if add.table is table]


def test_a_negative_review_becomes_a_case_with_the_clinics_director_as_owner() -> None:
    (case,) = added(taken(), Case)
    assert (case["owner_id"], case["severity"]) == (DIRECTOR, "routine")
    assert case["playbook_version"] == 1


def test_a_glad_review_is_recorded_and_opens_no_case() -> None:
    change = taken("Kind people, on time, thank you.", rating=Decimal(5))
    assert added(change, Case) == []
    assert len(added(change, Review)) == 1
    assert change.events[0].detail["opens"] is False


def test_its_owner_is_told_and_never_the_words_of_the_review() -> None:
    change = taken("The rash was ignored for two hours.")
    (notice,) = change.notices
    assert (notice["person_id"], notice["kind"]) == (DIRECTOR, "opened")
    assert "rash" not in str(notice)


def test_the_owner_of_a_routine_case_is_not_told_at_night() -> None:
    (notice,) = taken(now=SUNDAY_NIGHT).notices
    assert notice["not_before"] == T0  # Monday, when the office opens


def test_a_grave_review_starts_the_safety_clock_at_once_round_the_clock() -> None:
    change = taken(GRAVE, rating=Decimal(1), now=SUNDAY_NIGHT)
    safety = next(clock for clock in added(change, Clock) if clock["kind"] == "safety")
    assert safety["look_at"] == SUNDAY_NIGHT
    assert safety["due_at"] == SUNDAY_NIGHT + HOUR


def test_clocks_start_when_we_saw_it_and_not_when_it_was_posted() -> None:
    change = taken(posted_at=T0 - 20 * DAY)
    assert {clock["started_at"] for clock in added(change, Clock)} == {T0}
    (review,) = added(change, Review)
    assert review["posted_at"] == T0 - 20 * DAY


def test_who_is_away_does_not_get_the_case_but_who_stands_in() -> None:
    away = a_person(DIRECTOR, Role.DIRECTOR, away_from=T0 - DAY, substitute_id="sam")
    (case,) = added(taken(known=practised(people=the_people(**{DIRECTOR: away}))), Case)
    assert case["owner_id"] == "sam"


def test_a_clinic_without_a_director_gives_the_case_to_another() -> None:
    people = the_people()
    del people[DIRECTOR]
    known = practised(clinic=a_clinic(director_id=None), people=people)
    (case,) = added(taken(known=known), Case)
    assert case["owner_id"] == MANAGER


def test_a_case_nobody_can_own_still_opens_and_its_clocks_run() -> None:
    change = taken(known=practised(people={}))
    (case,) = added(change, Case)
    assert case["owner_id"] is None
    assert not change.notices
    assert {clock["kind"] for clock in added(change, Clock)} == {"acknowledge", "first_try"}


def test_where_a_case_has_no_owner_the_administrator_hears_of_its_rungs() -> None:
    people = {ADMIN: the_people()[ADMIN]}
    case = open_case(a_review(), practised(people={}), moment()).adds[0].values
    (heard,) = told(["owner"], Case(**case), people, T0)
    assert heard.id == ADMIN


def test_a_suspected_troll_opens_a_case_for_a_person_to_judge() -> None:
    text = "Idiots and clowns, all of you. Scum."
    judged = triage(text, Decimal(1))
    assert judged.troll
    (case,) = added(taken(text, rating=Decimal(1)), Case)
    assert case["troll"] == "suspected"


def test_reviews_from_before_the_practice_joined_are_history() -> None:
    change = taken(posted_at=T0 - 30 * DAY, since=T0 - DAY)
    assert added(change, Case) == []
    assert added(change, Clock) == []
    assert len(added(change, Review)) == 1


def test_a_review_without_a_date_is_no_history() -> None:
    assert added(taken(posted_at=None, since=T0 - DAY), Case)


def test_a_date_far_ahead_is_taken_for_now() -> None:
    (review,) = added(taken(posted_at=T0 + 40 * DAY), Review)
    assert review["posted_at"] == T0


def test_a_platforms_clock_may_be_a_little_ahead() -> None:
    (review,) = added(taken(posted_at=T0 + HOUR), Review)
    assert review["posted_at"] == T0 + HOUR


def test_the_reasons_kept_hold_none_of_the_authors_words() -> None:
    (review,) = added(taken(GRAVE, rating=Decimal(1)), Review)
    assert review["because"]
    kept = " ".join(review["because"])
    assert "wrong medication" not in kept
    assert "almost died" not in kept


def test_a_later_case_on_the_same_review_names_the_one_before() -> None:
    before = Case(**open_case(a_review(), practised(), moment()).adds[0].values)
    after = open_case(a_review(), practised(), moment(T0 + 60 * DAY), before)
    assert added(after, Case)[0]["previous_id"] == before.id


def test_a_case_and_its_review_are_written_together(desk: Desk) -> None:
    assert desk.file.case.number == 1
    assert desk.file.review.case_id == desk.file.case.id
    assert desk.file.review.text == "Two hours late and nobody said sorry."
    assert desk.events() == ["opened"]
    assert desk.running() == {"acknowledge", "first_try"}


def test_the_same_review_taken_in_twice_at_once_is_one_review(store: Store) -> None:
    found_practice(store)
    first, second = taken(), taken()
    done = store.apply([first, second])
    assert (done.applied, done.stale) == ([first], [second])
    assert len(store.cases(ENGINE)) == 1
    assert store.broken_chains() == []


def test_cases_are_numbered_one_after_the_other(store: Store) -> None:
    found_practice(store)
    numbers = [take(store, a_seen_review(external_id=f"r{n}")).case.number for n in range(3)]
    assert numbers == [1, 2, 3]


# What its author changes


def edited(review: Review, text: str, rating: int | None, now: datetime = T0 + DAY) -> Change:
    stars = None if rating is None else Decimal(rating)
    seen = a_seen_review(text, rating=stars)
    return take_edit(review, seen, triage(text, stars), moment(now, "intake"))


def test_an_edit_keeps_the_old_state_as_a_version(desk: Desk) -> None:
    desk.write(edited(desk.file.review, "Sorted out now, thank you.", 4))
    assert desk.file.review.text == "Sorted out now, thank you."
    assert (desk.file.review.rating, desk.file.review.revision) == (Decimal(4), 2)
    (old,) = desk.file.versions
    assert (old.text, old.rating, old.revision) == (
        "Two hours late and nobody said sorry.",
        Decimal(2),
        1,
    )
    assert old.until == T0 + DAY


def test_two_edits_keep_two_versions(desk: Desk) -> None:
    desk.write(edited(desk.file.review, "One.", 1))
    desk.write(edited(desk.file.review, "Two.", 3))
    assert [v.text for v in desk.file.versions][1:] == ["One."]
    assert desk.file.review.revision == 3


def test_an_edit_of_a_sealed_review_stays_sealed(desk: Desk) -> None:
    review = desk.file.review._replace(text="", sealed_text="As it was.")  # type: ignore[attr-defined]
    desk.write(edited(review, "As it is.", 2))
    assert (desk.file.review.text, desk.file.review.sealed_text) == ("", "As it is.")
    (old,) = desk.file.versions
    assert (old.text, old.sealed_text) == ("", "As it was.")


def test_an_edit_tells_from_which_stars_to_which() -> None:
    change = edited(a_review(), "Worse.", 1)
    assert change.events[0].detail == {"from": "2.0", "to": "1.0", "worse": True}
    assert edited(a_review(rating=None), "No stars.", None).events[0].detail["from"] == ""


def test_a_review_that_comes_back_is_gone_no_more(desk: Desk) -> None:
    desk.write(take_loss(desk.file.review, moment(T0 + HOUR, "intake")))
    assert desk.file.review.gone_at == T0 + HOUR
    desk.write(edited(desk.file.review, "Back again.", 2))
    assert desk.file.review.gone_at is None


WORSE = [
    ({"rating": Decimal(2)}, 1, "Late.", True),
    ({"rating": Decimal(2)}, 3, "Late.", False),
    ({"rating": Decimal(2)}, 2, "Late, and rude too.", False),
    ({"rating": Decimal(2)}, 2, GRAVE, True),
    ({"rating": Decimal(1)}, 2, GRAVE, True),  # a star more, and somebody's safety
    ({"rating": Decimal(2), "severity": "grave"}, 2, GRAVE, False),
    ({"rating": None}, None, "Late.", False),
]


@pytest.mark.parametrize(("before", "rating", "text", "worse"), WORSE)
def test_fewer_stars_or_a_grave_matter_make_a_review_worse(
    before: dict[str, Any], rating: int | None, text: str, worse: bool
) -> None:
    stars = None if rating is None else Decimal(rating)
    judged = triage(text, Decimal(1))
    assert is_worse(a_review(**before), a_seen_review(text, rating=stars), judged) is worse


def test_who_recommends_no_longer_is_less_content() -> None:
    judged = triage("Late.", None, False)
    seen = a_seen_review("Late.", rating=None, recommends=False)
    assert is_worse(a_review(rating=None, recommends=True), seen, judged)
    assert not is_worse(a_review(rating=None, recommends=False), seen, judged)


def test_the_digest_tells_states_apart_and_forgives_white_space() -> None:
    seen = a_seen_review("Late.")
    assert digest(seen) == digest(a_seen_review("Late. \n"))
    others = [
        a_seen_review("Late!"),
        a_seen_review("Late.", rating=Decimal(1)),
        a_seen_review("Late.", recommends=False),
    ]
    assert len({digest(seen), *map(digest, others)}) == 4


def test_an_edit_moves_the_digest_on() -> None:
    change = edited(a_review(), "New words.", 2)
    now = a_seen_review("New words.", rating=Decimal(2))
    assert change.sets[0].values["digest"] == digest(now)

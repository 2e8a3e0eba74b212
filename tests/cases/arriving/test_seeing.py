"""What a review seen now means beside the one we know: new, edited, worse, gone, or the same."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from cases.arriving.opening import digest
from cases.arriving.seeing import answer, is_news, lost, standing_of
from cases.casefile import CaseFile
from cases.changes import Change, about
from cases.judging.triage import triage
from cases.models import Case, Review, ReviewVersion
from cases.ports import SeenReview
from tests.builders import DAY, T0, a_file, a_review, a_seen_review, moment, practised

GRAVE = "The wound got infected after surgery and I nearly died."
KIND = "Wonderful, caring and thorough. Thank you!"


def recorded(seen: SeenReview | None = None, **facts: Any) -> Review:
    """Return the record of a review, as taken in."""
    seen = seen or a_seen_review()
    judged = triage(seen.text, seen.rating, seen.recommends)
    said = {
        "text": seen.text, "rating": seen.rating, "recommends": seen.recommends,
        "digest": digest(seen), "negative": judged.negative, "doubtful": judged.doubtful,
        "severity": str(judged.severity), "version": 1,
    }  # fmt: skip
    return a_review(**{**said, **facts})


def asked(
    seen: SeenReview, known: Review | None, file: CaseFile | None = None, since: Any = None
) -> Change | None:
    judged = triage(seen.text, seen.rating, seen.recommends)
    return answer(seen, judged, known, file, practised(), since, moment(T0 + DAY, "intake"))


def kinds(change: Change | None) -> list[str]:
    assert change is not None
    return [event.kind for part in change.whole() for event in part.events]


def facts(change: Change | None) -> dict[str, Any]:
    """Return what a Change writes about the case."""
    assert change is not None
    found: dict[str, Any] = {}
    for part in change.whole():
        for row_set in part.sets:
            found |= row_set.values if row_set.table is Case else {}
    return found


RESOLVED: dict[str, Any] = {
    "stage": "monitor", "acknowledged_at": T0, "first_try_at": T0, "contact_ended_at": T0,
    "contact_how": "unidentified", "heard_at": T0, "heard_how": "skipped: unidentified",
    "resolved_at": T0,
}  # fmt: skip
CLOSED = RESOLVED | {
    "stage": "closed", "monitor_ended_at": T0, "monitor_how": "stands", "closed_at": T0,
}  # fmt: skip


def edited(**changes: Any) -> SeenReview:
    return a_seen_review(changes.pop("text", "Three hours, now that I think."), **changes)


# News or not


def test_what_is_as_it_was_is_no_news() -> None:
    known = recorded()
    assert not is_news(a_seen_review(), known)
    assert asked(a_seen_review(), known, a_file(review=known)) is None


@pytest.mark.parametrize(
    "changes", [{"author": "louder_river"}, {"url": "https://elsewhere.example/r1"}]
)
def test_a_new_handle_or_address_is_no_news(changes: dict[str, Any]) -> None:
    assert not is_news(a_seen_review(**changes), recorded())


def test_white_space_round_the_words_is_no_news() -> None:
    assert not is_news(a_seen_review("  Two hours late and nobody said sorry.\n"), recorded())


@pytest.mark.parametrize(
    "changes", [{"text": "Other words."}, {"rating": Decimal(1)}, {"recommends": False}]
)
def test_other_words_stars_or_advice_are_news(changes: dict[str, Any]) -> None:
    assert is_news(a_seen_review(**changes), recorded())


def test_a_review_that_was_gone_and_is_back_is_news() -> None:
    known = recorded(gone_at=T0)
    assert is_news(a_seen_review(), known)
    change = asked(a_seen_review(), known)
    assert change is not None
    assert change.sets[0].values["gone_at"] is None


# New ones


def test_a_negative_review_opens_a_case_and_a_kind_one_none() -> None:
    assert kinds(asked(a_seen_review(), None))[:1] == ["opened"]
    assert kinds(asked(a_seen_review(KIND, rating=Decimal(5)), None)) == ["seen"]


def test_history_is_recorded_and_opens_nothing() -> None:
    old = a_seen_review(posted_at=T0 - timedelta(days=400))
    assert kinds(asked(old, None, since=T0)) == ["seen"]


# Edits


@pytest.mark.parametrize(
    ("known", "seen", "standing"),
    [
        ({"rating": Decimal(2)}, {"rating": Decimal(4)}, "raised"),
        ({"rating": Decimal(2)}, {"rating": Decimal(1)}, "lowered"),
        ({"rating": Decimal(2)}, {"rating": Decimal(2)}, "edited"),
        ({"rating": None, "recommends": False}, {"rating": None, "recommends": True}, "raised"),
        ({"rating": None, "recommends": True}, {"rating": None, "recommends": False}, "lowered"),
        ({"rating": None}, {"rating": None}, "edited"),
        ({"rating": Decimal(2)}, {"rating": Decimal(5), "text": GRAVE}, "lowered"),
    ],
)
def test_how_a_changed_review_stands(
    known: dict[str, Any], seen: dict[str, Any], standing: str
) -> None:
    now_is = edited(**seen)
    judged = triage(now_is.text, now_is.rating, now_is.recommends)
    assert standing_of(now_is, recorded(a_seen_review(**known)), judged) == standing


def test_an_edit_keeps_the_old_state_and_is_seen_in_the_case() -> None:
    known = recorded()
    change = asked(edited(), known, a_file(review=known))
    assert change is not None
    assert sorted(kinds(change)) == ["edited", "review_edited"]
    kept = [add.values for part in change.whole() for add in part.adds]
    assert [each["text"] for each in kept] == [known.text]
    assert [add.table for part in change.whole() for add in part.adds] == [ReviewVersion]


def test_an_edit_of_a_review_whose_writer_is_known_is_sealed() -> None:
    known = recorded(text="", sealed_text="Two hours late and nobody said sorry.")
    change = asked(edited(), known, a_file(review=known))
    assert change is not None
    (row_set,) = [s for part in change.whole() for s in part.sets if s.table is Review]
    assert row_set.values["text"] == ""
    assert row_set.values["sealed_text"] == edited().text


def test_an_edit_that_turns_grave_makes_the_case_grave_and_starts_its_hour() -> None:
    known = recorded()
    change = asked(edited(text=GRAVE), known, a_file(review=known))
    assert facts(change)["severity"] == "grave"
    assert change is not None
    assert [a.values["kind"] for p in change.whole() for a in p.adds if "kind" in a.values] == [
        "safety"
    ]


def test_an_edit_never_makes_a_case_less_grave() -> None:
    known = recorded(a_seen_review(GRAVE))
    change = asked(edited(rating=Decimal(3)), known, a_file(review=known))
    assert "severity" not in facts(change)


@pytest.mark.parametrize(("stars", "how"), [(5, "raised"), (2, "edited")])
def test_in_its_window_a_better_or_another_text_ends_it(stars: int, how: str) -> None:
    known = recorded()
    file = a_file(review=known, **RESOLVED)
    assert facts(asked(edited(rating=Decimal(stars)), known, file))["monitor_how"] == how


def test_in_its_window_a_worse_one_begins_a_new_round() -> None:
    known = recorded()
    change = asked(edited(rating=Decimal(1)), known, a_file(review=known, **RESOLVED))
    assert (facts(change)["round"], facts(change)["stage"]) == (2, "contact")


def test_a_closed_case_begins_again_only_when_it_gets_worse() -> None:
    known = recorded()
    file = a_file(review=known, **CLOSED)
    assert facts(asked(edited(rating=Decimal(1)), known, file))["round"] == 2
    assert kinds(asked(edited(), known, file)) == ["edited"]
    assert kinds(asked(edited(rating=Decimal(5)), known, file)) == ["edited"]


def test_a_case_closed_long_ago_gets_a_new_one_linked_to_it() -> None:
    known = recorded()
    long_ago = T0 - 60 * DAY
    file = a_file(review=known, **{**CLOSED, "closed_at": long_ago})
    change = asked(edited(rating=Decimal(1)), known, file)
    assert change is not None
    (row,) = [a.values for p in change.whole() for a in p.adds if a.table is Case]
    assert row["previous_id"] == file.case.id
    links = [s.values["case_id"] for p in change.whole() for s in p.sets if "case_id" in s.values]
    assert links == [row["id"]]


def test_a_merged_case_is_not_begun_again() -> None:
    known = recorded()
    file = a_file(review=known, **{**CLOSED, "merged_into_id": "case-2"})
    assert "round" not in facts(asked(edited(rating=Decimal(1)), known, file))


# Edits of reviews that had no case


def test_a_kind_review_that_turns_bad_opens_a_case() -> None:
    known = recorded(a_seen_review(KIND, rating=Decimal(5)), case_id=None)
    change = asked(edited(rating=Decimal(1)), known)
    assert "opened" in kinds(change)
    assert "edited" in kinds(change)


def test_without_stars_the_words_alone_open_a_case() -> None:
    known = recorded(a_seen_review(KIND, rating=None), case_id=None)
    rude = edited(text="The receptionist was rude and hung up on me. Avoid.", rating=None)
    assert triage(rude.text).opens_case
    assert "opened" in kinds(asked(rude, known))


def test_a_word_mended_in_an_old_complaint_opens_nothing() -> None:
    known = recorded(case_id=None)
    assert kinds(asked(edited(), known)) == ["edited"]


def test_an_old_complaint_that_gets_worse_opens_a_case() -> None:
    known = recorded(case_id=None)
    assert "opened" in kinds(asked(edited(rating=Decimal(1)), known))


def test_a_kind_review_edited_kindly_opens_nothing() -> None:
    known = recorded(a_seen_review(KIND, rating=Decimal(5)), case_id=None)
    assert kinds(asked(a_seen_review(KIND + " Again!", rating=Decimal(5)), known)) == ["edited"]


# Losses


def gone(known: Review, file: CaseFile | None) -> Change | None:
    return lost(known, file, moment(T0 + DAY, "watch"))


def test_a_review_gone_without_a_case_is_noted_once() -> None:
    assert kinds(gone(recorded(), None)) == ["gone"]
    assert gone(recorded(gone_at=T0), None) is None


def test_a_review_gone_while_work_goes_on_ends_nothing() -> None:
    known = recorded()
    change = gone(known, a_file(review=known))
    assert sorted(kinds(change)) == ["gone", "review_gone"]
    assert facts(change)["stage"] == "acknowledge"


def test_a_review_gone_in_its_window_ends_it_and_nobody_is_asked() -> None:
    known = recorded()
    change = gone(known, a_file(review=known, **RESOLVED))
    assert facts(change)["monitor_how"] == "removed"
    assert facts(change)["followed_up_how"] == "not needed: removed"


def test_a_review_gone_before_its_window_ends_it_as_soon_as_it_begins() -> None:
    known = recorded(gone_at=T0)
    change = gone(known, a_file(review=known, **RESOLVED))
    assert facts(change)["monitor_how"] == "removed"
    assert kinds(change) == ["looked_at_review", "moved"]
    ended = RESOLVED | {"monitor_ended_at": T0, "monitor_how": "removed", "stage": "follow_up"}
    assert gone(known, a_file(review=known, **ended)) is None


def test_a_review_gone_after_the_close_leaves_the_case_alone() -> None:
    known = recorded()
    change = gone(known, a_file(review=known, **CLOSED))
    assert change is not None
    assert change.subject == about(known)
    assert kinds(change) == ["gone"]
    assert change.sets[0].values == {"gone_at": T0 + DAY}

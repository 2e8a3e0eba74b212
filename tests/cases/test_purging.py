"""Platforms limit how long a review's text may be kept: it goes, what we did about it stays."""

from cases.arriving.seeing import is_news, purge
from cases.models import Review
from cases.store import Store
from cases.viewers import ENGINE
from tests.builders import DAY, T0, a_seen_review, found_practice, moment, take


def test_the_text_of_an_old_review_goes_and_the_rest_stays(store: Store) -> None:
    found_practice(store)
    seen = a_seen_review("Two hours late. Nobody said sorry.")
    number = take(store, seen).case.number
    (old,) = store.old_texts(T0 + DAY)
    assert store.old_texts(T0 - DAY) == []

    versions = store.old_versions([old]).get(old.id, ())
    store.apply([purge(old, versions, moment(T0 + DAY, "purge"))])

    review: Review = store.case_file(number, ENGINE).review
    assert (review.text, review.sealed_text, review.purged_at) == ("", None, T0 + DAY)
    assert (review.rating, review.external_id) == (seen.rating, seen.external_id)
    assert not is_news(seen, review)  # it is still recognised, and not taken for an edit
    assert store.old_texts(T0 + DAY) == []
    assert store.broken_chains() == []

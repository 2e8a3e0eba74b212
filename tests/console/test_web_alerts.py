"""Alerts in the console: who runs the clinic sees them, whom one is about does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from cases.judging.clusters import Complaint, clusters, raise_alert
from cases.models import Alert
from cases.store import Store
from tests.builders import DAY, DIRECTOR, MANAGER, T0, a_seen_review, moment, take
from tests.console.web import Place


@pytest.fixture
def place(sqlite_store: Store, tmp_path: Path) -> Place:
    return Place(sqlite_store, tmp_path, mail="local", texts="local")


def raised(place: Place, **facts: list[str]) -> Alert:
    store = place.store
    cases = [take(store, a_seen_review(external_id=f"r{n}")) for n in range(3)]
    complaints = [
        Complaint(file.review.id, "elm", T0, "routine", **{"themes": [], "about": [], **facts})
        for file in cases
    ]
    (found,) = clusters(complaints, (), T0)
    clinic = store.clinics()["elm"]
    people = store.people().values()
    assert store.apply([raise_alert(clinic, found, people, moment(T0, "compare"))]).applied
    return store.alerts(T0 - DAY)[0]


def test_an_alert_is_on_the_first_page_until_somebody_looked_into_it(place: Place) -> None:
    alert = raised(place, themes=["wait_time"])
    manager = place.signed_in(MANAGER)
    assert "1 alert" in manager.get("/").text
    page = manager.get("/alerts").text
    assert "3 reviews since" in page
    assert page.count('href="/cases/') == 3
    manager.post(f"/alerts/{alert.id}/seen")
    assert "1 alert" not in manager.get("/").text
    assert "Looked into by" in manager.get("/alerts").text


def test_whom_an_alert_is_about_does_not_see_it(place: Place) -> None:
    alert = raised(place, about=[DIRECTOR])
    assert "alert" not in place.signed_in(DIRECTOR).get("/").text
    assert place.signed_in(DIRECTOR).get("/alerts").text.count("3 reviews") == 0
    assert place.signed_in(DIRECTOR).post(f"/alerts/{alert.id}/seen").status_code == 404
    assert "3 reviews" in place.signed_in(MANAGER).get("/alerts").text

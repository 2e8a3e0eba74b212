"""Three complaints about one thing within a fortnight raise one alert, and only one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from cases.judging.clusters import Complaint, clusters, raise_alert
from cases.models import Alert, Role
from tests.builders import CHIEF, DAY, MANAGER, T0, a_clinic, a_person, moment, the_people

NOW = T0 + 10 * DAY


def complaint(number: int, days: float = 0, **facts: Any) -> Complaint:
    usual: dict[str, Any] = {"severity": "routine", "themes": ["wait_time"], "about": []}
    at = T0 + timedelta(days=days)
    return Complaint(f"r{number}", "elm", at, **{**usual, **facts})


def topics(*complaints: Complaint, raised: Any = ()) -> list[tuple[str, str, int]]:
    return [(c.kind, c.what, len(c.complaints)) for c in clusters(complaints, raised, NOW)]


def test_two_are_chance_and_three_are_an_alert() -> None:
    assert topics(complaint(1), complaint(2)) == []
    assert topics(complaint(1), complaint(2), complaint(3)) == [("theme", "wait_time", 3)]


def test_what_is_older_than_a_fortnight_does_not_count() -> None:
    assert topics(complaint(1, -5), complaint(2), complaint(3)) == []


def test_one_person_named_three_times_is_an_alert_whatever_the_themes() -> None:
    about = [complaint(n, themes=[f"t{n}"], about=["dana"]) for n in range(3)]
    assert topics(*about) == [("person", "dana", 3)]


def test_a_place_counts_only_what_is_grave() -> None:
    grave = [complaint(n, themes=[], severity="grave") for n in range(3)]
    assert topics(*grave) == [("place", "", 3)]
    assert topics(*[complaint(n, themes=["other"]) for n in range(9)]) == []


def test_other_clinics_are_not_mixed_in() -> None:
    elsewhere = Complaint("r9", "oak", T0, "routine", ["wait_time"], [])
    assert topics(complaint(1), complaint(2), elsewhere) == []


def test_an_alert_is_raised_once_a_fortnight() -> None:
    def raised(days: float) -> Alert:
        return Alert(
            id="a", clinic_id="elm", kind="theme", what="wait_time", first_at=T0,
            raised_at=NOW - timedelta(days=days),
        )  # fmt: skip

    three = [complaint(n) for n in range(3)]
    assert topics(*three, raised=[raised(1)]) == []
    assert topics(*three, raised=[raised(15)]) == [("theme", "wait_time", 3)]


def test_who_runs_the_clinic_is_told_and_never_whom_it_is_about() -> None:
    people = the_people(morgan2=a_person("morgan2", Role.MANAGER, clinics=["oak"])).values()
    (theme,) = clusters([complaint(n) for n in range(3)], (), NOW)
    change = raise_alert(a_clinic(), theme, people, moment(NOW, "compare"))
    assert [notice["person_id"] for notice in change.notices] == [MANAGER, CHIEF]
    (person,) = clusters([complaint(n, themes=[], about=[MANAGER]) for n in range(3)], (), NOW)
    change = raise_alert(a_clinic(), person, people, moment(NOW, "compare"))
    assert [notice["person_id"] for notice in change.notices] == [CHIEF]

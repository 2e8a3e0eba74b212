"""Whom a review names: suggested generously, of this clinic only, with the words that said so."""

from __future__ import annotations

from typing import Any

import pytest

from cases.judging.meant import meant
from cases.models import Person, Role


def person(key: str, role: Role, name: str, **facts: Any) -> Person:
    return Person(id=key, name=name, email=f"{key}@elm.example", role=role, **facts)


PEOPLE = {
    each.id: each
    for each in (
        person("dana", Role.DIRECTOR, "Dana Field"),
        person("okoro", Role.DIRECTOR, "Dr. Ada Okoro"),
        person("will", Role.RESPONDER, "Will Stone"),
        person("morgan", Role.MANAGER, "Morgan Quill"),
        person("left", Role.DIRECTOR, "Petra Lund", active=False),
        person("away", Role.DIRECTOR, "Noor Haddad", clinics=["other"]),
        person("ada2", Role.RESPONDER, "Ada Brook"),
    )
}


def named(text: str) -> dict[str, str]:
    return {each.person_id: each.words for each in meant(text, PEOPLE, "elm")}


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("Dana Field never called me back.", {"dana": "Dana Field"}),
        ("DR OKORO did not listen.", {"okoro": "DR OKORO"}),
        ("Doctor Okoro's bedside manner is awful.", {"okoro": "Doctor Okoro's"}),
        ("I asked Dr. Ada twice.", {"okoro": "Dr. Ada", "ada2": "Dr. Ada"}),
        ("Dana at the desk rolled her eyes.", {"dana": "Dana"}),
        ("The office manager laughed at me.", {"morgan": "office manager"}),
        ("Will Stone was rude and Dana let him.", {"will": "Will Stone", "dana": "Dana"}),
    ],
)
def test_the_practices_people_are_found_by_name_title_or_role(
    text: str, who: dict[str, str]
) -> None:
    assert named(text) == who


@pytest.mark.parametrize(
    "text",
    [
        "Will never come back, waste of a day.",  # an everyday word
        "My field is medicine and this was bad.",  # a surname alone, in lower case
        "Ada was kind.",  # two people have that name
        "Dr. Lund left, thank heaven.",  # not active any more
        "Dr. Haddad was late.",  # works elsewhere
        "dana was nice",  # an alias perhaps, no name as names are written
        "",
    ],
)
def test_what_names_nobody_here_suggests_nobody(text: str) -> None:
    assert named(text) == {}


def test_the_words_stand_where_it_says() -> None:
    text = "On Monday Dr. Okoro was late."
    (found,) = meant(text, PEOPLE, "elm")
    assert text[found.start : found.end] == found.words == "Dr. Okoro"


def test_a_long_text_is_read_in_one_go() -> None:
    assert len(meant("Dr. Okoro was late. " * 5_000, PEOPLE, "elm")) == 1

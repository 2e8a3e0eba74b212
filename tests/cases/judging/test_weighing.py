"""A whole review weighed for harm: what no single passage alleges, and what only sounds like it."""

from __future__ import annotations

import pytest

from cases.judging.triage import Severity, triage
from cases.lexicons import table

NAMES_NOTHING = [
    (
        "It was to be twenty minutes. I drove there and my brother drove me home, and since April "
        "I tie my shoes with one hand and a hook. The new surgeon looked at the film for a long "
        "while and asked who had done this.",
        "lasting harm",
    ),
    (
        "Colic, he said in May, and colic in June, and rice water in July. The children's hospital "
        "did one scan and kept her for nine weeks. Half of the bowel is gone. She is two.",
        "missed serious diagnosis",
    ),
    (
        "She doubled the lithium and left for the coast, and nobody drew a level until the "
        "ambulance did. My kidneys are at a fifth now. The desk still texts me for a rating.",
        "dangerous medication",
    ),
]
SMALL_THINGS = [
    "The wait nearly killed me and my phone died. The doctor was fine, the copay was not.",
    "I asked for a wheelchair for my mother and the girl at the desk rolled her eyes.",
    "My knee healed well and the scar is tiny. What I resent is the bill, and the parking.",
    "It felt like an interrogation. Forms, forms, forms, and no coffee in the lobby.",
]


def reasons(text: str) -> dict[str, str]:
    return {b.what: b.words for b in triage(text, 1).because if b.words}


@pytest.mark.parametrize(("text", "kind"), NAMES_NOTHING, ids=[k for _, k in NAMES_NOTHING])
def test_harm_told_without_its_name_is_grave(text: str, kind: str) -> None:
    assert triage(text, 1).severity is Severity.GRAVE
    assert any(what.startswith("grave: ") for what in reasons(text)), kind


@pytest.mark.parametrize("text", SMALL_THINGS)
def test_small_things_told_in_big_words_are_not(text: str) -> None:
    assert triage(text, 1).severity is not Severity.GRAVE


@pytest.mark.parametrize("text", [text for text, _ in NAMES_NOTHING])
def test_what_weighs_is_shown_in_the_words_of_the_review(text: str) -> None:
    told = {what: words for what, words in reasons(text).items() if what.startswith("grave")}
    assert told
    assert all(words in text for words in told.values())
    assert not any("calm" in what for what in told)


def test_an_allegation_outweighed_is_still_told_to_the_owner() -> None:
    text = (
        "The exam was fine. Overpriced, slow and ridiculous: the lawyers of the insurance want "
        "every form twice and the bill was wrong again, the fee, the copay, the deposit."
    )
    assert triage(text, 1).severity is Severity.ELEVATED


def test_a_good_review_is_not_weighed() -> None:
    assert triage(NAMES_NOTHING[0][0], 5).severity is not Severity.GRAVE


def test_no_sign_of_harm_speaks_against_it_and_nothing_calm_for_it() -> None:
    for kind, signs in table("harm.toml")["weighed"].items():
        for name, sign in signs.items():
            assert len(sign["weight"]) == 3, name
            assert all(w <= 0 if kind == "calm" else w >= 0 for w in sign["weight"]), name


def test_no_word_is_weighed_twice() -> None:
    words = [w for line in table("harm_words.toml")["words"].values() for w in line.split()]
    assert len(words) == len(set(words)) > 5_000

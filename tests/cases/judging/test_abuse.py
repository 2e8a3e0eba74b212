from __future__ import annotations

import time

import pytest

from cases.judging.motive import _HOSTILE
from cases.judging.triage import triage
from cases.lexicons import table


@pytest.mark.parametrize(
    "text",
    [
        "A quack, a fraud and a liar. Nothing more to say.",
        "Should not have a licence. Stay away if you value your life!",
        "Psycho. How is this man still allowed to practice?",
        "All those reviews are fake, he wrote them himself. Crook!",
        "I wouldn't let her treat my goldfish.",
        "Not a real doctor, just a pathetic clown with a diploma.",
        "F*** this place.",
        "Worst. Doctor. Ever. Avoid!",
    ],
)
def test_contempt_that_tells_of_nothing_is_suspected(text: str) -> None:
    assert triage(text, 1).troll


@pytest.mark.parametrize(
    "text",
    [
        "This quack pulled the wrong tooth and charged me $400 for it.",
        "We waited two hours, then the clown spent three minutes with my son.",
        "The butcher crippled my wife.",
        "Idiots lost my records, twice, and I had to pay for the tests again.",
        "He rolled his eyes when I asked a question about my medication. What a jerk.",
        "I saw him for my knee and he told me it was nothing. Useless hack, it was torn.",
    ],
)
def test_a_concrete_complaint_in_foul_language_is_a_patients(text: str) -> None:
    assert not triage(text, 1).troll


@pytest.mark.parametrize(
    "text",
    [
        "Not what I had hoped for.",
        "I would not recommend this office.",
        "It was a disappointment and we will look elsewhere.",
        "Rather below average.",
    ],
)
def test_a_sober_verdict_is_no_abuse(text: str) -> None:
    assert not triage(text, 1).troll


def test_the_reason_names_the_insult_and_where_it_stands() -> None:
    text = "What a charlatan. Avoid him."
    [why] = [b for b in triage(text, 1).because if b.what == "perhaps a troll: abuse"]
    assert text[why.start : why.end] == why.words == "charlatan"


def test_foul_praise_is_no_abuse() -> None:
    assert not triage("Best f***ing dentist I ever had, a monster talent.", 5).troll


def test_the_groups_of_contempt_add_and_those_of_substance_take_away() -> None:
    for name, group in table("abuse.toml")["abuse"].items():
        assert (group["weight"] > 0) is (name in _HOSTILE), name


def test_a_page_of_insults_is_weighed_in_no_time() -> None:
    began = time.perf_counter()
    triage('quack "crook 1 f*** ' * 5_000, 1)
    assert time.perf_counter() - began < 1

"""What people text back: no more, more again, who are you, or: that is not me."""

import time

import pytest

from cases.talking.opt_out import asked

STOPS = [
    "STOP", "Stop.", "STOP ALL", "unsubscribe", "Cancel", "END", "quit!", "ARRET", "revoke",
    "OPTOUT", "opt-out", "Alto", "Please dont text me anymore", "please don’t text me any more",
    "leave me alone", "no me escriban mas", "No me escriban más, por favor", "STOP please",
    "Please stop", "stop texting me!!", "Don't message me again", "take me off your list",
    "Lose my number", "I do not want any more texts from you", "quit texting this number",
    "never text me again", "remove my number from your system", "déjenme en paz",
    "dejen de mandarme mensajes", "no quiero más mensajes", "quiero darme de baja",
    "I dont want to be texted", "stop contacting me", "please do not send me texts",
    "stop sending me messages", "STOP. I never asked for this", "No more messages please",
]  # fmt: skip
WORDS = [
    "I couldn't stop the bleeding", "Please don't stop texting me", "dont text me before 5, I work",
    "Thank you, call me at 5", "I never got a text from you", "When does it end?",
    "can you cancel my appointment on friday", "why didn't you call me back", "nobody called me",
    "I will stop by at noon", "you never text back", "I need help with my bill",
    "please stop the billing", "the pain does not stop", "I dont get your texts until late", "",
]  # fmt: skip


@pytest.mark.parametrize("text", STOPS)
def test_who_wants_no_more_texts_is_understood(text: str) -> None:
    found = asked(text)
    assert found.meaning == "stop"
    assert "sms" in found.channels


@pytest.mark.parametrize("text", WORDS)
def test_what_only_sounds_like_it_is_read_by_a_person(text: str) -> None:
    assert asked(text).meaning == "words"


@pytest.mark.parametrize("text", ["leave me alone", "STOPALL", "do not contact me", "Revoke"])
def test_who_wants_to_be_left_alone_is_not_called_either(text: str) -> None:
    assert asked(text).channels == ("sms", "phone")


def test_who_wants_no_calls_may_still_be_texted() -> None:
    assert asked("Please stop calling me at work").channels == ("phone",)
    assert asked("Don't call me, text me").channels in ((), ("phone",))


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("START", "start"), ("unstop", "start"), ("HELP", "help"), ("Info?", "help"),
        ("Ayuda", "help"), ("wrong number", "wrong"), ("Número equivocado", "wrong"),
        ("Sorry, you have the wrong person", "wrong"),
    ],
)  # fmt: skip
def test_the_other_words_are_known(text: str, meaning: str) -> None:
    assert asked(text).meaning == meaning


def test_a_text_made_to_be_slow_is_not() -> None:
    began = time.perf_counter()
    for piece in ("do not ", "stop ", "no me ", "i dont ", "please "):
        asked(piece * 5000)
    assert time.perf_counter() - began < 0.5

"""A private page speaks the language of whoever reads it."""

from __future__ import annotations

import re
from typing import Any

from console.web.guests import LANGUAGES, spoken
from tests.builders import a_seen_review, take
from tests.console.private.patient import HERE, Patient, invite
from tests.console.web import Place


def test_it_speaks_their_language_and_can_be_switched(sqlite_store, tmp_path) -> None:
    place = Place(sqlite_store, tmp_path, public_url=HERE)
    take(place.store, a_seen_review())
    invite(place, language="es")
    page = Patient(place).arrives()
    assert '<html lang="es">' in page.text
    assert "Enviarme un código" in page.text
    switched = Patient(place)
    switched.address = re.search(r'href="(/p/\w+)\?lang=en"', page.text)[1]  # type: ignore[index]
    assert "Send me a code" in switched.look("?lang=en").text


def shape(words: Any) -> Any:
    return {key: shape(each) for key, each in words.items()} if isinstance(words, dict) else str


def test_both_languages_say_the_same_things() -> None:
    first, second = (spoken(each) for each in LANGUAGES)
    assert shape(first) == shape(second)
    assert all(
        each.strip() for each in (*first.values(), *second.values()) if isinstance(each, str)
    )

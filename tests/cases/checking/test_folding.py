"""How a text is read: folded, and cut into words whose places in the original are known."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.checking.folding import fold, read


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("We didn't SEE it.", ["we", "did", "not", "see", "it", "."]),
        ("You're here", ["you", "are", "here"]),
        ("Dr. Vale said so", ["dr", "vale", "said", "so"]),
        ("re\u00adcord", ["record"]),
        ("vi\u200bsit", ["visit"]),
        ("v\u0456s\u0456t", ["visit"]),  # Cyrillic look-alikes
        ("ﬁlling", ["filling"]),
        ("ｖｉｓｉｔ", ["visit"]),
        ("reseña", ["resena"]),
        ("on 3/14/2024 at 3:40 pm", ["on", "#date", "at", "#time", "pm"]),
        ("(212) 555-0123", ["#phone"]),
        ("write to ana@clinic.example", ["write", "to", "#email"]),
        ("$240 on the 3rd", ["#money", "on", "the", "#day"]),
        ("open 24/7", ["open", "#number", "#number"]),
    ],
)
def test_a_text_is_read_as_these_words(written, words):
    assert read(written).words == words


@given(st.text(max_size=200))
def test_each_word_stands_where_it_is_said_to_stand(text):
    reading = read(text)
    assert len(reading.words) == len(reading.spans)
    for place in range(len(reading.words)):
        start, end = reading.span(place, place)
        assert 0 <= start <= end <= len(text)


@given(st.text(max_size=200))
def test_folding_twice_changes_nothing_more(text):
    once = fold(text)[0]
    assert fold(once)[0] == once


@given(st.text(alphabet="abcdé ñü'.,!", max_size=80), st.sampled_from(["NFC", "NFD", "NFKC"]))
def test_composed_and_decomposed_letters_read_alike(text, form):
    assert read(unicodedata.normalize(form, text)).words == read(text).words

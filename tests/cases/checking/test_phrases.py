"""The pattern language, slips of the finger, likeness, and names."""

import pytest

from cases.checking.compliance import check_public
from cases.checking.folding import STOP, read
from cases.checking.likeness import alike, same_words
from cases.checking.misspellings import Spelling, one_slip
from cases.checking.naming import named, names_in
from cases.checking.patterns import OTHER, Alphabet, Searches, Source, pieces
from cases.checking.phrases import LANGUAGES
from cases.lexicons import table

SETS = {"care": "(visit|exam)"}


def spots(pattern, text):
    """Return where a pattern stands in a text, as the words it fits."""
    alphabet = Alphabet({STOP: STOP})
    source = Source("code", [pattern], SETS)
    alphabet.learn(source)
    words = read(text).words
    symbols = "".join(alphabet.get(word) or OTHER for word in words)
    hits = Searches([source], alphabet).hits(symbols)
    return [" ".join(words[first : last + 1]) for _, first, last in hits]


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("your <care>", "Your visit, your exam, your day", ["your visit", "your exam"]),
        ("your recent? <care>", "your recent visit", ["your recent visit"]),
        ("you *2 late", "you were so late", ["you were so late"]),
        ("you *2 late", "you were so very late", []),
        ("you *2 late", "you. Late", []),
        ("very{1,2} late", "very very late", ["very very late", "very late"]),
        ("%treat you", "we treated you", ["treated you"]),
        ("%apply", "it applies, applied, applying", ["applies", "applied", "applying"]),
        ("%stop", "stopped stopping stops", ["stopped", "stopping", "stops"]),
        ("the ^visit", "the visits", ["the visits"]),
        ("the ^injury", "the injuries", ["the injuries"]),
        ("you (came|had come)", "you had come", ["you had come"]),
    ],
)
def test_a_pattern_fits_these_words(pattern, text, found):
    assert spots(pattern, text) == found


def test_a_pattern_that_fits_nothing_at_all_is_refused():
    with pytest.raises(ValueError, match="empty"):
        Searches([Source("code", ["your?"], {})], Alphabet())


def test_a_text_that_repeats_itself_is_searched_as_any_other():
    assert len(spots("your <care>", "your visit " * 500)) == 500


def patterns():
    for language in LANGUAGES:
        data = table(f"compliance_{language}.toml")
        sets = {name: f"({'|'.join(members)})" for name, members in data["sets"].items()}
        for code in data.keys() - {"sets"}:
            for families in data[code].values():
                yield from ((code, p, sets) for family in families.values() for p in family)


def test_no_pattern_begins_with_a_hole():
    assert [p for _, p, sets in patterns() if pieces(p, sets)[0][0] in "*{?"] == []


def test_every_code_with_phrases_has_its_reason_source_and_remedy():
    codes = {code for code, _, _ in patterns()} - {"safe", "general", "ordinary"}
    rules = table("compliance.toml")["code"]
    assert codes <= rules.keys()
    assert all(rules[code].keys() >= {"why", "source", "instead", "level"} for code in rules)


@pytest.mark.parametrize("slip", ["apointment", "appointmnet", "appointmemt", "appoinntment"])
def test_one_slip_in_a_long_word_is_read_through(slip):
    assert Spelling("appointment", "").meant(slip) == "appointment"


@pytest.mark.parametrize("word", ["apontment", "disappointment", "ointment", "xppointment"])
def test_two_slips_or_another_word_are_left_alone(word):
    assert Spelling("appointment", "").meant(word) == word


def test_a_word_of_its_own_is_no_slip():
    assert Spelling("patient", "patience").meant("patience") == "patience"
    assert Spelling("patients", "patience").meant("patience") == "patience"


def test_a_slip_is_one_letter_more_less_other_or_swapped():
    assert one_slip("visist", "visit")
    assert one_slip("vist", "visit")
    assert one_slip("vizit", "visit")
    assert one_slip("viist", "visit")
    assert not one_slip("vsii", "visit")


def test_a_changed_name_or_number_does_not_make_another_text():
    first = "Thank you for telling us. We are sorry. Please call Ana at (212) 555-0123 any day."
    second = "Thank you for telling us. We are sorry. Please call Eva at (212) 555-0199 any day."
    assert alike(second, [first])
    assert not alike("It takes courage to write. Our director would like to listen.", [first])
    assert same_words("Thank you!  We are sorry.", "thank you. We are sorry!")


def test_names_are_found_whole_and_after_a_title_in_part():
    reading = read("Dr. Crown and April Crown differ from a crown.")
    found = {reading.words[i] for i in names_in(reading, ["April Crown"])}
    assert found == {"crown", "april"}
    assert [hit[1:] for hit in named(reading, ["April Crown"])] == [(3, 4)]


@pytest.mark.parametrize(
    "text",
    [
        "Good morning Thaddeus, and thank you.",
        "We are sorry to read this, Leopold.",
        "Thanks, Imelda.",
        "Rosalind, we are sorry.",
        "We are listening, Mr. Abernathy.",
        "Gracias, Guadalupe, por escribir.",
    ],
)
def test_somebody_spoken_to_by_name_is_named(text):
    assert "names" in {found.code for found in check_public(text, author="blue_kite")}


@pytest.mark.parametrize(
    "text",
    [
        "Thank you, sincerely.",
        "We are sorry for keeping anybody waiting.",
        "Ask for Mr. Paz, our manager.",
        "We want to be kind, honest, clear.",
        "Dear neighbor, thank you.",
    ],
)
def test_nobody_is_named_where_nobody_is_spoken_to(text):
    assert "names" not in {found.code for found in check_public(text)}

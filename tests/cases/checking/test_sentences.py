"""How a reply is cut into sentences, and the phrases' findings are weighed by the learned net."""

from hypothesis import given
from hypothesis import strategies as st

from cases.checking.folding import STOP, read
from cases.checking.sentences import AT_MOST, CODES, PIECES, leaks, pieces, spoken

VISIT = ("confirms_relationship", 0, 1)


def judged(text, hits=()):
    return leaks(spoken(read(text).words), set(hits))


@given(st.lists(st.sampled_from(["we", "care", STOP]), max_size=300))
def test_every_word_is_in_a_piece_and_no_piece_is_too_long(words):
    cut = list(pieces(words))
    seen = {place for piece in cut for place in range(piece.first, piece.end)}
    assert seen == {place for place, word in enumerate(words) if word != STOP}
    assert all(0 < piece.end - piece.first <= AT_MOST for piece in cut)


def test_a_leak_no_phrase_found_is_heard():
    found, _ = judged("You were sitting in our chair for an hour.")
    assert {code for code, _, _ in found} & set(CODES)


def test_a_phrase_alone_does_not_stop_what_is_harmless():
    assert judged("Thank you for writing to us.", [VISIT])[0] == set()


def test_a_phrase_of_a_code_the_net_does_not_know_stays():
    hit = ("defensive", 0, 1)
    assert judged("Thank you for writing to us.", [hit])[0] == {hit}


def test_one_word_alone_gives_nobody_away():
    assert judged("P.S. Stellar. Us. Yours. Warmly.") == (set(), None)


def test_what_comes_after_many_sentences_is_left_to_the_phrases_and_said():
    many = "".join(f"we {'ab'[n % 2] * (n // 2 + 1)}. " for n in range(PIECES))
    words = read(f"{many}Thank you for writing to us.").words
    hit = ("confirms_relationship", len(words) - 3, len(words) - 2)
    found, unread = leaks(spoken(words), {hit})
    assert hit in found
    assert unread == len(words) - 7


def test_the_same_sentence_again_and_again_is_weighed_once():
    assert judged("We care. " * PIECES * 2)[1] is None


def test_a_name_is_for_naming_to_find_and_only_confirmed_by_the_net():
    found, _ = judged("Please ask for Mrs. Abernathy.")
    assert "names" not in {code for code, _, _ in found}


def test_our_own_peoples_names_mean_nothing():
    words = read("Ask for Molly Biopsy.").words
    assert "biopsy" not in spoken(words, [3])


def test_a_slip_of_the_finger_is_heard_as_the_word_it_stands_for():
    assert spoken(["apointmennt"]) != ["apointment"]
    assert spoken(["apointment"]) == ["appointment"]

"""Calls and private pages on the command line: the same rules as the console's forms ask."""

import pytest

from tests.console.shell import Shell


@pytest.fixture
def known(amends: Shell) -> Shell:
    """Case 1 with somebody to call and to write to."""
    amends.act(1, "match", "--name", "Pat Quill", "--basis", "they rang us", "--phone",
               "212 555 0123", "--email", "pat@quill.example")  # fmt: skip
    return amends


def test_a_call_is_logged_with_what_they_want_of_the_next(known: Shell) -> None:
    said = known.act(1, "contact", "--outcome", "other_person", "--flag", "no_voicemail",
                     "--until", "2026-11-03T17:00")  # fmt: skip
    assert said.code == 0, said.err
    assert known.act(1, "contact", "--outcome", "reached", "--flag", "loud").code != 0


def test_a_private_page_is_sent_in_the_usual_words(known: Shell) -> None:
    assert known.act(1, "link", "--channel", "email").code == 0
    assert "{link}" in known.act(1, "link", "--text", "Please call us.", "--subject", "Hello").err


def test_whose_care_it_is_about_is_corrected(known: Shell) -> None:
    assert known.act(1, "care-of", "--care-of", "deceased").code == 0
    assert "is no care-of" in known.act(1, "care-of", "--care-of", "neighbour").err

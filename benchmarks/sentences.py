"""Public replies invented and labelled by hand, sentence by sentence: labelled/replies/*.txt.

One reply a line; sentences are parted by `||`; a sentence that gives something away ends with `§`
and the letters of its codes:

    Thank you for writing. || Our records show you left before the exam. §c,a || Call Dana.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

REPLIES = Path(__file__).parent / "labelled" / "replies"
LETTERS = {
    "c": "confirms_relationship",
    "n": "names",
    "d": "dates",
    "t": "treatment",
    "i": "insurance_billing",
    "a": "argues_facts",
    "o": "other_person",
    "x": "asks_removal",
    "g": "incentive",
    "r": "retaliation",
    "s": "solicits_phi",
}

Sentence = tuple[str, tuple[str, ...]]  # its text, the codes it must be stopped under
Reply = list[Sentence]


def replies(file: Path) -> Iterator[Reply]:
    """Yield the replies of a file. Raises KeyError for an unknown letter."""
    for line in file.read_text("utf-8").splitlines():
        yield [_sentence(part) for part in line.split(" || ")]


def _sentence(part: str) -> Sentence:
    text, _, letters = part.partition(" §")
    return text, tuple(LETTERS[letter] for letter in letters.split(",") if letter)


def text_of(reply: Reply) -> str:
    """Return a reply as it would stand in public."""
    return " ".join(text for text, _ in reply)


def codes_of(reply: Reply) -> frozenset[str]:
    """Return the codes a reply must be stopped under."""
    return frozenset(code for _, codes in reply for code in codes)

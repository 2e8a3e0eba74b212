"""Words one slip of the finger away from a word the rules look for: "apointment", "recieved".

Short words are left alone, and so is every word that is a word of its own ("patience").
"""

from __future__ import annotations

from collections.abc import Iterator

SHORTEST, LONGEST = 7, 16  # letters; shorter words have too many honest neighbours


def _without_one(word: str) -> Iterator[str]:
    """Yield the word, and the word less each letter but the first: people get that one right."""
    yield word
    for place in range(1, len(word)):
        yield word[:place] + word[place + 1 :]


def one_slip(written: str, meant: str) -> bool:
    """Return whether one letter was added, left out, replaced, or swapped with its neighbour."""
    if len(written) > len(meant):
        written, meant = meant, written
    same = next((i for i, pair in enumerate(zip(written, meant)) if pair[0] != pair[1]), None)  # noqa: B905
    if same is None:
        return len(meant) - len(written) <= 1
    if len(written) < len(meant):
        return written[same:] == meant[same + 1 :]
    swapped = written[same + 1 : same + 2] + written[same : same + 1] + written[same + 2 :]
    return written[same + 1 :] == meant[same + 1 :] or swapped == meant[same:]


class Spelling:
    """How words are read: at most one slip is forgiven, and only in words that matter."""

    def __init__(self, slips: str, real_words: str) -> None:
        """Take the words to read through a slip, and words that are none, each by blanks."""
        self._right = frozenset(slips.split())
        self._real = frozenset(real_words.split())
        near: dict[str, str] = {}
        for word in self._right:
            if len(word) >= SHORTEST:
                for shape in _without_one(word):
                    near[shape] = min(word, near.get(shape, word))
        self._near = near

    def meant(self, word: str) -> str:
        """Return the word this one was meant to be: mostly itself."""
        if not SHORTEST - 1 <= len(word) <= LONGEST or word in self._right or word in self._real:
            return word
        for shape in _without_one(word):
            meant = self._near.get(shape)
            if meant is not None and one_slip(word, meant):
                return meant
        return word

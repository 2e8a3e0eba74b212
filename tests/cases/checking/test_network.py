"""The learned net computes what a convolutional network is, and stays small."""

import json
from importlib.resources import files

import numpy as np
import pytest

from cases.checking.network import Network
from cases.checking.sentences import CODES

NET = Network("replies.npz")
SENTENCES = ["thank you for writing", "your visit ran late", "sorry", "zzyzx your qwertyuiop bill"]
NO_HINT, HINT = [0.0] * len(CODES), [1.0] + [0.0] * (len(CODES) - 1)


def by_the_book(words, hints):
    """Slide every filter over every stretch, one at a time."""
    with (files("cases.lexicons") / "replies.npz").open("rb") as file, np.load(file) as stored:
        told = json.loads(bytes(stored["told"]))
        held = {name: stored[name].astype(np.float64) for name in stored.files if name != "told"}
    place = {word: number for number, word in enumerate(told["words"])}
    spoken = ["^", *words, "$", "<pad>", "<pad>", "<pad>"]
    at = [place.get(word, place["<unk>"]) for word in spoken]
    seen = held["vectors"][at] * held["scale"][at]
    filters = len(held["bias"]) // len(told["widths"])
    excited, column = [], 0
    for number, width in enumerate(told["widths"]):
        for each in range(filters):
            sums = [
                sum(
                    seen[start + step] @ held["shares"][:, column + step * filters + each]
                    for step in range(width)
                )
                for start in range(len(spoken) - width + 1)
            ]
            excited.append(max(0.0, max(sums) + held["bias"][number * filters + each]))
        column += width * filters
    odds = np.array([*excited, *hints]) @ held["out"] + held["base"]
    return 1 / (1 + np.exp(-odds))


@pytest.mark.parametrize("sentence", SENTENCES)
@pytest.mark.parametrize("hints", [NO_HINT, HINT])
def test_the_shortcut_computes_what_sliding_every_filter_does(sentence, hints):
    found = NET.weigh(sentence.split(), hints).likely
    assert found == pytest.approx(by_the_book(sentence.split(), hints), abs=1e-3)


def test_a_phrases_hint_makes_a_leak_likelier():
    words = ["we", "were", "glad", "about", "that"]
    assert NET.weigh(words, HINT).likely[0] > NET.weigh(words, NO_HINT).likely[0]


def test_the_reason_lies_within_the_sentence():
    for sentence in SENTENCES:
        words = sentence.split()
        weighed = NET.weigh(words, NO_HINT)
        for label in range(len(NET.labels)):
            first, last = NET.reason(weighed, label, len(words))
            assert 0 <= first <= last < len(words)


def test_the_words_that_give_away_are_named():
    words = ["so", "pleased", "to", "hear", "that", "your", "root", "canal", "went", "well"]
    weighed = NET.weigh(words, NO_HINT)
    first, last = NET.reason(weighed, NET.labels.index("treatment"), len(words))
    assert {"root", "canal"} & set(words[first : last + 1])


def test_it_labels_the_codes_of_the_checker():
    assert NET.labels == ("any", *CODES)


def test_the_weights_are_under_five_megabytes():
    assert len((files("cases.lexicons") / "replies.npz").read_bytes()) < 5_000_000

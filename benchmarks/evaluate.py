"""How often the judgements are right: confusion tables over hand-labelled texts.

`python -m benchmarks.evaluate [triage|compliance]`; nothing named means every table.

Labels: benchmarks/labelled/reviews.jsonl and replies.jsonl, invented and labelled by hand. The
`held` part was written before anything was tuned and not used for it; one hand wrote both parts,
so it flatters. labelled/reviews/held_first.jsonl is like the files beside it that are learned from
(learn_harm.py), by another hand. The files held_*.txt of labelled/replies/ were each written by
somebody who had seen neither the program nor other replies; thresholds were chosen on one, the
other was only measured. `--pool FILE` measures "negative from text alone" against the
stars of a CSV of reviews (columns `text`, `rating`; up to 2 stars against 4 and more); `--nhs FILE`
against the labels of the Friends and Family comments the National Health Service publishes
(`FFT answer`, `Comment sentiment`; 4 and 5 negative, 1 and 2 not). Both may be gzipped.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.sentences import REPLIES, codes_of, replies, text_of
from cases.checking.compliance import Level, check_public
from cases.judging.triage import Severity, Triage, triage

LABELLED = Path(__file__).parent / "labelled"
REVIEWS = LABELLED / "reviews"
PARTS = ("tune", "held")
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Score:
    """Right and wrong answers to one question of yes or no."""

    hit: int
    false: int
    missed: int

    @property
    def precision(self) -> float:
        return self.hit / (self.hit + self.false) if self.hit + self.false else 1.0

    @property
    def recall(self) -> float:
        return self.hit / (self.hit + self.missed) if self.hit + self.missed else 1.0

    @property
    def f1(self) -> float:
        return 2 * self.hit / (2 * self.hit + self.false + self.missed) if self.hit else 0.0

    def __str__(self) -> str:
        numbers = f"P {self.precision:.3f}  R {self.recall:.3f}  F1 {self.f1:.3f}"
        return f"{numbers}  ({self.hit} right, {self.false} false, {self.missed} missed)"


def score(pairs: Iterable[tuple[bool, bool]]) -> Score:
    """Score pairs of (the label, our answer)."""
    seen = Counter((bool(label), bool(ours)) for label, ours in pairs)
    return Score(seen[True, True], seen[False, True], seen[True, False])


def labelled(name: str) -> list[dict[str, Any]]:
    """Return the texts of a file in benchmarks/labelled/, one JSON object a line."""
    lines = (LABELLED / name).read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip()]


def judged(rows: Iterable[Row]) -> list[tuple[Row, Triage]]:
    """Judge labelled reviews with their stars."""
    return [(row, triage(row["text"], row["rating"])) for row in rows]


# One function a table


def negative_table(rows: list[tuple[Row, Triage]]) -> Iterator[str]:
    """Negative from the text alone. Left out: other tongues, and texts that belie their stars."""
    plain = [row for row, seen in rows if row["language"] == "en" and not seen.contradicts]
    found = score((row["negative"], triage(row["text"]).negative) for row in plain)
    yield f"negative, text alone  {found}"


def severity_table(rows: list[tuple[Row, Triage]]) -> Iterator[str]:
    """How grave: the score of grave, and what each label was taken for."""
    grave = score((row["severity"] == "grave", seen.severity == "grave") for row, seen in rows)
    yield f"severity grave        {grave}"
    seen_as = Counter((row["severity"], str(seen.severity)) for row, seen in rows)
    names = [str(each) for each in Severity]
    yield "  label \\ ours " + "".join(f"{name:>10}" for name in names)
    for label in names:
        yield f"  {label:12} " + "".join(f"{seen_as[label, ours]:10}" for ours in names)


def codes_table(rows: list[tuple[Row, Triage]]) -> Iterator[str]:
    """Why grave: each reason, over the reviews labelled grave in English."""
    grave = [(row, seen) for row, seen in rows if row["codes"] and row["language"] == "en"]
    for code in sorted({code for row, _ in grave for code in row["codes"]}):
        of = (row_has(row, code, seen) for row, seen in grave)
        yield f"  {code:28} {score(of)}"


def row_has(row: Row, code: str, seen: Triage) -> tuple[bool, bool]:
    """Return whether a reason is labelled, and whether it was found."""
    return code in row["codes"], any(b.what == f"grave: {code}" for b in seen.because)


def themes_table(rows: list[tuple[Row, Triage]]) -> Iterator[str]:
    """What about: each theme and all together, over the negative reviews in English."""
    told = [(r, s) for r, s in rows if r["negative"] and r["language"] == "en"]
    names = sorted({theme for row, seen in told for theme in (*row["themes"], *seen.themes)})
    pairs = {n: [(n in row["themes"], n in seen.themes) for row, seen in told] for n in names}
    yield f"themes, micro         {score(pair for each in pairs.values() for pair in each)}"
    for name, each in pairs.items():
        yield f"  {name:28} {score(each)}"


def troll_table(rows: list[tuple[Row, Triage]]) -> Iterator[str]:
    """Suspicions: abuse without substance, never here, a competitor, spam."""
    yield f"perhaps a troll       {score((row['troll'], seen.troll) for row, seen in rows)}"
    kinds = Counter((row["troll"], seen.troll) for row, seen in rows)
    for why in sorted({row["troll"] for row, _ in rows} - {""}):
        yield f"  {why:28} {kinds[why, True]} of {kinds[why, True] + kinds[why, False]}"


def kind_table(rows: list[tuple[Row, Triage]]) -> Iterator[str]:
    """Complaint, question, comment, praise or spam; and whether it is written for a relative."""
    yield f"kind                  {sum(r['kind'] == s.kind for r, s in rows)} of {len(rows)} right"
    for kind in sorted({row["kind"] for row, _ in rows}):
        yield f"  {kind:28} {score((r['kind'] == kind, s.kind == kind) for r, s in rows)}"
    told = ((r["for_whom"] == "relative", s.writes_for == "relative") for r, s in rows)
    yield f"for a relative        {score(told)}"
    tongues = sum(row["language"] == seen.language for row, seen in rows)
    yield f"language              {tongues} of {len(rows)} right"


TABLES = (
    negative_table, severity_table, codes_table, themes_table, troll_table, kind_table,
)  # fmt: skip
FEWER_TABLES = (negative_table, severity_table, themes_table, troll_table)


def triage_report() -> Iterator[str]:
    """Every table about reviews, for every part of the labels nothing was learned from."""
    rows = labelled("reviews.jsonl")
    for part in PARTS:
        chosen = judged(row for row in rows if row["part"] == part)
        yield f"== {part}: {len(chosen)} invented reviews"
        for table in TABLES:
            yield from table(chosen)
        yield ""
    for file in sorted(REVIEWS.glob("held_*.jsonl")):
        chosen = judged(labelled_reviews(file.name))
        yield f"== {file.stem}: {len(chosen)} invented reviews"
        for table in FEWER_TABLES:
            yield from table(chosen)
        yield ""


def labelled_reviews(name: str) -> list[Row]:
    """Return a file of labelled/reviews/ in the form of reviews.jsonl.

    Stars: one for a negative review, five for another. Nobody noted what is elevated.
    """
    return [
        {
            **row,
            "rating": 1.0 if row["negative"] else 5.0,
            "severity": "grave" if row["grave"] else "routine",
            "language": "en",
        }
        for row in labelled(f"reviews/{name}")
    ]


# What may stand in a public reply

Checked = tuple[Row, frozenset[str]]  # a labelled reply, the blocking codes we found


def checked(part: str) -> list[Checked]:
    """Check the labelled replies of one part, knowing nothing but their text and the handle."""
    rows = labelled_replies(part)
    found = ((row, check_public(row["reply"], author=row.get("author", ""))) for row in rows)
    return [(row, frozenset(f.code for f in each if f.level is Level.BLOCK)) for row, each in found]


def labelled_replies(part: str) -> list[Row]:
    """Return a part of replies.jsonl, or a file of labelled/replies/ by its name."""
    if part in PARTS:
        return [row for row in labelled("replies.jsonl") if row["part"] == part]
    told = replies(REPLIES / f"{part}.txt")
    return [{"reply": text_of(each), "codes": sorted(codes_of(each))} for each in told]


def blocks_table(rows: list[Checked]) -> Iterator[str]:
    """Is a reply stopped that must be, and does a safe one pass."""
    found = score((bool(row["codes"]), bool(ours)) for row, ours in rows)
    safe = [ours for row, ours in rows if not row["codes"]]
    yield f"blocks                {found}"
    yield f"false alarms          {sum(map(bool, safe))} of {len(safe)} safe replies"


def reply_codes_table(rows: list[Checked]) -> Iterator[str]:
    """Under which codes: all together, and each."""
    names = sorted({code for row, ours in rows for code in (*row["codes"], *ours)})
    pairs = {n: [(n in row["codes"], n in ours) for row, ours in rows] for n in names}
    yield f"codes, micro          {score(pair for each in pairs.values() for pair in each)}"
    for name, each in pairs.items():
        yield f"  {name:28} {score(each)}"


def compliance_report() -> Iterator[str]:
    """Every table about replies, for every part of the labels the net has not learned from."""
    for part in (*PARTS, *sorted(file.stem for file in REPLIES.glob("held_*.txt"))):
        rows = checked(part)
        yield f"== {part}: {len(rows)} invented replies"
        yield from (*blocks_table(rows), *reply_codes_table(rows), "")


REPORTS: dict[str, Callable[[], Iterator[str]]] = {
    "compliance": compliance_report,
    "triage": triage_report,
}


# Against real texts, which are not ours to ship


def rows_of(path: Path) -> Iterator[dict[str, str]]:
    """Yield the rows of a CSV, gzipped or not."""
    raw = path.read_bytes()
    plain = gzip.decompress(raw) if path.suffix == ".gz" else raw
    yield from csv.DictReader(io.StringIO(plain.decode("utf-8"), newline=""))


def pool_report(path: Path) -> Iterator[str]:
    """Negative from text alone, against stars; and how many of the bad ones are called what."""
    rows = [(row["text"], float(row["rating"])) for row in rows_of(path) if row["rating"]]
    clear = [(text, stars) for text, stars in rows if stars <= 2 or stars >= 4]
    found = score((stars <= 2, triage(text).negative) for text, stars in clear)
    yield f"== {path.name}: {len(clear)} reviews with at most 2 or at least 4 stars"
    yield f"negative, text alone  {found}"
    bad = [triage(text, stars) for text, stars in clear if stars <= 2]
    grave = sum(seen.severity is Severity.GRAVE for seen in bad) / len(bad)
    trolls = sum(seen.troll for seen in bad) / len(bad)
    yield f"of the {len(bad)} bad ones: grave {grave:.1%}, perhaps a troll {trolls:.1%}"


def nhs_report(path: Path) -> Iterator[str]:
    """Negative from text alone, against labels given by hand."""
    rows = [row for row in rows_of(path) if row["Comment sentiment"][:1] in {"1", "2", "4", "5"}]
    pairs = [
        (row["Comment sentiment"][0] in "45", triage(row["FFT answer"]).negative) for row in rows
    ]
    yield f"== {path.name}: {len(rows)} comments"
    yield f"negative, text alone  {score(pairs)}"


def main() -> None:
    """Print the tables asked for."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("what", nargs="?", choices=sorted(REPORTS))
    asked.add_argument("--pool", type=Path, metavar="FILE")
    asked.add_argument("--nhs", type=Path, metavar="FILE")
    given = asked.parse_args()
    for name in [given.what] if given.what else sorted(REPORTS):
        sys.stdout.writelines(f"{line}\n" for line in REPORTS[name]())
    for report, path in ((pool_report, given.pool), (nhs_report, given.nhs)):
        if path:
            sys.stdout.writelines(f"{line}\n" for line in report(path))


if __name__ == "__main__":
    main()

"""Files read by a map: JSON, JSON lines and CSV, whose columns are the keys the map asks for."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator
from pathlib import Path

from cases.ports import PlatformError, SeenReview
from reviews.files import FileError, Rejected
from reviews.mapping import Entry, Map, entries, entry
from reviews.rows import LARGEST_JSON


def read(path: Path, told: Map) -> Iterator[SeenReview | Rejected]:
    """Yield the reviews of a file as a map reads them, and what could not be. Raises FileError."""
    name = path.name.lower().removesuffix(".gz")
    try:
        opened = gzip.open if path.name.lower().endswith(".gz") else open
        with opened(path, "rb") as file:
            body = file.read(LARGEST_JSON + 1)
    except (OSError, EOFError) as error:
        raise FileError(f"{path}: {error}; fetch it again") from None
    if len(body) > LARGEST_JSON:
        raise FileError(f"{path}: too large for a map; split it")
    if name.endswith(".csv"):
        yield from _csv(path, told, body)
    elif name.endswith(".jsonl"):
        for number, line in enumerate(body.splitlines(), 1):
            yield from _json(told, line, number) if line.strip() else ()
    else:
        yield from _json(told, body.removeprefix(b"\xef\xbb\xbf"), 1)


def _json(told: Map, body: bytes, line: int) -> Iterator[SeenReview | Rejected]:
    try:
        for each in entries(told, body):
            yield from _judged(each, line)
    except PlatformError as error:
        yield Rejected(line, str(error), body[:200].decode("utf-8", "replace"))


def _csv(path: Path, told: Map, body: bytes) -> Iterator[SeenReview | Rejected]:
    text = io.StringIO(body.decode("utf-8-sig", "replace"), newline="")
    rows = csv.DictReader(text, strict=True)
    try:
        for row in rows:
            cells = {key: value for key, value in row.items() if isinstance(key, str) and value}
            yield from _judged(entry(told, cells), rows.line_num)
    except csv.Error as error:
        raise FileError(f"{path}, line {rows.line_num}: {error}; mend the quotes") from None


def _judged(each: Entry, line: int) -> Iterator[SeenReview | Rejected]:
    """Yield what a file says stands; who takes one down leaves it out or lists it in gone.txt."""
    if each.gone:
        return
    if each.seen.cut or each.unread:
        why = ", ".join(each.unread) or "text, rating and recommends"
        yield Rejected(line, f"could not be read: {why}; mend the row or the map", "")
        return
    yield each.seen

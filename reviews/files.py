"""Reads reviews out of files people have: CSV, JSON, JSON lines, each also gzipped."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO, TextIO, cast
from zoneinfo import ZoneInfo

from charset_normalizer import from_bytes

from cases.ports import SeenReview
from reviews import columns as meaning
from reviews.columns import Given, Unreadable
from reviews.rows import JSON, LARGEST_JSON, LONGEST_ROW, FileError, Row, Shape, Table, table_of

__all__ = [
    "LARGEST_JSON",
    "LONGEST_ROW",
    "FileError",
    "Preview",
    "Rejected",
    "count_hint",
    "preview",
    "read",
    "write_rejects",
]

_SAMPLE = 64 * 1024  # bytes the shape of a file is told from
_SCANNED = 16 * 1024 * 1024  # bytes searched for the first that is not ASCII
_BOMS = (  # the longer first: UTF-32 begins like UTF-16
    *((codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32")),
    *((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16")),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LOST = "\udcff"  # stands for a byte that is no character in the file's encoding
_NO_COLUMNS: Mapping[str, str] = {}


def _marked(error: UnicodeError) -> tuple[str, int]:
    return _LOST, error.end if isinstance(error, UnicodeDecodeError) else 0


codecs.register_error("amends-mark", _marked)


@dataclass(frozen=True)
class Rejected:
    """A row that was passed over: the line it begins in, why, and the row as it stands."""

    line: int
    reason: str
    raw: str


@dataclass(frozen=True)
class Preview:
    """How a file would be read. `columns` is column -> field, "" for those that are ignored."""

    format: str  # csv, json or jsonl
    encoding: str
    delimiter: str  # "" but for csv
    columns: Mapping[str, str]
    rows: tuple[SeenReview | Rejected, ...]


def count_hint(path: Path) -> int:
    """Return the file's size in bytes: what `progress` will have counted to. Raises FileError."""
    try:
        return path.stat().st_size
    except OSError as error:
        raise FileError(f"{path}: {error.strerror or error}") from error


def read(
    path: Path,
    *,
    columns: Mapping[str, str] = _NO_COLUMNS,
    platform: str = "",
    clinic: str = "",
    zone: str = "UTC",
    progress: Callable[[int], None] | None = None,
) -> Iterator[SeenReview | Rejected]:
    """Yield the file's reviews and rejected rows, in its order, while reading it.

    `columns` is field -> column and goes before the known names. `platform` and `clinic` count
    where a row says none, `zone` for times without one. `progress` is told the bytes consumed
    (of the file as stored). CSV and JSON lines of any size take the same little memory.
    Raises FileError, at the first step or, where a file breaks off, after its good rows.
    """
    given = _given(path, platform, clinic, zone)
    with _opened(path) as (stored, stream):
        shape, text = _shaped(path, stream)
        table = table_of(path, shape, text, columns)
        for count, row in enumerate(table.rows):
            if progress and count % 256 == 0:
                progress(stored.tell())
            yield _judged(row, table, given)
    if progress:
        progress(count_hint(path))


def preview(
    path: Path,
    *,
    columns: Mapping[str, str] = _NO_COLUMNS,
    platform: str = "",
    clinic: str = "",
    zone: str = "UTC",
) -> Preview:
    """Return how the file would be read, with its first five rows. Raises FileError."""
    given = _given(path, platform, clinic, zone)
    with _opened(path) as (_, stream):
        shape, text = _shaped(path, stream)
        table = table_of(path, shape, text, columns)
        rows = tuple(_judged(row, table, given) for row in islice(table.rows, 5))
    fields = {column: field for field, column in table.choose(table.present).items()}
    mapping = {column: fields.get(column, "") for column in table.present}
    return Preview(shape.format, shape.encoding, shape.delimiter, mapping, rows)


def write_rejects(path: Path, rejects: Iterable[Rejected]) -> int:
    """Write line, reason and raw as CSV; return how many. Raises FileError.

    A cell a spreadsheet would run as a formula gets an apostrophe before it; others stay as is.
    """
    written = 0
    try:
        with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("line", "reason", "raw"))
            for reject in rejects:
                writer.writerow((reject.line, _inert(reject.reason), _inert(reject.raw)))
                written += 1
    except OSError as error:
        raise FileError(f"{path}: {error.strerror or error}") from error
    return written


def _inert(cell: str) -> str:
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@")) else cell


def _given(path: Path, platform: str, clinic: str, zone: str) -> Given:
    try:
        return Given(platform, clinic, ZoneInfo(zone))
    except (ValueError, OSError, KeyError) as error:
        raise FileError(
            f"{path}: there is no time zone {zone!r}; write one like America/New_York"
        ) from error


def _judged(row: Row, table: Table, given: Given) -> SeenReview | Rejected:
    """Return the review a row holds, or why it holds none."""
    reason = row.damage
    if _LOST in row.raw:
        reason = "a byte here is no character in the file's encoding; save the file as UTF-8"
    if not reason:
        names = table.choose(tuple(row.cells))
        cells = {f: row.cells[column] for f, column in names.items() if column in row.cells}
        try:
            return meaning.review(cells, names, given)
        except Unreadable as error:
            reason = str(error)
    raw = row.raw.rstrip("\r\n").encode("utf-8", "backslashreplace").decode()
    return Rejected(row.line, reason, raw)


@contextmanager
def _opened(path: Path) -> Iterator[tuple[BinaryIO, BinaryIO]]:
    """Open the file as (what is stored, what it says once unzipped)."""
    try:
        with path.open("rb") as stored:
            zipped = stored.read(2) == b"\x1f\x8b"
            stored.seek(0)
            yield stored, cast(BinaryIO, gzip.GzipFile(fileobj=stored) if zipped else stored)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise FileError(f"{path}: the gzip data is damaged ({error}); fetch it again") from error
    except OSError as error:
        words = error.strerror or error
        raise FileError(f"{path}: {words}; name a file you may read") from error


def _shaped(path: Path, stream: BinaryIO) -> tuple[Shape, TextIO]:
    """Tell the shape of a file from its beginning, and open it as text."""
    head = stream.read(_SAMPLE)
    if not head.strip():
        raise FileError(f"{path}: the file is empty")
    if head.startswith(b"PK\x03\x04"):
        raise FileError(f"{path}: this is a workbook or a zip; save it as CSV (UTF-8) first")
    encoding = _encoding(path, head, stream)
    text = codecs.getincrementaldecoder(encoding)("replace").decode(head)
    kind = _format(path, text)
    stream.seek(0)
    shape = Shape(kind, encoding, _delimiter(text) if kind == "csv" else "")
    return shape, io.TextIOWrapper(stream, encoding, errors="amends-mark", newline="")


def _encoding(path: Path, head: bytes, stream: BinaryIO) -> str:
    for mark, name in _BOMS:
        if head.startswith(mark):
            return name
    sample, scanned = head, 0
    while sample.isascii() and scanned < _SCANNED and (more := stream.read(_SAMPLE)):
        sample, scanned = more, scanned + len(more)
    if _mostly_utf8(sample):
        return "utf-8"
    return _guessed(path, sample)


def _mostly_utf8(sample: bytes) -> bool:
    """Return whether at least half of what is not ASCII is UTF-8: one slip makes no other."""
    text = codecs.getincrementaldecoder("utf-8")("replace").decode(sample)
    strange = re.findall(r"[^\x00-\x7f]", text)
    return 2 * strange.count("\ufffd") <= len(strange)


def _guessed(path: Path, sample: bytes) -> str:
    """Return the likeliest encoding; where several fit as well, Windows' western one."""
    matches = from_bytes(sample)
    best = matches.best()
    if best is None:
        raise FileError(f"{path}: no text encoding fits this file; save it as UTF-8")
    clean = (m for m in matches if m.chaos <= best.chaos and m.coherence >= best.coherence)
    western = any("cp1252" in (m.encoding, *m.could_be_from_charset) for m in clean)
    return "cp1252" if western else best.encoding


def _format(path: Path, text: str) -> str:
    endings = [ending.casefold() for ending in path.suffixes if ending.casefold() != ".gz"]
    if endings and endings[-1] in {".jsonl", ".ndjson"}:
        return "jsonl"
    if not (endings and endings[-1] == ".json") and not re.match(r'\s*[\[{]\s*[\]{}"]', text):
        return "csv"
    lines = [line for line in text.splitlines() if line.strip()][:2]
    apart = len(lines) == 2 and all(line.lstrip().startswith("{") for line in lines)
    return "jsonl" if apart and _is_json(lines[0]) else "json"


def _is_json(line: str) -> bool:
    try:
        JSON.decode(line)
    except (ValueError, RecursionError):
        return False
    return True


def _delimiter(text: str) -> str:
    """Return the delimiter that makes most sense of the first rows, quotes considered."""
    if told := re.match(r"sep=([,;|\t])[\r\n]", text):  # Excel's own way of saying it
        return told[1]

    def sense(delimiter: str) -> tuple[int, int, int]:
        rows = list(islice(_lenient(text, delimiter), 20)) or [[]]
        alike = sum(len(row) == len(rows[0]) for row in rows)
        return len(meaning.choose(rows[0], {})), alike * (len(rows[0]) > 1), len(rows[0])

    return max(",;\t|", key=sense)


def _lenient(text: str, delimiter: str) -> Iterator[list[str]]:
    try:
        yield from filter(None, csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error:
        return

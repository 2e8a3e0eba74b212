"""The rows of a CSV, JSON or JSON lines text, each by itself: damage costs its own row only."""

from __future__ import annotations

import csv
import json
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain, islice
from pathlib import Path
from typing import TextIO

from reviews import columns as meaning

LONGEST_ROW = 400_000  # characters; a row that goes on beyond has lost its closing quote
LARGEST_JSON = 256 * 1024 * 1024  # bytes: one JSON document is read whole, JSON lines are not
_PATIENCE = 1_000_000  # lines read a second time after damage, in all
_LIST = re.compile(r'\A\s*\[|(?<!\\)"(?:reviews|data|results|items|locationReviews)"\s*:\s*\[')
_SPACE = re.compile(r"[ \t\r\n]*")
JSON = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)  # numbers as written


class FileError(Exception):
    """A file that cannot be read; says the file, the line where there is one, and the remedy."""


@dataclass(frozen=True)
class Shape:
    """How a file is written: csv, json or jsonl, in which encoding, with which delimiter."""

    format: str
    encoding: str
    delimiter: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One row as found: its cells by column, or the reason why there are none."""

    line: int
    raw: str
    cells: Mapping[str, str]
    damage: str = ""


@dataclass(frozen=True)
class Table:
    """A file's rows; which columns it has, and which field a row with these is read from."""

    rows: Iterator[Row]
    present: tuple[str, ...]
    choose: Callable[[tuple[str, ...]], dict[str, str]]


def table_of(path: Path, shape: Shape, text: TextIO, wanted: Mapping[str, str]) -> Table:
    """Return the table a text of that shape holds. Raises FileError, also while it is read."""
    lines = _Lines(text)
    if shape.format == "csv":
        return _csv_table(path, _records(lines, shape.delimiter), wanted)
    return _json_table(
        path, _json_lines(lines) if shape.format == "jsonl" else _json_rows(path, text), wanted
    )


class _Overlong(Exception):
    """The row in hand goes on and on."""


class _Lines:
    """The physical lines, those of the row in hand kept, so that they can be read anew."""

    def __init__(self, text: TextIO) -> None:
        self.text, self.number, self.patience = text, 0, _PATIENCE
        self.held: list[str] = []
        self.again: deque[str] = deque()
        self.size = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self.again.popleft() if self.again else self._fresh()
        if not line:
            raise StopIteration
        self.number += 1
        self.size += len(line)
        self.held.append(line)
        if self.size > LONGEST_ROW:
            raise _Overlong
        return line

    def _fresh(self) -> str:
        line = rest = self.text.readline(LONGEST_ROW + 1)
        while rest and rest[-1] not in "\r\n":  # an endless line costs time, but no memory
            rest = self.text.readline(LONGEST_ROW)
        return line

    def begin(self) -> None:
        self.held, self.size = [], 0

    def start(self) -> int:
        return self.number - len(self.held) + 1

    def put_back(self) -> str:
        """Give back all but the first line of the row in hand; return what is left of it."""
        first, *rest = self.held
        if len(rest) > self.patience:
            return "".join(self.held)
        self.patience -= len(rest)
        self.number -= len(rest)
        self.again.extendleft(reversed(rest))
        return first


@dataclass(frozen=True, slots=True)
class _Record:
    line: int
    raw: str
    cells: Sequence[str]
    damage: str = ""

    def fits(self, width: int) -> bool:
        return len(self.cells) == width and self.raw.count('"') % 2 == 0


def _records(lines: _Lines, delimiter: str) -> Iterator[_Record]:
    """Yield what a CSV file holds; of a damaged row only its first line is given up.

    Strict, since a reader that forgives a lost quote merges one patient's words into another's.
    """
    reader = csv.reader(lines, delimiter=delimiter, strict=True, skipinitialspace=True)
    while True:
        lines.begin()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, _Overlong) as error:
            line = lines.start()
            yield _Record(line, lines.put_back(), (), _damage(error))
            continue
        if any(map(str.strip, cells)):
            yield _Record(lines.start(), "".join(lines.held), cells)


def _damage(error: Exception) -> str:
    if "expected after" in str(error):
        return 'a quote stands alone inside a quoted cell; write "" for it'
    return (
        "a quote opens in this row and never closes, or a cell is longer than "
        f"{meaning.LONGEST_TEXT:,} characters; close the quote or shorten the text"
    )


def _csv_table(path: Path, records: Iterator[_Record], wanted: Mapping[str, str]) -> Table:
    header = next(records, _Record(1, "", ()))
    if re.fullmatch(r"sep=[,;|\t]\s*", header.raw):
        header = next(records, header)
    if header.damage:
        raise FileError(f"{path}, line {header.line}: {header.damage}")
    present = tuple(cell.strip() for cell in header.cells)
    chosen = _checked(f"{path}, line {header.line}", present, wanted)
    return Table(_csv_rows(records, present, tuple(chosen.values())), present, lambda _: chosen)


def _checked(place: str, present: tuple[str, ...], wanted: Mapping[str, str]) -> dict[str, str]:
    try:
        return meaning.check(present, wanted)
    except ValueError as error:
        raise FileError(f"{place}: {error}") from None


def _csv_rows(
    records: Iterator[_Record], header: tuple[str, ...], chosen: tuple[str, ...]
) -> Iterator[Row]:
    """Yield the rows; after damage, lines that are no whole row belong to what is torn."""
    picks = [(column, header.index(column)) for column in chosen]
    torn: Row | None = None
    for record in records:
        if torn and not record.damage and not record.fits(len(header)):
            if len(torn.raw) < LONGEST_ROW:
                torn = replace(torn, raw=torn.raw + record.raw)
            continue
        if torn:
            yield torn
        row = _csv_row(record, len(header), picks)
        torn = row if record.damage else None
        if not torn:
            yield row
    if torn:
        yield torn


def _csv_row(record: _Record, width: int, picks: list[tuple[str, int]]) -> Row:
    cells, damage = record.cells, record.damage
    if any(map(str.strip, cells[width:])):
        damage = (
            f"{len(cells)} cells where the header has {width}; "
            "put cells that hold the delimiter in quotes"
        )
    values = {column: cells[at] for column, at in picks if at < len(cells)}
    return Row(record.line, record.raw, values, damage)


def _json_table(path: Path, rows: Iterator[Row], wanted: Mapping[str, str]) -> Table:
    """Check the columns on the first rows; each later row is matched by the keys it has."""
    first = list(islice(rows, 100))
    present = tuple(dict.fromkeys(chain.from_iterable(row.cells for row in first)))
    if present:
        _checked(str(path), present, wanted)
    choose = lru_cache(maxsize=256)(lambda keys: meaning.choose(keys, wanted))
    return Table(chain(first, rows), present, choose)


def _json_lines(lines: _Lines) -> Iterator[Row]:
    while True:
        lines.begin()
        try:
            line = next(lines)
        except StopIteration:
            return
        except _Overlong:
            yield Row(lines.number, lines.held[0], {}, f"longer than {LONGEST_ROW:,} characters")
            continue
        if line.strip():
            yield _json_line(lines.number, line)


def _json_line(number: int, line: str) -> Row:
    try:
        return _json_row(number, line, JSON.decode(line))
    except json.JSONDecodeError as error:
        return Row(number, line, {}, f"not JSON: {error.msg} at column {error.colno}; mend it")
    except RecursionError:
        return Row(number, line, {}, "nested too deeply; write one flat object a line")


def _json_rows(path: Path, stream: TextIO) -> Iterator[Row]:
    """Yield the objects of an array, of {"reviews": [...]} and the like, or the one object."""
    text = stream.read(LARGEST_JSON + 1)
    if len(text) > LARGEST_JSON:
        raise FileError(f"{path}: too large for one JSON document; write one object a line")
    opening = _LIST.search(text)
    at, line, counted = _past_space(text, opening.end() if opening else 0), 1, 0
    while not (opening and text.startswith("]", at)):
        node, end = _decoded(path, text, at)
        line, counted = line + text.count("\n", counted, at), at
        yield _json_row(line, text[at:end], node)
        at = _past_space(text, end)
        if at == len(text) and not opening:
            return
        if not opening or text[at : at + 1] not in {",", "]"}:
            raise _broken(path, json.JSONDecodeError("Expecting ',' or the end", text, at))
        at = _past_space(text, at + 1) if text[at] == "," else at


def _past_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _decoded(path: Path, text: str, at: int) -> tuple[object, int]:
    try:
        return JSON.raw_decode(text, at)
    except json.JSONDecodeError as error:
        raise _broken(path, error) from None
    except RecursionError:
        raise FileError(f"{path}: nested too deeply; write an array of flat objects") from None


def _broken(path: Path, error: json.JSONDecodeError) -> FileError:
    found = repr(error.doc[error.pos : error.pos + 20]) if error.doc[error.pos :] else "the end"
    place = f"{path}, line {error.lineno}, column {error.colno}"
    return FileError(f"{place}: broken JSON: {error.msg}, found {found}; mend it or export anew")


def _json_row(line: int, raw: str, node: object) -> Row:
    if not isinstance(node, dict):
        return Row(line, raw, {}, "not an object; write a review as {...}")
    inner = node.get("review")  # Google's batches wrap each review
    whole = {**node, **inner} if isinstance(inner, dict) else node
    return Row(line, raw, dict(_flat(whole)))


def _flat(node: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield the strings within by their dotted path; lists and what lies deeper are left out."""
    for key, value in node.items():
        if isinstance(value, dict):
            if prefix.count(".") < 3:
                yield from _flat(value, f"{prefix}{key}.")
        elif isinstance(value, bool):
            yield prefix + key, str(value).lower()
        elif not isinstance(value, list):
            yield prefix + key, str(value or "")

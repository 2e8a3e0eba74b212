"""Judging on the command line: reviews (triage) and drafts of replies (check-reply)."""

from __future__ import annotations

import json
import os
import sys
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby
from typing import Annotated, Any, BinaryIO

import typer
from rich.cells import cell_len

from cases.checking.compliance import Finding, Level, blocked, check_public
from cases.judging.triage import Triage, triage
from console.commands.shared import UserError

Verdict = dict[str, Any]
WIDTH = 76  # columns of a text shown with what is wrong underlined
_CHUNK = 64 * 1024  # a pipe's worth: a writer who waits for an answer fills far less
_MARK = {Level.BLOCK: "^", Level.WARN: "~"}
Text = Annotated[str | None, typer.Option("--text", help="Judge this one, for people to read.")]


class Unreadable(ValueError):
    """A line that cannot be judged. Says why and what to write instead, never what it held."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("triage")(triage_command)
    app.command("check-reply")(check_reply_command)


def triage_command(
    text: Text = None,
    rating: Annotated[
        float | None, typer.Option("--rating", help="Its stars, 0 to 5, with --text.")
    ] = None,
) -> None:
    """Judge reviews: negative or not, how grave, what about, perhaps a troll, and why.

    Reads one JSON object a line, {"id", "text", "rating", "recommends"}, and writes one a line in
    the same order. A line that cannot be read is named and skipped, and the exit code is 1.
    """
    if text is None and rating is None:
        _answer_lines(judged_review, '{"id": "1", "text": "...", "rating": 2}')
        return
    try:
        wanted = {"id": 1, "text": text, "rating": rating}
        said, stars = _text_of(wanted), _rating_of(wanted)
        _refuse_nothing(said, stars, None)
    except Unreadable as error:
        raise UserError(str(error)) from None
    typer.echo("\n".join(triage_words(triage(said, stars))))


def check_reply_command(
    text: Text = None,
    review: Annotated[str, typer.Option("--review", help="The review it answers.")] = "",
    author: Annotated[str, typer.Option("--author", help="The handle that review shows.")] = "",
) -> None:
    """Check drafts of public replies: what may not stand there, why, and what to write instead.

    Reads one JSON object a line, {"id", "reply", "review", "author", "known", "recent"}, and writes
    {"id", "blocked", "findings"}: "author" is the handle the review shows, whose words may be
    repeated; "known" lists our own people and clinics, whose names may stand; "recent" our last
    replies, which this one should not repeat. A line that cannot be read is named and skipped, and
    the exit code is 1.
    """
    if text is None:
        _answer_lines(checked_reply, '{"id": "1", "reply": "...", "review": "..."}')
        return
    if not text.strip():
        raise UserError("the reply is empty; give its words: --text 'Thank you for ...'")
    typer.echo("\n".join(reply_words(text, check_public(text, review=review, author=author))))


# One line


def judged_review(line: Mapping[str, Any]) -> Verdict:
    """Return the judgement on one review. Raises Unreadable."""
    text, rating, recommends = _text_of(line), _rating_of(line), line.get("recommends")
    if recommends is not None and not isinstance(recommends, bool):
        raise Unreadable('"recommends" is neither true nor false; write one, without quotes')
    _refuse_nothing(text, rating, recommends)
    return {"id": line["id"], **triage(text, rating, recommends).as_dict()}


def checked_reply(line: Mapping[str, Any]) -> Verdict:
    """Return the findings in one reply. Raises Unreadable."""
    reply = _text_of(line, "reply")
    if not reply.strip():
        raise Unreadable('there is no "reply"; give its words')
    review, author = _text_of(line, "review"), _text_of(line, "author")
    known, recent = _texts_of(line, "known"), _texts_of(line, "recent")
    found = check_public(reply, review=review, author=author, known=known, recent=recent)
    return {
        "id": line["id"],
        "blocked": blocked(found),
        "findings": [finding.as_dict() for finding in found],
    }


def _text_of(line: Mapping[str, Any], name: str = "text") -> str:
    value = line.get(name)
    if value is not None and not isinstance(value, str):
        raise Unreadable(f'"{name}" is not a text; write it in quotes')
    return value or ""


def _texts_of(line: Mapping[str, Any], name: str) -> list[str]:
    value = line.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise Unreadable(f'"{name}" is not a list of texts; write ["...", "..."]')
    return value


def _rating_of(line: Mapping[str, Any]) -> float | None:
    value = line.get("rating")
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 5:
        raise Unreadable("the rating is not a number from 0 to 5; leave it out where none is given")
    return value


def _refuse_nothing(text: str, rating: float | None, recommends: bool | None) -> None:
    if not text.strip() and rating is None and recommends is None:
        raise Unreadable("there is no text and no rating; give at least one")


def _object(raw: bytes, sample: str) -> Mapping[str, Any]:
    try:
        line = json.loads(raw)
    except json.JSONDecodeError as error:
        raise Unreadable(
            f"not JSON ({error.msg} at column {error.colno}); write one object a line: {sample}"
        ) from None
    except UnicodeDecodeError:
        raise Unreadable("not UTF-8; save it as UTF-8") from None
    except (ValueError, RecursionError):  # a number of 5,000 digits, a thousand brackets
        raise Unreadable(f"JSON beyond all measure; write a plain object: {sample}") from None
    if not isinstance(line, dict):
        raise Unreadable(f"not a JSON object; write one: {sample}")
    given = line.get("id")
    if isinstance(given, bool) or not isinstance(given, str | int) or given == "":
        raise Unreadable('"id" is missing or no text or number; the answer must name its line')
    return line


# Many lines


@dataclass(slots=True)
class _Tally:
    lines: int = 0
    skipped: int = 0


def _answer_lines(judge: Callable[[Mapping[str, Any]], Verdict], sample: str) -> None:
    """Answer stdin line by line. Raises typer.Exit: 1 where a line was skipped."""
    if sys.stdout is None:  # closed before we began: nobody listens
        return
    tally = _Tally()
    try:
        for lines in _at_hand(_stdin(sample)):
            answers = [answer for raw in lines if (answer := _answer(raw, judge, sample, tally))]
            # Flushed whenever nothing more is at hand: whoever waits for an answer gets it.
            sys.stdout.write("".join(answers))
            sys.stdout.flush()
    except BrokenPipeError:  # the reader has seen enough: `amends triage | head`
        _be_quiet()
        raise typer.Exit(0) from None
    except OSError as error:
        _be_quiet()
        raise UserError(f"the answers cannot be written: {error.strerror}") from None
    if tally.skipped:
        typer.echo(f"amends: {tally.skipped} of {tally.lines} lines were skipped", err=True)
        raise typer.Exit(1)


def _stdin(sample: str) -> BinaryIO:
    if sys.stdin is None:
        raise UserError("nothing comes in on stdin; pipe lines into it, or use --text")
    if sys.stdin.isatty():
        typer.echo(f"Write one object a line, then Ctrl-D: {sample}", err=True)
    return sys.stdin.buffer


def _at_hand(stream: BinaryIO) -> Iterator[list[bytes]]:
    """Yield the lines that are there, as soon as they are; the last may lack its newline."""
    pieces: list[bytes] = []  # of a line that goes on: joined once, however long it grows
    while chunk := stream.read1(_CHUNK):  # type: ignore[attr-defined]
        head, newline, tail = chunk.rpartition(b"\n")
        if not newline:
            pieces.append(tail)
            continue
        yield b"".join([*pieces, head]).split(b"\n")
        pieces = [tail]
    if rest := b"".join(pieces):
        yield [rest]


def _answer(
    raw: bytes, judge: Callable[[Mapping[str, Any]], Verdict], sample: str, tally: _Tally
) -> str:
    tally.lines += 1
    if not raw.strip():  # an empty last line is nobody's mistake
        return ""
    try:
        # Plain ASCII: half a character in the input must not break the output.
        return json.dumps(judge(_object(raw, sample))) + "\n"
    except Unreadable as error:
        tally.skipped += 1
        typer.echo(f"amends: line {tally.lines}: {error}", err=True)
        return ""


def _be_quiet() -> None:
    """Leave nothing to complain about when Python flushes stdout at its end."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


# For people


def triage_words(judged: Triage) -> Iterator[str]:
    """Yield a judgement as lines for people: severity, what about, and why, with the words."""
    verdict = "negative" if judged.negative else "not negative"
    more = [name for name in ("doubtful", "question") if getattr(judged, name)]
    more += ["perhaps a troll"] if judged.troll else []
    yield f"{verdict}, {judged.severity}" + (f" ({', '.join(more)})" if more else "")
    yield f"opens a case: {'yes' if judged.opens_case else 'no'}"
    if judged.themes:
        yield f"about: {', '.join(judged.themes)}"
    yield f"{judged.kind}, written by: {judged.writes_for}; language: {judged.language}"
    yield "because:" if judged.because else "because: nothing in it says otherwise"
    for each in judged.because:
        yield f'  {each.what}: "{_shown(each.words)}"' if each.words else f"  {each.what}"


def reply_words(text: str, found: tuple[Finding, ...]) -> Iterator[str]:
    """Yield a checked reply as lines for people, the words in question underlined."""
    yield from _underlined(text, found)
    yield ""
    if not found:
        yield "Nothing to mend: a person may approve it."
        return
    for finding in found:
        words = f'"{_shown(finding.words)}"' if finding.words else "(missing)"
        yield f"{_MARK[finding.level]} {finding.level} {finding.code}: {words}"
        yield f"    why:     {finding.why}"
        yield f"    instead: {finding.instead}"
    yield ""
    yield (
        "Blocked: nobody may approve it as it is."
        if blocked(found)
        else "Not blocked: a person may approve it, having seen the warnings."
    )


def _underlined(text: str, found: tuple[Finding, ...]) -> Iterator[str]:
    marks = [" "] * len(text)
    for finding in reversed(found):  # blocking ones come first, so that they are drawn last
        mark = _MARK[finding.level]
        marks[finding.start : finding.end] = [mark] * (finding.end - finding.start)
    for start, end in _rows(text):
        row = [
            (_shown(char), mark)
            for char, mark in zip(text[start:end], marks[start:end], strict=True)
        ]
        yield "".join(char for char, _ in row)
        if under := "".join(mark * cell_len(char) for char, mark in row).rstrip():
            yield under


def _rows(text: str) -> Iterator[tuple[int, int]]:
    """Yield where each row of the shown text begins and ends: its lines, wrapped at spaces."""
    start = 0
    for is_break, run in groupby(enumerate(text), key=lambda pair: pair[1] == "\n"):
        places = [place for place, _ in run]
        if is_break:
            yield from ((place, place) for place in places[1:])
            continue
        start, end = places[0], places[-1] + 1
        while end - start > WIDTH:
            space = text.rfind(" ", start, start + WIDTH)
            cut = space + 1 if space > start else start + WIDTH
            yield start, cut
            start = cut
        yield start, end


def _shown(text: str) -> str:
    """Return a text that a terminal only shows: no escapes, no half characters."""
    return "".join(" " if unicodedata.category(c) in ("Cc", "Cs", "Co", "Cn") else c for c in text)

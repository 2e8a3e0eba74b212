"""A document in sections, printed as text, as Markdown and as a page for a browser."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

_WIDE = 96
# Dark on light at more than 12:1; nothing is told by colour alone; it prints as it reads.
_STYLE = (
    "body{font:1rem/1.5 sans-serif;color:#1a1a1a;background:#fff;max-width:60rem;"
    "margin:0 auto;padding:1rem}"
    "a{color:#0b4a8f}a:focus{outline:3px solid #0b4a8f}"
    ".skip{position:absolute;left:-999px}.skip:focus{position:static}"
    ".wide{overflow-x:auto}table{border-collapse:collapse}caption{text-align:left}"
    "td,th{border:1px solid #767676;padding:.3rem .5rem;text-align:left;vertical-align:top}"
    "th{background:#f0f0f0}"
    "@media print{nav,.skip{display:none}h2{break-after:avoid}}"
)


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a document: a heading, a sentence or two, a table, a list."""

    title: str
    lead: str = ""
    table: tuple[tuple[str, ...], ...] = ()  # its first row is the head
    points: tuple[str, ...] = ()
    level: int = 2


# Text


def text(sections: Iterable[Section]) -> str:
    """Return the sections as plain text, wrapped for a terminal."""
    return "\n\n".join(part for each in sections for part in _text(each)) + "\n"


def _text(section: Section) -> Iterator[str]:
    line = {1: "=", 2: "-"}.get(section.level)
    yield f"{section.title}\n{line * len(section.title)}" if line else f"{section.title}:"
    if section.lead:
        yield textwrap.fill(section.lead, _WIDE)
    if section.table:
        yield _text_table(section.table)
    if section.points:
        yield "\n".join(_point(each) for each in section.points)


def _text_table(table: Sequence[Sequence[str]]) -> str:
    """Return each row as a block: its first cell, then the others under their heads."""
    head, *rows = table
    blocks = []
    for row in rows:
        lines = [f"  {row[0]}"]
        for name, cell in zip(head[1:], row[1:], strict=True):
            if cell:
                told = f"{name.lower()}: {cell}"
                lines.append(textwrap.fill(told, _WIDE, initial_indent=" " * 6,
                                           subsequent_indent=" " * 8))  # fmt: skip
        blocks.append("\n".join(lines))
    return "\n".join(blocks)


def _point(words: str) -> str:
    return textwrap.fill(words, _WIDE, initial_indent="  - ", subsequent_indent="    ")


# Markdown


def markdown(sections: Iterable[Section]) -> str:
    """Return the sections as Markdown."""
    return "\n\n".join(part for each in sections for part in _markdown(each)) + "\n"


def _markdown(section: Section) -> Iterator[str]:
    yield f"{'#' * section.level} {_marked(section.title)}"
    if section.lead:
        yield _marked(section.lead)
    if section.table:
        head, *rows = (f"| {' | '.join(map(_marked, row))} |" for row in section.table)
        yield "\n".join([head, "|" + " --- |" * len(section.table[0]), *rows])
    if section.points:
        yield "\n".join(f"- {_marked(point)}" for point in section.points)


def _marked(words: str) -> str:
    # The name is the practice's own words; a star in it must not turn the page bold.
    return re.sub(r"([\\`*_|<>\[\]])", r"\\\1", words)


# HTML


def html(sections: Iterable[Section]) -> str:
    """Return the sections as one HTML page that needs nothing else.

    Headings in order, a way past the contents, tables with heads that name their cells: it can be
    heard as well as read.
    """
    parts = tuple(sections)
    title = escape(parts[0].title)
    head = (
        '<meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style>"
    )
    body = "\n".join(line for number, each in enumerate(parts) for line in _html(number, each))
    return (
        f'<!doctype html>\n<html lang="en"><head>{head}</head><body>\n'
        '<a class="skip" href="#policy">Skip to the policy</a>\n'
        f'{_contents(parts)}\n<main id="policy">\n{body}\n</main>\n</body></html>\n'
    )


def _contents(parts: Sequence[Section]) -> str:
    links = "\n".join(
        f'<li><a href="#s{number}">{escape(each.title)}</a></li>'
        for number, each in enumerate(parts)
        if each.level == 2
    )
    return f'<nav aria-label="Contents"><ul>\n{links}\n</ul></nav>'


def _html(number: int, section: Section) -> Iterator[str]:
    level = section.level
    yield f'<h{level} id="s{number}">{escape(section.title)}</h{level}>'
    if section.lead:
        yield f"<p>{escape(section.lead)}</p>"
    if section.table:
        yield _html_table(section)
    if section.points:
        points = "\n".join(f"<li>{escape(point)}</li>" for point in section.points)
        yield f"<ul>\n{points}\n</ul>"


def _html_table(section: Section) -> str:
    head, *rows = section.table
    name = escape(section.title)
    lines = [
        f'<div class="wide" role="region" aria-label="{name}" tabindex="0"><table>',
        f"<caption>{name}</caption>",
        "<thead>" + _row([f'<th scope="col">{escape(cell)}</th>' for cell in head]) + "</thead>",
        "<tbody>",
        *(_row(_cells(row)) for row in rows),
        "</tbody></table></div>",
    ]
    return "\n".join(lines)


def _cells(row: Sequence[str]) -> list[str]:
    first, *others = row
    return [
        f'<th scope="row">{escape(first)}</th>', *(f"<td>{escape(cell)}</td>" for cell in others),
    ]  # fmt: skip


def _row(cells: Iterable[str]) -> str:
    return "<tr>" + "".join(cells) + "</tr>"

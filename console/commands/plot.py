"""Simulated years side by side, drawn as an SVG that any browser shows."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from cases.simulating.lived import Lived

_WIDTH, _BAR, _GAP, _LEFT = 860, 14, 14, 190
_SCALE = 5.0  # pixels for one in a hundred
_COLOURS = ("#206bc4", "#2fb344", "#f59f00")


def plotted(lived: Mapping[str, Lived]) -> str:
    """Return bars of the share of promises kept, a group for each promise, as an SVG document."""
    kinds = sorted({kind for each in lived.values() for kind in each.clocks})
    group = _BAR * len(lived) + _GAP
    top = 60 + 18 * len(lived)
    parts = [_title(lived), *_axis(top, top + group * len(kinds))]
    for place, kind in enumerate(kinds):
        y = top + place * group
        parts.append(_text(_LEFT - 8, y + _BAR, kind.replace("_", " "), "end"))
        for number, each in enumerate(lived.values()):
            parts.append(_bar(y + number * _BAR, each.clocks[kind].share, _COLOURS[number % 3]))
    height = top + group * len(kinds) + 40
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        f'font-family="sans-serif" font-size="12" role="img" aria-label="Promises kept">'
        f'<rect width="100%" height="100%" fill="white"/>{"".join(parts)}</svg>\n'
    )


def _title(lived: Mapping[str, Lived]) -> str:
    given = next(iter(lived.values()))
    told = f"Promises kept: {given.reviews:,} reviews, {given.cases:,} cases"
    lines = [f'<text x="20" y="28" font-size="18">{escape(told)}</text>']
    for number, name in enumerate(lived):
        y = 42 + 18 * number
        lines.append(f'<rect x="20" y="{y}" width="12" height="12" fill="{_COLOURS[number % 3]}"/>')
        lines.append(_text(38, y + 11, name))
    return "".join(lines)


def _axis(top: int, bottom: int) -> list[str]:
    lines = []
    for percent in range(0, 101, 25):
        x = _LEFT + percent * _SCALE
        lines.append(f'<line x1="{x:g}" y1="{top - 6}" x2="{x:g}" y2="{bottom}" stroke="#dadfe5"/>')
        lines.append(_text(x, bottom + 18, f"{percent} %", "middle"))
    return lines


def _bar(y: float, share: float, colour: str) -> str:
    width = share * 100 * _SCALE
    return (
        f'<rect x="{_LEFT}" y="{y:g}" width="{width:.1f}" height="{_BAR - 2}" fill="{colour}"/>'
        + _text(_LEFT + width + 4, y + _BAR - 3, f"{share:.1%}")
    )


def _text(x: float, y: float, words: str, anchor: str = "start") -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}">{escape(words)}</text>'

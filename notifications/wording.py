"""How what a notice knows is said: words from the tables, times, roles, and the templates."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, NoReturn
from zoneinfo import ZoneInfo

from jinja2 import Environment, StrictUndefined, UndefinedError

from notifications.styles import StyledLoader

TEMPLATES = Path(__file__).parent / "templates"

# strftime would say these in whatever language the process was started in.
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = (
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
)  # fmt: skip
_CODE = re.compile(r"[A-Za-z0-9._:-]{1,60}")
_TWICE = frozenset("^{}\\[~]|")  # take two of them


class Words(NamedTuple):
    """What is said, before it is addressed."""

    text: str
    subject: str = ""
    html: str = ""


def lack(missing: str) -> NoReturn:
    """Say what a notice lacks; `render` names the kind."""
    raise UndefinedError(missing)  # as a template would


def needed(value: str | None, name: str) -> str:
    """Return a value that must be there; `name` is what is told to be lacking."""
    return value or lack(name)


def one_line(text: str) -> str:
    """Return a text on one line, with single spaces."""
    return " ".join(text.split())


def plain_ascii(text: str) -> str:
    """Return the text in letters every phone has; one other would cut a text to 70 characters."""
    plain = unicodedata.normalize("NFKD", text.replace("’", "'").replace("–", "-"))
    return plain.encode("ascii", "ignore").decode().replace("`", "'")


def septets(text: str) -> int:
    """Return how long a text is as a telephone counts it (3GPP TS 23.038)."""
    return len(text) + sum(letter in _TWICE for letter in text)


def _entry(table: str, what: str) -> Any:
    """Return a filter that looks a code up in a table of staff.toml; `what` names it if absent."""

    def look_up(code: Any) -> Any:
        # str() of a value the notice lacks raises, with its name.
        found = read_words("staff.toml")[table].get(str(code))
        return lack(what) if found is None else found

    return look_up


def _bare(phrase: str) -> str:
    return re.sub(r"^(the|an?) ", "", phrase)


def _roles(codes: Any) -> list[str]:
    if not isinstance(codes, list | tuple) or not codes:
        lack("next")
    return [_entry("roles", "next")(code) for code in codes]


def _people(codes: Any) -> str:
    *others, last = (f"the {role}" for role in _roles(codes))
    return f"{', '.join(others)} and {last}" if others else last


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, no name at all, or that of a folder
        lack("the clinic's zone")


def _local(due_at: Any, zone: str | None, named: bool = False) -> str:
    """Word an ISO instant in the clinic's own time: "Tue Nov 24, 12:30", `named` with its zone."""
    clock_here = _zone(needed(zone, "the clinic's zone"))
    try:
        instant = datetime.fromisoformat(str(due_at))
        at = instant.astimezone(clock_here)
    except (ValueError, OverflowError):
        lack("due_at")
    if instant.tzinfo is None:
        lack("the zone of due_at")
    said = f"{_DAYS[at.weekday()]} {_MONTHS[at.month - 1]} {at.day}, {at:%H:%M}"
    name = at.tzname() or ""
    return f"{said} {'UTC' * name.startswith(('+', '-'))}{name}" if named else said


def _code(code: Any) -> str:
    """Show only what looks like a code: an exception's words may name somebody."""
    return code if _CODE.fullmatch(str(code)) else "not to be shown here"


def _paragraphs(body: str) -> list[list[str]]:
    return [part.splitlines() for part in re.split(r"\n\s*\n", body.strip())]


class _Lack(StrictUndefined):
    """A value a template wants and does not get; its error is the bare name of it."""

    @property
    def _undefined_message(self) -> str:
        return self._undefined_name or "a value"


def _environment(escaping: bool) -> Environment:
    environment = Environment(
        loader=StyledLoader(TEMPLATES),
        autoescape=escaping,  # noqa: S701  plain text is not HTML: "&amp;" would be read out
        undefined=_Lack,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters |= {
        "owed": lambda clock: _entry("clocks", "clock")(clock)["owed"],
        "todo": lambda clock: _entry("clocks", "clock")(clock)["todo"],
        "way": _entry("ways", "channel"),
        "graded": _entry("grades", "severity"),
        "roles": lambda codes: ", ".join(_roles(codes)),
        "people": _people, "local": _local, "code": _code, "bare": _bare,
        "upfirst": lambda text: text[:1].upper() + text[1:],
        "paragraphs": _paragraphs,
    }  # fmt: skip
    return environment


_PLAIN, _HTML = _environment(False), _environment(True)


@cache
def read_words(name: str) -> dict[str, Any]:
    """Return one of the tables of words, by its file."""
    return tomllib.loads((TEMPLATES / name).read_text(encoding="utf-8"))


@cache
def _compiled(template: str) -> Any:
    return _PLAIN.from_string(template)


def say(template: str, knows: Mapping[str, Any]) -> str:
    """Fill a line of a table with what the notice knows."""
    return str(_compiled(template).render(knows))


def mailed(name: str, *, subject: str, **knows: Any) -> Words:
    """Word an e-mail twice: the text and the HTML come from the same values."""
    text = _PLAIN.get_template(f"{name}.txt").render(knows)
    html = _HTML.get_template(f"{name}.html").render(knows, subject=subject)
    return Words(text, subject, html)

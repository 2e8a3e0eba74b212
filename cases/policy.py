"""A playbook in words: the policy as people read it.

Everything is drawn from the Playbook and the checker's own rules, so that what is printed and hung
on the wall is what the engine enforces.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from html import escape
from typing import Any

from cases.casefile import LONGEST_PAUSE
from cases.lexicons import table
from cases.playbook import CLOCKS, Playbook, Promise, Rung, Span
from cases.replies import NO_REPLY

# When each clock starts, and what keeps its promise; both stand in code, in stages.COURSES.
STARTS: Mapping[str, str] = {
    "acknowledge": "the case opens",
    "first_try": "the case opens",
    "reach": "somebody first tried to reach them",
    "listen": "they are reached",
    "resolve": "they were heard, or contact ended without them",
    "monitor": "it is resolved",
    "follow_up": "the watch ends and the review still stands",
    "answer": "a message from them comes in",
    "safety": "the review is found grave",
    "task": "it is set",
}
KEPT: Mapping[str, str] = {
    "acknowledge": "a public reply is live or attested by hand, or a person decided on none",
    "first_try": "an attempt is logged, or that the author was looked for and not found",
    "reach": "they were reached, declined, could not be reached by any channel, or stay unknown "
    "while our public invitation stands",
    "listen": "their own account is written down",
    "resolve": "the cause and what was done about it are recorded",
    "monitor": "the window is over, or the author changed or removed the review",
    "follow_up": "they were asked once whether anything else can be done",
    "answer": "a person answered; an automatic acknowledgement is no answer",
    "safety": "somebody took the case in hand",
    "task": "it is done",
}
_STYLE = (
    "body{font:16px/1.5 sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse}td,th{border:1px solid #999;padding:.3rem .5rem;"
    "text-align:left;vertical-align:top}"
)


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the written policy: a heading, a sentence or two, a table, a list."""

    title: str
    lead: str = ""
    table: tuple[tuple[str, ...], ...] = ()  # its first row is the head
    points: tuple[str, ...] = ()
    level: int = 2


# The policy


def policy(playbook: Playbook) -> tuple[Section, ...]:
    """Return the written policy, section by section."""
    return (
        _title(playbook),
        _opening(playbook),
        _deadlines(playbook),
        _calendars(playbook),
        *_ladders(playbook),
        _contact(playbook),
        _replies(),
        _never(),
    )


def markdown(sections: Iterable[Section]) -> str:
    """Return the sections as Markdown."""
    return "\n\n".join(part for each in sections for part in _markdown(each)) + "\n"


def html(sections: Iterable[Section]) -> str:
    """Return the sections as one HTML page that needs nothing else."""
    parts = tuple(sections)
    body = "\n".join(line for each in parts for line in _html(each))
    head = f'<meta charset="utf-8"><title>{escape(parts[0].title)}</title><style>{_STYLE}</style>'
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>\n{body}\n</body></html>\n'


def _title(playbook: Playbook) -> Section:
    name = " ".join(playbook.name.split())
    return Section(
        f"Our policy for negative reviews: {name}",
        f"This is the playbook {name} ({which(playbook)}) in words. The engine enforces the "
        "same figures: a case keeps the version it began with.",
        level=1,
    )


def which(playbook: Playbook) -> str:
    """Return "version 3", or that it is in force nowhere yet."""
    return f"version {playbook.version}" if playbook.version else "not adopted"


def _opening(playbook: Playbook) -> Section:
    reopen = _real(playbook.reopen_within)
    return Section(
        "What opens a case",
        points=(
            f"A review of {playbook.threshold.normalize():f} stars or fewer, or one that does not "
            "recommend us; without stars, one whose words are negative.",
            "A review whose stars and words contradict each other: a person decides.",
            "A grave one starts the safety clock besides, and its people are told at any hour.",
            "A suspected troll is confirmed by a person; a confirmed one gets no reply.",
            f"A case is opened again within {reopen} of its closing; later, a new one is linked "
            "to it.",
        ),
    )


def _deadlines(playbook: Playbook) -> Section:
    rows = [
        (
            _label(kind),
            STARTS[kind],
            length(playbook.clocks[kind]),
            KEPT[kind],
            str(playbook.clocks[kind].promise or ""),
        )
        for kind in CLOCKS
    ]
    head = ("Step", "Its clock starts when", "It runs", "It is kept when", "Promised in real time")
    why = ", ".join(reason.replace("_", " ") for reason in NO_REPLY)
    return Section(
        "The steps and their deadlines",
        "A step is left when its result is shown, never because somebody says so.",
        table=(head, *rows),
        points=(
            f"That no public reply is owed is decided by a person, for one of: {why}.",
            f"Waiting pauses a clock, with a reason, for {LONGEST_PAUSE.days} days at most. "
            "A hold stops all that goes out and never ends by itself.",
            "Listening is skipped, with the reason, where nobody was reached.",
        ),
    )


def _calendars(playbook: Playbook) -> Section:
    extra = "; ".join(
        f"{_days(days)} {', '.join(hours)}" for days, hours in playbook.duty.items() if hours
    )
    more = f", and on days without any: {extra}" if extra else ", and no others"
    return Section(
        "The hours that count",
        points=(
            "office: the clinic's own hours, without its public holidays and closures.",
            f"duty (somebody minds online answers): the office hours{more}.",
            "always: round the clock, every day.",
        ),
    )


def _ladders(playbook: Playbook) -> Iterator[Section]:
    yield Section(
        "Who is told, and when",
        "People are told in office hours, and reminded of what is owed in duty hours in those; "
        "only where it says so at any hour. Who is away is replaced by their substitute. A role "
        "nobody holds falls to the administrator. Staff a review is about are never "
        "told of its case.",
    )
    ladders: dict[tuple[Rung, ...], list[str]] = {}
    for kind in CLOCKS:
        ladders.setdefault(playbook.clocks[kind].ladder, []).append(_label(kind))
    for ladder, kinds in ladders.items():
        title = ", ".join(kinds)
        yield Section(title[0].upper() + title[1:], points=tuple(map(rung_words, ladder)), level=3)


def _contact(playbook: Playbook) -> Section:
    ways = " and ".join(playbook.contact_channels)
    return Section(
        "How we contact them",
        points=(
            f"By {ways}: {_counted(playbook.contact_tries, 'try', 'tries')}, and every channel "
            "that is known and allowed, before anybody is called unreachable.",
            "Only after a named person recorded who it is, on what basis, and how sure.",
            "Care is discussed only after two identifiers and, for anyone but the patient, their "
            "authority.",
            "They are asked for their own account, and listened to; each promise becomes a task.",
            "STOP wins over everything, at once; so does a hold.",
            "Where they declined, contact ends.",
        ),
    )


def _replies() -> Section:
    wants = [_without_stop(rule["why"]) for rule in _rules("warn")]
    return Section(
        "What a public reply is like",
        "A named person approves its exact text. It thanks, is sorry, is short, and names the "
        "point person with both telephone and e-mail. A person must acknowledge each warning:",
        points=tuple(wants),
    )


def _never() -> Section:
    return Section(
        "What is never done",
        "Nobody may approve a public reply that does one of these:",
        points=(
            *(f"{_without_stop(rule['why'])}. ({rule['source']})" for rule in _rules("block")),
            "Nothing goes out that no named person approved, save fixed confirmations.",
            "Nobody is asked to remove or change a review, at any step.",
        ),
    )


def _rules(level: str) -> list[Mapping[str, Any]]:
    """Return what the checker of replies goes by, so that the policy cannot say another thing."""
    rules = table("compliance.toml")["code"].values()
    public = (rule for rule in rules if "public" in rule.get("where", ["public"]))
    return [rule for rule in public if rule["level"] == level]


# Words


def length(promise: Promise) -> str:
    """Return how long a clock runs and in which hours: "4 duty hours", "7 days"."""
    if promise.span == Span():
        return "until the date it brings"
    return span_words(promise.span, promise.calendar)


def span_words(span: Span, calendar: str) -> str:
    """Return a span in the hours of its calendar: "1 office day", "30 minutes of duty time"."""
    if calendar == "always":
        return str(span)
    count, unit = str(span).split()
    return f"{span} of {calendar} time" if unit[:6] == "minute" else f"{count} {calendar} {unit}"


def rung_words(rung: Rung) -> str:
    """Return one step of a ladder as a sentence."""
    who = " and ".join(f"the {role.replace('_', ' ')}" for role in rung.tell)
    verb = ("are" if len(rung.tell) > 1 else "is") + " " + told_how(rung)
    again = f", and every {span_words(rung.after, 'office')} again, {rung.times} times in all"
    hours = ", at any hour" if rung.at_once else ""
    return f"{when_words(rung)}: {who} {verb}{again if rung.times > 1 else ''}{hours}."


def told_how(rung: Rung) -> str:
    """Return what a rung does to people: they are reminded, or told that it is late or grave."""
    return "reminded" if rung.means == "remind" else "told (escalated)"


def when_words(rung: Rung) -> str:
    """Return a rung's place on its clock: "When 50 % of the time is gone"."""
    if rung.part is None:
        return f"{span_words(rung.after, 'office').capitalize()} after it is due"
    return {0.0: "At once", 1.0: "When it is due"}.get(
        rung.part, f"When {rung.part * 100:.0f} % of the time is gone"
    )


def _label(kind: str) -> str:
    return kind.replace("_", " ")


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"


def _real(span: timedelta) -> str:
    return str(Span(days=span.days)) if not span % timedelta(days=1) else str(Span(span))


def _days(days: str) -> str:
    return ", ".join("-".join(d.strip().title() for d in p.split("-")) for p in days.split(","))


def _without_stop(text: str) -> str:
    return text.strip().removesuffix(".")


def _markdown(section: Section) -> Iterator[str]:
    yield f"{'#' * section.level} {_marked(section.title)}"
    if section.lead:
        yield _marked(section.lead)
    if section.table:
        head, *rows = (f"| {' | '.join(map(_marked, row))} |" for row in section.table)
        yield "\n".join([head, "|" + " --- |" * len(section.table[0]), *rows])
    if section.points:
        yield "\n".join(f"- {_marked(point)}" for point in section.points)


def _marked(text: str) -> str:
    # The name is the practice's own words; a star in it must not turn the page bold.
    return re.sub(r"([\\`*_|<>\[\]])", r"\\\1", text)


def _html(section: Section) -> Iterator[str]:
    yield f"<h{section.level}>{escape(section.title)}</h{section.level}>"
    if section.lead:
        yield f"<p>{escape(section.lead)}</p>"
    if section.table:
        head, *rows = section.table
        lines = [_row(head, "th"), *(_row(row, "td") for row in rows)]
        yield "<table>\n" + "\n".join(lines) + "\n</table>"
    if section.points:
        points = "\n".join(f"<li>{escape(point)}</li>" for point in section.points)
        yield f"<ul>\n{points}\n</ul>"


def _row(cells: Iterable[str], tag: str) -> str:
    return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"

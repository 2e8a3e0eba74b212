"""The figures of a playbook in words: spans, rungs, the cases an override is for."""

from __future__ import annotations

from datetime import timedelta

from cases.playbooks.overrides import Override
from cases.playbooks.promises import Promise, Rung, Span


def length(promise: Promise) -> str:
    """Return how long a clock runs and in which hours: "4 duty hours", "7 days"."""
    if not promise.span:
        return "until the date it brings"
    return span_words(promise.span, promise.calendar)


def span_words(span: Span, calendar: str) -> str:
    """Return a span in the hours of its calendar: "1 office day", "30 minutes of duty time"."""
    if calendar == "always":
        return str(span)
    count, unit = str(span).split()
    return f"{span} of {calendar} time" if unit[:6] == "minute" else f"{count} {calendar} {unit}"


def real_words(span: timedelta) -> str:
    """Return time that passes on any clock: "30 days", "36 hours"."""
    return str(Span(days=span.days)) if not span % timedelta(days=1) else str(Span(span))


def promised(span: Span) -> str:
    """Return what was promised as people say it: "the day", "the 12 hours"."""
    count, unit = str(span).split()
    return f"the {unit}" if count == "1" else f"the {span}"


def rung_words(rung: Rung) -> str:
    """Return one step of a ladder as a sentence."""
    who = roles(rung.tell, " and ")
    verb = ("are" if len(rung.tell) > 1 else "is") + " " + told_how(rung)
    again = f", and every {span_words(rung.after, 'office')} again, {rung.times} times in all"
    hours = ", at any hour" if rung.at_once else ""
    low = ", in the daily digest" if rung.low else ""
    return f"{when_words(rung)}: {who} {verb}{again if rung.times > 1 else ''}{hours}{low}."


def told_how(rung: Rung) -> str:
    """Return what a rung does to people: they are reminded, or told that it is late or grave."""
    return "reminded" if rung.means == "remind" else "told (escalated)"


def when_words(rung: Rung) -> str:
    """Return a rung's place on its clock: "When 50 % of the time is gone"."""
    if rung.before:
        return f"{rung.before} before it is due".capitalize()
    if rung.part is None:
        return f"{span_words(rung.after, 'office').capitalize()} after it is due"
    return {0.0: "At once", 1.0: "When it is due"}.get(
        rung.part, f"When {rung.part * 100:.0f} % of the time is gone"
    )


def roles(names: tuple[str, ...], joint: str) -> str:
    """Return "the owner and the privacy officer"."""
    return joint.join(f"the {name.replace('_', ' ')}" for name in names)


def cases_meant(override: Override) -> str:
    """Return which cases an override is for: "severity elevated or grave, platform facebook"."""
    return f"{str(override)[:1].upper()}{str(override)[1:]}"


def label(kind: str) -> str:
    """Return a clock's kind as people read it: "first try"."""
    return kind.replace("_", " ")


def counted(count: int, one: str, many: str) -> str:
    """Return "1 try" or "3 tries"."""
    return f"{count} {one if count == 1 else many}"

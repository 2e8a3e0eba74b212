"""A playbook in words: the policy as people read it.

Everything is drawn from the Playbook and the checker's own rules, so that what is printed and hung
on the wall is what the engine enforces.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cases.answering.replies import NO_REPLY
from cases.answering.samples import Sample, sample_replies
from cases.lexicons import table
from cases.playbooks.figures import (
    cases_meant,
    counted,
    label,
    length,
    real_words,
    roles,
    rung_words,
    span_words,
)
from cases.playbooks.overrides import Override
from cases.playbooks.playbook import Playbook
from cases.playbooks.promises import CLOCKS, OPTIONAL, Rung
from cases.playbooks.sections import Section

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
    "promise": "something is promised to them",
    "appeal": "a person sets it: the platform decided against us and takes an appeal",
    "message": "a private message to our page comes in",
    "in_touch": "we spoke last, and still look into it",
    "grievance": "a person classifies the case as a grievance",
    "breach": "a public reply turns out to reveal something",
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
    "promise": "it is kept, with what shows it",
    "appeal": "the appeal is sent, with its outcome noted",
    "message": "a person answered; an automatic acknowledgement is no answer",
    "in_touch": "they were told how far we are, or wrote themselves",
    "grievance": "the written answer is sent: contact person, steps taken, result, date completed",
    "breach": "the item of its checklist is done, with what shows it",
}
_OWNER = {
    "clinic_director": "the clinic's director",
    "round_robin": "the next in turn",
    "least_loaded": "whoever has the fewest open cases",
}


# The policy


def policy(playbook: Playbook, samples: Sequence[Sample] | None = None) -> tuple[Section, ...]:
    """Return the written policy, section by section; `samples` stand for the usual ones."""
    return (
        _title(playbook),
        _opening(playbook),
        _deadlines(playbook),
        *_otherwise(playbook),
        _calendars(playbook),
        _who(playbook),
        *_ladders(playbook),
        _contact(playbook),
        _replies(),
        _samples(sample_replies() if samples is None else samples),
        _never(),
    )


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
    reopen = real_words(playbook.reopen_within)
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
    rows = [_deadline(playbook, kind) for kind in CLOCKS if kind in playbook.clocks]
    head = ("Step", "Its clock starts when", "It runs", "It is kept when", "Promised in real time")
    why = ", ".join(reason.replace("_", " ") for reason in NO_REPLY)
    lacking = ", ".join(label(kind) for kind in OPTIONAL if kind not in playbook.clocks)
    return Section(
        "The steps and their deadlines",
        "A step is left when its result is shown, never because somebody says so.",
        table=(head, *rows),
        points=(
            f"That no public reply is owed is decided by a person, for one of: {why}.",
            f"Waiting pauses a clock, with a reason, for {real_words(playbook.longest_pause)} at "
            "most. A hold stops all that goes out and never ends by itself.",
            "Listening is skipped, with the reason, where nobody was reached.",
            *([f"This policy runs no clock for: {lacking}."] if lacking else []),
        ),
    )


def _deadline(playbook: Playbook, kind: str) -> tuple[str, ...]:
    promise = playbook.clocks[kind]
    made = str(promise.promise or "")
    return label(kind), STARTS[kind], length(promise), KEPT[kind], made


def _otherwise(playbook: Playbook) -> Iterator[Section]:
    if not playbook.overrides:
        return
    yield Section(
        "What some cases have otherwise",
        "Where several hold for a case, the one that names more of it wins; of two alike, the "
        "later.",
    )
    for override in playbook.overrides:
        points = (*_clock_changes(playbook, override), *_setting_changes(override))
        yield Section(cases_meant(override), points=points, level=3)


def _clock_changes(playbook: Playbook, override: Override) -> Iterator[str]:
    for kind, promise in playbook.changed_by(override).items():
        usual = playbook.clocks.get(kind)
        fields = override.clocks[kind]
        if "span" in fields or "calendar" in fields:
            instead = f", instead of {length(usual)}" if usual else ""
            yield f"{label(kind)}: it runs {length(promise)}{instead}."
        if "promise" in fields:
            made = f"{promise.promise} is promised" if promise.promise else "nothing is promised"
            yield f"{label(kind)}: {made}."
        if "ladder" in fields:
            yield f"{label(kind)}: {' '.join(map(rung_words, promise.ladder))}"
        if promise.taken_for and "taken_for" in fields:
            held = span_words(promise.taken_for, "office")
            yield f'{label(kind)}: "I have it" holds its ladder for {held}.'


def _setting_changes(override: Override) -> Iterator[str]:
    if "assignment" in override.settings:
        yield f"A new case goes to {_OWNER[override.settings['assignment']]}."
    if "open_cases_at_most" in override.settings:
        yield f"Nobody owns more than {override.settings['open_cases_at_most']} open cases."


def _who(playbook: Playbook) -> Section:
    limit = playbook.open_cases_at_most
    cap = f"; nobody has more than {limit} open" if limit else ""
    held = span_words(playbook.taken_for, "office")
    named = roles(playbook.assign_to, "s and ")
    among = "" if playbook.assignment == "clinic_director" else f", among {named}s"
    approvers = roles(playbook.extension_approvers, " or ")
    return Section(
        "Who has a case",
        points=(
            f"A new case goes to {_OWNER[playbook.assignment]}{among}{cap}. Staff a review is "
            "about never own its case.",
            f"More time is given by {approvers}, with the reason; both dates are kept.",
            f'Who says "I have it" holds the ladder for {held}; then it climbs again.',
            f"Low reminders may wait for the daily digest at {playbook.digest_at:%H:%M}; grave "
            "cases are told at once.",
        ),
    )


def _calendars(playbook: Playbook) -> Section:
    extra = "; ".join(_duty_words(days, hours) for days, hours in playbook.duty.items() if hours)
    more = f", and besides: {extra}" if extra else ", and no others"
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
        if kind in playbook.clocks:
            ladders.setdefault(playbook.clocks[kind].ladder, []).append(label(kind))
    for ladder, kinds in ladders.items():
        title = ", ".join(kinds)
        yield Section(title[0].upper() + title[1:], points=tuple(map(rung_words, ladder)), level=3)


def _contact(playbook: Playbook) -> Section:
    ways = " and ".join(playbook.contact_channels)
    return Section(
        "How we contact them",
        points=(
            f"By {ways}: {counted(playbook.contact_tries, 'try', 'tries')}, and every channel "
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


def _samples(samples: Sequence[Sample]) -> Section:
    return Section(
        "Sample replies",
        "How a public reply may read, by what the review is about. A person words and approves the "
        "real one; the clinic's point person, telephone and e-mail stand where the slots are.",
        table=(("About", "A reply may read"), *((label(s.theme), s.text) for s in samples)),
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


def _duty_words(days: str, hours: Sequence[str]) -> str:
    named = ", ".join("-".join(d.strip().title() for d in part.split("-"))
                      for part in days.split(","))  # fmt: skip
    only = list(hours[:1]) == ["only"]
    if only:
        told = ", ".join(hours[1:]) or "nobody"
        return f"{named} {told} instead of the office hours"
    return f"{named} {', '.join(hours)}"


def _without_stop(words: str) -> str:
    return words.strip().removesuffix(".")

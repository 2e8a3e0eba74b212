"""Each move by name: what was asked, made into the call of one rule."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any

from cases import custody, following, merging, reopening
from cases.addresses import normal
from cases.answering import (
    cooling,
    incidents,
    overruling,
    publishing,
    recalling,
    replies,
    reporting,
    shielding,
)
from cases.casefile import CaseFile
from cases.changes import Change, Moment
from cases.checking.compliance import Level
from cases.clockwork import extensions, pauses
from cases.models import ContactPoint, Person, ReplyState, Visibility
from cases.needs import IllegalMove, legal
from cases.ports import Capabilities
from cases.store import Store
from cases.talking import agreeing, calls, consent, conversation, correspondents, links
from cases.talking.correspondents import Point, Who
from cases.talking.links import Pages
from cases.viewers import ENGINE, Viewer
from console.commands.shared import AskedWrongly, UserError, person_named
from reviews import capabilities, guide


@dataclass(frozen=True, slots=True)
class Ask:
    """A move somebody asked for: the case as they see it, the moment, what they gave."""

    store: Store
    file: CaseFile
    moment: Moment
    viewer: Viewer
    given: Any
    pages: Pages

    @property
    def can(self) -> Capabilities:
        return capabilities(self.file.review, self.store.sources())

    def person(self, who: str) -> Person:
        return person_named(self.store, who)

    def people(self) -> list[Person]:
        return [self.person(each) for each in self.given.person or []]

    def points(self) -> list[Point]:
        """Return the numbers and addresses given, normalised, with their blind index."""
        found = []
        for channel in ("phone", "email", "sms"):
            for written in getattr(self.given, channel) or []:
                value = normal(channel, written)
                found.append(Point(channel, value, self.store.index(channel, value)))
        return found

    def point(self, *channels: str) -> ContactPoint | None:
        """Return the correspondent's number or address meant by --to or --channel."""
        wanted = (self.given.channel,) if self.given.channel else channels
        value = (
            normal("email" if "@" in self.given.to else "phone", self.given.to)
            if self.given.to
            else ""
        )
        fitting = [
            point
            for point in self.file.points
            if point.channel in wanted and value in ("", point.value)
        ]
        usable = [point for point in fitting if self.file.usable(point)]
        return next(iter(usable or fitting), None)

    def known_point(self) -> ContactPoint:
        point = self.point("email", "sms")
        if point is None:
            raise UserError("no such number or address is recorded; first: point --email ADDRESS")
        return point


def _approve(ask: Ask) -> Change:
    seen = ask.given.acknowledge or ()
    try:
        return replies.approve(ask.file, ask.can, seen, ask.moment)
    except IllegalMove as refusal:
        # What a warning means, and how it is accepted, is said to whoever is to accept it.
        raise IllegalMove("approve", [*refusal.missing, *_warnings(ask, seen)]) from None


def _warnings(ask: Ask, seen: Collection[str]) -> Iterator[str]:
    reply = replies.newest(ask.file, ReplyState.DRAFT)
    found = replies.findings(ask.file, reply.text, ask.can) if reply and reply.text else ()
    found = replies.standing(reply, found) if reply else ()
    for each in found:
        if each.level is Level.WARN and each.code not in seen:
            yield f"{each.why} {each.instead} Accepted as it is: --acknowledge {each.code}"


def _overrule(ask: Ask) -> Change:
    code, _, span = ask.given.finding.partition(":")
    start, _, end = span.partition("-")
    if not (start.isdecimal() and end.isdecimal()):
        raise AskedWrongly("say which finding, and where it stands: --finding names:10-25")
    where = (int(start), int(end))
    return overruling.overrule(ask.file, ask.can, code, *where, ask.given.why, ask.moment)


def _incident(ask: Ask) -> Change:
    since = ask.given.when("at")
    known = ask.store.case_file(ask.file.case.id, ENGINE)  # also an incident they may not see
    return incidents.open_incident(known, ask.given.text, ask.moment, since)


def _match(ask: Ask) -> Change:
    g = ask.given
    care_of = g.care_of or ("self" if g.relation == "patient" else "unknown")
    who = Who(g.name, g.relation, care_of, g.basis, g.sureness, g.language, g.zone)
    return correspondents.match(ask.file, who, ask.points(), ask.moment)


def _point(ask: Ask) -> Change:
    points = ask.points()
    if len(points) != 1:
        raise AskedWrongly("give one number or address: --phone, --email or --sms")
    return correspondents.add_point(ask.file, points[0], ask.moment)


def _contact(ask: Ask) -> Change:
    g = ask.given
    at = g.when("at") or ask.moment.now
    channel = g.channel or "phone"
    point = ask.point(channel)
    return calls.log(
        ask.file, channel, g.outcome, g.note, at, ask.moment, point,
        flags=g.flag, after=g.when("until"),
    )  # fmt: skip


def _received(ask: Ask) -> Change:
    g = ask.given
    at = g.when("at") or ask.moment.now
    if not g.text.strip():
        raise AskedWrongly("write down what they said: --text")
    channel = g.channel or "email"
    point = ask.point(channel)
    return conversation.received(ask.file, channel, g.text, at, ask.moment, point)


def _write(ask: Ask) -> Change:
    g = ask.given
    later = g.when("at")
    point = ask.known_point()
    return _carrying(
        ask, point, g.text,
        lambda filled: conversation.write(
            ask.file, point, filled, g.subject, ask.moment, not_before=later
        ),
    )  # fmt: skip


def _carrying(ask: Ask, point: ContactPoint, text: str, made: Callable[[str], Change]) -> Change:
    """Make a move whose text may have the slot of a private page."""
    return links.carrying(ask.file, point, text, ask.pages, ask.moment, made)


def _link(ask: Ask) -> Change:
    """Invite them to a private page, in the usual words or in one's own."""
    point = ask.known_point()
    usual = links.invitation(ask.file, point.channel)
    subject, text = ask.given.subject or usual[0], ask.given.text or usual[1]
    if links.SLOT not in text:
        raise AskedWrongly(f"leave {links.SLOT} in the text: the page's address goes there")
    return _carrying(
        ask, point, text,
        lambda filled: conversation.write(ask.file, point, filled, subject, ask.moment),
    )  # fmt: skip


def _consent(ask: Ask) -> Change:
    g, point = ask.given, ask.point("sms", "email", "phone")
    if point is None:
        raise UserError("no such number or address is recorded; first: point")
    if g.outcome not in ("", "given", "taken_back"):
        raise AskedWrongly(f"--outcome {g.outcome!r}: say given or taken_back")
    if g.outcome == "taken_back":
        return agreeing.take_back(ask.file, point, g.purpose, g.why, ask.moment)
    return agreeing.agree(ask.file, point, g.purpose, g.text, g.why, ask.moment)


def _hear(ask: Ask) -> Change:
    g = ask.given
    promises = []
    for each in g.promise or []:
        what, sign, day = each.rpartition("@")
        if not sign:
            raise AskedWrongly(f'--promise {each!r}: write it as "what @ 2026-11-30T10:00"')
        promises.append((what.strip(), g.instant(day)))
    return conversation.hear(ask.file, g.happened, g.wants, promises, ask.moment)


def _follow_up(ask: Ask) -> Change:
    g = ask.given
    if g.outcome:
        return following.follow_up_by_phone(ask.file, g.outcome, g.note, ask.moment)
    point = ask.known_point()
    return _carrying(
        ask, point, g.text,
        lambda filled: following.follow_up(ask.file, point, filled, g.subject, ask.moment),
    )  # fmt: skip


def _plan_follow_up(ask: Ask) -> Change:
    g = ask.given
    point = ask.known_point()
    return _carrying(
        ask, point, g.text,
        lambda filled: following.plan_follow_up(ask.file, point, filled, g.subject, ask.moment),
    )  # fmt: skip


def _pause(ask: Ask) -> Change:
    g = ask.given
    until = g.when("until")
    if until is None:
        raise AskedWrongly("a pause has an end: --until 2026-11-30T10:00")
    return pauses.pause(ask.file, g.clock or ["reach", "listen"], until, g.why, ask.moment)


def _extend(ask: Ask) -> Change:
    g = ask.given
    until = g.when("until")
    if until is None or len(g.clock or ()) != 1:
        raise AskedWrongly(
            "say which clock, and until when: --clock reach --until 2026-11-30T10:00"
        )
    return extensions.ask(ask.file, g.clock[0], until, g.why, ask.moment)


def _reopen(ask: Ask) -> Change:
    return reopening.take_up(ask.file, ask.store.playbook(), ask.given.why, ask.moment)


def _task(ask: Ask) -> Change:
    g = ask.given
    due = g.when("due")
    if not g.text:
        raise AskedWrongly("a task has a text, and a date: --text, --due")
    owner = ask.person(g.to).id if g.to else ""
    return custody.add_task(ask.file, g.kind, g.text, due, ask.moment, owner)


def _task_done(ask: Ask) -> Change:
    for task in ask.file.tasks:
        if task.id == ask.given.task:
            return custody.task_done(ask.file, task, ask.given.evidence, ask.moment)
    open_ones = ", ".join(t.id for t in ask.file.tasks if t.done_at is None) or "none"
    raise UserError(f"no task {ask.given.task!r}; still open: {open_ones}")


def _merge(ask: Ask) -> Change:
    if not ask.given.into:
        raise AskedWrongly("say which case it belongs to: --into N")
    into = ask.store.case_file(ask.given.into, ask.viewer)
    return merging.merge(ask.file, into, ask.given.why, ask.moment)


def _unmerge(ask: Ask) -> Change:
    legal("unmerge", ask.file)
    into = ask.store.case_file(ask.file.case.merged_into_id or "", ask.viewer)
    return merging.unmerge(ask.file, into, ask.moment)


def _stop(ask: Ask) -> Change:
    """Take consent back for one number or address, whoever it belongs to."""
    point = ask.known_point()
    sharing = ask.store.known_points([point.channel], point.index)
    known, waiting = ask.store.behind(sharing)
    practice = ask.store.practice_as_subject()
    how = ask.given.why or "said so"
    return consent.stop(point.index, point.channel, how, ask.moment, known, waiting, practice)


def _note(ask: Ask) -> Change:
    seen_by = ask.given.visibility
    if seen_by not in list(Visibility):
        raise AskedWrongly(f"--visibility {seen_by!r}: say one of {', '.join(Visibility)}")
    return custody.add_note(ask.file, ask.given.text, Visibility(seen_by), ask.moment)


BY_NAME: dict[str, Callable[[Ask], Change]] = {
    "draft": lambda a: replies.draft(a.file, a.given.text, a.moment),
    "approve": _approve,
    "cool": lambda a: cooling.cool(a.file, a.moment),
    "overrule": _overrule,
    "withdraw": lambda a: recalling.withdraw(a.file, a.given.why, a.moment),
    "take-down": lambda a: recalling.take_down(a.file, a.can, a.given.why, a.moment),
    "taken-down": lambda a: recalling.taken_down(a.file, a.given.evidence, a.moment),
    "incident": _incident,
    "incident-decide": lambda a: incidents.decide(a.file, a.given.outcome, a.given.text, a.moment),
    "incident-close": lambda a: incidents.close_incident(a.file, a.moment),
    "posted": lambda a: replies.posted(
        a.file, a.given.url, a.given.when("at") or a.moment.now, a.moment
    ),
    "replace-reply": lambda a: publishing.replace_foreign(a.file, a.moment),
    "report": lambda a: reporting.report(
        a.file, a.given.why, a.given.url, a.given.evidence, a.moment, a.given.when("until")
    ),
    "report-answered": lambda a: reporting.answered(
        a.file, a.given.outcome, a.given.note, a.moment, a.given.when("until")
    ),
    "no-reply": lambda a: replies.decide_on_none(a.file, a.given.why, a.moment),
    "match": _match,
    "unmatch": lambda a: correspondents.unmatch(a.file, a.given.why, a.moment),
    "point": _point,
    "identify": lambda a: correspondents.identify(
        a.file, a.given.identifier or (), a.given.authority, a.moment
    ),
    "looked-for": lambda a: conversation.looked_for(a.file, a.given.found, a.given.note, a.moment),
    "care-of": lambda a: correspondents.learn(a.file, a.given.care_of, a.moment),
    "contact": _contact,
    "write": _write,
    "link": _link,
    "received": _received,
    "no-answer": lambda a: conversation.no_answer(a.file, a.given.why, a.moment),
    "stop": _stop,
    "consent": _consent,
    "hear": _hear,
    "unreachable": lambda a: conversation.give_up(a.file, "unreachable", a.moment),
    "unidentified": lambda a: conversation.give_up(a.file, "unidentified", a.moment),
    "declined": lambda a: conversation.give_up(a.file, "declined", a.moment),
    "resolve": lambda a: following.resolve(
        a.file, a.given.cause, a.given.done, a.given.told, a.moment
    ),
    "look": lambda a: following.look(a.file, a.given.standing, a.moment),
    "plan-follow-up": _plan_follow_up,
    "follow-up": _follow_up,
    "close": lambda a: following.close(a.file, a.given.outcome, a.moment),
    "dismiss": lambda a: following.dismiss(a.file, a.given.why, a.given.note, a.moment),
    "reopen": _reopen,
    "take": lambda a: custody.take(a.file, a.moment),
    "have-it": lambda a: custody.have_it(a.file, a.moment),
    "hand-over": lambda a: custody.hand_over(a.file, a.person(a.given.to), a.given.why, a.moment),
    "hold": lambda a: custody.hold(a.file, a.given.why, a.moment),
    "release": lambda a: custody.release(a.file, a.moment),
    "severity": lambda a: custody.set_severity(a.file, a.given.severity, a.given.why, a.moment),
    "about": lambda a: custody.set_about(a.file, a.people(), a.moment),
    "troll": lambda a: custody.judge_troll(
        a.file, True, a.given.evidence, a.moment, guide(a.file.review.platform).report_route()
    ),
    "shield": lambda a: shielding.shield(a.file, a.given.kind, a.can, a.moment),
    "not-troll": lambda a: custody.judge_troll(a.file, False, a.given.evidence, a.moment),
    "note": _note,
    "task": _task,
    "task-done": _task_done,
    "pause": _pause,
    "resume": lambda a: pauses.resume(a.file, a.moment),
    "extend": _extend,
    "grant": lambda a: extensions.grant(a.file, a.moment),
    "refuse": lambda a: extensions.refuse(a.file, a.given.why, a.moment),
    "merge": _merge,
    "unmerge": _unmerge,
}

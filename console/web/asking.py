"""Each move of a case by name: what was filled in, made into the call of one rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from cases import custody, following, merging, reopening
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
from cases.clockwork import extensions, pauses
from cases.models import ContactPoint, Person, ReplyState, Visibility
from cases.needs import IllegalMove
from cases.ports import Capabilities
from cases.store import Store
from cases.talking import agreeing, calls, consent, conversation, correspondents, links
from cases.talking.correspondents import Who
from cases.talking.links import Pages
from cases.viewers import ENGINE, Viewer
from console.web.asked import Given, instant, points
from console.web.pages import ChangedMeanwhile
from console.web.words import web_address
from reviews import capabilities, guide


@dataclass(frozen=True, slots=True)
class Ask:
    """A move somebody asked for: the case as it stands, the moment, what they filled in."""

    store: Store
    file: CaseFile
    moment: Moment
    viewer: Viewer
    given: Given
    pages: Pages

    def word(self, name: str) -> str:
        return self.given.word(name)

    @property
    def can(self) -> Capabilities:
        return capabilities(self.file.review, self.store.sources())

    def person(self, name: str) -> Person:
        found = self.file.people.get(self.word(name))
        if found is None:
            raise IllegalMove(self.given.move, ["choose a colleague"])
        return found

    def point(self, *channels: str) -> ContactPoint | None:
        """Return the number or address chosen, or the first that may be used."""
        fitting = [each for each in self.file.points if each.channel in channels]
        chosen = [each for each in fitting if each.id == self.word("point")]
        usable = [each for each in fitting if self.file.usable(each)]
        return next(iter([*chosen, *usable, *fitting]), None)

    def known_point(self) -> ContactPoint:
        point = self.point("email", "sms")
        if point is None:
            raise IllegalMove(self.given.move, ["no e-mail address or mobile number is recorded"])
        return point


def _approve(ask: Ask) -> Change:
    draft = replies.newest(ask.file, ReplyState.DRAFT)
    if draft is not None and draft.id != ask.word("reply"):
        raise ChangedMeanwhile  # what would be approved is not what they read
    return replies.approve(ask.file, ask.can, ask.given.many("acknowledge"), ask.moment)


def _posted(ask: Ask) -> Change:
    if not web_address(ask.word("url")):
        raise IllegalMove("posted", ["say where it stands; an address begins with https://"])
    at = ask.given.when("at", ask.file.clinic.zone)
    return replies.posted(ask.file, ask.word("url"), at or ask.moment.now, ask.moment)


def _overrule(ask: Ask) -> Change:
    code, _, span = ask.word("finding").partition(":")
    start, _, end = span.partition(":")
    if not (start.isdecimal() and end.isdecimal() and len(span) < 20):
        raise IllegalMove("overrule", ["choose the finding"])
    at = (int(start), int(end))
    return overruling.overrule(ask.file, ask.can, code, *at, ask.word("why"), ask.moment)


def _incident(ask: Ask) -> Change:
    since = ask.given.when("at", ask.file.clinic.zone)
    known = ask.store.case_file(ask.file.case.id, ENGINE)  # also an incident they may not see
    return incidents.open_incident(known, ask.word("text"), ask.moment, since)


def _report(ask: Ask) -> Change:
    until = ask.given.when("until", ask.file.clinic.zone)
    why, route, evidence = ask.word("why"), ask.word("route"), ask.word("evidence")
    return reporting.report(ask.file, why, route, evidence, ask.moment, until)


def _match(ask: Ask) -> Change:
    relation = ask.word("relation")
    care_of = ask.word("care_of") or ("self" if relation == "patient" else "unknown")
    who = Who(
        ask.word("name"), relation, care_of, ask.word("basis"),
        ask.word("sureness") or "likely", ask.word("language") or "en",
    )  # fmt: skip
    return correspondents.match(ask.file, who, points(ask.store, ask.given), ask.moment)


def _point(ask: Ask) -> Change:
    found = points(ask.store, ask.given)
    if len(found) != 1:
        raise IllegalMove("point", ["give one number or address"])
    return correspondents.add_point(ask.file, found[0], ask.moment)


def _contact(ask: Ask) -> Change:
    channel = ask.word("channel") or "phone"
    at = ask.given.when("at", ask.file.clinic.zone) or ask.moment.now
    outcome, note = ask.word("outcome"), ask.word("note")
    point = ask.point(channel)
    flags = ask.given.many("flag") if ask.word("asked_flags") else None
    after = ask.given.when("after", ask.file.clinic.zone)
    return calls.log(
        ask.file, channel, outcome, note, at, ask.moment, point, flags=flags, after=after
    )


def _received(ask: Ask) -> Change:
    channel = ask.word("channel") or "phone"
    at = ask.given.when("at", ask.file.clinic.zone) or ask.moment.now
    if not ask.word("text"):
        raise IllegalMove("received", ["write down what they said"])
    if at > ask.moment.now:
        raise IllegalMove("received", ["what lies ahead was not received yet"])
    point = ask.point(channel)
    return conversation.received(ask.file, channel, ask.word("text"), at, ask.moment, point)


def _write(ask: Ask) -> Change:
    later = ask.given.when("at", ask.file.clinic.zone)
    text, subject = ask.word("text"), ask.word("subject")
    point = ask.known_point()
    kind = "invitation" if ask.word("purpose") == "invitation" else "message"
    return _carrying(
        ask,
        point,
        text,
        lambda filled: conversation.write(
            ask.file, point, filled, subject, ask.moment, not_before=later, kind=kind
        ),
    )


def _carrying(ask: Ask, point: ContactPoint, text: str, made: Callable[[str], Change]) -> Change:
    """Make a move whose text may have the slot of a private page."""
    return links.carrying(ask.file, point, text, ask.pages, ask.moment, made)


def _link(ask: Ask) -> Change:
    """Invite them to a private page, in the usual words or in one's own."""
    point = ask.known_point()
    usual = links.invitation(ask.file, point.channel)
    subject, text = ask.word("subject") or usual[0], ask.word("text") or usual[1]
    if links.SLOT not in text:
        raise IllegalMove("link", [f"leave {links.SLOT} in the text: the page's address is put in"])
    return _carrying(
        ask, point, text,
        lambda filled: conversation.write(ask.file, point, filled, subject, ask.moment),
    )  # fmt: skip


def _stop(ask: Ask) -> Change:
    point = ask.point("phone", "email", "sms")
    if point is None:
        raise IllegalMove("stop", ["no number or address is recorded"])
    known, waiting = ask.store.behind(ask.store.known_points([point.channel], point.index))
    practice, how = ask.store.practice_as_subject(), ask.word("why") or "said so"
    return consent.stop(point.index, point.channel, how, ask.moment, known, waiting, practice)


def _consent(ask: Ask) -> Change:
    point = ask.point("sms", "email", "phone")
    if point is None:
        raise IllegalMove("consent", ["no number or address is recorded"])
    purpose, how = ask.word("purpose"), ask.word("how")
    if ask.word("given") == "no":
        return agreeing.take_back(ask.file, point, purpose, how, ask.moment)
    return agreeing.agree(ask.file, point, purpose, ask.word("wording"), how, ask.moment)


def _hear(ask: Ask) -> Change:
    promises = []
    for what, day in zip(ask.given.all("promise"), ask.given.all("promise_at"), strict=False):
        if not what.strip():
            continue
        due_at = instant("hear", day.strip(), ask.file.clinic.zone)
        if due_at is None:
            raise IllegalMove("hear", ["each promise has a day by which it is kept"])
        promises.append((what.strip(), due_at))
    happened, wants = ask.word("happened"), ask.word("wants")
    return conversation.hear(ask.file, happened, wants, promises, ask.moment)


def _resolve(ask: Ask) -> Change:
    told = bool(ask.word("told"))
    return following.resolve(ask.file, ask.word("cause"), ask.word("done"), told, ask.moment)


def _follow_up(ask: Ask) -> Change:
    if outcome := ask.word("outcome"):
        return following.follow_up_by_phone(ask.file, outcome, ask.word("note"), ask.moment)
    text, subject = ask.word("text"), ask.word("subject")
    point = ask.known_point()
    return _carrying(
        ask, point, text,
        lambda filled: following.follow_up(ask.file, point, filled, subject, ask.moment),
    )  # fmt: skip


def _plan_follow_up(ask: Ask) -> Change:
    text, subject = ask.word("text"), ask.word("subject")
    point = ask.known_point()
    return _carrying(
        ask, point, text,
        lambda filled: following.plan_follow_up(ask.file, point, filled, subject, ask.moment),
    )  # fmt: skip


def _pause(ask: Ask) -> Change:
    until = ask.given.when("until", ask.file.clinic.zone)
    if until is None:
        raise IllegalMove("pause", ["a pause has an end: say until when"])
    kinds = ask.given.many("clock") or ["reach", "listen"]
    return pauses.pause(ask.file, kinds, until, ask.word("why"), ask.moment)


def _extend(ask: Ask) -> Change:
    until = ask.given.when("until", ask.file.clinic.zone)
    if until is None or not ask.word("clock"):
        raise IllegalMove("extend", ["say for what, and until when"])
    return extensions.ask(ask.file, ask.word("clock"), until, ask.word("why"), ask.moment)


def _reopen(ask: Ask) -> Change:
    return reopening.take_up(ask.file, ask.store.playbook(), ask.word("why"), ask.moment)


def _task(ask: Ask) -> Change:
    due = ask.given.when("due", ask.file.clinic.zone)
    if not ask.word("text"):
        raise IllegalMove("task", ["a task says what is owed, and by when"])
    owner = ask.person("to").id if ask.word("to") else ""
    kind = ask.word("kind") or "corrective_action"
    return custody.add_task(ask.file, kind, ask.word("text"), due, ask.moment, owner)


def _task_done(ask: Ask) -> Change:
    for task in ask.file.tasks:
        if task.id == ask.word("task"):
            return custody.task_done(ask.file, task, ask.word("evidence"), ask.moment)
    raise IllegalMove("task-done", ["there is no such task in this case"])


def _about(ask: Ask) -> Change:
    named = [ask.file.people[each] for each in ask.given.many("person") if each in ask.file.people]
    return custody.set_about(ask.file, named, ask.moment)


def _note(ask: Ask) -> Change:
    seen_by = ask.word("visibility") or Visibility.TEAM
    if seen_by not in list(Visibility):
        raise IllegalMove("note", [f"{seen_by!r}: choose who may read it"])
    return custody.add_note(ask.file, ask.word("text"), Visibility(seen_by), ask.moment)


def _merge(ask: Ask) -> Change:
    if not ask.given.number("into"):
        raise IllegalMove("merge", ["say which case it belongs to, by its number"])
    return merging.merge(
        ask.file, _other(ask, ask.given.number("into")), ask.word("why"), ask.moment
    )


def _unmerge(ask: Ask) -> Change:
    if ask.file.case.merged_into_id is None:
        raise IllegalMove("unmerge", ["this case was not merged into another"])
    return merging.unmerge(ask.file, _other(ask, ask.file.case.merged_into_id), ask.moment)


def _other(ask: Ask, which: int | str) -> CaseFile:
    try:
        return ask.store.case_file(which, ask.viewer)
    except LookupError:
        raise IllegalMove(ask.given.move, ["there is no such case, or not for you"]) from None


def _ended(how: str) -> Callable[[Ask], Change]:
    return lambda ask: conversation.give_up(ask.file, how, ask.moment)


BY_NAME: Mapping[str, Callable[[Ask], Change]] = {
    "draft": lambda a: replies.draft(a.file, a.given.one("text").strip(), a.moment),
    "approve": _approve,
    "cool": lambda a: cooling.cool(a.file, a.moment),
    "overrule": _overrule,
    "withdraw": lambda a: recalling.withdraw(a.file, a.word("why"), a.moment),
    "take-down": lambda a: recalling.take_down(a.file, a.can, a.word("why"), a.moment),
    "taken-down": lambda a: recalling.taken_down(a.file, a.word("evidence"), a.moment),
    "incident": _incident,
    "incident-decide": lambda a: incidents.decide(
        a.file, a.word("outcome"), a.word("text"), a.moment
    ),
    "incident-close": lambda a: incidents.close_incident(a.file, a.moment),
    "posted": _posted,
    "replace-reply": lambda a: publishing.replace_foreign(a.file, a.moment),
    "report": _report,
    "report-answered": lambda a: reporting.answered(
        a.file, a.word("result"), a.word("note"), a.moment
    ),
    "no-reply": lambda a: replies.decide_on_none(a.file, a.word("why"), a.moment),
    "match": _match,
    "unmatch": lambda a: correspondents.unmatch(a.file, a.word("why"), a.moment),
    "point": _point,
    "identify": lambda a: correspondents.identify(
        a.file, a.given.many("identifier"), a.word("authority"), a.moment
    ),
    "looked-for": lambda a: conversation.looked_for(
        a.file, a.word("found") == "yes", a.word("note"), a.moment
    ),
    "care-of": lambda a: correspondents.learn(a.file, a.word("care_of"), a.moment),
    "contact": _contact,
    "write": _write,
    "link": _link,
    "received": _received,
    "no-answer": lambda a: conversation.no_answer(a.file, a.word("why"), a.moment),
    "stop": _stop,
    "consent": _consent,
    "hear": _hear,
    "unreachable": _ended("unreachable"),
    "unidentified": _ended("unidentified"),
    "declined": _ended("declined"),
    "resolve": _resolve,
    "look": lambda a: following.look(a.file, a.word("standing"), a.moment),
    "plan-follow-up": _plan_follow_up,
    "follow-up": _follow_up,
    "close": lambda a: following.close(a.file, a.word("outcome"), a.moment),
    "dismiss": lambda a: following.dismiss(a.file, a.word("why"), a.word("note"), a.moment),
    "reopen": _reopen,
    "take": lambda a: custody.take(a.file, a.moment),
    "have-it": lambda a: custody.have_it(a.file, a.moment),
    "hand-over": lambda a: custody.hand_over(a.file, a.person("to"), a.word("why"), a.moment),
    "hold": lambda a: custody.hold(a.file, a.word("why"), a.moment),
    "release": lambda a: custody.release(a.file, a.moment),
    "severity": lambda a: custody.set_severity(a.file, a.word("severity"), a.word("why"), a.moment),
    "about": _about,
    "troll": lambda a: custody.judge_troll(
        a.file, True, a.word("evidence"), a.moment, guide(a.file.review.platform).report_route()
    ),
    "shield": lambda a: shielding.shield(a.file, a.word("kind"), a.can, a.moment),
    "not-troll": lambda a: custody.judge_troll(a.file, False, a.word("evidence"), a.moment),
    "note": _note,
    "task": _task,
    "task-done": _task_done,
    "pause": _pause,
    "resume": lambda a: pauses.resume(a.file, a.moment),
    "extend": _extend,
    "grant": lambda a: extensions.grant(a.file, a.moment),
    "refuse": lambda a: extensions.refuse(a.file, a.word("why"), a.moment),
    "merge": _merge,
    "unmerge": _unmerge,
}

"""What keeps a notice from leaving now: nobody to tell, a STOP, a hold, the hour of the day."""

from __future__ import annotations

from datetime import datetime, timedelta

from cases.checking import compliance
from cases.clockwork.reaching import ABOUT_WORK, MUST_REACH, OF_A_LADDER, passed_on
from cases.models import Clock, Notice, Person
from cases.people import present
from cases.talking.approving import approval
from cases.talking.consent import may_use, purpose_of, state_at
from cases.talking.links import CODE_HOLDS
from cases.talking.texting import not_before, window_of
from cases.talking.waiting import Waiting

Bar = tuple[str, datetime | None]  # why it never leaves; when it may, if that is all

# Worded in advance, and the only thing sent after a STOP (47 CFR 64.1200(a)(12)).
CONFIRMATION = "stop_confirmation"
_CONFIRMED_WITHIN = timedelta(minutes=5)
# Asked for at this minute by whoever gets it, at any hour, also after the case was closed.
_CODE = "code"
INVITATION = "invitation"  # to write a review: to a list of patients, in no case
_NEVER: Bar = ("", None)


def bar(waiting: Waiting, now: datetime) -> Bar:
    """Return (why it never leaves, "" where nothing forbids it; when it may leave, if later)."""
    if waiting.point is None:
        return _bar_to_staff(waiting, now)
    if waiting.notice.kind == CONFIRMATION:
        return _bar_to_confirmation(waiting, now), None
    return _bar_to_correspondent(waiting, now)


def _bar_to_staff(waiting: Waiting, now: datetime) -> Bar:
    notice, case, clock, person = waiting.notice, waiting.case, waiting.clock, waiting.person
    if case is not None and case.closed_at is not None and notice.kind in ABOUT_WORK:
        return "closed", None
    if clock is not None and clock.ended_at is not None:
        return "ended", None
    if notice.kind in OF_A_LADDER and (until := _rests(clock, now)) is not None:
        return "", until
    if person is None or not person.active:
        return "nobody", None
    return _bar_to_person(waiting, person, now), None


def _rests(clock: Clock | None, now: datetime) -> datetime | None:
    """Return until when somebody has it, where nobody else is told before."""
    until = clock.taken_until if clock is not None and clock.kind != "safety" else None
    return until if until is not None and now < until else None


def _bar_to_person(waiting: Waiting, person: Person, now: datetime) -> str:
    """Say why this person is not told what asks for work, where somebody else can be."""
    if waiting.case is None or waiting.notice.kind not in MUST_REACH:
        return ""
    if person.id in waiting.case.about:
        return "about"
    return "away" if not present(person, now) and passed_on(waiting, "away") else ""


def _bar_to_confirmation(waiting: Waiting, now: datetime) -> str:
    """Say why a STOP is not confirmed: once, within five minutes, while it stands."""
    notice, point = waiting.notice, waiting.point
    if point is None or point.closed_at is not None:
        return "stop"
    if state_at(waiting.consents, point.channel, "case").given is not False:
        return "started"
    if waiting.case is not None and waiting.case.held_at is not None:
        return "held"
    return "too_late" if now - notice.created_at > _CONFIRMED_WITHIN else ""


def _older(notice: Notice, closed_at: datetime) -> bool:
    """Tell whether it was approved for the open case; an answer to what came later may leave."""
    return notice.created_at <= closed_at


def _may_not_be_said(notice: Notice) -> bool:
    """Tell whether the words are forbidden by now: they may wait for weeks, and rules change."""
    words = "\n".join(filter(None, (notice.subject_line, notice.body)))
    return notice.kind != _CODE and compliance.blocked(compliance.check_private(words))


def _bar_to_invited(waiting: Waiting, now: datetime) -> Bar:
    """Say what keeps an invitation back: it hangs on no case, and wants a yes."""
    notice, point, who = waiting.notice, waiting.point, waiting.correspondent
    if point is None or who is None or who.undone_at is not None or who.care_of == "deceased":
        return "unmatched", None
    if not may_use(point, waiting.consents, INVITATION):
        return "stop", None
    text = approval(notice.channel, point.index, notice.subject_line or "", notice.body or "")
    if not notice.approved_by or notice.digest != text:
        return "not_what_was_approved", None
    if notice.channel != "sms":
        return _NEVER
    return "", not_before(window_of(point.value or "", who.zone), waiting.texted, now)


def _bar_to_correspondent(waiting: Waiting, now: datetime) -> Bar:
    notice, case, point, who = waiting.notice, waiting.case, waiting.point, waiting.correspondent
    if notice.kind == INVITATION:
        return _bar_to_invited(waiting, now)
    if case is None or point is None or who is None or who.undone_at is not None:
        return "unmatched", None
    if not may_use(point, waiting.consents, purpose_of(notice.kind)):
        return "stop", None
    if case.held_at is not None:
        return "held", None
    if case.closed_at is not None and notice.kind != _CODE and _older(notice, case.closed_at):
        return "closed", None
    text = approval(notice.channel, point.index, notice.subject_line or "", notice.body or "")
    if not notice.approved_by or notice.digest != text:
        return "not_what_was_approved", None
    if _may_not_be_said(notice):
        return "may_not_be_said", None
    if who.care_of == "deceased" and notice.kind == "follow_up":
        return "deceased", None
    if notice.kind == _CODE:
        return "too_late" if now - notice.created_at > CODE_HOLDS else "", None
    if notice.channel != "sms":
        return _NEVER
    return "", not_before(window_of(point.value or "", who.zone), waiting.texted, now)

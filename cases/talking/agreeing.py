"""What a patient agrees to, and takes back, in talking with somebody of the practice."""

from __future__ import annotations

from cases.casefile import CaseFile
from cases.changes import Change, Happened, Moment, about
from cases.models import ContactPoint
from cases.needs import IllegalMove, legal, one_of
from cases.stages import record
from cases.talking.consent import PURPOSES, said, suppressed

_LONGEST = 2000  # characters of the wording


def agree(
    file: CaseFile,
    point: ContactPoint,
    purpose: str,
    wording: str,
    how: str,
    moment: Moment,
) -> Change:
    """Record that they agreed: to what wording, how (on the telephone, on a form), before whom.

    It opens nothing that is closed (a wrong number stays one); it is the last word on a STOP.
    """
    _check(file, purpose, how)
    if not wording.strip() or len(wording) > _LONGEST:
        raise IllegalMove("consent", ["write down what they agreed to, as it was put to them"])
    return _noted(file, point, purpose, True, wording, how, moment)


def take_back(
    file: CaseFile, point: ContactPoint, purpose: str, how: str, moment: Moment
) -> Change:
    """Record that they took back one purpose; what waits for it is stopped. For all: `stop`."""
    _check(file, purpose, how)
    change = _noted(file, point, purpose, False, "", how, moment)
    waiting = [notice for notice in file.notices if notice.point_id == point.id]
    return change.with_parts(*suppressed(waiting, "stop", moment, purpose))


def _check(file: CaseFile, purpose: str, how: str) -> None:
    legal("consent", file)
    one_of("consent", "purpose", purpose, PURPOSES)
    if not how.strip():
        raise IllegalMove("consent", ["say how they said so: on the telephone, on a form, ..."])


def _noted(
    file: CaseFile,
    point: ContactPoint,
    purpose: str,
    given: bool,
    wording: str,
    how: str,
    moment: Moment,
) -> Change:
    row = said(point.index, point.channel, given, how, moment, purpose=purpose, wording=wording)
    kind = "consented" if given else "consent_taken_back"
    event = Happened(kind, {"channel": point.channel, "purpose": purpose})
    # The correspondent's own version is what a claim of a message leans on.
    who = file.correspondent
    person = [Change(about(who), moment, events=[event])] if who is not None else []
    return record(file, moment, event, adds=[row]).with_parts(*person)

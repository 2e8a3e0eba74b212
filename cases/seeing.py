"""What a review, as it is seen now, means beside what is known: new, edited, gone, the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from cases.casefile import CaseFile
from cases.changes import Change, Happened, Moment, Set, about
from cases.following import begin_again, look, may_reopen
from cases.models import Review, ReviewVersion
from cases.opening import Practised, digest, is_worse, open_case, take_edit, take_in, take_loss
from cases.playbook import Playbook
from cases.ports import SeenReview
from cases.stages import record
from cases.triage import Severity, Triage, triage

_GRAVITY = tuple(Severity)


def is_news(seen: SeenReview, known: Review | None) -> bool:
    """Tell whether a platform shows something the record does not have yet."""
    return known is None or known.gone_at is not None or known.digest != digest(seen)


def judge(seen: SeenReview, playbook: Playbook) -> Triage:
    """Return the judgement on a review as it is seen now, under a playbook's threshold."""
    return triage(seen.text, seen.rating, seen.recommends, playbook.threshold)


def answer(
    seen: SeenReview,
    judged: Triage,
    known: Review | None,
    file: CaseFile | None,
    practised: Practised,
    since: datetime | None,
    moment: Moment,
) -> Change | None:
    """Return what a review seen now changes; None where it is as it was.

    `file` is the case of the known review, if it has one.
    """
    if not is_news(seen, known):
        return None
    if known is None:
        return take_in(seen, judged, practised, since, moment)
    edit = take_edit(known, seen, judged, moment)
    if file is not None:
        return _edited_with_case(seen, judged, known, file, practised, edit, moment)
    if judged.opens_case and (_was_well(known) or is_worse(known, seen, judged)):
        return _open_on(known, judged, practised, edit, moment, None)
    return edit


def _edited_with_case(
    seen: SeenReview,
    judged: Triage,
    known: Review,
    file: CaseFile,
    practised: Practised,
    edit: Change,
    moment: Moment,
) -> Change:
    standing = standing_of(seen, known, judged)
    if file.case.closed_at is not None and file.case.merged_into_id is None:
        if standing != "lowered":
            return edit
        if not may_reopen(file, moment):
            return _open_on(known, judged, practised, edit, moment, file)
        return begin_again(file, "lowered", moment, str(judged.severity)).with_parts(edit)
    if file.case.resolved_at is not None and file.case.monitor_ended_at is None:
        if standing == "lowered":
            return begin_again(file, "lowered", moment, str(judged.severity)).with_parts(edit)
        return look(file, standing, moment).with_parts(edit)
    facts = {"severity": str(judged.severity)} if _graver(judged, file) else {}
    event = Happened("review_edited", {"standing": standing})
    return record(file, moment, event, facts=facts).with_parts(edit)


def standing_of(seen: SeenReview, known: Review, judged: Triage) -> str:
    """Return how a changed review stands: raised, lowered, or edited without either."""
    if is_worse(known, seen, judged):
        return "lowered"
    if known.rating is not None and seen.rating is not None and seen.rating > known.rating:
        return "raised"
    return "raised" if seen.recommends and known.recommends is False else "edited"


def _was_well(known: Review) -> bool:
    """Tell whether a review gave no cause for a case before: without stars, only words tell."""
    return not (known.negative or known.doubtful)


def _in_window(file: CaseFile) -> bool:
    case = file.case
    return case.resolved_at is not None and case.monitor_ended_at is None and not case.closed_at


def _graver(judged: Triage, file: CaseFile) -> bool:
    return _GRAVITY.index(judged.severity) > _GRAVITY.index(Severity(file.case.severity))


def _open_on(
    known: Review,
    judged: Triage,
    practised: Practised,
    edit: Change,
    moment: Moment,
    previous: CaseFile | None,
) -> Change:
    judged_now = Review(id=known.id, platform=known.platform, external_id=known.external_id,
                        clinic_id=known.clinic_id, severity=str(judged.severity),
                        troll=judged.troll, seen_at=known.seen_at)  # fmt: skip
    opened = open_case(judged_now, practised, moment, previous.case if previous else None)
    link = Set(Review, known.id, {"case_id": opened.subject.id})
    return opened.with_parts(replace(edit, sets=(*edit.sets, link)))


def lost(known: Review, file: CaseFile | None, moment: Moment) -> Change | None:
    """Return what it means that a review is gone; None where that is known already.

    One that went before its case was resolved ends the window all the same.
    """
    if known.gone_at is not None:
        return look(file, "removed", moment) if file is not None and _in_window(file) else None
    loss = take_loss(known, moment)
    if file is None or file.case.closed_at is not None:
        return loss
    if _in_window(file):
        return look(file, "removed", moment).with_parts(loss)
    return record(file, moment, Happened("review_gone")).with_parts(loss)


def purge(known: Review, versions: Sequence[str], moment: Moment) -> Change:
    """Let go of a review's text, as platforms limit how long it may be kept.

    What we judged and did stays, and the text's digest: an edit is still seen as one.
    """
    gone = {"text": "", "sealed_text": None}
    return Change(
        about(known),
        moment,
        sets=[
            Set(Review, known.id, {**gone, "purged_at": moment.now}),
            *(Set(ReviewVersion, each, gone) for each in versions),
        ],
        events=[Happened("purged")],
    )

"""What a review, as it is seen now, means beside what is known: new, edited, gone, the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from cases.arriving.editing import is_worse, take_edit, take_loss
from cases.arriving.opening import Practised, Route, digest, open_case, take_in
from cases.casefile import CaseFile
from cases.changes import Change, Happened, Moment, Set, about
from cases.following import look
from cases.judging.reading import STARS_ONLY
from cases.judging.triage import Severity, Triage, triage
from cases.models import ReplyState, Review, ReviewVersion
from cases.notices import to_person
from cases.playbooks.playbook import Playbook
from cases.ports import SeenReview, reply_mark
from cases.reopening import begin_again, may_reopen
from cases.stages import record

_GRAVITY = tuple(Severity)
CONFIRM_AFTER = timedelta(hours=12)  # between the two looks after which a review is gone


def is_news(seen: SeenReview, known: Review | None, route: Route | None = None) -> bool:
    """Tell whether a platform shows something the record does not have yet."""
    if known is None:
        return True
    route = route or Route()
    return _says_other(seen, known, route) or _reply_differs(seen, known) or _is_back(known, route)


def _is_back(known: Review, route: Route) -> bool:
    return _may_tell(known, route) and (known.gone_at or known.missing_at) is not None


def _says_other(seen: SeenReview, known: Review, route: Route) -> bool:
    if not _may_tell(known, route):
        return False  # two routes word it differently, and neither is an edit
    if seen.updated_at and known.updated_at and seen.updated_at < known.updated_at:
        return False  # pushes overtake each other
    return known.digest != digest(seen) and not (seen.cut and not known.cut)


def _may_tell(known: Review, route: Route) -> bool:
    """Tell whether how a review stands is this route's to say: its own one, or nobody's."""
    return known.source_id is None or route.source_id in (None, known.source_id)


def _reply_differs(seen: SeenReview, known: Review) -> bool:
    return seen.reply is not None and _mark(seen) != known.reply_mark


def _mark(seen: SeenReview) -> str:
    return reply_mark(seen.reply) if seen.reply and seen.reply.strip() else ""


def judge(seen: SeenReview, playbook: Playbook, route: Route | None = None) -> Triage:
    """Return the judgement on a review as it is seen now, under a playbook's threshold.

    Where a platform's terms forbid to analyse its text, the stars alone are judged.
    """
    unread = route is not None and not route.can.may_analyse
    text = "" if unread else seen.text
    judged = triage(text, seen.rating, seen.recommends, playbook.threshold)
    return replace(judged, because=(*judged.because, STARS_ONLY)) if unread else judged


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
    route = practised.route
    if known is None:
        return take_in(seen, judged, practised, since, moment)
    reply = about_reply(seen, known, file, moment)
    if _says_other(seen, known, route) or (known.gone_at is not None and _is_back(known, route)):
        change = _edited(seen, judged, known, file, practised, moment)
        return change.with_parts(reply) if reply else change
    if _is_back(known, route):
        back = _found_again(known, moment)
        return back.with_parts(reply) if reply else back
    return reply


def _edited(
    seen: SeenReview,
    judged: Triage,
    known: Review,
    file: CaseFile | None,
    practised: Practised,
    moment: Moment,
) -> Change:
    edit = take_edit(known, seen, judged, moment, practised.route)
    if file is not None:
        return _edited_with_case(seen, judged, known, file, practised, edit, moment)
    if judged.opens_case and (_was_well(known) or is_worse(known, seen, judged)):
        return _open_on(seen, known, judged, practised, edit, moment, None)
    return edit


def _found_again(known: Review, moment: Moment) -> Change:
    sets = [Set(Review, known.id, {"missing_at": None})]
    return Change(about(known), moment, sets=sets, events=[Happened("found_again")])


def about_reply(
    seen: SeenReview, known: Review, file: CaseFile | None, moment: Moment
) -> Change | None:
    """Return what it means that the owner's reply stands otherwise there than when last seen."""
    if not _reply_differs(seen, known):
        return None
    mark = _mark(seen)
    kind = _reply_standing(mark, known, file)
    notices = []
    if kind != "reply_seen" and file is not None and file.case.owner_id:
        key = f"{kind}:{known.id}:{mark[:16]}:{moment.now.isoformat()}"
        notices.append(to_person(kind, key, file.case.owner_id, case_id=file.case.id))
    return Change(
        about(known),
        moment,
        sets=[Set(Review, known.id, {"reply_mark": mark})],
        events=[Happened(kind, {"mark": mark[:16]})],
        notices=notices,
        case_id=known.case_id or "",
    )


def _reply_standing(mark: str, known: Review, file: CaseFile | None) -> str:
    replies = file.replies if file is not None else ()
    ours = {reply_mark(r.text or "") for r in replies if r.state in _PUBLISHED}
    if mark in ours:
        return "reply_seen"
    live = any(r.state == ReplyState.LIVE for r in replies)
    if not mark:
        return "reply_removed" if live and known.reply_mark else "reply_seen"
    return "reply_changed" if live else "reply_foreign"


_PUBLISHED = (ReplyState.LIVE, ReplyState.PENDING, ReplyState.SUBMITTED, ReplyState.UNKNOWN)


def missed(known: Review, moment: Moment) -> Change:
    """Note that a review was not found; a second look, later, tells whether it is gone."""
    sets = [Set(Review, known.id, {"missing_at": moment.now})]
    return Change(about(known), moment, sets=sets, events=[Happened("missing")])


def absent(known: Review, file: CaseFile | None, moment: Moment) -> Change | None:
    """Return what it means that a platform does not find a review: missed first, then lost."""
    if known.gone_at is None and known.missing_at is None:
        return missed(known, moment)
    if known.missing_at is not None and moment.now - known.missing_at < CONFIRM_AFTER:
        return None
    return lost(known, file, moment)


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
            return _open_on(seen, known, judged, practised, edit, moment, file)
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
    seen: SeenReview,
    known: Review,
    judged: Triage,
    practised: Practised,
    edit: Change,
    moment: Moment,
    previous: CaseFile | None,
) -> Change:
    judged_now = Review(id=known.id, platform=known.platform, external_id=known.external_id,
                        clinic_id=known.clinic_id, severity=str(judged.severity),
                        troll=judged.troll, seen_at=known.seen_at, text=seen.text)  # fmt: skip
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

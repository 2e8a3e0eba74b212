"""A further private message to our page belongs to the case its sender's first one opened."""

from __future__ import annotations

from cases.arriving.opening import Practised, recorded
from cases.casefile import CaseFile
from cases.changes import Change, Moment
from cases.judging.triage import Triage
from cases.ports import SeenReview
from cases.reopening import may_reopen
from cases.talking.conversation import received


def joins(seen: SeenReview, file: CaseFile, moment: Moment) -> bool:
    """Tell whether a message goes on with this case; a case closed long ago is another matter."""
    return seen.kind == "message" and bool(seen.author_id) and may_reopen(file, moment)


def join(
    seen: SeenReview, judged: Triage, known: Practised, file: CaseFile, moment: Moment
) -> Change:
    """Take a further message into a case: its own clock starts, the owner is told.

    It is recorded as any other too, so that a second delivery is recognised.
    """
    at = min(seen.posted_at or moment.now, moment.now)
    said = received(file, "page_message", seen.text, at, moment)
    return said.with_parts(recorded(seen, judged, known, moment, False, case_id=file.case.id))

"""A hold: nothing goes out while it stands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cases.answering import replies
from cases.custody import hold, release
from cases.models import NoticeState
from cases.needs import IllegalMove
from cases.ports import Capabilities
from cases.talking import delivery
from cases.talking.conversation import write
from flows import sweep
from tests.acceptance.desk import house, reached
from tests.builders import DAY, MINUTE, RESPONDER, T0, Desk, moment

REPLY = (
    "Thank you for taking the time to write. We are sorry to read this. "
    "Please reach Dana Field, our clinical director, at (212) 555-0100 or care@elm.example."
)


def delivery_of(desk: Desk, waiting: Any) -> str:
    """Return why a waiting notice does not leave, or "" where it does."""
    change = delivery.claim(waiting, moment(desk.now, "deliver"), 5 * MINUTE)
    values = change.sets[0].values
    return str(values.get("code", ""))


def test_a_hold_stops_all_that_goes_out_and_never_ends_by_itself(
    desk: Desk, tmp_path: Path
) -> None:
    reached(desk)
    desk.do(replies.draft, REPLY, by=RESPONDER)
    desk.do(replies.approve, Capabilities(reply=True), ())
    (point,) = desk.file.points
    desk.do(write, point, "Thank you for telling us. I shall call you.", "Your message")
    desk.do(hold, "counsel")
    with pytest.raises(IllegalMove, match="a hold stops"):
        desk.do(write, point, "One more thing.", "Your message")
    with pytest.raises(IllegalMove, match="a hold stops"):
        desk.do(replies.approve, Capabilities(reply=True), ())
    for day in range(1, 400, 57):
        desk.now = T0 + day * DAY
        sweep.run(house(desk, tmp_path))
        assert desk.store.replies_to_publish(desk.now) == []
        waiting = desk.store.waiting(desk.now, ("email",))
        found = [delivery_of(desk, each) for each in waiting if each.notice.point_id]
        assert set(found) <= {"held"}
    assert desk.read().case.held_at == T0
    desk.do(release)
    to_them = [notice.state for notice in desk.file.notices]
    assert to_them == [NoticeState.SUPPRESSED]  # it was approved for another day

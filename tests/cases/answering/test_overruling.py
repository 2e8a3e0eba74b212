"""One finding overruled by a privacy officer, with its reason, for this exact text."""

import pytest

from cases.answering import overruling, replies
from cases.models import ReplyState
from cases.needs import IllegalMove
from cases.ports import Capabilities
from cases.viewers import ENGINE
from tests.builders import DIRECTOR, MANAGER, PRIVACY, RESPONDER, Desk
from tests.cases.answering.test_replies import GOOD

API = Capabilities(reply=True)
ODD = f"{GOOD} We appreciate your recent visit to the office."
WHY = "It answers the mayor, who visited the office with the press."


def the_block(desk: Desk) -> tuple[str, int, int]:
    (found,) = replies.findings(desk.file, ODD, API)
    return found.code, found.start, found.end


@pytest.fixture
def drafted(desk: Desk) -> Desk:
    desk.do(replies.draft, ODD, by=RESPONDER)
    return desk


def test_an_overruled_finding_no_longer_blocks(drafted: Desk) -> None:
    with pytest.raises(IllegalMove, match="confirms_relationship"):
        drafted.do(replies.approve, API, ())
    drafted.do(overruling.overrule, API, *the_block(drafted), WHY, by=PRIVACY)
    drafted.do(replies.approve, API, ())
    assert drafted.file.replies[0].state == ReplyState.APPROVED


def test_the_reason_is_kept_with_the_reply_and_in_the_history(drafted: Desk) -> None:
    drafted.do(overruling.overrule, API, *the_block(drafted), WHY, by=PRIVACY)
    (reply,) = drafted.file.replies
    assert reply.overruled_why == WHY
    assert (reply.overruled["code"], reply.overruled["by"]) == (the_block(drafted)[0], PRIVACY)
    line = drafted.store.timeline(drafted.file, ENGINE)[-1]
    assert (line.event.kind, line.event.by, line.words) == ("finding_overruled", PRIVACY, WHY)


def test_only_a_privacy_officer_overrules(drafted: Desk) -> None:
    for by in (DIRECTOR, MANAGER, RESPONDER, "publish"):
        with pytest.raises(IllegalMove, match="only a privacy officer"):
            drafted.do(overruling.overrule, API, *the_block(drafted), WHY, by=by)


def test_nobody_overrules_the_checker_for_a_text_of_their_own(desk: Desk) -> None:
    desk.do(replies.draft, ODD, by=PRIVACY)
    with pytest.raises(IllegalMove, match="of their own"):
        desk.do(overruling.overrule, API, *the_block(desk), WHY, by=PRIVACY)


def test_it_takes_a_reason_and_the_exact_place(drafted: Desk) -> None:
    code, start, end = the_block(drafted)
    with pytest.raises(IllegalMove, match="--why"):
        drafted.do(overruling.overrule, API, code, start, end, "  ", by=PRIVACY)
    with pytest.raises(IllegalMove, match=f"there are: {code} {start}-{end}"):
        drafted.do(overruling.overrule, API, code, start + 1, end, WHY, by=PRIVACY)


def test_one_finding_is_overruled_and_no_second(desk: Desk) -> None:
    text = f"{ODD} Your insurance did not pay."
    desk.do(replies.draft, text, by=RESPONDER)
    blocks = [f for f in replies.findings(desk.file, text, API) if f.level == "block"]
    first, second = blocks[0], blocks[-1]
    assert first != second
    desk.do(overruling.overrule, API, first.code, first.start, first.end, WHY, by=PRIVACY)
    with pytest.raises(IllegalMove, match="already"):
        desk.do(overruling.overrule, API, second.code, second.start, second.end, WHY, by=PRIVACY)
    with pytest.raises(IllegalMove, match=second.code):
        desk.do(replies.approve, API, ())


def test_another_text_loses_it(drafted: Desk) -> None:
    drafted.do(overruling.overrule, API, *the_block(drafted), WHY, by=PRIVACY)
    drafted.do(replies.draft, f"{ODD} ", by=RESPONDER)
    with pytest.raises(IllegalMove, match="confirms_relationship"):
        drafted.do(replies.approve, API, ())

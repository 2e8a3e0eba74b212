"""A confirmed troll is hidden or blocked where the platform can, and reported by its own route."""

import pytest

from cases import custody
from cases.answering import reporting, shielding
from cases.needs import IllegalMove
from cases.ports import Capabilities, PlatformError
from reviews import guide
from tests.builders import DAY, DIRECTOR, RESPONDER, T0, Desk, a_seen_review

CAN = Capabilities(hide=True, block=True)
EVIDENCE = "The same words stand under forty practices."


@pytest.fixture
def troll(store: object) -> Desk:
    desk = Desk(store, a_seen_review(author_id="a-17"))  # type: ignore[arg-type]
    desk.do(custody.judge_troll, True, EVIDENCE, route=guide("google").report_route())
    return desk


def test_a_suspicion_hides_nothing(desk: Desk) -> None:
    with pytest.raises(IllegalMove, match="confirmed a troll"):
        desk.do(shielding.shield, "hide", CAN)


@pytest.mark.parametrize("way", shielding.WAYS)
def test_a_person_asks_and_the_platform_does_it(troll: Desk, way: str) -> None:
    troll.do(shielding.shield, way, CAN)
    ((case_id, task_id),) = troll.store.shields_asked(T0)
    task = next(each for each in troll.file.tasks if each.id == task_id)
    assert (case_id, task.kind, task.due_at) == (troll.file.case.id, way, T0 + DAY)
    troll.do(shielding.shielded, task)
    assert troll.store.shields_asked(T0) == []
    assert troll.events()[-1] == "shielded"


def test_where_the_platform_offers_no_such_thing_it_is_reported(troll: Desk) -> None:
    with pytest.raises(IllegalMove, match="report it instead"):
        troll.do(shielding.shield, "block", Capabilities(hide=True))


def test_who_may_not_approve_may_not_hide(troll: Desk) -> None:
    with pytest.raises(IllegalMove, match="one of"):
        troll.do(shielding.shield, "hide", CAN, by=RESPONDER)


def test_it_is_asked_once(troll: Desk) -> None:
    troll.do(shielding.shield, "hide", CAN)
    with pytest.raises(IllegalMove, match="already"):
        troll.do(shielding.shield, "hide", CAN)


def test_what_the_platform_refuses_for_good_is_a_persons(troll: Desk) -> None:
    troll.do(shielding.shield, "hide", CAN)
    task = next(each for each in troll.file.tasks if each.kind == "hide")
    error = PlatformError("facebook-403", permanent=True)
    troll.do(shielding.not_shielded, task, error)
    assert troll.store.shields_asked(T0) == []
    assert {t.kind for t in troll.file.tasks if t.done_at is None} >= {"hide_by_hand"}


def test_the_task_names_the_platforms_own_route_and_the_report_does_it(troll: Desk) -> None:
    (task,) = [each for each in troll.file.tasks if each.kind == "report_to_platform"]
    assert guide("google").report_route() in (task.what or "")
    url = "https://reviews.example/report"
    troll.do(reporting.report, "spam", url, EVIDENCE, contest_until=T0 + 10 * DAY)
    tasks = {each.kind: each for each in troll.file.tasks}
    assert tasks["report_to_platform"].evidence == url
    assert (tasks["appeal"].due_at, tasks["appeal"].owner_id) == (T0 + 10 * DAY, DIRECTOR)
    assert "appeal" in troll.running()
    troll.do(reporting.answered, "accepted", "It was removed.")
    assert "reported" in troll.events()
    assert troll.events()[-1] == "report_answered"

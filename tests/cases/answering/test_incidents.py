"""A reply that revealed something: who is told, what is owed by when, and when it may be closed."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from cases.answering import incidents, publishing, replies
from cases.clockwork.ladders import step
from cases.custody import task_done
from cases.following import dismiss
from cases.models import Role
from cases.needs import IllegalMove
from cases.ports import Capabilities, Published
from cases.viewers import ENGINE, Viewer
from tests.builders import (
    ADMIN,
    CHIEF,
    DAY,
    DIRECTOR,
    HOUR,
    PRIVACY,
    RESPONDER,
    T0,
    Desk,
    moment,
)
from tests.cases.answering.test_replies import GOOD

API = Capabilities(reply=True)
WHAT = "The reply says that the author was here on a Tuesday."
FACTORS = "A weekday, no name; public for two hours; twelve views; taken down at once."


@pytest.fixture
def live(desk: Desk) -> Desk:
    desk.do(replies.draft, GOOD, by=RESPONDER)
    desk.do(replies.approve, API, ())
    desk.do(publishing.submit, desk.file.replies[0])
    desk.do(publishing.went_live, desk.file.replies[0], Published("g1"))
    return desk


@pytest.fixture
def opened(live: Desk) -> Desk:
    live.do(incidents.open_incident, WHAT, by=RESPONDER)
    return live


def test_nothing_that_was_never_public_is_an_incident(desk: Desk) -> None:
    desk.do(replies.draft, GOOD, by=RESPONDER)
    with pytest.raises(IllegalMove, match="ever public"):
        desk.do(incidents.open_incident, WHAT)


def test_anybody_may_open_one_and_says_what_it_reveals(live: Desk) -> None:
    with pytest.raises(IllegalMove, match="--text"):
        live.do(incidents.open_incident, " ", by=RESPONDER)
    live.do(incidents.open_incident, WHAT, by=RESPONDER)
    (incident,) = live.file.incidents
    assert (incident.revealed, incident.opened_by) == (WHAT, RESPONDER)
    assert incident.reply_id == live.file.replies[0].id


def test_privacy_officer_and_chief_are_told_at_once(opened: Desk) -> None:
    told = [w.notice for w in opened.store.waiting(T0, ["email"]) if w.notice.kind == "incident"]
    assert {notice.person_id for notice in told} == {PRIVACY, CHIEF}


def test_each_item_is_a_task_with_its_date_and_a_clock_of_its_own(opened: Desk) -> None:
    (incident,) = opened.file.incidents
    by_id = {task.id: task for task in opened.file.tasks}
    due = {item: by_id[task].due_at for item, task in incident.items.items()}
    assert list(due) == list(incidents.ITEMS) or set(due) == set(incidents.ITEMS)
    assert due["take_down"] == due["evidence"] == due["tell"] == T0 + HOUR
    assert due["notify"] == T0 + 60 * DAY
    clocks = [clock for clock in opened.file.clocks if clock.kind == "breach"]
    assert {clock.key: clock.due_at for clock in clocks} == {
        task.id: task.due_at for task in by_id.values()
    }
    assert {task.owner_id for task in by_id.values()} == {PRIVACY}


def test_the_log_for_the_secretary_is_due_60_days_after_the_year_of_the_discovery() -> None:
    late = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    due = incidents.due_dates(late, "America/New_York", late)
    assert due["log"] == datetime(2027, 3, 1, 17, 0, tzinfo=UTC)
    after = incidents.due_dates(late + 6 * HOUR, "America/New_York", late + 6 * HOUR)
    assert after["log"].year == 2028


def test_the_60_days_run_from_the_discovery_not_from_the_entry(live: Desk) -> None:
    live.now = T0 + 3 * DAY
    live.do(incidents.open_incident, WHAT, discovered_at=T0 + DAY)
    (incident,) = live.file.incidents
    notify = next(t for t in live.file.tasks if t.id == incident.items["notify"])
    assert (incident.discovered_at, notify.due_at) == (T0 + DAY, T0 + 61 * DAY)


def test_only_those_who_see_risks_see_it(opened: Desk) -> None:
    for role, sees in (
        (Role.RESPONDER, False), (Role.DIRECTOR, False), (Role.CHIEF, True),
        (Role.PRIVACY_OFFICER, True), (Role.MANAGER, True),
    ):  # fmt: skip
        viewer = Viewer("x", role)
        file = opened.store.case_file(opened.file.case.id, viewer)
        assert bool(file.incidents) is sees
        assert any(task.kind == "breach" for task in file.tasks) is sees
        kinds = {line.event.kind for line in opened.store.timeline(file, viewer)}
        assert ("incident_opened" in kinds) is sees


def test_one_incident_for_a_reply(opened: Desk) -> None:
    with pytest.raises(IllegalMove, match="already"):
        opened.do(incidents.open_incident, WHAT)


def test_it_is_not_closed_while_anything_is_open(opened: Desk) -> None:
    with pytest.raises(IllegalMove) as refused:
        opened.do(incidents.close_incident, by=PRIVACY)
    assert len(refused.value.missing) == len(incidents.ITEMS) + 1
    assert any("four factors" in each for each in refused.value.missing)


def do_items(desk: Desk, *items: str) -> None:
    (incident,) = desk.file.incidents
    for item in items:
        task = next(t for t in desk.file.tasks if t.id == incident.items[item])
        desk.do(task_done, task, "done, see the folder", by=PRIVACY)


def test_a_low_probability_shown_ends_the_notice_and_the_log(opened: Desk) -> None:
    do_items(opened, "evidence", "take_down", "tell")
    opened.do(incidents.decide, "low_probability", FACTORS, by=PRIVACY)
    (incident,) = opened.file.incidents
    assert (incident.decision, incident.assessment, incident.decided_by) == (
        "low_probability", FACTORS, PRIVACY,
    )  # fmt: skip
    opened.do(incidents.close_incident, by=PRIVACY)
    assert opened.file.incidents[0].closed_at == T0
    assert "breach" not in opened.running()


def test_a_notice_decided_on_is_owed_until_it_is_sent(opened: Desk) -> None:
    do_items(opened, "evidence", "take_down", "tell")
    opened.do(incidents.decide, "notify", FACTORS, by=CHIEF)
    assert incidents.open_items(opened.file, opened.file.incidents[0]) == ["notify", "log"]
    with pytest.raises(IllegalMove, match="Notify the person"):
        opened.do(incidents.close_incident, by=PRIVACY)
    do_items(opened, "notify", "log")
    opened.do(incidents.close_incident, by=PRIVACY)


def test_who_decides_writes_the_four_factors_down(opened: Desk) -> None:
    with pytest.raises(IllegalMove, match="four factors"):
        opened.do(incidents.decide, "notify", " ", by=PRIVACY)
    with pytest.raises(IllegalMove, match="decision"):
        opened.do(incidents.decide, "forget", FACTORS, by=PRIVACY)
    with pytest.raises(IllegalMove, match="privacy_officer"):
        opened.do(incidents.decide, "notify", FACTORS, by=DIRECTOR)


def test_what_is_decided_is_not_decided_again(opened: Desk) -> None:
    opened.do(incidents.decide, "notify", FACTORS, by=PRIVACY)
    with pytest.raises(IllegalMove, match="already"):
        opened.do(incidents.decide, "low_probability", FACTORS, by=PRIVACY)


def test_its_clocks_outlive_the_case(opened: Desk) -> None:
    opened.do(dismiss, "not_ours", "another practice of that name")
    assert "breach" in opened.running()


def test_its_deadline_goes_to_the_privacy_officer_first(opened: Desk) -> None:
    ladder = opened.file.playbook.clocks["breach"].ladder
    assert [rung.tell for rung in ladder][:2] == [("privacy_officer",)] * 2
    assert "chief" in ladder[2].tell


def test_a_discovery_more_than_60_days_ago_is_for_counsel_first(live: Desk) -> None:
    live.now = T0 + timedelta(days=70)
    with pytest.raises(IllegalMove, match="counsel"):
        live.do(incidents.open_incident, WHAT, discovered_at=T0)


def test_nobody_else_hears_of_its_clocks(opened: Desk) -> None:
    opened.now = T0 + 61 * DAY
    for _ in range(3):
        opened.write(step(opened.file, moment(opened.now, "sweep")))
    told = [w.notice for w in opened.store.waiting(opened.now, ["email"])]
    of_breach = {n.person_id for n in told if n.detail.get("clock") == "breach"}
    assert of_breach
    assert of_breach <= {PRIVACY, CHIEF, ADMIN}
    team = Viewer(DIRECTOR, Role.DIRECTOR)
    file = opened.store.case_file(opened.file.case.id, team)
    assert "breach" not in {clock.kind for clock in file.clocks}
    details = [line.event.detail for line in opened.store.timeline(file, team)]
    assert not any(detail.get("clock") == "breach" for detail in details)
    (short,) = opened.store.cases(team)
    assert short.clock is not None
    assert short.clock.kind != "breach"


def test_what_it_reveals_is_sealed(opened: Desk) -> None:
    assert opened.store.case_file(opened.file.case.id, ENGINE).incidents[0].revealed == WHAT
    with opened.store._engine.connect() as connection:
        (kept,) = connection.execute(text("SELECT revealed FROM incidents")).one()
    assert "Tuesday" not in kept

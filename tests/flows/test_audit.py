"""The audit finds what was overlooked, hangs or was rewritten; it is red with a code, no text."""

from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from cases.changes import Moment
from cases.settings import Settings
from cases.store import Store, open_store
from cases.talking import conversation, delivery
from flows.audit import audit, run
from flows.house import FlowError, House
from tests.builders import DIRECTOR, HOUR, IDS, MINUTE, T0, found_practice, moment, take
from tests.builders import a_seen_review as seen
from tests.story import Story

NOTHING = {"overlooked": 0, "waiting": 0, "hanging": 0, "broken": 0, "flaws": 0}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A practice with one case, where the environment says it is."""
    monkeypatch.setenv("AMENDS_DATA", str(tmp_path))
    store = open_store(Settings(data=tmp_path), moment(T0), "Sample Practice")
    found_practice(store)
    take(store, seen())
    store.close()
    return tmp_path


def code_at(now_is: object) -> str:
    with pytest.raises(FlowError) as raised:
        audit.fn(now_is)  # type: ignore[arg-type]
    return raised.value.code


def test_all_is_well_where_the_flows_run(story: Story) -> None:
    story.review("r1", "Waited two hours and nobody said sorry.", stars=2)
    story.it_is(2, "09:00")
    assert story.run("audit") == NOTHING
    story.it_is(2, "13:00")
    story.now += 15 * MINUTE
    assert story.run("audit") == NOTHING


def test_a_clock_nobody_looked_at_is_found_after_a_quarter_of_an_hour(story: Story) -> None:
    story.review("r1", "Waited two hours and nobody said sorry.", stars=2)
    story.it_is(2, "09:00")
    story.now += 2 * HOUR + 15 * MINUTE
    assert story.run("audit")["overlooked"] == 0
    story.now += MINUTE
    assert story.run("audit") == {**NOTHING, "overlooked": 1, "flaws": 1}
    story.run("sweep", "deliver")
    assert story.run("audit") == NOTHING


def test_notices_that_cannot_leave_are_found(story: Story) -> None:
    story.review("r1", "Waited two hours and nobody said sorry.", stars=2)
    story.run("intake")
    story.now += 14 * MINUTE
    assert story.run("audit")["waiting"] == 0
    story.now += MINUTE
    assert story.run("audit") == {**NOTHING, "waiting": 1}


def test_a_notice_whose_sender_died_is_found(known: Story) -> None:
    made = Moment(known.now, DIRECTOR, known.ids)
    words = ("Please call us.", "Elm Street")
    known.store.apply([conversation.write(known.case(), known.way("email"), *words, made)])
    (waiting,) = known.store.waiting(known.now, ["email"])
    known.store.apply([delivery.claim(waiting, made, 15 * MINUTE)])
    known.now += 30 * MINUTE
    assert known.run("audit")["hanging"] == 0
    known.now += MINUTE
    assert known.run("audit") == {**NOTHING, "hanging": 1}


def test_a_line_of_history_rewritten_is_found(sqlite_store: Store, tmp_path: Path) -> None:
    found_practice(sqlite_store)
    take(sqlite_store, seen())
    house = House(Settings(data=tmp_path), sqlite_store, "audit", T0, IDS)
    assert run(house) == NOTHING
    engine = create_engine(f"sqlite:///{tmp_path / 'amends.db'}")
    with engine.begin() as connection:  # by somebody who took the guard away first
        connection.execute(text("DROP TRIGGER events_no_update"))
        connection.execute(text("UPDATE events SET kind = 'noted' WHERE kind = 'opened'"))
    engine.dispose()
    assert run(house) == {**NOTHING, "broken": 1}


def test_the_flow_is_green_where_all_is_well(home: Path) -> None:
    assert audit.fn(T0) == NOTHING


def test_the_flow_fails_with_a_code_that_names_what_is_wrong(home: Path) -> None:
    assert code_at(T0 + 3 * HOUR) == "audit-flaws-overlooked-waiting"


def test_the_flow_logs_how_many_and_nothing_of_the_review(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    code_at(T0 + 3 * HOUR)
    assert "audit: overlooked 1, waiting 1" in caplog.text
    assert "Two hours late" not in caplog.text

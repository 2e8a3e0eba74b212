"""Every flow opens the house and leaves it closed; whatever is raised leaves as a bare code."""

import logging
import pickle
import traceback
from pathlib import Path

import pytest

from cases.settings import Settings
from cases.store import Store, StoreError, open_store
from flows import audit, compare, deliver, follow_up, intake, publish, receive, sweep, watch
from flows import house as houses
from flows.house import FlowError, House, alone, at_work, code_of
from tests.builders import T0, moment

CANARY = "Pat Doe, born 1970-01-01"
FLOWS = [
    ("audit", audit.audit),
    ("compare", compare.compare),
    ("deliver", deliver.deliver),
    ("follow_up", follow_up.follow_up),
    ("intake", intake.intake),
    ("publish", publish.publish),
    ("receive", receive.receive),
    ("sweep", sweep.sweep),
    ("watch", watch.watch),
]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AMENDS_DATA", str(tmp_path))
    open_store(Settings(data=tmp_path), moment(T0), "Sample Practice").close()
    return tmp_path


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> list[Store]:
    """The stores that were closed again."""
    found, real = list[Store](), Store.close

    def close(store: Store) -> None:
        found.append(store)
        real(store)

    monkeypatch.setattr(Store, "close", close)
    return found


def told(error: BaseException) -> str:
    """Return all that a log, a report or a stored state would show of an error."""
    shown = "".join(traceback.format_exception(error))
    return shown + repr(error) + repr(pickle.loads(pickle.dumps(error)).args)


@pytest.mark.parametrize(("name", "flow"), FLOWS)
def test_an_error_leaves_a_flow_as_a_code_without_its_text(
    name: str,
    flow: object,
    home: Path,
    closed: list[Store],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(house: House) -> None:
        try:
            raise LookupError(CANARY)
        except LookupError as error:
            raise RuntimeError(f"{CANARY}, again") from error

    monkeypatch.setitem(flow.fn.__globals__, "run", broken)  # type: ignore[attr-defined]
    with pytest.raises(FlowError) as raised, caplog.at_level(logging.DEBUG):
        flow.fn(T0)  # type: ignore[attr-defined]
    assert raised.value.code == f"{name}-RuntimeError"
    assert str(raised.value) == raised.value.code
    assert CANARY not in told(raised.value)
    assert CANARY not in caplog.text
    assert len(closed) == 1


@pytest.mark.parametrize(("name", "flow"), FLOWS)
def test_an_empty_practice_keeps_every_flow_green(
    name: str, flow: object, home: Path, closed: list[Store]
) -> None:
    counts = flow.fn(T0)  # type: ignore[attr-defined]
    assert not any(counts.values())
    assert len(closed) == 1


def test_what_is_written_for_people_is_logged_and_leaves_as_its_kind(
    home: Path, closed: list[Store], caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(FlowError) as raised, at_work("sweep", T0):
        raise StoreError("the disk is full; make room and try again")
    assert raised.value.code == "StoreError"
    assert "sweep: the disk is full; make room and try again" in caplog.text
    assert len(closed) == 1


def test_a_practice_that_is_not_there_is_told_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("AMENDS_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(FlowError, match="StoreError"), at_work("sweep", T0):
        pytest.fail("nothing can be done without a record")
    assert "amends db upgrade" in caplog.text
    assert not (tmp_path / "nowhere").exists()


def test_a_setting_that_cannot_be_used_is_told_with_the_remedy(
    home: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("AMENDS_MAIL", "smtp")
    with pytest.raises(FlowError, match="SettingsError"), at_work("deliver", T0):
        pytest.fail("a half-configured channel must not be opened")
    assert "AMENDS_MAIL_FROM" in caplog.text


def test_another_keyring_is_refused(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = home / "other"
    open_store(Settings(data=other), moment(T0), "Another Practice").close()
    monkeypatch.setenv("AMENDS_KEYRING", (other / "keyring.json").read_text())
    with pytest.raises(FlowError, match="KeyringError"), at_work("sweep", T0):
        pytest.fail("what is written with another key can never be read again")


def test_a_code_of_a_flow_passes_as_it_is(home: Path, closed: list[Store]) -> None:
    with pytest.raises(FlowError, match=r"^audit-broken$"), at_work("audit", T0):
        raise FlowError("audit-broken")
    assert len(closed) == 1


def test_a_run_for_a_given_time_stays_at_it_and_another_moves_on(home: Path) -> None:
    with at_work("sweep", T0) as house:
        assert house.now == house.moment().now == T0
        assert house.moment().by == "sweep"
    with at_work("sweep", None) as house:
        first = house.now
        assert house.now >= first
        assert first.tzinfo is not None


def test_one_failure_alone_is_counted_and_its_text_stays_in(
    caplog: pytest.LogCaptureFixture,
) -> None:
    done = {"failed": 0}
    with alone("case 7", done, "failed"):
        raise ValueError(CANARY)
    assert done == {"failed": 1}
    assert "case 7: ValueError" in caplog.text
    assert CANARY not in caplog.text


def test_a_record_that_cannot_be_used_is_nobodys_failure_alone() -> None:
    done = {"failed": 0}
    with pytest.raises(StoreError), alone("case 7", done, "failed"):
        raise StoreError("the disk is full")
    assert done == {"failed": 0}


def test_an_error_is_told_by_its_kind() -> None:
    assert code_of(ValueError(CANARY)) == "ValueError"
    assert houses.FlowError("x-y").code == "x-y"

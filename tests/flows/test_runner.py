"""Which of several missed runs is still worth running."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from prefect.client.schemas.responses import FlowRunResponse

from flows.runner import overtaken

NOW = datetime(2026, 11, 2, 14, 0, tzinfo=UTC)
SWEEP, DELIVER = uuid4(), uuid4()


def a_run(deployment: UUID, minutes: float) -> FlowRunResponse:
    at = NOW + timedelta(minutes=minutes)
    return FlowRunResponse(
        flow_id=uuid4(), work_pool_id=None, deployment_id=deployment, next_scheduled_start_time=at
    )


def test_after_an_outage_only_the_last_missed_run_of_each_is_run() -> None:
    old, older, last = a_run(SWEEP, -2), a_run(SWEEP, -3), a_run(SWEEP, -1)
    other, coming = a_run(DELIVER, -30), a_run(SWEEP, 1)

    gone = list(overtaken([old, last, coming, other, older], NOW))

    assert gone == [older, old]


def test_what_is_still_to_come_is_not_overtaken() -> None:
    assert list(overtaken([a_run(SWEEP, 0.5), a_run(SWEEP, 1)], NOW)) == []

"""APScheduler with that many jobs in its SQLAlchemy job store."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from time import sleep
from typing import Any

from fired import fire

Run = Callable[[], None]
_LATER = timedelta(days=30)


def _apscheduler(ground: Any, size: int, **settings: Any) -> Run:
    from apscheduler.executors.pool import ThreadPoolExecutor
    from apscheduler.job import Job
    from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
    from apscheduler.schedulers.background import BackgroundScheduler
    from apscheduler.triggers.date import DateTrigger
    from sqlalchemy import insert

    def scheduler() -> Any:
        more = {"executors": {"default": ThreadPoolExecutor(1)}} if settings else {}
        stores = {"default": SQLAlchemyJobStore(ground.sqlite)}
        return BackgroundScheduler(jobstores=stores, job_defaults=settings, timezone=UTC, **more)

    def row(asked: Any, number: int, at: datetime) -> dict[str, Any]:
        kept = {"trigger": DateTrigger(at), "executor": "default", "func": fire, "args": [number]}
        limits = {"misfire_grace_time": 1, "coalesce": True, "max_instances": 1, **settings}
        job = Job(asked, id=str(number), name="fire", kwargs={}, **kept, **limits, next_run_time=at)
        state = pickle.dumps(job.__getstate__(), pickle.HIGHEST_PROTOCOL)
        return {"id": str(number), "next_run_time": at.timestamp(), "job_state": state}

    asked, store = scheduler(), SQLAlchemyJobStore(ground.sqlite)
    store.start(asked, "default")  # makes the table; no scheduler runs yet
    at = datetime.now(UTC)
    for numbers, when in ((range(ground.due, size), at + _LATER), (range(ground.due), None)):
        rows = [row(asked, n, when or datetime.now(UTC)) for n in numbers]
        with store.engine.begin() as connection:
            connection.execute(insert(store.jobs_t), rows)
    store.shutdown()

    def run() -> None:
        scheduler().start()
        sleep(50)

    return run


def apscheduler(ground: Any, size: int) -> Run:
    return _apscheduler(ground, size)


def apscheduler_patient(ground: Any, size: int) -> Run:
    """A day's grace for what is late, and one worker, so that nothing waits for a lock."""
    return _apscheduler(ground, size, misfire_grace_time=86_400)

"""procrastinate and DBOS with that many jobs in PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from time import sleep
from typing import Any

from fired import fire

Run = Callable[[], None]
_LATER = timedelta(days=30)


def counted(url: str, rows: str) -> Callable[[], int]:
    """Return a question to the database: how many of these rows are there by now?"""
    import psycopg

    connection = psycopg.connect(url, autocommit=True)

    def count() -> int:
        sleep(0.05)  # who is measured has the processors
        return int(connection.execute(f"SELECT count(*) FROM {rows}").fetchone()[0])

    return count


def procrastinate(ground: Any, size: int) -> Run:
    import psycopg
    from procrastinate import App, PsycopgConnector, SyncPsycopgConnector

    url = ground.postgres()
    with App(connector=SyncPsycopgConnector(conninfo=url)).open() as opened:
        opened.schema_manager.apply_schema()
    with psycopg.connect(url) as connection:
        connection.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args, scheduled_at)"
            " SELECT 'default', 'fire', jsonb_build_object('number', n),"
            " CASE WHEN n <= %s THEN now() ELSE now() + interval '30 days' END"
            " FROM generate_series(1, %s) n",
            (ground.due, size),
        )

    ground.recorded = counted(url, "procrastinate_jobs WHERE status = 'succeeded'")

    def run() -> None:
        app = App(connector=PsycopgConnector(conninfo=url))
        app.task(name="fire")(fire)
        app.run_worker(wait=False, concurrency=10, listen_notify=False)

    return run


def dbos(ground: Any, size: int) -> Run:
    import psycopg
    from dbos import DBOS, SetEnqueueOptions

    url = ground.postgres()
    config = {"name": "rival", "system_database_url": url, "application_version": "1"}

    def launch() -> Any:
        DBOS(config={**config, "log_level": "CRITICAL"})
        workflow = DBOS.workflow(name="fire")(lambda: fire(DBOS.workflow_id))
        DBOS.launch()
        return workflow

    def prepare() -> None:
        workflow = launch()
        DBOS.register_queue("due", polling_interval_sec=0.1)
        with SetEnqueueOptions(delay_seconds=_LATER.total_seconds()):
            DBOS.enqueue_workflow("due", workflow)
        DBOS.destroy()

    ground.prepare(prepare)
    with psycopg.connect(url) as connection:
        _copies(connection, ground.due, size)
    ground.recorded = counted(url, "dbos.workflow_status WHERE status = 'SUCCESS'")

    def run() -> None:
        launch()
        sleep(50)

    return run


def _copies(connection: Any, due: int, size: int) -> None:
    """Store DBOS's one delayed workflow over and over; its identifier is what each is known by."""
    for table in ("workflow_status", "workflow_input"):
        asked = (
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'dbos'"
            f" AND table_name = '{table}' AND is_generated = 'NEVER'"
        )
        names = [name for (name,) in connection.execute(asked)]
        own = {
            "workflow_uuid": "'w' || n",
            "delay_until_epoch_ms": f"CASE WHEN n <= {due} THEN 1 ELSE delay_until_epoch_ms END",
        }
        copied = ", ".join(own.get(name, f'"{name}"') for name in names)
        connection.execute(
            f"INSERT INTO dbos.{table} ({', '.join(names)}) SELECT {copied}"
            f" FROM dbos.{table}, generate_series(1, {size}) n"
        )
        connection.execute(f"DELETE FROM dbos.{table} WHERE workflow_uuid NOT LIKE 'w%'")

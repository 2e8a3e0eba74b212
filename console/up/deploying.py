"""Tells Prefect's server what prefect.yaml declares. A program of its own: it ends when done."""

from __future__ import annotations

import os
import runpy
import sys
from pathlib import Path

POOL = "amends"


def main() -> None:
    """Make the work pool if there is none, then do what `prefect --no-prompt deploy --all` does."""
    _pool()
    os.chdir(Path(os.environ["AMENDS_HOME"]))
    sys.argv = ["prefect", "--no-prompt", "deploy", "--all"]
    runpy.run_module("prefect", run_name="__main__", alter_sys=True)


def _pool() -> None:
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import WorkPoolCreate
    from prefect.exceptions import ObjectNotFound
    from prefect.workers.process import ProcessWorker

    with get_client(sync_client=True) as client:
        try:
            client.read_work_pool(POOL)
        except ObjectNotFound:
            template = ProcessWorker.get_default_base_job_template()
            pool = WorkPoolCreate(name=POOL, type="process", base_job_template=template)
            client.create_work_pool(pool)


if __name__ == "__main__":
    main()

"""Serves the console: `python -m console.up.page PORT [FACTORY]`."""

from __future__ import annotations

import sys
from functools import partial
from importlib import import_module

import uvicorn

from cases.settings import load
from cases.store import open_store
from console.up.beat import last_runs, trouble
from console.up.plan import APP
from console.up.watchdog import Watchdog


def main() -> None:
    """Serve on loopback, until SIGTERM, what the factory makes of (settings, store).

    It is told where to read how the engine is, and says so on its pages; beside it the watchdog
    looks at what the engine does.
    """
    port, factory = int(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else APP
    module, _, name = factory.partition(":")
    settings = load()
    store = open_store(settings)
    Watchdog(settings, store).begin()
    try:
        app = getattr(import_module(module), name)(
            settings,
            store,
            beats=partial(last_runs, settings.data),
            trouble=partial(trouble, settings.data),
        )
        # No access log: who looked at which case is for the record to know, not for a log file.
        uvicorn.run(
            app,
            host="127.0.0.1",
            port=port,
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=5,
        )
    finally:
        store.close()


if __name__ == "__main__":
    main()

"""A fake platform on a free port of this machine: a Starlette app, served in a thread."""

from __future__ import annotations

import socket
import threading
from typing import Self

import uvicorn
from starlette.applications import Starlette


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


class Served:
    """An app while it is served; `url` has no slash at its end."""

    def __init__(self, app: Starlette) -> None:
        self.app, self.url = app, ""
        config = uvicorn.Config(
            app, "127.0.0.1", 0, log_level="critical", access_log=False, lifespan="off", ws="none"
        )
        self._server = _Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._server.ready.wait(10), "the fake did not come up"
        port = self._server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(10)

"""What `amends up` shall run, and where it will be found."""

from __future__ import annotations

from dataclasses import dataclass

from console.up.folder import Folder

APP = "console.web.app:create_app"


@dataclass(frozen=True)
class Plan:
    """What shall run: where, on which ports of this machine, and which web application."""

    folder: Folder
    port: int
    prefect_port: int
    app: str = APP

    @property
    def console(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def prefect(self) -> str:
        return f"http://127.0.0.1:{self.prefect_port}"

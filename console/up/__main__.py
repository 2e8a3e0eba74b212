"""The supervisor's own process: `amends up` becomes this when the record is ready."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path
from types import FrameType

from console.up.folder import Folder
from console.up.plan import Plan
from console.up.supervisor import Supervisor


def main() -> None:
    """Run what the one argument, a JSON object, plans. Exit code 0: stopped as asked."""
    asked = json.loads(sys.argv[1])
    plan = Plan(Folder(Path(asked.pop("data"))), **asked)
    supervisor = Supervisor(plan, _tell)

    def stop(_number: int, _frame: FrameType | None) -> None:
        supervisor.stop.set()

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, stop)
    supervisor.run()


def _tell(words: str) -> None:
    try:
        sys.stdout.write(words + "\n")
        sys.stdout.flush()
    except OSError:  # whoever read our output has gone; we have not
        pass


if __name__ == "__main__":
    main()

"""Runs a module for as long as somebody holds the other end of its standard input.

A part of `amends up` must not outlive the supervisor, however that ends. The pipe's other end
closes with the supervisor even on kill -9; then the part and all it started are ended. Nothing is
lost by that: every flow is safe to be killed.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading


def main() -> None:
    """Run `module arguments...` as `python -m` would, tethered."""
    threading.Thread(target=_hold, daemon=True, name="tether").start()
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


def _hold() -> None:
    while os.read(0, 1):
        pass
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()

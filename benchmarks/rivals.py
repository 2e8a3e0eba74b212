"""What others do with the same work, in a venv of their own: `make rivals` makes it."""

from __future__ import annotations

import json
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent
HOME = _HERE.parent / ".venv-rivals"
WANTED = _HERE / "rivals.txt"
_PYTHON = HOME / "bin" / "python"
_READY = HOME / "ready"  # holds what was installed
NOT_INSTALLED = "not installed: make rivals"


def installed() -> bool:
    """Tell whether the rivals are there, in the versions that are wanted."""
    return _READY.exists() and _READY.read_text() == WANTED.read_text()


def install() -> None:
    """Make the venv, or bring it up to date. Raises CalledProcessError where pip fails."""
    if not _PYTHON.exists():
        venv.create(HOME, with_pip=True)
    pip = [str(_PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "-r", str(WANTED)], check=True)
    _READY.write_text(WANTED.read_text())


def in_rivals(script: str, payload: Any) -> dict[str, Any] | None:
    """Run `benchmarks/beside/SCRIPT.py` in that venv and return its answer, a dict per rival.

    None, and a line that says so, where the venv is missing. Raises CalledProcessError where the
    script itself fails; a rival that fails or takes over a minute is in the answer as such.
    """
    if not installed():
        print(f"{script}: {NOT_INSTALLED}")
        return None
    command = [str(_PYTHON), str(_HERE / "beside" / f"{script}.py")]
    done = subprocess.run(
        command, input=json.dumps(payload), stdout=subprocess.PIPE, text=True, check=True
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


if __name__ == "__main__":
    install()
    sys.exit(not installed())

"""What a job of each rival does when it is fired: a line in a file."""

from __future__ import annotations

import os


def fire(number: int | str) -> None:
    handle = os.open(os.environ["FIRED"], os.O_WRONLY | os.O_APPEND)
    os.write(handle, f"{number}\n".encode())
    os.close(handle)

"""What broke between us and a provider, by a name short enough for a code."""

from __future__ import annotations

import socket
import ssl

_NAMES: tuple[tuple[type[BaseException], str], ...] = (
    (ssl.SSLError, "tls"),
    (socket.gaierror, "dns"),
    (TimeoutError, "timeout"),
    (ConnectionRefusedError, "refused"),
    (ConnectionError, "dropped"),
    (OSError, "unreachable"),
)


def what_broke(error: BaseException) -> str:
    """Name a broken connection by the deepest cause that has a name; "" where none has."""
    cause = error.__cause__ or error.__context__
    deeper = what_broke(cause) if cause is not None else ""
    return deeper or next((name for kind, name in _NAMES if isinstance(error, kind)), "")
